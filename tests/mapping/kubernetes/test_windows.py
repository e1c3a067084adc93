"""The way out of a Windows container that shares the kernel of its node."""

from __future__ import annotations

import pytest

from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.reachability import reach
from breachway.threats.loading import load_language
from tests.mapping.kubernetes.clusters import defence, links, model_of

CONTAINER = "kubernetes:Container:shop/Pod/web/app"
NODES = "kubernetes:NodePool:default-windows"
VULNERABLE = """
apiVersion: v1
kind: Node
metadata: {name: w1, labels: {kubernetes.io/os: windows}}
status: {nodeInfo: {operatingSystem: windows, kubeletVersion: v1.19.7}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, annotations: {}}
spec:
  nodeSelector: {kubernetes.io/os: windows}
  securityContext: {windowsOptions: {runAsUserName: ContainerAdministrator}}
  containers: [{name: app, image: registry.example.com/shop/web:1}]
"""
BY_CLASS = (
    VULNERABLE.replace("spec:\n  nodeSelector", "spec:\n  runtimeClassName: own-machine\n  nodeSelector")
    + """
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: own-machine}
handler: runhcs-wcow-hypervisor
"""
)
BY_ANNOTATION = VULNERABLE.replace("{}", "{experimental.windows.kubernetes.io/isolation-type: hyperv}", 1)
PLAIN_USER = VULNERABLE.replace("ContainerAdministrator", "ContainerUser")
SYSTEM = VULNERABLE.replace("ContainerAdministrator", "'NT AUTHORITY\\SYSTEM'")


def taken(text: str, version: str) -> bool:
    """Whether an attacker in the container gets to the node by leaving it."""
    graph = generate(load_language(), model_of(text, version=version))
    start, step = graph.find(CONTAINER, "compromise"), graph.find(NODES, "escapeWindowsContainer")
    assert start is not None
    assert step is not None
    return bool(reach(graph, gates_of(graph), (start,)).reached[step])


@pytest.mark.parametrize(
    "text, version, expected",
    [
        (VULNERABLE, "1.19", True),
        (VULNERABLE, "1.33", True),
        (SYSTEM, "1.33", True),
        (PLAIN_USER, "1.19", False),
        (BY_CLASS, "1.33", False),
        (BY_ANNOTATION, "1.19", False),
        (BY_ANNOTATION, "1.21", True),
    ],
)
def test_an_administrator_leaves_a_container_that_shares_the_kernel(text: str, version: str, *, expected: bool) -> None:
    assert taken(text, version) is expected


def test_how_the_nodes_isolate_is_an_assumption_where_windows_runs() -> None:
    state = defence(model_of(VULNERABLE, version="1.33"), NODES, "noSharedWindowsKernel")
    assert (state.probability, state.assumption) == (0.05, "windows-hyper-v-isolation")
    linux = model_of(VULNERABLE.replace("windows", "linux"), version="1.33")
    assert defence(linux, "kubernetes:NodePool:default", "noSharedWindowsKernel").probability == 1.0
    assert links(linux, "SharesWindowsKernel") == []
