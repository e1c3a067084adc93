"""Containers that fetch whatever address a request names, as ``breachway.yaml`` states: no manifest shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from breachway.model import Link

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Evidence
    from breachway.model import Asset, Model


def containers_among(model: Model, chosen: Iterable[Asset]) -> tuple[str, ...]:
    """The containers that assets are or run, sorted by id."""
    ids = {asset.id for asset in chosen}
    own = {asset.id for asset in model.assets if asset.id in ids and asset.kind == "Container"}
    run = {link.right for link in model.links if link.association == "Runs" and link.left in ids}
    return tuple(sorted(own | run))


def listeners_among(model: Model, chosen: Iterable[Asset]) -> tuple[str, ...]:
    """What listens in assets, or is published by them, sorted by id."""
    wanted = tuple(chosen)
    ids = {asset.id for asset in wanted}
    containers = set(containers_among(model, wanted))
    found = {asset.id for asset in wanted if asset.kind == "Application"}
    for link in model.links:
        if (link.association == "Listens" and link.left in containers) or (link.association == "Publishes" and link.left in ids):
            found.add(link.right)
    return tuple(sorted(found))


def join_fetchers(model: Model, listeners: Iterable[str], containers: Iterable[str], evidence: tuple[Evidence, ...]) -> Model:
    """Say that containers fetch the addresses which requests to listeners name."""
    made = tuple(
        Link(association="FetchesFor", left=listener, right=container, evidence=evidence)
        for listener in listeners
        for container in containers
    )
    known = {(link.association, link.left, link.right): link for link in (*model.links, *made)}
    return replace(model, links=tuple(known[key] for key in sorted(known)))
