"""Domain gap: trained on imported analyses, judged on our analyzer's, and the reverse.

Run with ``python benchmarks/domain_gap.py IMPORTED.corpus AUDIO.corpus [OTHER.corpus ...]``
on corpora whose genres are among the nine of the model that ships: IMPORTED of analyses
that were brought in, AUDIO of recordings that ``genrelab analyze --corpus`` analyzed in
the same dialect, and any OTHER of the same recordings analyzed otherwise.

Every row trains the learner of the recipe ``profile-kernel`` and is judged on tracks whose
artists it has not heard: in five folds where it learns from the collection that judges it.
Genres that only one of the two has enough of are learned, but not judged. Printed are
accuracy and macro recall with 95 % intervals, and, where it learned from imported
analyses alone, the same for each collection within AUDIO (the folders of its paths), which
tells how the analyses differ from which music stands behind a genre's name.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genrelab.judging.reports import Report
from genrelab.learning.classical import fit_classical, source_weights
from genrelab.learning.features import Features, extract_features
from genrelab.learning.recipes import Recipe, load_recipe
from genrelab.learning.splits import assign_folds
from genrelab.listening.models import ask_about_tracks, open_network
from genrelab.music.corpus import Corpus
from genrelab.music.dialects import convert_segments
from genrelab.music.segments import SEGMENT_FIELDS, Segments
from genrelab.music.tracks import Track, artist_groups

GENRES = ("Blues", "Classical", "Country", "Electronic", "Hip-Hop", "Jazz", "Metal", "Pop", "Rock")
CLIP_S = 30.0
FEWEST_ARTISTS = 5  # of a genre that is judged
N_FOLDS = 5


@dataclass(frozen=True)
class Collection:
    """Tracks of the nine genres, their profiles and genres."""

    tracks: Sequence[Track]
    features: Features
    genre: np.ndarray

    def chosen(self, kept: np.ndarray) -> Collection:
        """Keep some tracks, in the order given."""
        return Collection(
            [self.tracks[i] for i in kept], self.features.of_tracks(kept), self.genre[kept]
        )

    def normalized(self) -> Collection:
        """Give every value mean 0 and deviation 1 within this collection."""
        x = self.features.x
        scaled = ((x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-6)).astype(np.float32)
        features = Features(
            x=scaled,
            n_valid=self.features.n_valid,
            track=self.features.track,
            share=self.features.share,
        )
        return Collection(self.tracks, features, self.genre)

    @property
    def judged(self) -> list[int]:
        """Genres with enough artists."""
        artists = artist_groups(self.tracks)
        of_genre = [
            {a for a, g in zip(artists, self.genre, strict=True) if g == k} for k in range(9)
        ]
        return [k for k, names in enumerate(of_genre) if len(names) >= FEWEST_ARTISTS]


def middle(segments: Segments) -> Segments:
    """Return the segments of a track's middle half minute: as much as a clip has."""
    end = segments.start[-1] + segments.duration[-1]
    inside = np.abs(segments.start - (segments.start[0] + end) / 2) <= CLIP_S / 2
    if not inside.any():  # a tone that lasts longer
        return segments
    return Segments(**{name: getattr(segments, name)[inside] for name in SEGMENT_FIELDS})


def read(
    path: str, recipe: Recipe, dialect: str | None = None, *, as_clips: bool = False
) -> Collection:
    with Corpus(path) as corpus:
        there = corpus.dialects()
        tracks = [t for t in corpus.tracks() if t.genre in GENRES and t.id in there]
        segments = (
            convert_segments(one, there[i], dialect) if dialect else one
            for i, one in corpus.segments([track.id for track in tracks])
        )
        if as_clips:
            segments = map(middle, segments)
        features = extract_features(segments, len(tracks), recipe.input, recipe.hearing)
    return Collection(tracks, features, np.array([GENRES.index(str(t.genre)) for t in tracks]))


def joined(several: Sequence[Collection]) -> Collection:
    starts = np.cumsum([0, *(len(one.tracks) for one in several)])
    features = Features(
        x=np.concatenate([one.features.x for one in several]),
        n_valid=np.concatenate([one.features.n_valid for one in several]),
        track=np.concatenate(
            [one.features.track + start for one, start in zip(several, starts, strict=False)]
        ),
        share=np.concatenate([one.features.share for one in several]),
    )
    tracks = [track for one in several for track in one.tracks]
    return Collection(tracks, features, np.concatenate([one.genre for one in several]))


def answers(train: Collection, test: Collection, recipe: Recipe, *, sources: bool) -> np.ndarray:
    """Train on some tracks and return the probabilities [N, 9] of others."""
    there = np.unique(train.genre)
    labels = np.searchsorted(there, train.genre)
    weights = source_weights([t.id for t in train.tracks], labels) if sources else None
    learner = fit_classical(
        train.features, labels, n_classes=len(there), recipe=recipe, track_weights=weights
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        learner.export(path)
        found = ask_about_tracks(open_network(path), test.features)
    full = np.zeros((len(test.tracks), len(GENRES)))
    full[:, there] = found
    return full


def in_folds(
    target: Collection,
    beside: Sequence[Collection],
    recipe: Recipe,
    *,
    sources: bool = False,
    heard_as: Collection | None = None,
) -> np.ndarray:
    """Judge every track of a collection by a model that heard none of its artist.

    ``heard_as`` are the same tracks, as they are heard when they are judged.
    """
    everything = joined([target, *beside])
    groups = artist_groups(everything.tracks)
    folds = assign_folds(everything.genre, groups, N_FOLDS, np.random.default_rng(0))
    n = len(target.tracks)
    found = np.zeros((n, len(GENRES)))
    for fold in range(N_FOLDS):
        test = np.flatnonzero(folds[:n] == fold)
        train = everything.chosen(np.flatnonzero(folds != fold))
        found[test] = answers(train, (heard_as or target).chosen(test), recipe, sources=sources)
    return found


def across(train: Collection, test: Collection, recipe: Recipe) -> np.ndarray:
    """Judge a collection by a model that learned from another, without shared artists."""
    groups = artist_groups([*train.tracks, *test.tracks])
    heard = set(groups[len(train.tracks) :])
    apart = [i for i, group in enumerate(groups[: len(train.tracks)]) if group not in heard]
    return answers(train.chosen(np.array(apart)), test, recipe, sources=False)


def say(name: str, found: np.ndarray, target: Collection, judged: Iterable[int]) -> None:
    kept = sorted(judged)
    rows = np.flatnonzero(np.isin(target.genre, kept))
    truth = np.searchsorted(kept, target.genre[rows])
    shares = found[np.ix_(rows, kept)] + 1e-12
    report = Report.from_predictions(
        [GENRES[k] for k in kept], truth, shares / shares.sum(axis=1, keepdims=True)
    )
    sure = report.intervals()
    accuracy, recall = sure.accuracy, sure.balanced_accuracy
    print(
        f"| {name} | {len(rows)} | {report.accuracy:.3f} ({accuracy.low:.3f}-{accuracy.high:.3f}) "
        f"| {report.balanced_accuracy:.3f} ({recall.low:.3f}-{recall.high:.3f}) "
        f"| {report.majority_accuracy:.3f} |",
        flush=True,
    )


def collections_within(audio: Collection) -> dict[str, np.ndarray]:
    """Tell the recordings' collections: the first folder in which their paths differ."""
    parts = [Path(str(track.audio_path)).parts for track in audio.tracks]
    depth = next(i for i in range(64) if len({one[i] for one in parts}) > 1)
    names = np.array([one[depth] for one in parts])
    return {name: np.flatnonzero(names == name) for name in sorted(set(names.tolist()))}


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    recipe = load_recipe("profile-kernel")
    with Corpus(sys.argv[2]) as corpus:
        dialect = next(iter(corpus.dialects().values()))
    imported, audio = read(sys.argv[1], recipe, dialect), read(sys.argv[2], recipe)
    imported_genres, audio_genres = imported.judged, audio.judged
    both = sorted(set(imported_genres) & set(audio_genres))
    for name, kept in (("imported", imported_genres), ("audio", audio_genres), ("both", both)):
        print(f"judged on {name}: {', '.join(GENRES[k] for k in kept)}")
    print("| trained on -> judged on | tracks | accuracy (95 %) | macro recall (95 %) | majority |")
    print("|---|---|---|---|---|")
    say("audio -> audio", in_folds(audio, [], recipe), audio, audio_genres)
    found = in_folds(imported, [], recipe)
    say("imported -> imported", found, imported, imported_genres)
    say("imported -> imported, genres of both", found, imported, both)
    judge_clips(imported, read(sys.argv[1], recipe, dialect, as_clips=True), audio, recipe)
    judge_across(imported, audio, recipe)
    judge_mixtures(imported, audio, recipe)
    for path in sys.argv[3:]:
        other, converted = read(path, recipe), read(path, recipe, dialect)
        name = f"imported -> {Path(path).name}"
        say(f"{name}, not converted", across(imported, other, recipe), other, audio_genres)
        say(f"{name}, converted", across(imported, converted, recipe), converted, audio_genres)


def judge_clips(imported: Collection, clips: Collection, audio: Collection, recipe: Recipe) -> None:
    """Tell what it costs to hear half a minute of a song instead of all of it."""
    both = sorted(set(imported.judged) & set(audio.judged))
    found = in_folds(imported, [], recipe, heard_as=clips)
    say("imported -> 30 s of each imported, genres of both", found, imported, both)
    found = in_folds(clips, [], recipe)
    say("30 s of each imported -> the same, genres of both", found, imported, both)
    say("30 s of each imported -> audio", across(clips, audio, recipe), audio, audio.judged)


def judge_across(imported: Collection, audio: Collection, recipe: Recipe) -> None:
    """Train on one collection and judge on the other, and on each collection within audio."""
    both = sorted(set(imported.judged) & set(audio.judged))
    crossed, own = across(imported, audio, recipe), in_folds(audio, [], recipe)
    say("imported -> audio", crossed, audio, audio.judged)
    say("imported -> audio, genres of both", crossed, audio, both)
    for name, rows in collections_within(audio).items():
        some = audio.chosen(rows)
        genres = set(some.genre) & set(audio.judged)
        say(f"imported -> audio: {name}", crossed[rows], some, genres)
        say(f"audio -> audio: {name}", own[rows], some, genres)
    say("audio -> imported, genres of both", across(audio, imported, recipe), imported, both)


def judge_mixtures(imported: Collection, audio: Collection, recipe: Recipe) -> None:
    """Train on both, weighed in two ways, and with each normalized by itself."""
    flat_imported, flat_audio = imported.normalized(), audio.normalized()
    crossed = across(flat_imported, flat_audio, recipe)
    say("imported -> audio, each normalized by itself", crossed, audio, audio.judged)
    for sources in (False, True):
        how = "by the root of their number" if sources else "by their number"
        found = in_folds(audio, [imported], recipe, sources=sources)
        say(f"both -> audio, sources {how}", found, audio, audio.judged)
        found = in_folds(imported, [audio], recipe, sources=sources)
        say(f"both -> imported, sources {how}", found, imported, imported.judged)
    found = in_folds(flat_audio, [flat_imported], recipe, sources=True)
    say("both -> audio, by the root, each normalized by itself", found, audio, audio.judged)


if __name__ == "__main__":
    main()
