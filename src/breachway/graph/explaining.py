"""Why one step leads to another: the links of the model that the language's expression followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from breachway.graph.layout import Field, compress
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
    from breachway.graph.layout import AttackGraph
    from breachway.model import Link


class Explainer:
    """Explains edges of one graph; what it looks up once it keeps."""

    def __init__(self, graph: AttackGraph) -> None:
        self._graph = graph
        self._backward: dict[str, Field] = {}

    def links_between(self, parent: int, child: int) -> tuple[Link, ...]:
        """Give the chain of links from the asset of ``parent`` to that of ``child``, in the order followed.

        Empty when both steps are of one asset and the language joins them directly, and when there is no such edge.  Of several
        chains the one of the target that the language names first, and of the links that stand first in the model.
        """
        graph = self._graph
        start, end = int(graph.asset_of[parent]), int(graph.asset_of[child])
        wanted = graph.step(child).name
        for target in graph.step(parent).targets:
            if target.step != wanted:
                continue
            if target.via is None:
                if start == end:
                    return ()
                continue
            chain = self._trace(target.via, start, end)
            if chain is not None:
                return tuple(graph.model.links[position] for position in dict.fromkeys(chain))
        return ()

    def _trace(self, expression: Expression, start: int, end: int) -> tuple[int, ...] | None:
        match expression:
            case FieldStep(name):
                return self._link(name, start, end)
            case Collect(left, right):
                return self._trace_collect(left, right, start, end)
            case SetUnion(left, right):
                chain = self._trace(left, start, end)
                return self._trace(right, start, end) if chain is None else chain
            case SetIntersection(left, right):
                one, other = self._trace(left, start, end), self._trace(right, start, end)
                return None if one is None or other is None else one + other
            case SetDifference(left, right):
                return None if self._trace(right, start, end) is not None else self._trace(left, start, end)
            case Transitive(inner):
                return self._trace_transitive(inner, start, end)
            case Subtype(inner, asset):
                below = self._graph.language.assets[int(self._graph.class_of[end])].lineage
                return self._trace(inner, start, end) if asset in below else None
            case _:
                assert_never(expression)

    def _trace_collect(self, left: Expression, right: Expression, start: int, end: int) -> tuple[int, ...] | None:
        middles = self._before(right.name, end) if isinstance(right, FieldStep) else self._after(left, start)
        for middle in middles:
            second = self._trace(right, middle, end)
            first = None if second is None else self._trace(left, start, middle)
            if first is not None and second is not None:
                return first + second
        return None

    def _trace_transitive(self, inner: Expression, start: int, end: int) -> tuple[int, ...] | None:
        came_from = {start: start}
        newest = [start]
        while newest and end not in came_from:
            further = []
            for asset in newest:
                for found in self._after(inner, asset):
                    if found not in came_from:
                        came_from[found] = asset
                        further.append(found)
            newest = further
        if end not in came_from:
            return None
        chain: tuple[int, ...] = ()
        while end != start:
            chain = (self._trace(inner, came_from[end], end) or ()) + chain
            end = came_from[end]
        return chain

    def _after(self, expression: Expression, start: int) -> list[int]:
        """The assets that ``expression`` gives from ``start``, sorted."""
        match expression:
            case FieldStep(name):
                field = self._graph.fields.get(name)
                return [] if field is None else sorted(set(field.rows.of(start).tolist()))
            case Collect(left, right):
                return sorted({end for middle in self._after(left, start) for end in self._after(right, middle)})
            case SetUnion(left, right):
                return sorted({*self._after(left, start), *self._after(right, start)})
            case SetIntersection(left, right):
                return sorted(set(self._after(left, start)).intersection(self._after(right, start)))
            case SetDifference(left, right):
                return sorted(set(self._after(left, start)).difference(self._after(right, start)))
            case Transitive(inner):
                known = {start}
                newest = [start]
                while newest:
                    newest = sorted({end for asset in newest for end in self._after(inner, asset)} - known)
                    known.update(newest)
                return sorted(known)
            case Subtype(inner, asset):
                assets, class_of = self._graph.language.assets, self._graph.class_of
                return [end for end in self._after(inner, start) if asset in assets[int(class_of[end])].lineage]
            case _:
                assert_never(expression)

    def _before(self, name: str, end: int) -> list[int]:
        field = self._graph.fields.get(name)
        if field is None:
            return []
        if name not in self._backward:
            count = len(self._graph.class_of)
            rows = np.repeat(np.arange(count, dtype=np.int64), np.diff(field.rows.starts))
            compressed, order = compress(field.rows.items, rows, count)
            self._backward[name] = Field(compressed, field.links[order])
        return sorted(set(self._backward[name].rows.of(end).tolist()))

    def _link(self, name: str, start: int, end: int) -> tuple[int, ...] | None:
        field = self._graph.fields.get(name)
        if field is None:
            return None
        begin, stop = int(field.rows.starts[start]), int(field.rows.starts[start + 1])
        place = begin + int(np.searchsorted(field.rows.items[begin:stop], end))
        return (int(field.links[place]),) if place < stop and int(field.rows.items[place]) == end else None
