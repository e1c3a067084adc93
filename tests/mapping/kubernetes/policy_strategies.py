"""Generated clusters: pods, and policies of all three kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from tests.mapping.kubernetes.naive_policies import Json, Labels

SPACES: dict[str, Labels] = {"a": {"team": "x"}, "b": {"team": "y"}, "c": {}}
NAMED = {"web": ("TCP", 80), "dns": ("UDP", 53)}

pods = st.lists(
    st.tuples(
        st.sampled_from(sorted(SPACES)),
        st.fixed_dictionaries({"app": st.sampled_from(["web", "db"])}, optional={"tier": st.sampled_from(["1", "2"])}),
        st.sampled_from([False, False, False, True]),
        st.sampled_from([(), ("web",), ("web", "dns")]),
    ),
    min_size=2,
    max_size=5,
)

_requirements = st.one_of(
    st.just({"key": "app", "operator": "NotIn", "values": ["web"]}),
    st.just({"key": "tier", "operator": "In", "values": ["1", "3"]}),
    st.sampled_from([{"key": "tier", "operator": "Exists"}, {"key": "tier", "operator": "DoesNotExist"}]),
)
_pod_selectors: SearchStrategy[Json] = st.one_of(
    st.just({}),
    st.sampled_from([{"matchLabels": {"app": "web"}}, {"matchLabels": {"app": "db"}}]),
    st.fixed_dictionaries({"matchExpressions": st.lists(_requirements, min_size=1, max_size=2)}),
)
_space_selectors: SearchStrategy[Json] = st.sampled_from(
    [
        {},
        {"matchLabels": {"team": "x"}},
        {"matchLabels": {"kubernetes.io/metadata.name": "c"}},
        {"matchExpressions": [{"key": "team", "operator": "Exists"}]},
    ]
)
_cidrs = st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "192.0.2.7/32", "2001:db8::/32"])
_blocks = st.one_of(
    st.fixed_dictionaries({"cidr": _cidrs}), st.just({"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "10.9.9.9/32"]})
)
_peers: SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"podSelector": _pod_selectors}),
    st.fixed_dictionaries({"namespaceSelector": _space_selectors}, optional={"podSelector": _pod_selectors}),
    st.fixed_dictionaries({"ipBlock": _blocks}),
)
_protocols = st.sampled_from(["TCP", "UDP", "SCTP"])
_ports: SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"port": st.sampled_from([80, 53, 443])}, optional={"protocol": _protocols}),
    st.sampled_from([{"port": "web"}, {"port": "dns", "protocol": "UDP"}, {"port": "dns"}]),
    st.fixed_dictionaries({"port": st.just(79), "endPort": st.sampled_from([80, 443])}, optional={"protocol": _protocols}),
    st.fixed_dictionaries({"protocol": _protocols}),
)


def _rules(peers_key: str) -> SearchStrategy[list[Json]]:
    return st.lists(
        st.fixed_dictionaries({}, optional={peers_key: st.lists(_peers, max_size=2), "ports": st.lists(_ports, max_size=2)}),
        max_size=2,
    )


network_policies = st.tuples(
    st.sampled_from(sorted(SPACES)),
    st.fixed_dictionaries(
        {"podSelector": _pod_selectors},
        optional={
            "policyTypes": st.sampled_from([["Ingress"], ["Egress"], ["Ingress", "Egress"]]),
            "ingress": _rules("from"),
            "egress": _rules("to"),
        },
    ),
)

_admin_pods: SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"namespaces": _space_selectors}),
    st.fixed_dictionaries(
        {"pods": st.fixed_dictionaries({"namespaceSelector": _space_selectors, "podSelector": _pod_selectors})}
    ),
)
_networks: SearchStrategy[Json] = st.fixed_dictionaries({"networks": st.lists(_cidrs, min_size=1, max_size=2)})
_admin_ports: SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"portNumber": st.fixed_dictionaries({"protocol": _protocols, "port": st.sampled_from([80, 53])})}),
    st.fixed_dictionaries(
        {"portRange": st.fixed_dictionaries({"protocol": _protocols, "start": st.just(50), "end": st.sampled_from([80, 500])})}
    ),
    st.fixed_dictionaries({"namedPort": st.sampled_from(["web", "dns"])}),
)


def _admin_rules(peers_key: str, actions: list[str]) -> SearchStrategy[list[Json]]:
    peers = _admin_pods if peers_key == "from" else st.one_of(_admin_pods, _networks)
    return st.lists(
        st.fixed_dictionaries(
            {"action": st.sampled_from(actions), peers_key: st.lists(peers, min_size=1, max_size=2)},
            optional={"ports": st.lists(_admin_ports, max_size=2)},
        ),
        max_size=3,
    )


def _admin(actions: list[str]) -> SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {"subject": _admin_pods}, optional={"ingress": _admin_rules("from", actions), "egress": _admin_rules("to", actions)}
    )


admin_policies = _admin(["Allow", "Deny", "Pass"])
baseline_policies = _admin(["Allow", "Deny"])
