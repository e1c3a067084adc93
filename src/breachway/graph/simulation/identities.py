"""Stable numbers for steps, from the names of asset and step alone: random numbers are drawn on them.

Two models that hold the same step, whatever else they hold, draw the same for it; so the difference of two figures is far less
noisy than either of them.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.graph.layout import AttackGraph

Keys: TypeAlias = NDArray[np.uint64]


def identities(graph: AttackGraph, nodes: NDArray[np.integer]) -> Keys:
    """Give the number of each of ``nodes``: a mix of a hash of its asset's id and of one of its step's name."""
    assets = graph.asset_of[nodes]
    used, place = np.unique(assets, return_inverse=True)
    by_asset = _hashes(graph.model.assets[asset].id for asset in used.tolist())
    names = sorted({step.name for asset in graph.language.assets for step in asset.steps})
    positions = {name: position for position, name in enumerate(names)}
    by_name = _hashes(names)
    step_names = np.concatenate(
        [np.array([positions[step.name] for step in asset.steps], dtype=np.int64) for asset in graph.language.assets]
    )
    offsets = np.cumsum([0, *(len(asset.steps) for asset in graph.language.assets)])
    steps = offsets[graph.class_of[assets]] + (nodes - graph.first[assets])
    return _mixed(by_asset[place] ^ _mixed(by_name[step_names[steps]]))


def _hashes(words: Iterable[str]) -> Keys:
    raw = b"".join(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest() for word in words)
    return np.frombuffer(raw, dtype="<u8").astype(np.uint64)


def _mixed(values: Keys) -> Keys:
    """The finaliser of SplitMix64: every bit of the result hangs on every bit of the value."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
