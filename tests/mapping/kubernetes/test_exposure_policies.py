"""What the policies of the pods make of openings to the outside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.analyses.flows import flow_rows
from breachway.evidence import Basis, Evidence, Location
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.reachability import reach
from breachway.mapping.bindings import load_bindings
from breachway.mapping.building import ModelBuilder
from breachway.mapping.kubernetes.cluster import map_kubernetes
from breachway.mapping.kubernetes.network.mapping import map_network
from breachway.mapping.places import INTERNET_ID
from breachway.threats.loading import load_language
from tests.mapping.kubernetes.given import objects_of
from tests.mapping.kubernetes.naive_policies import Naive, Pod, matches
from tests.mapping.kubernetes.policy_strategies import SPACES, network_policies

if TYPE_CHECKING:
    from breachway.model import Model
    from tests.mapping.kubernetes.naive_policies import Json, Labels

HTTP = "kubernetes:Application:shop/Deployment/web/app:8080"
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      HOST
      containers: [{name: app, image: registry.example.com/shop/web:1.4, ports: [{name: http, containerPort: 8080}]}]
"""
CONTROLLER = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: edge}
spec:
  selector: {matchLabels: {app: edge}}
  template:
    metadata: {labels: {app: edge}}
    spec:
      containers: [{name: nginx, image: "registry.k8s.io/ingress-nginx/controller:v1.12.1", ports: [{containerPort: 443}]}]
"""
NODE = """
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 192.168.7.4}]}
"""
INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {ingressClassName: CLASS, rules: [{host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
"""  # noqa: E501 - one object a line
ENFORCED, FILTERED = "network-policy-enforced", "policies-guard-node-ports"


class Way(NamedTuple):
    """How a way stands: published as it is, or through a flow that is denied with a probability, on an assumption."""

    published: bool
    denied: float = 0.0
    assumption: str = ""


def closed(probability: float, assumption: str = "") -> Way:
    """A way that policies keep shut."""
    return Way(published=False, denied=probability, assumption=assumption)


def service(fields: str) -> str:
    return f"""
---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop}}
spec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: http}}], {fields}}}
"""


def policy(ingress: str) -> str:
    return f"""
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: web, namespace: shop}}
spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: {ingress}}}
"""


def plugin(image: str) -> str:
    return f"""
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: cni, namespace: kube-system}}
spec:
  selector: {{matchLabels: {{app: cni}}}}
  template: {{metadata: {{labels: {{app: cni}}}}, spec: {{hostNetwork: true, containers: [{{name: cni, image: {image}}}]}}}}
"""


def modelled(text: str) -> Model:
    objects = objects_of(text)
    builder = ModelBuilder(load_bindings())
    seen = (Evidence(Location("given.yaml", "", 1, 1), Basis.DEFAULTED, "every deployment has an outside"),)
    builder.asset("Internet", INTERNET_ID, "the internet", platform="internet", evidence=seen)
    map_network(builder, objects, map_kubernetes(builder, objects))
    return builder.build()


def way(model: Model) -> Way:
    """The one way from outside to the web server."""
    published = any(link.association == "Publishes" and link.right == HTTP for link in model.links)
    flows = {link.right for link in model.links if link.association == "PassesBy"}
    states = [item for item in model.defences if item.asset in flows and item.defence == "deniedByPolicy"]
    assert published != bool(states)
    if published:
        return OPEN
    weakest = min(states, key=lambda item: item.probability)
    return closed(weakest.probability, weakest.assumption)


CLUSTER = service("type: LoadBalancer")
LOCAL = service("type: LoadBalancer, externalTrafficPolicy: Local")
ANY = "[{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.9.0.0/16]}}]}]"
OFFICE = "[{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]"
INSIDE = "[{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]"
OPEN = Way(published=True)
BELIEVED = closed(0.9, ENFORCED)
PASSED_ON = closed(0.7, FILTERED)


@pytest.mark.parametrize(
    "text, expected",
    [
        (CLUSTER, OPEN),
        (LOCAL, OPEN),
        (CLUSTER + policy("[]"), PASSED_ON),
        (LOCAL + policy("[]"), BELIEVED),
        (service("type: NodePort, externalTrafficPolicy: Local") + policy("[]"), BELIEVED),
        (service('externalIPs: ["203.0.113.9"]') + policy("[]"), PASSED_ON),
        (LOCAL + policy(ANY), OPEN),
        (CLUSTER + policy(ANY), OPEN),
        (LOCAL + policy("[{}]"), OPEN),
        (LOCAL + policy("[{ports: [{port: http}]}]"), OPEN),
        (LOCAL + policy("[{ports: [{port: 9090}]}]"), BELIEVED),
        (LOCAL + policy('[{from: [{ipBlock: {cidr: "::/0"}}]}]'), OPEN),
        (LOCAL + policy(OFFICE), BELIEVED),
        (LOCAL + policy(INSIDE), BELIEVED),
        (CLUSTER + policy(INSIDE), OPEN),
        (CLUSTER + policy(INSIDE) + NODE, PASSED_ON),
        (CLUSTER + policy("[{from: [{ipBlock: {cidr: 192.168.0.0/16}}]}]") + NODE, OPEN),
        (CLUSTER + policy("[{from: [{namespaceSelector: {}}]}]"), PASSED_ON),
        (LOCAL + policy("[]") + plugin("quay.io/calico/node:v3.28.0"), closed(1.0)),
        (LOCAL + policy("[]") + plugin("docker.io/flannel/flannel:v0.25.1"), closed(0.0)),
        (CLUSTER + policy("[]") + plugin("docker.io/flannel/flannel:v0.25.1"), closed(0.0)),
    ],
)
def test_a_service_leads_where_the_policies_admit_its_callers(text: str, expected: Way) -> None:
    assert way(modelled(WEB.replace("HOST", "terminationGracePeriodSeconds: 1") + text)) == expected


def test_pods_on_the_network_of_their_node_are_under_no_policy() -> None:
    assert way(modelled(WEB.replace("HOST", "hostNetwork: true") + LOCAL + policy("[]"))) == OPEN


def test_a_host_port_keeps_the_clients_address() -> None:
    text = WEB.replace("HOST", "terminationGracePeriodSeconds: 1").replace(
        "containerPort: 8080", "containerPort: 8080, hostPort: 80"
    )
    assert way(modelled(text + policy(INSIDE))) == BELIEVED
    assert way(modelled(text + policy(ANY))) == OPEN


BY_NAME = "[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: edge}}}]}]"
BY_LABEL = "[{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: edge}}}]}]"
NEIGHBOURS = "[{from: [{podSelector: {}}]}]"


@pytest.mark.parametrize(
    "ingress_class, text, expected",
    [
        ("nginx", policy("[]"), BELIEVED),
        ("nginx", policy("[]") + CONTROLLER, BELIEVED),
        ("nginx", policy(BY_NAME) + CONTROLLER, OPEN),
        ("nginx", policy(BY_LABEL) + CONTROLLER, OPEN),
        ("nginx", policy(NEIGHBOURS) + CONTROLLER, BELIEVED),
        ("nginx", policy(NEIGHBOURS), BELIEVED),
        ("nginx", policy(BY_NAME), OPEN),
        ("nginx", policy(BY_LABEL), OPEN),
        ("nginx", policy("[{from: [{namespaceSelector: {}}]}]"), OPEN),
        ("nginx", policy(BY_NAME.replace("}]}]", "}], ports: [{port: 9090}]}]")), BELIEVED),
        ("traefik", policy(BY_NAME), OPEN),
        ("traefik", policy(BY_NAME) + CONTROLLER, BELIEVED),
        ("traefik", policy(BY_NAME.replace("edge", "elsewhere")) + CONTROLLER, OPEN),
        ("nginx", policy(BY_NAME.replace("edge", "elsewhere")) + CONTROLLER, BELIEVED),
        ("public", policy(BY_NAME.replace("edge", "elsewhere")) + CONTROLLER, OPEN),
        ("public", policy(BY_NAME) + CONTROLLER, OPEN),
        ("public", policy(NEIGHBOURS) + CONTROLLER, BELIEVED),
        ("alb", policy(BY_NAME), PASSED_ON),
        ("alb", policy(INSIDE), OPEN),
    ],
)
def test_an_ingress_leads_where_the_policies_admit_its_controller(ingress_class: str, text: str, expected: Way) -> None:
    web = WEB.replace("HOST", "terminationGracePeriodSeconds: 1")
    assert way(modelled(web + INGRESS.replace("CLASS", ingress_class) + text)) == expected


def test_a_controller_on_the_host_comes_with_a_nodes_address() -> None:
    web = WEB.replace("HOST", "terminationGracePeriodSeconds: 1") + INGRESS.replace("CLASS", "nginx")
    on_host = CONTROLLER.replace("    spec:\n      containers", "    spec:\n      hostNetwork: true\n      containers")
    assert way(modelled(web + on_host + policy(BY_NAME))) == PASSED_ON
    assert way(modelled(web + on_host + policy(INSIDE))) == OPEN
    assert way(modelled(web + on_host + NODE + policy(INSIDE))) == PASSED_ON


def test_a_controller_that_may_not_leave_reaches_nothing() -> None:
    web = WEB.replace("HOST", "terminationGracePeriodSeconds: 1") + INGRESS.replace("CLASS", "nginx") + CONTROLLER
    held = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: held, namespace: edge}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]}
"""
    assert way(modelled(web)) == OPEN
    assert way(modelled(web + held)) == BELIEVED
    assert way(modelled(web + held + policy(BY_NAME))) == BELIEVED


@settings(deadline=None, max_examples=60)
@given(st.lists(network_policies, min_size=1, max_size=4), st.booleans())
def test_it_agrees_with_policies_evaluated_one_by_one(found: list[tuple[str, Json]], direct: bool) -> None:
    """The controller and the clients of the internet, against each policy read on its own."""
    policies = [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"p{number}", "namespace": space},
            "spec": spec,
        }
        for number, (space, spec) in enumerate(found)
    ]
    spaces = "".join(f"---\n{json.dumps(namespace(name, labels))}\n" for name, labels in SPACES.items())
    cluster = WEB.replace("namespace: shop", "namespace: a").replace("HOST", "terminationGracePeriodSeconds: 1")
    cluster = cluster.replace("containerPort: 8080", "containerPort: 80").replace("name: http,", "name: web,")
    opening = (LOCAL if direct else INGRESS.replace("CLASS", "nginx")).replace("namespace: shop", "namespace: a")
    opening = opening.replace("targetPort: http", "targetPort: web")
    edge = CONTROLLER.replace("namespace: edge", "namespace: c").replace("app: edge", "app: db")
    model = modelled(cluster + opening + edge + spaces + "".join(f"---\n{json.dumps(item)}\n" for item in policies))
    published = any(link.association == "Publishes" and "/Deployment/web/" in link.right for link in model.links)
    naive = Naive(SPACES, policies)
    web, controller = Pod("web", "a", {"app": "web"}), Pod("controller", "c", {"app": "db"})
    outside = [Pod("", "", {}, address=address) for address in ("8.8.8.8", "2600::1")]
    # An address that a policy admits may be the controller's; what no policy guards says nothing of addresses.
    callers = outside if direct else [controller, *(outside if isolated(policies) else [])]
    named = {"web": ("TCP", 80)}
    assert published is any(naive.allowed(caller, web, "TCP", 80, named) for caller in callers)


def isolated(policies: list[Json]) -> bool:
    """Whether a policy holds for what comes into the web server; without policyTypes each does."""
    return any(
        item["metadata"]["namespace"] == "a"
        and matches(item["spec"]["podSelector"], {"app": "web"})
        and "Ingress" in item["spec"].get("policyTypes", ["Ingress"])
        for item in policies
    )


def namespace(name: str, labels: Labels) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def test_admin_policies_are_asked_too() -> None:
    web = WEB.replace("HOST", "terminationGracePeriodSeconds: 1") + LOCAL
    admin = """
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {}}
  ingress: [{name: none, action: Deny, from: [{namespaces: {}}]}]
"""
    assert way(modelled(web + admin)) == OPEN


@pytest.mark.parametrize("text, reached", [(policy("[]"), False), (policy(ANY), True), ("", True)])
def test_the_internet_reaches_what_is_admitted(text: str, reached: bool) -> None:
    model = modelled(WEB.replace("HOST", "terminationGracePeriodSeconds: 1") + LOCAL + text)
    graph = generate(load_language(), model)
    start, goal = graph.find(INTERNET_ID, "attack"), graph.find(HTTP, "connect")
    assert start is not None
    assert goal is not None
    assert bool(reach(graph, gates_of(graph), (start,)).reached[goal]) is reached


@pytest.mark.parametrize("image, shown", [("docker.io/flannel/flannel:v0.25.1", True), ("quay.io/calico/node:v3.28.0", False)])
def test_an_opening_that_nothing_guards_after_all_is_listed(image: str, shown: bool) -> None:
    model = modelled(WEB.replace("HOST", "terminationGracePeriodSeconds: 1") + LOCAL + policy("[]") + plugin(image))
    targets = {row.target for row in flow_rows(model) if row.source == INTERNET_ID}
    assert ("kubernetes:KubernetesWorkload:shop/Deployment/web" in targets) is shown
