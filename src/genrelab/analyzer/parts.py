"""Parts: what the analyzer has learned, as it ships or as somebody fitted it anew.

Conventions
-----------
A folder of parts holds a timbre basis (`TIMBRE`) and a segmenter (`SEGMENTATION`);
``models/MODELS.md`` says what the shipped ones were fitted on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from genrelab.analyzer.segmentation import Segmenter
from genrelab.analyzer.timbre import TimbreBasis
from genrelab.errors import DataError

SHIPPED = Path(__file__).parent / "models"
TIMBRE, SEGMENTATION = "timbre.npz", "segmentation.onnx"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """Everything learned that an analysis depends on.

    Attributes
    ----------
    basis : TimbreBasis
    segmenter : Segmenter
    version : str
        Eight hexadecimal digits of a digest over the files; part of every
        analysis' ``analyzer``.
    """

    basis: TimbreBasis
    segmenter: Segmenter
    version: str


@cache
def load_parts(folder: Path = SHIPPED, *, timbre_basis: Path | None = None) -> Parts:
    """Load a folder of parts.

    Parameters
    ----------
    folder : Path
        The shipped parts by default.
    timbre_basis : Path, optional
        A timbre basis to take instead of the folder's: ``.npz`` of ours, or
        LabROSA's ``.mat``.

    Raises
    ------
    DataError
        Naming the file that is absent or is none.
    """
    files = (timbre_basis or folder / TIMBRE, folder / SEGMENTATION)
    content = hashlib.sha256()
    for file in files:
        if not file.is_file():
            raise DataError(f"{file}: no such file; expected a part of the analyzer")
        content.update(hashlib.sha256(file.read_bytes()).digest())
    return Parts(
        basis=TimbreBasis.load(files[0]),
        segmenter=Segmenter.load(files[1]),
        version=content.hexdigest()[:8],
    )
