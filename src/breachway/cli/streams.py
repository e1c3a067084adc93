"""Where a subcommand reads and writes: passed in, so that the command line can be tested as a function."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import BinaryIO, NamedTuple, TextIO

from breachway.errors import OutputError


class Streams(NamedTuple):
    """Standard input as bytes, standard output and error as text."""

    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO

    def say(self, text: str) -> None:
        """Write a result to standard output.

        Raises OutputError when it cannot take it (a full disk), BrokenPipeError when its reader went away (``| head``).
        """
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            message = f"cannot write to the standard output: {error.strerror or error}"
            raise OutputError(message, hint="write to a file with --output") from error

    def tell(self, text: str) -> None:
        """Write a message to standard error; where that is impossible there is nobody to tell."""
        with suppress(OSError):
            self.stderr.write(text)
            self.stderr.flush()

    @property
    def width(self) -> int:
        """Columns of the terminal; 80 when the output is not one and ``COLUMNS`` does not say otherwise."""
        if self.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit():
            import shutil

            return max(60, min(shutil.get_terminal_size((80, 24)).columns, 240))
        return 80

    def wants_colour(self, choice: str) -> bool:
        """Resolve ``--colour auto|always|never``; auto honours NO_COLOR and a dumb terminal."""
        if choice != "auto":
            return choice == "always"
        return self.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class _ClosedOutput(io.StringIO):
    """Stands for a stream that the shell closed (``>&-``): what is written to it is lost, so writing is an error."""

    def write(self, _text: str, /) -> int:
        raise OSError(errno.EBADF, "it is closed")


class _ClosedInput(io.BytesIO):
    """Stands for an input that the shell closed (``<&-``)."""

    def read(self, _size: int | None = -1, /) -> bytes:
        raise OSError(errno.EBADF, "it is closed")


def process_streams() -> Streams:
    """The streams of this process, any of which the shell may have closed."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    # Python sets a closed stream to None, which the types of sys leave out.
    stdin: TextIO | None = sys.stdin
    stdout: TextIO | None = sys.stdout
    stderr: TextIO | None = sys.stderr
    return Streams(
        stdin=_ClosedInput() if stdin is None else stdin.buffer,
        stdout=_ClosedOutput() if stdout is None else stdout,
        stderr=_ClosedOutput() if stderr is None else stderr,
    )


def abandon_output() -> None:
    """Give up on standard output after a failure, so that the interpreter does not try once more to flush it as it ends."""
    stdout: TextIO | None = sys.stdout
    if stdout is not None:
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stdout.fileno())
            os.close(nowhere)
