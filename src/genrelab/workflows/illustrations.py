"""Illustrations: the track that stands for all in the paper's Figures 1 to 4.

Conventions
-----------
A track with a recording is taken where there is one, for a spectrogram and MFCCs need
sound. An ``audio_path`` that is not absolute counts from the corpus' folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from genrelab.analyzer.audio import read_recording
from genrelab.errors import DataError
from genrelab.judging.audio_figures import draw_mfcc, draw_spectrogram
from genrelab.judging.track_figures import draw_chroma, draw_timbre
from genrelab.music.corpus import Corpus
from genrelab.music.segments import Float32, Segments

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WITHOUT_SOUND = "Figures 1 (spectrogram) and 2 (MFCCs) need audio, which this corpus does not hold."

_MOST_TRIED = 5  # recordings that cannot be read, before it is given up


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Illustration:
    """A track to draw.

    Attributes
    ----------
    track_id : str
    segments : Segments
    samples : float32 array [n] or None
        Its sound at the analyzer's rate; ``sentence`` says why there is none.
    """

    track_id: str
    segments: Segments
    samples: Float32 | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PaperFigure:
    """A figure with a number of the paper's.

    Attributes
    ----------
    name : str
        Of its file, without ending.
    caption : str
    figure : Figure
    """

    name: str
    caption: str
    figure: Figure


def choose_illustration(corpus: Corpus, preferred: Sequence[str]) -> Illustration:
    """Choose the track that is drawn.

    Parameters
    ----------
    corpus : Corpus
    preferred : sequence of str
        Ids of analyzed tracks, at least one: the first with a recording is taken, else
        any other track of the corpus with one, else the first.
    """
    chosen, samples, sentence = preferred[0], None, WITHOUT_SOUND
    for track_id, path in islice(_recordings(corpus, preferred), _MOST_TRIED):
        try:
            samples = read_recording(path).samples
        except DataError as error:
            sentence = f"Figures 1 (spectrogram) and 2 (MFCCs) are left out: {error}."
            continue
        chosen, sentence = track_id, ""
        break
    [(_, segments)] = corpus.segments([chosen])
    return Illustration(track_id=chosen, segments=segments, samples=samples, sentence=sentence)


def _recordings(corpus: Corpus, preferred: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Yield analyzed tracks whose recording is there, those preferred first."""
    analyzed = corpus.segment_counts()
    paths = {
        track.id: corpus.path.parent / track.audio_path
        for track in corpus.tracks()
        if track.audio_path and analyzed.get(track.id)
    }
    for track_id in dict.fromkeys((*preferred, *paths)):
        if track_id in paths and paths[track_id].is_file():
            yield track_id, paths[track_id]


def draw_illustration(shown: Illustration) -> Iterator[PaperFigure]:
    """Draw the paper's Figures 1 to 4, or 3 and 4 where there is no sound."""
    title = shown.track_id
    if shown.samples is not None:
        yield PaperFigure(
            name="figure-1-spectrogram",
            caption=f"Figure 1: spectrogram of {title}",
            figure=draw_spectrogram(shown.samples, title=title),
        )
        yield PaperFigure(
            name="figure-2-mfcc",
            caption=f"Figure 2: MFCCs of {title}",
            figure=draw_mfcc(shown.samples, title=title),
        )
    yield PaperFigure(
        name="figure-3-timbre",
        caption=f"Figure 3: timbre of {title}, segments on x, components on y",
        figure=draw_timbre(shown.segments, title=title),
    )
    yield PaperFigure(
        name="figure-4-chroma",
        caption=f"Figure 4: chroma of {title}",
        figure=draw_chroma(shown.segments, title=title),
    )
