"""Choke points: steps that many ranked paths pass, where one defence or one detector counts for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.assessment import ChokePoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.analyses.assessment import AttackPath, PathStep

_FEW = 2


def choke_points(paths: Iterable[AttackPath], *, most: int) -> tuple[ChokePoint, ...]:
    """Give the steps that at least two ranked paths pass between entry and goal, those of most paths first."""
    found: dict[tuple[str, str], tuple[PathStep, list[str]]] = {}
    for path in paths:
        for step in path.steps[:-1]:
            if step.needs:
                found.setdefault((step.asset, step.step), (step, []))[1].append(path.id)
    ranked = sorted(found.items(), key=lambda item: (-len(item[1][1]), item[0]))
    return tuple(
        ChokePoint(asset=asset, asset_name=step.asset_name, step=name, title=step.title, paths=tuple(dict.fromkeys(ids)))
        for (asset, name), (step, ids) in ranked[:most]
        if len(set(ids)) >= _FEW
    )
