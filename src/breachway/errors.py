"""The exceptions that Breachway raises on purpose.

BreachwayError
    UsageError          the command line or the configuration cannot be obeyed
    NothingToReadError  the paths exist but hold nothing that Breachway understands
    UnreadableInputError  an input that the user named cannot be read at all
    LanguageError       the threat language does not compile, or breaks the linted profile
    OutputError         a report could not be written

Only ``breachway.cli`` turns them into exit codes.  A file that is merely not understood is not an exception: it becomes a
:class:`breachway.evidence.Unread` and the rest is still modelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breachway.evidence import Location


class BreachwayError(Exception):
    """Something the user can act on: what happened, what to do about it, and where."""

    def __init__(self, message: str, *, hint: str = "", where: Location | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where


class UsageError(BreachwayError):
    """The command line or ``breachway.yaml`` asks for something that does not exist or contradicts itself."""


class NothingToReadError(BreachwayError):
    """The paths were found, and nothing in them is an artefact that Breachway models."""


class UnreadableInputError(BreachwayError):
    """A path that the user named does not exist or may not be read."""


class LanguageError(BreachwayError):
    """The threat language is not valid MAL, or steps outside the linted profile."""


class OutputError(BreachwayError):
    """A report could not be written; no half-written file is left behind."""
