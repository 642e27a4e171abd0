"""Workflows: several steps in one command, from a corpus to a finished report."""
