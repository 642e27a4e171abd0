"""Token files: for their owner alone from the first moment, and never a reason to stop."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.errors import UsageError
from genrelab.sources.spotify.token_files import (
    TokenFile,
    default_token_file,
    digest_of,
    is_token,
)

TOKEN = {"access_token": "access-1", "expires_at": 2_000_000_000, "expires_in": 3600,
         "refresh_token": "refresh-1"}  # fmt: skip
posix = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "genrelab" / "token.json"


def test_what_was_saved_is_loaded(path, said):
    file = TokenFile(path, "digest", said.append)
    assert file.load() is None
    file.save(TOKEN)
    assert TokenFile(path, "digest", said.append).load() == TOKEN
    file.save({**TOKEN, "access_token": "access-2"})
    assert file.load()["access_token"] == "access-2"
    assert [one.name for one in path.parent.iterdir()] == ["token.json"] and said == []


@posix
def test_others_never_read_it(path, said, monkeypatch):
    modes = []
    make = tempfile.mkstemp

    def watched(**options):
        descriptor, name = make(**options)
        modes.append(Path(name).stat().st_mode & 0o777)
        return descriptor, name

    monkeypatch.setattr(tempfile, "mkstemp", watched)
    before = os.umask(0)
    try:
        TokenFile(path, "digest", said.append).save(TOKEN)
    finally:
        os.umask(before)
    assert modes == [0o600] and path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_one_that_others_can_touch_is_refused(path, said, mode):
    file = TokenFile(path, "digest", said.append)
    file.save(TOKEN)
    path.chmod(mode)
    with pytest.raises(UsageError) as caught:
        file.load()
    assert str(caught.value) == (
        f"{path}: others can read this file of tokens (mode {mode:04o}); chmod 600 {path}"
    )


@posix
def test_one_of_another_user_is_refused(path, said, monkeypatch):
    file = TokenFile(path, "digest", said.append)
    file.save(TOKEN)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(UsageError, match=r"\(mode 0600\) belongs to another user; give another"):
        file.load()


@posix
def test_what_is_no_file_is_refused_at_once(tmp_path, said):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UsageError, match="is no file; give another name for the file of"):
            TokenFile(path, "digest", said.append).load()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "rubbish",
        "[1]",
        '{"of": "digest"}',
        json.dumps({"of": "digest", "token": TOKEN})[:-3],
        json.dumps({"of": "digest", "token": [TOKEN]}),
        json.dumps({"of": "digest", "token": {**TOKEN, "expires_at": "soon"}}),
        json.dumps({"of": "digest", "token": {**TOKEN, "expires_in": None}}),
        json.dumps({"of": "digest", "token": {**TOKEN, "access_token": "a\nb"}}),
        json.dumps({"of": "digest", "token": {**TOKEN, "refresh_token": 1}}),
        json.dumps({"of": "digest", "token": {**TOKEN, "expires_at": 10**400}}),
        json.dumps({"of": "another", "token": TOKEN}),
        "[" * 60_000,
        "x" * 100_000,
    ],
)
def test_what_cannot_be_used_counts_as_absent_and_is_set_aside(path, said, content):
    path.parent.mkdir(parents=True)
    path.write_text(content)
    path.chmod(0o600)
    file = TokenFile(path, "digest", said.append)
    assert file.load() is None and file.load() is None
    why = "another app's or user's token" if '"another"' in content else "no token"
    assert said == ([f"{path}: holds {why}; asking for a new one"] if content else [])
    file.save(TOKEN)
    assert file.load() == TOKEN
    aside = path.with_name("token.json.aside")
    assert (aside.read_text() if aside.exists() else "") == content


def test_a_disk_that_takes_nothing_is_told_of_once(tmp_path, said):
    (tmp_path / "cache").write_text("a file where a folder should be")
    path = tmp_path / "cache" / "token.json"
    file = TokenFile(path, "digest", said.append)
    assert file.load() is None
    file.save(TOKEN)
    file.save(TOKEN)
    assert len(said) == 1 and str(path) in said[0] and "Not a directory" in said[0]
    TokenFile(None, "digest", said.append).save(TOKEN)
    assert TokenFile(None, "digest", said.append).load() is None
    assert TokenFile(Path("a\0b"), "digest", said.append).load() is None


def test_nothing_is_left_of_a_write_that_fails(path, said, monkeypatch):
    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    TokenFile(path, "digest", said.append).save(TOKEN)
    assert list(path.parent.iterdir()) == []
    assert said == [(f"{path}: cannot keep the token (No space left on device); "
                    "the next run asks for a new one")]  # fmt: skip


def test_a_reader_never_sees_half_a_file(path, said):
    file = TokenFile(path, "digest", said.append)
    file.save(TOKEN)
    long = {**TOKEN, "access_token": "x" * 5000}
    writer = threading.Thread(target=lambda: [file.save(long) for _ in range(50)])
    writer.start()
    while writer.is_alive():
        assert TokenFile(path, "digest", said.append).load() is not None
    writer.join()
    assert said == []


def test_the_place_of_a_file_by_default(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = default_token_file(digest_of("https://accounts.spotify.com", "client"))
    assert first.parent == tmp_path / "genrelab"
    assert first != default_token_file(digest_of("https://accounts.spotify.com", "other"))
    assert digest_of("ab", "c") != digest_of("a", "bc")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which the XDG specification ignores
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_token_file("x") == tmp_path / ".cache" / "genrelab" / "spotify-token-x.json"
    monkeypatch.setattr(Path, "home", homeless)
    assert default_token_file("x") is None


def homeless() -> Path:
    raise RuntimeError("Could not determine home directory.")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*TOKEN, "of"]), inner),
)


@given(
    st.binary()
    | VALUES.map(lambda value: json.dumps(value).encode())
    | VALUES.map(lambda value: json.dumps({"of": "digest", "token": value}).encode())
)
def test_any_content_is_a_token_or_none(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "token.json"
        path.touch(0o600)
        path.write_bytes(content)
        kept = TokenFile(path, "digest", [].append).load()
    assert kept is None or is_token(kept)
