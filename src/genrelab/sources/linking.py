"""Linking: recordings in a folder that are the audio of tracks which a corpus has already.

Conventions
-----------
See `genrelab.music.matching` for what matches. Only headers are read to tell which recording
is which track; those that are linked are then read whole, for their digests. A recording that
is some track's audio is looked at again when its file changes; one that matched nothing also
when the corpus has other tracks; one whose track had another recording also when that is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from genrelab.errors import UsageError
from genrelab.music.corpus import Corpus
from genrelab.music.journal import Verdict
from genrelab.music.matching import TrackIndex
from genrelab.music.tracks import Track
from genrelab.progress import Progress, silent
from genrelab.sources.byte_stream import content_digest
from genrelab.sources.findings import (
    Drop,
    Fault,
    Item,
    Link,
    Reason,
    Record,
    item_of_error,
    unreadable,
)
from genrelab.sources.folder import existing_folder, existing_sounds
from genrelab.sources.link_choices import Choice, choose_tracks
from genrelab.sources.recordings import status_of_recording

_VERSION = re.compile(r"(?P<state>size=\d+ time=-?\d+) tracks=(?P<tracks>\w+) try=(?P<tries>\d+)")


class LinkSource:
    """Recordings in a folder and below, for the tracks of a corpus that came without.

    Parameters
    ----------
    folder : path-like
    corpus : path-like
        The corpus that they are collected into; read whenever items are asked for.
    progress : Progress

    Raises
    ------
    UsageError
        If it is no folder, has no recording in it, or no track could be linked.
    DataError
        If there is no such folder.
    CorpusError
        If there is no such corpus.
    """

    name = "match"

    def __init__(
        self, folder: str | Path, corpus: str | Path, *, progress: Progress = silent
    ) -> None:
        self._corpus = Path(corpus)
        self._progress = progress
        self._errors: list[OSError] = []
        self._files = existing_sounds(
            existing_folder(folder, "recordings"), on_error=self._errors.append
        )
        with Corpus(self._corpus) as opened:
            if next(opened.links.linkable(), None) is None:
                raise UsageError(
                    f"{corpus}: no track that a recording could be linked to; expected tracks "
                    "that came without one, as from an archive or playlists"
                )

    def items(self) -> Sequence[Item]:
        """Return an item a file, told apart by size, time and what it was compared with."""
        with Corpus(self._corpus) as opened:
            state = _State.of(opened, self.name)
        plan = _Plan(state, self._progress)
        items = []
        for done, file in enumerate(self._files):
            self._progress("looking for changes", done, len(self._files))
            status = status_of_recording(file)
            if isinstance(status, Item):
                items.append(status)
                continue
            path, size = str(file.absolute()), status.st_size
            fingerprint = state.fingerprint(path, f"size={size} time={status.st_mtime_ns}")
            if not state.is_settled(path, fingerprint):
                plan.add(path)
            entries = partial(_entries, plan, path, size)
            items.append(Item(path, fingerprint, size, entries, label=str(file)))
        return [*items, *(item_of_error(Path(error.filename), error) for error in self._errors)]


class _State:
    """What a corpus holds before recordings are linked."""

    def __init__(
        self,
        tracks: Mapping[str, Track],
        linked: Mapping[str, str],
        verdicts: Mapping[str, Verdict],
    ) -> None:
        self.tracks = tracks
        self.linked = linked  # track id to where its recording lies, if it is still there
        self.index = TrackIndex(tracks.values())
        self._verdicts = verdicts
        self._digest = self.index.digest
        self._audio = frozenset(linked.values())

    @classmethod
    def of(cls, corpus: Corpus, source: str) -> _State:
        tracks = {track.id: track for track in corpus.links.linkable()}
        files = {
            track.id: corpus.audio_file(track.audio_path)
            for track in tracks.values()
            if track.audio_path
        }
        linked = {track_id: str(file) for track_id, file in files.items() if file.exists()}
        return cls(tracks, linked, corpus.journal.verdicts(source))

    def fingerprint(self, path: str, state: str) -> str:
        """Return the one that a recording had if its verdict stands, else a new one."""
        before = self._before(path)
        if before is None:
            return f"{state} tracks={self._digest} try=1"
        if before["state"] == state and self._stands(path, before["tracks"]):
            return before[0]
        return f"{state} tracks={self._digest} try={int(before['tries']) + 1}"

    def is_settled(self, path: str, fingerprint: str) -> bool:
        """Tell whether a recording with this fingerprint will not be asked for."""
        before = self._before(path)
        return before is not None and before[0] == fingerprint

    def was_linked(self, path: str) -> bool:
        """Tell whether a recording was some track's audio when it was last looked at."""
        verdict = self._verdicts.get(path)
        return verdict is not None and verdict.reason is None

    def _before(self, path: str) -> re.Match[str] | None:
        verdict = self._verdicts.get(path)
        return _VERSION.match(verdict.fingerprint) if verdict else None

    def _stands(self, path: str, compared_with: str) -> bool:
        verdict = self._verdicts[path]
        if verdict.reason is None:
            return path in self._audio
        has_rival = verdict.track_id is None or verdict.track_id in self.linked
        return compared_with == self._digest and has_rival


class _Plan:
    """Which recordings become the audio of which tracks, made when the first is asked for."""

    def __init__(self, state: _State, progress: Progress) -> None:
        self.state = state
        self._progress = progress
        self._paths: list[str] = []

    def add(self, path: str) -> None:
        """Take a recording in; before anything is asked for."""
        self._paths.append(path)

    def choice(self, path: str) -> Choice | OSError:
        """Return the choice for a recording, or what kept it from being read."""
        return self._choices[path]

    @cached_property
    def _choices(self) -> dict[str, Choice | OSError]:
        reopened = {path for path in self._paths if self.state.was_linked(path)}

        def is_free(track_id: str, path: str) -> bool:
            """Tell whether a track has no recording, this very one, or one in question."""
            linked = self.state.linked.get(track_id)
            return linked in (None, path) or linked in reopened

        return choose_tracks(
            self._paths, self.state.index, is_free=is_free, progress=self._progress
        )


def _entries(plan: _Plan, path: str, size: int, after: int) -> Iterator[Record]:
    if after >= 1:
        return
    choice = plan.choice(path)
    released = path if plan.state.was_linked(path) else None
    if isinstance(choice, OSError):
        yield Fault(1, None, unreadable(choice), fatal=True, consumed=size)
    elif choice.track_id is None:
        reason: Reason = "already linked" if choice.rival else "no match"
        yield Drop(1, choice.rival, reason, choice.sentence, consumed=size, released=released)
    else:
        yield _link(plan.state.tracks[choice.track_id], path, released, size)


def _link(track: Track, path: str, released: str | None, size: int) -> Link | Fault:
    try:
        digest = content_digest(Path(path))
    except OSError as error:
        return Fault(1, None, unreadable(error), fatal=True, consumed=size)
    linked = replace(track, audio_path=path, audio_digest=digest)
    return Link(1, linked, former=track.audio_path, consumed=size, released=released)
