"""How surely the same recording is found again, and how seldom another one is taken for it.

usage: duplicates.py FOLDER [--labels CSV] [--clips N] [--skip N] [--pairs PAIRS]
                     [--others CORPUS...] [--songs N]

N recordings of FOLDER, each by another artist where --labels (path,artist,...) says so, are
changed and analyzed: through lossy codecs, quieter, cut, faster, heard in another dialect. The
threshold that divides right from wrong is sought on one half of the artists; recall and false
pairs are those of the other half, at the threshold that genrelab uses. --pairs holds recordings
with the original's analyses (pairs.csv, NAME/{audio.*, analysis.json.gz}); of the analyses of
--others all pairs that look alike are listed. Last, the time that N songs take, strung together
from pieces of the recordings, each changed so much that no two are alike.
"""

from __future__ import annotations

import argparse
import csv
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
import soxr

from genrelab.analyzer.audio import Recording, read_recording
from genrelab.analyzer.fitting.pairs import load_pairs
from genrelab.analyzer.pipeline import analyze, analyze_recording, analyze_samples
from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.music.analysis import Analysis
from genrelab.music.corpus import Corpus
from genrelab.music.fingerprint_matches import SAME_RECORDING, Match, match_fingerprints
from genrelab.music.fingerprints import Fingerprint, take_fingerprint
from genrelab.music.segments import SEGMENT_FIELDS, Segments
from genrelab.music.sounds import find_sounds

LOW_QUALITY = 0.9  # of libsndfile's compression level, 0 to 1: about 40 kbit/s
SONG_S = 240.0
"""Seconds of a song of the last measurement."""


@dataclass(frozen=True, slots=True)
class Print:
    """A fingerprint: of which recording, changed how ("" for the recording as it is)."""

    recording: int
    change: str
    fingerprint: Fingerprint


def through_codec(samples: np.ndarray, rate: int, suffix: str, **options: object) -> Analysis:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"copy{suffix}"
        soundfile.write(path, samples, rate, **options)
        return analyze(path)


def rounded(analysis: Analysis) -> Analysis:
    """Write an analysis and read it, twice, with coarser digits than Spotify's."""
    for _ in range(2):
        analysis = Analysis.from_json(analysis.to_json())
    return replace(
        analysis,
        segments=replace(
            analysis.segments,
            pitches=np.round(analysis.segments.pitches, 2),
            timbre=np.round(analysis.segments.timbre, 1),
        ),
    )


def changed(recording: Recording) -> Iterator[tuple[str, Analysis]]:
    """Analyze a recording as it is, then changed in every way."""
    x, rate = recording.samples, recording.sample_rate
    own = analyze_recording(recording)
    late = x[int(0.2 * rate) :]
    third = len(x) // 3
    mp3 = {"bitrate_mode": "CONSTANT", "compression_level": LOW_QUALITY}
    yield "", own
    yield "imported twice, rounded", rounded(own)
    yield "MP3 of low quality", through_codec(x, rate, ".mp3", **mp3)
    yield "Ogg Vorbis of low quality", through_codec(x, rate, ".ogg", compression_level=LOW_QUALITY)
    yield "6 dB quieter", analyze_samples(x / 2, rate)
    yield "begins .2 s later", analyze_samples(late, rate)
    yield "MP3, quieter and later", through_codec(late / 2, rate, ".mp3", **mp3)
    yield "the half from a third on", analyze_samples(x[third : third + len(x) // 2], rate)
    yield "heard in dialect msd", analyze_recording(recording, dialect="msd")
    for percent in (0.5, 1.0, 2.0):
        faster = soxr.resample(x, rate * (1 + percent / 100), rate)
        yield f"{percent:g} % faster", analyze_samples(faster, rate)


def choose(folder: Path, labels: Path | None, n: int, skipped: int) -> list[Path]:
    """Choose recordings at random, no two by one artist where artists are known.

    Those drawn first are skipped: the method was made with an eye on them.
    """
    if labels is None:
        by_artist = {str(path): path for path in find_sounds(folder, on_error=print)}
    else:
        with labels.open(newline="", encoding="utf-8") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: row["path"], reverse=True)
        by_artist = {row["artist"] or row["path"]: folder / row["path"] for row in rows}
    artists = sorted(by_artist)
    drawn = np.random.default_rng(0).permutation(len(artists))[skipped : skipped + n]
    return [by_artist[artists[i]] for i in drawn]


def best_of(prints: Sequence[Print], least: float) -> list[tuple[Print, Print, Match]]:
    found = match_fingerprints([one.fingerprint for one in prints], least_agreement=least)
    return [(prints[match.first], prints[match.second], match) for match in found]


def edge(prints: Sequence[Print]) -> tuple[float, float]:
    """Return the highest agreement of a wrong pair and the lowest of an original and its copy."""
    wrong, right = 0.0, 1.0
    for one, other, match in best_of(prints, 0.0):
        if one.recording != other.recording:
            wrong = max(wrong, match.agreement)
        elif not (one.change and other.change):
            right = min(right, match.agreement)
    return wrong, right


def report(prints: Sequence[Print]) -> None:
    """Print recall by change, and false pairs."""
    found = best_of(prints, SAME_RECORDING)
    n = len({one.recording for one in prints})
    right = {(a.recording, a.change or b.change) for a, b, _ in found if a.recording == b.recording
             and not (a.change and b.change)}  # fmt: skip
    for change in dict.fromkeys(one.change for one in prints if one.change):
        print(f"  {sum(c == change for _, c in right):4d} of {n}  {change}")
    wrong = [(a, b, match) for a, b, match in found if a.recording != b.recording]
    per_recording = len(prints) // n
    print(f"  {len(wrong):4d} of {n * (n - 1) // 2 * per_recording**2} other pairs, falsely")
    for a, b, match in wrong:
        print(f"       {a.recording} {a.change!r} and {b.recording} {b.change!r}: {match}")


def report_pairs(folder: Path) -> None:
    pairs = load_pairs(folder)
    prints = []
    for i, pair in enumerate(pairs):
        ours = analyze_samples(pair.samples, SAMPLE_RATE)
        prints += [Print(i, "", take_fingerprint(pair.original.segments))]
        prints += [Print(i, "analyzed by genrelab", take_fingerprint(ours.segments))]
    print(f"recordings and the original's analyses of them, {len(pairs)}:")
    report(prints)


def report_others(corpora: Sequence[Path]) -> None:
    """Compare all analyses of some corpora with each other."""
    prints, names = [], []
    for path in corpora:
        with Corpus(path) as corpus:
            for track_id, segments in corpus.segments(sorted(corpus.segment_counts())):
                prints.append(take_fingerprint(segments))
                names.append(track_id)
    found = match_fingerprints(prints, least_agreement=0.3)
    print(f"all {len(names) * (len(names) - 1) // 2} pairs of {len(names)} analyses, .3 and more:")
    for match in sorted(found, key=lambda match: -match.agreement):
        print(f"  {match.agreement:.2f}  {names[match.first]}, {names[match.second]}")


def string_together(pieces: Sequence[Segments], rng: np.random.Generator) -> Segments:
    """Make a song of the statistics of real ones that is like no other.

    Each piece is stretched, transposed, perhaps played backwards, and its timbre
    coordinates are turned over at random.
    """
    parts, length = [], 0.0
    while length < SONG_S:
        piece = pieces[rng.integers(len(pieces))]
        order = np.arange(len(piece))[:: rng.choice([-1, 1])]
        duration = piece.duration[order] * rng.uniform(0.6, 1.6)
        start = length + np.cumsum(duration) - duration
        signs = np.append(1.0, rng.choice([-1.0, 1.0], 11))
        turned = {
            "start": start,
            "duration": duration,
            "pitches": np.roll(piece.pitches[order], rng.integers(12), axis=1),
            "timbre": piece.timbre[order] * signs,
        }
        parts.append(replace(piece, **turned))
        length = start[-1] + duration[-1]
    return Segments(
        **{name: np.concatenate([getattr(p, name) for p in parts]) for name in SEGMENT_FIELDS}
    )


def timed(work: Callable[[], object]) -> tuple[object, float]:
    begin = time.perf_counter()
    return work(), time.perf_counter() - begin


def report_time(pieces: Sequence[Segments], n: int) -> None:
    rng = np.random.default_rng(0)
    prints, spent = [], 0.0
    for _ in range(n):
        song = string_together(pieces, rng)
        one, seconds = timed(lambda song=song: take_fingerprint(song))
        prints.append(one)
        spent += seconds
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found, seconds = timed(lambda: match_fingerprints(prints))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = sum(p.codes.nbytes + p.doubtful.nbytes + p.frames.nbytes for p in prints) / n
    print(
        f"{n} songs of {SONG_S:.0f} s: fingerprints {spent:.1f} s ({size / 1e3:.1f} kB each), "
        f"comparison {seconds:.1f} s and {(after - before) / 1e3:.0f} MB more; "
        f"{len(found)} taken for the same"  # type: ignore[arg-type]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--skip", type=int, default=60)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--others", type=Path, nargs="*", default=[])
    parser.add_argument("--songs", type=int, default=10_000)
    options = parser.parse_args()
    prints, pieces = [], []
    chosen = choose(options.folder, options.labels, options.clips, options.skip)
    for i, path in enumerate(chosen):
        for change, analysis in changed(read_recording(path)):
            prints.append(Print(i, change, take_fingerprint(analysis.segments)))
            if not change:
                pieces.append(analysis.segments)
    halves = [[p for p in prints if p.recording % 2 == part] for part in (0, 1)]
    for name, half in zip(("one half", "the other"), halves, strict=True):
        wrong, right = edge(half)
        print(f"{name}: wrong pairs agree by {wrong:.2f} at most, candidates that are right by "
              f"{right:.2f} at least; between them {(wrong + right) / 2:.2f}")  # fmt: skip
    print(f"the other half, from an agreement of {SAME_RECORDING} on:")
    report(halves[1])
    if options.pairs:
        report_pairs(options.pairs)
    if options.others:
        report_others(options.others)
    report_time(pieces, options.songs)


if __name__ == "__main__":
    main()
