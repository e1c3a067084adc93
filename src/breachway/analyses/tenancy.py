"""Tenancy: which tenant may reach which, by what way, and the path that opens each cell of that matrix.

Everything that runs in a tenant is taken for the attacker's, all of it together.  A way is open where it is so whatever becomes
of the assumptions, and closed where it is so whatever becomes of them; between lie the ways that rest on assumptions.  All lanes
(holder and way) are worked out at once, so the cost is that of a few passes over the graph and not of each pair.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.analyses.tenancy_crossings import PER_WORD, SPAN, WAYS, StepTable, at_home, edges, goals, masks, masks_at_home
from breachway.analyses.tenancy_ground import ground_of
from breachway.analyses.tenancy_matrix import CellState, HolderKind, Outcome, SeenTogether, SharedMachines, Tenancy, TenantCell
from breachway.analyses.tenancy_paths import CellPaths
from breachway.graph.gates import IN_FORCE, gates_of
from breachway.graph.lanes import reach_lanes
from breachway.graph.layout import DEFENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.analyses.tenancy_ground import Ground
    from breachway.analyses.tenancy_matrix import ClosedWay, Crossing, Holder
    from breachway.evidence import Evidence
    from breachway.graph.gates import Gates
    from breachway.graph.lanes import Words
    from breachway.graph.layout import AttackGraph
    from breachway.model import Model

MOST_TENANTS = 40
"""How many tenants a report works out; beyond that ``breachway tenants`` has the matrix."""

PATHS_IN_REPORT = 40
EXPLAINED_IN_REPORT = 12
LARGE_GRAPH = 20_000
PATHS_OF_LARGE = 10
"""Each path costs a search of the graph; of a large one a report opens fewer cells, and explains none that is closed."""

_BATCH = 64
_ROWS = frozenset({HolderKind.TENANT, HolderKind.REST})
_ORDER = (CellState.OPEN, CellState.LIKELY, CellState.UNLIKELY)


class Levels(NamedTuple):
    """The gates when every assumption that speaks for a defence holds, as believed, and when none of them does."""

    certain: Gates
    believed: Gates
    possible: Gates


class Reached(NamedTuple):
    """Which outcomes a holder has with another by one way, at each level; keyed by (source, target, way position)."""

    certain: dict[tuple[int, int, int], Outcome]
    believed: dict[tuple[int, int, int], Outcome]
    possible: dict[tuple[int, int, int], Outcome]


def tenancy_of(graph: AttackGraph, *, most: int = MOST_TENANTS) -> Tenancy | None:
    """The tenancy of a model for a report: a path in each of the worst cells.  None where there are fewer than two tenants."""
    model = graph.model
    ground = ground_of(model, graph.language)
    if ground is None:
        return None
    if sum(holder.kind is HolderKind.TENANT for holder in ground.holders) > most:
        return Tenancy(
            holders=shown(ground), cells=(), machines=machines(model, ground), together=together(model, ground), counted_only=True
        )
    matrix = TenancyMatrix(graph, ground)
    cells = matrix.cells()
    large = graph.size > LARGE_GRAPH
    few = len(ground.holders) <= EXPLAINED_IN_REPORT and not large
    most_paths = PATHS_OF_LARGE if large else PATHS_IN_REPORT
    ranked = sorted(range(len(cells)), key=lambda place: _severity(cells[place], place))
    told = ranked if few else ranked[:most_paths]
    opened = dict(zip(told, matrix.opened(tuple(cells[place] for place in told)), strict=True))
    # A path that is not believed in would take as much room in a report as one that is: what it rests on is enough.
    left = {place for place in told if opened[place].state is CellState.UNLIKELY} | set(ranked[most_paths:])
    opened.update({place: replace(opened[place], path=None) for place in left.intersection(told)})
    return Tenancy(
        holders=shown(ground),
        cells=tuple(opened.get(place, cell) for place, cell in enumerate(cells)),
        closed=matrix.closed(cells) if few else (),
        machines=machines(model, ground),
        together=together(model, ground),
    )


def shown(ground: Ground) -> tuple[Holder, ...]:
    """The holders that are a row or a column."""
    return tuple(holder for holder in ground.holders if holder.kind is not HolderKind.OUTSIDE)


def _severity(cell: TenantCell, place: int) -> tuple[int, int, int]:
    return _ORDER.index(cell.state), tuple(Outcome).index(cell.further or cell.outcome), place


class TenancyMatrix:
    """The matrix of one model, whose cells open when they are asked for."""

    def __init__(self, graph: AttackGraph, ground: Ground) -> None:
        self.ground = ground
        self.graph = graph
        self.table = StepTable(graph.language)
        self.levels = levels_of(self.graph)
        self.goals = goals(self.graph, self.table, ground)
        self.paths = CellPaths(self.graph, self.table, ground, self.levels.believed, self.levels.possible)

    def cells(self, *, source: str = "", target: str = "") -> tuple[TenantCell, ...]:
        """Every way that is not closed, in the order of the holders and ways; no cell is opened yet.

        ``source`` and ``target`` name the only row and column to work out; empty for all.
        """
        found = self._reached(source, target)
        names = [holder.name for holder in self.ground.holders]
        cells: list[TenantCell] = []
        for key in sorted(found.possible):
            here, there, way = key
            believed = found.believed.get(key)
            state, outcome = CellState.UNLIKELY, found.possible[key]
            if key in found.certain:
                state, outcome = CellState.OPEN, found.certain[key]
            elif believed is not None:
                state, outcome = CellState.LIKELY, believed
            cells.append(
                TenantCell(
                    source=names[here],
                    target=names[there],
                    way=WAYS[way],
                    state=state,
                    outcome=outcome,
                    further=believed if believed is not outcome else None,
                )
            )
        return tuple(cells)

    def opened(self, cells: Sequence[TenantCell]) -> tuple[TenantCell, ...]:
        """The same cells, each with its path."""
        return self.paths.opened(cells)

    def closed(self, cells: Sequence[TenantCell], pair: tuple[str, str] | None = None) -> tuple[ClosedWay, ...]:
        """What holds on the ways that are closed, for sure or as assumed, in the whole matrix or between two alone."""
        unlikely = [cell for cell in cells if cell.state is CellState.UNLIKELY and pair in {None, (cell.source, cell.target)}]
        return (*self.paths.closed(self.missing(cells, pair)), *self.paths.held(unlikely))

    def missing(self, cells: Sequence[TenantCell], pair: tuple[str, str] | None = None) -> tuple[tuple[str, str, Crossing], ...]:
        """The pairs and ways that have no cell: those that are closed; of one pair where it is given."""
        there = {(cell.source, cell.target, cell.way) for cell in cells}
        source_only, target_only = pair or ("", "")
        holders = shown(self.ground)
        rows = [holder.name for holder in holders if holder.kind in _ROWS and source_only in {"", holder.name}]
        ends = [holder.name for holder in holders if target_only in {"", holder.name}]
        return tuple(
            (source, target, way)
            for source in rows
            for target in ends
            for way in WAYS
            if source != target and (source, target, way) not in there
        )

    def _reached(self, only: str, end: str) -> Reached:
        certain: dict[tuple[int, int, int], Outcome] = {}
        believed: dict[tuple[int, int, int], Outcome] = {}
        possible: dict[tuple[int, int, int], Outcome] = {}
        found = edges(self.graph, self.table, self.ground)
        # The rows stand first.
        rows = sum(holder.kind in _ROWS for holder in self.ground.holders)
        alone = [range(place, place + 1) for place in range(rows) if self.ground.holders[place].name == only]
        batches = alone if only else [range(begin, min(begin + _BATCH, rows)) for begin in range(0, rows, _BATCH)]
        for lanes in batches:
            starts = self._starts(lanes)
            if not starts[0].size:
                continue
            for gates, into in zip(self.levels, (certain, believed, possible), strict=True):
                home = reach_lanes(self.graph, gates, *starts, masks_at_home(found, lanes))
                marks = masks(self.graph, found, at_home(self.graph, self.ground, home, lanes), lanes)
                into.update(self._arrivals(reach_lanes(self.graph, gates, *starts, marks), lanes, end))
        return Reached(certain, believed, possible)

    def _starts(self, lanes: range) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Words]:
        """The nodes where the holders of these lanes begin, and the lanes of each."""
        words = -(-len(lanes) // PER_WORD)
        nodes: list[int] = []
        rows: list[np.ndarray[tuple[int], np.dtype[np.uint64]]] = []
        every = (1 << len(WAYS)) - 1
        for holder, node in self.paths.footholds:
            if holder in lanes:
                place = holder - lanes.start
                row = np.zeros(words, dtype=np.uint64)
                row[place // PER_WORD] = np.uint64(every << (SPAN * (place % PER_WORD)))
                nodes.append(node)
                rows.append(row)
        return np.array(nodes, dtype=np.int64), np.array(rows, dtype=np.uint64).reshape(len(nodes), words)

    def _arrivals(self, bits: Words, lanes: range, end: str) -> dict[tuple[int, int, int], Outcome]:
        """The worst outcome of each source, target and way; by exhaustion it is starvation that counts, and nowhere else."""
        found: dict[tuple[int, int, int], Outcome] = {}
        for nodes, holders, outcome in self.goals:
            ways = [place for place, way in enumerate(WAYS) if (way.value == "exhaustion") == (outcome is Outcome.STARVATION)]
            for target in np.unique(holders).tolist():
                holder = self.ground.holders[target]
                if holder.kind is HolderKind.OUTSIDE or end not in {"", holder.name}:
                    continue
                row = np.bitwise_or.reduce(bits[nodes[holders == target]], axis=0)
                flat = np.unpackbits(row.view(np.uint8), bitorder="little")
                for source in lanes:
                    place = source - lanes.start
                    begin = (place // PER_WORD) * 64 + SPAN * (place % PER_WORD)
                    for way in ways:
                        if source != target and flat[begin + way]:
                            found.setdefault((source, target, way), outcome)
        return found


def levels_of(graph: AttackGraph) -> Levels:
    """The gates of a graph under what is certain, believed and possible."""
    certain, possible = graph.level.copy(), graph.level.copy()
    for state in graph.model.defences:
        if state.assumption or 0.0 < state.probability < 1.0:
            node = graph.find(state.asset, state.defence)
            if node is not None and graph.kinds[node] == DEFENCE:
                certain[node], possible[node] = 1.0, 0.0
    return Levels(gates_of(graph, certain), gates_of(graph), gates_of(graph, possible))


def machines(model: Model, ground: Ground) -> tuple[SharedMachines, ...]:
    """The machines that containers of several holders run on, in the order of the model."""
    index = {asset.id: place for place, asset in enumerate(model.assets)}
    sandboxed = {state.asset for state in model.defences if state.defence == "sandboxedRuntime" and state.probability >= IN_FORCE}
    on: defaultdict[str, dict[str, int]] = defaultdict(dict)
    seen: dict[str, tuple[Evidence, ...]] = {}
    for link in model.links:
        if link.association == "RunsOn":
            on[link.right][link.left] = ground.owner[index[link.left]]
            seen.setdefault(link.right, model.assets[index[link.right]].evidence)
    return tuple(
        SharedMachines(
            asset=machine,
            name=model.assets[index[machine]].name,
            holders=_named(ground, held),
            containers=len(held),
            sandboxed=sum(container in sandboxed for container in held),
            evidence=seen[machine],
        )
        for machine, held in sorted(on.items())
        if len(_named(ground, held)) > 1
    )


def together(model: Model, ground: Ground) -> SeenTogether | None:
    """What the placement in the input shows; None where it shows none."""
    on: defaultdict[str, set[int]] = defaultdict(set)
    for place, asset in enumerate(model.assets):
        for machine in asset.seen_on:
            on[machine].add(ground.owner[place])
    if not on:
        return None
    counted = [place for place, holder in enumerate(ground.holders) if holder.kind is not HolderKind.OUTSIDE]
    return SeenTogether(machines=len(on), shared=sum(len(held.intersection(counted)) > 1 for held in on.values()))


def _named(ground: Ground, held: dict[str, int]) -> tuple[str, ...]:
    holders = (ground.holders[owner] for owner in sorted({owner for owner in held.values() if owner >= 0}))
    return tuple(holder.name for holder in holders if holder.kind is not HolderKind.OUTSIDE)
