r"""Set expressions of the language, evaluated for many assets at once.

An expression is evaluated from each starting asset by itself, also inside ``x*`` and on both sides of a set operator: ``(a* \\/
b)`` takes ``b`` of the start only.  The answer is a set of pairs (start, asset), sorted and without duplicates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, assert_never

import numpy as np

from breachway.graph.layout import Field, Longs, Rows, distinct, gather
from breachway.threats.language import (
    Collect,
    Expression,
    FieldStep,
    SetDifference,
    SetIntersection,
    SetUnion,
    Subtype,
    Transitive,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.graph.layout import Ints
    from breachway.threats.language import Language


class Pairs(NamedTuple):
    """Pairs (start, asset), sorted by start then asset, no pair twice."""

    starts: Longs
    assets: Longs


class Evaluator:
    """Evaluates expressions over the links of one model; ``class_of`` gives the class index of each asset."""

    def __init__(self, language: Language, fields: Mapping[str, Field], class_of: Ints) -> None:
        self._fields = fields
        self._class_of = class_of
        self._count = max(len(class_of), 1)
        self._below = {
            asset.name: np.array([asset.name in other.lineage for other in language.assets], dtype=np.bool_)
            for asset in language.assets
        }

    def evaluate(self, expression: Expression, starts: Longs) -> Pairs:
        """Evaluate from each of ``starts``, which are sorted and distinct."""
        match expression:
            case FieldStep(name):
                return self._follow(name, Pairs(starts, starts))
            case Collect(left, right):
                return self._collect(self.evaluate(left, starts), right)
            case SetUnion(left, right):
                return self._unpack(np.union1d(self._keys(left, starts), self._keys(right, starts)))
            case SetIntersection(left, right):
                return self._unpack(np.intersect1d(self._keys(left, starts), self._keys(right, starts), assume_unique=True))
            case SetDifference(left, right):
                return self._unpack(np.setdiff1d(self._keys(left, starts), self._keys(right, starts), assume_unique=True))
            case Transitive(inner):
                return self._transitive(inner, starts)
            case Subtype(inner, asset):
                pairs = self.evaluate(inner, starts)
                keep = self._below[asset][self._class_of[pairs.assets]]
                return Pairs(pairs.starts[keep], pairs.assets[keep])
            case _:
                assert_never(expression)

    def _follow(self, name: str, pairs: Pairs) -> Pairs:
        field = self._fields.get(name)
        if field is None:
            return _EMPTY
        gathered = gather(field.rows, pairs.assets)
        return self._unpack(distinct(pairs.starts[gathered.origin] * self._count + gathered.items))

    def _collect(self, left: Pairs, right: Expression) -> Pairs:
        if isinstance(right, FieldStep):
            return self._follow(right.name, left)
        middle = self.evaluate(right, distinct(left.assets))
        begins = np.searchsorted(middle.starts, np.arange(self._count + 1)).astype(np.int32)
        gathered = gather(Rows(begins, middle.assets.astype(np.int32)), left.assets)
        return self._unpack(distinct(left.starts[gathered.origin] * self._count + gathered.items))

    def _transitive(self, inner: Expression, starts: Longs) -> Pairs:
        known = starts * self._count + starts
        newest = known
        while newest.size:
            found = self._collect(self._unpack(newest), inner)
            newest = np.setdiff1d(found.starts * self._count + found.assets, known, assume_unique=True)
            known = np.union1d(known, newest)
        return self._unpack(known)

    def _keys(self, expression: Expression, starts: Longs) -> Longs:
        pairs = self.evaluate(expression, starts)
        return pairs.starts * self._count + pairs.assets

    def _unpack(self, keys: Longs) -> Pairs:
        return Pairs(*np.divmod(keys, self._count))


_EMPTY = Pairs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
