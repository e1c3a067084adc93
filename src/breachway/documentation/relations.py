"""How the steps of a language hang together by class: what leads to a step, what it leads to, and which defences stop it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from breachway.threats.language import (
    Collect,
    FieldStep,
    SetDifference,
    SetIntersection,
    SetUnion,
    StepKind,
    Subtype,
    Transitive,
)

if TYPE_CHECKING:
    from breachway.threats.catalogue import WeaknessInfo
    from breachway.threats.language import AssetClass, Expression, Language, Step

_FACTS = frozenset({StepKind.DEFENCE, StepKind.EXISTS, StepKind.NOT_EXISTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """A step that people read, in the class that declares its words.  ``id`` is ``Class.step``.

    ``leads_to`` are ids of techniques, past plumbing; ``stopped_by`` are ids of defences.  ``needs`` says how it is reached:
    it takes one technique out of each group, and there is one group unless the step needs several things at once.
    """

    id: str
    asset: AssetClass
    step: Step
    leads_to: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]
    stopped_by: tuple[str, ...]

    @property
    def comes_from(self) -> tuple[str, ...]:
        """Every technique that leads to this one, sorted."""
        return tuple(sorted({identifier for group in self.needs for identifier in group}))


@dataclass(frozen=True, slots=True)
class _Graph:
    """The steps under the ids of their documentation, and the edges between them as the expressions' classes give them."""

    classes: dict[str, AssetClass]
    fields: dict[str, dict[str, str]]
    steps: dict[str, tuple[AssetClass, Step]]
    edges: dict[str, set[str]]


def techniques(language: Language) -> tuple[Technique, ...]:
    """Give every attack step with a title, sorted by id."""
    graph = _graph(language)
    attacks = {identifier for identifier, (_, step) in graph.steps.items() if step.info.title and step.kind not in _FACTS}
    forward = {identifier: _past_plumbing(graph, identifier, attacks) for identifier in attacks}
    parents = _parents(graph)
    stops: dict[str, set[str]] = {identifier: set() for identifier in attacks}
    for identifier, (_, step) in graph.steps.items():
        if step.kind is StepKind.DEFENCE:
            for target in graph.edges[identifier] & attacks:
                stops[target].add(identifier)
    return tuple(
        Technique(
            id=identifier,
            asset=graph.steps[identifier][0],
            step=graph.steps[identifier][1],
            leads_to=tuple(sorted(forward[identifier])),
            needs=_needs(graph, parents, identifier, attacks),
            stopped_by=tuple(sorted(stops[identifier])),
        )
        for identifier in sorted(attacks)
    )


def defences(language: Language) -> tuple[tuple[str, Step], ...]:
    """Give every defence as id and step, sorted by id, in the class that declares it."""
    found = {
        f"{asset.name}.{step.name}": step
        for asset in language.assets
        for step in asset.steps
        if step.kind is StepKind.DEFENCE and step.declared_in == asset.name
    }
    return tuple((identifier, found[identifier]) for identifier in sorted(found))


def weaknesses_by_defence(catalogue: tuple[WeaknessInfo, ...]) -> dict[str, tuple[str, ...]]:
    """Give the keys of the weaknesses that mean, or may mean, the absence of a defence, by the defence's id."""
    found: dict[str, list[str]] = {}
    for weakness in catalogue:
        for defence in (*weakness.defences, *weakness.may_weaken):
            found.setdefault(defence, []).append(weakness.key)
    return {defence: tuple(sorted(keys)) for defence, keys in found.items()}


def technique_id(language: Language, asset: str, step: str) -> str:
    """Give the id under which a step is documented: that of the farthest ancestor that has the same words for it."""
    return _owner({each.name: each for each in language.assets}, asset, step)


def _owner(classes: dict[str, AssetClass], asset: str, step: str) -> str:
    title = _step(classes[asset], step).info.title
    owner = asset
    for ancestor in classes[asset].lineage[1:]:
        if not any(each.name == step and each.info.title == title for each in classes[ancestor].steps):
            break
        owner = ancestor
    return f"{owner}.{step}"


def _step(asset: AssetClass, name: str) -> Step:
    return next(each for each in asset.steps if each.name == name)


def _graph(language: Language) -> _Graph:
    classes = {asset.name: asset for asset in language.assets}
    fields: dict[str, dict[str, str]] = {name: {} for name in classes}
    for association in language.associations:
        fields[association.left_asset][association.right_field] = association.right_asset
        fields[association.right_asset][association.left_field] = association.left_asset
    below = {name: tuple(each.name for each in language.assets if name in each.lineage) for name in classes}
    graph = _Graph(classes, fields, {}, {})
    for asset in language.assets:
        for step in asset.steps:
            identifier = _owner(classes, asset.name, step.name)
            owner = classes[identifier.split(".", 1)[0]]
            graph.steps[identifier] = (owner, _step(owner, step.name))
            edges = graph.edges.setdefault(identifier, set())
            for target in step.targets:
                reached = asset.name if target.via is None else _reached(graph, asset.name, target.via)
                edges.update(_owner(classes, each, target.step) for each in below[reached])
    return graph


def _reached(graph: _Graph, asset: str, expression: Expression) -> str:
    """Give the class of the assets that the expression leads to."""
    match expression:
        case FieldStep(name):
            return next(graph.fields[each][name] for each in graph.classes[asset].lineage if name in graph.fields[each])
        case Collect(left, right):
            return _reached(graph, _reached(graph, asset, left), right)
        case Subtype(_, below):
            return below
        case Transitive(inner):
            return _common(graph, asset, _reached(graph, asset, inner))
        case SetUnion(left, right) | SetIntersection(left, right) | SetDifference(left, right):
            return _common(graph, _reached(graph, asset, left), _reached(graph, asset, right))
        case _:
            assert_never(expression)


def _common(graph: _Graph, left: str, right: str) -> str:
    ancestors = graph.classes[right].lineage
    return next((name for name in graph.classes[left].lineage if name in ancestors), left)


def _parents(graph: _Graph) -> dict[str, set[str]]:
    """Give the attack steps that lead to each step directly."""
    found: dict[str, set[str]] = {identifier: set() for identifier in graph.steps}
    for identifier, (_, step) in graph.steps.items():
        if step.kind not in _FACTS:
            for target in graph.edges[identifier]:
                found[target].add(identifier)
    return found


def _needs(graph: _Graph, parents: dict[str, set[str]], identifier: str, shown: set[str]) -> tuple[tuple[str, ...], ...]:
    """Give the groups of shown steps of which ``identifier`` takes one each."""
    groups: list[set[str]] = []
    for parent in sorted(parents[identifier]):
        group: set[str] = set()
        seen: set[str] = set()
        pending = [parent]
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            if current in shown:
                group.add(current)
            else:
                pending.extend(parents[current])
        groups.append(group)
    if graph.steps[identifier][1].kind is StepKind.OR:
        groups = [set().union(*groups)]
    return tuple(sorted({tuple(sorted(group)) for group in groups if group}))


def _past_plumbing(graph: _Graph, start: str, shown: set[str]) -> frozenset[str]:
    """Give the shown steps that ``start`` leads to, going through steps that have no title."""
    found: set[str] = set()
    seen = {start}
    pending = list(graph.edges[start])
    while pending:
        identifier = pending.pop()
        if identifier in seen:
            continue
        seen.add(identifier)
        if identifier in shown:
            found.add(identifier)
        elif identifier in graph.edges:
            pending.extend(graph.edges[identifier])
    return frozenset(found)
