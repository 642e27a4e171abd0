"""How well our analyzer agrees with the original, on recordings whose original analysis is held.

usage: analyzer_fidelity.py PAIRS [--leave-one-out] [--agreement SCRIPT --echonest FOLDER]
                            [--document FILE]

PAIRS holds pairs.csv and NAME/{audio.*, analysis.json.gz, alignment.csv}. What the analyzer
learned from pairs is judged on the same pairs unless --leave-one-out is given: then, for each
recording, the timbre basis is fitted on the others.
--agreement runs a script that asks two classifiers, trained on --echonest, whether they hear the
same song; it is given PAIRS, a folder of our analyses, and the analyses to train on. --document
puts the tables between <!-- figures --> and <!-- /figures --> of a Markdown file.

Protocol. Per pair, segments wholly inside the audio and at least .04 s long; per pair a figure,
then the plain mean over the pairs. Boundaries and rate: both lists cut to the shared stretch,
from .05 s after its start to .1 s before its end; mir_eval.onset.f_measure at 50 and 25 ms.
Timbre: Pearson r of each of the 12 dimensions over the segments, mean of the 12; "true bounds" =
our timbre computed at the original's boundaries, "matched" = at ours, each original start paired
with our nearest start when closer than 50 ms. Pitches (matched): r over all values, share with the
same strongest class. Loudness (matched): r of loudness_max, sd of what a straight line leaves.
Unscaled: rms error over the original's sd, mean of the 12 dimensions, matched, in the original's
dialect. Beats after the pair's best constant shift within +-150 ms.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import mir_eval
import numpy as np

from genrelab.analyzer.fitting.pairs import Pair, load_pairs
from genrelab.analyzer.fitting.timbre import fit_basis, timbre_example
from genrelab.analyzer.pipeline import analyze_samples
from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.analyzer.timbre import TimbreBasis, load_basis
from genrelab.music.analysis import Analysis, Dialect

MATCH_S = 0.05  # an original start is paired with our nearest one when closer
BEAT_SHIFTS_S = np.arange(-0.15, 0.151, 0.005)
SECTION_WINDOW_S = 3.0


@dataclass(frozen=True, slots=True)
class Row:
    """A measure: what the first prototype reached, what must be reached, what is aimed at.

    A bound is a number or, as ``.93-1.07``, a range; more is better unless ``smaller``.
    """

    key: str
    name: str
    prototype: str = ""
    must: str = ""
    aim: str = ""
    smaller: bool = False

    def reaches(self, bound: str, value: float) -> bool:
        """Tell whether a value is within a bound."""
        low, _, high = bound.partition("-")
        if high:
            return float(low) <= value <= float(high)
        return value <= float(low) if self.smaller else value >= float(low)

    def verdict(self, value: float) -> str:
        """Name the best bound that a value reaches."""
        if self.aim and self.reaches(self.aim, value):
            return "aim"
        if not self.must:
            return "reported"
        return "must" if self.reaches(self.must, value) else "missed"


ROWS = (
    Row("f50", "boundary F at 50 ms", ".863", ".875", ".91"),
    Row("f25", "boundary F at 25 ms", ".798", ".805", ".85"),
    Row("grid", "baseline: F at 50 ms of a regular grid of as many"),
    Row("timbre_true", "timbre r, true bounds", ".841", ".91", ".94"),
    Row("timbre", "timbre r, matched", ".744", ".81", ".87"),
    Row("pitch", "pitches r", ".731", ".76", ".84"),
    Row("argmax", "pitches, same strongest", ".647", ".66", ".76"),
    Row("loudness", "loudness_max r", ".947", ".95", ".97"),
    Row("residual", "loudness_max residual sd, dB", "1.5", "1.5", "1.1", smaller=True),
    Row("rate", "segments, ours / original's", ".97", ".93-1.07", ".97-1.03"),
    Row("unscaled", "timbre, unscaled rms error / sd", ".92", ".62", ".5", smaller=True),
    Row("shift", "classifier's statistics, shift / sd", ".65", ".45", ".30", smaller=True),
    Row("r_lr", "class probabilities r, logistic regression", ".75", ".90", ".96"),
    Row("r_svm", "class probabilities r, SVM", ".47", ".80", ".92"),
    Row("quieter", "same track, 6 dB quieter: timbre r", ".996", ".99", ".995"),
    Row("shifted", "same track, 37 samples later: timbre r", ".979", ".97", ".98"),
    Row("lossy", "same track through Ogg Vorbis: timbre r", ".979", ".97", ".98"),
    Row("tempo", "tempo within 4 %", aim=".75"),
    Row("tempo_octave", "tempo within 4 % of an octave", aim=".9"),
    Row("beats", "beats F, best shift", aim=".8"),
    Row("key", "key and mode exact", aim=".6"),
    Row("key_weighted", "key, MIREX-weighted", aim=".7"),
    Row("mode", "mode", aim=".8"),
    Row("time_signature", "time signature", aim=".9"),
    Row("sections", "sections F at 3 s", aim=".5"),
    Row("inner_sections", "sections F at 3 s, without first and last bound"),
)  # fmt: skip


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Pearson r; 0 where one of them does not vary."""
    x, y = x - x.mean(), y - y.mean()
    scale = np.sqrt((x**2).sum() * (y**2).sum())
    return float((x * y).sum() / scale) if scale > 0 else 0.0


def mean_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Mean over the columns of their Pearson r."""
    return float(np.mean([correlation(a, b) for a, b in zip(x.T, y.T, strict=True)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Segments of two analyses that start at the same time: their rows in each."""

    reference: np.ndarray
    estimate: np.ndarray


def match_starts(reference: np.ndarray, estimate: np.ndarray, wanted: np.ndarray) -> Match:
    """Pair each wanted reference start with the nearest estimate closer than `MATCH_S`."""
    right = np.clip(np.searchsorted(estimate, reference), 1, max(1, len(estimate) - 1))
    left = right - 1
    right = np.minimum(right, len(estimate) - 1)
    nearest = np.where(
        np.abs(estimate[left] - reference) <= np.abs(estimate[right] - reference), left, right
    )
    close = (np.abs(estimate[nearest] - reference) < MATCH_S) & wanted
    return Match(reference=np.flatnonzero(close), estimate=nearest[close])


def boundary_figures(pair: Pair, ours: Analysis) -> dict[str, float]:
    low, high = pair.shared
    reference, estimate = (
        times[(times > low + 0.05) & (times < high - 0.1)]
        for times in (pair.starts, ours.segments.start)
    )
    scores = {
        f"f{ms}": mir_eval.onset.f_measure(reference, estimate, window=ms / 1000)[0]
        for ms in (50, 25)
    }
    grid = np.linspace(reference[0], reference[-1], len(reference))
    scores["grid"] = mir_eval.onset.f_measure(reference, grid, window=0.05)[0]
    return {**scores, "rate": len(estimate) / len(reference)}


def timbre_at_true_bounds(pair: Pair, basis: TimbreBasis) -> float:
    example = timbre_example(pair)
    found = basis.timbre(example.surfaces, dialect=known_dialect(pair, basis))
    return mean_correlation(found, example.timbre)


def segment_figures(pair: Pair, ours: Analysis) -> dict[str, float]:
    match = match_starts(pair.starts, ours.segments.start, pair.compared)
    reference, estimate = pair.original.segments, ours.segments
    timbre, found = reference.timbre[match.reference], estimate.timbre[match.estimate]
    pitches, heard = reference.pitches[match.reference], estimate.pitches[match.estimate]
    loudness = reference.loudness_max[match.reference].astype(float)
    level = estimate.loudness_max[match.estimate].astype(float)
    line = np.polyval(np.polyfit(level, loudness, 1), level)
    return {
        "timbre": mean_correlation(found, timbre),
        "pitch": correlation(heard.ravel(), pitches.ravel()),
        "argmax": float(np.mean(heard.argmax(1) == pitches.argmax(1))),
        "loudness": correlation(level, loudness),
        "residual": float(np.std(loudness - line)),
        "unscaled": float(np.mean(np.sqrt(((found - timbre) ** 2).mean(0)) / timbre.std(0))),
    }


def track_figures(pair: Pair, ours: Analysis) -> dict[str, float]:
    """Tempo, key, beats and sections, as far as the original has them."""
    theirs, figures = pair.original.track, {}
    if theirs.tempo:
        ratio = (ours.track.tempo or 0.0) / theirs.tempo
        figures["tempo"] = float(abs(ratio - 1) < 0.04)
        octaves = (ratio * 2**k for k in (-1, 0, 1))
        figures["tempo_octave"] = float(any(abs(r - 1) < 0.04 for r in octaves))
    if theirs.key is not None:
        figures["key"] = float((theirs.key, theirs.mode) == (ours.track.key, ours.track.mode))
        names = (key_name(theirs.key, theirs.mode), key_name(ours.track.key, ours.track.mode))
        figures["key_weighted"] = mir_eval.key.weighted_score(*names)
        figures["mode"] = float(theirs.mode == ours.track.mode)
    if theirs.time_signature is not None:
        figures["time_signature"] = float(theirs.time_signature == ours.track.time_signature)
    if pair.original.beats:
        figures["beats"] = beat_f(pair, ours)
    if pair.original.sections:
        figures |= section_figures(pair, ours)
    return figures


def key_name(key: int | None, mode: int | None) -> str:
    """Name a key as mir_eval does; ``X`` is none."""
    names = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
    return "X" if key is None or key < 0 else f"{names[key]} {'major' if mode else 'minor'}"


def beat_f(pair: Pair, ours: Analysis) -> float:
    low, high = pair.shared
    reference = pair.audio_time(np.array([beat.start for beat in pair.original.beats]))
    estimate = np.array([beat.start for beat in ours.beats])
    reference, estimate = (t[(t >= low) & (t <= high)] for t in (reference, estimate))
    if not len(estimate):
        return 0.0
    return max(
        mir_eval.beat.f_measure(reference, np.maximum(estimate + shift, 0))
        for shift in BEAT_SHIFTS_S
    )


def section_figures(pair: Pair, ours: Analysis) -> dict[str, float]:
    """Both lists are cut to the shared stretch; its two ends always agree, hence the second."""
    low, high = pair.shared
    reference = pair.audio_time(np.array([section.start for section in pair.original.sections]))
    estimate = np.array([section.start for section in ours.sections])
    lists = [np.r_[low, t[(t > low + 0.5) & (t < high - 0.5)], high] for t in (reference, estimate)]
    intervals = [np.stack([edges[:-1], edges[1:]], 1) for edges in lists]
    figures = {"sections": mir_eval.segment.detection(*intervals, window=SECTION_WINDOW_S)[2]}
    if len(lists[0]) > 2:
        figures["inner_sections"] = 0.0
        if len(lists[1]) > 2:
            inner = mir_eval.segment.detection(*intervals, window=SECTION_WINDOW_S, trim=True)[2]
            figures["inner_sections"] = inner
    return figures


def robustness_figures(pair: Pair, ours: Analysis, basis: TimbreBasis) -> dict[str, float]:
    variants = {
        "quieter": (pair.samples * np.float32(0.5), 0.0),
        "shifted": (np.pad(pair.samples, (37, 0)), 37 / SAMPLE_RATE),
        "lossy": (through_vorbis(pair.samples), 0.0),
    }
    figures = {}
    for name, (samples, delay) in variants.items():
        other = analyze_samples(samples, SAMPLE_RATE, dialect=ours.dialect, basis=basis)
        wanted = np.ones(len(ours.segments), bool)
        match = match_starts(ours.segments.start + delay, other.segments.start, wanted)
        figures[name] = mean_correlation(
            ours.segments.timbre[match.reference], other.segments.timbre[match.estimate]
        )
    return figures


def through_vorbis(samples: np.ndarray) -> np.ndarray:
    """Encode and decode at libsndfile's default quality, some 60 kbit/s for one channel."""
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coded.ogg"
        with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, format="OGG", subtype="VORBIS") as file:
            for start in range(0, len(samples), 4096):  # a long write in one call crashes
                file.write(samples[start : start + 4096])
        return soundfile.read(path, dtype="float32")[0]


def known_dialect(pair: Pair, basis: TimbreBasis) -> Dialect:
    """The original's dialect, or the basis' first if it was fitted without any of that dialect."""
    dialect = pair.original.dialect
    return dialect if dialect in basis.dialects else basis.dialect


def judge(pair: Pair, basis: TimbreBasis, analyses: Path) -> dict[str, float]:
    dialect = known_dialect(pair, basis)
    ours = analyze_samples(pair.samples, SAMPLE_RATE, dialect=dialect, basis=basis)
    (analyses / f"{pair.name}.json").write_bytes(ours.to_json())
    return {
        **boundary_figures(pair, ours),
        "timbre_true": timbre_at_true_bounds(pair, basis),
        **segment_figures(pair, ours),
        **track_figures(pair, ours),
        **robustness_figures(pair, ours, basis),
    }


def bases_for(pairs: Sequence[Pair], *, leave_one_out: bool) -> dict[str, TimbreBasis]:
    """The shipped basis for each pair, or the one fitted without it."""
    if not leave_one_out:
        return dict.fromkeys((pair.name for pair in pairs), load_basis())
    examples = [timbre_example(pair) for pair in pairs]
    return {
        one.name: fit_basis([other for other in examples if other is not one]) for one in examples
    }


def summary_table(means: Mapping[str, float]) -> str:
    """Lay out every measure: prototype, must, aim, ours, which of them is reached."""
    lines = ["| measure | prototype | must | aim | ours | reached |", "|---" * 6 + "|"]
    for row in ROWS:
        if row.key in means:
            value = means[row.key]
            cells = [row.name, row.prototype, row.must, row.aim, f"{value:.3f}", row.verdict(value)]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def recording_table(figures: Mapping[str, Mapping[str, float]]) -> str:
    """Lay out every measure again, a column a recording."""
    lines = [
        "| measure | " + " | ".join(name.replace("_", " ") for name in figures) + " |",
        "|---" * (1 + len(figures)) + "|",
    ]
    for row in ROWS:
        values = [of_pair.get(row.key) for of_pair in figures.values()]
        if any(value is not None for value in values):
            cells = ["" if value is None else f"{value:.2f}" for value in values]
            lines.append("| " + " | ".join([row.name, *cells]) + " |")
    return "\n".join(lines) + "\n"


def agreement_figures(
    script: Path, pairs: Path, analyses: Path, echonest: Path
) -> dict[str, dict[str, float]]:
    """Run the script that asks two classifiers; its figures by recording, and as MEAN."""
    command = [sys.executable, script, pairs, analyses, echonest]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures = {}
    for line in printed.splitlines():
        name, *words = line.replace("MEAN of", "MEAN").split()
        numbers = itertools.pairwise(words)
        figures[name] = {key: float(value) for key, value in numbers if is_number(value)}
    return figures


def is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()


def judge_all(
    folder: Path,
    *,
    leave_one_out: bool,
    agreement: Path | None = None,
    echonest: Path | None = None,
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Judge every pair; the figures of each recording, and their means."""
    pairs, figures = load_pairs(folder), {}
    with tempfile.TemporaryDirectory() as analyses:
        bases = bases_for(pairs, leave_one_out=leave_one_out)
        for pair in pairs:
            figures[pair.name] = judge(pair, bases[pair.name], Path(analyses))
            print(pair.name, "is judged", file=sys.stderr)
        means = {
            row.key: float(np.mean(known))
            for row in ROWS
            if (known := [found[row.key] for found in figures.values() if row.key in found])
        }
        if agreement and echonest:
            heard = agreement_figures(agreement, folder, Path(analyses), echonest)
            means |= heard.pop("MEAN")
            for name, found in heard.items():
                figures[name] |= found
    return figures, means


def write_into(document: Path, text: str) -> None:
    """Put the tables where a document has a place for them."""
    before, begin, rest = document.read_text(encoding="utf-8").partition("<!-- figures -->\n")
    _, end, after = rest.partition("<!-- /figures -->")
    if not begin or not end:
        raise SystemExit(f"{document}: expected <!-- figures --> and <!-- /figures -->")
    document.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--leave-one-out", action="store_true")
    parser.add_argument("--agreement", type=Path, metavar="SCRIPT")
    parser.add_argument("--echonest", type=Path, metavar="FOLDER")
    parser.add_argument("--document", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    if bool(options.agreement) != bool(options.echonest):
        parser.error("--agreement and --echonest go together")
    figures, means = judge_all(
        options.pairs,
        leave_one_out=options.leave_one_out,
        agreement=options.agreement,
        echonest=options.echonest,
    )
    text = summary_table(means) + "\n" + recording_table(figures)
    print(text)
    if options.document:
        write_into(options.document, text)


if __name__ == "__main__":
    main()
