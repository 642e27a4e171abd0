"""Imports: judging loads nothing heavy before it is needed."""

from __future__ import annotations

import subprocess
import sys


def test_judging_loads_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "from genrelab.judging import comparison, figures, pages, reports\n"
        "heavy = {'matplotlib', 'keras', 'tensorflow', 'torch', 'sklearn', 'pyarrow', 'h5py'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
