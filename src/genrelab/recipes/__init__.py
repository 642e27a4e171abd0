"""Recipes that ship: the paper's nine experiments, as TOML."""
