"""Openings by Ingresses, Gateways and Routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Finding, defaulted, observed
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.mapping.kubernetes.exposure.ingress_nginx import NginxControllers, class_of
from breachway.mapping.kubernetes.exposure.mapping import Arrival, Opening, kept_inside, public, unrestricted
from breachway.mapping.kubernetes.index import namespace_id
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Gateway, HttpRoute, Ingress, OpenShiftRoute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.exposure.backends import Services
    from breachway.mapping.kubernetes.exposure.mapping import ExposureMapper
    from breachway.mapping.kubernetes.index import ListenerEntry, WorkloadEntry
    from breachway.mapping.kubernetes.judging import Judge
    from breachway.sources.decoding import StringMap, Value
    from breachway.sources.kubernetes.networking import IngressBackend

_SOURCES = (
    "nginx.ingress.kubernetes.io/whitelist-source-range",
    "nginx.ingress.kubernetes.io/allowlist-source-range",
    "alb.ingress.kubernetes.io/inbound-cidrs",
    "haproxy.org/allow-list",
    "haproxy.org/whitelist",
    "traefik.ingress.kubernetes.io/whitelist-source-range",
)
_CLOUD_CLASSES = ("alb", "gce", "azure", "application-gateway", "oci")
"""Parts of the names of classes that a load balancer of a cloud serves."""


class IngressExposure:
    """Maps the objects that route traffic from outside."""

    def __init__(
        self,
        builder: ModelBuilder,
        declared: Declared,
        services: Services,
        exposures: ExposureMapper,
        workloads: tuple[WorkloadEntry, ...],
    ) -> None:
        self._builder = builder
        self._declared = declared
        self._services = services
        self._exposures = exposures
        self._nginx = NginxControllers(builder, workloads, declared)

    def map_all(self) -> None:
        """Add the openings of every Ingress, Gateway and Route; and judge the controllers that the input holds."""
        self._nginx.judge_webhooks()
        for ingress in self._declared.of(Ingress):
            self._ingress(ingress)
        self._gateways()
        for route in self._declared.of(OpenShiftRoute):
            self._openshift(route)

    # ----------------------------------------------------------------------------------------------------------------- ingress

    def _ingress(self, ingress: Ingress) -> None:
        namespace, name = namespace_of(ingress.metadata), name_of(ingress.metadata)
        place = ingress.location
        targets: dict[str, tuple[WorkloadEntry, ListenerEntry]] = {}
        behind: list[WorkloadEntry] = []
        for backend in _backends(ingress):
            service, port = _service_of(backend)
            self._collect(namespace, service, port, targets, behind)
        judge = self._exposures.open(
            Opening(
                names=f"{namespace}/Ingress/{name}",
                subject=f"Ingress {namespace}/{name}",
                evidence=observed(_first_backend(ingress), f"Ingress {namespace}/{name}"),
                findings={
                    "notPublic": _ingress_public(ingress),
                    "sourceRestricted": _sources(ingress.metadata.annotations, place),
                    "encrypted": Finding(
                        0.0 if _bare_hosts(ingress) else 1.0, observed(place, "TLS by spec.tls"), ("ingress-no-tls",)
                    ),
                },
                targets=tuple(targets.values()),
                arrival=_arrival(ingress),
                served_by=class_of(ingress),
            ),
            workloads=behind,
        )
        self._builder.link("RoutesThrough", namespace_id(namespace), judge.asset, observed(place, f"Ingress {namespace}/{name}"))
        _judge_tls(judge, ingress)
        _judge_hosts(judge, ingress)
        self._nginx.judge_rules(judge, ingress)

    def _collect(
        self,
        namespace: str,
        name: str,
        port: int | str | None,
        targets: dict[str, tuple[WorkloadEntry, ListenerEntry]],
        behind: list[WorkloadEntry],
    ) -> None:
        service = self._services.find(namespace, name)
        if service is None:
            return
        targets.update({listener.asset_id: (entry, listener) for entry, listener in self._services.listeners(service, port)})
        behind += self._services.workloads(service)

    # ------------------------------------------------------------------------------------------------- Gateway API and OpenShift

    def _gateways(self) -> None:
        routes: dict[tuple[str, str], list[HttpRoute]] = {}
        for route in self._declared.of(HttpRoute):
            for parent in route.spec.parent_refs or ():
                if value_or(parent.kind, "Gateway") == "Gateway":
                    key = (value_or(parent.namespace, namespace_of(route.metadata)), value_or(parent.name, ""))
                    routes.setdefault(key, []).append(route)
        declared = {(namespace_of(item.metadata), name_of(item.metadata)): item for item in self._declared.of(Gateway)}
        for key in sorted({*routes, *declared}):
            self._gateway(key, declared.get(key), routes.get(key, []))

    def _gateway(self, key: tuple[str, str], gateway: Gateway | None, routes: list[HttpRoute]) -> None:
        namespace, name = key
        place = gateway.location if gateway else routes[0].location
        targets: dict[str, tuple[WorkloadEntry, ListenerEntry]] = {}
        behind: list[WorkloadEntry] = []
        for route in routes:
            for rule in route.spec.rules:
                for backend in rule.backend_refs:
                    if value_or(backend.kind, "Service") == "Service" and backend.name is not None:
                        home = value_or(backend.namespace, namespace_of(route.metadata))
                        self._collect(home, backend.name.value, value_or(backend.port, 0) or None, targets, behind)
        if gateway is None and namespace not in {namespace_of(route.metadata) for route in routes}:
            namespace = namespace_of(routes[0].metadata)
        self._exposures.open(
            Opening(
                names=f"{namespace}/Gateway/{name}",
                subject=f"Gateway {namespace}/{name}",
                evidence=observed(place, f"Gateway {namespace}/{name}"),
                findings={
                    "notPublic": _gateway_public(gateway, place),
                    "sourceRestricted": unrestricted(place),
                    "encrypted": _gateway_encrypted(gateway, place),
                },
                targets=tuple(targets.values()),
                arrival=_gateway_arrival(gateway),
                served_by=value_or(gateway.spec.gateway_class_name, "").lower() if gateway else "",
            ),
            workloads=behind,
        )

    def _openshift(self, route: OpenShiftRoute) -> None:
        namespace, name = namespace_of(route.metadata), name_of(route.metadata)
        place = route.location
        targets: dict[str, tuple[WorkloadEntry, ListenerEntry]] = {}
        behind: list[WorkloadEntry] = []
        port = route.spec.port.target_port.value if route.spec.port and route.spec.port.target_port else None
        names = [route.spec.to.name] if route.spec.to else []
        for service in (*names, *(backend.name for backend in route.spec.alternate_backends)):
            if service is not None:
                self._collect(namespace, service.value, port, targets, behind)
        tls = route.spec.tls.termination if route.spec.tls else None
        found = (
            observed(tls.location, f"tls.termination: {tls.value}")
            if tls
            else defaulted(place, "no TLS is set", "OpenShift Route")
        )
        self._exposures.open(
            Opening(
                names=f"{namespace}/Route/{name}",
                subject=f"Route {namespace}/{name}",
                evidence=observed(place, f"Route {namespace}/{name}"),
                findings={
                    "notPublic": public(place, "a Route is published by the router", "OpenShift Route"),
                    "sourceRestricted": unrestricted(place),
                    "encrypted": Finding(1.0 if tls else 0.0, found),
                },
                served_by="openshift",
                targets=tuple(targets.values()),
            ),
            workloads=behind,
        )


# --------------------------------------------------------------------------------------------------------------- reading rules


def _backends(ingress: Ingress) -> Iterator[IngressBackend]:
    for backend in (ingress.spec.default_backend, ingress.spec.backend):
        if backend is not None:
            yield backend
    for rule in ingress.spec.rules:
        for path in rule.http.paths if rule.http else ():
            if path.backend is not None:
                yield path.backend


def _arrival(ingress: Ingress) -> Arrival:
    """Load balancers of clouds that serve an Ingress are no pods; every other controller is."""
    return Arrival.NODE if any(name in class_of(ingress) for name in _CLOUD_CLASSES) else Arrival.CONTROLLER


def _gateway_arrival(gateway: Gateway | None) -> Arrival:
    name = value_or(gateway.spec.gateway_class_name, "").lower() if gateway else ""
    return Arrival.NODE if name.startswith("gke-") or any(part in name for part in _CLOUD_CLASSES) else Arrival.CONTROLLER


def _first_backend(ingress: Ingress) -> Location:
    """Where the Ingress says what it publishes."""
    return next((backend.location for backend in _backends(ingress)), ingress.location)


def _service_of(backend: IngressBackend) -> tuple[str, int | str | None]:
    if backend.service is not None:
        port = backend.service.port
        number = (value_or(port.number, 0) or value_or(port.name, "")) if port else None
        return value_or(backend.service.name, ""), number or None
    return value_or(backend.service_name, ""), backend.service_port.value if backend.service_port else None


def _annotation(annotations: StringMap | None, key: str) -> Value[str] | None:
    return annotations.get(key) if annotations else None


def _ingress_public(ingress: Ingress) -> Finding:
    place = _first_backend(ingress)
    annotations = ingress.metadata.annotations
    scheme = _annotation(annotations, "alb.ingress.kubernetes.io/scheme")
    if scheme is not None and scheme.value == "internal":
        return kept_inside(scheme.location, f"scheme: {scheme.value}")
    name = class_of(ingress)
    if name == "alb" and scheme is None:
        return Finding(
            1.0,
            defaulted(
                place, "an Ingress of class alb is internal unless its scheme says otherwise", "AWS Load Balancer Controller"
            ),
        )
    private = _annotation(annotations, "appgw.ingress.kubernetes.io/use-private-ip")
    if private is not None and private.value.lower() == "true":
        return kept_inside(private.location, "use-private-ip: true")
    if name == "gce-internal" or "internal" in name or "private" in name:
        return kept_inside(place, f"its class is {name}")
    return public(place, "an Ingress is published by its controller", "Kubernetes, Ingress")


def _sources(annotations: StringMap | None, place: Location) -> Finding:
    for key in _SOURCES:
        value = _annotation(annotations, key)
        if (
            value is not None
            and value.value.strip()
            and not {"0.0.0.0/0", "::/0"} & {item.strip() for item in value.value.split(",")}
        ):
            return Finding(1.0, observed(value.location, f"{key}: {value.value[:80]}"))
    return unrestricted(place)


def _bare_hosts(ingress: Ingress) -> tuple[str, ...]:
    """The hosts that are served without TLS; "*" stands for every host, and for an Ingress without any TLS at all."""
    covered = {host.value for tls in ingress.spec.tls for host in tls.hosts}
    if not ingress.spec.tls:
        return ("*",)
    hosts = [value_or(rule.host, "") for rule in ingress.spec.rules]
    return tuple(host for host in hosts if host and host not in covered and "*." + host.partition(".")[2] not in covered)


def _judge_tls(judge: Judge, ingress: Ingress) -> None:
    bare = _bare_hosts(ingress)
    if bare == ("*",):
        judge.weak("ingress-no-tls", observed(ingress.location, "spec.tls is not set"), "encrypted")
    elif bare:
        place = next(rule.host.location for rule in ingress.spec.rules if rule.host is not None and rule.host.value == bare[0])
        judge.weak("ingress-no-tls", observed(place, f"{bare[0]} is in no hosts of spec.tls"), "encrypted")


def _judge_hosts(judge: Judge, ingress: Ingress) -> None:
    for rule in ingress.spec.rules:
        host = value_or(rule.host, "")
        if host in {"", "*"} or host.startswith("*."):
            place = rule.host.location if rule.host else rule.location
            judge.weak(
                "ingress-wildcard-host", observed(place, f"host: {host}" if host else "a rule without a host takes every host")
            )
            return


def _gateway_public(gateway: Gateway | None, place: Location) -> Finding:
    name = value_or(gateway.spec.gateway_class_name, "").lower() if gateway else ""
    if "internal" in name or "-rilb" in name or "private" in name:
        return kept_inside(place, f"gatewayClassName: {name}")
    return public(place, "a Gateway is published by its controller", "Gateway API")


def _gateway_encrypted(gateway: Gateway | None, place: Location) -> Finding:
    if gateway is None:
        return Finding(0.0, observed(place, "the Gateway is not in the input, and nothing says that it ends TLS"))
    plain = next((item for item in gateway.spec.listeners if value_or(item.protocol, "").upper() not in {"HTTPS", "TLS"}), None)
    if plain is not None:
        return Finding(0.0, observed(plain.location, f"a listener speaks {value_or(plain.protocol, 'plain text')}"))
    return Finding(1.0, observed(place, "every listener speaks TLS"))
