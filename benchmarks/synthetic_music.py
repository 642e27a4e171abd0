"""Synthetic music: how fast it is played, how well it is heard, how hard its genres are.

Run with ``python benchmarks/synthetic_music.py [PIECES [SEED...]]`` (12 a genre, seeds 0 to
3). Printed: seconds a piece on one core; how often the analyzer's tempo is the piece's, an
octave aside, and its key; and the accuracy of an RBF-SVM (C = 3) on the means and standard
deviations of timbre, of pitches and of both, in five folds by artist, repeated three
times, beside the majority's. Aim: .75 to .95, neither hopeless nor trivial.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from genrelab import Analysis, analyze_samples
from genrelab.music.genres import PAPER_GENRES
from genrelab.sources.synthetic.rendering import Rendering, render_piece

COLUMNS = {"timbre": slice(0, 24), "pitches": slice(24, 48), "both": slice(0, 48)}
TOLERANCE = 0.04  # of a tempo


def statistics_of(analysis: Analysis) -> np.ndarray:
    segments = analysis.segments
    values = (segments.timbre, segments.pitches)
    return np.concatenate([f(v, axis=0) for v in values for f in (np.mean, np.std)])


def in_folds(x: np.ndarray, y: np.ndarray, artists: np.ndarray) -> Iterator[np.ndarray]:
    """Yield what is said of every piece, once a repetition."""
    for repetition in range(3):
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=repetition)
        model = make_pipeline(StandardScaler(), SVC(C=3))
        yield cross_val_predict(model, x, y, groups=artists, cv=folds)


def judge(pieces: list[Rendering], analyses: list[Analysis]) -> np.ndarray:
    x = np.array([statistics_of(analysis) for analysis in analyses])
    y = np.array([piece.genre for piece in pieces])
    artists = np.array([piece.artist for piece in pieces])
    ratios = np.array([a.track.tempo / p.tempo for p, a in zip(pieces, analyses, strict=True)])
    octave = np.any([np.abs(ratios / f - 1) < TOLERANCE for f in (0.5, 1, 2)], axis=0)
    keys = [a.track.key == p.key for p, a in zip(pieces, analyses, strict=True)]
    print(f"  {len(set(artists))} artists; tempo {octave.mean():.2f}, key {np.mean(keys):.2f}")
    for name, columns in COLUMNS.items():
        scores = [accuracy_score(y, said) for said in in_folds(x[:, columns], y, artists)]
        print(f"  {name:8} {np.mean(scores):.3f}")
    said = np.concatenate(list(in_folds(x[:, COLUMNS["timbre"]], y, artists)))
    return confusion_matrix(np.tile(y, 3), said, labels=PAPER_GENRES)


def main() -> None:
    warnings.filterwarnings("ignore", message="The least populated class")
    n_pieces = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    confusion = np.zeros((len(PAPER_GENRES), len(PAPER_GENRES)), dtype=int)
    for seed in [int(word) for word in sys.argv[2:]] or range(4):
        render_piece("Rock", 1, duration=1.0)  # what is loaded once
        start = time.process_time()
        numbers = range(1, n_pieces + 1)
        pieces = [render_piece(g, number, seed=seed) for g in PAPER_GENRES for number in numbers]
        seconds = (time.process_time() - start) / len(pieces)
        print(f"seed {seed}: {seconds:.3f} s a piece of 20 s; majority {1 / len(PAPER_GENRES):.3f}")
        confusion += judge(pieces, [analyze_samples(p.samples, p.sr) for p in pieces])
    print("timbre, rows truth:", *PAPER_GENRES)
    print(confusion)


if __name__ == "__main__":
    main()
