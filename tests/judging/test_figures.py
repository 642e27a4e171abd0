"""Figures: each is drawn and written; what it shows is read back from its SVG."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrelab.errors import DataError, MissingExtraError
from genrelab.judging import figures
from genrelab.judging.figures import StudyPoint, save_figure
from genrelab.judging.reports import Report
from genrelab.learning.networks import LayerShape
from genrelab.learning.training import Epoch
from genrelab.music.segments import Segments
from genrelab.workflows import paper

pytest.importorskip("matplotlib")


def _report(n_classes: int = 3, n: int = 60) -> Report:
    rng = np.random.default_rng(0)
    truth = np.arange(n) % n_classes
    probabilities = rng.dirichlet(np.ones(n_classes), n)
    names = [f"genre {i}" for i in range(n_classes)]
    return Report.from_predictions(names, truth, probabilities, name="run")


def _history(val_losses: list[float], val_accuracies: list[float]) -> list[Epoch]:
    return [
        Epoch(epoch=i, loss=1 / i, accuracy=0.5, val_loss=loss, val_accuracy=accuracy)
        for i, (loss, accuracy) in enumerate(zip(val_losses, val_accuracies, strict=True), 1)
    ]


def _segments(n: int = 40) -> Segments:
    rng = np.random.default_rng(0)
    missing = np.full(n, np.nan)
    return Segments(
        start=np.arange(n) * 0.5,
        duration=np.full(n, 0.5),
        confidence=missing,
        loudness_start=missing,
        loudness_max=missing,
        loudness_max_time=missing,
        loudness_end=missing,
        pitches=rng.random((n, 12)),
        timbre=rng.normal(0, 50, (n, 12)),
    )


LAYERS = [
    LayerShape(
        name=f"layer_{i}",
        kind=name.split()[0],
        settings="",
        output_shape=(None, *shape),
        parameters=parameters,
    )
    for i, (name, shape, parameters) in enumerate(
        (re.sub(r".*\((\w+)\)", r"\1", name), shape, n) for name, shape, n in paper.TABLE_1
    )
]
POINTS = [
    StudyPoint(panel=panel, line=line, x=x, value=0.5, low=0.45, high=0.55)
    for panel in ("balanced", "unbalanced")
    for line in ("c1m1", "c1m2")
    for x in (0.25, 0.5)
]
DRAWN: dict[str, Callable[[], Any]] = {
    "confusion": lambda: figures.draw_confusion(_report()),
    "large confusion": lambda: figures.draw_confusion(_report(20, 200)),
    "reliability": lambda: figures.draw_reliability(_report()),
    "forest": lambda: figures.draw_forest([_report(), _report()]),
    "study": lambda: figures.draw_study(POINTS, baselines={"balanced": 0.125}),
    "training": lambda: figures.draw_training([_history([2, 1, 3], [0.1, 0.2, 0.3])]),
    "network": lambda: figures.draw_network(LAYERS, input_shape=(512, 12), title="c1m1"),
    "timbre": lambda: figures.draw_timbre(_segments()),
    "chroma": lambda: figures.draw_chroma(_segments(), x="time"),
}


def _words(figure: Any, folder: Path) -> str:
    """The text of a figure, read from its SVG."""
    svg = save_figure(figure, folder / "figure")[1].read_text(encoding="utf-8")
    return " ".join(re.findall(r">([^<>]+)</(?:text|tspan)>", svg))


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_is_written_as_png_and_svg_the_same_each_time(
    name: str, tmp_path: Path
) -> None:
    png, svg = save_figure(DRAWN[name](), tmp_path / "new folder" / name)
    again_png, again_svg = save_figure(DRAWN[name](), tmp_path / "again")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert png.read_bytes() == again_png.read_bytes()
    assert svg.read_bytes() == again_svg.read_bytes()
    assert b"<text" in svg.read_bytes()


def test_drawing_leaves_nothing_global_behind(tmp_path: Path) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    save_figure(DRAWN["confusion"](), tmp_path / "figure")
    assert dict(mpl.rcParams) == before


def test_file_names_with_dots_keep_them(tmp_path: Path) -> None:
    png, svg = save_figure(DRAWN["network"](), tmp_path / "dropout-0.25")
    assert (png.name, svg.name) == ("dropout-0.25.png", "dropout-0.25.svg")


def test_confusion_shows_counts_and_shares(tmp_path: Path) -> None:
    report = Report(classes=paper.GENRES, confusion=np.array(paper.CONFUSION["c1m1"]))
    words = _words(figures.draw_confusion(report), tmp_path)
    assert "104" in words
    assert "95 %" in words
    assert "Hip-Hop" in words


def test_network_shows_shapes_and_parameters(tmp_path: Path) -> None:
    words = _words(DRAWN["network"](), tmp_path).replace("\N{MULTIPLICATION SIGN}", "x")
    assert "Input 512 x 12" in words
    assert "Conv1D → 508 x 48" in words
    assert "297,528 parameters in all" in words


def test_training_marks_the_lowest_loss_and_the_highest_accuracy(tmp_path: Path) -> None:
    history = _history([2, 1, 3, 4], [0.1, 0.2, 0.4, 0.3])
    words = _words(figures.draw_training([history]), tmp_path)
    assert "lowest: epoch 2" in words
    assert "highest: epoch 3" in words


def test_training_marks_the_mean_of_several_histories(tmp_path: Path) -> None:
    histories = [_history([1, 2, 0], [0.1, 0.2, 0.9]), _history([3, 1], [0.2, 0.3])]
    words = _words(figures.draw_training(histories), tmp_path)
    assert "validation (mean of 2)" in words
    assert "lowest: epoch 2" in words  # the third epoch was reached by one alone
    assert "highest: epoch 2" in words


def test_a_single_epoch_and_a_single_segment_can_be_drawn(tmp_path: Path) -> None:
    assert "lowest: epoch 1" in _words(figures.draw_training([_history([1], [0.5])]), tmp_path)
    assert "segment" in _words(figures.draw_timbre(_segments(1)), tmp_path)
    assert "seconds" in _words(figures.draw_chroma(_segments(1), x="time"), tmp_path)
    assert POINTS[0].panel in _words(figures.draw_study(POINTS[:1]), tmp_path)


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(DataError, match="without epochs"):
        figures.draw_training([[]])
    with pytest.raises(DataError, match="without segments"):
        figures.draw_timbre(_segments(0))
    with pytest.raises(DataError, match="without layers"):
        figures.draw_network([])
    with pytest.raises(DataError, match="without probabilities"):
        figures.draw_reliability(Report(classes="ab", confusion=np.eye(2)))
    with pytest.raises(DataError, match="no reports"):
        figures.draw_forest([])
    with pytest.raises(DataError, match="no points"):
        figures.draw_study([])


def test_missing_matplotlib_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'genrelab\[figures\]'"):
        figures.draw_confusion(_report())
