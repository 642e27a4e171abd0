"""Answers: a model's probabilities of several tracks as one array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from genrelab.listening.models import Model
from genrelab.music.segments import Segments


def probabilities_of(model: Model, segments: Sequence[Segments]) -> np.ndarray:
    """Ask a model about tracks: [N, K]."""
    return np.array([answer.probabilities for answer in model.answer(segments)])
