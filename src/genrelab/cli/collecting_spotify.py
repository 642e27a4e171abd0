"""Collecting from Spotify: ``collect spotify``.

Conventions
-----------
The summary says what the playlists hold and what became of it, also where a run ends early;
then follows, as the error, what ended it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrelab.cli.imports import MAX_SAID, OutputOption, check_output
from genrelab.cli.terminal import Bars, FormatOption, TableOption, chosen_format, say, write_tables
from genrelab.errors import UsageError
from genrelab.tables import Table

if TYPE_CHECKING:
    from genrelab.sources.spotify.collection import SpotifySummary
    from genrelab.sources.spotify.playlist_files import PlaylistFile

CLOSED = (
    "Spotify closed {what} to new apps on 27 November 2024 and does not give {pronoun} to this one "
    "(HTTP {status}); the tracks and their genres are in {corpus}: link your own recordings of "
    "them with `genrelab collect folder MUSIC --match {corpus}`, and `genrelab analyze --corpus "
    "{corpus}` hears them"
)
TERMS = (
    "note: Spotify's Developer Terms (developer.spotify.com/terms) forbid training "
    "machine-learning models on Spotify content; your own recordings (`genrelab collect folder`) "
    "and open data (`genrelab collect fma`, `collect archive`) are free of that"
)


def spotify(
    playlists: Annotated[
        str,
        typer.Argument(
            metavar="PLAYLISTS",
            help="A TOML file of playlists by genre, or one that ships: paper.",
        ),
    ],
    output: OutputOption,
    market: Annotated[
        str | None,
        typer.Option(metavar="CC", help="The country whose catalog counts.  [default: the file's]"),
    ] = None,
    no_analysis: Annotated[
        bool,
        typer.Option("--no-analysis", help="Tracks and genres only; no audio features, analyses."),
    ] = False,
    as_user: Annotated[
        bool,
        typer.Option("--as-user", help="Log in as yourself, in a browser: for your own playlists."),
    ] = False,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where to keep the token.  [default: in the user's cache folder]"
        ),
    ] = None,
    max_wait: Annotated[
        float,
        typer.Option(
            metavar="S", min=0, help="End with status 75 where Spotify asks to wait longer."
        ),
    ] = 300,
    retries: Annotated[
        int, typer.Option(metavar="N", min=0, help="How often to ask again after a server error.")
    ] = 5,
    api_url: Annotated[
        str, typer.Option(metavar="URL", help="Ask another server that answers as Spotify does.")
    ] = "https://api.spotify.com/v1",
    accounts_url: Annotated[
        str, typer.Option(metavar="URL", help="The server that gives its tokens.")
    ] = "https://accounts.spotify.com",
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Import the tracks of Spotify playlists, a genre each, and their analyses.

    Needs an app of yours: make one at developer.spotify.com/dashboard and set
    SPOTIPY_CLIENT_ID and SPOTIPY_CLIENT_SECRET (with --as-user: SPOTIPY_CLIENT_ID
    and SPOTIPY_REDIRECT_URI). Run again, the same command goes on where it stood.

    \b
    A file of playlists:
      market = "DE"
      [genres.Rock]
      playlists = ["37i9dQZF1DX4vth7idTQch", "https://open.spotify.com/playlist/..."]
      limit = 1100

    \b
    Examples:
      genrelab collect spotify playlists.toml -o music.corpus
      genrelab collect spotify mine.toml --as-user --no-analysis -o music.corpus
      genrelab collect spotify paper -o paper.corpus
      genrelab collect folder music/ --match music.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.music.corpus import Corpus
    from genrelab.sources.spotify.authorization import authorize
    from genrelab.sources.spotify.collection import collect_playlists
    from genrelab.sources.spotify.playlist_files import (
        EXPECTED_MARKET,
        is_market,
        load_playlist_file,
        shipped_playlist_files,
    )
    from genrelab.sources.spotify.playlist_store import SOURCE
    from genrelab.sources.spotify.web_api import WebApi

    chosen = chosen_format(format, table)
    asked = load_playlist_file(playlists)
    ships = playlists in shipped_playlist_files()
    item = playlists if ships else str(Path(playlists).absolute())
    if market is not None:
        if not is_market(market):
            raise UsageError(f"--market is {market!r}; expected {EXPECTED_MARKET}")
        asked = replace(asked, market=market)
    check_output(output)
    authorization = authorize(accounts_url, as_user=as_user, token_file=token_file, tell=say)
    authorization.token()  # here, since a user may have to log in first
    _remark(asked)
    with (
        Bars() as progress,
        WebApi(
            authorization,
            api_url=api_url,
            max_wait_s=max_wait,
            retries=retries,
            progress=progress,
            tell=say,
        ) as api,
        Corpus(output, "write") as corpus,
    ):
        if not corpus.journal.items(SOURCE):
            say(TERMS)
        summary = collect_playlists(
            asked, corpus, api, item=item, with_analyses=not no_analysis, progress=progress
        )
    _say(summary, output)
    write_tables(summary_tables(summary), chosen)
    if summary.end is not None:
        raise summary.end
    if not summary.is_whole:
        raise typer.Exit(1)


def _remark(asked: PlaylistFile) -> None:
    """Name the playlists that stand where they do not count, or make others not count."""
    for sentence in asked.repeated:
        say(f"note: {sentence}")
    for one in asked.playlists:
        if len(genres := asked.genres_of(one)) > 1:
            say(
                f"note: playlist {one} stands under {' and '.join(genres)}, so that its tracks are "
                "of no one genre and left out; keep it under one of them"
            )


def _say(summary: SpotifySummary, output: Path) -> None:
    """Name what could not be read, and what is closed."""
    unheard = [*summary.features.problems, *summary.analyses.problems]
    again = "run the same command again later"
    problems = [*summary.problems, *(f"{sentence}; {again}" for sentence in unheard)]
    for sentence in problems[:MAX_SAID]:
        say(f"error: {sentence}")
    if len(problems) > MAX_SAID:
        say(f"and {len(problems) - MAX_SAID} more; the same command asks for them again")
    closed = {
        "audio features": summary.features.closed,
        "audio analysis": summary.analyses.closed,
    }
    refusals = [refusal for refusal in closed.values() if refusal]
    if refusals:
        what = " and ".join(name for name, refusal in closed.items() if refusal)
        pronoun = "them" if len(refusals) > 1 or summary.features.closed else "it"
        status = refusals[0].status
        say("note: " + CLOSED.format(what=what, pronoun=pronoun, status=status, corpus=output))
    if summary.elsewhere:
        say(
            f"note: {summary.elsewhere} of the tracks came into {output} from another source or "
            "file of playlists (one that was renamed is another), and stay as it has them"
        )
    if summary.contradicted:
        say(
            f"note: {summary.contradicted} of the tracks are left out, since another source or "
            "file of playlists has them under another genre"
        )
    for one in summary.genres:
        if not one.tracks and not one.unread:
            them = "its playlist holds" if one.playlists == 1 else "its playlists hold"
            say(f"note: {one.genre} has no track, since {them} none that can be kept")


def summary_tables(summary: SpotifySummary) -> list[Table]:
    """Show what became of the playlists' places, and what a run did."""
    places = [
        (one.genre, one.playlists, one.places, one.tracks, one.left_out, one.unread)
        for one in summary.genres
    ]
    imported = summary.imported
    changes: Mapping[str, int] = (
        {
            "tracks stored": imported.stored,
            "tracks updated": imported.updated,
            "tracks removed (two genres, or gone from the playlists)": imported.removed,
        }
        if imported
        else {}
    )
    from_elsewhere = {
        "tracks of these that came from elsewhere": summary.elsewhere,
        "tracks of these that are of another genre elsewhere": summary.contradicted,
    }
    rows = [
        ("playlists not read to their end", summary.unread_playlists),
        *((f"left out: {reason}", n) for reason, n in summary.left_out.items()),
        *changes.items(),
        *((what, n) for what, n in from_elsewhere.items() if n),
        ("audio features fetched", summary.features.stored),
        ("analyses fetched", summary.analyses.stored),
        ("tracks that Spotify has no analysis of", summary.analyses.none),
        ("tracks without analysis", summary.without_analysis),
    ]
    return [
        Table(
            "Playlists", ["genre", "playlists", "places", "tracks", "left out", "not read"], places
        ),
        Table("Import", ["what", "count"], rows),
    ]
