"""Errors as the user reads them on standard error: one line, the source line where there is one, and a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.reports.escaping import terminal

if TYPE_CHECKING:
    from typing import TextIO

    from breachway.errors import BreachwayError


def show_error(error: BreachwayError, stream: TextIO) -> None:
    """Write ``breachway: where: message`` and, when there is one, the hint."""
    where = ""
    if error.where is not None:
        place = error.where
        where = place.document + (f":{place.line}:{place.column}" if place.line else "") + ": "
    stream.write(f"breachway: {terminal(where)}{terminal(error.message)}\n")
    if error.hint:
        stream.write(f"  hint: {terminal(error.hint)}\n")
