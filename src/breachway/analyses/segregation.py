"""Segregation of duties: identities that hold both sides of a duty by the permissions granted to them and to their groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.graph.simulation.blocks import LANES, reach_blocks
from breachway.threats.principles import duties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from breachway.evidence import Location
    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph
    from breachway.model import Asset
    from breachway.threats.principles import Duty

_SET, _IDENTITY = "PermissionSet", "Principal"


class Side(NamedTuple):
    """A permission that makes one side of a duty: the set that holds it, the step, its words and where it is granted."""

    permissions: str
    step: str
    title: str
    location: Location | None


class BothSides(NamedTuple):
    """An identity that holds both sides of a duty, over the same scope or one scope within the other."""

    duty: Duty
    identity: str
    identity_name: str
    first: Side
    second: Side


def both_sides(graph: AttackGraph, gates: Gates) -> tuple[BothSides, ...]:
    """Every identity and duty, by duty then identity, with the first pair of permissions that shows it.

    A permission counts as held when the set gives it by itself: what an attacker could make of it is not looked at.
    """
    given = _given(graph, gates)
    assets = {asset.id: asset for asset in graph.model.assets}
    held = _held(graph)
    found = []
    for duty in duties():
        for identity in sorted(held):
            sets = [name for name in held[identity] if name in given]
            pair = next(
                (
                    (one, two)
                    for one in _sides(sets, duty.first, given)
                    for two in _sides(sets, duty.second, given)
                    if _overlap(assets[one[0]], assets[two[0]], assets)
                ),
                None,
            )
            if pair is not None:
                first, second = (_side(graph, assets[name], step) for name, step in pair)
                found.append(BothSides(duty, identity, assets[identity].name, first, second))
    return tuple(found)


def _given(graph: AttackGraph, gates: Gates) -> Mapping[str, frozenset[str]]:
    """For each permission set, the steps that it gives by itself."""
    classes = [_SET in asset.lineage for asset in graph.language.assets]
    of_sets = np.array(classes, dtype=np.bool_)[graph.class_of]
    sets = [
        position
        for position in np.flatnonzero(of_sets).tolist()
        if graph.find(graph.model.assets[position].id, "use") is not None
    ]
    starts = [(node,) for one in sets if (node := graph.find(graph.model.assets[one].id, "use")) is not None]

    def look(first: int, bits: NDArray[np.uint64]) -> list[tuple[str, frozenset[str]]]:
        found = []
        for lane, position in enumerate(sets[first : first + LANES]):
            begin, end = int(graph.first[position]), int(graph.first[position + 1])
            steps = graph.language.assets[int(graph.class_of[position])].steps
            taken = np.flatnonzero((bits[begin:end] >> np.uint64(lane)) & np.uint64(1)).tolist()
            found.append((graph.model.assets[position].id, frozenset(steps[place].name for place in taken)))
        return found

    # Nothing outside the sets is taken, so a right that leads to another identity or set does not bring that one's rights.
    blocks = reach_blocks(graph, gates, starts, look, allowed=of_sets[graph.asset_of])
    return dict(one for block in blocks for one in block)


def _held(graph: AttackGraph) -> Mapping[str, tuple[str, ...]]:
    """For each identity, the permission sets that it and its groups hold."""
    classes = {asset.name: asset.lineage for asset in graph.language.assets}
    own: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    for link in graph.model.links:
        if link.association in ("Holds", "MemberOf"):
            (own if link.association == "Holds" else groups).setdefault(link.left, []).append(link.right)
    found = {}
    for asset in graph.model.assets:
        if _IDENTITY not in classes[asset.kind]:
            continue
        todo, seen = [asset.id], {asset.id}
        while todo:
            fresh = [group for group in groups.get(todo.pop(), ()) if group not in seen]
            seen.update(fresh)
            todo += fresh
        sets = tuple(sorted({name for one in seen for name in own.get(one, ())}))
        if sets:
            found[asset.id] = sets
    return found


def _sides(sets: Iterable[str], steps: Iterable[str], given: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
    wanted = tuple(steps)
    return [(name, step) for name in sets for step in wanted if step in given[name]]


def _overlap(one: Asset, two: Asset, assets: Mapping[str, Asset]) -> bool:
    """The scope of one permission set lies in that of the other."""
    return one.boundary in _scopes(two, assets) or two.boundary in _scopes(one, assets)


def _scopes(asset: Asset, assets: Mapping[str, Asset]) -> set[str]:
    found = {asset.boundary}
    while asset.boundary in assets and assets[asset.boundary].boundary not in found:
        asset = assets[asset.boundary]
        found.add(asset.boundary)
    return found


def _side(graph: AttackGraph, asset: Asset, step: str) -> Side:
    node = graph.find(asset.id, step)
    title = "" if node is None else graph.step(node).info.title
    return Side(asset.id, step, title or step, asset.evidence[0].location if asset.evidence else None)
