"""Collecting from Spotify: tracks a second, memory, and what a finished collection costs again.

A stand-in for Spotify's Web API serves a synthetic catalog on loopback, with a latency; analyses
have some 600 segments. Theirs: spotipy alone asks for the analyses of some of the same tracks,
one after another as the paper's script did, nothing kept. Ours: ``genrelab collect spotify`` of
all, everything durable; then the same command again. Memory is that of the collector.

    python benchmarks/collect_spotify.py [TRACKS] [LATENCY_S] [RATE_A_SECOND]

With a rate the stand-in refuses what comes faster ("429 Too Many Requests").
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STAND_IN = Path(__file__).parent.parent / "tests" / "sources" / "spotify" / "stand_in.py"
N_THEIRS = 200


def start_stand_in(
    folder: Path, n_tracks: int, latency_s: float, rate: float | None
) -> tuple[subprocess.Popen[str], list[str], dict[str, str]]:
    """Return the server, the options that point at it, and the environment that it wants."""
    command = [sys.executable, str(STAND_IN), "--tracks", str(n_tracks)]
    command += ["--latency", str(latency_s), "--playlist-file", str(folder / "playlists.toml")]
    if rate:
        command += ["--rate", str(round(10 * rate)), "--window", "10"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    api_url, accounts_url = server.stdout.readline().split()
    given = dict(server.stdout.readline().strip().split("=", 1) for _ in range(3))
    environment = {**os.environ, **given, "XDG_CACHE_HOME": str(folder / "cache")}
    return server, ["--api-url", api_url, "--accounts-url", accounts_url], environment


def collected(folder: Path, options: list[str], environment: dict[str, str]) -> float:
    command = [sys.executable, "-m", "genrelab", "collect", "spotify"]
    command += [str(folder / "playlists.toml"), "-o", str(folder / "music.corpus"), *options]
    began = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def one_after_another(corpus: Path, options: list[str], environment: dict[str, str]) -> float:
    """Return the seconds a track that spotipy takes by itself."""
    import warnings

    import spotipy
    from spotipy.cache_handler import MemoryCacheHandler
    from spotipy.oauth2 import SpotifyClientCredentials

    warnings.simplefilter("ignore")
    manager = SpotifyClientCredentials(
        environment["SPOTIPY_CLIENT_ID"],
        environment["SPOTIPY_CLIENT_SECRET"],
        cache_handler=MemoryCacheHandler(),
    )
    manager.OAUTH_TOKEN_URL = f"{options[3]}/api/token"
    spotify = spotipy.Spotify(auth_manager=manager)
    spotify.prefix = f"{options[1]}/"
    with sqlite3.connect(corpus) as db:
        query = "SELECT substr(id, 9) FROM tracks ORDER BY id LIMIT ?"
        ids = [one for (one,) in db.execute(query, (N_THEIRS,))]
    began = time.perf_counter()
    for one in ids:
        assert spotify.audio_analysis(one)["segments"]
    return (time.perf_counter() - began) / len(ids)


def main() -> None:
    n_tracks = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    latency_s = float(sys.argv[2]) if len(sys.argv) > 2 else 0.02
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else None
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        server, options, environment = start_stand_in(folder, n_tracks, latency_s, rate)
        try:
            first_s = collected(folder, options, environment)
            peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            again_s = collected(folder, options, environment)
            alone_s = None
            if not rate:
                alone_s = one_after_another(folder / "music.corpus", options, environment)
            with sqlite3.connect(folder / "music.corpus") as db:
                (n_analyses,) = db.execute("SELECT count(*) FROM analyses").fetchone()
        finally:
            server.send_signal(signal.SIGTERM)
            said = server.communicate()[0]
    print(f"{n_analyses} of {n_tracks} tracks with analyses at {1000 * latency_s:.0f} ms of "
          f"latency: {first_s:.0f} s, {n_analyses / first_s:.0f} a second, "
          f"{peak_mb:.0f} MB")  # fmt: skip
    print(f"the same command again: {again_s:.2f} s")
    if alone_s:
        print(f"spotipy by itself, one after another, nothing kept: {1 / alone_s:.1f} a second; "
              f"ours is {alone_s * n_analyses / first_s:.1f} times as fast")  # fmt: skip
    print(f"the stand-in says: {said.strip()}")


if __name__ == "__main__":
    main()
