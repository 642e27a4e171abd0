"""Stand-in: an analyzer that takes no time, and fails as files' names tell it to."""

from __future__ import annotations

import os
import signal
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genrelab.analyzer.audio import read_recording
from genrelab.music.analysis import Analysis, Dialect, TrackLevel
from genrelab.music.segments import Segments
from genrelab.workflows.analyses import Settings

ANALYZER = "genrelab/test+stand-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn(Settings):
    """Settings of an analyzer that makes one segment of any recording."""

    version: str = ANALYZER
    log: Path | None = None

    def analyzer(self) -> str:
        return self.version

    def spoken(self) -> Dialect:
        return self.dialect

    def analyze(self, path: Path) -> Analysis:
        if self.log is not None:
            with self.log.open("a") as log:
                log.write(f"{path.name}\n")
        if "warning" in path.name:
            warnings.warn("which must not be seen", stacklevel=1)
        if "slow" in path.name:
            time.sleep(0.5)
        if "crash" in path.name:
            os.kill(os.getpid(), signal.SIGKILL)
        if "bug" in path.name:
            raise ValueError("oh\nno")
        recording = read_recording(path)
        one = np.ones(1)
        return Analysis(
            analyzer=self.version,
            dialect=self.dialect,
            segments=Segments(
                start=np.zeros(1), duration=one * recording.duration, confidence=one,
                loudness_start=-one, loudness_max=-one, loudness_max_time=0 * one,
                loudness_end=-one, pitches=np.ones((1, 12)), timbre=np.ones((1, 12)),
            ),
            track=TrackLevel(duration=recording.duration, sample_md5=recording.md5),
            meta={"detailed_status": "; ".join(recording.remarks) or "OK"},
        )  # fmt: skip
