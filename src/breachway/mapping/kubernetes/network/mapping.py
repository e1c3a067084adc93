"""Who may connect to whom inside the cluster: network zones, and the flows between them that the policies leave.

Linear in the deployment: a workload without egress policy belongs to the open zone and to one zone for each peer selector that
names it; a workload with egress policies belongs to the zone of all that are restricted alike.  A flow leads from zones to what
listens in a workload.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.exposure.policies import guard_openings
from breachway.mapping.kubernetes.network.connections.plane import Plane, means_every_node, numbers
from breachway.mapping.kubernetes.network.connections.reasons import reasons
from breachway.mapping.kubernetes.network.connections.rules import read_policies
from breachway.mapping.kubernetes.network.connections.units import unit_of
from breachway.mapping.kubernetes.network.egress import OUTSIDE_MARKS, map_egress
from breachway.mapping.kubernetes.network.mesh import MutualTls
from breachway.mapping.kubernetes.network.plugins import enforcement_of
from breachway.mapping.kubernetes.network.weaknesses import judge_policies, judge_workloads, other_policies
from breachway.mapping.kubernetes.network.zones import OPEN_ZONE, PLATFORM, SOURCE, Zones

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex, ListenerEntry, WorkloadEntry
    from breachway.mapping.kubernetes.network.policies import Direction, Policy
    from breachway.sources.kubernetes.objects import KubernetesObject

__all__ = ["OPEN_ZONE", "map_network"]


def map_network(builder: ModelBuilder, objects: Iterable[KubernetesObject], index: KubernetesIndex) -> None:
    """Map all policies to zones, flows and the weaknesses of their absence."""
    things = tuple(objects)
    units = tuple(unit_of(item.namespace, item.kind, item.name, item.object) for item in index.workloads)
    policies = read_policies(things, units, {name: entry.labels for name, entry in index.namespaces.items()})
    plane = Plane(units, policies, OUTSIDE_MARKS)
    others = other_policies(things, policies.admin)
    judge_policies(builder, index, policies.network)
    ingress, egress = _isolated(policies.network, ingress=True), _isolated(policies.network, ingress=False)
    restrained = {
        "ingress": frozenset(plane.positions(plane.ingress.restrained)),
        "egress": frozenset(plane.positions(plane.egress.restrained)),
    }
    judge_workloads(builder, index.workloads, restrained, others)
    mapper = _FlowMapper(builder, index, plane, MutualTls(things))
    mapper.flows(ingress)
    mapper.restricted(egress)
    map_egress(builder, index, plane, egress)
    guard_openings(builder, things, index, plane, ingress, mapper.enforcement)


def _isolated(policies: Iterable[Policy], *, ingress: bool) -> dict[int, tuple[Policy, ...]]:
    """The policies that isolate each workload in one direction, by the workload's position."""
    found: defaultdict[int, list[Policy]] = defaultdict(list)
    for policy in policies:
        if (policy.ingress if ingress else policy.egress) is not None:
            for position in policy.selected:
                found[position].append(policy)
    return {position: tuple(items) for position, items in found.items()}


class _FlowMapper:
    """Adds zones and flows to a builder."""

    def __init__(self, builder: ModelBuilder, index: KubernetesIndex, plane: Plane, mesh: MutualTls) -> None:
        self._builder = builder
        self._index = index
        self._workloads = index.workloads
        self._plane = plane
        self._mesh = mesh
        self.enforcement = enforcement_of(builder, index)
        self._zones = Zones(builder, index, plane)
        self._zones.open_all()

    # ------------------------------------------------------------------------------------------------------------ flows
    def flows(self, ingress: dict[int, tuple[Policy, ...]]) -> None:
        """Add, for each workload that listens, the flow from everywhere and one flow for each rule that lets peers in."""
        for position, workload in enumerate(self._workloads):
            if not workload.listeners:
                continue
            policies = ingress.get(position, ())
            endpoint = self._plane.class_of[position]
            ordered = (*self._plane.ingress.admin, *self._plane.ingress.baseline)
            if self._guarded(position) and any(rule.subjects >> endpoint & 1 for rule in ordered):
                self._under_admin_rules(position)
            elif policies:
                self._closed(workload, tuple(policy.subject for policy in policies), tuple(item.location for item in policies))
                for policy in policies:
                    for rule in policy.ingress or ():
                        self._allowed(workload, policy, rule)
            else:
                self._unguarded(workload)

    def _unguarded(self, workload: WorkloadEntry) -> None:
        note = "on the host's network, which policies do not cover"
        if not workload.host_network:
            note = "no policy restricts its ingress"
        self._flow(
            workload,
            "any",
            (OPEN_ZONE,),
            workload.listeners,
            (Evidence(workload.location, Basis.DEFAULTED, note, SOURCE),),
            probability=0.0,
            key="no-ingress-network-policy",
        )

    def _under_admin_rules(self, position: int) -> None:
        """The flows from unrestricted pods into a workload that admin policies speak of."""
        workload, plane = self._workloads[position], self._plane
        groups = self._by_sources(position, self._zones.free)
        everyone = self._zones.free
        closed = tuple(item for sources, items in groups.items() if sources != everyone for item in items)
        if closed:
            rules = [r for r in (*plane.ingress.admin, *plane.ingress.baseline) if r.subjects >> plane.class_of[position] & 1]
            seen = dict.fromkeys((rule.policy, rule.location) for rule in rules)
            self._closed(workload, tuple(name for name, _ in seen), tuple(place for _, place in seen), closed)
        for sources, listeners in groups.items():
            if not sources:
                continue
            evidence = self._why(sources, position, listeners, out=False)
            if sources == everyone:
                self._flow(workload, "admitted", (OPEN_ZONE,), listeners, evidence, probability=0.0)
            else:
                zone = self._zones.of_set(sources, "admitted", evidence)
                self._flow(workload, f"admitted/{zone}", (zone,), listeners, evidence, probability=0.0)

    def _closed(
        self,
        workload: WorkloadEntry,
        subjects: tuple[str, ...],
        places: tuple[Location, ...],
        listeners: tuple[ListenerEntry, ...] | None = None,
    ) -> None:
        """The flow from everywhere that the policies refuse, as far as the cluster enforces them."""
        seen = tuple(
            Evidence(place, Basis.OBSERVED, f"{subject} isolates it") for subject, place in zip(subjects, places, strict=True)
        )
        self._flow(
            workload,
            "any",
            (OPEN_ZONE,),
            workload.listeners if listeners is None else listeners,
            seen + self.enforcement.evidence,
            probability=self.enforcement.probability,
            key="no-ingress-network-policy",
            assumption=self.enforcement.assumption,
        )

    def _allowed(self, workload: WorkloadEntry, policy: Policy, rule: Direction) -> None:
        listeners = tuple(listener for listener in workload.listeners if _admits(rule, listener))
        if not listeners:
            return
        zones: tuple[str, ...]
        if rule.peers is None:
            zones, words = (OPEN_ZONE,), "from everywhere"
            key = "netpol-allow-all-ingress"
        else:
            zones = tuple(dict.fromkeys(self._zones.of_peer(key, rule) for key in rule.peers))
            words, key = "from its peers", ""
        seen = Evidence(rule.location, Basis.OBSERVED, f"{policy.subject} lets connections in {words}")
        nodes = self._plane.on_host & self._zones.free
        if rule.peers is not None and nodes and means_every_node(rule):
            zones = (*zones, self._zones.of_set(nodes, "nodes", (seen,), "pods on the network of their node"))
        if zones:
            self._flow(workload, f"{policy.name}/{rule.position}", zones, listeners, (seen,), probability=0.0, key=key)

    def _flow(
        self,
        workload: WorkloadEntry,
        name: str,
        zones: tuple[str, ...],
        listeners: Iterable[ListenerEntry],
        evidence: tuple[Evidence, ...],
        *,
        probability: float,
        key: str = "",
        assumption: str = "",
    ) -> None:
        flow = self._flow_asset(
            f"kubernetes:Flow:{workload.namespace}/{workload.kind}/{workload.name}/{name}",
            f"connections to {workload.subject}",
            workload,
            evidence,
        )
        for zone in zones:
            self._builder.link("Originates", zone, flow, evidence)
        for listener in listeners:
            self._builder.link("LeadsTo", flow, listener.asset_id, evidence)
        self._builder.defence(
            flow, "deniedByPolicy", probability, evidence, weaknesses=(key,) if key else (), assumption=assumption
        )

    def _flow_asset(self, asset_id: str, name: str, workload: WorkloadEntry, evidence: tuple[Evidence, ...]) -> str:
        flow = self._builder.asset(
            "Flow", asset_id, name, platform=PLATFORM, evidence=evidence, boundary=f"kubernetes:Namespace:{workload.namespace}"
        )
        strict, why, weaknesses = self._mesh.of(workload)
        self._builder.defence(flow, "mutualTls", 1.0 if strict else 0.0, (why,), weaknesses=weaknesses)
        return flow

    # --------------------------------------------------------------------------------------- sources held by egress policies
    def restricted(self, egress: dict[int, tuple[Policy, ...]]) -> None:
        """Add the flows that both ends' policies allow from the workloads that some policy restricts.

        Workloads under the same policies share a zone; so does every set of them that may reach something together.
        """
        groups: defaultdict[tuple[tuple[str, Location], ...], int] = defaultdict(int)
        for endpoint in numbers(self._zones.restricted):
            policies = egress.get(self._plane.members[endpoint][0], ())
            rules = (*self._plane.egress.admin, *self._plane.egress.baseline)
            names = [(policy.subject, policy.location) for policy in policies]
            names += [(rule.policy, rule.location) for rule in rules if rule.subjects >> endpoint & 1]
            groups[tuple(dict(names).items())] |= 1 << endpoint
        for why, endpoints in groups.items():
            seen = tuple(Evidence(place, Basis.OBSERVED, f"{subject} restricts egress") for subject, place in why)
            title = f"pods restricted by {', '.join(subject for subject, _ in why)}"
            self._zones.join_cluster(self._zones.of_set(endpoints, "restricted", seen, title), endpoints)
        for position, workload in enumerate(self._workloads):
            for sources, listeners in self._by_sources(position, self._zones.restricted).items():
                if sources:
                    evidence = self._why(sources, position, listeners, out=True)
                    zone = self._zones.of_set(sources, "restricted", evidence)
                    key = "" if self._guarded(position) else "no-ingress-network-policy"
                    self._flow(workload, f"from/{zone}", (zone,), listeners, evidence, probability=0.0, key=key)

    def _guarded(self, position: int) -> bool:
        return bool(self._plane.ingress.restrained >> self._plane.class_of[position] & 1)

    # ------------------------------------------------------------------------------------------------------- sets of sources
    def _by_sources(self, position: int, among: int) -> dict[int, tuple[ListenerEntry, ...]]:
        """What listens in a workload, by the set of endpoints (of ``among``) that may connect to it."""
        found: defaultdict[int, list[ListenerEntry]] = defaultdict(list)
        stretches = self._plane.stretches(self._plane.class_of[position])
        for listener in self._workloads[position].listeners:
            sources = 0
            for item in stretches:
                meant = listener.port == 0 or item.first <= listener.port <= item.last
                if meant and item.protocol == (listener.protocol or "TCP"):
                    sources |= item.sources
            found[sources & among].append(listener)
        return {sources: tuple(listeners) for sources, listeners in found.items()}

    def _why(self, sources: int, position: int, listeners: tuple[ListenerEntry, ...], *, out: bool) -> tuple[Evidence, ...]:
        """Why the first of the sources may connect to the first of the listeners."""
        source, listener = next(numbers(sources)), listeners[0]
        target, protocol = self._plane.class_of[position], listener.protocol or "TCP"
        port = listener.port or next(
            item.first for item in self._plane.stretches(target) if item.protocol == protocol and item.sources >> source & 1
        )
        leaving, entering = reasons(self._plane, source, target, protocol, port)
        return tuple(
            Evidence(why.location, Basis.OBSERVED if why.policy else Basis.DEFAULTED, why.note, "" if why.policy else SOURCE)
            for why in (*(leaving if out else ()), *entering)
        )


def _admits(rule: Direction, listener: ListenerEntry) -> bool:
    """Whether a rule's ports cover what listens.  A listener whose port is not known is taken to be behind any number."""
    if rule.ports is None:
        return True
    protocol = listener.protocol or "TCP"
    named = ((listener.name, protocol, listener.port),) if listener.name else ()
    spans = [span for port in rule.ports for span in port.spans(protocol, named)]
    return any(listener.port == 0 or first <= listener.port <= last for first, last in spans)
