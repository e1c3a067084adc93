"""The list of what was not understood, with a limit: a hostile file must not fill memory and report with complaints."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from breachway.evidence import Location, Unread

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_LISTED = 2_000
"""How many problems of one severity are listed for one document; the others are counted."""


class ProblemList(list[Unread]):
    """A list that keeps the first problems of each document and counts the rest; ``seen`` counts all of them."""

    def __init__(self, problems: Iterable[Unread] = ()) -> None:
        super().__init__()
        self.seen = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self.extend(problems)

    def append(self, problem: Unread) -> None:
        """Keep or count one problem."""
        kind = (problem.location.document, problem.severity)
        self.seen += 1
        self._counts[kind] += 1
        if self._counts[kind] <= MOST_LISTED:
            super().append(problem)

    def extend(self, problems: Iterable[Unread]) -> None:
        """Keep or count each problem."""
        for problem in problems:
            self.append(problem)

    def listed(self) -> tuple[Unread, ...]:
        """The problems that were kept, each once, and for each document how many were not."""
        reason = "{:,} more problems like those listed"
        more = (
            Unread(Location(document, "", 0, 0), severity, reason.format(count - MOST_LISTED), "mend those first")
            for (document, severity), count in self._counts.items()
            if count > MOST_LISTED
        )
        return (*dict.fromkeys(self), *more)
