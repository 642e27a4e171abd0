"""Pools: the tracks of a corpus that an experiment may draw from, and why others may not.

Conventions
-----------
A track needs a genre, an analysis and, where the split is given, a place in it. Of a
recording that stands under several ids one is used, and none where it stands under several
genres, unless the recipe keeps duplicates: then all stay on one side of a split. A split
that is given has the last word: what it lists is used, and recordings that it puts into
several parts are a remark. Genres that are too small are left out, named and counted; one
that was asked for by name and cannot be split is an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

from genrelab.errors import DataError, UsageError
from genrelab.learning.given_splits import OFFICIAL, GivenSplit, Place, given_split
from genrelab.learning.recipes import Recipe
from genrelab.learning.splits import PARTS
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
        The fold of each track (or index of its part), where they are given.
    given : GivenSplit or None
        What gives the folds, where they are not drawn.
    left_out : Counter
        Number of tracks by reason.
    remarks : list of str
    """

    tracks: list[Track]
    genres: list[str]
    groups: list[str]
    folds: list[int] | None
    given: GivenSplit | None = None
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
    """Collect tracks that have a genre and segments (and a place, where the split is given)."""
    n_segments = corpus.segment_counts()
    given = given_split(recipe.split)
    left_out: Counter[str] = Counter()
    tracks, genres, folds = [], [], []
    for track in corpus.tracks():
        place = given.place(track) if given else Place(genre=track.genre, fold=0)
        if place is None:
            left_out[f"not in {given.title if given else ''}"] += 1
        elif place.genre is None:
            left_out["no genre"] += 1
        elif not n_segments.get(track.id):
            left_out["no analysis"] += 1
        else:
            tracks.append(track)
            genres.append(place.genre)
            folds.append(place.fold)
    _refuse_nothing(corpus, given, len(tracks), left_out)
    return Pool(
        tracks=tracks,
        genres=genres,
        groups=_groups(tracks, recipe),
        folds=folds if given else None,
        given=given,
        left_out=left_out,
        remarks=[*_absences(given, len(tracks))],
    )


def _refuse_nothing(
    corpus: Corpus, given: GivenSplit | None, n_tracks: int, left_out: Mapping[str, int]
) -> None:
    if n_tracks:
        return
    if given and given.listed is None and left_out[f"not in {given.title}"]:
        raise DataError(
            f"{corpus.path}: split is {OFFICIAL!r}, and no analyzed track says its part; collect "
            "the data set with its split (collect gtzan, collect fma) or leave split out"
        )
    raise DataError(f"{corpus.path}: no track with a genre and an analysis to learn from")


def _absences(given: GivenSplit | None, n_tracks: int) -> Iterator[str]:
    if given and given.listed is not None and n_tracks < len(given.listed):
        yield (
            f"{given.name} lists {len(given.listed)} tracks, {len(given.listed) - n_tracks} of "
            "which are not in the corpus with an analysis"
        )


def _keep_asked_genres(pool: Pool, recipe: Recipe) -> None:
    there = set(pool.genres)  # a user's own table may call a genre otherwise than ours
    asked = {name if name in there else canonical_genre(name) for name in recipe.genres}
    if not asked:
        return
    unknown = sorted(str(name) for name in asked - there)
    if unknown:
        known = ", ".join(sorted(there))
        raise UsageError(f"--genres: no analyzed track is {unknown[0]!r}; the corpus has {known}")
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
        tracks = f"{n} track{'s' if n > 1 else ''}"
        why = f"{genre} has {tracks}, fewer than {needed}" if n < needed else None
        why = why or _undivided(pool, genre, recipe)
        if why is None:
            continue
        if recipe.genres:
            raise DataError(f"{why}: add tracks, leave it out of --genres or change the limits")
        small.append(genre)
        pool.remarks.append(f"left out: {why}")
    pool.keep([genre not in small for genre in pool.genres], "genre too small")
    kept = set(pool.genres)
    if len(kept) < 2:
        found = ", ".join(f"{genre} {n}" for genre, n in per_genre.most_common())
        parts = pool.given is not None and pool.given.are_parts
        wanted = "some in each part of the split" if parts else f"{MIN_GROUPS} {recipe.group}s"
        raise DataError(
            f"{'only one' if kept else 'no'} genre has at least {needed} tracks and {wanted} "
            f"({found}): telling genres apart needs two; "
            "add tracks, or lower --min-tracks or --tracks-per-genre"
        )


def _undivided(pool: Pool, genre: str, recipe: Recipe) -> str | None:
    """Say why a genre cannot stand in every part of a split, None where it can."""
    rows = [row for row, name in enumerate(pool.genres) if name == genre]
    if pool.given and pool.given.are_parts and pool.folds is not None:
        there = {pool.folds[row] for row in rows}
        absent = [part for fold, part in enumerate(PARTS) if fold not in there]
        return f"{genre} has no {absent[0]} track in {pool.given.title}" if absent else None
    n_groups = len({pool.groups[row] for row in rows})
    if n_groups >= MIN_GROUPS:
        return None
    return (
        f"{genre} has {n_groups} {recipe.group}{'s' if n_groups > 1 else ''}, "
        f"and a split needs one for each of {MIN_GROUPS} parts"
    )


def _remark_on_shared_groups(pool: Pool) -> None:
    folds_of: dict[str, set[int]] = {}
    for group, fold in zip(pool.groups, pool.folds or [0] * len(pool.groups), strict=True):
        folds_of.setdefault(group, set()).add(fold)
    shared = sum(len(folds) > 1 for folds in folds_of.values())
    if shared and pool.given:
        what = "part" if pool.given.are_parts else "fold"
        pool.remarks.append(f"{pool.given.title} puts {shared} artists into more than one {what}")


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
