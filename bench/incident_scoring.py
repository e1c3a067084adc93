"""Questions about one model and its attack graph: whether a path is there, and whether a statement is claimed.

A pattern names steps of assets: ``Container shop/*/web:compromise`` is every step ``compromise`` of assets of class Container (or
of a class below it) whose own id fits ``shop/*/web``.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.analyses.actors import stances
from breachway.graph.explaining import Explainer
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.layout import AND, DEFENCE
from breachway.graph.reachability import reach
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from breachway.analyses.actors import Stance
    from breachway.evidence import Evidence, Location
    from breachway.graph.layout import Bools
    from breachway.model import DefenceState, Model

ENTRY = "entry"


class Place(NamedTuple):
    """Where a case says that the reason of a step stands; ``line`` is 0 where it gives a pointer."""

    document: str
    line: int
    pointer: str

    def is_at(self, location: Location) -> bool:
        """Whether evidence points to this very line, to what the pointer names, or to the object whose field that is."""
        if not location.document.endswith(self.document):
            return False
        if self.line:
            return location.line == self.line
        return location.pointer.startswith(self.pointer) or location.pointer == self.pointer.rpartition("/")[0] != ""


class FoundStep(NamedTuple):
    """What stands for one step of the real path: the node, whether its evidence is at the case's place, and what it follows from.

    ``after`` is the number of an earlier step, 0 for the entry; ``node`` is -1 where nothing was found.
    """

    node: int
    at_place: bool
    after: int


class Question:
    """A model with its attack graph, and the attacker of a case on it."""

    def __init__(self, model: Model, actor: str, entry: Sequence[str]) -> None:
        self.model = model
        self._graph = generate(load_language(), model)
        self._gates = gates_of(self._graph)
        self._explainer = Explainer(self._graph)
        self._states = {(state.asset, state.defence): state for state in model.defences}
        self._lineage = {asset.name: asset.lineage for asset in load_language().assets}
        self._stance: Stance = next(item for item in stances(self._graph) if item.info.id == actor)
        self.entries = self.nodes(entry)

    # -------------------------------------------------------------------------------------------------------------- patterns

    def nodes(self, patterns: Iterable[str]) -> tuple[int, ...]:
        """The nodes that patterns name, sorted."""
        found: set[int] = set()
        for pattern in patterns:
            if pattern == ENTRY:
                found.update(self.entries)
                continue
            kind, _, rest = pattern.partition(" ")
            name, _, step = rest.rpartition(":")
            for position, asset in enumerate(self.model.assets):
                if kind in self._lineage[asset.kind] and fnmatchcase(asset.id.split(":", 2)[-1], name):
                    steps = self._graph.language.assets[int(self._graph.class_of[position])].steps
                    first = int(self._graph.first[position])
                    found.update(first + place for place, one in enumerate(steps) if fnmatchcase(one.name, step))
        return tuple(sorted(node for node in found if self._graph.kinds[node] <= AND))

    def word(self, node: int) -> str:
        """A node for people."""
        return self._graph.name(node)

    # ----------------------------------------------------------------------------------------------------------------- reach

    def reached(self, starts: Iterable[int], shut: Iterable[int] = ()) -> Bools:
        """What is reached from ``starts`` together when the steps of ``shut`` are not taken."""
        allowed = self._stance.allowed.copy()
        allowed[list(shut)] = False
        return reach(self._graph, self._gates, sorted(set(starts) - set(shut)), allowed=allowed).reached

    def find_path(self, wanted: Sequence[tuple[tuple[int, ...], Place]]) -> tuple[FoundStep, ...]:
        """The steps of a path in order; each is to follow from the step before, or from an earlier one of the path."""
        within = self.reached(self.entries)
        known: list[set[int]] = [set(self.entries)]
        found: list[FoundStep] = []
        for candidates, place in wanted:
            step, here = FoundStep(-1, at_place=False, after=0), set[int]()
            for earlier in range(len(known) - 1, -1, -1):
                came_from = self._spread(known[earlier], within)
                here = {node for node in candidates if node in came_from}
                if here:
                    chosen = min(here, key=lambda node: (not self._is_placed(node, came_from, place), node))
                    step = FoundStep(chosen, at_place=self._is_placed(chosen, came_from, place), after=earlier)
                    break
            known.append(here)
            found.append(step)
        return tuple(found)

    def _spread(self, starts: set[int], within: Bools) -> dict[int, int]:
        """Every reached step that follows from the starts, with the step that it was first met from (itself for a start)."""
        came_from = {node: node for node in sorted(starts)}
        newest = sorted(starts)
        while newest:
            further: list[int] = []
            for node in newest:
                for child in self._graph.children.of(node).tolist():
                    if within[child] and child not in came_from and self._gates.necessary[node]:
                        came_from[child] = node
                        further.append(child)
            newest = further
        return came_from

    def _is_placed(self, node: int, came_from: dict[int, int], place: Place) -> bool:
        return any(place.is_at(item.location) for item in self._evidence(node, came_from))

    def _evidence(self, node: int, came_from: dict[int, int]) -> list[Evidence]:
        """Why a step follows from the start: on the way there, the defences that are off, and the links; and its asset."""
        found = list(self.model.assets[int(self._graph.asset_of[node])].evidence)
        while came_from[node] != node:
            found += self._open_defences(node)
            found += [item for link in self._explainer.links_between(came_from[node], node) for item in link.evidence]
            node = came_from[node]
        return found

    def _open_defences(self, node: int) -> list[Evidence]:
        return [item for state in self._states_above(node) for item in state.evidence]

    def _states_above(self, node: int) -> list[DefenceState]:
        """The stated defences over an AND step that are off."""
        if self._graph.kinds[node] != AND:
            return []
        graph = self._graph
        off = [p for p in graph.parents.of(node).tolist() if graph.kinds[p] == DEFENCE and not self._gates.necessary[p]]
        states = (self._states.get((graph.asset_id(parent), graph.step(parent).name)) for parent in off)
        return [state for state in states if state is not None]

    # ---------------------------------------------------------------------------------------------------------------- claims

    def titled(self, reached: Bools, starts: Iterable[int]) -> tuple[int, ...]:
        """The reached steps that say something to people, the starts left out."""
        begun = set(starts)
        return tuple(node for node in np.flatnonzero(reached).tolist() if self._graph.step(node).info.title and node not in begun)

    def rests_on(self, goal: Sequence[int]) -> tuple[str, ...]:
        """The assumptions on one way to a goal, sorted; empty where it is not reached."""
        reached = self.reached(self.entries)
        came_from = self._spread(set(self.entries), reached)
        found: set[str] = set()
        for node in [node for node in goal if node in came_from][:1]:
            here = node
            while came_from[here] != here:
                found.update(state.assumption for state in self._states_above(here) if state.assumption)
                here = came_from[here]
        return tuple(sorted(found))

    def hosts_of(self, workload: str) -> frozenset[str]:
        """The pools where the containers of the workloads that a pattern names may run."""
        chosen = {self._graph.asset_id(node) for node in self.nodes((workload,))}
        containers = {link.right for link in self.model.links if link.association == "Runs" and link.left in chosen}
        return frozenset(link.right for link in self.model.links if link.association == "RunsOn" and link.left in containers)
