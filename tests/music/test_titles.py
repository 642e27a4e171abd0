"""Titles: what is left out of them, and what makes a recording another one."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.music.titles import plain_title


@pytest.mark.parametrize(
    "release",
    [
        "Heroes (2003 Digital Remaster)", "heroes [Remastered LP Version]", "HEROES - LP Version",
        "Heroes (Explicit)", "Heroes - Remastered 2011", "Heroes (Digitally Re-Mastered)",
        "“Heroes”", "The Heroes!", "Héroes", "Heroes (feat. Somebody) [Explicit Album Version]",
        "Heroes (2011 Remaster)", "Heroes (24-Bit Digitally Remastered 02)", "Heroes (ft. A & B)",
    ],
)  # fmt: skip
def test_releases_of_one_recording_have_one_title(release: str) -> None:
    assert plain_title(release) == "heroes"


@pytest.mark.parametrize(
    "other",
    [
        "Heroes (Live)", "Heroes - Live", "Heroes - Radio Edit", "Heroes (Single Version)",
        "Heroes (Acoustic Version)", "Heroes (Remix)", "Heroes (Mono)", "Heroes (Instrumental)",
        "Heroes [Demo]", "Heroes (Live) (2005 Remaster)", "Heroes (Live Album Version)",
        "Heroes (Version)", "Heroes II", "Album", "Heroes (Featherweight)",
    ],
)  # fmt: skip
def test_other_recordings_have_other_titles(other: str) -> None:
    assert plain_title(other) not in (None, "heroes")


@pytest.mark.parametrize("nothing", ["Intro", "Track 03", "(Album Version)", " ", "SKIT #2", "12"])
def test_what_many_recordings_are_called_is_no_title(nothing: str) -> None:
    assert plain_title(nothing) is None


@given(st.text(alphabet=string.ascii_letters + string.digits + " ()[]-.!'"))
def test_case_space_and_marks_around_do_not_matter(title: str) -> None:
    assert plain_title(f"  X{title.upper()}!") == plain_title(f"x{title.lower()}")
