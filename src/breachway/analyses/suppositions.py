"""What a user supposes: that an assumption holds or not, that a defence is in force or not, that an asset is the attacker's."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from breachway.errors import UsageError
from breachway.graph.layout import DEFENCE
from breachway.threats.language import StepKind
from breachway.threats.possession import possessing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from breachway.graph.layout import AttackGraph
    from breachway.model import Asset

_STATES = {"on": True, "off": False}
_SHOWN = 5


class Supposition(NamedTuple):
    """One thing supposed: ``assumption`` holds or not or, where that is empty, ``defence`` of ``asset`` is in force or not.

    ``on`` says which, ``stands_at`` is the probability that the model gives it, ``words`` are for people.
    """

    assumption: str
    asset: str
    defence: str
    on: bool
    stands_at: float
    words: str


def supposed(texts: Sequence[str], graph: AttackGraph) -> tuple[Supposition, ...]:
    """Read ``ID=on`` or ``ASSET.defence=off``; :class:`UsageError` for what the model does not know, or is said both ways."""
    found: dict[tuple[str, str, str], Supposition] = {}
    for text in texts:
        name, equals, word = text.rpartition("=")
        state = _STATES.get(word.strip().lower())
        if not equals or not name.strip() or state is None:
            raise UsageError(f"{text} supposes nothing", hint="write ID=on or ID=off; breachway simulate --all lists the ids")
        one = _assumption(name.strip(), graph, on=state) or _defence(name.strip(), graph, on=state)
        known = found.setdefault(one[:3], one)
        if known.on != one.on:
            raise UsageError(f"{name.strip()} is supposed on and off", hint="leave out one of the two")
    return tuple(found.values())


def with_suppositions(graph: AttackGraph, chosen: Iterable[Supposition]) -> AttackGraph:
    """The graph in which they hold; what is said of a defence itself goes before what is said of an assumption behind it."""
    stated = {one.assumption: one.on for one in chosen if one.assumption}
    on_means = {one.id: one.defence_on for one in graph.model.assumptions}
    level = graph.level.copy()
    weakest: dict[int, float] = {}
    touched = set()
    for state in graph.model.defences:
        node = graph.find(state.asset, state.defence)
        if node is None:
            continue
        probability = state.probability
        if state.assumption in stated:
            probability = float(stated[state.assumption] == on_means[state.assumption])
            touched.add(node)
        weakest[node] = min(probability, weakest.get(node, 1.0))
    for node in touched:
        level[node] = weakest[node]
    for one in chosen:
        node = None if one.assumption else graph.find(one.asset, one.defence)
        if node is not None:
            level[node] = float(one.on)
    level.flags.writeable = False
    return replace(graph, level=level)


def asset_named(words: str, graph: AttackGraph) -> Asset:
    """The asset of this id, or the only one of this name; :class:`UsageError` with the nearest names."""
    found = _matching(words, graph)
    if not found:
        near = get_close_matches(words, sorted({name for asset in graph.model.assets for name in (asset.id, asset.name)}), n=3)
        raise UsageError(
            f"no asset is called {words}", hint=f"did you mean {', '.join(near)}?" if near else "ids stand in the JSON report"
        )
    if len(found) > 1:
        more = ", ..." if len(found) > _SHOWN else ""
        raise UsageError(
            f"{words} is the name of {len(found)} assets",
            hint=f"give one of {', '.join(asset.id for asset in found[:_SHOWN])}{more}",
        )
    return found[0]


def possessed(words: str, graph: AttackGraph) -> tuple[Asset, tuple[int, ...]]:
    """The asset that is meant and the nodes by which it is the attacker's; :class:`UsageError` where nothing can be possessed."""
    asset = asset_named(words, graph)
    asset_class = graph.language.assets[int(graph.class_of[graph.asset_index[asset.id]])]
    nodes = tuple(node for step in possessing(asset_class) if (node := graph.find(asset.id, step)) is not None)
    if not nodes:
        raise UsageError(
            f"{asset.id} is of kind {asset.kind}, which nobody can hold", hint="name what stands behind it, such as a container"
        )
    return asset, nodes


def _matching(words: str, graph: AttackGraph) -> list[Asset]:
    """By id, else by the path in the id, else by name."""
    assets = graph.model.assets
    return (
        [asset for asset in assets if asset.id == words]
        or [asset for asset in assets if asset.id.split(":", 2)[-1] == words]
        or [asset for asset in assets if asset.name == words]
    )


def _assumption(name: str, graph: AttackGraph, *, on: bool) -> Supposition | None:
    for one in graph.model.assumptions:
        if one.id == name:
            words = f"{one.statement}: {'yes' if on else 'no'}"
            return Supposition(name, "", "", on, one.probability, words)
    return None


def _defence(name: str, graph: AttackGraph, *, on: bool) -> Supposition:
    words, dot, defence = name.rpartition(".")
    if not dot:
        near = get_close_matches(name, [one.id for one in graph.model.assumptions], n=3)
        raise UsageError(
            f"there is no assumption {name}",
            hint=f"did you mean {', '.join(near)}?" if near else "a defence is written ASSET.defence",
        )
    asset = asset_named(words, graph)
    node = graph.find(asset.id, defence)
    if node is None or graph.kinds[node] != DEFENCE:
        asset_class = graph.language.assets[int(graph.class_of[graph.asset_index[asset.id]])]
        known = [step.name for step in asset_class.steps if step.kind is StepKind.DEFENCE]
        near = get_close_matches(defence, known, n=3) or known
        raise UsageError(
            f"{asset.id} has no defence {defence}", hint=f"it has {', '.join(near[:_SHOWN])}" if known else "it has none"
        )
    title = graph.step(node).info.title or defence
    said = f"{title} ({asset.name}): {'in force' if on else 'not in force'}"
    return Supposition("", asset.id, defence, on, float(graph.level[node]), said)
