from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.mapping.kubernetes.network.mapping import OPEN_ZONE, map_network
from breachway.model import Model, Verdict
from tests.mapping.kubernetes.given import builder_for, index_of, objects_of
from tests.mapping.kubernetes.naive_policies import matches

if TYPE_CHECKING:
    from breachway.sources.kubernetes.objects import KubernetesObject

Labels = dict[str, str]
Json = dict[str, Any]

SPACES: dict[str, Labels] = {"a": {"team": "x"}, "b": {"team": "y"}, "c": {}}


def deployment(namespace: str, name: str, labels: Labels, ports: tuple[int, ...] = (80, 443)) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [
                        {"name": "app", "image": "app", "ports": [{"containerPort": port, "name": f"p{port}"} for port in ports]}
                    ]
                },
            },
        },
    }


def policy(namespace: str, name: str, spec: Json) -> Json:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def modelled(*things: Json) -> Model:
    objects: tuple[KubernetesObject, ...] = objects_of("\n---\n".join(json.dumps(thing) for thing in things))
    index = index_of(objects, SPACES)
    builder = builder_for(index)
    map_network(builder, objects, index)
    return builder.build()


def connections(model: Model) -> set[tuple[str, str]]:
    """Container to listening application, through every flow that no defence denies."""
    denied = {state.asset for state in model.defences if state.defence == "deniedByPolicy" and state.probability >= 0.5}
    zones: dict[str, set[str]] = {}
    flows: dict[str, set[str]] = {}
    targets: dict[str, set[str]] = {}
    for link in model.links:
        table = {"AttachedTo": zones, "Originates": flows, "LeadsTo": targets}.get(link.association)
        if table is not None:
            table.setdefault(link.left, set()).add(link.right)
    return {
        (container, target)
        for container, reached in zones.items()
        for zone in reached
        for flow in flows.get(zone, ())
        if flow not in denied
        for target in targets.get(flow, ())
    }


class Naive:
    """Pod by pod and policy by policy, straight from the API's documentation."""

    def __init__(self, policies: list[Json]) -> None:
        self.policies = policies

    def isolating(self, item: Json, direction: str) -> list[Json]:
        found = []
        for entry in self.policies:
            spec = entry["spec"]
            types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
            same = entry["metadata"]["namespace"] == item["metadata"]["namespace"]
            if direction in types and same and matches(spec["podSelector"], labels_of(item)):
                found.append(entry)
        return found

    def allowed(self, item: Json, other: Json, port: int, direction: str) -> bool:
        entries = self.isolating(item, direction)
        rules_key, peers_key = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
        return not entries or any(
            port_matches(rule, port)
            and (not rule.get(peers_key) or any(peer_matches(p, entry["metadata"]["namespace"], other) for p in rule[peers_key]))
            for entry in entries
            for rule in entry["spec"].get(rules_key) or []
        )

    def connections(self, workloads: list[Json]) -> set[tuple[str, str]]:
        return {
            (container_of(source), f"{container_of(target)}:{port}/TCP")
            for source in workloads
            for target in workloads
            for port in (80, 443)
            if self.allowed(source, target, port, "Egress") and self.allowed(target, source, port, "Ingress")
        }


def labels_of(item: Json) -> Labels:
    found: Labels = item["spec"]["template"]["metadata"]["labels"]
    return found


def container_of(item: Json) -> str:
    return f"kubernetes:Container:{item['metadata']['namespace']}/Deployment/{item['metadata']['name']}/app"


def peer_matches(peer: Json, home: str, item: Json) -> bool:
    if "ipBlock" in peer:
        return False
    space = item["metadata"]["namespace"]
    if "namespaceSelector" not in peer:
        return space == home and matches(peer.get("podSelector", {}), labels_of(item))
    named = SPACES[space] | {"kubernetes.io/metadata.name": space}
    return matches(peer["namespaceSelector"], named) and matches(peer.get("podSelector", {}), labels_of(item))


def port_matches(rule: Json, port: int) -> bool:
    return not rule.get("ports") or any(port_entry_matches(entry, port) for entry in rule["ports"])


def port_entry_matches(entry: Json, port: int) -> bool:
    wanted = entry.get("port")
    if entry.get("protocol", "TCP") != "TCP":
        return False
    if wanted is None or wanted in (port, f"p{port}"):
        return True
    return isinstance(wanted, int) and "endPort" in entry and wanted <= port <= int(entry["endPort"])


label_sets = st.fixed_dictionaries({"app": st.sampled_from(["web", "db", "job"]), "tier": st.sampled_from(["1", "2"])})
requirements = st.one_of(
    st.fixed_dictionaries(
        {"key": st.just("app"), "operator": st.sampled_from(["In", "NotIn"]), "values": st.just(["web", "job"])}
    ),
    st.fixed_dictionaries({"key": st.just("zone"), "operator": st.sampled_from(["Exists", "DoesNotExist"])}),
)
pod_selectors: st.SearchStrategy[Json] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"matchLabels": st.fixed_dictionaries({"app": st.sampled_from(["web", "db"])})}),
    st.fixed_dictionaries({"matchExpressions": st.lists(requirements, min_size=1, max_size=2)}),
)
space_selectors: st.SearchStrategy[Json] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"matchLabels": st.fixed_dictionaries({"team": st.sampled_from(["x", "y"])})}),
    st.fixed_dictionaries({"matchLabels": st.fixed_dictionaries({"kubernetes.io/metadata.name": st.sampled_from(["a", "c"])})}),
)
peers: st.SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"podSelector": pod_selectors}),
    st.fixed_dictionaries({"namespaceSelector": space_selectors}),
    st.fixed_dictionaries({"namespaceSelector": space_selectors, "podSelector": pod_selectors}),
    st.just({"ipBlock": {"cidr": "10.0.0.0/8"}}),
)
ports: st.SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"port": st.sampled_from([80, 443, 8080])}),
    st.fixed_dictionaries({"port": st.sampled_from(["p80", "p443"])}),
    st.fixed_dictionaries({"port": st.just(79), "endPort": st.just(100)}),
    st.just({"protocol": "UDP"}),
    st.just({"protocol": "TCP"}),
)


def rules(peers_key: str) -> st.SearchStrategy[list[Json]]:
    return st.lists(
        st.fixed_dictionaries({}, optional={peers_key: st.lists(peers, max_size=2), "ports": st.lists(ports, max_size=2)}),
        max_size=2,
    )


specs = st.fixed_dictionaries(
    {"podSelector": pod_selectors},
    optional={
        "policyTypes": st.sampled_from([["Ingress"], ["Egress"], ["Ingress", "Egress"]]),
        "ingress": rules("from"),
        "egress": rules("to"),
    },
)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(SPACES)), label_sets), min_size=1, max_size=6),
    st.lists(st.tuples(st.sampled_from(sorted(SPACES)), specs), max_size=4),
)
def test_flows_equal_the_pairwise_evaluation(pods: list[tuple[str, Labels]], given_policies: list[tuple[str, Json]]) -> None:
    workloads = [deployment(space, f"w{number}", labels) for number, (space, labels) in enumerate(pods)]
    policies = [policy(space, f"n{number}", spec) for number, (space, spec) in enumerate(given_policies)]
    assert connections(modelled(*workloads, *policies)) == Naive(policies).connections(workloads)


def test_without_policies_there_is_one_zone_and_one_flow_a_workload() -> None:
    model = modelled(*(deployment("a", f"w{number}", {"app": f"w{number}"}) for number in range(30)))
    assert sum(asset.kind == "NetworkZone" for asset in model.assets) == 1
    assert sum(asset.kind == "Flow" for asset in model.assets) == 30


def test_links_grow_linearly_under_one_policy_for_all() -> None:
    def links(count: int) -> int:
        allow_same = {
            "podSelector": {},
            "ingress": [{"from": [{"podSelector": {}}]}],
            "egress": [{"to": [{"podSelector": {}}]}],
            "policyTypes": ["Ingress", "Egress"],
        }
        things = [deployment("a", f"w{number}", {"app": f"w{number}"}) for number in range(count)]
        return len(modelled(*things, policy("a", "same", allow_same)).links)

    ten, twenty, forty = links(10), links(20), links(40)
    assert forty - twenty == 2 * (twenty - ten)


def test_a_workload_that_no_policy_selects_is_weak_with_a_default_as_evidence() -> None:
    model = modelled(deployment("a", "w", {"app": "w"}))
    found = {item.key: item for item in model.weaknesses}
    assert set(found) == {"no-ingress-network-policy", "no-egress-network-policy"}
    evidence = found["no-ingress-network-policy"].evidence[0]
    assert (evidence.basis.value, evidence.location.line) == ("defaulted", 1)
    assert found["no-ingress-network-policy"].verdict is Verdict.WEAK


def test_policies_of_another_engine_leave_isolation_unknown() -> None:
    other = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "deny", "namespace": "a"},
        "spec": {},
    }
    model = modelled(deployment("a", "w", {"app": "w"}), other)
    assert {item.verdict for item in model.weaknesses} == {Verdict.UNKNOWN}
    assert "other-network-policies-isolate" in {item.id for item in model.assumptions}


def test_enforcement_is_observed_from_the_network_plugin() -> None:
    flannel = deployment("kube-system", "flannel", {"app": "flannel"}, ())
    flannel["kind"] = "DaemonSet"
    flannel["spec"]["template"]["spec"]["containers"][0]["image"] = "docker.io/flannel/flannel:v0.25.1"
    closed = policy("a", "deny", {"podSelector": {}})
    with_flannel = modelled(deployment("a", "w", {"app": "w"}), closed, flannel)
    state = next(
        item for item in with_flannel.defences if item.defence == "deniedByPolicy" and item.asset.endswith("a/Deployment/w/any")
    )
    assert state.probability == 0.0
    assert "flannel" in state.evidence[-1].note
    unknown = modelled(deployment("a", "w", {"app": "w"}), closed)
    state = next(item for item in unknown.defences if item.defence == "deniedByPolicy" and item.asset.endswith("/any"))
    assert (state.probability, state.assumption) == (0.9, "network-policy-enforced")


def test_strict_mutual_tls_of_the_mesh_guards_every_flow_into_the_workload() -> None:
    strict = {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "x", "namespace": "a"},
        "spec": {"mtls": {"mode": "STRICT"}},
    }
    model = modelled(deployment("a", "w", {"app": "w"}), deployment("b", "v", {"app": "v"}), strict)
    states = {item.asset: item.probability for item in model.defences if item.defence == "mutualTls"}
    assert states == {"kubernetes:Flow:a/Deployment/w/any": 1.0, "kubernetes:Flow:b/Deployment/v/any": 0.0}


def test_policies_that_allow_everything_or_select_nothing_are_weak() -> None:
    everyone = policy(
        "a",
        "open",
        {
            "podSelector": {},
            "ingress": [{}],
            "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}],
            "policyTypes": ["Ingress", "Egress"],
        },
    )
    nothing = policy("a", "stale", {"podSelector": {"matchLabels": {"app": "gone"}}})
    spared = policy(
        "b",
        "spared",
        {"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]}]},
    )
    model = modelled(deployment("a", "w", {"app": "w"}), deployment("b", "v", {"app": "v"}), everyone, nothing, spared)
    found = {(item.key, item.detail) for item in model.weaknesses}
    assert {
        ("netpol-allow-all-ingress", "open/0"),
        ("netpol-allow-all-egress", "open/0"),
        ("netpol-selects-nothing", "stale"),
    } <= found
    assert ("netpol-allow-all-egress", "spared/0") not in found


def test_egress_to_the_internet_and_to_the_metadata_service() -> None:
    spared = policy(
        "a",
        "spared",
        {
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]}],
        },
    )
    closed = policy(
        "b", "closed", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}
    )
    model = modelled(
        deployment("a", "w", {"app": "w"}), deployment("b", "v", {"app": "v"}), deployment("c", "u", {"app": "u"}), spared, closed
    )
    states = {
        (item.asset.split(":")[2].split("/")[0], item.defence): item.probability
        for item in model.defences
        if item.asset.startswith("kubernetes:Container:")
    }
    assert states == {
        ("a", "egressRestricted"): 0.0,
        ("a", "metadataBlocked"): 1.0,
        ("b", "egressRestricted"): 1.0,
        ("b", "metadataBlocked"): 1.0,
        ("c", "egressRestricted"): 0.0,
        ("c", "metadataBlocked"): 0.5,
    }


def test_pods_on_the_network_of_the_host_are_not_covered() -> None:
    on_host = deployment("a", "w", {"app": "w"})
    on_host["spec"]["template"]["spec"]["hostNetwork"] = True
    model = modelled(on_host, policy("a", "deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}))
    assert {item.key for item in model.weaknesses} == {"no-ingress-network-policy", "no-egress-network-policy"}
    assert any(link.association == "AttachedTo" and link.right == OPEN_ZONE for link in model.links)
