"""Why a step is possible, in as few words as are exact."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.evidence import Basis, Location
from breachway.reports.terminal.places import most_telling
from breachway.reports.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.analyses.assessment import PathStep
    from breachway.evidence import Evidence
    from breachway.reports.terminal.places import Places

_FIELD = re.compile(r"^\w+: (?=\S)")
_JOINING = frozenset({"a", "binds", "by", "comes", "from", "gives", "in", "is", "may", "of", "the", "to"})

NOWHERE = Location("", "", 0, 0)


def own_place(step: PathStep) -> Location:
    """The place that stands beside the step; an empty one without evidence."""
    first = most_telling(step.evidence)
    return first.location if first is not None else NOWHERE


def reasons(step: PathStep, told: str, places: Places, *, verbose: bool) -> tuple[str, ...]:
    """The step's reasons: what was observed, then "by default: ...", then "assumed: ..." with the assumption's id.

    An observed reason whose words all stand in ``told``, the lines just read, is left out.  A place is given only where it
    differs from that of the step; of several places of one reason only the first.  ``verbose`` leaves out neither.
    """
    own = own_place(step)
    by_words: dict[tuple[Basis, str], list[Evidence]] = {}
    for item in step.evidence:
        assumed = item.basis is Basis.ASSUMED and item.source
        by_words.setdefault((item.basis, item.source if assumed else item.note), []).append(item)
    observed = tuple(
        _placed(words, items, own, places, verbose=verbose)
        for (basis, words), items in by_words.items()
        if basis is Basis.OBSERVED and (verbose or not _says(told, words))
    )
    defaults = [
        _placed(words, items, own, places, verbose=verbose)
        for (basis, words), items in by_words.items()
        if basis is Basis.DEFAULTED
    ]
    assumed_ids = tuple(
        words if items[0].source else f"{words} (nothing says so)"
        for (basis, words), items in by_words.items()
        if basis is Basis.ASSUMED
    )
    if defaults:
        defaults[0] = f"by default: {defaults[0]}"
    return (*observed, *defaults, *((f"assumed: {listed(assumed_ids)}",) if assumed_ids else ()))


def _placed(words: str, items: list[Evidence], own: Location, places: Places, *, verbose: bool) -> str:
    stands_here = any(item.location == own for item in items)
    beside = tuple(dict.fromkeys(name for item in items if (name := places.beside(item.location, own))))
    if not beside or (stands_here and not verbose):
        return words
    return f"{words} ({listed(beside if verbose else beside[:1])})"


def _says(told: str, note: str) -> bool:
    # The line that stands beside the step shows the field; what it is set to is what tells something.
    value = _FIELD.sub("", note)
    return set(_words(value)) - _JOINING <= set(_words(told))


def _words(text: str) -> Iterator[str]:
    """The words of a text, and each part of a name such as "shop/checkout" as well as the whole."""
    for word in re.findall(r"[^\s:,;()]+", text.lower()):
        yield word
        yield from word.split("/")
