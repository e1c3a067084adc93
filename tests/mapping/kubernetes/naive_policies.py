"""Every policy evaluated pod by pod and rule by rule, straight from the documentation of the two APIs."""

from __future__ import annotations

import ipaddress
from typing import Any, NamedTuple

Json = dict[str, Any]
Labels = dict[str, str]
EVERYTHING = ("0.0.0.0/0", "::/0")
"""Blocks that hold the address of any node, and so of a pod on its network."""


class Pod(NamedTuple):
    """A workload of one pod; without a namespace it is an address outside."""

    name: str
    namespace: str
    labels: Labels
    host: bool = False
    address: str = ""

    @property
    def selectable(self) -> bool:
        return not self.host and not self.address


class Naive:
    def __init__(self, spaces: dict[str, Labels], policies: list[Json]) -> None:
        self.spaces = spaces
        self.network = [item for item in policies if item["kind"] == "NetworkPolicy"]
        self.admin = sorted((p for p in policies if p["kind"] == "AdminNetworkPolicy"), key=lambda item: item["spec"]["priority"])
        self.baseline = [item for item in policies if item["kind"] == "BaselineAdminNetworkPolicy"]

    def allowed(self, source: Pod, target: Pod, protocol: str, port: int, named: dict[str, tuple[str, int]]) -> bool:
        return all(
            self._side(direction, subject, peer, protocol, port, named)
            for direction, subject, peer in (("Egress", source, target), ("Ingress", target, source))
        )

    def _side(self, direction: str, subject: Pod, peer: Pod, protocol: str, port: int, named: dict[str, tuple[str, int]]) -> bool:
        if not subject.selectable:
            return True
        rules_key, peers_key = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
        verdict = self._ordered(self.admin, rules_key, peers_key, subject, peer, protocol, port, named)
        if verdict in {"Allow", "Deny"}:
            return verdict == "Allow"
        isolating = [item for item in self.network if self._isolates(item, subject, direction)]
        if isolating:
            return any(
                self._peers(rule.get(peers_key), item["metadata"]["namespace"], peer)
                and ports_match(rule.get("ports"), protocol, port, named)
                for item in isolating
                for rule in item["spec"].get(rules_key) or []
            )
        return self._ordered(self.baseline, rules_key, peers_key, subject, peer, protocol, port, named) != "Deny"

    def _isolates(self, policy: Json, pod: Pod, direction: str) -> bool:
        spec = policy["spec"]
        types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
        same = policy["metadata"]["namespace"] == pod.namespace
        return direction in types and same and matches(spec["podSelector"], pod.labels)

    def _ordered(
        self,
        policies: list[Json],
        rules_key: str,
        peers_key: str,
        subject: Pod,
        peer: Pod,
        protocol: str,
        port: int,
        named: dict[str, tuple[str, int]],
    ) -> str:
        for policy in policies:
            spec = policy["spec"]
            if not self._admin_peer(spec["subject"], subject):
                continue
            for rule in spec.get(rules_key, []):
                if any(self._admin_peer(item, peer) for item in rule[peers_key]) and admin_ports_match(
                    rule.get("ports"), protocol, port, named
                ):
                    return str(rule["action"])
        return "Pass"

    def _admin_peer(self, peer: Json, pod: Pod) -> bool:
        if "networks" in peer and pod.host:
            return any(cidr in EVERYTHING for cidr in peer["networks"])
        if "networks" in peer:
            return bool(pod.address) and any(inside(pod.address, cidr) for cidr in peer["networks"])
        if not pod.selectable:
            return False
        if "namespaces" in peer:
            return matches(peer["namespaces"], self._space(pod))
        return matches(peer["pods"]["namespaceSelector"], self._space(pod)) and matches(peer["pods"]["podSelector"], pod.labels)

    def _peers(self, peers: list[Json] | None, home: str, pod: Pod) -> bool:
        return not peers or any(self._peer(item, home, pod) for item in peers)

    def _peer(self, peer: Json, home: str, pod: Pod) -> bool:
        if "ipBlock" in peer:
            block = peer["ipBlock"]
            excepted = block.get("except", [])
            if pod.host:
                return block["cidr"] in EVERYTHING and not excepted
            return bool(pod.address) and inside(pod.address, block["cidr"]) and not any(inside(pod.address, c) for c in excepted)
        if not pod.selectable or ("namespaceSelector" not in peer and pod.namespace != home):
            return False
        return matches(peer.get("namespaceSelector", {}), self._space(pod)) and matches(peer.get("podSelector", {}), pod.labels)

    def _space(self, pod: Pod) -> Labels:
        return self.spaces[pod.namespace] | {"kubernetes.io/metadata.name": pod.namespace}


def inside(address: str, cidr: str) -> bool:
    where, network = ipaddress.ip_address(address), ipaddress.ip_network(cidr)
    return where.version == network.version and where in network


def matches(selector: Json, labels: Labels) -> bool:
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for item in selector.get("matchExpressions", []):
        present, value = item["key"] in labels, labels.get(item["key"])
        holds = {
            "In": value in item.get("values", []),
            "NotIn": value not in item.get("values", []),
            "Exists": present,
            "DoesNotExist": not present,
        }[item["operator"]]
        if not holds:
            return False
    return True


def ports_match(ports: list[Json] | None, protocol: str, port: int, named: dict[str, tuple[str, int]]) -> bool:
    return not ports or any(_port_matches(item, protocol, port, named) for item in ports)


def _port_matches(item: Json, protocol: str, port: int, named: dict[str, tuple[str, int]]) -> bool:
    wanted = item.get("port")
    if item.get("protocol", "TCP") != protocol:
        return False
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return named.get(wanted) == (protocol, port)
    first: int = wanted
    last: int = item.get("endPort", first)
    return first <= port <= last


def admin_ports_match(ports: list[Json] | None, protocol: str, port: int, named: dict[str, tuple[str, int]]) -> bool:
    return not ports or any(_admin_port_matches(item, protocol, port, named) for item in ports)


def _admin_port_matches(item: Json, protocol: str, port: int, named: dict[str, tuple[str, int]]) -> bool:
    if "namedPort" in item:
        return named.get(item["namedPort"]) == (protocol, port)
    if "portNumber" in item:
        return (item["portNumber"]["protocol"], item["portNumber"]["port"]) == (protocol, port)
    span = item["portRange"]
    return span["protocol"] == protocol and bool(span["start"] <= port <= span["end"])
