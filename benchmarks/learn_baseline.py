"""Learning: the field's usual baseline in the very folds of a run that `genrelab learn` made.

Run with ``python benchmarks/learn_baseline.py RUN... [--features FILE.npz]`` in an
environment with ``pip install librosa scikit-learn soundfile``; genrelab itself is not
needed. Every song of the run is described by some 200 statistics: mean, deviation and
median of 20 MFCCs and their deltas, chroma, spectral centroid, bandwidth, rolloff, contrast
and flatness, zero crossings and loudness, and the tempo. In each fold an RBF-SVM learns from
the run's training songs, its validation songs choose C, it learns again from both, and
answers for the test songs. What the songs are, where they lie and what the run itself
answered is read from the run and from the corpus beside it; the statistics are kept in a
file, since they take minutes. Intervals are bootstrap ones over songs (95 %).
"""

from __future__ import annotations

import argparse
import csv
import json
import sqlite3
import sys
import warnings
from pathlib import Path

import numpy as np

SAMPLE_RATE = 22050
N_MFCC = 20
STRENGTHS = (1.0, 3.0, 10.0)  # C
N_RESAMPLES = 2000


def describe(path: str) -> np.ndarray:
    """Describe a recording by librosa's statistics, float64 [196]."""
    import librosa
    from librosa import feature

    y, sr = librosa.load(path, sr=SAMPLE_RATE, mono=True)
    magnitudes = np.abs(librosa.stft(y, n_fft=2048, hop_length=512))
    mel = librosa.power_to_db(feature.melspectrogram(S=magnitudes**2, sr=sr))
    mfcc = feature.mfcc(S=mel, n_mfcc=N_MFCC)
    frames = [
        mfcc,
        feature.delta(mfcc),
        feature.chroma_stft(S=magnitudes, sr=sr),
        feature.spectral_centroid(S=magnitudes, sr=sr),
        feature.spectral_bandwidth(S=magnitudes, sr=sr),
        feature.spectral_rolloff(S=magnitudes, sr=sr),
        feature.spectral_contrast(S=magnitudes, sr=sr),
        feature.spectral_flatness(S=magnitudes),
        feature.zero_crossing_rate(y),
        feature.rms(S=magnitudes),
    ]
    n = min(part.shape[1] for part in frames)
    values = np.vstack([part[:, :n] for part in frames])
    tempo = float(np.atleast_1d(feature.tempo(y=y, sr=sr))[0])
    return np.r_[values.mean(axis=1), values.std(axis=1), np.median(values, axis=1), tempo]


def described(paths: dict[str, str], cache: Path) -> dict[str, np.ndarray]:
    """Describe the recordings by track id; what a file holds already is not done again."""
    known: dict[str, np.ndarray] = {}
    if cache.exists():
        with np.load(cache) as stored:
            known = dict(zip(stored["paths"].tolist(), stored["x"], strict=True))
    missing = sorted(set(paths.values()) - known.keys())
    for done, path in enumerate(missing, 1):
        known[path] = describe(path)
        if done % 50 == 0 or done == len(missing):
            sys.stderr.write(f"librosa: {done} of {len(missing)}\n")
            np.savez(cache, x=np.array([*known.values()]), paths=np.array([*known]))
    return {track_id: known[path] for track_id, path in paths.items()}


def read_run(run: Path) -> tuple[list[dict], dict[str, str], dict[str, str]]:
    """Read a run's folds, the genre of every song in them and what the run answered on tests."""
    split = json.loads((run / "split.json").read_text("utf-8"))
    genres, answers = {}, {}
    with (run / "predictions.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            classes = [name for name in row if name not in {"part", "fold", "track_id", "genre"}]
            genres[row["track_id"]] = row["genre"]
            if row["part"] == "test":
                answers[row["track_id"]] = max(classes, key=lambda name: float(row[name]))
    return split.get("folds", [split]), genres, answers


def read_corpus(corpus: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Read where each song lies and its genre, by track id."""
    with sqlite3.connect(f"file:{corpus}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT id, audio_path, genre FROM tracks").fetchall()
    return {i: path for i, path, _ in rows}, {i: genre for i, _, genre in rows}


def answer(folds: list[dict], x: dict[str, np.ndarray], genres: dict[str, str]) -> dict[str, str]:
    """Let an SVM answer for the test songs of every fold."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    def arrays(ids: list[str]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([x[i] for i in ids]), np.array([genres[i] for i in ids])

    def fitted(ids: list[str], strength: float):
        svm = SVC(C=strength, gamma="scale", class_weight="balanced")
        return make_pipeline(StandardScaler(), svm).fit(*arrays(ids))

    answers: dict[str, str] = {}
    for fold in folds:
        valid = arrays(fold["valid"])
        best = max(STRENGTHS, key=lambda c: fitted(fold["train"], c).score(*valid))
        model = fitted([*fold["train"], *fold["valid"]], best)
        told = model.predict(arrays(fold["test"])[0])
        answers.update(zip(fold["test"], told.tolist(), strict=True))
    return answers


def scores(answers: dict[str, str], genres: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy and macro recall, with the ends of their intervals: two arrays [3]."""
    truth = np.array([genres[i] for i in answers])
    right = truth == np.array([*answers.values()])
    names = np.unique(truth)
    rng = np.random.default_rng(0)

    def of(rows: np.ndarray) -> tuple[float, float]:
        recalls = [right[rows][truth[rows] == g].mean() for g in names if (truth[rows] == g).any()]
        return float(right[rows].mean()), float(np.mean(recalls))

    drawn = np.array([of(rng.integers(0, len(truth), len(truth))) for _ in range(N_RESAMPLES)])
    ends = np.quantile(drawn, [0.025, 0.975], axis=0)
    accuracy, recall = of(np.arange(len(truth)))
    return np.array([accuracy, *ends[:, 0]]), np.array([recall, *ends[:, 1]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--corpus", type=Path, help="default: RUN.corpus")
    parser.add_argument("--features", type=Path, default=Path("librosa-features.npz"))
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    for run in asked.runs:
        folds, genres, ours = read_run(run)
        paths, known = read_corpus(asked.corpus or run.with_name(f"{run.name}.corpus"))
        used = {i for fold in folds for part in ("train", "valid", "test") for i in fold[part]}
        genres = {i: genres.get(i) or known[i] for i in used}
        x = described({i: paths[i] for i in used}, asked.features)
        theirs = answer(folds, x, genres)
        print(f"{run}: {len(ours)} test songs, {len(folds)} fold(s)")
        found = {"librosa + SVM": scores(theirs, genres), "genrelab learn": scores(ours, genres)}
        for name, (accuracy, recall) in found.items():
            print(
                f"  {name:15} accuracy {accuracy[0]:.3f} ({accuracy[1]:.3f}-{accuracy[2]:.3f})  "
                f"macro recall {recall[0]:.3f} ({recall[1]:.3f}-{recall[2]:.3f})"
            )
        gains = [
            ours_[0] - theirs_[0]
            for ours_, theirs_ in zip(found["genrelab learn"], found["librosa + SVM"], strict=True)
        ]
        print(f"  difference      accuracy {gains[0]:+.3f}  macro recall {gains[1]:+.3f}")


if __name__ == "__main__":
    main()
