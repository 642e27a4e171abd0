"""Pools: the tracks of a corpus that an experiment may draw from, and why others may not.

Conventions
-----------
A track needs a genre, an analysis and, where a file gives the folds, a place in
that file. Of a recording that stands under several ids one is used, and none where it
stands under several genres, unless the recipe keeps duplicates: then all stay on one
side of a split. A file that gives the folds has the last word: what it lists is used,
and recordings that it puts into several folds are a remark. Genres that are too small
are left out, named and counted; one that was asked for by name and cannot be split is an
error.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path

from genrelab.errors import DataError, UsageError
from genrelab.learning.recipes import Recipe
from genrelab.music.analysis import Dialect
from genrelab.music.corpus import Corpus
from genrelab.music.duplicates import DuplicateGroup, find_duplicates
from genrelab.music.genres import canonical_genre
from genrelab.music.tracks import Track, artist_groups, joined_groups
from genrelab.progress import Progress, silent

MIN_GROUPS = 3  # one for each part of a split


@dataclass(slots=True, kw_only=True)
class Pool:
    """Tracks that may be used, while the choice narrows.

    Attributes
    ----------
    tracks, genres, groups : lists of equal length
    folds : list of int or None
        The fold of each track, where a file gives them.
    n_folds : int
        How many folds the file gives, 0 where there is none.
    left_out : Counter
        Number of tracks by reason.
    remarks : list of str
    """

    tracks: list[Track]
    genres: list[str]
    groups: list[str]
    folds: list[int] | None
    n_folds: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def keep(self, kept: Sequence[bool], reason: str) -> None:
        """Keep some of the tracks and count the others under a reason."""
        self.left_out[reason] += len(kept) - sum(kept)
        self.tracks = list(compress(self.tracks, kept))
        self.genres = list(compress(self.genres, kept))
        self.groups = list(compress(self.groups, kept))
        if self.folds is not None:
            self.folds = list(compress(self.folds, kept))


def gather_pool(corpus: Corpus, recipe: Recipe, *, progress: Progress = silent) -> Pool:
    """Find the tracks that a recipe may draw from.

    Parameters
    ----------
    progress : Progress
        Told how far the search for duplicates has come.

    Raises
    ------
    DataError
        If fewer than two genres remain, or a genre asked for cannot be split.
    UsageError
        If a genre asked for does not exist.
    """
    pool = _labelled_tracks(corpus, recipe)
    _settle_duplicates(pool, find_duplicates(corpus, progress=progress).group_of, recipe)
    _keep_asked_genres(pool, recipe)
    _keep_splittable_genres(pool, recipe)
    _remark_on_shared_groups(pool)
    return pool


def _settle_duplicates(pool: Pool, group_of: Mapping[str, DuplicateGroup], recipe: Recipe) -> None:
    """Use one of each recording, or keep all of one together."""
    found = [group_of.get(track.id) for track in pool.tracks]
    if pool.folds is not None:
        _remark_on_divided_recordings(pool, found)
    elif recipe.duplicates == "keep":
        pool.groups = joined_groups(
            (own, f"recording {group.kept}") if group else (own,)
            for own, group in zip(pool.groups, found, strict=True)
        )
    else:
        clear = [not (group and group.is_ambiguous) for group in found]
        pool.keep(clear, "one recording under two genres")
        kept = [
            group_of[track.id].kept if track.id in group_of else track.id for track in pool.tracks
        ]
        pool.keep([track.id == i for track, i in zip(pool.tracks, kept, strict=True)], "duplicate")


def _groups(tracks: Sequence[Track], recipe: Recipe) -> list[str]:
    if recipe.group == "track":
        return [f"track {track.id}" for track in tracks]
    return artist_groups(tracks)


def _remark_on_divided_recordings(pool: Pool, found: Sequence[DuplicateGroup | None]) -> None:
    folds_of: dict[str, set[int]] = {}
    for group, fold in zip(found, pool.folds or (), strict=True):
        if group:
            folds_of.setdefault(group.kept, set()).add(fold)
    divided = sum(len(folds) > 1 for folds in folds_of.values())
    if divided:
        pool.remarks.append(
            f"the split file puts {divided} recording{'s' if divided > 1 else ''} into more than "
            "one fold, under several ids: `genrelab corpus duplicates` names them"
        )


def _labelled_tracks(corpus: Corpus, recipe: Recipe) -> Pool:
    """Collect tracks that have a genre and segments (and a fold, where a file gives them)."""
    n_segments = corpus.segment_counts()
    listed = _read_split_file(Path(recipe.split)) if recipe.split else None
    left_out: Counter[str] = Counter()
    tracks, genres, folds = [], [], []
    for track in corpus.tracks():
        given = None if listed is None else listed.get(track.id) or listed.get(track.native_id)
        genre = given[0] if given else track.genre
        if listed is not None and given is None:
            left_out["not in the split file"] += 1
        elif genre is None:
            left_out["no genre"] += 1
        elif not n_segments.get(track.id):
            left_out["no analysis"] += 1
        else:
            tracks.append(track)
            genres.append(genre)
            folds.append(given[1] if given else 0)
    remarks = []
    if listed is not None and len(tracks) < len(listed):
        remarks.append(
            f"{recipe.split} lists {len(listed)} tracks, {len(listed) - len(tracks)} of which "
            "are not in the corpus with an analysis"
        )
    if not tracks:
        raise DataError(f"{corpus.path}: no track with a genre and an analysis to learn from")
    return Pool(
        tracks=tracks,
        genres=genres,
        groups=_groups(tracks, recipe),
        folds=None if listed is None else folds,
        n_folds=1 + max((fold for _, fold in listed.values()), default=0) if listed else 0,
        left_out=left_out,
        remarks=remarks,
    )


def _read_split_file(path: Path) -> dict[str, tuple[str, int]]:
    """Read ``track_id,genre,fold``: genre and fold by track id."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets mark UTF-8
            reader = csv.DictReader(file)
            missing = {"track_id", "genre", "fold"} - set(reader.fieldnames or ())
            if missing:
                raise DataError(f"{path}: no column {min(missing)!r}; expected track_id,genre,fold")
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as a split file ({error})") from error
    listed: dict[str, tuple[str, int]] = {}
    for line, row in rows:
        genre, fold = canonical_genre(row["genre"]), row["fold"]
        if not genre or not (fold or "").isdecimal():
            raise DataError(
                f"{path}, line {line}: genre {row['genre']!r}, fold {fold!r}; "
                "expected a genre and a whole number from 0"
            )
        if row["track_id"] in listed:
            raise DataError(f"{path}, line {line}: {row['track_id']} stands twice")
        listed[row["track_id"]] = (genre, int(fold))
    n_folds = len({fold for _, fold in listed.values()})
    if {fold for _, fold in listed.values()} != set(range(n_folds)) or n_folds < MIN_GROUPS:
        raise DataError(f"{path}: folds must be numbered 0, 1, 2... and be at least three")
    return listed


def _keep_asked_genres(pool: Pool, recipe: Recipe) -> None:
    asked = {canonical_genre(name) for name in recipe.genres}
    if not asked:
        return
    unknown = sorted(str(name) for name in asked - set(pool.genres))
    if unknown:
        there = ", ".join(sorted(set(pool.genres)))
        raise UsageError(f"--genres: no analyzed track is {unknown[0]!r}; the corpus has {there}")
    if len(asked) == 1:
        raise UsageError(
            f"--genres: names {recipe.genres[0]} alone; telling genres apart needs two"
        )
    pool.keep([genre in asked for genre in pool.genres], "genre not asked for")


def _keep_splittable_genres(pool: Pool, recipe: Recipe) -> None:
    """Leave out genres that are too small, or stop where one of them was asked for."""
    per_genre = Counter(pool.genres)
    needed = recipe.min_tracks
    if recipe.sample != "unbalanced":
        needed = max(needed, recipe.tracks_per_genre)
    small = []
    for genre, n in sorted(per_genre.items()):
        n_groups = len(
            {g for g, name in zip(pool.groups, pool.genres, strict=True) if name == genre}
        )
        if n < needed:
            small.append(genre)
            why = f"{genre} has {n} tracks, fewer than {needed}"
        elif n_groups < MIN_GROUPS:
            small.append(genre)
            why = (
                f"{genre} has {n_groups} {recipe.group}{'s' if n_groups > 1 else ''}, "
                f"and a split needs one for each of {MIN_GROUPS} parts"
            )
        else:
            continue
        if recipe.genres:
            raise DataError(f"{why}: add tracks, leave it out of --genres or change the limits")
        pool.remarks.append(f"left out: {why}")
    pool.keep([genre not in small for genre in pool.genres], "genre too small")
    kept = set(pool.genres)
    if len(kept) < 2:
        found = ", ".join(f"{genre} {n}" for genre, n in per_genre.most_common())
        raise DataError(
            f"{'only one' if kept else 'no'} genre has at least {needed} tracks and {MIN_GROUPS} "
            f"{recipe.group}s ({found}): telling genres apart needs two; "
            "add tracks, or lower --min-tracks or --tracks-per-genre"
        )


def _remark_on_shared_groups(pool: Pool) -> None:
    folds_of: dict[str, set[int]] = {}
    for group, fold in zip(pool.groups, pool.folds or [0] * len(pool.groups), strict=True):
        folds_of.setdefault(group, set()).add(fold)
    shared = sum(len(folds) > 1 for folds in folds_of.values())
    if shared:
        pool.remarks.append(f"the split file puts {shared} artists into more than one fold")


def choose_dialect(
    corpus: Corpus, pool: Pool, recipe: Recipe, dialects: Mapping[str, Dialect]
) -> Dialect:
    """Tell the dialect to learn in: that of all analyses, or the recipe's if they differ.

    Parameters
    ----------
    dialects : mapping
        The dialect of every analysis of the corpus, by track id.

    Raises
    ------
    DataError
        If that of some analysis is unknown.
    """
    found = Counter(dialects[track.id] for track in pool.tracks)
    if found["unknown"]:
        raise DataError(
            f"{corpus.path}: the dialect of {found['unknown']} analyses is unknown; "
            "collect them again with --dialect spotify, echonest or msd"
        )
    return recipe.dialect if len(found) > 1 else next(iter(found))
