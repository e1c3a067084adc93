"""Security patterns on the components of a model: for each control the threat, its risk, the mitigation and its state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.assessment import Severity
from breachway.threats.patterns import load_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.analyses.risk import Risk, Risks
    from breachway.evidence import Evidence
    from breachway.graph.layout import AttackGraph
    from breachway.model import Asset, DefenceState
    from breachway.threats.patterns import Control

_LEVELS = tuple(Severity)


class PatternComponent(NamedTuple):
    """A component on which a control is not sure to be in force.

    ``state`` is "missing" where a defence of it is off and "assumed" where all that it lacks are assumptions; ``probability``
    is that of the least likely.  ``lacking`` are the defences that are off and ``unsure`` those that are assumed, in words.
    ``paths`` are the ranked paths that they would bar, ``risks`` the threats of those paths, and ``level`` the gravest of
    them: None where no ranked path hangs on them, or nothing was simulated.
    """

    asset: str
    name: str
    kind: str
    state: str
    probability: float
    lacking: tuple[str, ...]
    unsure: tuple[str, ...]
    assumptions: tuple[str, ...]
    paths: tuple[str, ...]
    risks: tuple[str, ...]
    level: Severity | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternControl:
    """A control with the number of components on which it is in force, and those on which it is not sure to be."""

    pattern: str
    key: str
    threat: str
    mitigation: str
    in_place: int
    components: tuple[PatternComponent, ...]

    @property
    def missing(self) -> int:
        """On how many components it is missing."""
        return sum(one.state == "missing" for one in self.components)


def pattern_controls(
    graph: AttackGraph, barred: Mapping[tuple[str, str], tuple[str, ...]], risks: Risks | None
) -> tuple[PatternControl, ...]:
    """Give each control that concerns a component of the model, those without one left out.

    ``barred`` gives, by asset and defence, the ids of the ranked paths that the defence would bar.  A defence of which the
    model says nothing on a component is no part of the answer.
    """
    by_path: dict[str, list[Risk]] = {}
    for risk in risks.threats if risks is not None else ():
        for path in risk.paths:
            by_path.setdefault(path, []).append(risk)
    states = _states(graph)
    assets = {asset.id: asset for asset in graph.model.assets}
    found = []
    for control in load_controls():
        concerned: dict[str, list[DefenceState]] = {}
        for defence in control.defences:
            for state in states.get(defence, ()):
                concerned.setdefault(state.asset, []).append(state)
        if concerned:
            found.append(_control(graph, control, [(assets[asset], concerned[asset]) for asset in concerned], barred, by_path))
    return tuple(found)


def _states(graph: AttackGraph) -> dict[str, list[DefenceState]]:
    """The states of the model by ``Class.defence``, under the class of the asset and each above it."""
    kinds = {asset.id: asset.kind for asset in graph.model.assets}
    lineages = {kind.name: kind.lineage for kind in graph.language.assets}
    found: dict[str, list[DefenceState]] = {}
    for state in graph.model.defences:
        for name in lineages[kinds[state.asset]]:
            found.setdefault(f"{name}.{state.defence}", []).append(state)
    return found


def _control(
    graph: AttackGraph,
    control: Control,
    concerned: Iterable[tuple[Asset, list[DefenceState]]],
    barred: Mapping[tuple[str, str], tuple[str, ...]],
    by_path: Mapping[str, list[Risk]],
) -> PatternControl:
    in_place, components = 0, []
    for asset, states in concerned:
        lacking = [state for state in states if state.probability < 1.0]
        if lacking:
            components.append(_component(graph, asset, lacking, barred, by_path))
        else:
            in_place += 1
    components.sort(
        key=lambda one: (
            len(_LEVELS) if one.level is None else _LEVELS.index(one.level),
            not one.paths,
            one.probability,
            one.asset,
        )
    )
    return PatternControl(
        pattern=control.pattern,
        key=control.key,
        threat=control.threat,
        mitigation=control.mitigation,
        in_place=in_place,
        components=tuple(components),
    )


def _component(
    graph: AttackGraph,
    asset: Asset,
    lacking: list[DefenceState],
    barred: Mapping[tuple[str, str], tuple[str, ...]],
    by_path: Mapping[str, list[Risk]],
) -> PatternComponent:
    paths = tuple(dict.fromkeys(path for state in lacking for path in barred.get((asset.id, state.defence), ())))
    risks = sorted({risk for path in paths for risk in by_path.get(path, ())}, key=lambda risk: int(risk.id[1:]))
    return PatternComponent(
        asset=asset.id,
        name=asset.name,
        kind=asset.kind,
        state="missing" if any(state.probability == 0.0 for state in lacking) else "assumed",
        probability=min(state.probability for state in lacking),
        lacking=tuple(_title(graph, state) for state in lacking if state.probability == 0.0),
        unsure=tuple(_title(graph, state) for state in lacking if state.probability > 0.0),
        assumptions=tuple(sorted({state.assumption for state in lacking if state.assumption})),
        paths=paths,
        risks=tuple(risk.id for risk in risks),
        level=min((risk.level for risk in risks), key=_LEVELS.index, default=None),
        evidence=tuple(dict.fromkeys(item for state in lacking for item in state.evidence)),
    )


def _title(graph: AttackGraph, state: DefenceState) -> str:
    node = graph.find(state.asset, state.defence)
    return state.defence if node is None else graph.step(node).info.title or state.defence
