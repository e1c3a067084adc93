"""The four security patterns: which defences carry out which of them, against what, and what to do where they are missing.

The table ``patterns.tsv`` holds one control a line.  A control belongs to one pattern; ``defences`` are ``Class.defence`` of
the threat language, and hold for the class and those below it.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from breachway.threats.tables import read_table

PATTERNS = ("authentication", "authorization", "secure-communication", "secure-storage")


class Control(NamedTuple):
    """One way in which a pattern is carried out.

    ``threat`` says what happens without it and ``mitigation`` what to change, both as clauses.
    """

    pattern: str
    key: str
    threat: str
    mitigation: str
    defences: tuple[str, ...]


@cache
def load_controls() -> tuple[Control, ...]:
    """Give the controls by pattern, within one in the order of the table."""
    rows = [
        Control(row["pattern"], row["key"], row["threat"], row["mitigation"], tuple(row["defences"].split()))
        for row in read_table("patterns.tsv")
    ]
    return tuple(sorted(rows, key=lambda control: PATTERNS.index(control.pattern)))
