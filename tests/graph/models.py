"""Models for any language: small and large ones, made at random from a seed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence, Location
from breachway.model import Asset, DefenceState, Link, Model
from breachway.threats.language import StepKind

if TYPE_CHECKING:
    from breachway.threats.language import Language


def evidence(note: str, line: int = 1) -> tuple[Evidence, ...]:
    return (Evidence(Location("made.yaml", "", line, 1), Basis.OBSERVED, note),)


def random_model(language: Language, seed: int, *, assets: int, links: int, kinds: tuple[str, ...] = ()) -> Model:
    """Give a model of so many assets of the concrete classes (or of ``kinds``), links that fit, and some defence states."""
    random = Random(seed)  # noqa: S311 - test data
    concrete = [asset for asset in language.assets if not asset.abstract and (not kinds or asset.name in kinds)]
    chosen = [random.choice(concrete) for _ in range(assets)]
    made = tuple(
        Asset(
            id=f"{kind.name}-{number:04}",
            kind=kind.name,
            name=f"{kind.name} {number}",
            platform="made",
            evidence=evidence("asset", number + 1),
        )
        for number, kind in enumerate(chosen)
    )
    below = {
        name.name: [asset.id for asset, kind in zip(made, chosen, strict=True) if name.name in kind.lineage]
        for name in language.assets
    }
    usable = [a for a in language.associations if below[a.left_asset] and below[a.right_asset]]
    drawn = set()
    for _ in range(links if usable else 0):
        association = random.choice(usable)
        drawn.add((association.name, random.choice(below[association.left_asset]), random.choice(below[association.right_asset])))
    states = tuple(
        DefenceState(
            asset=asset.id, defence=step.name, probability=random.choice((0.0, 0.0, 0.3, 1.0)), evidence=evidence(step.name)
        )
        for asset, kind in zip(made, chosen, strict=True)
        for step in kind.steps
        if step.kind is StepKind.DEFENCE and random.random() < 0.5
    )
    return Model(
        assets=made,
        links=tuple(
            Link(association=name, left=left, right=right, evidence=evidence(f"{name} {left} {right}"))
            for name, left, right in sorted(drawn)
        ),
        defences=states,
    )
