"""The catalogues behind the principles: duties to keep apart (``duties.tsv``) and what counts as surface (``surface.tsv``)."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from breachway.threats.tables import read_table


class Duty(NamedTuple):
    """Two sides that one identity should not hold: names of steps of permission sets, any one of which is the side."""

    key: str
    title: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    why: str


class SurfaceKind(NamedTuple):
    """What is counted: assets of ``asset_class`` or below it; with ``off`` those of which one of these defences is off."""

    key: str
    title: str
    asset_class: str
    off: tuple[str, ...]


@cache
def duties() -> tuple[Duty, ...]:
    """The duties, by key."""
    return tuple(
        Duty(row["key"], row["title"], tuple(row["first"].split()), tuple(row["second"].split()), row["why"])
        for row in read_table("duties.tsv")
    )


@cache
def surface_kinds() -> tuple[SurfaceKind, ...]:
    """What is counted, in the order of reports."""
    return tuple(
        SurfaceKind(row["key"], row["title"], row["class"], () if row["off"] == "-" else tuple(row["off"].split()))
        for row in read_table("surface.tsv")
    )
