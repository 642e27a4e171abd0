"""Arrangements: who plays what in each synthetic style, bar by bar.

Conventions
-----------
Invented, as the styles are. A pattern is one bar, a character a step, as many as its
meter wants: 12 are eighth triplets in four-four or sixteenths in three-four. ``r t f s
o`` are the chord's root, third, fifth, seventh (where it has none, the sixth) and
octave, ``c`` is the whole chord, ``m`` the same muted, ``a`` a half tone below the next
chord's root, ``n`` a note of the melody; ``_`` holds, ``.`` rests. What the drums play
stands in `grooves`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ROLES = ("drums", "bass", "comp", "color", "lead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """What the pieces of a genre have in common as sound.

    Attributes
    ----------
    patterns : dict
        Patterns of bass, comp(animent), color (what lies behind it) and lead.
    players : dict
        Instruments of each of these, and ``kits`` of the drummer, the usual ones twice.
    chances : dict
        How often a piece has color and lead, and how often a two-bar phrase is played.
    levels : dict
        dB of each role in the mix.
    scale : tuple of int
        Semitones above the key that melodies use in major; those in minor follow.
    swing : float
        How late every other sixteenth comes, as a share of it.
    looseness : float
        Standard deviation of when notes start, seconds.
    rubato : float
        How far the beat sways, as a share of it.
    brightness : float
        0 to 1, of its instruments.
    tilt : float
        dB that low sound is louder, and high sound softer, than it was played.
    loudness : float
        RMS of the whole, dB below full scale.
    reverb : float
        Seconds in which the room falls silent.
    """

    patterns: dict[str, tuple[str, ...]]
    players: dict[str, tuple[str, ...]]
    levels: dict[str, float]
    chances: dict[str, float] = field(default_factory=lambda: {"color": 0.5, "lead": 0.7})
    scale: tuple[int, ...] = (0, 2, 4, 5, 7, 9, 11)
    minor_scale: tuple[int, ...] = (0, 2, 3, 5, 7, 8, 10)
    swing: float = 0.0
    looseness: float = 0.006
    rubato: float = 0.0
    brightness: float = 0.5
    tilt: float = 0.0
    loudness: float = -16.0
    reverb: float = 0.5


ARRANGEMENTS: dict[str, Arrangement] = {
    "Blues": Arrangement(
        patterns={
            "bass": ("r..t..f..s..", "r.rt.tf.fs.s", "r..r..f..f.."),
            "comp": ("c.cc.cc.cc.c", "...c.....c..", "c_____..c_c.", "r.tf.of.tr.."),
            "color": ("c___________", "......c_____"),
            "lead": ("n_nn__...n_n", "......n_nn__", "n_____n_n.n_"),
        },
        players={
            "kits": ("dry", "dry", "acoustic"),
            "bass": ("electric bass", "electric bass", "acoustic bass"),
            "comp": ("clean electric guitar", "clean electric guitar", "piano", "crunchy guitar"),
            "color": ("organ", "organ", "piano"),
            "lead": ("harmonica", "harmonica", "clean electric guitar", "lead guitar"),
        },
        brightness=0.4,
        tilt=1.0,
        levels={"drums": -4, "bass": -4, "comp": -2, "color": -6, "lead": -1},
        chances={"color": 0.7, "lead": 0.8},
        scale=(0, 3, 4, 5, 7, 9, 10),
        minor_scale=(0, 3, 5, 6, 7, 10),
        looseness=0.01,
    ),
    "Classical": Arrangement(
        patterns={
            "bass": ("r_____", "r_f___", "r_f_o_"),
            "comp": ("rtftft", "rftofotfrtft", "r_c_c_", "rtfotf", "..c.c."),
            "color": ("c_____", "c___c_"),
            "lead": ("n___n_", "n_nnn_", "n_____", "n_n_nn", "n__nnnn_n_n_"),
        },
        players={
            "kits": ("light",),
            "bass": ("cello", "cello", "piano"),
            "comp": ("piano", "piano", "strings", "nylon guitar", "harpsichord"),
            "color": ("strings",),
            "lead": ("violin", "violin", "flute", "flute", "brass"),
        },
        brightness=0.35,
        tilt=2.0,
        levels={"drums": -12, "bass": -5, "comp": -3, "color": -6, "lead": -2},
        chances={"color": 0.6, "lead": 0.85},
        minor_scale=(0, 2, 3, 5, 7, 8, 11),
        looseness=0.012,
        rubato=0.06,
        loudness=-19.0,
        reverb=1.6,
    ),
    "Country": Arrangement(
        patterns={
            "bass": ("r...f...", "r...f.ra", "r...t.f."),
            "comp": ("..c...c.", "r.c.f.c.", "rtfotfrtfotfrtfo", "r.tfo.tfr.tfo.tf", "c.ccc.cc"),
            "color": ("rtfotfrtfotfrtfo", "c_______", "..c...c."),
            "lead": ("n_n_nn__", "nn.nn_n.", "n___..nn"),
        },
        players={
            "kits": ("light", "brushes", "acoustic"),
            "bass": ("electric bass", "acoustic bass"),
            "comp": (
                "steel guitar",
                "steel guitar",
                "steel guitar",
                "banjo",
                "clean electric guitar",
            ),
            "color": ("banjo", "banjo", "steel guitar", "violin"),
            "lead": ("singing", "violin", "violin", "clean electric guitar"),
        },
        brightness=0.7,
        tilt=-2.5,
        levels={"drums": -6, "bass": -4, "comp": -3, "color": -5, "lead": -2},
        chances={"color": 0.75, "lead": 0.75},
        scale=(0, 2, 4, 7, 9),
        looseness=0.008,
        reverb=0.4,
    ),
    "Hip-Hop": Arrangement(
        patterns={
            "bass": ("r__...r_..r_....", "r_____....r__...", "r..r..r...f_...."),
            "comp": (
                "c__.c__...c_....",
                "r.t.f.t.r.t.f.s.",
                "c_______........",
                "..c...c...c...c.",
            ),
            "color": ("c_______________",),
            "lead": ("n.nn.n.nn.n.n.n.", "nnnnn.n.n.nnn...", "n.n.n.n.nnn.n.nn"),
        },
        players={
            "kits": ("machine", "machine", "dry", "house"),
            "bass": ("sub bass", "sub bass", "synth bass", "electric bass"),
            "comp": ("electric piano", "pad", "strings", "piano", "synth pluck"),
            "color": ("pad", "strings", "organ"),
            "lead": ("rapping", "rapping", "rapping", "singing"),
        },
        brightness=0.4,
        tilt=4.0,
        levels={"drums": 0, "bass": -2, "comp": -8, "color": -12, "lead": -2},
        chances={"color": 0.4, "lead": 0.85},
        minor_scale=(0, 3, 5, 7, 10),
        swing=0.25,
        looseness=0.002,
        loudness=-15.0,
        reverb=0.3,
    ),
    "Jazz": Arrangement(
        patterns={
            "bass": ("r..t..r..a..", "r..f..r..f..", "r..a..r..t.."),
            "comp": (".....c......", "c....c......", "..c.....c_..", "c_____c_____"),
            "color": ("c_____c_____",),
            "lead": ("n.nn.nn__.nn", "n.nn.nn.nn.n", "...n.nn_____", "n__..n.nn.n."),
        },
        players={
            "kits": ("brushes", "brushes", "light", "acoustic"),
            "bass": ("acoustic bass",),
            "comp": ("piano", "piano", "electric piano", "nylon guitar", "clean electric guitar"),
            "color": ("organ", "strings"),
            "lead": ("saxophone", "saxophone", "brass", "piano", "clean electric guitar", "flute"),
        },
        brightness=0.3,
        tilt=1.5,
        levels={"drums": -6, "bass": -3, "comp": -5, "color": -12, "lead": -1},
        chances={"color": 0.15, "lead": 0.85},
        scale=(0, 2, 4, 5, 7, 9, 11),
        minor_scale=(0, 2, 3, 5, 7, 9, 10),
        looseness=0.01,
        loudness=-17.5,
        reverb=0.8,
    ),
    "Metal": Arrangement(
        patterns={
            "bass": ("rrrrrrrrrrrrrrrr", "r.rrr.rrr.rrr.rr", "r.r.r.r.r.r.r.r."),
            "comp": (
                "mmmcmmmcmmmcm_mm",
                "m.mmm.mmm.mmc_c_",
                "c___c___c___c_c_",
                "mmmmmmmmmmmmc___",
            ),
            "color": ("c_______________",),
            "lead": ("nnnnnnnnnnnnnnnn", "n___n___n_n_n___", "n.n.nn..n.n.nn.."),
        },
        players={
            "kits": ("hard", "hard", "hard", "acoustic"),
            "bass": ("electric bass", "synth bass"),
            "comp": ("distorted guitar",),
            "color": ("distorted guitar", "strings", "organ"),
            "lead": ("lead guitar", "lead guitar", "shouting", "shouting", "singing"),
        },
        brightness=0.7,
        tilt=0.0,
        levels={"drums": -2, "bass": -6, "comp": -1, "color": -9, "lead": -4},
        chances={"color": 0.35, "lead": 0.55},
        minor_scale=(0, 2, 3, 5, 7, 8, 11),
        looseness=0.003,
        loudness=-14.0,
        reverb=0.4,
    ),
    "Pop": Arrangement(
        patterns={
            "bass": ("r.r.r.r.r.r.r.r.", "..r...r...r...r.", "r..r..r.r..r..o."),
            "comp": (
                "c..c..c.c..c..c.",
                "c___c___c___c___",
                "rtfotfrtfotfrtfo",
                "..c...c...c...c.",
            ),
            "color": ("c_______________",),
            "lead": ("n_n_n_nn__n_....", "..n_n_n_n___n___", "n___n_n_nn_n__.."),
        },
        players={
            "kits": ("house", "house", "machine", "acoustic"),
            "bass": ("synth bass", "synth bass", "electric bass", "sub bass"),
            "comp": ("synth pluck", "synth pluck", "piano", "electric piano"),
            "color": ("pad", "pad", "strings"),
            "lead": ("singing", "singing", "singing", "synth lead"),
        },
        brightness=0.65,
        tilt=-1.0,
        levels={"drums": -1, "bass": -4, "comp": -5, "color": -8, "lead": -1},
        chances={"color": 0.75, "lead": 0.85},
        looseness=0.002,
        loudness=-15.0,
        reverb=0.6,
    ),
    "Rock": Arrangement(
        patterns={
            "bass": ("r.r.r.r.r.r.r.r.", "r_____r_r___f___", "r...r.r.r...r.a."),
            "comp": (
                "c.c.c.c.c.c.c.c.",
                "c___..c.c___..c.",
                "c_c_..c_c_c_..c_",
                "rtfotfrtrtfotfrt",
            ),
            "color": ("c_______________", "c_______c_______"),
            "lead": ("n_n_n___n_n_....", "n___n_n_n_______", "nn_n_nn_n___...."),
        },
        players={
            "kits": ("acoustic", "acoustic", "hard", "dry"),
            "bass": ("electric bass",),
            "comp": ("crunchy guitar", "crunchy guitar", "crunchy guitar", "distorted guitar"),
            "color": ("organ", "clean electric guitar", "distorted guitar", "pad"),
            "lead": ("singing", "singing", "lead guitar"),
        },
        brightness=0.6,
        tilt=-0.5,
        levels={"drums": -1, "bass": -4, "comp": -3, "color": -9, "lead": -3},
        minor_scale=(0, 3, 5, 7, 10),
        loudness=-15.0,
    ),
}
"""One arrangement a genre of the paper."""
