"""What an ingress controller or router may be told to connect to: the pods and ports behind Ingresses, Routes and HTTPRoutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.kubernetes.declared import Declared, name_of, namespace_of
from breachway.mapping.kubernetes.exposure.backends import target_of
from breachway.mapping.kubernetes.network.connections.ports import PROTOCOLS, port_set
from breachway.mapping.kubernetes.network.connections.units import Unit
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import HttpRoute, Ingress, OpenShiftRoute, Service

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.network.connections.ports import PortSet
    from breachway.sources.kubernetes.networking import ServicePort
    from breachway.sources.kubernetes.objects import KubernetesObject

CONTROLLER = "ingress controller"


class Way(NamedTuple):
    """One object that has a controller connect to a unit (by position) on some ports."""

    subject: str
    location: Location
    unit: int
    ports: PortSet


class _Backend(NamedTuple):
    subject: str
    location: Location
    namespace: str
    service: str
    wanted: int | str | None
    by_target: bool


def controller_unit(location: Location) -> Unit:
    """The controller as policies see it: a pod of a namespace that nothing is known of."""
    return Unit(
        namespace="",
        kind=CONTROLLER,
        name=CONTROLLER,
        labels=(),
        host_network=False,
        named_ports=(),
        location=location,
        apart=True,
    )


def ways(objects: Iterable[KubernetesObject], units: Sequence[Unit]) -> tuple[Way, ...]:
    """Every way that is configured, whether the policies let it through or not."""
    declared = Declared(objects)
    found: list[Way] = []
    for backend in _backends(declared):
        service = declared.find(Service, backend.namespace, backend.service)
        if service is None or service.spec.selector is None or not service.spec.selector.entries:
            continue
        ports = [port for port in service.spec.ports if _meant(port, backend)]
        wanted = service.spec.selector.as_dict().items()
        for position, unit in enumerate(units):
            if unit.namespace == backend.namespace and wanted <= dict(unit.labels).items():
                reached = port_set(span for port in ports for span in _at(port, unit))
                if any(reached):
                    found.append(Way(backend.subject, backend.location, position, reached))
    return tuple(found)


def _meant(port: ServicePort, backend: _Backend) -> bool:
    """Whether a backend means this port of the Service; a Route may name the port of the pods instead."""
    if backend.wanted is None:
        return True
    if backend.by_target:
        return backend.wanted in {target_of(port), value_or(port.name, "")}
    return backend.wanted in {value_or(port.port, 0), value_or(port.name, "")}


def _at(port: ServicePort, unit: Unit) -> Iterator[tuple[str, int, int]]:
    protocol, target = value_or(port.protocol, "TCP"), target_of(port)
    if protocol not in PROTOCOLS:
        return
    if isinstance(target, int):
        yield protocol, target, target
        return
    for name, over, number in unit.named_ports:
        if name == target and over == protocol:
            yield protocol, number, number


def _backends(declared: Declared) -> Iterator[_Backend]:
    for ingress in declared.of(Ingress):
        yield from _of_ingress(ingress)
    for route in declared.of(HttpRoute):
        home = namespace_of(route.metadata)
        for rule in route.spec.rules:
            for ref in rule.backend_refs:
                if value_or(ref.kind, "Service") == "Service" and ref.name is not None:
                    space, port = value_or(ref.namespace, home), value_or(ref.port, 0) or None
                    subject = f"{route.kind} {home}/{name_of(route.metadata)}"
                    yield _Backend(subject, ref.location, space, ref.name.value, port, by_target=False)
    for opened in declared.of(OpenShiftRoute):
        spec, home = opened.spec, namespace_of(opened.metadata)
        subject = f"Route {home}/{name_of(opened.metadata)}"
        wanted = spec.port.target_port.value if spec.port and spec.port.target_port else None
        for target in (*((spec.to,) if spec.to else ()), *spec.alternate_backends):
            if target.name is not None:
                yield _Backend(subject, target.location, home, target.name.value, wanted, by_target=True)


def _of_ingress(ingress: Ingress) -> Iterator[_Backend]:
    home = namespace_of(ingress.metadata)
    spec = ingress.spec
    paths = (path.backend for rule in spec.rules if rule.http for path in rule.http.paths)
    for backend in (spec.default_backend, spec.backend, *paths):
        if backend is None:
            continue
        wanted: int | str | None = backend.service_port.value if backend.service_port else None
        name = value_or(backend.service_name, "")
        if backend.service is not None:
            name, port = value_or(backend.service.name, ""), backend.service.port
            wanted = (value_or(port.number, 0) or value_or(port.name, "") or None) if port else None
        subject = f"Ingress {home}/{name_of(ingress.metadata)}"
        yield _Backend(subject, backend.location, home, name, wanted, by_target=False)
