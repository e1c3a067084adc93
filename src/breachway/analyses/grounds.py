"""What simulated figures stand on: where the times to compromise come from, and which assumptions are in play."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.graph.layout import AttackGraph
    from breachway.graph.simulation.reduction import Reduced
    from breachway.graph.simulation.sampling import Passed
    from breachway.threats.language import Distribution


class TimeSource(NamedTuple):
    """A source of times, as the language states it; ``steps`` on the quickest ways rest on it, ``passes`` times in all."""

    source: str
    distribution: str
    steps: int
    passes: int


class AssumptionInPlay(NamedTuple):
    """An assumption on which steps that were sampled hang; ``probability`` that ``statement`` holds."""

    id: str
    statement: str
    subject: str
    probability: float
    rationale: str


class Grounds(NamedTuple):
    """Sources by how often they count, assumptions by id."""

    times: tuple[TimeSource, ...]
    assumptions: tuple[AssumptionInPlay, ...]


def grounds_of(graph: AttackGraph, reduced: Reduced, passed: Sequence[Passed]) -> Grounds:
    """Collect the sources of the steps in ``passed``, and the assumptions behind the defences that were drawn."""
    counts: Counter[int] = Counter()
    for one in passed:
        counts.update(dict(zip(one.steps.tolist(), one.counts.tolist(), strict=True)))
    steps: Counter[tuple[str, str]] = Counter()
    passes: Counter[tuple[str, str]] = Counter()
    for place, count in counts.items():
        step = graph.step(int(reduced.nodes[place]))
        if step.ttc is not None:
            key = (step.info.ttc, written(step.ttc))
            steps[key] += 1
            passes[key] += count
    times = [TimeSource(source, law, steps[source, law], passes[source, law]) for source, law in steps]
    drawn = {graph.name(node) for node in reduced.defences.tolist()}
    ids = {state.assumption for state in graph.model.defences if state.assumption and f"{state.asset}:{state.defence}" in drawn}
    assumptions = [
        AssumptionInPlay(one.id, one.statement, one.subject, one.probability, one.rationale)
        for one in graph.model.assumptions
        if one.id in ids
    ]
    return Grounds(
        tuple(sorted(times, key=lambda one: (-one.passes, one.source, one.distribution))),
        tuple(sorted(assumptions, key=lambda one: one.id)),
    )


def written(ttc: Distribution) -> str:
    """A distribution as MAL writes it, in days."""
    law = f"{ttc.name}({', '.join(f'{value:g}' for value in ttc.arguments)})"
    return law if ttc.bernoulli >= 1.0 else f"{law} * Bernoulli({ttc.bernoulli:g})"
