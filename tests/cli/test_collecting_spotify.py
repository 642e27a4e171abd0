"""The command ``collect spotify`` against a stand-in: whole, cut off, refused, misused."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import assert_one_error
from tests.sources.spotify.catalog import Catalog
from tests.sources.spotify.stand_in import StandIn
from tests.sources.spotify.synthetic_catalog import add_oddities, synthetic_catalog

from genrelab.cli import main
from genrelab.music.corpus import Corpus

Captured = pytest.CaptureFixture[str]
TERMS = "note: Spotify's Developer Terms"
N_SONGS, N_ODD = 96, 96  # the oddities are six a playlist, of sixteen


@pytest.fixture
def catalog() -> Catalog:
    made = synthetic_catalog(N_SONGS, segments=12)
    add_oddities(made)
    return made


@pytest.fixture
def api(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A stand-in that processes started here find in their environment."""
    with StandIn(catalog) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        catalog.write_playlist_file(tmp_path / "playlists.toml")
        yield server


def arguments(api: StandIn, corpus: Path, *options: object) -> list[str]:
    where = ["--api-url", api.api_url, "--accounts-url", api.accounts_url]
    command = ["collect", "spotify", str(corpus.parent / "playlists.toml"), "-o", str(corpus)]
    return [*command, *where, *map(str, options)]


def collect(api: StandIn, corpus: Path, *options: object, status: int = 0) -> None:
    assert main(arguments(api, corpus, *options, "--format", "json")) == status


def counts(capsys: Captured) -> tuple[dict[str, Any], str]:
    """Read the summary, whose places must add up, and what was said."""
    out, err = capsys.readouterr()
    tables = json.loads(out)
    found = {row["what"]: row["count"] for row in tables["Import"]}
    for row in tables["Playlists"]:
        assert row["places"] == row["tracks"] + row["left out"] + row["not read"], row
        for name in ("places", "tracks"):
            found[name] = found.get(name, 0) + row[name]
    left_out = sum(n for what, n in found.items() if what.startswith("left out: "))
    assert found["places"] == found["tracks"] + left_out
    return found, err


def digest(corpus: Path) -> str:
    with Corpus(corpus) as opened:
        assert not opened.check()
        return opened.digest()


@pytest.fixture
def undisturbed(catalog: Catalog, api: StandIn, tmp_path: Path, capsys: Captured) -> str:
    """The digest of a corpus that was collected without any trouble."""
    (tmp_path / "calm").mkdir()
    catalog.write_playlist_file(tmp_path / "calm" / "playlists.toml")
    collect(api, tmp_path / "calm" / "calm.corpus")
    capsys.readouterr()
    return digest(tmp_path / "calm" / "calm.corpus")


def test_all_places_are_accounted_for_and_a_second_run_asks_for_versions_only(
    api: StandIn, tmp_path: Path, capsys: Captured
) -> None:
    corpus = tmp_path / "t.corpus"
    collect(api, corpus)
    found, err = counts(capsys)
    [about_two, terms] = err.splitlines()
    assert "stands under Blues and Country" in about_two and terms.startswith(TERMS)
    assert found["places"] == N_SONGS + N_ODD
    shared = len(api.catalog.playlists_of("Blues")[0].items)
    odd = {"local file": 16, "podcast": 16, "removed": 16, "not in the market": 16}
    assert {reason: found[f"left out: {reason}"] for reason in odd} == odd
    assert found["left out: two genres"] == shared - 4
    assert found["left out: duplicate id"] == 15
    assert found["tracks stored"] == found["tracks"] == N_SONGS + 16 - (shared - 4) + 1
    assert found["tracks that Spotify has no analysis of"] == found["tracks without analysis"] == 15
    with Corpus(corpus) as opened:
        tracks = list(opened.tracks())
        analyzed = opened.dialects()
    assert set(analyzed.values()) == {"spotify"} and len(analyzed) == found["analyses fetched"]
    assert len(tracks) == found["tracks"]
    playlists = {track.origin.playlist_id for track in tracks}
    assert playlists < set(api.catalog.playlists)  # the one of two genres gave none
    for track in tracks:
        where = track.origin
        served = api.catalog.playlists[where.playlist_id]
        assert served.snapshot_id == where.snapshot_id and where.market == "DE"
        assert served.items[where.position - 1].id == track.native_id
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", where.date)
        assert (track.audio_features is None) == (track.id not in analyzed)
        assert track.isrc and track.artist and track.tags["duration_ms"] > 0
    before = digest(corpus)
    n_asked = len(api.requests)
    collect(api, corpus)
    found, err = counts(capsys)
    assert TERMS not in err
    assert (found["tracks stored"], found["tracks updated"], found["analyses fetched"]) == (0, 0, 0)
    asked = [line.path for line in api.requests[n_asked:]]
    assert sorted(asked) == sorted(f"/v1/playlists/{one}" for one in api.catalog.playlists)
    assert digest(corpus) == before


@pytest.mark.parametrize("route", ["items", "tracks"])
@pytest.mark.parametrize("shape", ["item", "track"])
def test_both_routes_and_shapes_give_the_same(
    api: StandIn, tmp_path: Path, undisturbed: str, route: str, shape: str
) -> None:
    api.web_api.route, api.web_api.shape = route, shape
    collect(api, tmp_path / "t.corpus", "--token-file", tmp_path / "token")
    assert digest(tmp_path / "t.corpus") == undisturbed


def test_where_analyses_are_closed_the_tracks_are_collected_and_one_sentence_says_why(
    api: StandIn, tmp_path: Path, capsys: Captured
) -> None:
    api.web_api.analysis = "closed"
    corpus = tmp_path / "t.corpus"
    collect(api, corpus)
    found, err = counts(capsys)
    assert found["tracks stored"] == found["tracks without analysis"] > N_SONGS / 2
    [said] = [line for line in err.splitlines() if "27 November 2024" in line]
    assert said.startswith("note: Spotify closed audio features and audio analysis to new apps")
    assert f"genrelab analyze --corpus {corpus}" in said
    assert len(api.requests_to("/audio-")) <= 4


def test_without_analyses_none_is_asked_for(api: StandIn, tmp_path: Path, capsys: Captured) -> None:
    collect(api, tmp_path / "t.corpus", "--no-analysis")
    found, err = counts(capsys)
    assert found["tracks stored"] > 0 and "2024" not in err
    assert not api.requests_to("/audio-")


def test_what_cannot_be_read_is_named_with_what_to_do(
    api: StandIn, tmp_path: Path, capsys: Captured
) -> None:
    api.fail("audio-analysis", after=20, times=2, status=500)
    collect(api, tmp_path / "t.corpus", "--retries", 0, status=1)
    _, err = counts(capsys)
    said = [line for line in err.splitlines() if line.startswith("error: ")]
    pattern = r"error: audio-analysis/\w{22}: HTTP 500; run the same command again later"
    assert len(said) == 2 and all(re.fullmatch(pattern, line) for line in said)


def test_a_wait_is_counted_down_and_kept(api: StandIn, tmp_path: Path, capsys: Captured) -> None:
    api.fail("audio-analysis", after=20, status=429, retry_after="4")
    began = time.monotonic()
    collect(api, tmp_path / "t.corpus")
    assert time.monotonic() - began > 4
    found, err = counts(capsys)
    assert found["tracks without analysis"] == 15 and not api.asked_too_early
    assert re.search(r"Spotify asks to wait 4 s \(HTTP 429, .*going on at \d\d:\d\d:\d\d\n", err)


def test_an_absurd_wait_ends_the_run_with_75_and_the_same_command_goes_on(
    api: StandIn, tmp_path: Path, undisturbed: str, capsys: Captured
) -> None:
    corpus = tmp_path / "t.corpus"
    api.fail("audio-analysis", after=20, status=429, retry_after="74214")
    collect(api, corpus, status=75)
    found, err = counts(capsys)
    assert found["analyses fetched"] >= 19
    said = err.splitlines()[-1]
    assert said.startswith("error: Spotify asks to wait 20 h 36 min, until ")
    assert said.endswith("what was fetched is stored: run the same command again then")
    api.mend()
    api.pace.forget_wait()
    n_asked = len(api.requests_to("audio-analysis"))
    collect(api, corpus)
    assert digest(corpus) == undisturbed
    n_again = len(api.requests_to("audio-analysis")) - n_asked
    assert n_again <= N_SONGS + 32 - found["analyses fetched"]


def stopped(command: list[str], when: Callable[[], bool], number: signal.Signals) -> int:
    """Run a command until something is so, send it a signal and return its status."""
    with subprocess.Popen(
        [sys.executable, "-m", "genrelab", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while process.poll() is None and not when():
            time.sleep(0.002)
        process.send_signal(number)
        process.communicate()
    return process.returncode


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are POSIX's")
def test_killed_at_random_moments_it_ends_with_the_same_corpus(
    api: StandIn, tmp_path: Path, undisturbed: str, capsys: Captured
) -> None:
    """With all that may go wrong on the way going wrong as well."""
    corpus = tmp_path / "t.corpus"
    api.latency_s = 0.01
    api.fail("/v1/", every=23, after=11, times=2, status=500)
    api.fail("audio-analysis", every=31, after=7, body="truncated")
    api.fail("playlists", every=29, after=5, body="broken")
    api.fail("audio-analysis", every=41, after=9, status=429, retry_after="1")
    dice = random.Random(6)
    command = arguments(api, corpus)
    n_kills = 0
    for _ in range(40):
        n_before = len(api.requests)
        n_more = dice.randrange(1, 60)
        status = stopped(
            command, lambda n=n_before + n_more: len(api.requests) >= n, signal.SIGKILL
        )
        if status == 0:
            break
        assert status == -signal.SIGKILL
        n_kills += 1
    assert n_kills >= 4
    api.mend()
    collect(api, corpus)
    assert digest(corpus) == undisturbed


def has_rows(corpus: Path, query: str) -> bool:
    """Tell whether a corpus that is being written has any such rows yet."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{corpus}?mode=ro", uri=True)) as db:
            return db.execute(query).fetchone() is not None
    except sqlite3.OperationalError:  # it is only being made
        return False


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize(
    "query", ["SELECT 1 FROM fetched WHERE position >= 0", "SELECT 1 FROM analyses"]
)
def test_interrupted_it_keeps_what_it_has(
    api: StandIn, tmp_path: Path, undisturbed: str, query: str
) -> None:
    corpus = tmp_path / "t.corpus"
    api.latency_s = 0.05
    status = stopped(arguments(api, corpus), lambda: has_rows(corpus, query), signal.SIGINT)
    assert status == 130
    with Corpus(corpus) as opened:
        info = opened.info()
    assert info.tracks + sum(info.drops.values()) > 0  # the first page may be of two genres
    collect(api, corpus)
    assert digest(corpus) == undisturbed


def test_a_user_logs_in_once(
    api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """In a browser that follows the address and comes back with the answer."""
    browser = tmp_path / "browser.py"
    browser.write_text("import sys, urllib.request\nurllib.request.urlopen(sys.argv[1]).read()\n")
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} %s")
    monkeypatch.delenv("SPOTIPY_CLIENT_SECRET")
    corpus = tmp_path / "t.corpus"
    for n_runs in (1, 2):
        command = [sys.executable, "-m", "genrelab", *arguments(api, corpus, "--as-user")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        assert (f"{api.accounts_url}/authorize" in done.stderr) == (n_runs == 1)
    assert len(api.requests_to("/authorize")) == 1


def test_no_secret_is_printed_or_stored(api: StandIn, tmp_path: Path, capfd: Any) -> None:
    api.fail("audio-analysis", after=5, times=None, status=401)
    collect(api, tmp_path / "t.corpus", "--retries", 0, status=1)
    out, err = capfd.readouterr()
    assert "error: Spotify refuses every token" in err
    said = (out + err).encode()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("*.corpus*"))
    [token] = (tmp_path / "cache").rglob("*.json")
    secrets = [api.accounts.client_secret, *re.findall(r'"([\w-]{20,})"', token.read_text())]
    assert len(secrets) > 1
    for secret in secrets:
        assert secret.encode() not in said and secret.encode() not in kept
    assert token.stat().st_mode & 0o077 == 0


WRONG_FILES = {
    'market = "DE"\n[genres.Rock]\nplaylist = ["{id}"]\n': (
        2,
        r"playlists\.toml, line 3: genres\.Rock\.playlist: .*playlists",
    ),
    'market = "DE"\n[genres.Rock]\nplaylists = []\n': (2, r"line 3: genres\.Rock\.playlists"),
    'market = "germany"\n[genres.Rock]\nplaylists = ["{id}"]\n': (2, "line 1: market"),
    'market = "XX"\n[genres.Rock]\nplaylists = ["{id}"]\n': (
        2,
        "market 'XX': Spotify knows no such market",
    ),
    '[genres.Rock]\nplaylists = ["0000000000000000000000"]\n': (
        1,
        r"playlist 0000000000000000000000 \(Rock\): not given by Spotify \(HTTP 404",
    ),
}


def test_what_is_wrong_with_a_file_is_said_before_there_is_a_corpus(
    api: StandIn, tmp_path: Path, capsys: Captured
) -> None:
    known = next(iter(api.catalog.playlists))
    of_one = f"playlists = ['{known}']\n"
    (tmp_path / "playlists.toml").write_text(
        f"[genres.'hip hop']\n{of_one}[genres.Hip-Hop]\n{of_one}limit = 1\n"
    )
    for name in (tmp_path / "playlists.toml", tmp_path / f"{'x' * 300}.toml"):
        command = arguments(api, tmp_path / "t.corpus")
        assert main([*command[:2], str(name), *command[3:]]) == 2
        assert_one_error(capsys.readouterr().err)
        assert not (tmp_path / "t.corpus").exists() and api.requests == []


@pytest.mark.parametrize("text", WRONG_FILES)
def test_a_wrong_playlist_file_is_one_sentence(
    api: StandIn, tmp_path: Path, text: str, capsys: Captured
) -> None:
    corpus = tmp_path / "t.corpus"
    collect(api, corpus)
    before = digest(corpus)
    capsys.readouterr()
    known = next(iter(api.catalog.playlists))
    (tmp_path / "playlists.toml").write_text(text.replace("{id}", known))
    status, pattern = WRONG_FILES[text]
    collect(api, corpus, status=status)
    [said] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert re.search(pattern, said), said
    assert digest(corpus) == before


def test_missing_credentials_are_named_with_where_to_get_them(
    api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.delenv("SPOTIPY_CLIENT_ID")
    monkeypatch.delenv("SPOTIPY_CLIENT_SECRET")
    collect(api, tmp_path / "t.corpus", status=2)
    err = capsys.readouterr().err
    assert_one_error(err)
    for word in ("SPOTIPY_CLIENT_ID", "SPOTIPY_CLIENT_SECRET", "developer.spotify.com/dashboard"):
        assert word in err
    assert not (tmp_path / "t.corpus").exists()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_token_file_that_others_can_read_is_refused(
    api: StandIn, tmp_path: Path, capsys: Captured
) -> None:
    token = tmp_path / "token.json"
    collect(api, tmp_path / "t.corpus", "--token-file", token)
    token.chmod(0o644)
    n_asked = len(api.requests)
    capsys.readouterr()
    collect(api, tmp_path / "t.corpus", "--token-file", token, status=2)
    err = capsys.readouterr().err
    assert_one_error(err)
    assert f"chmod 600 {token}" in err and len(api.requests) == n_asked


def test_no_network_is_one_sentence_and_status_75(
    api: StandIn, tmp_path: Path, capsys: Captured
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}"
    for option, url in (("--api-url", f"{closed}/v1"), ("--accounts-url", closed)):
        corpus = tmp_path / "t.corpus"
        options = (option, url, "--retries", 0, "--token-file", tmp_path / option)
        assert main(arguments(api, corpus, *options)) == 75
        [said] = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
        assert closed.removeprefix("http://") in said and "cannot be reached" in said, said


def test_a_clock_that_is_wrong_is_named_where_every_token_is_refused(
    api: StandIn, tmp_path: Path, capsys: Captured
) -> None:
    api.clock_skew_s = 3600
    api.fail("/v1/", times=None, status=401)
    collect(api, tmp_path / "t.corpus", status=1)
    err = capsys.readouterr().err
    assert "this machine's clock is 60 min behind Spotify's" in err or "1 h behind" in err


@pytest.mark.skipif(os.name != "posix", reason="the shell is POSIX's")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_the_shell_has_closed(api: StandIn, tmp_path: Path, closed: str) -> None:
    command = shlex.join([sys.executable, "-m", "genrelab", *arguments(api, tmp_path / "t.corpus")])
    done = subprocess.run(
        ["sh", "-c", f"{command} {closed}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    digest(tmp_path / "t.corpus")


def test_what_came_from_elsewhere_is_told(api: StandIn, tmp_path: Path, capsys: Captured) -> None:
    """As after a file of playlists has got another name."""
    corpus = tmp_path / "t.corpus"
    collect(api, corpus, "--no-analysis")
    counts(capsys)
    (tmp_path / "playlists.toml").rename(tmp_path / "other.toml")
    command = arguments(api, corpus, "--no-analysis", "--format", "json")
    command[2] = str(tmp_path / "other.toml")
    for _ in range(2):
        assert main(command) == 0
        found, err = counts(capsys)
        assert found["tracks of these that came from elsewhere"] == found["tracks"]
        assert f"note: {found['tracks']} of the tracks came into {corpus} from another" in err


def test_wrong_options_are_one_sentence(api: StandIn, tmp_path: Path, capsys: Captured) -> None:
    for options, pattern in (
        (("--market", "Deutschland"), "--market is 'Deutschland'; expected"),
        (("--max-wait", "soon"), "max-wait"),
        (("-o", tmp_path / "t.txt"), "expected a name ending in .corpus"),
    ):
        assert main(arguments(api, tmp_path / "t.corpus", *options)) == 2
        err = capsys.readouterr().err
        assert_one_error(err)
        assert pattern in err


def test_help_has_examples(capsys: Captured) -> None:
    assert main(["collect", "spotify", "--help"]) == 0
    out = capsys.readouterr().out
    assert "\n    genrelab collect spotify " in out and "SPOTIPY_CLIENT_ID" in out
    assert '\n    market = "DE"\n    [genres.Rock]\n    playlists = [' in out
