"""Which defences the absence of a weakness stands for: the catalogue's bindings, per concrete asset class."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from breachway.threats.catalogue import load_weaknesses
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from breachway.mapping.building import Bindings


@cache
def load_bindings() -> Bindings:
    """Weakness key to asset class to defence names; a class inherits the bindings of its ancestors."""
    lineages = [(asset.name, frozenset(asset.lineage)) for asset in load_language().assets]
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for weakness in load_weaknesses():
        by_class: dict[str, tuple[str, ...]] = {}
        for binding in weakness.defences:
            declared, _, defence = binding.partition(".")
            for name, lineage in lineages:
                if declared in lineage:
                    by_class[name] = (*by_class.get(name, ()), defence)
        found[weakness.key] = by_class
    return found
