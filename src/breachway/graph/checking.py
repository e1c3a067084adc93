"""What is wrong with a model under a language, for the tests of the mapping; the generator itself does not look at it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from breachway.graph.layout import AND, OR
from breachway.threats.language import StepKind

if TYPE_CHECKING:
    from breachway.graph.layout import AttackGraph
    from breachway.model import Model
    from breachway.threats.language import Language


def check_model(language: Language, model: Model) -> tuple[str, ...]:
    """List, sorted, everything in the model that the language does not allow, and every broken multiplicity."""
    classes = {asset.name: asset for asset in language.assets}
    kinds = {asset.id: asset.kind for asset in model.assets}
    problems = [
        f"two assets have the id {name}" for name, count in Counter(asset.id for asset in model.assets).items() if count > 1
    ]
    for asset in model.assets:
        if asset.kind not in classes:
            problems.append(f"asset {asset.id} is of unknown kind {asset.kind}")
        elif classes[asset.kind].abstract:
            problems.append(f"asset {asset.id} is of abstract kind {asset.kind}")
        if asset.boundary and asset.boundary not in kinds:
            problems.append(f"asset {asset.id} is inside {asset.boundary}, which is no asset")
    problems += _links(language, model, kinds)
    problems += _steps(language, model, kinds)
    return tuple(sorted(problems))


def _links(language: Language, model: Model, kinds: dict[str, str]) -> list[str]:
    lineage = {asset.name: asset.lineage for asset in language.assets}
    associations = {association.name: association for association in language.associations}
    problems = []
    counts: Counter[tuple[str, str, str]] = Counter()
    for link in sorted({(link.association, link.left, link.right) for link in model.links}):
        name, left, right = link
        if name not in associations:
            problems.append(f"link {left} - {right} is of unknown association {name}")
            continue
        association = associations[name]
        for end, wanted in ((left, association.left_asset), (right, association.right_asset)):
            if wanted not in lineage.get(kinds.get(end, ""), ()):
                problems.append(f"link {name} wants {wanted} where {end} is {kinds.get(end, 'no asset')}")
        counts[name, "right", left] += 1
        counts[name, "left", right] += 1
    for association in language.associations:
        for side, owner, other, least, most in (
            ("right", association.left_asset, association.right_field, association.right_min, association.right_max),
            ("left", association.right_asset, association.left_field, association.left_min, association.left_max),
        ):
            for asset in model.assets:
                count = counts[association.name, side, asset.id]
                if owner in lineage.get(asset.kind, ()) and (count < least or (most is not None and count > most)):
                    problems.append(
                        f"{asset.id} has {count} {other} ({association.name}), outside {least}..{'*' if most is None else most}"
                    )
    return problems


def _steps(language: Language, model: Model, kinds: dict[str, str]) -> list[str]:
    steps = {(asset.name, step.name): step.kind for asset in language.assets for step in asset.steps}
    attack = (StepKind.OR, StepKind.AND)
    problems = []
    for state, times in Counter((state.asset, state.defence) for state in model.defences).items():
        asset, defence = state
        if steps.get((kinds.get(asset, ""), defence)) is not StepKind.DEFENCE:
            problems.append(f"{asset} ({kinds.get(asset, 'no asset')}) has no defence {defence}")
        if times > 1:
            problems.append(f"defence {defence} of {asset} is stated {times} times")
    wanted = [("crown jewel", jewel.asset, jewel.step) for jewel in model.crown_jewels]
    wanted += [("entry point", entry.asset, entry.step) for entry in model.entry_points]
    for what, asset, step in wanted:
        if steps.get((kinds.get(asset, ""), step)) not in attack:
            problems.append(f"{what} {asset}:{step} is no attack step of {kinds.get(asset, 'no asset')}")
    return problems


def conjunctions(graph: AttackGraph) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """List every kind of AND step that waits for several attack steps somewhere in the graph, with the kinds it waits for.

    Kinds are written ``Class.step``.  An AND step needs all of them.  Where the language means any of them, an OR step belongs in
    between; this list is how to see it.
    """
    rows = np.repeat(np.arange(graph.size), np.diff(graph.parents.starts))
    attack = (graph.kinds[graph.parents.items] <= AND) & (graph.kinds[rows] == AND)
    joined = np.flatnonzero(np.bincount(rows[attack], minlength=graph.size) > 1)
    found: dict[str, set[str]] = {}
    for node in joined.tolist():
        parents = (parent for parent in graph.parents.of(node).tolist() if graph.kinds[parent] in (OR, AND))
        found.setdefault(_kind(graph, node), set()).update(_kind(graph, parent) for parent in parents)
    return tuple((kind, tuple(sorted(parents))) for kind, parents in sorted(found.items()))


def _kind(graph: AttackGraph, node: int) -> str:
    return f"{graph.language.assets[int(graph.class_of[graph.asset_of[node]])].name}.{graph.step(node).name}"
