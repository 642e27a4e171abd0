"""Paper: the numbers it printed, to stand beside ours.

*Music Genre Classification using Artificial Neural Networks*, Buchmüller and
Gerloff, University of Göttingen, 2020.

Conventions
-----------
Models are ``c1m1`` (timbre), ``c1m2`` (pitch), ``c2m1`` (timbre and pitch).
Genres stand in the order of `GENRES`. Accuracies are in percent where the paper
prints percent; everything is given as printed, misprints included, so nothing
here is computed. All results are of the balanced sample, one run each, 880 test
tracks.
"""

from __future__ import annotations

from genrelab.music.genres import PAPER_GENRES

GENRES = PAPER_GENRES
MODELS = ("c1m1", "c1m2", "c2m1")
INPUTS = {"c1m1": "timbre", "c1m2": "pitch", "c2m1": "mixed"}
N_TEST = 880
CHANCE_ACCURACY = 12.5  # percent, eight genres

TRACKS = {
    "Jazz": 1414,
    "Metal": 1404,
    "Country": 1363,
    "Classical": 1259,
    "Rock": 1213,
    "Hip-Hop": 1208,
    "Pop": 1153,
    "Blues": 1101,
}
"""Tracks a genre of the unbalanced sample; 10,115 in all."""

PARAMETERS = {"c1m1": 297_528, "c1m2": 299_752, "c2m1": 440_408}

TABLE_1 = (
    ("conv1d_7 (Conv1D)", (508, 48), 2928),
    ("max_pooling1d_7 (MaxPooling1D)", (254, 48), 0),
    ("dropout_9 (Dropout)", (254, 48), 0),
    ("conv1d_8 (Conv1D)", (254, 64), 15424),
    ("max_pooling1d_8 (MaxPooling1D)", (127, 64), 0),
    ("dropout_10 (Dropout)", (127, 64), 0),
    ("conv1d_9 (Conv1D)", (127, 64), 20544),
    ("max_pooling1d_9 (MaxPooling1D)", (63, 64), 0),
    ("dropout_11 (Dropout)", (63, 64), 0),
    ("flatten_3 (Flatten)", (4032,), 0),
    ("dropout_12 (Dropout)", (4032,), 0),
    ("dense_5 (Dense)", (64,), 258112),
    ("dense_6 (Dense)", (8,), 520),
)
"""Layer, output shape and parameters of c1m1."""

VALIDATION_ACCURACY = {"c1m1": 71.36, "c1m2": 65.68, "c2m1": 67.95}
"""Percent; with `TEST_ACCURACY` its Table 2."""

TEST_ACCURACY = {"c1m1": 68.18, "c1m2": 62.61, "c2m1": 67.84}
"""Percent."""

TEST_LOSS = {"c1m1": 0.9530, "c1m2": 1.1248, "c2m1": 0.8909}
"""Cross-entropy in nats (from the published notebooks)."""

BEST_EPOCH = {"c1m1": 25, "c1m2": 19, "c2m1": 29}
"""Epoch of the highest validation accuracy."""

BEST_LOSS_EPOCH = {"c1m1": 26}
"""Epoch of the lowest validation loss, where the text tells it."""

LAST_EPOCH = {"c1m1": 34}
"""Epoch at which early stopping ended the run, where the text tells it."""

TABLE_3 = {
    "c1m1": {
        "Blues": (0.543, 0.691, 0.608),
        "Classical": (0.860, 0.945, 0.900),
        "Country": (0.573, 0.782, 0.662),
        "Hip-Hop": (0.833, 0.727, 0.777),
        "Jazz": (0.686, 0.755, 0.719),
        "Metal": (0.765, 0.800, 0.782),
        "Pop": (0.684, 0.355, 0.467),
        "Rock": (0.550, 0.400, 0.463),
    },
    "c1m2": {
        "Blues": (0.447, 0.618, 0.519),
        "Classical": (0.835, 0.873, 0.853),
        "Country": (0.589, 0.573, 0.581),
        "Hip-Hop": (0.740, 0.645, 0.689),
        "Jazz": (0.800, 0.545, 0.649),
        "Metal": (0.647, 0.782, 0.708),
        "Pop": (0.622, 0.627, 0.624),
        "Rock": (0.418, 0.345, 0.378),
    },
}
"""Precision, recall and F1 a genre of the timbre and the pitch model."""

TABLE_4 = {
    "Blues": (0.554, 0.700, 0.618, 110.0),
    "Classical": (0.860, 0.945, 0.900, 110.0),
    "Country": (0.761, 0.609, 0.677, 110.0),
    "Hip-Hop": (0.762, 0.845, 0.802, 110.0),
    "Jazz": (0.740, 0.645, 0.689, 110.0),
    "Metal": (0.702, 0.836, 0.763, 110.0),
    "Pop": (0.567, 0.500, 0.531, 110.0),
    "Rock": (0.442, 0.345, 0.388, 110.0),
    "accuracy": (0.678, 0.678, 0.678, 0.678),
    "macro avg": (0.673, 0.678, 0.671, 880.0),
    "weighted avg": (0.673, 0.678, 0.671, 880.0),
}
"""Precision, recall, F1 and support a genre of the mixed model, then the averages.

The support of its accuracy row, .678, is the paper's: the accuracy fills all four columns.
"""

CONFUSION = {
    "c1m1": (
        (76, 0, 12, 0, 10, 2, 0, 10),
        (3, 104, 0, 0, 3, 0, 0, 0),
        (16, 1, 86, 0, 2, 1, 3, 1),
        (3, 1, 3, 80, 10, 0, 13, 0),
        (9, 11, 4, 2, 83, 1, 0, 0),
        (3, 3, 1, 0, 1, 88, 0, 14),
        (5, 1, 31, 13, 7, 3, 39, 11),
        (25, 0, 13, 1, 5, 20, 2, 44),
    ),
    "c1m2": (
        (68, 2, 11, 1, 7, 7, 3, 11),
        (4, 96, 2, 1, 4, 0, 0, 3),
        (24, 0, 63, 0, 0, 1, 6, 16),
        (1, 1, 6, 71, 2, 11, 15, 3),
        (22, 9, 3, 7, 60, 2, 4, 3),
        (8, 1, 0, 0, 1, 86, 4, 10),
        (7, 1, 8, 14, 1, 3, 69, 7),
        (18, 5, 14, 2, 0, 23, 10, 38),
    ),
    "c2m1": (
        (77, 2, 7, 1, 6, 3, 5, 9),
        (4, 104, 0, 0, 2, 0, 0, 0),
        (18, 0, 67, 0, 2, 1, 15, 7),
        (0, 1, 0, 93, 5, 0, 11, 0),
        (17, 10, 0, 4, 71, 1, 3, 4),
        (2, 3, 0, 0, 2, 92, 2, 9),
        (5, 0, 3, 22, 3, 3, 55, 19),
        (16, 1, 11, 2, 5, 31, 6, 38),
    ),
}
"""Its Figures 7 and 8: rows truth, columns estimate."""
