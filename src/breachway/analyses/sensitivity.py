"""Which assumption, and which time to compromise, moves the simulated figures most: what to find out first.

Each assumption is taken as true and as false, each source of times as three times as quick and three times as slow, everything
else as it is and on the same random numbers, so that what differs is due to the change alone.
"""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.graph.simulation.reduction import KINDS
from breachway.graph.simulation.sampling import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from breachway.graph.layout import AttackGraph
    from breachway.graph.simulation.reduction import Attacker, Reduced
    from breachway.model import CrownJewel

SAMPLES = 2048
FACTOR = 3.0
"""How much quicker and slower a source of times is taken; most of the published figures disagree by about as much."""


class Swing(NamedTuple):
    """What one assumption or source of times does to the pair of attacker and crown jewel that it moves most.

    ``low`` and ``high`` are the probabilities when the statement is false and true (``kind`` "assumption"), or with times three
    times as quick and as slow ("times"); ``base`` is the figure as it stands.
    """

    kind: str
    key: str
    statement: str
    stands_at: float
    actor: str
    goal: str
    base: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """How far the figure moves between the two."""
        return abs(self.high - self.low)


def sensitivity(
    graph: AttackGraph,
    reduced: Reduced,
    attackers: Sequence[tuple[str, Attacker]],
    goals: Sequence[tuple[CrownJewel, int]],
    *,
    seed: int,
    horizon: float,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Swing, ...]:
    """Try every assumption and source of times; the widest swing first.  ``attackers`` and ``goals`` are those of ``reduced``."""

    def within(changed: Reduced) -> list[list[float]]:
        sampler = Sampler(changed, [attacker for _, attacker in attackers], [goal for _, goal in goals], seed=seed)
        return [(batch.times <= horizon).mean(axis=1).tolist() for batch in sampler.draw(0, SAMPLES)]

    base = within(reduced)
    trials = [*_assumptions(graph, reduced), *_sources(graph, reduced)]
    found = []
    for position, (kind, key, statement, stands_at, first, second) in enumerate(trials):
        low, high = within(first), within(second)
        actor, goal = max(
            ((a, g) for a in range(len(attackers)) for g in range(len(goals))),
            key=lambda pair: (abs(high[pair[0]][pair[1]] - low[pair[0]][pair[1]]), -pair[0], -pair[1]),
            default=(-1, -1),
        )
        if progress is not None:
            progress(position + 1, len(trials))
        if actor >= 0:
            title = goals[goal][0].title
            name = attackers[actor][0]
            found.append(
                Swing(kind, key, statement, stands_at, name, title, base[actor][goal], low[actor][goal], high[actor][goal])
            )
    return tuple(sorted(found, key=lambda swing: (-swing.width, swing.kind, swing.key)))


class _Trial(NamedTuple):
    kind: str
    key: str
    statement: str
    stands_at: float
    first: Reduced
    second: Reduced


def _assumptions(graph: AttackGraph, reduced: Reduced) -> list[_Trial]:
    """The model with each assumption false, and true."""
    nodes: dict[str, list[int]] = {}
    place = {int(node): position for position, node in enumerate(reduced.defences)}
    for state in graph.model.defences:
        if state.assumption:
            node = graph.find(state.asset, state.defence)
            if node in place:
                nodes.setdefault(state.assumption, []).append(place[node])
    known = {one.id: one for one in graph.model.assumptions}
    trials = []
    for key in sorted(nodes):
        one = known[key]
        false, true = (_with_level(reduced, nodes[key], level) for level in ((0.0, 1.0) if one.defence_on else (1.0, 0.0)))
        trials.append(_Trial("assumption", key, one.statement, one.probability, false, true))
    return trials


def _with_level(reduced: Reduced, positions: list[int], level: float) -> Reduced:
    levels = reduced.defence_level.copy()
    levels[positions] = level
    return replace(reduced, defence_level=levels)


def _sources(graph: AttackGraph, reduced: Reduced) -> list[_Trial]:
    """The model with each source of times quicker, and slower."""
    places: dict[str, list[int]] = {}
    for position, node in enumerate(reduced.drawn.tolist()):
        step = graph.step(node)
        if step.ttc is not None and step.info.ttc:
            places.setdefault(step.info.ttc, []).append(position)
    return [
        _Trial("times", key, key, 1.0, slower(reduced, places[key], 1 / FACTOR), slower(reduced, places[key], FACTOR))
        for key in sorted(places)
    ]


def slower(reduced: Reduced, positions: Sequence[int], factor: float) -> Reduced:
    """Multiply the times of some draws: each distribution keeps its shape."""
    chosen = np.array(positions, dtype=np.int64)
    kinds = reduced.draw_kind[chosen]
    first, second = reduced.draw_first.copy(), reduced.draw_second.copy()
    one, two = first[chosen], second[chosen]
    scales_first = np.isin(kinds, [KINDS.index(name) for name in ("Uniform", "TruncatedNormal", "Pareto")])
    scales_second = np.isin(kinds, [KINDS.index(name) for name in ("Gamma", "Uniform", "TruncatedNormal")])
    first[chosen] = np.where(
        kinds == KINDS.index("Exponential"),
        one / factor,
        np.where(kinds == KINDS.index("LogNormal"), one + log(factor), np.where(scales_first, one * factor, one)),
    )
    second[chosen] = np.where(scales_second, two * factor, two)
    return replace(reduced, draw_first=first, draw_second=second)
