"""The command line: verbs for everything, one file a family of commands.

Conventions
-----------
stdout is data, stderr is talk and progress. A command ends with 0, with 1 where
an item failed (it is named), with 2 for wrong use, with 130 after Ctrl-C. What
a command needs is imported when it runs, so that ``--help`` is quick.
"""

from genrelab.cli.app import main

__all__ = ["main"]
