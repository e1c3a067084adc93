"""What a collection could not list is unknown: never absent, never secure, never insecure without saying so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from breachway.analyses.actors import reached_by, stances
from breachway.evidence import Basis, Location
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.mapping.kubernetes.unlisted.mapping import unlisted_resources
from breachway.mapping.model_building import build_model
from breachway.model import Verdict
from breachway.sources.configuration.objects import Belief, Configuration
from breachway.sources.inventory import Inventory
from breachway.threats.language import StepKind
from breachway.threats.loading import load_language
from tests.mapping.kubernetes.given import objects_of

if TYPE_CHECKING:
    from breachway.model import DefenceState, Model

RBAC = "rbac.authorization.k8s.io"
CLUSTER = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
      - {name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      hostNetwork: true
      containers:
      - {name: app, image: registry.example.com/agent:1, ports: [{containerPort: 9090}]}
"""
POLICY = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
FLOW = "kubernetes:Flow:shop/Deployment/web/any"
CONTAINER = "kubernetes:Container:shop/Deployment/web/app"
WORKLOAD = "kubernetes:KubernetesWorkload:shop/Deployment/web"
GRANT = "kubernetes:RoleGrant:unlisted"


def collection(*titles: str, state: str = "refused", more: str = "") -> str:
    entries = "".join(
        f"- {{resource: '{title.partition('.')[0]}', group: '{title.partition('.')[2]}', state: {state}{more}}}\n"
        for title in titles
    )
    return (
        "---\napiVersion: breachway/v1\nkind: BreachwayCollection\nmetadata: {name: test}\n"
        f"serverVersion: v1.27.3\ncomplete: false\nresources:\n- {{resource: pods, group: '', state: complete}}\n{entries}"
    )


def model(text: str, *beliefs: tuple[str, float]) -> Model:
    place = Location("breachway.yaml", "", 1, 1)
    choices = tuple(Belief(location=place, id=name, probability=value) for name, value in beliefs)
    return build_model(Inventory(kubernetes=objects_of(text)), Configuration(assumptions=choices))


def verdict(found: Model, key: str, asset: str = WORKLOAD) -> set[Verdict]:
    return {item.verdict for item in found.weaknesses if item.key == key and item.asset == asset}


def state(found: Model, asset: str, name: str) -> DefenceState:
    (only,) = [item for item in found.defences if (item.asset, item.defence) == (asset, name)]
    return only


def reached(found: Model, actor: str) -> set[tuple[str, str]]:
    graph = generate(load_language(), found)
    gates = gates_of(graph)
    return {
        (graph.asset_id(node), graph.step(node).name)
        for stance in stances(graph)
        if stance.info.id == actor
        for node in np.flatnonzero(reached_by(graph, gates, stance)).tolist()
    }


# ------------------------------------------------------------------------------------------------------ what is not listed


def test_complete_and_absent_resources_are_listed_and_all_else_is_not() -> None:
    text = collection("secrets", state="complete") + collection("routes.route.openshift.io", state="absent")
    assert unlisted_resources(objects_of(text)) == ()
    for word in ("refused", "failed", "partial", "pending", "something-new"):
        (only,) = unlisted_resources(objects_of(collection("secrets", state=word)))
        assert (only.title, only.state) == ("secrets", word)


def test_a_complete_collection_changes_nothing() -> None:
    with_it, without = model(CLUSTER + collection("secrets", state="complete")), model(CLUSTER)
    assert [item.id for item in with_it.assets] == [item.id for item in without.assets]
    assert [item.verdict for item in with_it.weaknesses] == [item.verdict for item in without.weaknesses]


def test_what_was_not_listed_is_said_with_the_reason_and_the_remedy() -> None:
    text = (
        CLUSTER + collection("secrets", more=", reason: not allowed") + collection("nodes", state="partial", more=", objects: 7")
    )
    said = {item.reason: item.hint for item in model(text).unread}
    refused = "listing secrets was refused: not allowed; what else there is of them is unknown, not absent"
    assert "--print-rbac" in said[refused]
    broken = "listing nodes was broken off; what else there is of them is unknown, not absent; 7 were listed before"
    assert "the same command continues" in said[broken]


def test_a_list_of_several_moments_is_noted() -> None:
    found = model(CLUSTER + collection("secrets", state="complete", more=", inconsistent: true"))
    assert [item.severity for item in found.unread if "different moments" in item.reason] == ["note"]


def test_the_server_says_its_version_where_no_node_does() -> None:
    gone = "---\napiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: old}\n"
    assert "deprecated-api-version" in {item.key for item in model(CLUSTER + gone + collection()).weaknesses}
    old = (CLUSTER + gone + collection()).replace("v1.27.3", "v1.24.0")
    assert "deprecated-api-version" not in {item.key for item in model(old).weaknesses}


# --------------------------------------------------------------------------------------------------------------- policies


@pytest.mark.parametrize("title", ["networkpolicies.networking.k8s.io", "ciliumnetworkpolicies.cilium.io"])
def test_policies_that_were_not_listed_may_isolate(title: str) -> None:
    before, after = model(CLUSTER), model(CLUSTER + collection(title))
    for key in ("no-ingress-network-policy", "no-egress-network-policy"):
        assert (verdict(before, key), verdict(after, key)) == ({Verdict.WEAK}, {Verdict.UNKNOWN})
    for asset, name in ((FLOW, "deniedByPolicy"), (CONTAINER, "egressRestricted")):
        found = state(after, asset, name)
        assert (state(before, asset, name).probability, found.probability) == (0.0, 0.3)
        assert found.assumption == "unlisted-network-policies-isolate"
        assert any(item.basis is Basis.ASSUMED for item in found.evidence)


def test_a_confirmed_assumption_about_unlisted_policies_cuts_the_way() -> None:
    text = CLUSTER + collection("networkpolicies.networking.k8s.io")
    id_ = "unlisted-network-policies-isolate"
    assert state(model(text, (id_, 1.0)), FLOW, "deniedByPolicy").probability == 1.0
    assert state(model(text, (id_, 0.0)), FLOW, "deniedByPolicy").probability == 0.0


def test_pods_on_the_network_of_their_node_are_isolated_by_no_policy() -> None:
    found = model(CLUSTER + collection("networkpolicies.networking.k8s.io"))
    agent = "kubernetes:KubernetesWorkload:shop/DaemonSet/agent"
    assert verdict(found, "no-ingress-network-policy", agent) == {Verdict.WEAK}
    assert state(found, "kubernetes:Flow:shop/DaemonSet/agent/any", "deniedByPolicy").probability == 0.0


def test_policies_that_were_not_listed_may_allow_what_the_listed_refuse() -> None:
    whole, part = (
        model(CLUSTER + POLICY),
        model(CLUSTER + POLICY + collection("networkpolicies.networking.k8s.io", state="partial")),
    )
    for asset, name in ((FLOW, "deniedByPolicy"), (CONTAINER, "egressRestricted")):
        assert state(whole, asset, name).probability >= 0.9
        assert state(part, asset, name).probability == 0.7
        assert state(part, asset, name).assumption == "unlisted-network-policies-allow-nothing"


MESH = """
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
"""


def test_mesh_policies_that_were_not_listed_may_demand_and_may_relax() -> None:
    title = "peerauthentications.security.istio.io"
    assert state(model(CLUSTER), FLOW, "mutualTls").probability == 0.0
    assert state(model(CLUSTER + collection(title)), FLOW, "mutualTls").probability == 0.3
    assert state(model(CLUSTER + MESH), FLOW, "mutualTls").probability == 1.0
    assert state(model(CLUSTER + MESH + collection(title, state="partial")), FLOW, "mutualTls").probability == 0.8


def test_a_value_that_only_a_live_object_shows_may_stand_in_no_repository() -> None:
    literal = CLUSTER.replace(
        "image: registry.example.com/app:1,", "image: a:1, env: [{name: DB_PASSWORD, value: s3cret-Value-9}],"
    )
    before, after = model(literal), model(literal + collection("secrets", state="complete"))
    names = {item.asset for item in before.defences if item.defence == "notInRepository" and item.probability == 0.0}
    assert len(names) == 1
    (name,) = names
    assert state(after, name, "notInRepository").assumption == "collected-values-in-no-repository"
    assert state(after, name, "notInRepository").probability == 0.5
    assert state(after, name, "notInSpecification").probability == 0.0
    loot = (name, "read")
    assert loot in reached(before, "A4")
    assert loot not in reached(after, "A4")


# ------------------------------------------------------------------------------------------------ other silences of the input


@pytest.mark.parametrize(
    "title, key, asset",
    [
        ("resourcequotas", "no-quota-or-limitrange", "kubernetes:Namespace:shop"),
        ("limitranges", "no-quota-or-limitrange", "kubernetes:Namespace:shop"),
        ("validatingadmissionpolicies.admissionregistration.k8s.io", "psa-not-enforced", "kubernetes:Namespace:shop"),
        ("*.constraints.gatekeeper.sh", "psa-not-enforced", "kubernetes:Namespace:shop"),
        ("k8spspprivileged.constraints.gatekeeper.sh", "psa-not-enforced", "kubernetes:Namespace:shop"),
        ("serviceaccounts", "sa-token-automounted", WORKLOAD),
        ("serviceaccounts", "nonexistent-service-account", WORKLOAD),
        ("poddisruptionbudgets.policy", "single-replica-no-pdb", WORKLOAD),
        ("limitranges", "no-memory-limit", CONTAINER),
    ],
)
def test_the_silence_of_what_was_not_listed_decides_nothing(title: str, key: str, asset: str) -> None:
    assert verdict(model(CLUSTER), key, asset) == {Verdict.WEAK}
    assert verdict(model(CLUSTER + collection("secrets")), key, asset) == {Verdict.WEAK}
    assert verdict(model(CLUSTER + collection(title)), key, asset) == {Verdict.UNKNOWN}


def test_what_an_object_says_by_itself_stands() -> None:
    own = CLUSTER.replace("serviceAccountName: web", "serviceAccountName: web\n      automountServiceAccountToken: true")
    assert verdict(model(own + collection("serviceaccounts")), "sa-token-automounted") == {Verdict.WEAK}


# ------------------------------------------------------------------------------------------------------ unseen rights, openings


def test_bindings_that_were_not_listed_may_grant_anything() -> None:
    text = CLUSTER + collection(f"clusterrolebindings.{RBAC}")
    found = model(text)
    classes = {item.name: item for item in load_language().assets}
    (grant,) = [item for item in found.assets if item.id == GRANT]
    wanted = {step.name for step in classes[grant.kind].steps if step.kind is StepKind.DEFENCE}
    states = {item.defence: item for item in found.defences if item.asset == GRANT}
    assert states.keys() == wanted
    assert {(item.probability, item.assumption) for item in states.values()} == {(0.7, "unlisted-bindings-grant-nothing")}
    assert {link.left for link in found.links if (link.association, link.right) == ("Holds", GRANT)} == {
        "kubernetes:ServiceAccount:shop/web",
        "kubernetes:ServiceAccount:shop/default",
    }
    admin = ("kubernetes:Cluster:cluster", "admin")
    assert admin not in reached(found, "A5")
    assert admin in reached(model(text, ("unlisted-bindings-grant-nothing", 0.0)), "A5")


def test_bindings_of_namespaces_that_were_not_listed_reach_no_further_than_namespaces() -> None:
    found = model(CLUSTER + collection(f"rolebindings.{RBAC}"), ("unlisted-bindings-grant-nothing", 0.0))
    scopes = {link.right for link in found.links if (link.association, link.left) == ("Scoped", GRANT)}
    assert scopes == {"kubernetes:Namespace:shop"}
    assert ("kubernetes:Namespace:shop", "runPod") in reached(found, "A5")


@pytest.mark.parametrize("title", ["services", "ingresses.networking.k8s.io", "routes.route.openshift.io"])
def test_openings_that_were_not_listed_may_be_public(title: str) -> None:
    text = CLUSTER + collection(title)
    listening = "kubernetes:Application:shop/Deployment/web/app/8080"
    opening = "kubernetes:Exposure:unlisted"
    found = model(text)
    published = {link.right for link in found.links if (link.association, link.left) == ("Publishes", opening)}
    assert published
    assert state(found, opening, "notPublic").assumption == "unlisted-openings-are-internal"
    hidden = {asset for asset, step in reached(found, "A1") if step == "access"}
    open_to_all = {
        asset for asset, step in reached(model(text, ("unlisted-openings-are-internal", 0.0)), "A1") if step == "access"
    }
    assert published & hidden == set()
    assert published & open_to_all == published, listening


def test_every_unseen_thing_has_evidence_at_the_line_that_says_so() -> None:
    found = model(CLUSTER + collection("services", f"rolebindings.{RBAC}"))
    for item in found.assets:
        if item.id.endswith(":unlisted"):
            assert all(one.location.line > 30 and one.location.document == "given.yaml" for one in item.evidence)
