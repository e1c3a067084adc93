"""The path behind a cell of the tenancy matrix, and what holds where a way is closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.analyses.actors import Stance
from breachway.analyses.limits import DEFAULT_LIMITS
from breachway.analyses.paths import PathWriter
from breachway.analyses.tenancy_crossings import WAYS, at_home, edges, goals, masks, masks_at_home
from breachway.analyses.tenancy_matrix import CellState, ClosedWay, Crossing, Outcome
from breachway.analyses.ways import Way
from breachway.evidence import Basis
from breachway.graph.derivations import Derivations
from breachway.graph.gates import IN_FORCE, gates_of
from breachway.graph.lanes import cut, reach_lanes
from breachway.graph.layout import AND, DEFENCE
from breachway.graph.times import least_days, own_days
from breachway.model import CrownJewel
from breachway.threats.actors import ACTORS
from breachway.threats.language import StepKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.analyses.assessment import AttackPath
    from breachway.analyses.tenancy_crossings import Edges, StepTable
    from breachway.analyses.tenancy_ground import Ground
    from breachway.analyses.tenancy_matrix import TenantCell
    from breachway.evidence import Evidence
    from breachway.graph.derivations import Derivation
    from breachway.graph.gates import Gates
    from breachway.graph.layout import AttackGraph, Bools, Doubles, Longs
    from breachway.model import DefenceState

_LIMITS = {
    "memoryLimited": "memory",
    "processorLimited": "processor time",
    "processesLimited": "process ids",
    "storageLimited": "local disk",
}
_SPEAKING = {
    Crossing.NETWORK: frozenset({"Flow"}),
    Crossing.NODE: frozenset({"Container", "HostMount", "HostPool", "Namespace"}),
    Crossing.EXHAUSTION: frozenset({"Container", "HostMount", "Namespace"}),
}
_ATTEMPTS = 8
_VALUE = 5
_INTERNAL = next(info for info in ACTORS if info.id == "A2")
_GRADES = (Outcome.CONTROL, Outcome.DATA, Outcome.CONTACT)


class _Lane(NamedTuple):
    """What one holder reaches by one way under some gates, and how soon."""

    graph: AttackGraph
    gates: Gates
    days: Doubles
    derivations: Derivations


class CellPaths:
    """Opens cells; the search of one holder and way serves all targets."""

    def __init__(self, graph: AttackGraph, table: StepTable, ground: Ground, believed: Gates, possible: Gates) -> None:
        self._graph = graph
        self._table = table
        self._ground = ground
        self._believed = believed
        self._possible = possible
        self._own = own_days(graph)
        self._states = {(state.asset, state.defence): state for state in graph.model.defences}
        self._number = {holder.name: place for place, holder in enumerate(ground.holders)}
        self._goals = {outcome: (nodes, holders) for nodes, holders, outcome in goals(graph, table, ground)}
        points = graph.model.entry_points
        found = ((holder, graph.find(points[place].asset, points[place].step), place) for holder, place in ground.entries)
        self._entries = tuple((holder, node, place) for holder, node, place in found if node is not None)
        self._edges: Edges | None = None
        self._home: dict[tuple[int, int], tuple[Gates, Bools]] = {}
        self.footholds = tuple((holder, node) for holder, node, _ in self._entries)

    def opened(self, cells: Sequence[TenantCell]) -> tuple[TenantCell, ...]:
        """The cells, each with its path ("T1", "T2", ... in the order given) and what would close it."""
        found: dict[int, TenantCell] = {}
        groups: dict[tuple[str, Crossing], list[int]] = {}
        for place, cell in enumerate(cells):
            groups.setdefault((cell.source, cell.way), []).append(place)
        for (source, way), places in groups.items():
            for unlikely in (False, True):
                wanted = [place for place in places if (cells[place].state is CellState.UNLIKELY) == unlikely]
                if wanted:
                    lane = self._search(self._number[source], way, self._possible if unlikely else self._believed)
                    found.update({place: self._open(cells[place], lane) for place in wanted})
        return tuple(_numbered(found[place], place + 1) for place in range(len(cells)))

    def closed(self, wanted: Sequence[tuple[str, str, Crossing]]) -> tuple[ClosedWay, ...]:
        """Why the ways are closed: what holds on the quickest way that there would be without any defence."""
        found: dict[int, ClosedWay] = {}
        groups: dict[Crossing, dict[str, list[int]]] = {}
        for place, (source, _, way) in enumerate(wanted):
            groups.setdefault(way, {}).setdefault(source, []).append(place)
        for way, sources in groups.items():
            free = self._without_defences(way)
            for source, places in sources.items():
                lane = self._search(self._number[source], way, free)
                for place in places:
                    target = wanted[place][1]
                    goal = self._nearest(lane, self._number[target], (_arrival(way),))
                    defence, evidence = self._holding(lane, goal)
                    if goal < 0 and way is Crossing.NETWORK:
                        defence, evidence = self._held_back(self._number[source])
                    found[place] = ClosedWay(source=source, target=target, way=way, defence=defence, evidence=evidence)
        return tuple(found[place] for place in range(len(wanted)))

    def held(self, cells: Sequence[TenantCell]) -> tuple[ClosedWay, ...]:
        """What is believed to hold on ways that are closed as assumed: the first defence on each path that would else be open."""
        found: list[ClosedWay] = []
        lanes: dict[tuple[str, Crossing], _Lane] = {}
        for cell in cells:
            key = (cell.source, cell.way)
            if key not in lanes:
                lanes[key] = self._search(self._number[cell.source], cell.way, self._possible)
            goal = self._nearest(lanes[key], self._number[cell.target], _outcomes(cell.way))
            defence, evidence = self._holding(lanes[key], goal)
            found.append(ClosedWay(source=cell.source, target=cell.target, way=cell.way, defence=defence, evidence=evidence))
        return tuple(found)

    def _without_defences(self, way: Crossing) -> Gates:
        """The gates without the defences that speak of a way: policies for the network, limits for exhaustion."""
        graph = self._graph
        wanted = _SPEAKING.get(way)
        level = graph.level.copy()
        for position, kind in enumerate(graph.language.assets):
            if wanted is not None and wanted.isdisjoint(kind.lineage):
                continue
            firsts = graph.first[:-1][graph.class_of == position]
            for place, step in enumerate(kind.steps):
                if step.kind is StepKind.DEFENCE:
                    level[firsts + place] = 0.0
        return gates_of(graph, level)

    def _held_back(self, source: int) -> tuple[str, tuple[Evidence, ...]]:
        """What keeps a holder's connections in where no flow is left: the policies over the zones of its containers."""
        found: list[Evidence] = []
        for link in self._graph.model.links:
            place = self._graph.asset_index[link.left]
            if link.association != "AttachedTo" or self._ground.owner[place] != source:
                continue
            zone = self._graph.model.assets[self._graph.asset_index[link.right]]
            if any(item.basis is not Basis.OBSERVED for item in link.evidence):
                return "", ()
            found.extend(zone.evidence)
        return ("outgoing connections are restricted" if found else ""), tuple(dict.fromkeys(found))

    # ------------------------------------------------------------------------------------------------------------ the search

    def _left(self, holder: int, way: Crossing, gates: Gates) -> Bools:
        """The edges that an attack of one holder by one way may take."""
        lanes = range(holder, holder + 1)
        if self._edges is None:
            self._edges = edges(self._graph, self._table, self._ground)
        key = (holder, id(gates))
        if key not in self._home:
            starts = np.array(self._entries_of(holder), dtype=np.int64)
            bits = np.ones((len(starts), 1), dtype=np.uint64)
            reached = reach_lanes(self._graph, gates, starts, bits, masks_at_home(self._edges, lanes))
            # The gates are kept with what was found, so that no other ones can be taken for them.
            self._home[key] = (gates, at_home(self._graph, self._ground, reached, lanes))
        return masks(self._graph, self._edges, self._home[key][1], lanes).open_to(0, WAYS.index(way))

    def _search(self, holder: int, way: Crossing, gates: Gates) -> _Lane:
        rest = cut(self._graph, gates, self._left(holder, way, gates))
        graph = replace(self._graph, children=rest.children, parents=rest.parents)
        entries = self._entries_of(holder)
        days = least_days(graph, gates, entries, own=self._own, allowed=rest.allowed)
        derivations = Derivations(graph, gates, entries, days=days, own=self._own, alike=DEFAULT_LIMITS.alike)
        return _Lane(graph, gates, days, derivations)

    def _entries_of(self, holder: int) -> tuple[int, ...]:
        return tuple(node for owner, node, _ in self._entries if owner == holder)

    def _nearest(self, lane: _Lane, target: int, outcomes: Sequence[Outcome]) -> int:
        """The goal on the target's ground that is reached soonest, of the first outcome that has any; -1 where none is."""
        for outcome in outcomes:
            nodes, holders = self._goals[outcome]
            mine: Longs = nodes[holders == target]
            if mine.size and np.isfinite(lane.days[mine]).any():
                return int(mine[np.argmin(lane.days[mine])])
        return -1

    # --------------------------------------------------------------------------------------------------------------- writing

    def _open(self, cell: TenantCell, lane: _Lane) -> TenantCell:
        goal = self._nearest(lane, self._number[cell.target], _outcomes(cell.way))
        derivation = next(iter(lane.derivations.of(goal, attempts=_ATTEMPTS)), None) if goal >= 0 else None
        if derivation is None:
            return cell
        path = self._write(cell, lane, derivation)
        return replace(
            cell, path=path, barred_by=self._bars(lane, derivation), rests_on=path.assumptions, detail=self._detail(cell, lane)
        )

    def _detail(self, cell: TenantCell, lane: _Lane) -> tuple[str, ...]:
        """The services that are reached, or what nothing limits in the containers of the one who starves the other."""
        graph = self._graph
        if cell.way is Crossing.NETWORK:
            nodes, holders = self._goals[Outcome.CONTACT]
            mine = nodes[(holders == self._number[cell.target]) & np.isfinite(lane.days[nodes])]
            reached = (graph.asset_of[node] for node in mine if graph.step(int(node)).name == "connect")
            return tuple(sorted({self._service(int(asset)) for asset in reached}))
        if cell.way is Crossing.EXHAUSTION:
            source = self._number[cell.source]
            off = {
                state.defence
                for state in graph.model.defences
                if state.defence in _LIMITS
                and state.probability < IN_FORCE
                and self._ground.owner[graph.asset_index[state.asset]] == source
            }
            return tuple(words for name, words in _LIMITS.items() if name in off)
        return ()

    def _service(self, asset: int) -> str:
        """An application with the workload it listens in."""
        assets, index = self._graph.model.assets, self._graph.asset_index
        container = index.get(assets[asset].boundary)
        workload = index.get(assets[container].boundary) if container is not None else None
        return f"{assets[workload].name}: {assets[asset].name}" if workload is not None else assets[asset].name

    def _write(self, cell: TenantCell, lane: _Lane, derivation: Derivation) -> AttackPath:
        graph, points = self._graph, self._graph.model.entry_points
        holder = self._number[cell.source]
        starts = {node: points[place] for owner, node, place in self._entries if owner == holder}
        stance = Stance(
            info=_INTERNAL, entries=tuple(starts), starts=starts, allowed=np.ones(graph.size, dtype=np.bool_), alone=False
        )
        asset = graph.model.assets[int(graph.asset_of[derivation.goal])]
        step = graph.step(derivation.goal)
        title = step.info.title or _ARRIVED.get(step.name, step.name)
        jewel = CrownJewel(asset=asset.id, step=step.name, title=title, value=_VALUE, evidence=())
        way = Way(stance=stance, jewel=jewel, derivation=derivation, barriers=(), likeness=())
        writer = PathWriter(lane.graph, lane.gates, self._own, self._states)
        return replace(writer.write(way, identifier="", cut_by=(), decision=""), goal_title=f"{title}: {asset.name}")

    def _off(self, lane: _Lane, derivation: Derivation) -> list[int]:
        """The defences that are off under the lane's gates over the AND steps of a derivation."""
        graph = lane.graph
        nodes = (node for node, needs in derivation.needs if needs and graph.kinds[node] == AND)
        return [
            parent
            for node in nodes
            for parent in graph.parents.of(node).tolist()
            if graph.kinds[parent] == DEFENCE and not lane.gates.necessary[parent]
        ]

    def _bars(self, lane: _Lane, derivation: Derivation) -> tuple[str, ...]:
        graph = lane.graph
        return tuple(dict.fromkeys(graph.step(node).info.title or graph.step(node).name for node in self._off(lane, derivation)))

    def _holding(self, lane: _Lane, goal: int) -> tuple[str, tuple[Evidence, ...]]:
        derivation = next(iter(lane.derivations.of(goal, attempts=_ATTEMPTS)), None) if goal >= 0 else None
        for node in self._off(lane, derivation) if derivation is not None else ():
            if self._graph.level[node] >= IN_FORCE:
                step = self._graph.step(node)
                state = self._state(node)
                return step.info.title or step.name, state.evidence if state is not None else ()
        return "", ()

    def _state(self, node: int) -> DefenceState | None:
        return self._states.get((self._graph.asset_id(node), self._graph.step(node).name))


_ARRIVED = {"connect": "reach the service", "access": "reach the volume"}


def _outcomes(way: Crossing) -> tuple[Outcome, ...]:
    return (Outcome.STARVATION,) if way is Crossing.EXHAUSTION else _GRADES


def _numbered(cell: TenantCell, number: int) -> TenantCell:
    return cell if cell.path is None else replace(cell, path=replace(cell.path, id=f"T{number}"))


def _arrival(way: Crossing) -> Outcome:
    """The first thing that an attack has when a way is open."""
    match way:
        case Crossing.NETWORK:
            return Outcome.CONTACT
        case Crossing.DATA:
            return Outcome.DATA
        case Crossing.EXHAUSTION:
            return Outcome.STARVATION
        case Crossing.IDENTITY | Crossing.NODE:
            return Outcome.CONTROL
