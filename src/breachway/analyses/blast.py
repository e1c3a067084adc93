"""Blast radius: what falls with each asset, for all assets of the model at once.

An asset falls when a step is taken that makes it the attacker's (``threats/possession.tsv``), a crown jewel when the step is
taken that means its loss.  The attacker holds one asset, nothing else, and uses every technique; a defence counts as in force
from a probability of one half on, as everywhere outside the simulation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.graph.simulation.blocks import LANES, reach_blocks
from breachway.threats.possession import possessing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Bools, Longs
    from breachway.model import CrownJewel


class Radius(NamedTuple):
    """What falls with one asset, which is not counted itself.

    ``jewels`` are positions in the sequence of crown jewels that was asked about, and ``value`` is the sum of theirs; a crown
    jewel is not counted for its own asset.
    """

    asset: str
    asset_name: str
    kind: str
    assets: int
    jewels: tuple[int, ...]
    value: int


def holding(graph: AttackGraph) -> Mapping[int, tuple[int, ...]]:
    """For each asset (position) that can be possessed, the nodes by which it is."""
    places = []
    for asset_class in graph.language.assets:
        names = [step.name for step in asset_class.steps]
        places.append([names.index(step) for step in possessing(asset_class)])
    return {
        asset: tuple(int(graph.first[asset]) + place for place in places[kind])
        for asset, kind in enumerate(graph.class_of.tolist())
        if places[kind]
    }


def blast_radii(graph: AttackGraph, gates: Gates, jewels: Sequence[CrownJewel], *, threads: int = 0) -> tuple[Radius, ...]:
    """The radius of every asset that can be possessed, the widest first: by value lost, then assets, then id."""
    held = holding(graph)
    assets = np.array(sorted(held), dtype=np.int64)
    nodes = np.array([node for asset in assets.tolist() for node in held[asset]], dtype=np.int64)
    begins = np.cumsum([0, *(len(held[asset]) for asset in assets.tolist())])[:-1]
    goals = [graph.find(jewel.asset, jewel.step) for jewel in jewels]
    known = [position for position, goal in enumerate(goals) if goal is not None]
    goal_nodes = np.array([goal for goal in goals if goal is not None], dtype=np.int64)

    def look(first: int, bits: NDArray[np.uint64]) -> tuple[Longs, Bools]:
        count = min(LANES, len(assets) - first)
        # By asset: the lanes in which any of its steps is taken.
        fallen = _lanes(np.bitwise_or.reduceat(bits[nodes], begins), count)
        return fallen.sum(axis=0, dtype=np.int64) - 1, _lanes(bits[goal_nodes], count).T

    if not len(assets):
        return ()
    found: list[Radius] = []
    places = graph.asset_of[goal_nodes]
    for block, (counts, lost) in enumerate(
        reach_blocks(graph, gates, [held[asset] for asset in assets.tolist()], look, threads=threads)
    ):
        for lane, count in enumerate(counts.tolist()):
            position = int(assets[block * LANES + lane])
            asset = graph.model.assets[position]
            taken = tuple(known[at] for at in np.flatnonzero(lost[lane] & (places != position)).tolist())
            value = sum(jewels[one].value for one in taken)
            found.append(Radius(asset.id, asset.name, asset.kind, count, taken, value))
    return tuple(sorted(found, key=lambda one: (-one.value, -one.assets, one.asset)))


def _lanes(words: NDArray[np.uint64], count: int) -> Bools:
    """The first ``count`` bits of each word as a row."""
    raw = np.ascontiguousarray(words.astype("<u8")).view(np.uint8).reshape(len(words), 8)
    return np.unpackbits(raw, axis=1, bitorder="little")[:, :count].astype(np.bool_)
