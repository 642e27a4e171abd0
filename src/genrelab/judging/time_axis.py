"""Time axis: the stretch of a recording that a picture shows, and how its seconds are written.

Conventions
-----------
Seconds from the start of the recording; what ends later than a minute is labeled in
minutes and seconds, what ends within the first second in milliseconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genrelab.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MINUTE_S = 60.0
_HOUR_S = 3600.0
_STEPS_S = (
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
)  # between the ticks of a long stretch
_MOST_TICKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a recording, in seconds.

    Raises
    ------
    UsageError
        If it does not begin at 0 or later and end after its beginning.
    """

    start: float
    stop: float

    def __post_init__(self) -> None:
        if not (0 <= self.start < self.stop < math.inf):
            raise UsageError(
                f"a stretch from {self.start:g} to {self.stop:g} s cannot be shown; "
                "expected 0 <= from < to"
            )

    @property
    def length(self) -> float:
        """Seconds from start to stop."""
        return self.stop - self.start


def format_clock(seconds: float, *, hours: bool = False) -> str:
    """Write seconds as minutes and seconds, fractions where there are any.

    >>> format_clock(75), format_clock(75.25), format_clock(75, hours=True)
    ('1:15', '1:15.25', '0:01:15')
    """
    minutes, rest = divmod(round(seconds, 3), 60)
    text = f"{rest:06.3f}".rstrip("0").rstrip(".")
    if hours:
        return f"{minutes // 60:.0f}:{minutes % 60:02.0f}:{text}"
    return f"{minutes:.0f}:{text}"


def style_time_axis(axes: Axes, stretch: Stretch, *, labeled: bool = True) -> None:
    """Let the x axis show a stretch, its ticks at round times, with or without their text."""
    axes.set_xlim(stretch.start, stretch.stop)
    unit = "seconds"
    if stretch.stop < 1:
        unit = "milliseconds"
        axes.xaxis.set_major_formatter(lambda seconds, _: f"{1000 * seconds:g}")
    elif stretch.stop >= _MINUTE_S:
        hours = stretch.stop >= _HOUR_S
        unit = "hours:minutes:seconds" if hours else "minutes:seconds"
        axes.xaxis.set_major_formatter(lambda seconds, _: format_clock(seconds, hours=hours))
        if stretch.length >= _MINUTE_S:
            axes.set_xticks(_round_times(stretch))
    if labeled:
        axes.set_xlabel(unit)
    axes.tick_params(axis="x", labelbottom=labeled)


def _round_times(stretch: Stretch) -> list[float]:
    step = next((s for s in _STEPS_S if stretch.length / s <= _MOST_TICKS), _STEPS_S[-1])
    first, last = math.ceil(stretch.start / step), math.floor(stretch.stop / step)
    return [float(step * i) for i in range(first, last + 1)]
