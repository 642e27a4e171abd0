"""Answers are read by many threads at once, the first ones too."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIRST_ANSWERS = """
import importlib, sys, threading
from genrelab.music import analysis
sys.setswitchinterval(1e-6)
module = importlib.import_module("genrelab.sources.spotify.{module}")
for _ in range({times}):
    importlib.reload(analysis)
    module = importlib.reload(module)  # makes new types, which nobody has used yet
    barrier = threading.Barrier(8)
    def read():
        barrier.wait()
        {read}
    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""
READS = {
    "sightings": 'module.sightings_in({"items": [{"item": {"id": "a", "album": {}}}], "total": 1})',
    "playlists": 'module._head_form({"snapshot_id": "a", "items": {"total": 1}})',
    "connection": """module._words(b'{"error": {"message": "No"}}')""",
    "analyses": """module._analysis({"segments": [], "track": {"tempo": 1.0}})
        module._batch_of_features({"audio_features": [{"id": "a", "key": 1}]})""",
}


@pytest.mark.parametrize("module", READS)
def test_threads_that_read_their_first_answers_at_once(module: str) -> None:
    code = FIRST_ANSWERS.format(module=module, read=READS[module], times=150)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
