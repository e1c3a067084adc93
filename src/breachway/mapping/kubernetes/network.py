"""Who may connect to whom inside the cluster: network zones, and the flows between them that the policies leave.

Linear in the deployment: a workload without egress policy belongs to the open zone and to one zone for each peer selector that
names it; a workload with egress policies belongs to the zone of all that are restricted alike.  A flow leads from zones to what
listens in a workload.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.cni import enforcement_of
from breachway.mapping.kubernetes.mesh import MutualTls
from breachway.mapping.kubernetes.network_egress import map_egress
from breachway.mapping.kubernetes.network_policy import PodSelection, admits, read_policy
from breachway.mapping.kubernetes.network_weaknesses import judge_policies, judge_workloads, other_policies
from breachway.sources.kubernetes.policies import NetworkPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex, ListenerEntry, WorkloadEntry
    from breachway.mapping.kubernetes.network_policy import Direction, PeerKey, Policy
    from breachway.sources.kubernetes.objects import KubernetesObject

PLATFORM = "kubernetes"
SOURCE = "Kubernetes documentation, Network Policies"
OPEN_ZONE = "kubernetes:NetworkZone:open"


def map_network(builder: ModelBuilder, objects: Iterable[KubernetesObject], index: KubernetesIndex) -> None:
    """Map all policies to zones, flows and the weaknesses of their absence."""
    things = tuple(objects)
    selection = PodSelection(index.workloads, index.namespaces)
    policies = tuple(
        sorted(
            (read_policy(item, selection) for item in things if isinstance(item, NetworkPolicy)),
            key=lambda item: (item.namespace, item.name),
        )
    )
    others = other_policies(things)
    judge_policies(builder, index, policies)
    ingress, egress = _isolated(policies, ingress=True), _isolated(policies, ingress=False)
    judge_workloads(builder, index.workloads, ingress, egress, others)
    mapper = _FlowMapper(builder, index, selection, MutualTls(things))
    mapper.zones(egress)
    mapper.flows(ingress)
    mapper.restricted(ingress, egress)
    map_egress(builder, index, egress)


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

    def __init__(self, builder: ModelBuilder, index: KubernetesIndex, selection: PodSelection, mesh: MutualTls) -> None:
        self._builder = builder
        self._index = index
        self._workloads = index.workloads
        self._selection = selection
        self._mesh = mesh
        self._enforcement = enforcement_of(builder, index)
        self._free: frozenset[int] = frozenset()
        self._peer_zones: dict[PeerKey, str] = {}
        self._at = Evidence(index.location, Basis.DEFAULTED, "pods reach one another unless a policy selects them", SOURCE)

    # ------------------------------------------------------------------------------------------------------------ zones
    def zones(self, egress: dict[int, tuple[Policy, ...]]) -> None:
        """Attach every container to the zone that its egress policies leave it in."""
        builder = self._builder
        builder.asset(
            "NetworkZone",
            OPEN_ZONE,
            "pods that may connect anywhere",
            platform=PLATFORM,
            evidence=(self._at,),
            boundary=self._index.cluster_id,
        )
        builder.link("ReachesApi", OPEN_ZONE, self._index.cluster_id, (self._at,))
        for pool in self._index.node_pools:
            builder.link("ReachesKubelet", OPEN_ZONE, pool, (self._at,))
        self._free = frozenset(range(len(self._workloads))) - egress.keys()
        for position in sorted(self._free):
            workload = self._workloads[position]
            self._attach(
                workload, OPEN_ZONE, Evidence(workload.location, Basis.DEFAULTED, "no policy restricts its egress", SOURCE)
            )

    def _attach(self, workload: WorkloadEntry, zone: str, evidence: Evidence) -> None:
        for container in workload.containers:
            self._builder.link("AttachedTo", container.asset_id, zone, (evidence,))

    def _zone_of_peer(self, key: PeerKey, rule: Direction) -> str:
        """The zone of the pods that a peer selects and that no policy of their own holds back."""
        zone = self._peer_zones.get(key)
        if zone is not None:
            return zone
        title = _peer_title(key)
        seen = (Evidence(rule.location, Basis.OBSERVED, f"peers: {title}"),)
        zone = self._builder.asset(
            "NetworkZone",
            f"kubernetes:NetworkZone:{title}",
            title,
            platform=PLATFORM,
            evidence=seen,
            boundary=self._index.cluster_id,
        )
        self._peer_zones[key] = zone
        for position in self._selection.of(key):
            if position in self._free:
                self._attach(
                    self._workloads[position],
                    zone,
                    Evidence(self._workloads[position].location, Basis.OBSERVED, f"selected as {title}"),
                )
        return zone

    # ------------------------------------------------------------------------------------------------------------ flows
    def flows(self, ingress: dict[int, tuple[Policy, ...]]) -> None:
        """Add, for each workload that listens, the flow from everywhere and one flow for each rule that lets peers in."""
        for position, workload in enumerate(self._workloads):
            if not workload.listeners:
                continue
            policies = ingress.get(position, ())
            if not policies:
                note = (
                    "on the host's network, which policies do not cover"
                    if workload.host_network
                    else "no policy restricts its ingress"
                )
                open_to_all = Evidence(workload.location, Basis.DEFAULTED, note, SOURCE)
                self._flow(
                    workload,
                    "any",
                    (OPEN_ZONE,),
                    workload.listeners,
                    (open_to_all,),
                    probability=0.0,
                    key="no-ingress-network-policy",
                )
                continue
            self._closed(workload, policies)
            for policy in policies:
                for rule in policy.ingress or ():
                    self._allowed(workload, policy, rule)

    def _closed(self, workload: WorkloadEntry, policies: tuple[Policy, ...]) -> None:
        """The flow from everywhere that the policies refuse, as far as the cluster enforces them."""
        seen = tuple(Evidence(policy.location, Basis.OBSERVED, f"{policy.subject} isolates it") for policy in policies)
        self._flow(
            workload,
            "any",
            (OPEN_ZONE,),
            workload.listeners,
            seen + self._enforcement.evidence,
            probability=self._enforcement.probability,
            key="no-ingress-network-policy",
            assumption=self._enforcement.assumption,
        )

    def _allowed(self, workload: WorkloadEntry, policy: Policy, rule: Direction) -> None:
        listeners = tuple(listener for listener in workload.listeners if admits(rule.ports, listener))
        if not listeners:
            return
        zones: tuple[str, ...]
        if rule.peers is None:
            zones, words = (OPEN_ZONE,), "from everywhere"
            key = "netpol-allow-all-ingress"
        else:
            zones = tuple(dict.fromkeys(self._zone_of_peer(key, rule) for key in rule.peers))
            words, key = "from its peers", ""
        if zones:
            seen = Evidence(rule.location, Basis.OBSERVED, f"{policy.subject} lets connections in {words}")
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
    def restricted(self, ingress: dict[int, tuple[Policy, ...]], egress: dict[int, tuple[Policy, ...]]) -> None:
        """Add the flows that both ends' policies allow, from each class of workloads with like egress and like peers."""
        classes: defaultdict[tuple[tuple[str, ...], tuple[PeerKey, ...]], list[int]] = defaultdict(list)
        memberships: defaultdict[int, list[PeerKey]] = defaultdict(list)
        for key in sorted(self._peer_zones, key=repr):
            for position in self._selection.of(key):
                if position in egress:
                    memberships[position].append(key)
        for position, policies in egress.items():
            classes[tuple(policy.subject for policy in policies), tuple(memberships[position])].append(position)
        for (subjects, _), members in sorted(classes.items(), key=lambda item: item[1]):
            self._restricted_class(subjects, members, ingress, egress)

    def _restricted_class(
        self,
        subjects: tuple[str, ...],
        members: list[int],
        ingress: dict[int, tuple[Policy, ...]],
        egress: dict[int, tuple[Policy, ...]],
    ) -> None:
        first = self._workloads[members[0]]
        policies = egress[members[0]]
        seen = tuple(Evidence(policy.location, Basis.OBSERVED, f"{policy.subject} restricts egress") for policy in policies)
        zone = self._builder.asset(
            "NetworkZone",
            f"kubernetes:NetworkZone:restricted/{first.namespace}/{first.kind}/{first.name}",
            f"pods restricted by {', '.join(subjects)}",
            platform=PLATFORM,
            evidence=seen,
            boundary=f"kubernetes:Namespace:{first.namespace}",
        )
        for position in members:
            for item in seen:
                self._attach(self._workloads[position], zone, item)
        for policy in policies:
            for rule in policy.egress or ():
                if rule.peers is None or rule.blocks:
                    outside = Evidence(rule.location, Basis.OBSERVED, f"{policy.subject} allows egress to addresses")
                    self._builder.link("ReachesApi", zone, self._index.cluster_id, (outside,))
                targets = (
                    range(len(self._workloads))
                    if rule.peers is None
                    else sorted({t for key in rule.peers for t in self._selection.of(key)})
                )
                for target in targets:
                    self._through(zone, members[0], target, policy, rule, ingress.get(target, ()))

    def _through(self, zone: str, source: int, target: int, policy: Policy, rule: Direction, guards: tuple[Policy, ...]) -> None:
        workload = self._workloads[target]
        listeners = [listener for listener in workload.listeners if admits(rule.ports, listener)]
        out = Evidence(rule.location, Basis.OBSERVED, f"{policy.subject} allows egress to it")
        if not guards:
            unguarded = Evidence(workload.location, Basis.DEFAULTED, "no policy restricts its ingress", SOURCE)
            if listeners:
                self._flow(
                    workload,
                    f"from/{zone}",
                    (zone,),
                    listeners,
                    (out, unguarded),
                    probability=0.0,
                    key="no-ingress-network-policy",
                )
            return
        for guard in guards:
            for entry in guard.ingress or ():
                if entry.peers is not None and not any(source in self._selection.of(key) for key in entry.peers):
                    continue
                both = [listener for listener in listeners if admits(entry.ports, listener)]
                if both:
                    let_in = Evidence(entry.location, Basis.OBSERVED, f"{guard.subject} lets it in")
                    self._flow(
                        workload, f"from/{zone}/{guard.name}/{entry.position}", (zone,), both, (out, let_in), probability=0.0
                    )


def _peer_title(key: PeerKey) -> str:
    namespace, spaces, pods = key
    words = []
    if spaces is None:
        words.append(f"namespace {namespace}")
    else:
        words.append(f"namespaces {_selector_title(spaces)}")
    words.append("all pods" if pods is None else f"pods {_selector_title(pods)}")
    return ", ".join(words)


def _selector_title(selector: tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str, tuple[str, ...]], ...]]) -> str:
    labels, requirements = selector
    parts = [f"{key}={value}" for key, value in labels]
    parts += [f"{key} {operator} {'|'.join(values)}".rstrip() for key, operator, values in requirements]
    return " & ".join(parts) or "of any label"
