"""Abstention: how sure a model must be before it names a genre.

Conventions
-----------
A model that was judged on validation tracks knows thresholds: of those tracks whose
most probable genre was at least so probable, a stated share, the precision, was right.
Below a threshold no genre is named.
"""

from __future__ import annotations

from genrelab.errors import UsageError
from genrelab.learning.runs import Abstention, Run


def find_abstention(run: Run, precision: float) -> Abstention:
    """Find the threshold at which a run is right often enough.

    Parameters
    ----------
    run : Run
    precision : float
        Of the tracks that are given a genre, the share whose genre is right: above 0,
        at most 1.

    Returns
    -------
    Abstention
        Of the smallest precision that is at least as high.

    Raises
    ------
    UsageError
        If no such share was asked for, or the run did not reach it.
    """
    if not 0 < precision <= 1:
        raise UsageError(f"precision is {precision:g}; expected a share above 0, at most 1")
    if not run.info.calibrated:
        raise UsageError(
            f"{run.path}: was trained without calibration and knows no threshold for a precision; "
            "give the threshold itself, or train again with calibrate=true"
        )
    known = sorted(run.info.abstention, key=lambda one: one.precision)
    for one in known:
        if one.precision >= precision:
            return one
    raise UsageError(
        f"{run.path}: no threshold reached a precision of {precision:g} on validation tracks; "
        + (f"the highest is {known[-1].precision:g}" if known else "give the threshold itself")
    )


def check_threshold(threshold: float) -> None:
    """Refuse a threshold that is no probability."""
    if not 0 <= threshold <= 1:
        raise UsageError(f"threshold is {threshold:g}; expected a probability, 0 to 1")
