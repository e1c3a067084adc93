"""The principles as figures: attack surface, defence in depth, blast radius and segregation of duties, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.blast import blast_radii
from breachway.analyses.depth import depths
from breachway.analyses.segregation import both_sides
from breachway.graph.gates import IN_FORCE, gates_of
from breachway.graph.generation import generate
from breachway.threats.loading import load_language
from breachway.threats.principles import surface_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.analyses.blast import Radius
    from breachway.analyses.depth import Depth
    from breachway.analyses.segregation import BothSides
    from breachway.evidence import Location
    from breachway.graph.layout import AttackGraph
    from breachway.model import CrownJewel, DefenceState, Model
    from breachway.threats.language import Language
    from breachway.threats.principles import SurfaceKind

JEWELS_IN_DEPTH = 24
"""How many of the dearest crown jewels defence in depth is counted for."""


MOST_STEPS_IN_DEPTH = 40_000
"""Above so many attack steps the search for a depth takes minutes; it is left out then, and said."""


class SurfaceItem(NamedTuple):
    """One thing that counts, and where the input says so; ``assumed`` when that rests on an assumption."""

    asset: str
    location: Location | None
    assumed: bool


class Surface(NamedTuple):
    """One count: ``items`` among ``among`` assets of the class."""

    kind: SurfaceKind
    items: tuple[SurfaceItem, ...]
    among: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Principles:
    """The figures; ``jewels`` are the crown jewels, the dearest first.

    The first ``in_depth`` of them have a depth, none in a large model.
    """

    version: str
    surface: tuple[Surface, ...]
    depths: tuple[Depth, ...]
    in_depth: int
    radii: tuple[Radius, ...]
    duties: tuple[BothSides, ...]
    jewels: tuple[CrownJewel, ...]


def principles(model: Model, language: Language | None = None, *, version: str = "") -> Principles:
    """Count; :class:`LanguageError` when the model does not fit the language."""
    graph = generate(load_language() if language is None else language, model)
    gates = gates_of(graph)
    jewels = tuple(sorted(model.crown_jewels, key=lambda jewel: (-jewel.value, jewel.asset, jewel.step)))
    in_depth = min(JEWELS_IN_DEPTH, len(jewels)) if graph.size <= MOST_STEPS_IN_DEPTH else 0
    return Principles(
        version=version,
        surface=surface(graph),
        depths=depths(graph, jewels[:in_depth]),
        in_depth=in_depth,
        radii=blast_radii(graph, gates, jewels),
        duties=both_sides(graph, gates),
        jewels=jewels,
    )


def surface(graph: AttackGraph) -> tuple[Surface, ...]:
    """Count what an attacker can work on, in the order of the catalogue."""
    states = {(state.asset, state.defence): state for state in graph.model.defences}
    lineage = {asset.name: asset.lineage for asset in graph.language.assets}
    found = []
    for kind in surface_kinds():
        assets = [asset for asset in graph.model.assets if kind.asset_class in lineage[asset.kind]]
        items = [(asset, _off(graph, asset.id, kind.off, states)) for asset in assets]
        counted = tuple(
            SurfaceItem(
                asset.id,
                next((one.location for one in (*(state.evidence if state else ()), *asset.evidence)), None),
                bool(state and state.assumption),
            )
            for asset, (off, state) in items
            if off
        )
        found.append(Surface(kind, counted, len(assets)))
    return tuple(found)


def _off(
    graph: AttackGraph, asset: str, defences: tuple[str, ...], states: Mapping[tuple[str, str], DefenceState]
) -> tuple[bool, DefenceState | None]:
    """Whether one of the defences is off (always where none is asked for), and its state, if possible a certain one."""
    if not defences:
        return True, None
    nodes = [(name, node) for name in defences if (node := graph.find(asset, name)) is not None]
    off = [name for name, node in nodes if graph.level[node] < IN_FORCE]
    known = sorted((states[asset, name] for name in off if (asset, name) in states), key=lambda state: bool(state.assumption))
    return bool(off), known[0] if known else None
