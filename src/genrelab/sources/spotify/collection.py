"""Collection: playlists, their tracks and what Spotify heard in them, into a corpus.

Conventions
-----------
Playlists first, since what becomes of a track depends on all of them; then what Spotify
says of the tracks that are kept. Whatever ends the fetching, the corpus has what was
fetched until then, and the same call goes on from there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from genrelab.errors import DataError, GenrelabError, TemporaryError, UsageError
from genrelab.music.corpus import Corpus
from genrelab.music.file_names import readable
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.progress import Progress, silent
from genrelab.sources.collecting import CollectSummary, collect
from genrelab.sources.findings import Reason
from genrelab.sources.spotify.analyses import AudioAnalysis, AudioFeatures, Outcome, fetch
from genrelab.sources.spotify.playlist_files import PlaylistFile
from genrelab.sources.spotify.playlist_store import SOURCE, PlaylistStore
from genrelab.sources.spotify.playlists import PlaylistReader
from genrelab.sources.spotify.settled import SettledPlaylists
from genrelab.sources.spotify.settlement import Playlist, Settlement
from genrelab.sources.spotify.web_api import WebApi

MAX_NAMED = 5  # playlists in one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class GenreCount:
    """What became of a genre's places; ``places == tracks + left_out + unread``.

    A playlist that stands under several genres counts under the first of them.
    """

    genre: str
    playlists: int
    places: int
    tracks: int
    left_out: int
    unread: int


@dataclass(slots=True, kw_only=True)
class SpotifySummary:
    """What a run did, and what the collection is now.

    Attributes
    ----------
    genres : sequence of GenreCount
    left_out : mapping
        Places that make no track, by reason.
    imported : CollectSummary or None
        What changed in the corpus; None if no playlist has ever been read.
    problems : list of str
        Sentences on playlists that could not be read, or not to their end; one for all of
        which the same is true.
    unread_playlists : int
        How many these are.
    features, analyses : Outcome
    elsewhere, contradicted : int
        Tracks that the corpus has from another source or file of playlists, and stay as those
        have them; and those that one of them has under another genre, and are left out.
    without_analysis : int
        Tracks of the corpus.
    end : GenrelabError or None
        What ended the run early.
    """

    genres: Sequence[GenreCount] = ()
    left_out: Mapping[Reason, int] = field(default_factory=dict)
    imported: CollectSummary | None = None
    problems: list[str] = field(default_factory=list)
    unread_playlists: int = 0
    features: Outcome = field(default_factory=Outcome)
    analyses: Outcome = field(default_factory=Outcome)
    elsewhere: int = 0
    contradicted: int = 0
    without_analysis: int = 0
    end: GenrelabError | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to be read."""
        problems = (*self.problems, *self.features.problems, *self.analyses.problems)
        return self.end is None and not problems


def collect_playlists(
    playlist_file: PlaylistFile,
    corpus: Corpus,
    api: WebApi,
    *,
    item: str,
    with_analyses: bool = True,
    table: GenreTable = SHIPPED_GENRES,
    progress: Progress = silent,
) -> SpotifySummary:
    """Bring the tracks of playlists into a corpus.

    Parameters
    ----------
    playlist_file : PlaylistFile
    corpus : Corpus
        Open for writing.
    api : WebApi
    item : str
        What the journal shall know the playlists by: the file's path.
    with_analyses : bool
        Whether to ask for audio features and analyses too.
    table : GenreTable
        Which names stand for which genre.
    progress : Progress

    Returns
    -------
    SpotifySummary
        With what ended the run, if it did not run to its end.

    Raises
    ------
    UsageError
        If Spotify knows no such market, or no token is to be had any more; what was read
        before is in the corpus.
    CorpusError
        If the corpus cannot be written; what was stored before is safe.
    """
    summary = SpotifySummary()
    store = PlaylistStore(corpus, playlist_file, table=table)
    reader = PlaylistReader(api, store, progress=progress)
    was_interrupted = False
    try:
        reader.read()
    except GenrelabError as error:
        if isinstance(error, UsageError) and not reader.current:
            raise  # nothing was read, as where Spotify knows no such market
        summary.end = error
    except KeyboardInterrupt:
        # Not here: a transaction that was interrupted is undone once its frame is gone.
        was_interrupted = True
    _settle(reader, store, corpus, item, summary, table, progress)
    if was_interrupted:
        raise KeyboardInterrupt
    if isinstance(summary.end, UsageError):
        raise summary.end
    if with_analyses and summary.end is None:
        try:
            fetch(AudioFeatures(), corpus, api, summary.features, progress=progress)
            fetch(AudioAnalysis(), corpus, api, summary.analyses, progress=progress)
        except (TemporaryError, DataError) as error:
            summary.end = error
    summary.without_analysis = len(corpus.without_analysis(SOURCE))
    return summary


def _settle(
    reader: PlaylistReader,
    store: PlaylistStore,
    corpus: Corpus,
    item: str,
    summary: SpotifySummary,
    table: GenreTable,
    progress: Progress,
) -> None:
    """Make tracks of what has been read of the playlists."""
    # In the file's order: answers come in another one in every run.
    problems = {one: reader.problems[one] for one in store.genres if one in reader.problems}
    summary.problems = _told(problems, store.genres)
    summary.unread_playlists = len(problems)
    found = [store.best(one, reader.current.get(one)) for one in store.genres]
    playlists = [playlist for playlist in found if playlist is not None]
    if not playlists:  # nothing is known that could take the place of what is there
        return
    source = SettledPlaylists(item, playlists, store.limits, problems)
    summary.problems += [
        f"playlist {one.playlist.id}, place {one.position}: not as Spotify describes it "
        f"({one.sentence}); the rest was read"
        for one in source.settlement.decisions
        if one.reason == "unreadable"
    ]
    summary.left_out = _left_out(source.settlement)
    summary.genres = [_count(genre, playlists, source.settlement) for genre in store.limits]
    summary.imported = collect(source, corpus, table=table, progress=progress)
    own = Counter(one.reason for one in source.settlement.decisions)
    drops = Counter(
        reason for name, *_, reason, _ in corpus.journal.drops() if name == readable(item)
    )
    summary.elsewhere = drops["duplicate id"] - own["duplicate id"]
    summary.contradicted = drops["two genres"] - own["two genres"]


def _told(problems: Mapping[str, str], genres: Mapping[str, Sequence[str]]) -> list[str]:
    """Say what cannot be read, in one sentence for all playlists of which the same is true."""
    alike: dict[str, list[str]] = defaultdict(list)
    for one, said in problems.items():
        alike[said].append(f"{one} ({', '.join(genres[one])})")
    sentences = []
    for said, names in alike.items():
        more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        noun = "playlists" if len(names) > 1 else "playlist"
        sentences.append(f"{noun} {', '.join(names[:MAX_NAMED])}{more}: {said}")
    return sentences


def _left_out(settlement: Settlement) -> dict[Reason, int]:
    counts = Counter(one.reason for one in settlement.decisions if one.reason is not None)
    for unread in settlement.unread.values():
        counts.update(unread)
    return dict(sorted(counts.items()))


def _count(genre: str, playlists: Sequence[Playlist], settlement: Settlement) -> GenreCount:
    own = {playlist.id: playlist for playlist in playlists if playlist.genres[0] == genre}
    decisions = [one for one in settlement.decisions if one.playlist.id in own]
    n_tracks = sum(one.reason is None for one in decisions)
    return GenreCount(
        genre=genre,
        playlists=len(own),
        places=sum(playlist.total for playlist in own.values()),
        tracks=n_tracks,
        left_out=len(decisions) - n_tracks,
        unread=sum(sum(settlement.unread[one].values()) for one in own),
    )
