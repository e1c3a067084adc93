"""Openings by Services, and by ports that pods open on their nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Finding, believe, observed
from breachway.mapping.kubernetes.assumptions import NODES_NOT_PUBLIC
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.mapping.kubernetes.exposure.mapping import Arrival, Opening, is_private, kept_inside, public, unrestricted
from breachway.mapping.kubernetes.index import namespace_id
from breachway.mapping.kubernetes.judging import Judge
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Node, Service

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.exposure.backends import Services
    from breachway.mapping.kubernetes.exposure.mapping import ExposureMapper
    from breachway.mapping.kubernetes.index import ListenerEntry, WorkloadEntry
    from breachway.sources.decoding import Value

_ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_TLS_PORTS = frozenset({443, 8443, 6443, 9443})
_INTERNAL: tuple[tuple[str, frozenset[str]], ...] = (
    ("service.beta.kubernetes.io/aws-load-balancer-internal", frozenset()),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", frozenset({"internal"})),
    ("networking.gke.io/load-balancer-type", frozenset({"internal"})),
    ("cloud.google.com/load-balancer-type", frozenset({"internal"})),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", frozenset({"true"})),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", frozenset({"true"})),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", frozenset({"true"})),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", frozenset({"intranet"})),
    ("service.beta.kubernetes.io/do-loadbalancer-network", frozenset({"internal"})),
    ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", frozenset({"private"})),
    ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", frozenset()),
)
"""Annotations that keep a load balancer inside, with the values that do; none listed means any value but "false"."""


class ServiceExposure:
    """Maps what Services and ports on nodes open."""

    def __init__(self, builder: ModelBuilder, declared: Declared, services: Services, exposures: ExposureMapper) -> None:
        self._builder = builder
        self._declared = declared
        self._services = services
        self._exposures = exposures
        self._node_addresses = _node_addresses(declared)

    def nodes_public(self, location: Location) -> Finding:
        """Whether the internet is kept from ports of the nodes."""
        addresses = self._node_addresses
        outside = next((address for address in addresses if not is_private(address.value)), None)
        if outside is not None:
            return Finding(0.0, observed(outside.location, f"a node has the public address {outside.value}"))
        return believe(self._builder, NODES_NOT_PUBLIC, location)

    def map_services(self) -> None:
        """Add the opening of every Service that has one."""
        for service in self._declared.of(Service):
            kind = value_or(service.spec.type, "ClusterIP")
            subject = f"Service {namespace_of(service.metadata)}/{name_of(service.metadata)}"
            if kind == "ExternalName":
                self._external_name(service, subject)
            elif kind in {"NodePort", "LoadBalancer"} or service.spec.external_ips:
                self._open(service, kind, subject)

    def _open(self, service: Service, kind: str, subject: str) -> None:
        place = service.spec.type.location if service.spec.type else service.spec.location
        judge = self._exposures.open(
            Opening(
                names=f"{namespace_of(service.metadata)}/Service/{name_of(service.metadata)}",
                subject=subject,
                evidence=observed(place, f"type: {kind}" if service.spec.type else "externalIPs are given"),
                findings={
                    "notPublic": self._not_public(service, kind, place),
                    "sourceRestricted": _restricted(service, place),
                    "encrypted": _encrypted(service, place),
                },
                targets=self._services.listeners(service),
                arrival=_arrival(service),
            ),
            workloads=self._services.workloads(service),
        )
        if kind == "NodePort":
            judge.weak("service-nodeport", observed(place, "type: NodePort"))
        if kind == "LoadBalancer" and not _kept_inside(service) and _restricted(service, place).probability == 0.0:
            judge.weak(
                "service-loadbalancer-public", observed(place, "type: LoadBalancer, and neither internal nor for named sources")
            )
        for address in service.spec.external_ips:
            judge.weak("service-external-ip", observed(address.location, f"externalIPs: {address.value}"), detail=address.value)

    def _not_public(self, service: Service, kind: str, place: Location) -> Finding:
        inside = _kept_inside(service)
        outside = next((item for item in service.spec.external_ips if not is_private(item.value)), None)
        if outside is not None:
            return Finding(0.0, observed(outside.location, f"externalIPs: {outside.value}"))
        if kind == "LoadBalancer":
            return (
                kept_inside(inside[0].location, inside[0].note)
                if inside
                else public(place, "a load balancer is public unless told otherwise")
            )
        if kind == "NodePort":
            return self.nodes_public(place)
        return kept_inside(
            service.spec.external_ips[0].location, f"externalIPs: {service.spec.external_ips[0].value}, not of the internet"
        )

    def _external_name(self, service: Service, subject: str) -> None:
        """A name that leads elsewhere lets whoever routes to the Service be sent to the wrong place."""
        target = service.spec.external_name
        if target is None:
            return
        name = target.value.rstrip(".").lower()
        inside = (
            name in {"localhost", "metadata.google.internal"}
            or name.startswith(("127.", "169.254."))
            or name.endswith(".svc.cluster.local")
        )
        if inside:
            judge = Judge(self._builder, namespace_id(namespace_of(service.metadata)), subject)
            judge.weak(
                "service-external-name",
                observed(target.location, f"externalName: {target.value}"),
                detail=name_of(service.metadata),
            )

    # ------------------------------------------------------------------------------------------------------- ports of the nodes

    def map_node_ports(self, entry: WorkloadEntry) -> None:
        """Add what a workload opens on its nodes by itself: host ports, or all its ports on the host's network."""
        by_container = {container.name: container for container in entry.containers}
        opened: dict[str, tuple[WorkloadEntry, ListenerEntry]] = {}
        evidence: tuple[Evidence, ...] = ()
        spec = entry.object.pod_template.spec
        for container in (*spec.containers, *spec.init_containers, *spec.ephemeral_containers):
            known = by_container.get(value_or(container.name, ""))
            for port in container.ports:
                value = port.host_port
                if value is None or value.value <= 0 or known is None:
                    continue
                found = observed(value.location, f"hostPort: {value.value}")
                judge = Judge(self._builder, known.asset_id, f"{entry.subject}, container {known.name}")
                judge.weak("host-port", found, detail=str(value.value))
                if port.host_ip is not None and port.host_ip.value in {"127.0.0.1", "::1"}:
                    continue
                evidence = evidence or found
                number = value_or(port.container_port, value.value)
                opened.update({item.asset_id: (entry, item) for item in known.listeners if item.port == number})
        if entry.host_network and spec.host_network is not None:
            evidence = evidence or observed(spec.host_network.location, "hostNetwork: true")
            opened.update({item.asset_id: (entry, item) for item in entry.listeners})
        if evidence and (opened or not entry.host_network):
            self._open_node_ports(entry, evidence, opened)

    def _open_node_ports(
        self, entry: WorkloadEntry, evidence: tuple[Evidence, ...], opened: dict[str, tuple[WorkloadEntry, ListenerEntry]]
    ) -> None:
        place = evidence[0].location
        tls = all(listener.port in _TLS_PORTS for _, listener in opened.values()) and bool(opened)
        note = "only ports of TLS are open" if tls else "nothing says that the ports speak TLS"
        self._exposures.open(
            Opening(
                names=f"{entry.namespace}/{entry.kind}/{entry.name}/node-ports",
                subject=f"ports on the nodes of {entry.subject}",
                evidence=evidence,
                findings={
                    "notPublic": self.nodes_public(place),
                    "sourceRestricted": unrestricted(place),
                    "encrypted": Finding(1.0 if tls else 0.0, observed(place, note)),
                },
                targets=tuple(opened.values()),
                arrival=Arrival.CLIENT,
            ),
            workloads=(entry,),
        )


def _arrival(service: Service) -> Arrival:
    """``externalTrafficPolicy: Local`` keeps the client's address; Cluster, the default, puts a node's in its place."""
    return Arrival.CLIENT if value_or(service.spec.external_traffic_policy, "Cluster") == "Local" else Arrival.NODE


def _node_addresses(declared: Declared) -> tuple[Value[str], ...]:
    return tuple(
        address.address
        for node in declared.of(Node)
        for address in node.status.addresses
        if value_or(address.type, "") == "ExternalIP" and address.address is not None
    )


def _kept_inside(service: Service) -> tuple[Evidence, ...]:
    """The evidence that a load balancer is internal; empty if nothing says so."""
    annotations = service.metadata.annotations
    for key, values in _INTERNAL:
        value = annotations.get(key) if annotations else None
        if value is None:
            continue
        word = value.value.strip().lower()
        if word in values if values else word not in {"", "false"}:
            return observed(value.location, f"{key}: {value.value}")
    given = service.status.load_balancer.ingress if service.status and service.status.load_balancer else ()
    for address in given:
        if address.ip is not None and is_private(address.ip.value):
            return observed(address.ip.location, f"the load balancer has the address {address.ip.value}, not of the internet")
        if address.hostname is not None and address.hostname.value.startswith("internal-"):
            return observed(address.hostname.location, f"the load balancer is {address.hostname.value}")
    return ()


def _restricted(service: Service, place: Location) -> Finding:
    ranges = service.spec.load_balancer_source_ranges
    if not ranges:
        return unrestricted(place)
    wide = next((item for item in ranges if item.value.strip() in _ANYWHERE), None)
    if wide is not None:
        return Finding(0.0, observed(wide.location, f"loadBalancerSourceRanges: {wide.value}"))
    return Finding(1.0, observed(ranges[0].location, "loadBalancerSourceRanges names the sources"))


def _encrypted(service: Service, place: Location) -> Finding:
    """TLS ends at the load balancer by a certificate, or behind it, which the ports tell by convention."""
    annotations = service.metadata.annotations
    certificate = annotations.get("service.beta.kubernetes.io/aws-load-balancer-ssl-cert") if annotations else None
    if certificate is not None:
        return Finding(1.0, observed(certificate.location, "the load balancer has a certificate"))
    ports = service.spec.ports
    if ports and all(
        value_or(port.port, 0) in _TLS_PORTS or value_or(port.app_protocol, "").lower() in {"https", "tls"} for port in ports
    ):
        return Finding(1.0, observed(ports[0].location, "every port is one of TLS"))
    return Finding(0.0, observed(ports[0].location if ports else place, "a port is none of TLS"))
