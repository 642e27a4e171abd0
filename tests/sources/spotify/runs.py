"""Runs: collections from the stand-in into a corpus, with counts that must add up.

Conventions
-----------
A run is what the command makes of a playlist file, without the command: authorization, the Web
API, the corpus. Its corpus lies at `Runs.corpus` and is opened for every run anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.sources.spotify.stand_in import StandIn

from genrelab.music.corpus import Corpus
from genrelab.sources.spotify.authorization import authorize
from genrelab.sources.spotify.collection import SpotifySummary, collect_playlists
from genrelab.sources.spotify.playlist_files import load_playlist_file
from genrelab.sources.spotify.web_api import WebApi


class Runs:
    """Collections of a stand-in's playlists into one corpus.

    Parameters
    ----------
    api : StandIn
        Whose variables are in the environment.
    folder : path-like
        Where the corpus, playlist files and the token lie.
    """

    def __init__(self, api: StandIn, folder: Path) -> None:
        self.api = api
        self.folder = folder
        self.corpus = folder / "t.corpus"
        self.said: list[str] = []
        self.progress: list[tuple[str, int, int]] = []

    def __call__(
        self,
        text: str | None = None,
        *,
        name: str = "playlists",
        with_analyses: bool = True,
        interrupt: Any = None,
        **options: Any,
    ) -> SpotifySummary:
        """Collect what a playlist file asks for, by default all that is served."""
        file = self.folder / f"{name}.toml"
        file.write_text(text or self.api.catalog.playlist_file(), encoding="utf-8")

        def progress(stage: str, done: int, total: int) -> None:
            self.progress.append((stage, done, total))
            if interrupt and interrupt(stage, done):
                raise KeyboardInterrupt

        with self.web_api(progress=progress, **options) as web, self.opened("write") as corpus:
            summary = collect_playlists(
                load_playlist_file(file),
                corpus,
                web,
                item=str(file),
                with_analyses=with_analyses,
                progress=progress,
            )
            check_counts(summary, corpus, alone=len(list(self.folder.glob("*.toml"))) == 1)
        return summary

    def web_api(self, **options: Any) -> WebApi:
        """Ask the stand-in."""
        token_file = self.folder / "token.json"
        authorization = authorize(
            self.api.accounts_url, token_file=token_file, tell=self.said.append
        )
        given = {"api_url": self.api.api_url, "tell": self.said.append, "retries": 2, **options}
        return WebApi(authorization, **given)

    def opened(self, mode: Any = "read") -> Corpus:
        """Open the corpus."""
        return Corpus(self.corpus, mode)

    def genres(self) -> dict[str, str | None]:
        """Map the native ids of the tracks to their genres."""
        with self.opened() as corpus:
            return {one.id.removeprefix("spotify-"): one.genre for one in corpus.tracks()}

    def digest(self) -> str:
        """Return the digest of an undamaged corpus."""
        with self.opened() as corpus:
            assert corpus.check() == []
            return corpus.digest()

    def left_out(self) -> list[tuple[str, str]]:
        """List reason and detail of all that the journal has as left out."""
        with self.opened() as corpus:
            return [(reason, detail) for *_, reason, detail in corpus.journal.drops()]


def check_counts(summary: SpotifySummary, corpus: Corpus, *, alone: bool) -> None:
    """Check that all counts of a run agree, with each other and with its corpus.

    ``alone`` where the corpus has nothing but what this playlist file brought.
    """
    for one in summary.genres:
        assert one.places == one.tracks + one.left_out + one.unread, one
    n_left_out = sum(one.left_out + one.unread for one in summary.genres)
    assert sum(summary.left_out.values()) == n_left_out
    imported = summary.imported
    if imported is not None:
        dropped = sum(imported.dropped.values())
        assert imported.read == imported.stored + imported.updated + dropped
    if alone and imported is not None:
        assert corpus.genre_counts() == {one.genre: one.tracks for one in summary.genres
                                         if one.tracks}  # fmt: skip
    assert summary.without_analysis == len(corpus.without_analysis("spotify"))
    _check_journal(summary, Counter(reason for *_, reason, _ in corpus.journal.drops()))
    assert summary.is_whole == (corpus.info().unfinished_imports == 0 and not summary.problems
                                and summary.end is None)  # fmt: skip


def _check_journal(summary: SpotifySummary, dropped: Mapping[str, int]) -> None:
    if summary.end is not None or summary.analyses.closed or summary.features.closed:
        return
    assert dropped["no analysis"] == summary.analyses.none
    assert dropped["no audio features"] == summary.features.none
    n_problems = len(summary.features.problems) + len(summary.analyses.problems)
    n_problems += sum(", place " in said for said in summary.problems)
    assert dropped["unreadable"] in (n_problems, n_problems + summary.unread_playlists)
