"""What opens workloads to the outside, and what does not."""

from __future__ import annotations

import pytest

from tests.mapping.kubernetes.clusters import defence, links, missing_defences, model_of, weaknesses, wrong_links

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      containers:
        - name: app
          image: registry.example.com/shop/web:1.4
          ports: [{name: http, containerPort: 8080}, {name: admin, containerPort: 9000}]
"""
HTTP = "kubernetes:Application:shop/Deployment/web/app:8080"
ADMIN = "kubernetes:Application:shop/Deployment/web/app:9000"
WORKLOAD = "kubernetes:KubernetesWorkload:shop/Deployment/web"
EXPOSURE = "kubernetes:Exposure:shop/Service/web"


def _service(fields: str, *, target: str = "http", annotations: str = "") -> str:
    return f"""---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop, annotations: {{{annotations}}}}}
spec:
  selector: {{app: web}}
  ports: [{{name: web, port: 80, targetPort: {target}}}]
  {fields}
"""


@pytest.mark.parametrize("target, application", [("http", HTTP), ("8080", HTTP), ("admin", ADMIN)])
def test_a_service_publishes_the_port_it_sends_to(target: str, application: str) -> None:
    model = model_of(WEB + _service("type: LoadBalancer", target=target))
    assert links(model, "Publishes") == [(EXPOSURE, application)]
    assert defence(model, EXPOSURE, "notPublic").probability == 0.0
    assert missing_defences(model) == []
    assert wrong_links(model) == []


def test_what_listens_need_not_be_declared_by_the_container() -> None:
    model = model_of(WEB + _service("type: LoadBalancer", target="7070"))
    assert links(model, "Publishes") == [(EXPOSURE, "kubernetes:Application:shop/Deployment/web/app:7070")]


def test_a_cluster_address_is_not_an_opening() -> None:
    model = model_of(WEB + _service("type: ClusterIP"))
    assert [asset for asset in model.assets if asset.kind == "Exposure"] == []
    assert weaknesses(model, "externally-exposed-workload") == []


@pytest.mark.parametrize(
    "annotation",
    [
        'service.beta.kubernetes.io/aws-load-balancer-internal: "true"',
        "service.beta.kubernetes.io/aws-load-balancer-scheme: internal",
        "cloud.google.com/load-balancer-type: Internal",
        'service.beta.kubernetes.io/azure-load-balancer-internal: "true"',
    ],
)
def test_internal_load_balancers_are_not_public(annotation: str) -> None:
    model = model_of(WEB + _service("type: LoadBalancer", annotations=annotation))
    assert defence(model, EXPOSURE, "notPublic").probability == 1.0
    assert weaknesses(model, "externally-exposed-workload") == []
    assert weaknesses(model, "service-loadbalancer-public") == []


def test_named_sources_restrict_a_load_balancer() -> None:
    model = model_of(WEB + _service("type: LoadBalancer\n  loadBalancerSourceRanges: [203.0.113.0/24]"))
    assert defence(model, EXPOSURE, "sourceRestricted").probability == 1.0


def test_ports_of_nodes_are_as_public_as_the_nodes() -> None:
    address = "{type: ExternalIP, address: 203.0.113.9}"
    node = f"---\napiVersion: v1\nkind: Node\nmetadata: {{name: n}}\nspec: {{}}\nstatus: {{addresses: [{address}]}}\n"
    unknown = model_of(WEB + _service("type: NodePort"))
    known = model_of(WEB + _service("type: NodePort") + node)
    assert defence(unknown, EXPOSURE, "notPublic").assumption == "nodes-not-public"
    assert defence(known, EXPOSURE, "notPublic").probability == 0.0


BACKEND = "{service: {name: web, port: {number: 80}}}"
INGRESS = f"""---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: shop}}
spec:
  tls: [{{hosts: ["*.example.com"], secretName: t}}]
  rules: [{{host: shop.example.com, http: {{paths: [{{path: /, pathType: Prefix, backend: {BACKEND}}}]}}}}]
"""


def test_an_ingress_publishes_what_its_service_leads_to() -> None:
    model = model_of(WEB + _service("type: ClusterIP") + INGRESS)
    exposure = "kubernetes:Exposure:shop/Ingress/web"
    assert links(model, "Publishes") == [(exposure, HTTP)]
    assert links(model, "RoutesThrough") == [("kubernetes:Namespace:shop", exposure)]
    assert defence(model, exposure, "encrypted").probability == 1.0
    assert defence(model, exposure, "noSnippets").assumption == "ingress-snippets-disallowed"
    assert weaknesses(model, "externally-exposed-workload") == [WORKLOAD]


def test_the_controller_in_the_input_tells_its_version() -> None:
    controller = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: ingress-nginx}
spec:
  template:
    spec:
      containers:
        - name: controller
          image: "registry.k8s.io/ingress-nginx/controller:v1.11.4@sha256:%s"
          ports: [{name: webhook, containerPort: 8443}]
""" % ("1" * 64)
    model = model_of(WEB + _service("type: ClusterIP") + INGRESS + controller)
    exposure = "kubernetes:Exposure:shop/Ingress/web"
    assert links(model, "ServedBy") == [(exposure, "kubernetes:Container:ingress-nginx/Deployment/controller/controller")]
    assert defence(model, exposure, "noSnippets").probability == 1.0
    assert defence(model, exposure, "noAnnotationInjection").probability == 0.0
    webhook = "kubernetes:Application:ingress-nginx/Deployment/controller/controller:8443"
    assert defence(model, webhook, "patched").probability == 0.0


def test_a_gateway_publishes_what_its_routes_lead_to() -> None:
    routes = """---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec: {gatewayClassName: public, listeners: [{name: https, port: 443, protocol: HTTPS}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""
    model = model_of(WEB + _service("type: ClusterIP") + routes)
    exposure = "kubernetes:Exposure:infra/Gateway/edge"
    assert links(model, "Publishes") == [(exposure, HTTP)]
    assert defence(model, exposure, "encrypted").probability == 1.0


def test_an_openshift_route_and_a_mesh_gateway_publish() -> None:
    routes = """---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: web, namespace: shop}
spec: {to: {kind: Service, name: web}, port: {targetPort: web}, tls: {termination: edge}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [shop.example.com]
  gateways: [infra/edge, mesh]
  http: [{route: [{destination: {host: web.shop.svc.cluster.local, port: {number: 80}}}]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: inner, namespace: shop}
spec: {hosts: [web], http: [{route: [{destination: {host: web}}]}]}
"""
    model = model_of(WEB + _service("type: ClusterIP") + routes)
    names = ["kubernetes:Exposure:shop/Route/web", "kubernetes:Exposure:shop/VirtualService/web"]
    assert links(model, "Publishes") == [(name, HTTP) for name in names]
    assert missing_defences(model) == []
    assert wrong_links(model) == []


def test_the_network_of_the_host_opens_every_port() -> None:
    model = model_of(WEB.replace("    spec:\n      containers", "    spec:\n      hostNetwork: true\n      containers"))
    exposure = "kubernetes:Exposure:shop/Deployment/web/node-ports"
    assert links(model, "Publishes") == [(exposure, HTTP), (exposure, ADMIN)]
    assert links(model, "ListensLocally") == [("kubernetes:NodePool:default", HTTP), ("kubernetes:NodePool:default", ADMIN)]


def test_a_host_port_on_loopback_is_no_opening() -> None:
    ports = "ports: [{containerPort: 8080, hostPort: 8080, hostIP: 127.0.0.1}]"
    model = model_of(WEB.replace("ports: [{name: http, containerPort: 8080}, {name: admin, containerPort: 9000}]", ports))
    assert weaknesses(model, "host-port") == ["kubernetes:Container:shop/Deployment/web/app"]
    assert [asset for asset in model.assets if asset.kind == "Exposure"] == []
