"""Recipes: every knob of an experiment, in one TOML file.

Conventions
-----------
A recipe is a name of one that ships (``balanced-timbre``; nine of them are the
paper's) or a path to a ``.toml`` file of the same keys. Keys left out have the
defaults below; a key nobody knows is an error. The recipe that a run saved is
complete, so the run can be rebuilt from it whatever today's defaults are.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args, get_type_hints

import msgspec

from genrelab.errors import UsageError
from genrelab.learning.inputs import Hearing, InputName

Sample = Literal["unbalanced", "semi-balanced", "balanced"]
SAMPLES: tuple[Sample, ...] = get_args(Sample)
Grouping = Literal["artist", "track"]
DuplicateChoice = Literal["drop", "keep"]
NetworkName = Literal["c1m1", "c1m2", "c2m1"]
ClassicalName = Literal["knn", "svm", "kernel-logistic"]
LearnerName = Literal["c1m1", "c1m2", "c2m1", "knn", "svm", "kernel-logistic"]
CLASSICAL_NAMES: tuple[ClassicalName, ...] = get_args(ClassicalName)
SEQUENCES: tuple[InputName, ...] = ("timbre", "pitch")
SUMMARIES: tuple[InputName, ...] = ("statistics", "profile")
FITTING_INPUTS: Mapping[LearnerName, tuple[InputName, ...]] = MappingProxyType(
    {
        "c1m1": SEQUENCES,
        "c1m2": SEQUENCES,
        "c2m1": ("mixed",),
        **dict.fromkeys(CLASSICAL_NAMES, SUMMARIES),
    }
)
KnownDialect = Literal["spotify", "echonest", "msd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """An experiment: which tracks, how heard, which network, how trained.

    Attributes
    ----------
    sample : {"unbalanced", "semi-balanced", "balanced"}
        All tracks; the same number a genre; the same number in every part too.
    genres : tuple of str
        Genres to tell apart; empty means every genre with enough tracks.
    min_tracks : int
        Genres with fewer tracks are left out.
    tracks_per_genre : int
        For the two balanced samples; 0 means as many as the smallest genre has.
    group : {"artist", "track"}
        What never stands on two sides of a split.
    duplicates : {"drop", "keep"}
        Use a recording that stands under several ids once, and not at all where it stands
        under several genres; or use all, on one side of a split.
    folds : int
        0 for one split 8:1:1, otherwise so many pooled folds.
    split : str
        ``official`` for the parts that the data set itself gives, or a CSV of
        ``track_id,genre,fold`` or ``track_id,genre,part``; empty for none.
    split_seed, seed : int
        Seed of the drawing and splitting, and of weights, dropout and order.
    dialect : {"spotify", "echonest", "msd"}
        What analyses of several dialects are converted to; those of one are taken as
        they are.
    input : {"timbre", "pitch", "mixed", "statistics", "profile"}
    segments : int
        How many segments of a track a network hears, from its start.
    windows : int
        How many windows of a track are described in a profile, at most.
    normalize : bool
        Scale by mean and deviation of the training rows' segments; classical learners
        always scale.
    network : {"c1m1", "c1m2", "c2m1", "knn", "svm", "kernel-logistic"}
        What learns: one of the paper's networks from a sequence, or a classical learner
        from a summary.
    neighbors : int
        Of kNN.
    regularization : float
        C of the SVM and of kernel logistic regression; more follows the training tracks
        more closely.
    kernel_width : float
        gamma of their radial kernel, in units of 1 over the number of values.
    landmarks : int
        Training rows against which kernel logistic regression compares a row, at most.
    balance_sources : bool
        Let each source within a genre count by the square root of its tracks, so that a
        large collection does not drown a small one; otherwise by their number. Classical
        learners alone.
    calibrate : bool
        Scale the probabilities by a temperature that validation tracks choose.
    refit : bool
        Train a classical learner again on training and validation tracks, once these have
        chosen the temperature; and after folds on all tracks, for use.
    dropout : float
    batch_size, max_epochs : int
    learning_rate, beta_1, beta_2, epsilon : float
        Of Adam (Kingma and Ba 2014).
    patience, min_delta : int, float
        Training ends when validation accuracy has not risen by ``min_delta``
        within ``patience`` epochs.
    restore_best : bool
        Keep the weights of the best epoch instead of the last.

    Raises
    ------
    UsageError
        Naming the knob whose value is outside its range, or does not fit another's.
    """

    name: str
    sample: Sample
    input: InputName
    network: LearnerName
    genres: tuple[str, ...] = ()
    min_tracks: int = 40
    tracks_per_genre: int = 0
    group: Grouping = "artist"
    duplicates: DuplicateChoice = "drop"
    folds: int = 0
    split: str = ""
    split_seed: int = 0
    dialect: KnownDialect = "spotify"
    segments: int = 512
    windows: int = 12
    normalize: bool = False
    neighbors: int = 10
    regularization: float = 3.0
    kernel_width: float = 1.0
    landmarks: int = 1500
    balance_sources: bool = False
    calibrate: bool = False
    refit: bool = False
    dropout: float = 0.25
    batch_size: int = 32
    max_epochs: int = 100
    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    patience: int = 8
    min_delta: float = 0.01
    restore_best: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for knob, (lowest, highest) in _RANGES.items():
            value = getattr(self, knob)
            if not lowest <= value <= highest:
                raise UsageError(
                    f"recipe {self.name!r}: {knob} is {value}; expected {lowest} to {highest}"
                )
        if self.input not in FITTING_INPUTS[self.network]:
            raise UsageError(
                f"recipe {self.name!r}: input is {self.input}; network {self.network} expects "
                f"{' or '.join(FITTING_INPUTS[self.network])}"
            )
        if self.folds in (1, 2):
            raise UsageError(
                f"recipe {self.name!r}: folds is {self.folds}; expected 0 (one split) or at "
                "least 3, since one fold tests, one validates and the others train"
            )
        if self.folds and self.split:
            raise UsageError(
                f"recipe {self.name!r}: folds is {self.folds} and split is {self.split!r}, which "
                "brings its own; give one of them"
            )
        if len(set(self.genres)) != len(self.genres):
            raise UsageError(f"recipe {self.name!r}: a genre is named twice in genres")

    @property
    def is_classical(self) -> bool:
        """Whether what learns is no network."""
        return self.network in CLASSICAL_NAMES

    @property
    def neural_network(self) -> NetworkName:
        """`network` where it is one."""
        return cast("NetworkName", self.network)

    @property
    def classical_learner(self) -> ClassicalName:
        """`network` where it is none."""
        return cast("ClassicalName", self.network)

    @property
    def hearing(self) -> Hearing:
        """How much of a track is heard."""
        return Hearing(segments=self.segments, windows=self.windows)

    def to_toml(self) -> str:
        """Write every knob, defaults included."""
        return "".join(f"{key} = {_toml_value(value)}\n" for key, value in asdict(self).items())


_ANY = 1 << 53
_RANGES: dict[str, tuple[float, float]] = {
    "min_tracks": (1, _ANY),
    "tracks_per_genre": (0, _ANY),
    "folds": (0, 1000),
    "split_seed": (0, _ANY),
    "seed": (0, (1 << 32) - 1),
    "segments": (24, 100_000),
    "windows": (1, 1000),
    "neighbors": (1, 10_000),
    "regularization": (1e-6, 1e6),
    "kernel_width": (1e-3, 1e3),
    "landmarks": (10, 20_000),
    "dropout": (0, 0.95),
    "batch_size": (1, 1_000_000),
    "max_epochs": (1, 1_000_000),
    "learning_rate": (1e-9, 10),
    "beta_1": (0, 0.999999),
    "beta_2": (0, 0.9999999),
    "epsilon": (1e-16, 1),
    "patience": (1, 1_000_000),
    "min_delta": (0, 1),
}
KNOBS = tuple(field.name for field in fields(Recipe))


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_toml_value(item) for item in value)}]"
    if isinstance(value, str):
        # A JSON string is a TOML basic string, but for DEL, which only TOML wants escaped.
        return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
    return repr(value)


def shipped_recipes() -> list[str]:
    """Name the recipes that ship with the package, in alphabetical order."""
    folder = resources.files("genrelab.recipes")
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )


def load_recipe(
    name_or_path: str | Path, settings: Iterable[str] | Mapping[str, Any] = ()
) -> Recipe:
    """Load a recipe by name or path, with some of its knobs set anew.

    Parameters
    ----------
    name_or_path : str or path-like
        A shipped recipe's name, or a TOML file.
    settings : iterable of str, or mapping
        ``"knob=value"`` texts as a command line gives them, or values by knob.

    Raises
    ------
    UsageError
        If there is no such recipe, or a knob or its value does not fit.

    Examples
    --------
    >>> load_recipe("balanced-timbre", ["dropout=.3"]).dropout
    0.3
    """
    text, where = _recipe_text(name_or_path)
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{where}: not TOML ({error})") from error
    values.setdefault("name", Path(where).stem)
    recipe = _recipe_from(values, where)
    return override_recipe(recipe, settings)


def _recipe_text(name_or_path: str | Path) -> tuple[str, str]:
    name = str(name_or_path)
    if name in shipped_recipes():
        return resources.files("genrelab.recipes").joinpath(f"{name}.toml").read_text(), name
    path = Path(name_or_path)
    if path.suffix == ".toml" and path.is_file():
        return path.read_text(encoding="utf-8", errors="replace"), name
    if path.suffix == ".corpus":
        raise UsageError(f"recipe {name!r}: is a corpus; expected CORPUS first, then RECIPE")
    close = difflib.get_close_matches(name, shipped_recipes(), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f" ({', '.join(shipped_recipes())})"
    raise UsageError(f"recipe {name!r}: neither a .toml file nor one that ships{hint}")


def override_recipe(recipe: Recipe, settings: Iterable[str] | Mapping[str, Any]) -> Recipe:
    """Return a recipe with some knobs set anew; see `load_recipe` for the forms.

    Raises
    ------
    UsageError
        If a knob is unknown or a value does not fit.
    """
    if not isinstance(settings, Mapping):
        settings = dict(parse_setting(text) for text in settings)
    unknown = [knob for knob in settings if knob not in KNOBS]
    if unknown:
        raise UsageError(_unknown_knob("--set", unknown[0]))
    return replace(recipe, **{k: _typed(k, v, "--set") for k, v in settings.items()})


def parse_setting(text: str) -> tuple[str, Any]:
    """Part ``knob=value``; the value is still text, but for a list of genres.

    >>> parse_setting("dropout=.25")
    ('dropout', '0.25')
    """
    knob, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set {text}: expected knob=value, for example dropout=.25")
    if knob.strip() == "genres":
        return "genres", tuple(part.strip() for part in value.split(",") if part.strip())
    knob, value = knob.strip(), value.strip()
    if _TYPES.get(knob) is float and value.startswith("."):
        value = f"0{value}"
    return knob, value


def _recipe_from(values: Mapping[str, Any], where: str) -> Recipe:
    unknown = [knob for knob in values if knob not in KNOBS]
    if unknown:
        raise UsageError(_unknown_knob(where, unknown[0]))
    missing = [knob for knob in ("sample", "input", "network") if knob not in values]
    if missing:
        raise UsageError(f"{where}: recipe without {missing[0]!r}, which has no default")
    return Recipe(**{knob: _typed(knob, value, where) for knob, value in values.items()})


def _unknown_knob(where: str, knob: str) -> str:
    close = difflib.get_close_matches(knob, KNOBS, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; the knobs are {', '.join(KNOBS)}"
    return f"{where}: a recipe has no knob {knob!r}{hint}"


_TYPES = get_type_hints(Recipe)


def _typed(knob: str, value: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, _TYPES[knob], strict=False)
    except msgspec.ValidationError as error:
        choices = get_args(_TYPES[knob])
        kinds = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
        expected = (
            f"one of {', '.join(choices)}"
            if _is_choice(choices)
            else kinds.get(_TYPES[knob], "a list of texts")
        )
        raise UsageError(f"{where}: {knob} is {value!r}; expected {expected}") from error


def _is_choice(choices: tuple[Any, ...]) -> bool:
    return bool(choices) and all(isinstance(choice, str) for choice in choices)
