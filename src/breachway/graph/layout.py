"""The attack graph as arrays: a node for each step of each asset, edges in both directions in compressed rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.model import Model
    from breachway.threats.language import Language, Step

Ints: TypeAlias = NDArray[np.int32]
Longs: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]
Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]

OR, AND, DEFENCE, EXISTS, NOT_EXISTS = range(5)
"""The values of :attr:`AttackGraph.kinds`."""


class Rows(NamedTuple):
    """Compressed rows: the entries of row ``i`` are ``items[starts[i]:starts[i + 1]]``."""

    starts: Ints
    items: Ints

    def of(self, row: int) -> Ints:
        """Give the entries of one row."""
        return self.items[self.starts[row] : self.starts[row + 1]]


class Gathered(NamedTuple):
    """The entries of several rows one after the other; ``origin`` tells, for each, which of the rows asked for it is of."""

    origin: Longs
    items: Ints


def gather(rows: Rows, wanted: NDArray[np.integer]) -> Gathered:
    """Give the entries of the rows ``wanted``, in that order."""
    begin = rows.starts[wanted].astype(np.int64)
    counts = rows.starts[wanted + 1] - begin
    origin = np.repeat(np.arange(len(wanted), dtype=np.int64), counts)
    ends = np.cumsum(counts)
    positions = np.arange(len(origin), dtype=np.int64) + np.repeat(begin - ends + counts, counts)
    return Gathered(origin, rows.items[positions])


def distinct(values: NDArray[np.integer]) -> Longs:
    """Give the values sorted, each once; several times faster than a hash for what this package holds."""
    ordered = np.sort(values.astype(np.int64, copy=False))
    if ordered.size < 2:  # noqa: PLR2004 - nothing can be there twice
        return ordered
    keep = np.empty(ordered.size, dtype=np.bool_)
    keep[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=keep[1:])
    return ordered[keep]


def compress(row: NDArray[np.integer], item: NDArray[np.integer], count: int) -> tuple[Rows, Longs]:
    """Build rows from pairs sorted by row then item; also give the order in which the pairs were taken."""
    order = np.lexsort((item, row))
    starts = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(np.bincount(row, minlength=count), out=starts[1:])
    rows = Rows(starts, item[order].astype(np.int32))
    rows.starts.flags.writeable = False
    rows.items.flags.writeable = False
    return rows, order


class Field(NamedTuple):
    """One association field: from an asset (row) to the assets that the field gives, and the model's link behind each."""

    rows: Rows
    links: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AttackGraph:
    """The attack graph of a model under a language.

    Node ``n`` is step ``n - first[a]`` (in the sorted steps of the class) of asset ``a = asset_of[n]``; assets stand in the
    model's order. ``kinds`` holds OR, AND, DEFENCE, EXISTS or NOT_EXISTS.  ``days`` is the mean of the step's own time, without
    its Bernoulli factor, which is in ``chance``.  ``level`` is the probability that a defence is in force, and for an existence
    step 1 where something exists. All arrays are read-only.
    """

    language: Language
    model: Model
    asset_index: Mapping[str, int]
    class_of: Ints
    first: Ints
    asset_of: Ints
    kinds: Bytes
    days: Floats
    chance: Floats
    level: Floats
    children: Rows
    parents: Rows
    fields: Mapping[str, Field]

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return len(self.kinds)

    def step(self, node: int) -> Step:
        """Give the language's step of a node."""
        asset = int(self.asset_of[node])
        return self.language.assets[int(self.class_of[asset])].steps[node - int(self.first[asset])]

    def asset_id(self, node: int) -> str:
        """Give the id of the asset of a node."""
        return self.model.assets[int(self.asset_of[node])].id

    def name(self, node: int) -> str:
        """Give the stable id of a node: the asset's id, a colon, the step."""
        return f"{self.asset_id(node)}:{self.step(node).name}"

    def find(self, asset: str, step: str) -> int | None:
        """Give the node of a step of an asset; None when there is no such asset or step."""
        index = self.asset_index.get(asset)
        if index is None:
            return None
        for position, candidate in enumerate(self.language.assets[int(self.class_of[index])].steps):
            if candidate.name == step:
                return int(self.first[index]) + position
        return None
