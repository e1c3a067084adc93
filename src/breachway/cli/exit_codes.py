"""The exit codes of the ``breachway`` command, all in one place."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command says to the shell."""

    CLEAN = 0
    GATE_FAILED = 1
    USAGE = 2
    NOTHING_TO_READ = 3
    UNREADABLE_INPUT = 4
    INTERNAL = 70
    INTERRUPTED = 130
