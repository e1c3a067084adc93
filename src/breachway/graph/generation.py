"""From a language and a model to the attack graph.

Nodes are the own and inherited steps of each asset; edges are a set.  The work is done for all assets of a class at once, and
grows with the number of assets, links and edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import numpy as np

from breachway.errors import LanguageError
from breachway.graph.distributions import mean_days
from breachway.graph.expressions import Evaluator
from breachway.graph.layout import AND, DEFENCE, EXISTS, NOT_EXISTS, OR, AttackGraph, Field, compress, distinct
from breachway.threats.language import StepKind

if TYPE_CHECKING:
    from breachway.graph.expressions import Pairs
    from breachway.graph.layout import Floats, Ints, Longs, Rows
    from breachway.model import Model
    from breachway.threats.language import AssetClass, Expression, Language

_KINDS = {
    StepKind.OR: OR,
    StepKind.AND: AND,
    StepKind.DEFENCE: DEFENCE,
    StepKind.EXISTS: EXISTS,
    StepKind.NOT_EXISTS: NOT_EXISTS,
}


def generate(language: Language, model: Model) -> AttackGraph:
    """Build the attack graph.

    :class:`LanguageError` names an asset kind, association or defence that the language does not know, and a link or defence of
    an asset that the model does not hold.  Multiplicities are not looked at here (see
    :func:`breachway.graph.checking.check_model`).
    """
    classes = {asset.name: position for position, asset in enumerate(language.assets)}
    index = {asset.id: position for position, asset in enumerate(model.assets)}
    if len(index) != len(model.assets):
        _fail("two assets of the model have one id")
    class_of = np.array([_class(classes, asset.kind, asset.id) for asset in model.assets], dtype=np.int32)
    sizes = np.array([len(asset.steps) for asset in language.assets], dtype=np.int32)
    first = np.zeros(len(index) + 1, dtype=np.int32)
    np.cumsum(sizes[class_of], out=first[1:])
    fields = _fields(language, model, index)
    evaluator = Evaluator(language, fields, class_of)
    members = {
        position: found
        for position, asset in enumerate(language.assets)
        if asset.steps and (found := np.flatnonzero(class_of == position)).size
    }
    children, parents = _edges(language, evaluator, members, class_of, first)
    level = _levels(language, evaluator, members, first)
    _defences(language, model, index, class_of, first, level)
    arrays = _per_node(language, members, first)
    asset_of = np.repeat(np.arange(len(index), dtype=np.int32), np.diff(first))
    for array in (class_of, first, asset_of, level, *arrays):
        array.flags.writeable = False
    return AttackGraph(
        language=language,
        model=model,
        asset_index=index,
        class_of=class_of,
        first=first,
        asset_of=asset_of,
        kinds=arrays[0],
        days=arrays[1],
        chance=arrays[2],
        level=level,
        children=children,
        parents=parents,
        fields=fields,
    )


def _class(classes: dict[str, int], kind: str, asset: str) -> int:
    position = classes.get(kind)
    return _fail(f"asset {asset} is of kind {kind}, which the threat language does not know") if position is None else position


def _fields(language: Language, model: Model, index: dict[str, int]) -> dict[str, Field]:
    known = {association.name: association for association in language.associations}
    ends: dict[str, tuple[list[int], list[int], list[int]]] = {}
    for position, link in enumerate(model.links):
        association = known.get(link.association)
        if association is None:
            _fail(f"the threat language knows no association {link.association} (between {link.left} and {link.right})")
        left, right = index.get(link.left), index.get(link.right)
        if left is None or right is None:
            _fail(f"a link {link.association} names {link.right if right is None else link.left}, which is no asset of the model")
        for name, here, there in ((association.right_field, left, right), (association.left_field, right, left)):
            rows, items, links = ends.setdefault(name, ([], [], []))
            rows.append(here)
            items.append(there)
            links.append(position)
    fields = {}
    for name, (rows, items, links) in sorted(ends.items()):
        compressed, order = compress(np.array(rows, dtype=np.int64), np.array(items, dtype=np.int64), len(index))
        fields[name] = Field(compressed, np.array(links, dtype=np.int32)[order])
    return fields


def _edges(language: Language, evaluator: Evaluator, members: dict[int, Longs], class_of: Ints, first: Ints) -> tuple[Rows, Rows]:
    places = _places(language)
    total = int(first[-1])
    keys: list[Longs] = []
    for position, assets in members.items():
        asset_class = language.assets[position]
        evaluated: dict[Expression, Pairs] = {}
        for own, step in enumerate(asset_class.steps):
            for target in step.targets:
                if target.via is None:
                    starts = ends = assets
                else:
                    if target.via not in evaluated:
                        evaluated[target.via] = evaluator.evaluate(target.via, assets)
                    starts, ends = evaluated[target.via]
                place = places.get(target.step, _nowhere(language))[class_of[ends]]
                if (place < 0).any():
                    missing = language.assets[class_of[ends[place < 0][0]]].name
                    _fail(f"{asset_class.name}.{step.name} leads to {target.step}, which {missing} does not have")
                keys.append((first[starts].astype(np.int64) + own) * total + first[ends] + place)
    edges = distinct(np.concatenate(keys)) if keys else np.zeros(0, dtype=np.int64)
    source, target_node = np.divmod(edges, max(total, 1))
    return compress(source, target_node, total)[0], compress(target_node, source, total)[0]


def _places(language: Language) -> dict[str, Longs]:
    """For each step name, the place of that step in each class, -1 where the class has none."""
    places: dict[str, Longs] = {}
    for position, asset in enumerate(language.assets):
        for place, step in enumerate(asset.steps):
            places.setdefault(step.name, _nowhere(language))[position] = place
    return places


def _nowhere(language: Language) -> Longs:
    return np.full(len(language.assets), -1, dtype=np.int64)


def _levels(language: Language, evaluator: Evaluator, members: dict[int, Longs], first: Ints) -> Floats:
    """The default of each defence, and 1 for each existence step of which any requirement gives an asset."""
    level = np.zeros(int(first[-1]), dtype=np.float32)
    for position, assets in members.items():
        for own, step in enumerate(language.assets[position].steps):
            if step.kind is StepKind.DEFENCE:
                level[first[assets] + own] = step.default_on
            for requirement in step.requires:
                holders = evaluator.evaluate(requirement, assets).starts
                level[first[holders] + own] = 1.0
    return level


def _defences(language: Language, model: Model, index: dict[str, int], class_of: Ints, first: Ints, level: Floats) -> None:
    """Put the model's defence states over the defaults; of two states for one defence the weaker counts."""
    names = [_defence_names(asset) for asset in language.assets]
    seen: dict[int, float] = {}
    for state in model.defences:
        asset = index.get(state.asset)
        if asset is None:
            _fail(f"defence {state.defence} is set on {state.asset}, which is no asset of the model")
        place = names[class_of[asset]].get(state.defence)
        if place is None:
            _fail(f"asset {state.asset} of kind {model.assets[asset].kind} has no defence {state.defence}")
        node = int(first[asset]) + place
        seen[node] = min(state.probability, seen.get(node, 1.0))
    if seen:
        level[np.fromiter(seen.keys(), dtype=np.int64, count=len(seen))] = list(seen.values())


def _defence_names(asset: AssetClass) -> dict[str, int]:
    return {step.name: place for place, step in enumerate(asset.steps) if step.kind is StepKind.DEFENCE}


def _per_node(
    language: Language, members: dict[int, Longs], first: Ints
) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint8]], Floats, Floats]:
    total = int(first[-1])
    kinds = np.zeros(total, dtype=np.uint8)
    days = np.zeros(total, dtype=np.float32)
    chance = np.ones(total, dtype=np.float32)
    for position, assets in members.items():
        for own, step in enumerate(language.assets[position].steps):
            nodes = first[assets] + own
            kinds[nodes] = _KINDS[step.kind]
            if step.ttc is not None and step.kind in (StepKind.OR, StepKind.AND):
                days[nodes] = mean_days(step.ttc)
                chance[nodes] = step.ttc.bernoulli
    return kinds, days, chance


def _fail(message: str) -> NoReturn:
    raise LanguageError(message, hint="this is a fault of Breachway, not of your files: please report it")
