"""Network zones: the sets of pods from which connections start."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.index import namespace_id
from breachway.mapping.kubernetes.network.connections.plane import numbers
from breachway.mapping.kubernetes.network.connections.reasons import reasons
from breachway.mapping.kubernetes.network.egress import is_internal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex, WorkloadEntry
    from breachway.mapping.kubernetes.network.connections.plane import Plane
    from breachway.mapping.kubernetes.network.policies import Direction, PeerKey

PLATFORM = "kubernetes"
SOURCE = "Kubernetes documentation, Network Policies"
OPEN_ZONE = "kubernetes:NetworkZone:open"
_API_PORTS = (443, 6443)
_KUBELET_PORTS = (10250,)
_SHOWN = 3


class Zones:
    """Makes zones and attaches containers to them.

    ``restricted`` are the endpoints whose egress some policy holds back, ``free`` the others; both are classes of pods.
    """

    def __init__(self, builder: ModelBuilder, index: KubernetesIndex, plane: Plane) -> None:
        self._builder = builder
        self._index = index
        self._workloads = index.workloads
        self._plane = plane
        inside = (1 << plane.inside_count) - 1
        self.restricted = plane.egress.restrained & inside
        self.free = inside & ~self.restricted
        self._is_free = frozenset(plane.positions(self.free))
        self._of_peers: dict[PeerKey, str] = {}
        self._of_sets: dict[int, str] = {}

    def open_all(self) -> None:
        """Attach every container that no policy holds back to the open zone."""
        seen = Evidence(self._index.location, Basis.DEFAULTED, "pods reach one another unless a policy selects them", SOURCE)
        self._zone(OPEN_ZONE, "pods that may connect anywhere", (seen,), self._index.cluster_id)
        self._builder.link("ReachesApi", OPEN_ZONE, self._index.cluster_id, (seen,))
        for pool in self._index.node_pools:
            self._builder.link("ReachesKubelet", OPEN_ZONE, pool, (seen,))
        for position in sorted(self._is_free):
            workload = self._workloads[position]
            note = "no policy restricts its egress"
            self._attach(workload, OPEN_ZONE, (Evidence(workload.location, Basis.DEFAULTED, note, SOURCE),))

    def of_peer(self, key: PeerKey, rule: Direction) -> str:
        """The zone of the pods that a peer selects and that no policy of their own holds back."""
        known = self._of_peers.get(key)
        if known is not None:
            return known
        title = _peer_title(key)
        seen = Evidence(rule.location, Basis.OBSERVED, f"peers: {title}")
        zone = self._zone(f"kubernetes:NetworkZone:{title}", title, (seen,), self._index.cluster_id)
        self._of_peers[key] = zone
        for position in self._plane.policies.selection.of(key):
            if position in self._is_free:
                workload = self._workloads[position]
                self._attach(workload, zone, (Evidence(workload.location, Basis.OBSERVED, f"selected as {title}"),))
        return zone

    def of_set(self, endpoints: int, word: str, evidence: tuple[Evidence, ...], title: str = "") -> str:
        """The zone of exactly these endpoints; made, with their containers attached, when it is first asked for."""
        known = self._of_sets.get(endpoints)
        if known is not None:
            return known
        members = [self._workloads[position] for position in self._plane.positions(endpoints)]
        first = members[0]
        name = f"{word}/{first.namespace}/{first.kind}/{first.name}"
        if len(members) > 1:
            name += f"/{_digest(member.asset_id for member in members)}"
        spaces = {member.namespace for member in members}
        boundary = namespace_id(first.namespace) if len(spaces) == 1 else self._index.cluster_id
        zone = self._zone(f"kubernetes:NetworkZone:{name}", title or _names(members), evidence, boundary)
        self._of_sets[endpoints] = zone
        for member in members:
            self._attach(member, zone, evidence)
        return zone

    def join_cluster(self, zone: str, endpoints: int) -> None:
        """Join a zone of restricted pods to the API server and the kubelets as far as their policies let them out to addresses.

        The addresses of neither are in manifests: any is taken for the API server, any of a private network for nodes.
        """
        api = self._way_out(endpoints, _API_PORTS, internal=False)
        if api:
            self._builder.link("ReachesApi", zone, self._index.cluster_id, api)
        kubelets = self._way_out(endpoints, _KUBELET_PORTS, internal=True)
        for pool in self._index.node_pools if kubelets else ():
            self._builder.link("ReachesKubelet", zone, pool, kubelets)

    def _way_out(self, endpoints: int, ports: tuple[int, ...], *, internal: bool) -> tuple[Evidence, ...]:
        plane = self._plane
        for target in range(plane.inside_count, plane.count):
            addresses = plane.outside_class(target)
            if addresses is None or (internal and not any(is_internal(item) for item in addresses.ranges)):
                continue
            for item in plane.stretches(target):
                source = next(numbers(item.sources & endpoints), None)
                if source is not None and item.protocol == "TCP" and any(item.first <= port <= item.last for port in ports):
                    out, _ = reasons(plane, source, target, item.protocol, item.first)
                    return tuple(Evidence(why.location, Basis.OBSERVED, why.note) for why in out)
        return ()

    def _zone(self, asset_id: str, name: str, evidence: tuple[Evidence, ...], boundary: str) -> str:
        return self._builder.asset("NetworkZone", asset_id, name, platform=PLATFORM, evidence=evidence, boundary=boundary)

    def _attach(self, workload: WorkloadEntry, zone: str, evidence: tuple[Evidence, ...]) -> None:
        for container in workload.containers:
            self._builder.link("AttachedTo", container.asset_id, zone, evidence)


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:10]


def _names(members: list[WorkloadEntry]) -> str:
    names = [f"{member.namespace}/{member.name}" for member in members[:_SHOWN]]
    more = f" and {len(members) - _SHOWN} more" if len(members) > _SHOWN else ""
    return f"pods of {', '.join(names)}{more}"


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
