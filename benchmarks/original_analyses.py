"""Original analyses: what they have in common, and how well simple rules tell their values.

usage: original_analyses.py ARCHIVE...

Archives as `genrelab collect archive` reads them; those of their analyses that have beats count.
Printed are the figures that `genrelab.analyzer.rhythm`, `sections` and `loudness` cite: tatums a
beat, sections that start on beats, and how far the loudness of tracks and sections and the fades,
computed from the original's own segments, lie from the original's.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from genrelab.analyzer.loudness import find_fades, track_loudness
from genrelab.analyzer.sections import section_loudness
from genrelab.music.analysis import Analysis, Interval, Section
from genrelab.workflows.rhythm_fitting import read_collection

SAME_S = 0.0006  # times are rounded


def starts_of(intervals: Sequence[Interval | Section]) -> npt.NDArray:
    return np.array([interval.start for interval in intervals])


def print_tatums(analyses: Sequence[Analysis]) -> None:
    counts = []
    for analysis in analyses:
        beats, tatums = starts_of(analysis.beats), starts_of(analysis.tatums)
        ends = beats + [beat.duration for beat in analysis.beats]
        counts.append(np.diff(np.searchsorted(tatums + SAME_S, [beats, ends]), axis=0)[0])
    n = np.concatenate(counts)
    print(f"{len(n)} beats, of two tatums all but {(n != 2).sum()}")


def print_sections(analyses: Sequence[Analysis]) -> None:
    on_beat, off = [], []
    for analysis in analyses:
        beats = starts_of(analysis.beats)
        inner = [start for start in starts_of(analysis.sections) if start > 0]
        on_beat += [np.abs(beats - start).min() < SAME_S for start in inner]
        for part in analysis.sections:
            found = section_loudness(analysis.segments, part.start, part.start + part.duration)
            off.append(found - part.loudness)
    print(f"{len(on_beat)} sections start later than at 0, {np.sum(on_beat)} of them on a beat")
    print(
        f"{len(off)} sections: loudness off by {np.mean(off):.2f} dB, deviation {np.std(off):.2f}"
    )


def print_loudness(analyses: Sequence[Analysis]) -> None:
    tracks = [analysis.track for analysis in analyses]
    fades = [find_fades(analysis.segments) for analysis in analyses]
    pairs = list(zip(fades, tracks, strict=True))
    off = [track_loudness(a.segments) - a.track.loudness for a in analyses]
    ins = [abs(fade.end_of_fade_in - track.end_of_fade_in) for fade, track in pairs]
    outs = [abs(fade.start_of_fade_out - track.start_of_fade_out) for fade, track in pairs]
    print(f"tracks: loudness off by {np.mean(off):.2f} dB, deviation {np.std(off):.2f}")
    print(f"fades: median distance {np.median(ins):.2f} s (in), {np.median(outs):.2f} s (out)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archives", type=Path, nargs="+", metavar="ARCHIVE")
    collection = read_collection(parser.parse_args().archives)
    analyses = [analysis for analysis in collection.analyses if analysis.beats]
    print(f"{len(analyses)} analyses with beats of {len(collection.analyses)}")
    print_tatums(analyses)
    print_sections(analyses)
    print_loudness(analyses)


if __name__ == "__main__":
    main()
