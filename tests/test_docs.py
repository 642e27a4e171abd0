"""The documents tell the truth: examples run, commands exist, links lead somewhere."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import genrelab
from genrelab.music.corpus import Corpus

PROJECT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")])
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(genrelab.__path__, "genrelab.")
    if not module.name.endswith("__main__")
)
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def commands(document: Path) -> list[str]:
    """The genrelab commands of a document's console blocks, continued lines joined."""
    blocks = _CONSOLE.findall(document.read_text(encoding="utf-8"))
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line[2:] for line in lines if line.startswith("$ genrelab")]


def options_of(verbs: tuple[str, ...]) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "genrelab", *verbs, "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
    )
    assert result.returncode == 0, f"genrelab {' '.join(verbs)}: {result.stderr}"
    assert f"Usage: genrelab {' '.join(verbs)} " in result.stdout
    return result.stdout


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


def test_every_command_in_the_documents_exists():
    """Each verb answers --help, and its help names each option that is used."""
    wanted: dict[tuple[str, ...], set[str]] = {}
    for document in DOCUMENTS:
        for line in commands(document):
            words = line.partition(" |")[0].partition(" >")[0].split()[1:]
            n_verbs = 2 if words[0] in ("collect", "corpus") else 1
            options = {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)}
            wanted.setdefault(tuple(words[:n_verbs]), set()).update(options)
    assert len(wanted) >= 8
    for verbs, options in wanted.items():
        said = options_of(verbs)
        missing = [option for option in options if not re.search(rf"(?<!\S){option}\b", said)]
        assert not missing, f"genrelab {' '.join(verbs)} has no {missing}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    targets = [t for t in _LINK.findall(document.read_text(encoding="utf-8")) if "://" not in t]
    assert [t for t in targets if not (document.parent / t).exists()] == []


def test_the_readme_shows_every_package():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    packages = [p.name for p in (PROJECT / "src" / "genrelab").iterdir() if p.is_dir()]
    assert [n for n in packages if n != "__pycache__" and f"{n}/" not in readme] == []


def test_the_source_in_the_documents_works(tmp_path):
    text = (PROJECT / "docs" / "sources.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "radio.py").write_text(source, encoding="utf-8")
    (tmp_path / "played.csv").write_text("Song,Someone,rap\nsilence\n", encoding="utf-8")
    (command,) = (c for c in commands(PROJECT / "docs" / "sources.md") if "radio.py" in c)
    result = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    wanted = "error: played.csv: line 2: 1 values; expected song, artist, genre\n"
    assert (result.returncode, result.stderr) == (1, wanted)
    with Corpus(tmp_path / "radio.corpus") as corpus:
        assert corpus.genre_counts() == {"Hip-Hop": 1}
