"""Errors as the user reads them on standard error: one line with the place where there is one, and a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.reports.escaping import terminal

if TYPE_CHECKING:
    from breachway.cli.streams import Streams
    from breachway.errors import BreachwayError
    from breachway.evidence import Location


def show_error(error: BreachwayError, streams: Streams) -> None:
    """Tell ``breachway: where: message`` and, when there is one, the hint."""
    show(error.message, error.hint, error.where, streams)


def show(message: str, hint: str, where: Location | None, streams: Streams) -> None:
    """Tell one message.  ``where`` is the document, with line and column when they are known."""
    place = ""
    if where is not None and where.document:
        document = "standard input" if where.document == "-" else where.document
        place = document + (f":{where.line}:{where.column}" if where.line else "") + ": "
    streams.tell(f"breachway: {terminal(place)}{terminal(message)}\n" + (f"  hint: {terminal(hint)}\n" if hint else ""))
