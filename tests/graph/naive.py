"""Slow and plain answers to what the engine computes with arrays; the engine is held against them."""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, assert_never

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
    from breachway.model import Model
    from breachway.threats.language import Language


def naive_edges(language: Language, model: Model) -> list[tuple[str, str]]:
    classes = {asset.name: asset for asset in language.assets}
    kinds = {asset.id: classes[asset.kind] for asset in model.assets}
    associations = {association.name: association for association in language.associations}
    links: dict[tuple[str, str], set[str]] = {}
    for link in model.links:
        association = associations[link.association]
        links.setdefault((link.left, association.right_field), set()).add(link.right)
        links.setdefault((link.right, association.left_field), set()).add(link.left)

    def follow(expression: Expression, asset: str) -> set[str]:
        match expression:
            case FieldStep(name):
                return links.get((asset, name), set())
            case Collect(left, right):
                return {end for middle in follow(left, asset) for end in follow(right, middle)}
            case SetUnion(left, right):
                return follow(left, asset) | follow(right, asset)
            case SetIntersection(left, right):
                return follow(left, asset) & follow(right, asset)
            case SetDifference(left, right):
                return follow(left, asset) - follow(right, asset)
            case Transitive(inner):
                known = {asset}
                while more := {end for middle in known for end in follow(inner, middle)} - known:
                    known |= more
                return known
            case Subtype(inner, name):
                return {end for end in follow(inner, asset) if name in kinds[end].lineage}
            case _:
                assert_never(expression)

    return sorted(
        {
            (f"{asset.id}:{step.name}", f"{end}:{target.step}")
            for asset in model.assets
            for step in kinds[asset.id].steps
            for target in step.targets
            for end in ({asset.id} if target.via is None else follow(target.via, asset.id))
        }
    )


def naive_necessity(graph: AttackGraph) -> list[bool]:
    """The greatest fixpoint, by going round until nothing changes."""
    necessary = [True] * graph.size
    parents = [graph.parents.of(node).tolist() for node in range(graph.size)]
    changed = True
    while changed:
        changed = False
        for node in range(graph.size):
            above = [necessary[parent] for parent in parents[node]]
            match int(graph.kinds[node]):
                case 2 | 4:
                    now = float(graph.level[node]) >= 0.5
                case 3:
                    now = float(graph.level[node]) < 0.5
                case 0:
                    now = all(above)
                case _:
                    now = any(above) if above else True
            if necessary[node] and not now:
                necessary[node] = False
                changed = True
    return necessary


def naive_blocked(graph: AttackGraph, entries: tuple[int, ...]) -> list[bool]:
    """Blocking as the architecture states it: an AND step by any blocking parent, an OR step by all; never an entry."""
    parents = [graph.parents.of(node).tolist() for node in range(graph.size)]
    held = [float(level) >= 0.5 for level in graph.level]
    blocked = [(kind in (2, 4) and on) or (kind == 3 and not on) for kind, on in zip(graph.kinds.tolist(), held, strict=True)]
    changed = True
    while changed:
        changed = False
        for node in range(graph.size):
            above = [blocked[parent] for parent in parents[node]]
            if blocked[node] or node in entries or graph.kinds[node] > 1 or not above:
                continue
            if (any if graph.kinds[node] == 1 else all)(above):
                blocked[node] = changed = True
    return blocked


def naive_reach(graph: AttackGraph, entries: tuple[int, ...], allowed: set[int] | None = None) -> set[int]:
    """Every step that can be taken, by going round; blocked steps are looked at explicitly."""
    necessary, blocked = naive_necessity(graph), naive_blocked(graph, entries)
    reached = set(entries)
    changed = True
    while changed:
        changed = False
        for node in range(graph.size):
            if node in reached or blocked[node] or graph.kinds[node] > 1 or (allowed is not None and node not in allowed):
                continue
            above = graph.parents.of(node).tolist()
            taken = any(parent in reached for parent in above)
            if taken and graph.kinds[node] == 1:
                taken = all(parent in reached for parent in above if necessary[parent])
            if taken:
                reached.add(node)
                changed = True
    return reached


def knuth_days(graph: AttackGraph, entries: tuple[int, ...], own: list[float]) -> list[float]:
    """Knuth's generalisation of Dijkstra's algorithm: settle nodes in order of their least time."""
    necessary = naive_necessity(graph)
    days = [inf] * graph.size
    settled: set[int] = set()
    heap = [(0.0, entry) for entry in entries]
    while heap:
        time, node = heappop(heap)
        if node in settled:
            continue
        settled.add(node)
        days[node] = time
        for child in graph.children.of(node).tolist():
            if child in settled or child in entries:
                continue
            if graph.kinds[child] == 0:
                heappush(heap, (time + own[child], child))
            elif graph.kinds[child] == 1:
                needed = [parent for parent in graph.parents.of(child).tolist() if necessary[parent]]
                if all(parent in settled for parent in needed):
                    heappush(heap, (max((days[parent] for parent in needed), default=time) + own[child], child))
    return days


def naive_derivations(
    graph: AttackGraph, goal: int, entries: tuple[int, ...], own: list[float]
) -> list[tuple[float, frozenset[tuple[int, tuple[int, ...]]]]]:
    """Every derivation in which each step is taken in one way: choose a parent for each OR step, keep what has no circle."""
    necessary = naive_necessity(graph)
    answers: dict[frozenset[tuple[int, tuple[int, ...]]], float] = {}

    def ways(node: int) -> list[tuple[int, ...]]:
        above = graph.parents.of(node).tolist()
        if node in entries:
            return [()]
        needed = tuple(parent for parent in above if necessary[parent])
        if graph.kinds[node] == 1 and needed:
            return [needed]
        return [(parent,) for parent in above if graph.kinds[parent] <= 1]

    def extend(chosen: dict[int, tuple[int, ...]], todo: list[int]) -> None:
        while todo and todo[-1] in chosen:
            todo = todo[:-1]
        if not todo:
            cost = _cost(chosen, goal, own)
            if cost is not None:
                answers[frozenset(chosen.items())] = cost
            return
        node = todo[-1]
        for way in ways(node):
            if all(graph.kinds[parent] <= 1 for parent in way):
                extend({**chosen, node: way}, [*todo[:-1], *way])

    extend({}, [goal])
    return sorted(((cost, needs) for needs, cost in answers.items()), key=lambda item: (item[0], sorted(item[1])))


def _cost(chosen: dict[int, tuple[int, ...]], node: int, own: list[float], above: tuple[int, ...] = ()) -> float | None:
    if node in above:
        return None
    if not chosen[node]:
        return 0.0
    times = [_cost(chosen, parent, own, (*above, node)) for parent in chosen[node]]
    known = [time for time in times if time is not None]
    return max(known) + own[node] if len(known) == len(times) else None
