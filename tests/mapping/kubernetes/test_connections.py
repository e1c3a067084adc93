from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.mapping.kubernetes.network.connections.addresses import ranges_of, split
from breachway.mapping.kubernetes.network.connections.ports import EVERY_PORT, PROTOCOLS, port_set
from breachway.mapping.kubernetes.network.connections.table import connection_table
from breachway.mapping.kubernetes.network.mapping import map_network
from breachway.model import Verdict
from breachway.sources.decoding import Value
from breachway.sources.kubernetes.policies import IpBlock
from tests.mapping.kubernetes.given import NOWHERE, builder_for, index_of, objects_of
from tests.mapping.kubernetes.naive_policies import Json, Labels, Naive, Pod
from tests.mapping.kubernetes.policy_strategies import (
    NAMED,
    SPACES,
    admin_policies,
    baseline_policies,
    network_policies,
    pods,
)
from tests.mapping.kubernetes.test_network import connections as flows_of

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.network.connections.table import ConnectionTable
    from breachway.model import Model
    from breachway.sources.kubernetes.objects import KubernetesObject

PORTS = (1, 50, 53, 79, 80, 81, 443, 444, 65535)
ADDRESSES = ("8.8.8.8", "10.2.3.4", "10.1.0.9", "10.9.9.9", "192.0.2.7", "2001:db8::1", "2001:dead::1")

Case = tuple[str, Labels, bool, tuple[str, ...]]


def pod_object(name: str, case: Case) -> Json:
    space, labels, host, names = case
    ports = [{"name": key, "protocol": NAMED[key][0], "containerPort": NAMED[key][1]} for key in names]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": space, "labels": labels},
        "spec": {"hostNetwork": host, "containers": [{"name": "app", "image": "app", "ports": ports}]},
    }


def policy(kind: str, name: str, spec: Json, namespace: str = "") -> Json:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    group = "networking.k8s.io/v1" if namespace else "policy.networking.k8s.io/v1alpha1"
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec}


def read(things: list[Json]) -> tuple[KubernetesObject, ...]:
    spaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}} for name, labels in SPACES.items()
    ]
    return objects_of("\n---\n".join(json.dumps(thing) for thing in [*spaces, *things]))


def answers(table: ConnectionTable, names: list[str]) -> set[tuple[str, str, str, int]]:
    """Source, target, protocol and port of every allowed connection, of the pods and addresses in question."""

    def ends(endpoint: int) -> list[str]:
        outside = table.plane.outside_class(endpoint)
        if outside is not None:
            return [address for address in ADDRESSES if outside.holds(address)]
        return [table.units[position].name for position in table.plane.members[endpoint]]

    return {
        (source, target, protocol, port)
        for row in table.rows
        for source in ends(row.source)
        for target in ends(row.target)
        if source != target and (source in names or target in names)
        for protocol in PROTOCOLS
        for port in PORTS
        if row.ports.has(protocol, port)
    }


@settings(max_examples=150, deadline=None)
@given(
    pods,
    st.lists(network_policies, max_size=3),
    st.lists(admin_policies, max_size=2),
    st.lists(baseline_policies, max_size=1),
)
def test_classes_give_what_pairs_of_pods_give(
    cases: list[Case], network: list[tuple[str, Json]], admin: list[Json], baseline: list[Json]
) -> None:
    policies = [policy("NetworkPolicy", f"n{number}", spec, space) for number, (space, spec) in enumerate(network)]
    policies += [policy("AdminNetworkPolicy", f"x{9 - number}", spec | {"priority": number}) for number, spec in enumerate(admin)]
    policies += [policy("BaselineAdminNetworkPolicy", "default", spec) for spec in baseline]
    things = [pod_object(f"p{number}", case) for number, case in enumerate(cases)]
    objects = read([*things, *policies])
    everyone = [Pod(f"p{number}", space, labels, host) for number, (space, labels, host, _) in enumerate(cases)]
    outside = [Pod(address, "", {}, address=address) for address in ADDRESSES]
    named = {f"p{number}": {key: NAMED[key] for key in names} for number, (_, _, _, names) in enumerate(cases)}
    naive = Naive(SPACES, policies)
    wanted = {
        (source.name, target.name, protocol, port)
        for source in (*everyone, *outside)
        for target in (*everyone, *outside)
        if source != target and not (source.address and target.address)
        for protocol in PROTOCOLS
        for port in PORTS
        if naive.allowed(source, target, protocol, port, named.get(target.name, {}))
    }
    assert answers(connection_table(objects), [pod.name for pod in everyone]) == wanted

    index = index_of(objects, SPACES)
    builder = builder_for(index)
    map_network(builder, objects, index)
    listening = {
        (
            f"kubernetes:Container:{s.namespace}/Pod/{s.name}/app",
            f"kubernetes:Container:{t.namespace}/Pod/{t.name}/app:{port}/{over}",
        )
        for s in everyone
        for t in everyone
        for over, port in named[t.name].values()
        if naive.allowed(s, t, over, port, named[t.name])
    }
    assert flows_of(builder.build()) == listening


def two_pods(*policies: Json) -> list[Json]:
    cases: list[Case] = [("a", {"app": "web"}, False, ("web",)), ("b", {"app": "db"}, False, ())]
    return [*(pod_object(f"p{number}", case) for number, case in enumerate(cases)), *policies]


def spec_of(action: str, priority: int | None = None) -> Json:
    rule = {"action": action, "from": [{"namespaces": {}}]}
    return {"subject": {"namespaces": {"matchLabels": {"team": "x"}}}, "ingress": [rule]} | (
        {} if priority is None else {"priority": priority}
    )


def model_of(things: list[Json]) -> Model:
    objects = read(things)
    index = index_of(objects, SPACES)
    builder = builder_for(index)
    map_network(builder, objects, index)
    return builder.build()


def test_all_addresses_are_those_of_the_nodes_too() -> None:
    everyone = {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}
    on_host = pod_object("h", ("a", {"app": "web"}, True, ()))
    model = model_of([*two_pods(policy("NetworkPolicy", "n", everyone, "a")), on_host])
    assert {source for source, target in flows_of(model) if "/p0/" in target} == {"kubernetes:Container:a/Pod/h/app"}


def test_an_admin_policy_that_denies_is_a_policy_and_one_that_passes_is_not() -> None:
    for action, weak in (("Deny", False), ("Pass", True), ("Allow", True)):
        model = model_of(two_pods(policy("AdminNetworkPolicy", "x", spec_of(action, 1))))
        found = {(item.key, item.subject) for item in model.weaknesses if item.verdict is Verdict.WEAK}
        assert (("no-ingress-network-policy", "Pod a/p0") in found) is weak
        assert ("no-ingress-network-policy", "Pod b/p1") in found
        assert "other-network-policies-isolate" not in {item.id for item in model.assumptions}


def test_what_an_admin_policy_denies_stays_open_as_far_as_nothing_enforces_it() -> None:
    model = model_of(two_pods(policy("BaselineAdminNetworkPolicy", "default", spec_of("Deny"))))
    (state,) = (item for item in model.defences if item.defence == "deniedByPolicy" and item.asset.endswith("a/Pod/p0/any"))
    assert (state.probability, state.assumption) == (0.9, "network-policy-enforced")
    assert state.evidence[0].note == "BaselineAdminNetworkPolicy default isolates it"


def test_peers_that_cannot_be_evaluated_are_said() -> None:
    spec = {
        "priority": 3,
        "subject": {"namespaces": {}},
        "egress": [
            {"action": "Deny", "to": [{"nodes": {"matchLabels": {"zone": "a"}}}]},
            {"action": "Allow", "to": [{"domainNames": ["*.example.com"]}]},
        ],
    }
    things = two_pods(policy("AdminNetworkPolicy", "x", spec))
    assert [what for _, what in connection_table(read(things)).unread] == [
        "a peer by the labels of nodes",
        "a peer by domain name",
    ]
    assert "other-network-policies-isolate" in {item.id for item in model_of(things).assumptions}


def test_pods_of_one_maker_with_other_labels_are_units_of_their_own() -> None:
    things = [pod_object(f"w-{number}", ("a", {"app": app}, False, ())) for number, app in enumerate(["web", "web", "db"])]
    for thing in things:
        thing["metadata"]["ownerReferences"] = [{"apiVersion": "v1", "kind": "Gang", "name": "w", "controller": True}]
    deny = policy("NetworkPolicy", "deny", {"podSelector": {"matchLabels": {"app": "db"}}}, "a")
    table = connection_table(read([*things, deny]))
    assert [(unit.subject, dict(unit.labels)["app"]) for unit in table.units] == [("Gang a/w", "db"), ("Gang a/w", "web")]


def test_sets_of_ports_in_words() -> None:
    assert str(EVERY_PORT) == "all ports"
    assert str(port_set([("TCP", 81, 90), ("TCP", 80, 80), ("UDP", 53, 53)])) == "TCP 80-90; UDP 53"
    assert str(port_set([("SCTP", 1, 65535)])) == "SCTP all ports"


def test_addresses_in_words() -> None:
    assert [str(item) for item in split(())] == ["any address"]
    ranges = ranges_of(IpBlock(location=NOWHERE, cidr=Value("10.0.0.0/8", NOWHERE), except_=(Value("10.128.0.0/9", NOWHERE),)))
    assert [str(item) for item in split((ranges,))] == [
        "0.0.0.0-9.255.255.255, 10.128.0.0-255.255.255.255, any IPv6 address",
        "10.0.0.0/9",
    ]
    assert ranges_of(IpBlock(location=NOWHERE, cidr=Value("nonsense", NOWHERE))) == ()


def test_links_grow_linearly_under_admin_policies() -> None:
    def links(count: int) -> int:
        spec = {
            "priority": 1,
            "subject": {"namespaces": {}},
            "ingress": [
                {"action": "Deny", "from": [{"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "w0"}}}}]}
            ],
            "egress": [{"action": "Deny", "to": [{"networks": ["10.0.0.0/8"]}]}],
        }
        pods = [pod_object(f"w{number}", ("a", {"app": f"w{number}"}, False, ("web",))) for number in range(count)]
        return len(model_of([*pods, policy("AdminNetworkPolicy", "x", spec)]).links)

    assert links(40) - links(20) == 2 * (links(20) - links(10))


def test_kubelets_and_the_api_server_are_reached_as_far_as_egress_goes() -> None:
    inner = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
    for block, ports, joined in (
        ({"cidr": "0.0.0.0/0"}, [], {"ReachesApi", "ReachesKubelet"}),
        ({"cidr": "0.0.0.0/0", "except": inner}, [], {"ReachesApi"}),
        ({"cidr": "10.0.0.0/8"}, [{"port": 6443}], {"ReachesApi"}),
        ({"cidr": "10.0.0.0/8"}, [{"port": 53, "protocol": "UDP"}], set()),
    ):
        spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": block}], "ports": ports}]}
        model = model_of(two_pods(policy("NetworkPolicy", "n", spec, "a")))
        assert {link.association for link in model.links if "restricted" in link.left} - {"Originates"} == joined
