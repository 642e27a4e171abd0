"""``python -m genrelab``: the command line, where the ``genrelab`` command is not on the path."""

from __future__ import annotations

import sys

from genrelab.cli import main

if __name__ == "__main__":
    sys.exit(main())
