"""Runs the command as a function."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from breachway.cli.main import run
from breachway.cli.streams import Streams

if TYPE_CHECKING:
    from breachway.cli.exit_codes import ExitCode


class Outcome(NamedTuple):
    code: ExitCode
    out: str
    err: str


class Terminal(io.StringIO):
    """Text output that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def breachway(*arguments: str, stdin: bytes = b"", terminal: bool = False) -> Outcome:
    out = Terminal() if terminal else io.StringIO()
    err = Terminal() if terminal else io.StringIO()
    code = run(arguments, Streams(stdin=io.BytesIO(stdin), stdout=out, stderr=err))
    return Outcome(code, out.getvalue(), err.getvalue())
