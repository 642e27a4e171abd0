"""The analysis of a known piece stays what it was, or is given a new revision."""

from __future__ import annotations

import json

import pytest
from tests.analyzer.golden import FILE, golden


def assert_close(found: object, kept: object, where: str = "") -> None:
    if isinstance(kept, dict):
        assert isinstance(found, dict) and list(found) == list(kept), where
        for name, value in kept.items():
            assert_close(found[name], value, f"{where}.{name}")
    elif isinstance(kept, list):
        assert isinstance(found, list) and len(found) == len(kept), where
        for place, value in enumerate(kept):
            assert_close(found[place], value, f"{where}[{place}]")
    elif isinstance(kept, float):
        # Another processor rounds sums differently.
        assert found == pytest.approx(kept, abs=0.02), where
    else:
        assert found == kept, where


def test_a_known_piece_is_analyzed_as_before() -> None:
    """If it is meant to change: raise REVISION, then run ``python -m tests.analyzer.golden``."""
    assert_close(golden(), json.loads(FILE.read_text(encoding="utf-8")))
