"""How traffic enters and finds its way: services, ingresses, gateways and routes."""

from dataclasses import dataclass
from typing import Annotated

from breachway.sources.decoding import Key, StringMap, Struct, Value
from breachway.sources.kubernetes.metadata import ExposureStatus, LabelSelector, LocalReference, NamespacedReference, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePort(Struct):
    """A port of a Service and the port (number or name) of the pods behind it."""

    name: Value[str] | None = None
    port: Value[int] | None = None
    target_port: Value[int | str] | None = None
    node_port: Value[int] | None = None
    protocol: Value[str] | None = None
    app_protocol: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec(Struct):
    """What a Service selects and how far it is published.  ``selector`` is None for one with endpoints of its own."""

    type: Value[str] | None = None
    selector: StringMap | None = None
    ports: tuple[ServicePort, ...] = ()
    cluster_ip: Annotated[Value[str] | None, Key("clusterIP")] = None
    external_ips: Annotated[tuple[Value[str], ...], Key("externalIPs")] = ()
    external_name: Value[str] | None = None
    load_balancer_ip: Annotated[Value[str] | None, Key("loadBalancerIP")] = None
    load_balancer_class: Value[str] | None = None
    load_balancer_source_ranges: tuple[Value[str], ...] = ()
    external_traffic_policy: Value[str] | None = None
    publish_not_ready_addresses: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Resource):
    """A name and an address for a set of pods."""

    spec: ServiceSpec
    status: ExposureStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendPort(Struct):
    """A port of a Service by number or by name."""

    number: Value[int] | None = None
    name: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendService(Struct):
    """A Service of the same namespace."""

    name: Value[str] | None = None
    port: BackendPort | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressBackend(Struct):
    """Where requests go.  ``service_name`` and ``service_port`` are the form before networking.k8s.io/v1."""

    service: BackendService | None = None
    resource: NamespacedReference | None = None
    service_name: Value[str] | None = None
    service_port: Value[int | str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressPath(Struct):
    """A path and its backend."""

    path: Value[str] | None = None
    path_type: Value[str] | None = None
    backend: IngressBackend | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressHttp(Struct):
    """The paths of a host."""

    paths: tuple[IngressPath, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressRule(Struct):
    """A host (every host when absent) and its paths."""

    host: Value[str] | None = None
    http: IngressHttp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressTls(Struct):
    """The hosts served with TLS and the Secret of the key."""

    hosts: tuple[Value[str], ...] = ()
    secret_name: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressSpec(Struct):
    """Rules, and the backend for what none of them takes (``backend`` is its name before networking.k8s.io/v1)."""

    ingress_class_name: Value[str] | None = None
    default_backend: IngressBackend | None = None
    backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTls, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingress(Resource):
    """HTTP from outside to services."""

    spec: IngressSpec
    status: ExposureStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayTls(Struct):
    """How a listener ends TLS: ``mode`` is Terminate or Passthrough."""

    mode: Value[str] | None = None
    certificate_refs: tuple[NamespacedReference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteNamespaces(Struct):
    """Which namespaces may attach routes: ``from`` is Same (the default), All or Selector."""

    from_: Annotated[Value[str] | None, Key("from")] = None
    selector: LabelSelector | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedRoutes(Struct):
    """Which routes a listener takes."""

    namespaces: RouteNamespaces | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayListener(Struct):
    """A port that a Gateway opens."""

    name: Value[str] | None = None
    hostname: Value[str] | None = None
    port: Value[int] | None = None
    protocol: Value[str] | None = None
    tls: GatewayTls | None = None
    allowed_routes: AllowedRoutes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySpec(Struct):
    """The class and the listeners of a Gateway."""

    gateway_class_name: Value[str] | None = None
    listeners: tuple[GatewayListener, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway(Resource):
    """A load balancer of the Gateway API (gateway.networking.k8s.io).  Istio's Gateway is another kind: an ``OtherObject``."""

    spec: GatewaySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteParent(Struct):
    """The Gateway that a route hangs on."""

    group: Value[str] | None = None
    kind: Value[str] | None = None
    name: Value[str] | None = None
    namespace: Value[str] | None = None
    section_name: Value[str] | None = None
    port: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteBackend(Struct):
    """A Service behind a route, perhaps in another namespace."""

    group: Value[str] | None = None
    kind: Value[str] | None = None
    name: Value[str] | None = None
    namespace: Value[str] | None = None
    port: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRouteRule(Struct):
    """Backends for the requests that match."""

    backend_refs: tuple[RouteBackend, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRouteSpec(Struct):
    """The gateways, hosts and rules of a route."""

    parent_refs: tuple[RouteParent, ...] = ()
    hostnames: tuple[Value[str], ...] = ()
    rules: tuple[HttpRouteRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRoute(Resource):
    """A route of the Gateway API: HTTPRoute, GRPCRoute, TLSRoute, TCPRoute or UDPRoute (see ``kind``)."""

    spec: HttpRouteSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenShiftRoutePort(Struct):
    """The port of the Service behind an OpenShift Route."""

    target_port: Value[int | str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenShiftRouteTls(Struct):
    """How an OpenShift Route ends TLS: ``termination`` is edge, passthrough or reencrypt."""

    termination: Value[str] | None = None
    insecure_edge_termination_policy: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenShiftRouteSpec(Struct):
    """A host name and the Services behind it."""

    host: Value[str] | None = None
    path: Value[str] | None = None
    to: NamespacedReference | None = None
    alternate_backends: tuple[LocalReference, ...] = ()
    port: OpenShiftRoutePort | None = None
    tls: OpenShiftRouteTls | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenShiftRoute(Resource):
    """A Route of OpenShift (route.openshift.io)."""

    spec: OpenShiftRouteSpec
