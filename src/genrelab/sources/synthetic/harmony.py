"""Harmony: which pitches a synthetic song's chords have, in major and in minor.

Conventions
-----------
Chords are (semitones above the key, quality), as in `styles`; pitches MIDI numbers.
"""

from __future__ import annotations

from genrelab.sources.synthetic.songs import Song
from genrelab.sources.synthetic.styles import CHORD_TONES, Chord

IN_MINOR: dict[Chord, Chord] = {
    (0, "major"): (0, "minor"),
    (0, "seventh"): (0, "minor seventh"),
    (0, "major seventh"): (0, "minor seventh"),
    (5, "major"): (5, "minor"),
    (5, "seventh"): (5, "minor seventh"),
    (9, "minor"): (8, "major"),
    (9, "seventh"): (8, "seventh"),
    (9, "minor seventh"): (8, "major seventh"),
}
"""What chords written in major become in minor."""
IN_MAJOR: dict[Chord, Chord] = {
    (0, "minor"): (0, "major"),
    (0, "minor seventh"): (0, "major seventh"),
    (5, "minor"): (5, "major"),
    (7, "minor"): (7, "major"),
    (8, "major"): (9, "minor"),
}
"""What chords written in minor become in major."""


def chord_at(song: Song, beat: float) -> Chord:
    """Return the chord that sounds at a beat of a song, counted from its start."""
    style = song.style
    section = int(beat * style.tatums_per_beat) // song.tatums_per_section
    progression = style.progressions[section % len(style.progressions)]
    chord = progression[int(beat) // style.chord_beats % len(progression)]
    return (IN_MINOR if song.minor else IN_MAJOR).get(chord, chord)


def chord_pitches(chord: Chord, key: int, lowest: int, *, power: bool = False) -> tuple[int, ...]:
    """Return a chord's pitches within an octave from the lowest, in rising order.

    Parameters
    ----------
    chord : Chord
    key : int
        0 to 11, C to B.
    lowest : int
    power : bool
        Root, fifth and octave alone, whatever the chord is, from the root up.

    >>> chord_pitches((0, "major"), key=0, lowest=52)
    (52, 55, 60)
    """
    if power:
        root = _from(lowest, chord[0] + key)
        return root, root + 7, root + 12
    return tuple(sorted(_from(lowest, key + chord[0] + tone) for tone in CHORD_TONES[chord[1]]))


def tone_pitch(chord: Chord, tone: str, key: int, lowest: int) -> int:
    """Return the pitch of a chord's ``r`` oot, ``t`` hird, ``f`` ifth, ``s`` eventh or ``o`` ctave.

    Roots lie within an octave from the lowest, the others above them. A power chord has
    its fifth for a third; a chord without a seventh has the sixth.
    """
    tones = CHORD_TONES[chord[1]]
    above = {
        "r": 0,
        "t": next((t for t in tones if t in {3, 4}), 7),
        "f": 7,
        "s": next((t for t in tones if t in {10, 11}), 9),
        "o": 12,
    }[tone]
    return _from(lowest, key + chord[0]) + above


def _from(lowest: int, pitch_class: int) -> int:
    """Return the first pitch of a class from the lowest up."""
    return lowest + (pitch_class - lowest) % 12


def hz_of(pitch: float) -> float:
    """Return the frequency of a MIDI pitch in Hz.

    >>> hz_of(69)
    440.0
    """
    return float(440 * 2 ** ((pitch - 69) / 12))
