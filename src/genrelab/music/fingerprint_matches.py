"""Fingerprint matches: which of many recordings sound the same, wholly or in part.

Conventions
-----------
Every code is filed with its recording and place; every fourth is looked up, with its three
most doubtful bits both ways. Whatever is found votes for a pair of recordings and an offset
between them; where votes gather, the frames are compared. Work grows with the number of
codes that are equal by chance, not with that of pairs: 10,000 songs take some 20 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genrelab.music.fingerprints import (
    FRAME_S,
    HOP_S,
    HOPS_A_FRAME,
    HOPS_A_QUESTION,
    LEAST_OVERLAP_S,
    N_DOUBTFUL,
    QUIET,
    SLACK,
    Codes,
    Fingerprint,
    agreement,
)
from genrelab.progress import Progress, silent

SAME_RECORDING = 0.5  # agreement; benchmarks/duplicates.py shows both sides of it
OTHER_RECORDING = 0.3  # agreement below which no artist and title make two recordings one
SHARED_PART = 0.5  # of the shorter recording: less is a transition or a sample

_CROWDED = 32  # entries of one code that are looked at: enough to meet the first of many copies
_LEAST_VOTES = 2
_VOTES_A_QUESTION = 0.06  # of the overlap; the same recording analyzed otherwise gives .16 or more
_QUESTION_S = HOP_S * HOPS_A_QUESTION
_OFFSETS = 1 << 16  # offsets of one second that a key has room for

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Two recordings that sound the same where they run together.

    Attributes
    ----------
    first, second : int
        Places in the sequence that was compared; ``first < second``.
    offset_s : float
        What is at t seconds in the first is at about t + offset_s in the second.
    agreement : float
        See `genrelab.music.fingerprints.agreement`.
    """

    first: int
    second: int
    offset_s: float
    agreement: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Entries:
    """Codes with the recording and the place (in hops) each comes from."""

    codes: Codes
    owner: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]

    def taken(self, rows: Ints | npt.NDArray[np.bool_]) -> _Entries:
        return _Entries(codes=self.codes[rows], owner=self.owner[rows], place=self.place[rows])


def match_fingerprints(
    fingerprints: Sequence[Fingerprint],
    *,
    least_agreement: float = SAME_RECORDING,
    progress: Progress = silent,
) -> list[Match]:
    """Find the pairs that agree over at least `SHARED_PART` of the shorter recording.

    Parameters
    ----------
    least_agreement : float
        See `genrelab.music.fingerprints.agreement`.
    progress : Progress
        Told the candidates compared.

    Returns
    -------
    list of Match
        Each pair at its best offset; ordered by ``first``, then ``second``.
    """
    best: dict[tuple[int, int], Match] = {}
    candidates = _candidates(fingerprints, progress)
    for done, (first, second, offset) in enumerate(candidates):
        progress("comparing fingerprints", done, len(candidates))
        alike = agreement(fingerprints[first], fingerprints[second], offset)
        known = best.get((first, second))
        if alike >= least_agreement and (known is None or alike > known.agreement):
            best[first, second] = Match(
                first=first, second=second, offset_s=offset * FRAME_S, agreement=alike
            )
    return [best[pair] for pair in sorted(best)]


def sound_different(first: Fingerprint, second: Fingerprint, *, within_s: float) -> bool:
    """Tell whether two recordings cannot be the same, though all else says so.

    Parameters
    ----------
    within_s : float
        Seconds by which the beginnings may lie apart.

    Returns
    -------
    bool
        False where either is too short to tell.
    """
    reach = round(within_s / FRAME_S)
    if min(len(first.frames), len(second.frames)) * FRAME_S < LEAST_OVERLAP_S + within_s:
        return False
    offsets = range(-reach, reach + 1, SLACK)
    return all(agreement(first, second, offset) < OTHER_RECORDING for offset in offsets)


def _candidates(
    fingerprints: Sequence[Fingerprint], progress: Progress
) -> list[tuple[int, int, int]]:
    """List pairs and offsets (in frames) worth a comparison, those of most votes first."""
    keys, counts = _votes(fingerprints, progress)
    # The true offset lies within a whole second, or drifts into the next: both count together.
    is_next = np.diff(keys, append=-1) == 1
    together = counts + np.where(is_next, np.append(counts[1:], 0), 0)
    enough = together >= _LEAST_VOTES
    keys, is_next, together = keys[enough], is_next[enough], together[enough]
    pair, second_of = np.divmod(keys, _OFFSETS)
    first, second = np.divmod(pair, max(len(fingerprints), 1))
    middle = np.where(is_next, HOPS_A_QUESTION, HOPS_A_QUESTION // 2)
    offset = ((second_of - _OFFSETS // 2) * HOPS_A_QUESTION + middle) // HOPS_A_FRAME
    lengths = np.array([len(one.frames) for one in fingerprints], dtype=np.int64)
    begin, end = np.maximum(0, -offset), np.minimum(lengths[first], lengths[second] - offset)
    shared = (end - begin) * FRAME_S
    shorter = np.minimum(lengths[first], lengths[second]) * FRAME_S
    worth = shared >= np.maximum(LEAST_OVERLAP_S, SHARED_PART * shorter)
    worth &= together >= _VOTES_A_QUESTION * shared / _QUESTION_S
    rows = np.flatnonzero(worth)
    rows = rows[np.argsort(-together[rows], kind="stable")]
    return list(zip(*(values[rows].tolist() for values in (first, second, offset)), strict=True))


def _votes(fingerprints: Sequence[Fingerprint], progress: Progress) -> tuple[Ints, Ints]:
    """Look every question up: the keys of pair and offset (whole seconds), and their votes."""
    filed, questions, doubtful = _file_codes(fingerprints)
    keys, counts = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    n_ways = 1 << N_DOUBTFUL
    for way in range(n_ways):
        progress("looking fingerprints up", way, n_ways)
        turned = [doubtful[:, bit] for bit in range(N_DOUBTFUL) if way >> bit & 1]
        codes = np.bitwise_xor.reduce([questions.codes, *turned], axis=0)
        answers = _vote_keys(*_look_up(filed, questions, codes), len(fingerprints))
        keys, place = np.unique(np.append(keys, answers), return_inverse=True)
        weights = np.append(counts, np.ones(len(answers), dtype=np.int64))
        counts = np.bincount(place, weights, minlength=len(keys)).astype(np.int64)
    return keys, counts


def _look_up(filed: _Entries, questions: _Entries, codes: Codes) -> tuple[_Entries, _Entries]:
    """Find what is filed under the codes: the question and the answer of each."""
    order = np.argsort(codes, kind="stable")  # neighbors in the file are asked for in turn
    first = np.searchsorted(filed.codes, codes[order])
    after = np.searchsorted(filed.codes, codes[order], side="right")
    found = np.minimum(after - first, _CROWDED)
    begins = np.cumsum(found) - found
    answers = np.arange(found.sum()) + np.repeat(first - begins, found)
    return questions.taken(np.repeat(order, found)), filed.taken(answers)


def _file_codes(fingerprints: Sequence[Fingerprint]) -> tuple[_Entries, _Entries, Codes]:
    """Sort all codes, and list the questions with their doubtful bits; quiet ones are neither."""
    lengths = [len(one.codes) for one in fingerprints]
    entries = _Entries(
        codes=np.concatenate([np.zeros(0, np.uint32), *(one.codes for one in fingerprints)]),
        owner=np.repeat(np.arange(len(lengths), dtype=np.int32), lengths),
        place=np.concatenate(
            [np.zeros(0, np.int32), *(np.arange(n, dtype=np.int32) for n in lengths)]
        ),
    )
    doubtful = np.concatenate(
        [np.zeros((0, N_DOUBTFUL), np.uint32), *(one.doubtful for one in fingerprints)]
    )
    is_asked = entries.place % HOPS_A_QUESTION == 0
    is_heard = entries.codes != QUIET
    filed = entries.taken(is_heard)
    filed = filed.taken(np.argsort(filed.codes, kind="stable"))
    return filed, entries.taken(is_asked & is_heard), doubtful[is_heard[is_asked]]


def _vote_keys(asked: _Entries, answered: _Entries, n: int) -> Ints:
    other = asked.owner != answered.owner
    asked, answered = asked.taken(other), answered.taken(other)
    is_swapped = asked.owner > answered.owner
    first = np.where(is_swapped, answered.owner, asked.owner).astype(np.int64)
    second = np.where(is_swapped, asked.owner, answered.owner)
    later = answered.place - asked.place
    offset = np.where(is_swapped, -later, later) // HOPS_A_QUESTION + _OFFSETS // 2
    inside = (offset >= 0) & (offset < _OFFSETS - 1)
    return np.asarray(((first * n + second) * _OFFSETS + offset)[inside])
