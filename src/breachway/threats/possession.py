"""What it means that an asset is the attacker's: by class, the steps that are taken then (``possession.tsv``)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from breachway.threats.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.threats.language import AssetClass


@cache
def possession() -> Mapping[str, tuple[str, ...]]:
    """By asset class the steps; none where there is nothing to possess.  Classes below inherit what they do not state."""
    return {row["class"]: () if row["steps"] == "-" else tuple(row["steps"].split()) for row in read_table("possession.tsv")}


def possessing(asset_class: AssetClass) -> tuple[str, ...]:
    """The steps for one class, those of the nearest in its lineage; none for a class that the table does not know."""
    known = possession()
    stated = next((known[name] for name in asset_class.lineage if name in known), ())
    names = {step.name for step in asset_class.steps}
    return tuple(step for step in stated if step in names)
