"""One way in which a step is taken, read off a search: the shortest, and what stands beside it switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.graph.layout import AND, DEFENCE

if TYPE_CHECKING:
    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph
    from breachway.graph.reachability import Reach


def proof_of(graph: AttackGraph, gates: Gates, found: Reach, goal: int) -> tuple[int, ...]:
    """Give the nodes of a derivation of ``goal``, which is reached: for an OR step its nearest parent, for an AND step all needs.

    Every parent lies nearer to the entries than its child, so that no step rests on itself.
    """
    taken: set[int] = set()
    todo = [goal]
    while todo:
        node = todo.pop()
        if node in taken:
            continue
        taken.add(node)
        if found.depth[node] <= 0:
            continue
        parents = graph.parents.of(node)
        if graph.kinds[node] == AND and gates.waits[node] > 0:
            todo.extend(parents[gates.necessary[parents]].tolist())
            continue
        nearer = parents[found.reached[parents] & (found.depth[parents] < found.depth[node])].tolist()
        todo.append(min(nearer, key=lambda parent: (int(found.depth[parent]), parent)))
    return tuple(sorted(taken))


def open_defences(graph: AttackGraph, gates: Gates, found: Reach, proof: tuple[int, ...]) -> frozenset[int]:
    """The defences that are off above the AND steps of a proof: each of them in force would bar it."""
    off: set[int] = set()
    for node in proof:
        if graph.kinds[node] == AND and found.depth[node] > 0:
            parents = graph.parents.of(node)
            off.update(parents[(graph.kinds[parents] == DEFENCE) & ~gates.necessary[parents]].tolist())
    return frozenset(off)
