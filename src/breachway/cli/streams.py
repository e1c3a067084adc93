"""Where a subcommand reads and writes: passed in, so that the command line can be tested as a function."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from typing import BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Standard input as bytes, standard output and error as text."""

    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO

    @property
    def width(self) -> int:
        """Columns of the terminal; 80 when the output is not one and ``COLUMNS`` does not say otherwise."""
        if self.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit():
            return max(60, min(shutil.get_terminal_size((80, 24)).columns, 240))
        return 80

    def wants_colour(self, choice: str) -> bool:
        """Resolve ``--colour auto|always|never``; auto honours NO_COLOR and a dumb terminal."""
        if choice != "auto":
            return choice == "always"
        return self.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
