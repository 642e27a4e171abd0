"""genrelab: listens to music and says what kind it is.

The pipeline, in the order of its packages::

    sources    archives and data sets  ->  a corpus of tracks and analyses
    music      what flows: tracks, segments, analyses, the corpus
    analyzer   recordings  ->  analyses
    learning   samples and splits  ->  arrays  ->  networks  ->  runs
    judging    truth and estimate  ->  reports, comparisons, figures
    listening  a trained model and new analyses  ->  predictions
    workflows  several of these in one command: train, learn, predict, reproduce, demo
    cli        the same functions from a shell

Everything public is imported when first used, so ``import genrelab`` is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "genrelab.analyzer.audio": ("read_recording",),
    "genrelab.analyzer.pipeline": ("analyze", "analyze_samples"),
    "genrelab.analyzer.timbre": ("TimbreBasis", "load_basis"),
    "genrelab.errors": ("DataError", "GenrelabError", "UsageError"),
    "genrelab.judging.comparison": ("compare",),
    "genrelab.judging.reports": ("Report",),
    "genrelab.learning.recipes": ("Recipe", "load_recipe"),
    "genrelab.learning.runs": ("Run", "load_run"),
    "genrelab.learning.samples": ("Samples", "load_samples", "plan_sample"),
    "genrelab.learning.splits": ("Split",),
    "genrelab.listening.hearing": ("Unheard",),
    "genrelab.listening.models": ("Model",),
    "genrelab.listening.prediction": ("Prediction", "predict_analysis"),
    "genrelab.music.analysis": ("Analysis",),
    "genrelab.music.corpus": ("Corpus",),
    "genrelab.music.duplicates": ("find_duplicates",),
    "genrelab.music.segments": ("Segments",),
    "genrelab.music.tracks": ("Track",),
    "genrelab.sources.collecting": ("collect",),
    "genrelab.workflows.demo": ("demo",),
    "genrelab.workflows.experiments": ("train",),
    "genrelab.workflows.predictions": ("predict",),
    "genrelab.workflows.reproduction": ("reproduce",),
    "genrelab.workflows.teaching": ("learn",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]  # noqa: PLE0604 (all are names)

if TYPE_CHECKING:
    from genrelab.analyzer.audio import read_recording as read_recording
    from genrelab.analyzer.pipeline import analyze as analyze
    from genrelab.analyzer.pipeline import analyze_samples as analyze_samples
    from genrelab.analyzer.timbre import TimbreBasis as TimbreBasis
    from genrelab.analyzer.timbre import load_basis as load_basis
    from genrelab.errors import DataError as DataError
    from genrelab.errors import GenrelabError as GenrelabError
    from genrelab.errors import UsageError as UsageError
    from genrelab.judging.comparison import compare as compare
    from genrelab.judging.reports import Report as Report
    from genrelab.learning.recipes import Recipe as Recipe
    from genrelab.learning.recipes import load_recipe as load_recipe
    from genrelab.learning.runs import Run as Run
    from genrelab.learning.runs import load_run as load_run
    from genrelab.learning.samples import Samples as Samples
    from genrelab.learning.samples import load_samples as load_samples
    from genrelab.learning.samples import plan_sample as plan_sample
    from genrelab.learning.splits import Split as Split
    from genrelab.listening.hearing import Unheard as Unheard
    from genrelab.listening.models import Model as Model
    from genrelab.listening.prediction import Prediction as Prediction
    from genrelab.listening.prediction import predict_analysis as predict_analysis
    from genrelab.music.analysis import Analysis as Analysis
    from genrelab.music.corpus import Corpus as Corpus
    from genrelab.music.duplicates import find_duplicates as find_duplicates
    from genrelab.music.segments import Segments as Segments
    from genrelab.music.tracks import Track as Track
    from genrelab.sources.collecting import collect as collect
    from genrelab.workflows.demo import demo as demo
    from genrelab.workflows.experiments import train as train
    from genrelab.workflows.predictions import predict as predict
    from genrelab.workflows.reproduction import reproduce as reproduce
    from genrelab.workflows.teaching import learn as learn


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'genrelab' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
