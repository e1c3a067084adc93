"""What network policies make of openings to the outside: an opening leads nowhere that the policies of its pods keep it from.

As whom the pods see a caller from outside depends on the way (Kubernetes, Virtual IPs and Service Proxies; Network Policies):
``externalTrafficPolicy: Local`` and host ports keep the client's address; the default, ``Cluster``, puts the address of a node in
its place, and a load balancer may put its own; an ingress controller is the caller itself.  Whether a policy sees addresses
before or after they are rewritten is left to the network plugin, and what comes from the pod's own node is mostly let through: so
that a policy which admits no node keeps out what nodes pass on is an assumption.  Pods on the network of their node are under no
policy.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple, assert_never

from breachway.evidence import Basis, Evidence
from breachway.mapping.containers.grounds import believe
from breachway.mapping.kubernetes.assumptions import NODES_FILTERED
from breachway.mapping.kubernetes.declared import Declared
from breachway.mapping.kubernetes.exposure.ingress_controllers import classes_of, words_in
from breachway.mapping.kubernetes.exposure.mapping import Arrival
from breachway.mapping.kubernetes.network.egress import is_internal, is_public_range
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.exposure.mapping import Opened
    from breachway.mapping.kubernetes.index import KubernetesIndex, ListenerEntry, WorkloadEntry
    from breachway.mapping.kubernetes.network.connections.plane import Plane
    from breachway.mapping.kubernetes.network.plugins import Enforcement
    from breachway.mapping.kubernetes.network.policies import Policy
    from breachway.sources.kubernetes.objects import KubernetesObject

_PLATFORM = "kubernetes"
_MOST = 1 << 31
"""Half of all IPv4 addresses: what admits more admits the internet, exceptions or not."""
_MOST_IPV6 = 1 << 124
_EVERYWHERE = ((), ())
"""The key of a selector that selects everything."""
_WAYS = ("outside", "passed-on")
"""Flows of one opening into one workload: as policies hold for the caller, and as they hold for what passes it on."""
_NO_MESH = "an opening is not asked for a certificate of the mesh"


class _Closed(NamedTuple):
    """Why a way is closed: the belief that it is, and the reasons."""

    probability: float
    evidence: tuple[Evidence, ...]
    assumption: str


def guard_openings(
    builder: ModelBuilder,
    objects: Iterable[KubernetesObject],
    index: KubernetesIndex,
    plane: Plane,
    isolating: Mapping[int, tuple[Policy, ...]],
    enforcement: Enforcement,
) -> None:
    """Put a flow that the policies deny in the place of what an opening publishes and the policies keep from it.

    The plane tells apart the addresses of ``OUTSIDE_MARKS``; ``isolating`` are the policies that isolate each workload's ingress.
    """
    guard = _Guard(builder, index, plane, isolating, enforcement, _node_addresses(objects))
    for opened in index.openings:
        for workload, listener in opened.targets:
            for number, closed in enumerate(guard.closed(opened, workload, listener)):
                _deny(builder, opened, workload, listener, closed, _WAYS[number])


def _node_addresses(objects: Iterable[KubernetesObject]) -> tuple[str, ...]:
    """The addresses that nodes have inside; empty where the input shows no nodes."""
    nodes = Declared(objects).of(Node)
    found = [
        value_or(item.address, "")
        for node in nodes
        for item in node.status.addresses
        if value_or(item.type, "") == "InternalIP" and _is_address(value_or(item.address, ""))
    ]
    return tuple(found) if len(found) >= len(nodes) else ()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class _Guard:
    """Asks the policies about openings."""

    def __init__(
        self,
        builder: ModelBuilder,
        index: KubernetesIndex,
        plane: Plane,
        isolating: Mapping[int, tuple[Policy, ...]],
        enforcement: Enforcement,
        nodes: tuple[str, ...],
    ) -> None:
        self._builder = builder
        self._plane = plane
        self._isolating = isolating
        self._enforcement = enforcement
        self._position = {entry.asset_id: position for position, entry in enumerate(index.workloads)}
        self._controllers: dict[str, int] = {}
        for position, entry in enumerate(index.workloads):
            for word in classes_of(entry):
                self._controllers[word] = self._controllers.get(word, 0) | plane.endpoints((position,))
        outside = [(number, plane.outside_class(number)) for number in range(plane.inside_count, plane.count)]
        known = [(1 << number, addresses) for number, addresses in outside if addresses is not None]
        self._public = [
            (bit, sum(r.last - r.first + 1 for r in addresses.ranges if r.version == version and is_public_range(r)), most)
            for bit, addresses in known
            for version, most in ((4, _MOST), (6, _MOST_IPV6))
        ]
        self._nodes = sum(
            bit
            for bit, addresses in known
            if (any(addresses.holds(node) for node in nodes) if nodes else any(is_internal(item) for item in addresses.ranges))
        )

    def closed(self, opened: Opened, workload: WorkloadEntry, listener: ListenerEntry) -> tuple[_Closed, ...]:
        """Why callers from outside are kept from a listener; all of it must hold.  Empty where nothing keeps them or can tell."""
        if workload.host_network:
            return ()
        endpoint = self._plane.class_of[self._position[workload.asset_id]]
        sources = self._sources(endpoint, listener)
        if not self._plane.ingress.restrained >> endpoint & 1:
            return self._held_back(opened.served_by, sources) if opened.arrival is Arrival.CONTROLLER else ()
        if self._admits_internet(sources):
            return ()
        match opened.arrival:
            case Arrival.CLIENT:
                return self._refused(workload, "the clients of the internet")
            case Arrival.NODE:
                return () if sources & self._nodes else self._refused(workload, "the nodes", passed_on=True)
            case Arrival.CONTROLLER:
                return self._behind_controller(opened.served_by, workload, listener, sources)
            case _:
                assert_never(opened.arrival)

    def _serving(self, served_by: str) -> tuple[int, bool]:
        """The controllers of the input that may serve a class, and whether another that is not in it may.

        A class is told by the word in its name; without a name, or with one that tells nothing, any controller may serve it.
        """
        words = words_in(served_by)
        found = 0
        for word, endpoints in self._controllers.items():
            found |= endpoints if word in words or not words else 0
        return found, not found or bool(served_by and not words)

    def _held_back(self, served_by: str, sources: int) -> tuple[_Closed, ...]:
        """Whether the controllers of the input may not leave for what guards itself by no policy."""
        controllers, others = self._serving(served_by)
        if others or sources & controllers:
            return ()
        holding = [policy for whom, policy in self._plane.egress.isolating if whom & controllers]
        places = {policy.subject: policy.location for policy in holding}
        for rule in (*self._plane.egress.admin, *self._plane.egress.baseline):
            if rule.subjects & controllers:
                places.setdefault(rule.policy, rule.location)
        note = "does not let the ingress controller connect to it"
        seen = tuple(Evidence(place, Basis.OBSERVED, f"{name} {note}") for name, place in places.items())
        return (self._enforced(seen),)

    def _behind_controller(
        self, served_by: str, workload: WorkloadEntry, listener: ListenerEntry, sources: int
    ) -> tuple[_Closed, ...]:
        controllers, others = self._serving(served_by)
        if others and self._admits_unseen(workload, listener):
            return ()
        on_host = controllers & self._plane.on_host
        if sources & controllers or (on_host and sources & self._nodes):
            return ()
        return self._refused(workload, "the ingress controller", passed_on=bool(on_host))

    def _sources(self, endpoint: int, listener: ListenerEntry) -> int:
        """Everyone who may connect; a listener whose port is not known is taken to be behind any."""
        found = 0
        for item in self._plane.stretches(endpoint):
            meant = listener.port == 0 or item.first <= listener.port <= item.last
            if meant and item.protocol == (listener.protocol or "TCP").upper():
                found |= item.sources
        return found

    def _admits_internet(self, sources: int) -> bool:
        """Whether most public addresses of one version of IP are admitted; a few named ones are not the internet."""
        for most in (_MOST, _MOST_IPV6):
            if sum(count for bit, count, whole in self._public if whole == most and sources & bit) >= most:
                return True
        return False

    def _admits_unseen(self, workload: WorkloadEntry, listener: ListenerEntry) -> bool:
        """Whether a controller that is not in the input may be admitted: by peers that no pod of the input is, or by address."""
        plane = self._plane
        endpoint = plane.class_of[self._position[workload.asset_id]]
        if any(rule.subjects >> endpoint & 1 for rule in (*plane.ingress.admin, *plane.ingress.baseline)):
            return True
        protocol = (listener.protocol or "TCP").upper()
        named = ((listener.name, protocol, listener.port),) if listener.name else ()
        for policy in self._isolating.get(self._position[workload.asset_id], ()):
            for rule in policy.ingress or ():
                spans = None if rule.ports is None else [span for port in rule.ports for span in port.spans(protocol, named)]
                if spans is not None and listener.port and not any(low <= listener.port <= high for low, high in spans):
                    continue
                if rule.peers is None or rule.blocks or rule.nodes:
                    return True
                if any(not plane.policies.selection.of(key) or key[1] == _EVERYWHERE for key in rule.peers):
                    return True
        return False

    def _refused(self, workload: WorkloadEntry, whom: str, *, passed_on: bool = False) -> tuple[_Closed, ...]:
        position = self._position[workload.asset_id]
        places = {item.subject: item.location for item in self._isolating.get(position, ())}
        endpoint = self._plane.class_of[position]
        for rule in (*self._plane.ingress.admin, *self._plane.ingress.baseline):
            if rule.subjects >> endpoint & 1:
                places.setdefault(rule.policy, rule.location)
        seen = tuple(_refusal(place, name, whom) for name, place in places.items())
        if not passed_on:
            return (self._enforced(seen),)
        finding = believe(self._builder, NODES_FILTERED, workload.location)
        return self._enforced(seen), _Closed(finding.probability, seen + finding.evidence, finding.assumption)

    def _enforced(self, seen: tuple[Evidence, ...]) -> _Closed:
        found = self._enforcement
        return _Closed(found.probability, seen + found.evidence, found.assumption)


def _refusal(place: Location, name: str, whom: str) -> Evidence:
    return Evidence(place, Basis.OBSERVED, f"{name} isolates it and does not admit {whom}")


def _deny(
    builder: ModelBuilder, opened: Opened, workload: WorkloadEntry, listener: ListenerEntry, closed: _Closed, way: str
) -> None:
    builder.unlink("Publishes", opened.asset, listener.asset_id)
    name = f"{workload.namespace}/{workload.kind}/{workload.name}/{way}/{opened.asset.split(':', 2)[2]}"
    flow = builder.asset(
        "Flow",
        f"kubernetes:Flow:{name}",
        f"connections through {opened.subject} to {workload.subject}",
        platform=_PLATFORM,
        evidence=opened.evidence,
        boundary=f"kubernetes:Namespace:{workload.namespace}",
    )
    builder.link("PassesBy", opened.asset, flow, opened.evidence)
    builder.link("LeadsTo", flow, listener.asset_id, opened.evidence)
    builder.defence(
        flow,
        "deniedByPolicy",
        closed.probability,
        closed.evidence,
        weaknesses=("no-ingress-network-policy",),
        assumption=closed.assumption,
    )
    builder.defence(
        flow, "mutualTls", 0.0, (Evidence(workload.location, Basis.DEFAULTED, _NO_MESH, "Istio, PeerAuthentication"),)
    )
