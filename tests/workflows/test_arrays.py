"""Arrays: the nine files, element by element what a plain loop over the JSON gives."""

from __future__ import annotations

import errno
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrelab.errors import GenrelabError, UsageError
from genrelab.learning.inputs import SEQUENCE_NAMES
from genrelab.learning.recipes import SAMPLES
from genrelab.music.corpus import Corpus
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect
from genrelab.sources.synthetic import synthesize_tracks
from genrelab.workflows import arrays as arrays_module
from genrelab.workflows.arrays import write_arrays

S = 24
NAMES = {f"{sample}-{name}" for sample in SAMPLES for name in SEQUENCE_NAMES}
Records = dict[str, dict[str, Any]]


def synthetic_records() -> Records:
    """The synthetic collection as the archive's records, by id in the corpus."""
    found = {}
    for track, analysis in synthesize_tracks(("Blues", "Metal"), tracks_per_genre=15):
        segments = json.loads(analysis.to_json())["segments"]
        record = {"Genre": track.genre, "artist": track.artist, "title": track.title}
        found[f"archive-{track.id}"] = {**record, "track_id": track.id, "segments": segments}
    short = next(iter(found.values()))  # shorter than S: padded
    short["segments"] = short["segments"][:7]
    return found


def real_records(data_dir: Path) -> Records:
    """The first tracks of the real archive, by id in the corpus."""
    found = {}
    with gzip.open(data_dir / "echonest" / "tracks-00.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            found[f"msd-{record['track_id']}"] = record
    return found


def stored(records: Records, folder: Path) -> Path:
    archive, path = folder / "a.jsonl", folder / "a.corpus"
    archive.write_text("".join(json.dumps(r) + "\n" for r in records.values()), "utf-8")
    with Corpus(path, "write") as corpus:
        collect(ArchiveSource([archive], dialect="spotify"), corpus)
    return path


def by_a_plain_loop(record: dict[str, Any], name: str) -> np.ndarray:
    """The paper's way: a segment at a time, but padded with zeros."""
    x = np.zeros((S, 12, 2), np.float32)
    for i, segment in enumerate(record["segments"][:S]):
        for k in range(12):
            x[i, k, 0] = segment["timbre"][k]
            x[i, k, 1] = segment["pitches"][k]
    return {"timbre": x[..., 0], "pitch": x[..., 1], "mixed": x}[name]


def assert_equal_to_the_json(folder: Path, records: Records) -> None:
    assert {path.stem for path in folder.glob("*.npz")} == NAMES
    for sample in SAMPLES:
        for name in SEQUENCE_NAMES:
            with np.load(folder / f"{sample}-{name}.npz") as made:
                assert made["x"].dtype == np.float32
                assert len(set(made["track_ids"])) == len(made["x"]) > 0
                for row, track_id in enumerate(made["track_ids"].tolist()):
                    record = records[track_id]
                    np.testing.assert_array_equal(made["x"][row], by_a_plain_loop(record, name))
                    assert made["n_valid"][row] == min(S, len(record["segments"]))
                    assert made["classes"][made["y"][row]] == record["Genre"]


@pytest.fixture(scope="module")
def records() -> Records:
    return synthetic_records()


@pytest.fixture(scope="module")
def small_corpus(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(records, tmp_path_factory.mktemp("arrays"))


SETTINGS = {"segments": S, "min_tracks": 10}


def test_synthetic_arrays_are_those_of_a_plain_loop(
    records: Records, small_corpus: Path, tmp_path: Path
) -> None:
    with Corpus(small_corpus) as corpus:
        found = write_arrays(corpus, tmp_path / "arrays", SETTINGS)
    assert_equal_to_the_json(tmp_path / "arrays", records)
    for sample in SAMPLES:
        with np.load(tmp_path / "arrays" / f"{sample}-pitch.npz") as made:
            counts = found.plans[sample].counts(found.plans[sample].splits[0])
            for part, genres in counts.items():
                assert (made["part"] == part).sum() == sum(genres.values())
            assert len(made["groups"]) == len(made["y"])
    tracks, _, _ = found.tables()
    assert sum(row[-1] for row in tracks.rows if row[0] == "unbalanced") == len(records)


def test_real_arrays_are_those_of_a_plain_loop(data_dir: Path, tmp_path: Path) -> None:
    records = real_records(data_dir)
    path = stored(records, tmp_path)
    with Corpus(path) as corpus:
        write_arrays(corpus, tmp_path / "arrays", SETTINGS)
    assert_equal_to_the_json(tmp_path / "arrays", records)


def test_folds_are_numbered_by_who_tests(small_corpus: Path, tmp_path: Path) -> None:
    with Corpus(small_corpus) as corpus:
        plans = write_arrays(corpus, tmp_path, {**SETTINGS, "folds": 3}).plans
    for sample, plan in plans.items():
        with np.load(tmp_path / f"{sample}-timbre.npz") as made:
            tested = {i: split.fold for split in plan.splits for i in split.test}
            assert made["fold"].tolist() == [tested[i] for i in made["track_ids"].tolist()]


def written(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.npz")}


def test_nothing_is_written_twice(small_corpus: Path, tmp_path: Path) -> None:
    with Corpus(small_corpus) as corpus:
        write_arrays(corpus, tmp_path, SETTINGS)
        before = written(tmp_path)
        write_arrays(corpus, tmp_path, SETTINGS)
        assert written(tmp_path) == before
        (tmp_path / "balanced-mixed.npz").unlink()
        write_arrays(corpus, tmp_path, SETTINGS)
    after = written(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {"balanced-mixed.npz"}


def test_other_settings_or_another_corpus_write_anew(
    records: Records, small_corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "arrays"
    with Corpus(small_corpus) as corpus:
        write_arrays(corpus, out, SETTINGS)
        before = written(out)
        write_arrays(corpus, out, {**SETTINGS, "segments": S + 1})
        longer = written(out)
        assert all(longer[name] != before[name] for name in before)
        write_arrays(corpus, out, SETTINGS)
    changed = json.loads(json.dumps(records))
    track_id = next(iter(changed))
    changed[track_id]["segments"][0]["timbre"][0] += 1
    with Corpus(stored(changed, tmp_path)) as corpus:
        write_arrays(corpus, out, SETTINGS)
    assert_equal_to_the_json(out, changed)


@pytest.mark.parametrize("knob", ["sample", "input", "network", "name"])
def test_what_tells_the_nine_apart_cannot_be_set(
    knob: str, small_corpus: Path, tmp_path: Path
) -> None:
    with (
        Corpus(small_corpus) as corpus,
        pytest.raises(UsageError, match=f"--set {knob}: each of the nine experiments has its own"),
    ):
        write_arrays(corpus, tmp_path / "arrays", {knob: "balanced"})
    assert not (tmp_path / "arrays").exists()


def test_a_full_disk_is_one_sentence_and_loses_nothing(
    small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    savez = np.savez

    def full(file: Any, **content: Any) -> None:
        if "balanced-pitch" in file.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        savez(file, **content)

    with Corpus(small_corpus) as corpus:
        monkeypatch.setattr(arrays_module.np, "savez", full)
        with pytest.raises(GenrelabError, match=r"-pitch.npz: the disk is full .*run the same"):
            write_arrays(corpus, tmp_path, SETTINGS)
        before = written(tmp_path)
        assert before and not list(tmp_path.glob("*.partial"))
        monkeypatch.undo()
        write_arrays(corpus, tmp_path, SETTINGS)
    assert before.items() <= written(tmp_path).items()
    assert len(written(tmp_path)) == len(NAMES)


def test_a_place_that_is_none_is_wrong_use(small_corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "arrays"):
        with Corpus(small_corpus) as corpus, pytest.raises(UsageError, match="choose another -o"):
            write_arrays(corpus, out, SETTINGS)
    assert (tmp_path / "file").read_text() == "x"
