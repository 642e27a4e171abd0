"""Samples: which tracks of a corpus an experiment uses, and their arrays.

Conventions
-----------
``plan_sample`` decides, ``load_samples`` reads the arrays.
Classes are sorted by name, so the same genres have the same indices everywhere.
Whatever is left out is counted by reason; whatever falls short is a remark.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genrelab.learning.draws import draw_splits, tracks_per_genre
from genrelab.learning.features import Features, extract_features
from genrelab.learning.inputs import Hearing, InputName
from genrelab.learning.pools import Pool, choose_dialect, gather_pool
from genrelab.learning.recipes import Recipe
from genrelab.learning.splits import (
    HELD_OUT_SHARE,
    PARTS,
    Ints,
    Parts,
    Split,
)
from genrelab.music.analysis import Dialect
from genrelab.music.corpus import Corpus
from genrelab.music.dialects import convert_segments
from genrelab.music.duplicates import recording_keys
from genrelab.music.segments import Segments
from genrelab.music.tracks import artist_keys
from genrelab.progress import Progress, silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The tracks of an experiment and how they are split.

    Attributes
    ----------
    classes : tuple of str
        Genres in index order.
    labels, groups : mapping
        Genre index and group of every track that is used, by id.
    artist_keys, recording_keys : mappings
        What tells the artist, and what the recording, of every track that is used, by id.
    splits : tuple of Split
        One, or one a fold.
    dialect : str
        In which the analyses are learned from.
    converted : mapping
        The dialect of the analyses that have to be converted to it, by track id.
    analyses_digest : str
        SHA-256 over what the corpus holds of the tracks that are used.
    left_out : mapping
        Number of tracks by reason.
    remarks : tuple of str
        Sentences: genres left out, promises that could not be kept exactly.
    """

    classes: tuple[str, ...]
    labels: Mapping[str, int]
    groups: Mapping[str, str]
    artist_keys: Mapping[str, tuple[str, ...]]
    recording_keys: Mapping[str, tuple[str, ...]]
    splits: tuple[Split, ...]
    dialect: Dialect
    converted: Mapping[str, Dialect]
    analyses_digest: str
    left_out: Mapping[str, int]
    remarks: tuple[str, ...]

    @property
    def track_ids(self) -> tuple[str, ...]:
        """Every track that is used, each once, sorted."""
        return tuple(sorted(self.labels))

    @property
    def split_digest(self) -> str:
        """SHA-256 over the tracks of each part."""
        return hashlib.sha256("".join(split.digest for split in self.splits).encode()).hexdigest()

    @property
    def labels_digest(self) -> str:
        """SHA-256 over the genre of every track in a split."""
        used = sorted({i for split in self.splits for i in split.track_ids})
        text = "".join(f"{i} {self.classes[self.labels[i]]}\n" for i in used)
        return hashlib.sha256(text.encode()).hexdigest()

    def counts(self, split: Split) -> dict[str, dict[str, int]]:
        """Count the tracks by part and genre."""
        result: dict[str, dict[str, int]] = {}
        for part in PARTS:
            found = Counter(self.labels[i] for i in getattr(split, part))
            result[part] = {name: found[k] for k, name in enumerate(self.classes)}
        return result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Arrays of one input of one sample.

    Attributes
    ----------
    inputs : Features
        Of all N tracks.
    y : int64 array [N], index into ``classes``
    classes, track_ids, groups : tuples of str
    """

    inputs: Features
    y: Ints
    classes: tuple[str, ...]
    track_ids: tuple[str, ...]
    groups: tuple[str, ...]

    def rows(self, track_ids: Sequence[str]) -> Ints:
        """Return the place of each id among the tracks, which is its row in sequences."""
        where = {track_id: row for row, track_id in enumerate(self.track_ids)}
        return np.array([where[track_id] for track_id in track_ids], dtype=np.int64)

    def features(self, track_ids: Sequence[str]) -> Features:
        """Return a copy of the features of some tracks, in the order given."""
        return self.inputs.of_tracks(self.rows(track_ids))


def plan_sample(corpus: Corpus, recipe: Recipe, *, progress: Progress = silent) -> Plan:
    """Choose and split the tracks of an experiment.

    Parameters
    ----------
    progress : Progress
        Told how far the search for duplicates has come.

    Raises
    ------
    DataError
        If fewer than two genres remain, a genre asked for cannot be split, a
        dialect is unknown, or there are fewer tracks than parts.
    UsageError
        If a genre asked for does not exist.
    """
    pool = gather_pool(corpus, recipe, progress=progress)
    dialects = corpus.dialects()
    dialect = choose_dialect(corpus, pool, recipe, dialects)
    classes = tuple(sorted(set(pool.genres)))
    labels = np.array([classes.index(genre) for genre in pool.genres])
    groups = pool.groups
    splits = draw_splits(pool, labels, groups, recipe)
    used = sorted({row for parts in splits for part in PARTS for row in getattr(parts, part)})
    ids = [track.id for track in pool.tracks]
    pool.left_out["not drawn"] += len(ids) - len(used)
    converted = {ids[row]: dialects[ids[row]] for row in used if dialects[ids[row]] != dialect}
    return Plan(
        classes=classes,
        labels={ids[row]: int(labels[row]) for row in used},
        groups={ids[row]: groups[row] for row in used},
        artist_keys={ids[row]: artist_keys(pool.tracks[row]) for row in used},
        recording_keys={ids[row]: recording_keys(pool.tracks[row]) for row in used},
        splits=tuple(
            _named_split(parts, ids, recipe, fold if len(splits) > 1 else None)
            for fold, parts in enumerate(splits)
        ),
        dialect=dialect,
        converted=converted,
        analyses_digest=corpus.analyses_digest(sorted(ids[row] for row in used)),
        left_out={reason: n for reason, n in pool.left_out.items() if n},
        remarks=(
            *pool.remarks,
            *_conversions(converted, dialect),
            *_shortfalls(splits, labels, classes, recipe, pool),
        ),
    )


def _conversions(converted: Mapping[str, Dialect], dialect: Dialect) -> Iterator[str]:
    for other, n in sorted(Counter(converted.values()).items()):
        what = "analysis" if n == 1 else "analyses"
        yield f"{n} {what} of dialect {other} converted to {dialect}"


def _named_split(parts: Parts, ids: Sequence[str], recipe: Recipe, fold: int | None) -> Split:
    def named(rows: Ints) -> tuple[str, ...]:
        return tuple(sorted(ids[row] for row in rows))

    return Split(
        train=named(parts.train),
        valid=named(parts.valid),
        test=named(parts.test),
        group=recipe.group,
        seed=recipe.split_seed,
        fold=fold,
    )


def _shortfalls(
    splits: Sequence[Parts], labels: Ints, classes: Sequence[str], recipe: Recipe, pool: Pool
) -> tuple[str, ...]:
    """Say where the sizes promised could not be met because groups stay whole."""
    if pool.given and pool.given.are_parts:
        return ()  # whoever made the parts promised nothing
    if len(splits) > 1:
        return _poor_folds(splits, labels, classes, recipe)
    remarks = []
    for part in ("valid", "test"):
        rows = getattr(splits[0], part)
        if recipe.sample == "balanced":
            promised = tracks_per_genre(labels, recipe) // HELD_OUT_SHARE
            counts = np.bincount(labels[rows], minlength=len(classes))
            found = [(n, f" {genre}") for genre, n in zip(classes, counts, strict=True)]
        else:
            promised = sum(len(getattr(splits[0], name)) for name in PARTS) // HELD_OUT_SHARE
            found = [(len(rows), "")]
        remarks += [
            f"{part} has {n}{genre} tracks instead of {promised}: no {recipe.group} fits"
            for n, genre in found
            if n < promised
        ]
    return tuple(remarks)


def _poor_folds(
    splits: Sequence[Parts], labels: Ints, classes: Sequence[str], recipe: Recipe
) -> tuple[str, ...]:
    table = np.array([np.bincount(labels[s.test], minlength=len(classes)) for s in splits])
    remarks = [
        f"{genre} has no track in fold {', '.join(map(str, np.flatnonzero(column == 0)))}"
        for genre, column in zip(classes, table.T, strict=True)
        if not column.all()
    ]
    promised = tracks_per_genre(labels, recipe) // len(splits)
    if recipe.sample == "balanced" and table.min() < promised:
        remarks.append(
            f"each fold has {table.min()} tracks a genre instead of {promised}: "
            "some fold has no more of some genre"
        )
    return tuple(remarks)


def load_samples(
    corpus: Corpus,
    plan: Plan,
    input_name: InputName,
    hearing: Hearing,
    *,
    progress: Progress = silent,
) -> Samples:
    """Read the arrays of every track of a plan, all in the plan's dialect.

    Parameters
    ----------
    input_name : {"timbre", "pitch", "mixed", "statistics", "profile"}
    hearing : Hearing
        How much of a track is heard.
    """
    ids = plan.track_ids

    def read() -> Iterator[Segments]:
        for done, (track_id, segments) in enumerate(corpus.segments(ids)):
            progress(f"reading {input_name}", done, len(ids))
            own = plan.converted.get(track_id, plan.dialect)
            yield segments if own == plan.dialect else convert_segments(segments, own, plan.dialect)

    features = extract_features(read(), len(ids), input_name, hearing)
    progress(f"reading {input_name}", len(ids), len(ids))
    return Samples(
        inputs=features,
        y=np.array([plan.labels[i] for i in ids], dtype=np.int64),
        classes=plan.classes,
        track_ids=ids,
        groups=tuple(plan.groups[i] for i in ids),
    )
