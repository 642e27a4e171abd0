"""Rhythm and key: known tempi, keys that people heard, and what the original chose.

usage: analyzer_rhythm_key.py [--gtzan FOLDER --keys CSV] [--fit ARCHIVE... [--without NAME...]]

Clicks and drum patterns of 60 to 200 beats a minute are made here: tempo within 4 %, beats by
mir_eval.beat.f_measure. --gtzan holds GENRE/CLIP.*, --keys the columns clip and key (0 to 11 for A
to G# major, 12 to 23 for minor, -1 unknown; A. Lerch): exact keys, and MIREX's weights (fifth .5,
relative .3, parallel .2); beside ours librosa's chroma_stft and chroma_cqt, averaged, with
Krumhansl and Kessler's profile, where librosa is installed; then the DECISION of
`genrelab.analyzer.tonality` that makes these keys likeliest. --fit takes archives of the
original's analyses, less --without, as `genrelab fit rhythm` does, fits the tempo model in five
folds of artists and prints how often the original's tempo is chosen in folds it has not seen,
beside a plain log-normal prior. How well the pairs agree is for analyzer_fidelity.py to say.
"""

from __future__ import annotations

import argparse
import csv
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import mir_eval
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.analyzer_fidelity import key_name
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from tests.analyzer.patterns import Pattern, clicks, drums, one_segment

from genrelab.analyzer.audio import read_recording
from genrelab.analyzer.fitting.rhythm import TempoExamples, fit_tempo, tempo_examples
from genrelab.analyzer.pitch import pitch_spectrum
from genrelab.analyzer.rhythm import find_rhythm
from genrelab.analyzer.spectrum import SAMPLE_RATE, band_spectrum
from genrelab.analyzer.tempo import RATIOS, tempo_grid
from genrelab.analyzer.timbre import load_basis
from genrelab.analyzer.tonality import find_tonality, key_correlations, tonal_chroma
from genrelab.workflows.rhythm_fitting import read_collection

KRUMHANSL = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)
OCTAVE = np.log2(1.04)

Key = tuple[int, int]  # 0 to 11 for C to B, and 1 for major
Samples = npt.NDArray[np.float32]


def near(estimate: npt.NDArray, reference: npt.NDArray, *, octaves: bool = False) -> npt.NDArray:
    """Tell which tempi are within 4 %, or within 4 % of the double or the half."""
    distance = np.abs(np.log2(estimate / reference))
    return np.minimum(distance, np.abs(distance - 1) if octaves else distance) <= OCTAVE


def judge_patterns(name: str, make: Callable[[float], Pattern], meter: int | None) -> None:
    bpm = np.arange(60.0, 201, 5)
    patterns = [make(tempo) for tempo in bpm]
    rhythms = [
        find_rhythm(band_spectrum(p.samples), one_segment(len(p.samples) / SAMPLE_RATE))
        for p in patterns
    ]
    tempi = np.array([rhythm.tempo for rhythm in rhythms])
    beats = [
        mir_eval.beat.f_measure(p.beats, np.array([beat.start for beat in r.beats]))
        for p, r in zip(patterns, rhythms, strict=True)
    ]
    right = near(tempi, bpm)
    line = f"{name:14} tempo {right.mean():.2f}, within an octave "
    line += f"{near(tempi, bpm, octaves=True).mean():.2f}; beats F {np.mean(beats):.3f}, "
    line += f"{np.mean(np.array(beats)[right]):.3f} where the tempo is right"
    if meter:
        meters = np.array([rhythm.time_signature for rhythm in rhythms])
        line += f"; meter {np.mean(meters[right] == meter):.2f}"
    print(line, *(f"{b:.0f}->{t:.0f}" for b, t in zip(bpm[~right], tempi[~right], strict=True)))


def our_key(samples: Samples) -> Key:
    tonality = find_tonality(tonal_chroma(pitch_spectrum(samples)))
    return tonality.key, tonality.mode


def librosa_keys() -> dict[str, Callable[[Samples], Key]]:
    try:
        import librosa
    except ImportError:
        print("librosa is not installed: no baseline")
        return {}

    def with_chroma(chroma: Callable[..., npt.NDArray]) -> Callable[[Samples], Key]:
        def key(samples: Samples) -> Key:
            mean = chroma(y=samples, sr=SAMPLE_RATE).mean(axis=1)
            scores = [
                (np.corrcoef(np.roll(mean, -tonic), profile)[0, 1], tonic, mode)
                for mode, profile in ((1, KRUMHANSL[0]), (0, KRUMHANSL[1]))
                for tonic in range(12)
            ]
            return max(scores)[1:]

        return key

    feature = librosa.feature
    return {
        "librosa chroma_stft": with_chroma(feature.chroma_stft),
        "librosa chroma_cqt": with_chroma(feature.chroma_cqt),
    }


def judge_keys(folder: Path, table: Path) -> None:
    with table.open(encoding="utf-8", newline="") as file:
        labels = {row["clip"]: int(row["key"]) for row in csv.DictReader(file)}
    clips = [clip for clip in sorted(folder.glob("*/*")) if labels.get(clip.stem, -1) >= 0]
    reference = [((labels[c.stem] + 9) % 12, int(labels[c.stem] < 12)) for c in clips]
    samples = [read_recording(clip).samples for clip in clips]
    for name, find in {"ours": our_key, **librosa_keys()}.items():
        estimate = [find(clip) for clip in samples]
        pairs = list(zip(reference, estimate, strict=True))
        exact = np.mean([r == e for r, e in pairs])
        weighted = np.mean(
            [mir_eval.key.weighted_score(key_name(*r), key_name(*e)) for r, e in pairs if e[0] >= 0]
        )
        mode = np.mean([r[1] == e[1] for r, e in pairs])
        print(f"{name:20} {len(clips)} clips: exact {exact:.3f}, MIREX {weighted:.3f}, ", end="")
        print(f"mode {mode:.3f}", flush=True)
    print(f"tonality.DECISION {likeliest_decision(samples, reference):.1f}")


def likeliest_decision(samples: Sequence[Samples], reference: Sequence[Key]) -> float:
    """Find the log odds for a correlation of 1 that make known keys likeliest."""
    chroma = [tonal_chroma(pitch_spectrum(clip)).mean(axis=0, dtype=float) for clip in samples]
    correlations = np.array([key_correlations(strengths) for strengths in chroma])
    right = correlations[
        np.arange(len(reference)), [k[1] for k in reference], [k[0] for k in reference]
    ]

    def loss(decision: float) -> float:
        return float((logsumexp(decision * correlations, axis=(1, 2)) - decision * right).mean())

    return float(minimize_scalar(loss, bounds=(0, 50), method="bounded").x)


def judge_fit(archives: Sequence[Path], without: Sequence[str]) -> None:
    entries = read_collection(archives, without=without).entries
    reach = tempo_grid()
    kept = [e for e in entries if reach[0] <= (e.analysis.track.tempo or 0) < 256]
    examples = tempo_examples([entry.analysis for entry in kept], load_basis())
    folds = np.array([zlib.crc32(str(e.track.artist).encode()) % 5 for e in kept])
    chosen = np.zeros(len(kept))
    for fold in range(5):
        seen = folds != fold
        model = fit_tempo(TempoExamples(evidence=examples.evidence[seen], bpm=examples.bpm[seen]))
        chosen[~seen] = model.choose(examples.evidence[~seen])
    prior = np.exp(-0.5 * (np.log2(reach / 120) / 0.7) ** 2)
    plain = reach[(examples.evidence[:, :, RATIOS.index(1.0)] * prior).argmax(axis=1)]
    for name, tempi in (("fitted", chosen), ("log-normal prior about 120", plain)):
        within = near(tempi, examples.bpm), near(tempi, examples.bpm, octaves=True)
        print(f"{name}: {len(kept)} analyses, tempo within 4 % {within[0].mean():.3f}, ", end="")
        print(f"within an octave {within[1].mean():.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gtzan", type=Path)
    parser.add_argument("--keys", type=Path)
    parser.add_argument("--fit", type=Path, nargs="+")
    parser.add_argument("--without", nargs="+", default=[], metavar="NAME")
    options = parser.parse_args()
    judge_patterns("clicks", clicks, None)
    judge_patterns("drums in 4", lambda bpm: drums(bpm, meter=4), 4)
    judge_patterns("drums in 3", lambda bpm: drums(bpm, meter=3), 3)
    if options.gtzan and options.keys:
        judge_keys(options.gtzan, options.keys)
    if options.fit:
        judge_fit(options.fit, options.without)


if __name__ == "__main__":
    main()
