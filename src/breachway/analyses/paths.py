"""From ways to the ranked paths of an assessment: steps in words, each with the evidence that makes it possible."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.assessment import AttackPath, PathStep, Severity
from breachway.analyses.fingerprints import fingerprint
from breachway.analyses.ways import variants
from breachway.evidence import Basis
from breachway.graph.explaining import Explainer
from breachway.graph.layout import AND, DEFENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.analyses.ways import Way
    from breachway.evidence import Evidence
    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Doubles
    from breachway.model import DefenceState

_SOON, _LATER = 30.0, 180.0
_DEAR, _MIDDLING = 8, 5
_EVEN = 0.5
_OUTSIDE = frozenset({"A1"})
_WORDS = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
_BASES = (Basis.OBSERVED, Basis.DEFAULTED, Basis.ASSUMED)


def severity_of(days: float, value: int, *, inside: bool = False, doubtful: bool = False) -> Severity:
    """Give the severity of a path: by what it costs the owner and how soon, then by what must come true first.

    Critical is kept for one thing: somebody from outside takes a crown jewel of value 8 to 10 within 30 expected days, more
    likely than not.  Each of these takes one word off: a lower value (two words below 5); a longer time (two words beyond 180
    days); an attacker that is ``inside`` already, by a foothold, a job or a slip; and a ``doubtful`` path, whose assumptions
    together are less likely than not.
    """
    worth = 0 if value >= _DEAR else 1 if value >= _MIDDLING else 2
    pace = 0 if days <= _SOON else 1 if days <= _LATER else 2
    return _WORDS[min(worth + pace + inside + doubtful, len(_WORDS) - 1)]


class _Carried(NamedTuple):
    """What a step left out hands to the steps after it."""

    needs: tuple[int, ...]
    evidence: tuple[Evidence, ...]


class PathWriter:
    """Writes ways of one graph as paths."""

    def __init__(self, graph: AttackGraph, gates: Gates, own: Doubles, states: Mapping[tuple[str, str], DefenceState]) -> None:
        self._graph = graph
        self._gates = gates
        self._own = own
        self._states = states
        self._explainer = Explainer(graph)

    def write(self, way: Way, *, identifier: str, cut_by: tuple[str, ...], decision: str) -> AttackPath:
        """Write one path under its id."""
        steps = self.steps(way)
        return AttackPath(
            id=identifier,
            fingerprint=self.fingerprint(way),
            actor=way.stance.info.id,
            entry_title=self.entry_title(way),
            goal_asset=way.jewel.asset,
            goal_title=way.jewel.title,
            expected_days=shown_days(way.derivation.days),
            severity=self.severity(way),
            steps=steps,
            cut_by=cut_by,
            assumptions=self._assumptions(way),
            variants=variants(self._graph, self._gates, way),
            decision=decision,
            own_ground=way.own_ground,
        )

    def severity(self, way: Way) -> Severity:
        """The severity of a way; the lowest for one that stays on the attacker's own ground."""
        if way.own_ground:
            return Severity.LOW
        inside = way.stance.info.id not in _OUTSIDE
        return severity_of(way.derivation.days, way.jewel.value, inside=inside, doubtful=self._chance(way) < _EVEN)

    def _chance(self, way: Way) -> float:
        """How likely it is that every assumption that would bar the way is wrong, each taken once."""
        nodes = (node for node, parents in way.derivation.needs if parents)
        held = {state.assumption: state.probability for node in nodes for state in self._open_defences(node) if state.assumption}
        return prod(1.0 - held[name] for name in sorted(held))

    def entry_title(self, way: Way) -> str:
        """The words for where a way starts."""
        return ", ".join(dict.fromkeys(way.stance.starts[entry].title for entry in way.derivation.entries))

    def fingerprint(self, way: Way) -> str:
        """The actor and the shown steps, by asset id and step name."""
        graph = self._graph
        shown = [node for node, _ in way.derivation.needs if self._shown(way, node)]
        return fingerprint(
            "path", way.stance.info.id, *(word for node in shown for word in (graph.asset_id(node), graph.step(node).name))
        )

    def length(self, way: Way) -> int:
        """How many steps a way has, plumbing left out."""
        return sum(self._shown(way, node) for node, _ in way.derivation.needs)

    def steps(self, way: Way) -> tuple[PathStep, ...]:
        """Give the steps.  Those without a title only join others: left out, and their evidence stands at the next one shown."""
        written: list[PathStep] = []
        carried: dict[int, _Carried] = {}
        for node, parents in way.derivation.needs:
            needs = tuple(sorted({need for parent in parents for need in carried[parent].needs}))
            passed = [item for parent in parents for item in carried[parent].evidence]
            found = [*self._why(way, node, parents), *passed]
            if not self._shown(way, node):
                carried[node] = _Carried(needs, tuple(dict.fromkeys(found)))
                continue
            written.append(self._step(way, node, needs, found))
            carried[node] = _Carried((len(written) - 1,), ())
        return tuple(written)

    def _shown(self, way: Way, node: int) -> bool:
        return node == way.derivation.goal or bool(self._graph.step(node).info.title)

    def _step(self, way: Way, node: int, needs: tuple[int, ...], found: list[Evidence]) -> PathStep:
        asset = self._graph.model.assets[int(self._graph.asset_of[node])]
        step = self._graph.step(node)
        at_entry = node in way.derivation.entries
        return PathStep(
            asset=asset.id,
            asset_name=asset.name,
            step=step.name,
            technique=f"{step.declared_in}.{step.name}",
            title=step.info.title or way.jewel.title,
            sentence=step.info.sentence,
            days=0.0 if at_entry else shown_days(float(self._own[node])),
            needs=needs,
            evidence=tuple(dict.fromkeys(found)) or asset.evidence[:1],
            attack=step.info.attack,
            stride=step.info.stride,
        )

    def _why(self, way: Way, node: int, parents: tuple[int, ...]) -> list[Evidence]:
        """The weaknesses that a step uses, the most certain first, then the links by which it follows from its parents."""
        if not parents:
            return list(way.stance.starts[node].evidence)
        gates = [item for state in self._open_defences(node) for item in state.evidence]
        links = [item for parent in parents for link in self._explainer.links_between(parent, node) for item in link.evidence]
        return [*sorted(gates, key=lambda item: _BASES.index(item.basis)), *links]

    def _open_defences(self, node: int) -> list[DefenceState]:
        """The stated defences over an AND step that are off."""
        graph = self._graph
        if graph.kinds[node] != AND:
            return []
        off = [p for p in graph.parents.of(node).tolist() if graph.kinds[p] == DEFENCE and not self._gates.necessary[p]]
        states = (self._states.get((graph.asset_id(parent), graph.step(parent).name)) for parent in off)
        return [state for state in states if state is not None]

    def _assumptions(self, way: Way) -> tuple[str, ...]:
        nodes = (node for node, parents in way.derivation.needs if parents)
        return tuple(sorted({state.assumption for node in nodes for state in self._open_defences(node) if state.assumption}))


def shown_days(days: float) -> float:
    """Round days to what the figures can carry, which also takes off the small sum that every step costs."""
    return round(days, 4)
