"""Starting is quick because nothing heavy is imported before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    *("tensorflow", "keras", "torch", "numba", "sklearn", "matplotlib"),
    *("pyarrow", "fastapi", "h5py", "onnx", "onnxruntime", "av", "soundfile", "soxr", "scipy"),
)
REPORT = f"import sys; print([name for name in {HEAVY!r} if name in sys.modules])"
HELP = """
import sys
from genrelab.cli import main
sys.argv = ["genrelab", "--help"]
assert not main()
"""


@pytest.mark.parametrize("start", ["import genrelab", HELP], ids=["import", "help"])
def test_starting_imports_nothing_heavy(start):
    result = subprocess.run(
        [sys.executable, "-c", f"{start}\n{REPORT}"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"


def test_importing_says_nothing():
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import genrelab"], capture_output=True, check=True
    )
    assert (result.stdout, result.stderr) == (b"", b"")
