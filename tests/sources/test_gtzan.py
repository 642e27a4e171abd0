"""GTZAN: the layout, the fault-filtered split, and what neither has."""

from __future__ import annotations

import pytest
from tests.sources.gtzan_clips import write_clips, write_lists
from tests.sources.tagged_sounds import encode

from genrelab.errors import DataError, UsageError
from genrelab.music.corpus import Corpus
from genrelab.sources.collecting import collect
from genrelab.sources.gtzan import GtzanSource


def gather(folder, path, **options):
    with Corpus(path, "write") as corpus:
        summary = collect(GtzanSource(folder, **options), corpus)
        return summary, {track.id: track for track in corpus.tracks()}


@pytest.mark.parametrize("ending", ["wav", "au", "ogg"])
def test_clips_and_their_parts(tmp_path, ending):
    folder = write_clips(tmp_path / "genres", ending=ending)
    summary, tracks = gather(folder, tmp_path / "t.corpus", split_lists=write_lists(tmp_path / "l"))
    assert summary.stored == 12 and summary.n_faults == 0
    assert dict(summary.split) == {"train": 3, "valid": 3, "test": 3, "left out": 3}
    assert {track.genre for track in tracks.values()} == {"Blues", "Hip-Hop", "Rock"}
    parts = {number: tracks[f"gtzan-rock.0000{number}"].tags["split"] for number in range(4)}
    assert parts == {0: "train", 1: "valid", 2: "test", 3: "left out"}
    official = [tracks[f"gtzan-rock.0000{number}"].official_part for number in range(4)]
    assert official == ["train", "valid", "test", None]


def test_lists_beside_the_clips_are_found_and_absent_clips_counted(tmp_path):
    folder = write_lists(write_clips(tmp_path / "genres", n=2))
    summary, tracks = gather(folder, tmp_path / "t.corpus")
    assert dict(summary.dropped) == {"no recording": 3}
    assert {track.tags["split"] for track in tracks.values()} == {"train", "valid"}


def test_without_lists_there_is_no_split(tmp_path):
    summary, tracks = gather(write_clips(tmp_path / "genres"), tmp_path / "t.corpus")
    assert dict(summary.split) == {} and not any(track.tags for track in tracks.values())


def test_other_files_are_named_and_deeper_folders_searched(tmp_path):
    write_clips(tmp_path / "data/genres_original")
    encode(tmp_path / "data/genres_original/rock/song.mp3")
    summary, _ = gather(tmp_path / "data", tmp_path / "t.corpus")
    assert summary.stored == 12
    (fault,) = summary.faults
    assert fault.endswith("rock/song.mp3: is no clip of GTZAN's; expected a path such as "
                          "blues/blues.00000.wav")  # fmt: skip


def test_labels_are_told_by_the_clip_s_name(tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("path,artist\nmini/rock/rock.00001.ogg,Morphine\nother/x.mp3,Nobody\n")
    folder = write_clips(tmp_path / "genres")
    _, tracks = gather(folder, tmp_path / "t.corpus", labels=labels)
    assert tracks["gtzan-rock.00001"].artist == "Morphine"
    assert sum(track.artist is None for track in tracks.values()) == 11


def test_one_clip_in_two_formats_is_a_duplicate(tmp_path):
    folder = write_clips(write_clips(tmp_path / "genres", n=1), n=1, ending="au")
    summary, _ = gather(folder, tmp_path / "t.corpus")
    assert (summary.stored, dict(summary.dropped)) == (3, {"duplicate id": 3})


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("train", "blues.wav\n", r"train_filtered.txt, line 1: 'blues.wav'; expected such as"),
        ("test", "\nrock/rock.00000.wav\n", r"line 2: rock.00000 is in train too; expected one"),
        ("valid", None, r"valid_filtered.txt: no such file; expected one of the lists"),
    ],
)
def test_lists_that_do_not_fit_are_one_sentence(tmp_path, file, content, sentence):
    folder, lists = write_clips(tmp_path / "genres", n=1), write_lists(tmp_path / "lists")
    (lists / f"{file}_filtered.txt").unlink()
    if content is not None:
        (lists / f"{file}_filtered.txt").write_text(content)
    with pytest.raises(DataError, match=sentence):
        GtzanSource(folder, split_lists=lists)


def test_wrong_use(tmp_path):
    with pytest.raises(DataError, match="no such folder; expected one with GTZAN's clips"):
        GtzanSource(tmp_path / "absent")
    encode(tmp_path / "music/rock/song.wav")
    with pytest.raises(UsageError, match="no clip of GTZAN's in this folder or below"):
        GtzanSource(tmp_path / "music")


def test_the_clips_at_hand(data_dir, tmp_path):
    options = {"labels": data_dir / "audio/tracks.csv", "split_lists": data_dir / "gtzan"}
    summary, tracks = gather(data_dir / "audio/gtzan_mini", tmp_path / "t.corpus", **options)
    assert (summary.stored, summary.without_artist, summary.n_faults) == (69, 2, 0)
    assert dict(summary.split) == {"train": 28, "valid": 33, "test": 4, "left out": 4}
    assert dict(summary.dropped) == {"no recording": 443 + 197 + 290 - 28 - 33 - 4}
    assert tracks["gtzan-reggae.00003"].title == "Three Little Birds"
