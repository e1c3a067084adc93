"""The least expected time, in days, in which an attacker who works on everything at once takes each step.

T of an OR step is the least T of its parents, of an AND step the greatest T of its necessary parents, each plus the step's own
time.  The own time is the mean of its distribution; where a Bernoulli factor p says that the step may not exist at all, the
mean is divided by p.  That is a heuristic for ranking (as if the attacker tried one independent variant after another), not an
expectation of the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from breachway.graph.layout import AND, OR, distinct, gather

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Bools, Doubles, Longs

STEP_DAYS = 1e-6
"""What every step costs besides its own time (a tenth of a second), so that of two equally fast ways the shorter is the better
one and no way goes in circles."""

MOST_DAYS = 1e7
"""What a step costs at most while it is possible at all; beyond it the figures would lose :data:`STEP_DAYS`."""


def own_days(graph: AttackGraph) -> Doubles:
    """Give the expected own time of each step, infinite where its chance is nought."""
    with np.errstate(divide="ignore", invalid="ignore"):
        days = np.where(graph.days > 0.0, graph.days.astype(np.float64) / graph.chance, np.where(graph.chance > 0.0, 0.0, np.inf))
    return np.where(np.isinf(days), np.inf, np.minimum(days, MOST_DAYS) + STEP_DAYS)


def least_days(
    graph: AttackGraph, gates: Gates, entries: Sequence[int], *, own: Doubles, allowed: Bools | None = None
) -> Doubles:
    """Give the least expected time of each node from ``entries`` together; 0 at an entry, infinite where it cannot be taken.

    Rounds of relaxation from infinity downwards, each over the children of what changed; after n rounds all derivations of
    depth n count, and it ends when nothing changes.  Equal to Knuth's generalisation of Dijkstra's algorithm.
    """
    days = np.full(graph.size, np.inf)
    start = distinct(np.array(entries, dtype=np.int64))
    days[start] = 0.0
    fixed = np.zeros(graph.size, dtype=np.bool_)
    fixed[start] = True
    if allowed is not None:
        fixed |= ~allowed
    newest = start
    while newest.size:
        found = gather(graph.children, newest)
        below = found.items
        usable = ~fixed[below]
        kinds = graph.kinds[below]
        wide = usable & (kinds == OR)
        loose = usable & (kinds == AND)
        targets = distinct(below[wide | loose])
        old = days[targets]
        np.minimum.at(days, below[wide], days[newest][found.origin[wide]] + own[below[wide]])
        joins = distinct(below[loose])
        days[joins] = np.minimum(days[joins], _join(graph, gates, days, joins) + own[joins])
        newest = targets[days[targets] < old]
    return days


def _join(graph: AttackGraph, gates: Gates, days: Doubles, nodes: Longs) -> Doubles:
    """The greatest time of the necessary parents; where there are none, the least of all parents."""
    if not nodes.size:
        return np.zeros(0)
    found = gather(graph.parents, nodes)
    begins = np.flatnonzero(np.r_[True, found.origin[1:] != found.origin[:-1]])
    times = days[found.items]
    latest = np.maximum.reduceat(np.where(gates.necessary[found.items], times, -np.inf), begins)
    return np.where(gates.waits[nodes] > 0, latest, np.minimum.reduceat(times, begins))
