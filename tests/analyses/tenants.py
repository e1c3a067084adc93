"""Small clusters of several tenants, and the tenancy matrix worked out pair by pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.tenancy import TenancyMatrix, levels_of
from breachway.analyses.tenancy_crossings import WAYS, StepTable, goals
from breachway.analyses.tenancy_ground import ground_of
from breachway.analyses.tenancy_matrix import CellState, Crossing, HolderKind, Outcome
from breachway.graph.generation import generate
from breachway.graph.layout import AND, OR
from breachway.mapping.model_building import build_model
from breachway.sources.configuration.reader import read_configuration
from breachway.sources.inventory import Inventory
from breachway.sources.kubernetes.recognition import kubernetes_objects
from breachway.sources.yaml_positions import read_yaml
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from breachway.analyses.tenancy_ground import Ground
    from breachway.evidence import Unread
    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph
    from breachway.model import Model

EVERY_WAY = (1 << len(WAYS)) - 1


class Walk(NamedTuple):
    """One lane of the reference."""

    graph: AttackGraph
    table: StepTable
    ground: Ground
    source: int
    way: int
    home: set[int] | None


Cells = dict[tuple[str, str, Crossing], tuple[CellState, Outcome]]


def model_of(text: str, settings: str = "") -> Model:
    """Map manifests under a ``breachway.yaml``, and insist that all of them were understood."""
    tree = read_yaml(text, "given.yaml")
    problems: list[Unread] = list(tree.problems)
    found = tuple(
        item for node in tree.documents if node is not None for item in kubernetes_objects(node, "given.yaml", problems)
    )
    assert not problems, problems
    configuration = read_configuration(settings, "breachway.yaml") if settings else None
    return build_model(Inventory(kubernetes=found), configuration)


def matrix_of(model: Model) -> TenancyMatrix:
    """The matrix of a model of two tenants at least."""
    language = load_language()
    ground = ground_of(model, language)
    assert ground is not None
    return TenancyMatrix(generate(language, model), ground)


def cells_of(model: Model) -> Cells:
    """The matrix as a table."""
    return {(cell.source, cell.target, cell.way): (cell.state, cell.outcome) for cell in matrix_of(model).cells()}


# ----------------------------------------------------------------------------------------------------------------- the reference


def naive_cells(model: Model) -> Cells:
    """The same table, worked out for each holder and way on the edges one by one, with nothing shared between them."""
    language = load_language()
    ground = ground_of(model, language)
    assert ground is not None
    graph = generate(language, model)
    table = StepTable(language)
    levels = levels_of(graph)
    found: Cells = {}
    names = [holder.name for holder in ground.holders]
    for source, holder in enumerate(ground.holders):
        if holder.kind not in {HolderKind.TENANT, HolderKind.REST}:
            continue
        for position, way in enumerate(WAYS):
            reached = []
            for gates in levels:
                home = _reach(graph, gates, table, ground, source, 0, None)
                reached.append(_reach(graph, gates, table, ground, source, 1 << position, home))
            for target, other in enumerate(ground.holders):
                if target == source or other.kind is HolderKind.OUTSIDE:
                    continue
                got = [_outcome(graph, table, ground, taken, target, way) for taken in reached]
                certain, believed, possible = got
                if certain is not None:
                    found[names[source], names[target], way] = (CellState.OPEN, certain)
                elif believed is not None:
                    found[names[source], names[target], way] = (CellState.LIKELY, believed)
                elif possible is not None:
                    found[names[source], names[target], way] = (CellState.UNLIKELY, possible)
    return found


def _passes(walk: Walk, parent: int, child: int) -> bool:
    graph, table, owner = walk.graph, walk.table, walk.ground.owner
    here, there = int(graph.asset_of[parent]), int(graph.asset_of[child])
    mine, theirs = owner[here], owner[there]
    kind, other = int(graph.class_of[here]), int(graph.class_of[there])
    if mine >= 0 and mine == theirs:
        return True
    decided = table.out_of[kind] or table.into[other][child - int(graph.first[there])]
    fits = bool(decided & walk.way) if walk.home is not None else decided == EVERY_WAY
    if mine >= 0:
        left_before = walk.home is not None and parent not in walk.home
        return mine == walk.source and (left_before or fits)
    if table.within[kind][parent - int(graph.first[here])] and theirs >= 0:
        return theirs == walk.source
    if table.undecided[kind] and not table.undecided[other]:
        return fits
    return True


def _reach(
    graph: AttackGraph, gates: Gates, table: StepTable, ground: Ground, source: int, way: int, home: set[int] | None
) -> set[int]:
    """The steps of one lane; without ``home``, those that need not leave the holder's ground."""
    walk = Walk(graph, table, ground, source, way, home)
    points = graph.model.entry_points
    taken = {
        node
        for holder, place in ground.entries
        for node in (graph.find(points[place].asset, points[place].step),)
        if holder == source and node is not None
    }
    changed = True
    while changed:
        changed = False
        for node in range(graph.size):
            if node in taken or graph.kinds[node] not in (OR, AND):
                continue
            parents = graph.parents.of(node).tolist()
            through = [parent for parent in parents if parent in taken and _passes(walk, parent, node)]
            needed = [parent for parent in parents if gates.necessary[parent]] if graph.kinds[node] == AND else []
            if set(needed) <= set(through) if needed else through:
                taken.add(node)
                changed = True
    if home is None:
        return {node for node in taken if ground.owner[int(graph.asset_of[node])] == source}
    return taken


def _outcome(graph: AttackGraph, table: StepTable, ground: Ground, taken: set[int], target: int, way: Crossing) -> Outcome | None:
    for nodes, holders, outcome in goals(graph, table, ground):
        if (outcome is Outcome.STARVATION) == (way is Crossing.EXHAUSTION) and any(
            holder == target and node in taken for node, holder in zip(nodes.tolist(), holders.tolist(), strict=True)
        ):
            return outcome
    return None
