"""By which way each edge of the attack graph leaves a tenant's ground, as masks on lanes.

A lane is one holder on one way.  In it an attack moves freely on the holder's own ground; the first step off that ground is one
of its way; from then on it moves freely on what nobody owns (rights over the cluster, root on a machine) and back on its own
ground; and what belongs to another holder is where it ends, so that a cell tells of its two tenants and not of a third between
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.analyses.tenancy_matrix import Crossing, Outcome
from breachway.graph.lanes import Masks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from breachway.analyses.tenancy_ground import Ground
    from breachway.graph.lanes import Words
    from breachway.graph.layout import AttackGraph, Bools, Bytes, Ints, Longs
    from breachway.threats.language import AssetClass, Language

WAYS = tuple(Crossing)
SPAN = 8
"""Bits of a word that a holder takes: five ways, and room to keep a holder within one word."""

PER_WORD = 64 // SPAN
_NETWORK, _IDENTITY, _NODE, _DATA, _EXHAUSTION = (1 << place for place in range(len(WAYS)))
_ANY = (1 << len(WAYS)) - 1

_INTO: Mapping[str, int] = {
    "Internet": _NETWORK,
    "NetworkZone": _NETWORK,
    "Flow": _NETWORK,
    "Exposure": _NETWORK,
    "Application": _NETWORK,
    "HostPool": _NODE,
    "DockerDaemon": _NODE,
    "Secret": _DATA,
    "Volume": _DATA,
    "DataStore": _DATA,
}
"""The way of a step that leads onto an asset of a class or of what extends it; rights over anything else are of identities."""

_STEPS: Mapping[tuple[str, str], int] = {
    ("NetworkZone", "enter"): _ANY,
    ("Image", "enter"): _ANY,
    ("Application", "holdCredential"): _DATA,
    ("HostPool", "starve"): _EXHAUSTION,
    ("HostPool", "podsMayMount"): _ANY,
    ("HostPool", "interceptTraffic"): _NETWORK,
    ("HostPool", "useLoopbackServices"): _NETWORK,
    ("HostPool", "stealInstanceCredentials"): _IDENTITY,
}
"""Steps that are of another way than their class, or that decide nothing yet."""

_OUT_OF: Mapping[str, int] = {
    "Flow": _NETWORK,
    "Exposure": _NETWORK,
    "Application": _NETWORK,
}
"""The way of whatever a step on an asset of a class leads to, whatever that is."""

_UNDECIDED = frozenset({"NetworkZone"})
"""Classes that nobody owns and that every attack may stand on before it is seen where it goes."""

_WITHIN = frozenset({("Image", "enter"), ("Image", "useAccountPassword"), ("Image", "useSetuidFile")})
"""Steps on a shared asset that only help whoever took them, in the container it came from."""

_GOALS: Mapping[tuple[str, str], Outcome] = {
    ("Container", "compromise"): Outcome.CONTROL,
    ("Container", "deny"): Outcome.STARVATION,
    ("Workload", "actAs"): Outcome.CONTROL,
    ("Workload", "alterDeployment"): Outcome.CONTROL,
    ("Workload", "readSpecification"): Outcome.CONTACT,
    ("Principal", "assume"): Outcome.CONTROL,
    ("Application", "connect"): Outcome.CONTACT,
    ("Application", "access"): Outcome.DATA,
    ("Secret", "read"): Outcome.DATA,
    ("Volume", "access"): Outcome.DATA,
    ("DataStore", "readData"): Outcome.DATA,
    ("DataStore", "destroyData"): Outcome.DATA,
    ("DataStore", "alterData"): Outcome.DATA,
    ("KubernetesScope", "runPod"): Outcome.CONTROL,
    ("KubernetesScope", "execPods"): Outcome.CONTROL,
    ("KubernetesScope", "changeWorkloads"): Outcome.CONTROL,
    ("KubernetesScope", "readSecrets"): Outcome.DATA,
    ("KubernetesScope", "mintTokens"): Outcome.CONTROL,
    ("KubernetesScope", "impersonateAccounts"): Outcome.CONTROL,
    ("KubernetesScope", "grantRoles"): Outcome.CONTROL,
    ("KubernetesScope", "readConfiguration"): Outcome.CONTACT,
    ("KubernetesScope", "writeConfiguration"): Outcome.CONTACT,
    ("KubernetesScope", "redirectTraffic"): Outcome.CONTACT,
    ("KubernetesScope", "deleteEvidence"): Outcome.CONTACT,
    ("KubernetesScope", "deleteWorkloads"): Outcome.CONTACT,
    ("KubernetesScope", "forwardPorts"): Outcome.CONTACT,
    ("KubernetesScope", "relaxPodSecurity"): Outcome.CONTACT,
}
"""Steps on somebody's ground that mean that the attack has arrived, and what it has then."""


class StepTable:
    """What the tables above say of each step of a language, by class and place of the step."""

    def __init__(self, language: Language) -> None:
        self.into = [self._into(kind) for kind in language.assets]
        self.out_of = [next((_OUT_OF[name] for name in kind.lineage if name in _OUT_OF), 0) for kind in language.assets]
        self.undecided = [not _UNDECIDED.isdisjoint(kind.lineage) for kind in language.assets]
        self.within = [[int(_is_within(kind, step.name)) for step in kind.steps] for kind in language.assets]
        self.goals = [
            {place: found for place, step in enumerate(kind.steps) for found in (_goal(kind, step.name),) if found is not None}
            for kind in language.assets
        ]

    def _into(self, kind: AssetClass) -> list[int]:
        usual = next((_INTO[name] for name in kind.lineage if name in _INTO), _IDENTITY)
        return [
            next((_STEPS[name, step.name] for name in kind.lineage if (name, step.name) in _STEPS), usual) for step in kind.steps
        ]


def _is_within(kind: AssetClass, step: str) -> bool:
    return any((name, step) in _WITHIN for name in kind.lineage)


def _goal(kind: AssetClass, step: str) -> Outcome | None:
    return next((_GOALS[name, step] for name in kind.lineage if (name, step) in _GOALS), None)


class Edges(NamedTuple):
    """By edge, in the order of ``graph.parents.items``: whom it lets pass (a holder, -1 for all), and by which ways.

    ``leaves`` are the edges that lead off the ground of the holder they let pass.
    """

    open_to: Longs
    ways: Longs
    leaves: Bools


def edges(graph: AttackGraph, table: StepTable, ground: Ground) -> Edges:
    """Classify every edge of the graph."""
    owner = np.array(ground.owner, dtype=np.int64)[graph.asset_of]
    into = _per_node(graph, table.into)
    out_of = np.repeat(np.array(table.out_of, dtype=np.uint8)[graph.class_of], np.diff(graph.first))
    undecided = np.repeat(np.array(table.undecided, dtype=np.bool_)[graph.class_of], np.diff(graph.first))
    within = _per_node(graph, table.within).astype(np.bool_)
    child = np.repeat(np.arange(graph.size, dtype=np.int64), np.diff(graph.parents.starts))
    parent = graph.parents.items
    ways = np.where(out_of[parent] > 0, out_of[parent], into[child]).astype(np.int64)
    mine, theirs = owner[parent], owner[child]
    leaves = (mine >= 0) & (mine != theirs)
    open_to = np.full(len(parent), -1, dtype=np.int64)
    open_to[leaves] = mine[leaves]
    back = within[parent] & (mine < 0) & (theirs >= 0)
    open_to[back] = theirs[back]
    free = ~leaves & ~(undecided[parent] & (mine < 0) & ~undecided[child])
    ways[free] = _ANY
    return Edges(open_to, ways, leaves)


def masks_at_home(found: Edges, lanes: range) -> Masks:
    """The masks by which the holders at ``lanes`` do not leave their ground, save by steps that decide nothing yet."""
    ways = np.where(found.ways == _ANY, _ANY, 0)
    return Masks(_rows(found.open_to.copy(), ways, lanes), _table(lanes))


def masks(graph: AttackGraph, found: Edges, at_home: Bools, lanes: range) -> Masks:
    """The masks for the holders at ``lanes``, the first of which takes the lowest bits.

    ``at_home`` are the steps that a holder takes without leaving its ground; from any other the attack has left it before.
    """
    ways = np.where(found.leaves & ~at_home[graph.parents.items], _ANY, found.ways)
    return Masks(_rows(found.open_to.copy(), ways, lanes), _table(lanes))


def at_home(graph: AttackGraph, ground: Ground, bits: Words, lanes: range) -> Bools:
    """The steps on the ground of the holders at ``lanes`` that their own lanes reached."""
    owner = np.array(ground.owner, dtype=np.int64)[graph.asset_of]
    taken = np.zeros(graph.size, dtype=np.bool_)
    nodes = np.flatnonzero((owner >= lanes.start) & (owner < lanes.stop))
    place = owner[nodes] - lanes.start
    shift = (SPAN * (place % PER_WORD)).astype(np.uint64)
    taken[nodes] = ((bits[nodes, place // PER_WORD] >> shift) & np.uint64(1)).astype(np.bool_)
    return taken


def _per_node(graph: AttackGraph, values: list[list[int]]) -> Bytes:
    found = np.zeros(graph.size, dtype=np.uint8)
    for position, steps in enumerate(values):
        firsts = graph.first[:-1][graph.class_of == position]
        for place, value in enumerate(steps):
            if value:
                found[firsts + place] = value
    return found


def _rows(open_to: NDArray[np.int64], ways: NDArray[np.int64], lanes: range) -> Ints:
    """The row of the table for each edge: its ways for all lanes (-1), for one holder, or for nobody here."""
    place = open_to - lanes.start + 1
    place[open_to < 0] = 0
    place[(open_to >= 0) & ((open_to < lanes.start) | (open_to >= lanes.stop))] = -1
    rows = 1 + place * (_ANY + 1) + ways
    rows[place < 0] = 0
    return rows.astype(np.int32)


def _table(lanes: range) -> NDArray[np.uint64]:
    words = -(-len(lanes) // PER_WORD)
    table = np.zeros((1 + (len(lanes) + 1) * (_ANY + 1), words), dtype=np.uint64)
    for ways in range(_ANY + 1):
        table[1 + ways] = np.uint64(sum(ways << (SPAN * place) for place in range(PER_WORD)))
        for lane in range(len(lanes)):
            table[1 + (lane + 1) * (_ANY + 1) + ways, lane // PER_WORD] = np.uint64(ways << (SPAN * (lane % PER_WORD)))
    return table


class Goals(NamedTuple):
    """The nodes that mean an outcome, and the holder on whose ground each is; a node stands once for each claim on it."""

    nodes: Longs
    holders: Longs
    outcome: Outcome


def goals(graph: AttackGraph, table: StepTable, ground: Ground) -> tuple[Goals, ...]:
    """The goals of each outcome."""
    claims: dict[int, list[int]] = {}
    for asset, holder in ground.claims:
        claims.setdefault(asset, []).append(holder)
    nodes: dict[Outcome, list[int]] = {outcome: [] for outcome in Outcome}
    holders: dict[Outcome, list[int]] = {outcome: [] for outcome in Outcome}
    for asset, owner in enumerate(ground.owner):
        held = (owner,) if owner >= 0 else tuple(claims.get(asset, ()))
        for place, outcome in table.goals[int(graph.class_of[asset])].items() if held else ():
            for holder in held:
                nodes[outcome].append(int(graph.first[asset]) + place)
                holders[outcome].append(holder)
    return tuple(
        Goals(np.array(nodes[outcome], dtype=np.int64), np.array(holders[outcome], dtype=np.int64), outcome)
        for outcome in Outcome
    )
