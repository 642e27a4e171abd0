"""Drawing: the one style of all figures, and how they are written.

Conventions
-----------
Figures are made without pyplot: nothing global, safe in threads. Sizes are in
inches at 100 dots each; text of 10 points stays readable from 600 pixels of
width to 1600. Colors are those of Okabe and Ito, told apart by color-blind eyes.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from genrelab.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ORANGE, SKY, BLACK = "#e69f00", "#56b4e9", "#1a1a1a"
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
INK, QUIET, GRID = "#222222", "#666666", "#dddddd"
MARKERS = ("o", "s", "D", "^", "v", "P", "X")  # so that lines differ in black and white too

TEXT, SMALL, LARGE = 10.0, 8.5, 12.0  # points
DPI = 160  # of a PNG: 8 inches give 1280 pixels

_RC_LOCK = threading.Lock()  # what SVG is written with is a global setting of Matplotlib


def require_matplotlib() -> None:
    """Make sure that figures can be drawn, before anything long is done for them.

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.
    """
    _figure_class()


def _figure_class() -> type[Figure]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("drawing figures", "figures") from error
    return Figure


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure, in inches.

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.
    """
    return _figure_class()(
        figsize=(width, height), layout="constrained", facecolor="white", dpi=100
    )


def style_axes(axes: Axes, *, title: str = "", x: str = "", y: str = "", grid: str = "") -> None:
    """Give axes their title, labels, colors and a quiet grid (``x``, ``y``, ``both`` or none)."""
    if title:
        # a file's name is a title too, and may hold a dollar sign
        axes.set_title(title, fontsize=LARGE, color=INK, loc="left", parse_math=False)
    axes.set_xlabel(x, fontsize=TEXT, color=INK)
    axes.set_ylabel(y, fontsize=TEXT, color=INK)
    axes.tick_params(labelsize=TEXT, colors=INK, length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(QUIET)
    axes.set_axisbelow(True)
    if grid:
        options: dict[str, Any] = {"axis": grid, "color": GRID, "linewidth": 0.8}
        axes.grid(visible=True, **options)


def save_figure(figure: Figure, path_without_suffix: str | Path) -> tuple[Path, Path]:
    """Write a figure as PNG and as SVG; the same figure gives the same bytes.

    Parameters
    ----------
    path_without_suffix : path
        ``figures/confusion`` gives ``figures/confusion.png`` and ``.svg``; the
        folder is made where it is missing.

    Returns
    -------
    tuple of Path
        The PNG and the SVG. Text in the SVG is text, so it can be searched.
    """
    stem = Path(path_without_suffix)
    stem.parent.mkdir(parents=True, exist_ok=True)
    png, svg = (stem.with_name(f"{stem.name}.{suffix}") for suffix in ("png", "svg"))
    write_png(figure, png)
    write_svg(figure, svg)
    return png, svg


def write_png(figure: Figure, file: Path | IO[bytes]) -> None:
    """Write a figure as PNG; the same figure gives the same bytes."""
    figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})


def write_svg(figure: Figure, file: Path | IO[bytes]) -> None:
    """Write a figure as SVG whose text is text; the same figure gives the same bytes."""
    import matplotlib as mpl

    with _RC_LOCK, mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "genrelab"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
