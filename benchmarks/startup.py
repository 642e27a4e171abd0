"""Startup: how long `import genrelab` and `genrelab --help` take beyond Python's own start.

Run with ``python benchmarks/startup.py [ROUNDS]``. The three are started in turn, so
that a busy moment meets them all; medians are printed. Aims: .1 s and .5 s.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python": [sys.executable, "-c", "pass"],
    "import genrelab": [sys.executable, "-c", "import genrelab"],
    "genrelab --help": [sys.executable, "-m", "genrelab", "--help"],
}


def measure_start(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            seconds[name].append(measure_start(command))
    own = statistics.median(seconds["python"])
    print(f"Python's own start: {own:.3f} s (median of {rounds})")
    for name in list(COMMANDS)[1:]:
        print(f"{name}: {statistics.median(seconds[name]) - own:.3f} s beyond it")


if __name__ == "__main__":
    main()
