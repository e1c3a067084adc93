from __future__ import annotations

from typing import TYPE_CHECKING

import netpol
from breachway.mapping.kubernetes.network.connections.ports import EVERY_PORT, PortSet

if TYPE_CHECKING:
    from pathlib import Path

LINES = """\
0.0.0.0-9.255.255.255[External] => a/w[Pod] : All Connections
10.0.0.0-255.255.255.255[External] => a/w[Pod] : All Connections
a/v[Pod] => a/w[Pod] : SCTP 1-2,4,TCP 80
"""
TOPOLOGY = """\
apiVersion: v1
kind: Pod
metadata: {name: w, namespace: a, labels: {app: w}}
spec: {containers: [{name: app, image: a}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: a}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 443}]}]}
"""
WANTED = """\
0.0.0.0-255.255.255.255[External] => a/w[Pod] : All Connections
a/w[Pod] => 10.0.0.0-10.255.255.255[External] : TCP 443
"""


def test_lines_do_not_depend_on_how_ranges_are_cut() -> None:
    assert netpol.expected(LINES) == {
        netpol.Line(netpol.OUTSIDE, "a/w[Pod]", EVERY_PORT, ((0, 2**32 - 1),)),
        netpol.Line("a/v[Pod]", "a/w[Pod]", PortSet(tcp=((80, 80),), sctp=((1, 2), (4, 4)))),
    }


def test_a_topology_is_compared_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "all.yaml").write_text(TOPOLOGY, encoding="utf-8")
    (tmp_path / "connections.txt").write_text(WANTED, encoding="utf-8")
    assert netpol.compare(tmp_path).verdict == "equal"
    (tmp_path / "connections.txt").write_text(WANTED.replace("TCP 443", "TCP 80"), encoding="utf-8")
    outcome = netpol.compare(tmp_path)
    assert (outcome.verdict, len(outcome.missing), len(outcome.extra)) == ("DIFFERS", 1, 1)


def test_pods_on_the_host_network_explain_a_difference(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "all.yaml").write_text(TOPOLOGY.replace("spec: {containers", "spec: {hostNetwork: true, containers"))
    (tmp_path / "connections.txt").write_text(WANTED, encoding="utf-8")
    assert netpol.compare(tmp_path).verdict == "explained: hostNetwork"
