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

from genrelab.sources.synthetic.arrangements import ARRANGEMENTS, Arrangement
from genrelab.sources.synthetic.grooves import FILLS, GROOVES, Groove, steps_of
from genrelab.sources.synthetic.harmony import chord_at, chord_pitches, tone_pitch
from genrelab.sources.synthetic.instruments import INSTRUMENTS, Instrument
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
    """A character of a pattern that sounds.

    Attributes
    ----------
    beat : float
        Of the song; whole numbers are exact.
    start, duration : float
    """

    symbol: str
    beat: float
    start: float
    duration: float

    @property
    def accent(self) -> float:
        """How loud it is: beats louder than what lies between."""
        return 1.0 if self.beat.is_integer() else 0.8


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

    def steps(self, bar: int, pattern: str) -> Iterator[_Step]:
        """Yield what a pattern makes sound in a bar, up to the end of the excerpt."""
        n, beats_per_bar = len(pattern), self.song.style.beats_per_bar
        swing = self.arrangement.swing if n == 16 else 0.0
        for i, symbol in enumerate(pattern):
            if symbol in (HOLDS, RESTS):
                continue
            late = swing * (i % 2)
            start = self._time(bar + (i + late) / n) + self.rng.normal(0, self._looseness)
            held = n - i - 1 - len(pattern[i + 1 :].lstrip(HOLDS))
            if start < self.duration:
                yield _Step(
                    symbol=symbol,
                    beat=bar * beats_per_bar + i * beats_per_bar / n,
                    start=max(start, 0.0),
                    duration=(1 + held) / n * self._bar_s,
                )

    def _time(self, bar: float) -> float:
        """Tell when a moment of the song is heard: a steady beat, or one that sways."""
        sway = self.arrangement.rubato * 60 / self.song.tempo
        wave = float(np.sin(np.pi * bar / 2 + self._sway))
        return (bar - self.first_bar) * self._bar_s + sway * wave

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
            groove = {**groove, "tom": str(rng.choice(FILLS[steps_of(groove)]))}
        if bar % SECTION_BARS == 0 and rng.random() < crash_chance:
            groove = {**groove, "crash": "x..."}
        for drum, pattern in groove.items():
            for step in arranger.steps(bar, pattern):
                loud = STROKES[step.symbol] * rng.uniform(0.88, 1.0)
                yield Note(start=step.start, duration=0.0, velocity=loud, drum=drum)


def _accompaniment(arranger: _Arranger, role: str, player: str) -> Iterator[Note]:
    """Write out bass, accompaniment or what lies behind it."""
    instrument = INSTRUMENTS[player]
    patterns = arranger.pick(arranger.arrangement.patterns[role])
    for bar in arranger.bars:
        for step in arranger.steps(bar, patterns[bar // SECTION_BARS]):
            yield Note(
                start=step.start,
                duration=min(step.duration, MUTED_S) if step.symbol == "m" else step.duration,
                velocity=step.accent * arranger.rng.uniform(0.85, 1.0),
                pitches=_pitches(step, arranger.song, instrument),
            )


def _pitches(step: _Step, song: Song, instrument: Instrument) -> tuple[int, ...]:
    """Return what an instrument of the accompaniment plays at a step."""
    chord, lowest = chord_at(song, step.beat), instrument.lowest
    if step.symbol in "cm":
        return chord_pitches(chord, song.key, lowest, power=instrument.power)
    if step.symbol == "a":
        return (tone_pitch(chord_at(song, int(step.beat) + 1), "r", song.key, lowest) - 1,)
    return (tone_pitch(chord, step.symbol, song.key, lowest),)


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
        for step in arranger.steps(bar, patterns[bar // SECTION_BARS]):
            place = int(np.clip(place + rng.choice(STEPS_OF_MELODY), 0, len(scale) - 1))
            pitch = scale[place]
            if step.beat.is_integer():
                tones = chord_pitches(chord_at(song, step.beat), song.key, lowest)
                pitch = min((*tones, *(t + 12 for t in tones)), key=lambda tone: abs(tone - pitch))
            if playing:
                yield Note(
                    start=step.start,
                    duration=step.duration,
                    velocity=step.accent * rng.uniform(0.8, 1.0),
                    pitches=(pitch,),
                )


def _scale_pitches(arrangement: Arrangement, song: Song, lowest: int) -> list[int]:
    """Return the pitches that a melody may use, from the lowest up."""
    scale = arrangement.minor_scale if song.minor else arrangement.scale
    pitches = range(lowest, lowest + MELODY_RANGE + 1)
    return [pitch for pitch in pitches if (pitch - song.key) % 12 in scale]
