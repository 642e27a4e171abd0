"""Fitting: what the analyzer learns from recordings whose original analysis is known."""
