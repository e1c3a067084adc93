"""Openings by Istio: a Gateway publishes what VirtualServices route from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Finding, observed
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.mapping.kubernetes.exposure.mapping import Opening, public, unrestricted
from breachway.sources.kubernetes.objects import OtherObject
from breachway.sources.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.exposure.backends import Services
    from breachway.mapping.kubernetes.exposure.mapping import ExposureMapper
    from breachway.mapping.kubernetes.index import ListenerEntry, WorkloadEntry
    from breachway.sources.nodes import Node

_GROUP = "networking.istio.io"
_INSIDE = "mesh"
"""The reserved gateway of traffic between pods."""
_CLUSTER_SUFFIX = ".svc.cluster.local"
_LONGEST_PORT = 5


def map_mesh_exposure(declared: Declared, services: Services, exposures: ExposureMapper) -> None:
    """Add an opening for every VirtualService that a Gateway takes from outside."""
    gateways = {
        (namespace_of(item.metadata), name_of(item.metadata)): item for item in declared.of(OtherObject) if _is(item, "Gateway")
    }
    for item in declared.of(OtherObject):
        if _is(item, "VirtualService"):
            outside = [name for name in _texts(_at(item.node, "spec", "gateways")) if name != _INSIDE]
            if outside:
                _open(item, outside, gateways, services, exposures)


def _is(item: OtherObject, kind: str) -> bool:
    return item.kind == kind and item.api_version.partition("/")[0] == _GROUP


def _open(
    item: OtherObject,
    names: list[str],
    gateways: dict[tuple[str, str], OtherObject],
    services: Services,
    exposures: ExposureMapper,
) -> None:
    namespace, name = namespace_of(item.metadata), name_of(item.metadata)
    targets: dict[str, tuple[WorkloadEntry, ListenerEntry]] = {}
    behind: list[WorkloadEntry] = []
    for host, port in _destinations(item.node):
        service_name, _, rest = host.removesuffix(_CLUSTER_SUFFIX).removesuffix(".svc").partition(".")
        service = services.find(rest or namespace, service_name)
        if service is not None:
            targets.update({listener.asset_id: (entry, listener) for entry, listener in services.listeners(service, port)})
            behind += services.workloads(service)
    place = item.location
    known = [gateways[key] for key in (_key(text, namespace) for text in names) if key in gateways]
    encrypted = bool(known) and all(_ends_tls(gateway.node) for gateway in known)
    note = "every server of its Gateways speaks TLS" if encrypted else "nothing says that its Gateways end TLS"
    exposures.open(
        Opening(
            names=f"{namespace}/VirtualService/{name}",
            subject=f"VirtualService {namespace}/{name}",
            evidence=observed(place, f"VirtualService {namespace}/{name} on Gateway {names[0]}"),
            findings={
                "notPublic": public(place, "a Gateway of the mesh is published by its ingress gateway", "Istio, VirtualService"),
                "sourceRestricted": unrestricted(place),
                "encrypted": Finding(1.0 if encrypted else 0.0, observed(place, note)),
            },
            targets=tuple(targets.values()),
            served_by="istio",
        ),
        workloads=behind,
    )


def _key(text: str, namespace: str) -> tuple[str, str]:
    first, slash, second = text.partition("/")
    return (first, second) if slash else (namespace, first)


def _at(node: Node | None, *keys: str) -> Node | None:
    for key in keys:
        entry = node.entries.get(key) if isinstance(node, Mapping) else None
        node = entry.node if entry is not None else None
    return node


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _texts(node: Node | None) -> Iterator[str]:
    for item in _items(node):
        if isinstance(item, Scalar) and item.text:
            yield item.text


def _destinations(node: Node) -> Iterator[tuple[str, int | None]]:
    """The Services that the routes lead to, with the port where one is named."""
    for protocol in ("http", "tls", "tcp"):
        for rule in _items(_at(node, "spec", protocol)):
            for route in _items(_at(rule, "route")):
                host = _text(_at(route, "destination", "host"))
                port = _text(_at(route, "destination", "port", "number"))
                if host:
                    yield host, int(port) if port.isdecimal() and len(port) <= _LONGEST_PORT else None


def _ends_tls(node: Node) -> bool:
    servers = _items(_at(node, "spec", "servers"))
    return bool(servers) and all(_text(_at(server, "port", "protocol")).upper() in {"HTTPS", "TLS"} for server in servers)
