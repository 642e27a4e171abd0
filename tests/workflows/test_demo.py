"""Demo: the whole way by one command, in the time it promises."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

THREE_MINUTES_S = 180


@pytest.mark.slow
def test_the_demo_goes_the_whole_way_in_three_minutes(tmp_path: Path) -> None:
    out = tmp_path / "shown"
    began = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-m", "genrelab", "demo", "-o", str(out), "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    took_s = time.monotonic() - began
    assert result.returncode == 0, result.stderr
    assert "Table 2" in next(iter(json.loads(result.stdout)))
    assert result.stderr.splitlines()[-1] == f"the report lies in {out / 'report.html'}"
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Synthetic data: these tracks were made by a program" in page
    lines = (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 16 and all("probabilities" in json.loads(line) for line in lines)
    assert took_s < THREE_MINUTES_S
