"""Scores: a synthetic song, arranged: every note that is played, and when.

Conventions
-----------
Seconds from the start of the excerpt, which begins with some bar of the song; pitches
are MIDI numbers (69 is A4, 440 Hz). Eight bars are a section, which keeps its patterns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genrelab.music.segments import Int64
from genrelab.sources.synthetic.arrangements import ARRANGEMENTS, Arrangement
from genrelab.sources.synthetic.grooves import FILLS, GROOVES, Groove
from genrelab.sources.synthetic.harmony import chord_at, chord_pitches, tone_pitch
from genrelab.sources.synthetic.instruments import INSTRUMENTS
from genrelab.sources.synthetic.songs import Song

SECTION_BARS = 8
PHRASE_BARS = 2
PHRASES_PLAYED = 0.8  # of the melody's, the rest are breaths
MUTED_S = 0.09  # how long a chord lasts on damped strings, at most
HOLDS, RESTS = "_", "."
STROKES = {"X": 1.0, "x": 0.7, "-": 0.3}  # loudness
STEPS_OF_MELODY = (-3, -2, -1, -1, 0, 1, 1, 2, 3)  # of the scale, from note to note
MELODY_RANGE = 17  # semitones


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What sounds together from one moment on.

    Attributes
    ----------
    start, duration : float
    velocity : float
        Factor on its loudness.
    pitches : tuple of int
        None on drums.
    drum : str
        "" on everything else.
    """

    start: float
    duration: float
    velocity: float
    pitches: tuple[int, ...] = ()
    drum: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A character of a pattern that sounds: where in its bar, and for how long, in bars."""

    symbol: str
    at: float
    length: float


class _Arranger:
    """Writes out a song in its home's arrangement, for an excerpt of so many seconds."""

    def __init__(
        self, song: Song, looseness: float, duration: float, rng: np.random.Generator
    ) -> None:
        self.song, self.rng, self.duration = song, rng, duration
        self.arrangement: Arrangement = ARRANGEMENTS[song.home]
        self._looseness = looseness
        self._bar_s = 60 / song.tempo * song.style.beats_per_bar
        self._sway = rng.uniform(0, 2 * np.pi)
        self.first_bar = int(rng.integers(2 * SECTION_BARS))

    @property
    def bars(self) -> range:
        """Bars of the song that the excerpt holds, the last perhaps in part."""
        return range(self.first_bar, self.first_bar + int(self.duration / self._bar_s) + 1)

    def steps(self, bar: int, pattern: str) -> Iterator[tuple[_Step, float, float]]:
        """Yield what sounds in a bar, when it starts and how long it lasts, in seconds."""
        swing = self.arrangement.swing / 16 if len(pattern) == 16 else 0.0
        for step in _steps(pattern):
            late = swing if round(step.at * 16) % 2 else 0.0
            start = self._time(bar + step.at + late) + self.rng.normal(0, self._looseness)
            if start < self.duration:
                yield step, max(start, 0.0), step.length * self._bar_s

    def _time(self, bar: float) -> float:
        """Tell when a moment of the song is heard: a steady beat, or one that sways."""
        steady = (bar - self.first_bar) * self._bar_s
        beat_s = 60 / self.song.tempo
        return steady + self.arrangement.rubato * beat_s * float(
            np.sin(np.pi * bar / 2 + self._sway)
        )

    def pick(self, patterns: tuple[str, ...]) -> dict[int, str]:
        """Draw the pattern of each section of the excerpt."""
        sections = {bar // SECTION_BARS for bar in self.bars}
        return {section: str(self.rng.choice(patterns)) for section in sorted(sections)}


def arrange(
    song: Song,
    players: dict[str, str],
    *,
    looseness: float,
    duration: float,
    rng: np.random.Generator,
) -> dict[str, list[Note]]:
    """Write out an excerpt of a song.

    Parameters
    ----------
    song : Song
    players : dict
        Instrument by role; not the drums.
    looseness : float
        Standard deviation of when notes start, seconds.
    duration : float
    rng : Generator

    Returns
    -------
    dict
        Notes by role, without those that rest throughout.
    """
    arranger = _Arranger(song, looseness, duration, rng)
    chances = arranger.arrangement.chances
    heard = {role for role in ("color", "lead") if rng.random() < chances[role]}
    parts = {
        "drums": list(_drumming(arranger)),
        **{role: list(_accompaniment(arranger, role, players[role])) for role in ("bass", "comp")},
    }
    if "color" in heard:
        parts["color"] = list(_accompaniment(arranger, "color", players["color"]))
    if "lead" in heard:
        parts["lead"] = list(_melody(arranger, players["lead"]))
    return {role: notes for role, notes in parts.items() if notes}


def _drumming(arranger: _Arranger) -> Iterator[Note]:
    grooves, rng = GROOVES[arranger.song.home], arranger.rng
    if not grooves:
        return
    main, other = (grooves[int(i)] for i in rng.choice(len(grooves), 2))
    fill_chance, crash_chance = rng.uniform(0, 0.8, 2)
    for bar in arranger.bars:
        groove: Groove = main if bar // SECTION_BARS % 2 == 0 else other
        if bar % 4 == 3 and rng.random() < fill_chance:
            groove = {**groove, "tom": str(rng.choice(FILLS))}
        if bar % SECTION_BARS == 0 and rng.random() < crash_chance:
            groove = {**groove, "crash": "x..."}
        for drum, pattern in groove.items():
            for step, start, _ in arranger.steps(bar, pattern):
                loud = STROKES[step.symbol] * rng.uniform(0.88, 1.0)
                yield Note(start=start, duration=0.0, velocity=loud, drum=drum)


def _accompaniment(arranger: _Arranger, role: str, player: str) -> Iterator[Note]:
    """Write out bass, accompaniment or what lies behind it."""
    song, instrument = arranger.song, INSTRUMENTS[player]
    patterns = arranger.pick(arranger.arrangement.patterns[role])
    for bar in arranger.bars:
        for step, start, duration in arranger.steps(bar, patterns[bar // SECTION_BARS]):
            beat = (bar + step.at) * song.style.beats_per_bar
            chord = chord_at(song, beat)
            if step.symbol in "cm":
                pitches = chord_pitches(chord, song.key, instrument.lowest, power=instrument.power)
            elif step.symbol == "a":
                later = chord_at(song, int(beat) + 1)
                pitches = (tone_pitch(later, "r", song.key, instrument.lowest) - 1,)
            else:
                pitches = (tone_pitch(chord, step.symbol, song.key, instrument.lowest),)
            yield Note(
                start=start,
                duration=min(duration, MUTED_S) if step.symbol == "m" else duration,
                velocity=_accent(step, song) * arranger.rng.uniform(0.85, 1.0),
                pitches=pitches,
            )


def _melody(arranger: _Arranger, player: str) -> Iterator[Note]:
    """Write out a melody that wanders over the scale and meets the chord on the beat."""
    song, rng = arranger.song, arranger.rng
    patterns = arranger.pick(arranger.arrangement.patterns["lead"])
    lowest = INSTRUMENTS[player].lowest
    scale = _scale_pitches(arranger.arrangement, song, lowest)
    place = int(rng.integers(len(scale)))
    playing = True
    for bar in arranger.bars:
        if bar % PHRASE_BARS == 0:
            playing = rng.random() < PHRASES_PLAYED
        for step, start, duration in arranger.steps(bar, patterns[bar // SECTION_BARS]):
            place = int(np.clip(place + rng.choice(STEPS_OF_MELODY), 0, len(scale) - 1))
            pitch = int(scale[place])
            beat = (bar + step.at) * song.style.beats_per_bar
            if beat % 1 == 0:
                tones = chord_pitches(chord_at(song, beat), song.key, lowest)
                choices = np.concatenate((np.array(tones), np.array(tones) + 12))
                pitch = int(choices[np.abs(choices - pitch).argmin()])
            if playing:
                loud = _accent(step, song) * rng.uniform(0.8, 1.0)
                yield Note(start=start, duration=duration, velocity=loud, pitches=(pitch,))


def _scale_pitches(arrangement: Arrangement, song: Song, lowest: int) -> Int64:
    """Return the pitches that a melody may use, from the lowest up."""
    scale = arrangement.minor_scale if song.minor else arrangement.scale
    pitches = np.arange(lowest, lowest + MELODY_RANGE + 1)
    return np.asarray(pitches[np.isin((pitches - song.key) % 12, scale)], dtype=np.int64)


def _accent(step: _Step, song: Song) -> float:
    """Return how loud a step is: beats louder than what lies between."""
    return 1.0 if (step.at * song.style.beats_per_bar) % 1 == 0 else 0.8


def _steps(pattern: str) -> Iterator[_Step]:
    """Read a bar's pattern."""
    for i, symbol in enumerate(pattern):
        if symbol not in (HOLDS, RESTS):
            held = len(pattern[i + 1 :]) - len(pattern[i + 1 :].lstrip(HOLDS))
            yield _Step(symbol=symbol, at=i / len(pattern), length=(1 + held) / len(pattern))
