"""What nodes report of their software, and what follows for the pools."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.evidence import Basis
from breachway.model import Verdict
from tests.mapping.kubernetes.clusters import defence, model_of

POOL = "kubernetes:NodePool:default"
NODE = """
---
apiVersion: v1
kind: Node
metadata: {{name: {name}, labels: {{{labels}}}}}
spec: {{}}
status:
  capacity: {{cpu: "4"{capacity}}}
  nodeInfo: {{{info}}}
"""


def node(name: str = "one", labels: str = "", capacity: str = "", **info: str) -> str:
    words = {"system": "osImage", "kernel": "kernelVersion", "runtime": "containerRuntimeVersion", "kubelet": "kubeletVersion"}
    shown = ", ".join(f'{words[key]}: "{value}"' for key, value in info.items())
    return NODE.format(name=name, labels=labels, capacity=capacity, info=shown)


def pools(text: str) -> list[str]:
    return [asset.name.removeprefix("nodes of pool ") for asset in model_of(text).assets if asset.kind == "NodePool"]


def test_nodes_that_report_nothing_leave_the_general_assumptions() -> None:
    model = model_of(NODE.format(name="one", labels="", capacity="", info=""))
    expected = {
        "kernelPatched": "kernel-patched",
        "noPlainKernelFlaw": "kernel-sound-for-any-code",
        "noNetworkKernelFlaw": "kernel-network-code-sound",
        "runtimePatched": "runtime-patched",
        "imagesHandledSafely": "runtime-patched",
        "podsHandledSafely": "kubelet-patched",
        "subPathsGuarded": "kubelet-patched",
        "releaseAgentGuarded": "control-groups-unified",
    }
    assert {name: defence(model, POOL, name).assumption for name in expected} == expected
    assert not [item for item in model.weaknesses if "vulnerable" in item.key]


def test_a_version_without_known_flaws_is_evidence() -> None:
    model = model_of(node(kernel="6.12.48", system="Buildroot", runtime="containerd://2.1.9", kubelet="v1.33.4"))
    for name in ("kernelPatched", "noPlainKernelFlaw", "imagesShowNothing", "shimSocketsGuarded", "podsHandledSafely"):
        state = defence(model, POOL, name)
        assert (state.probability, state.assumption) == (1.0, ""), name
        assert all(item.basis is Basis.OBSERVED for item in state.evidence), name
    # runc lies beneath containerd, and no node reports it.
    assert defence(model, POOL, "runtimePatched").assumption == "runc-patched"


def test_an_affected_version_of_upstream_is_a_fact_and_names_the_worst() -> None:
    model = model_of(node(kernel="5.10.57", system="Buildroot"))
    state = defence(model, POOL, "noPlainKernelFlaw")
    assert (state.probability, state.weaknesses) == (0.0, ("host-kernel-vulnerable",))
    assert state.evidence[0].note == "kernel 5.10.57 has CVE-2022-0847 (exploited)"
    (weakness,) = [item for item in model.weaknesses if item.key == "host-kernel-vulnerable"]
    assert (weakness.verdict, weakness.asset) == (Verdict.WEAK, POOL)
    assert weakness.detail.startswith("kernel 5.10.57: CVE-2022-0185 (exploited), CVE-2022-0847 (exploited), CVE-2024-1086")


@pytest.mark.parametrize(
    "kernel, system, probability, verdict",
    [
        # The number stands still whatever is fixed: it says nothing.
        ("5.15.0-1050-aws", "Ubuntu 22.04.3 LTS", 0.8, None),
        ("4.18.0-553.el8_10.x86_64", "Red Hat Enterprise Linux 8.10", 0.8, None),
        # The number is older than the fix, and somebody may have put it in.
        ("5.10.205-195.807.amzn2.x86_64", "Amazon Linux 2", 0.4, Verdict.UNKNOWN),
        ("5.15.133+", "Container-Optimized OS from Google", 0.4, Verdict.UNKNOWN),
    ],
)
def test_what_a_distribution_built_is_an_assumption_of_its_own(
    kernel: str, system: str, probability: float, verdict: Verdict | None
) -> None:
    model = model_of(node(kernel=kernel, system=system))
    state = defence(model, POOL, "kernelPatched")
    assert (state.probability, state.assumption) == (probability, f"kernel-fixed:{kernel}")
    (assumption,) = [item for item in model.assumptions if item.id == state.assumption]
    assert assumption.probability == probability
    assert "CVE-2024-1086 (exploited)" in assumption.statement
    found = [item.verdict for item in model.weaknesses if item.key == "host-kernel-vulnerable"]
    assert found == ([verdict] if verdict else [])


def test_like_nodes_are_one_pool_and_others_part() -> None:
    alike = node("one", kubelet="v1.33.4") + node("two", kubelet="v1.33.5")
    assert pools(alike) == ["default"]
    assert pools(alike + node("three", kubelet="v1.20.4")) == ["default-kubelet-v1.20.4", "default-kubelet-v1.33.4"]


def test_parts_are_named_by_every_component_where_one_is_not_enough() -> None:
    text = (
        node("one", kubelet="v1.33.4", runtime="containerd://2.1.9")
        + node("two", kubelet="v1.20.4", runtime="containerd://2.1.9")
        + node("three", kubelet="v1.20.4", runtime="containerd://1.4.1")
        + node("four", kubelet="v1.33.4", runtime="containerd://1.4.1")
    )
    assert pools(text) == [
        "default-kubelet-v1.20.4-runtime-1.4.1",
        "default-kubelet-v1.20.4-runtime-2.1.9",
        "default-kubelet-v1.33.4-runtime-1.4.1",
        "default-kubelet-v1.33.4-runtime-2.1.9",
    ]


def test_parts_with_the_same_numbers_keep_apart() -> None:
    text = node("one", kernel="6.1.75", system="Buildroot") + node("two", kernel="6.1.75", system="Bottlerocket OS 1.19")
    assert pools(text) == ["default-kernel-6.1.75", "default-kernel-6.1.75-two"]


def test_a_pod_lands_on_every_part_or_on_the_one_of_its_node() -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {%s containers: [{name: app, image: app}]}"
    nodes = node("one", kubelet="v1.33.4") + node("two", kubelet="v1.20.4")
    placed = [
        {link.right.rpartition(":")[2] for link in model_of(pod % where + nodes).links if link.association == "RunsOn"}
        for where in ("", "nodeName: two,")
    ]
    assert placed == [{"default-kubelet-v1.20.4", "default-kubelet-v1.33.4"}, {"default-kubelet-v1.20.4"}]


def test_one_old_node_of_a_pool_is_enough() -> None:
    """Of nodes whose versions differ without a difference in flaws, the weakest statement stands."""
    text = node("one", kernel="5.15.0-1050-aws", system="Ubuntu 22.04") + node(
        "two", kernel="5.15.0-1051-aws", system="Ubuntu 22.04"
    )
    model = model_of(text)
    assert pools(text) == ["default"]
    assert {item.id for item in model.assumptions} >= {"kernel-fixed:5.15.0-1050-aws", "kernel-fixed:5.15.0-1051-aws"}


@pytest.mark.parametrize(
    "kernel, system, kubelet, probability, assumption",
    [
        ("4.14.200", "Buildroot", "v1.27.1", 0.8, "control-groups-unified"),
        ("4.14.200", "Ubuntu 22.04.1 LTS", "v1.27.1", 1.0, ""),
        ("4.14.200", "Buildroot", "v1.35.0", 1.0, ""),
        ("4.14.200", "Amazon Linux 2", "v1.27.1", 0.4, "kernel-fixed:4.14.200"),
        ("5.10.245", "Amazon Linux 2", "v1.27.1", 1.0, ""),
    ],
)
def test_the_release_agent_needs_control_groups_v1_and_an_old_kernel(
    kernel: str, system: str, kubelet: str, probability: float, assumption: str
) -> None:
    state = defence(model_of(node(kernel=kernel, system=system, kubelet=kubelet)), POOL, "releaseAgentGuarded")
    assert (state.probability, state.assumption) == (probability, assumption)


def test_windows_is_not_judged_as_linux() -> None:
    text = node("one", labels="kubernetes.io/os: windows", kernel="5.10.57", runtime="containerd://1.4.1", kubelet="v1.28.0")
    model = model_of(text)
    pool = "kubernetes:NodePool:default-windows"
    assert defence(model, pool, "kernelPatched").assumption == "kernel-patched"
    assert defence(model, pool, "runtimePatched").assumption == "runtime-patched"
    state = defence(model, pool, "podsHandledSafely")
    assert "CVE-2023-3676" in state.evidence[0].note


def test_the_toolkit_counts_on_nodes_with_gpus_alone() -> None:
    toolkit = """
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: toolkit}
spec:
  selector: {matchLabels: {app: toolkit}}
  template:
    metadata: {labels: {app: toolkit}}
    spec: {containers: [{name: toolkit, image: "nvcr.io/nvidia/k8s/container-toolkit:v1.17.7-ubi8"}]}
"""
    gpus = node(capacity=', nvidia.com/gpu: "2"', runtime="containerd://2.1.9")
    assert defence(model_of(gpus), POOL, "imagesHandledSafely").assumption == "gpu-toolkit-patched"
    state = defence(model_of(gpus + toolkit), POOL, "imagesHandledSafely")
    assert (state.probability, state.evidence[0].note) == (0.0, "NVIDIA container toolkit v1.17.7 has CVE-2025-23266")
    plain = defence(model_of(node(runtime="containerd://2.1.9") + toolkit), POOL, "imagesHandledSafely")
    assert plain.assumption == "runc-patched"


@pytest.mark.parametrize(
    "image, probability, assumption",
    [
        ("docker.io/flannel/flannel:v0.27.4", 0.0, ""),
        ("quay.io/calico/node:v3.30.3", 1.0, ""),
        ("registry.example.com/net:1", 0.7, "pods-share-no-segment"),
    ],
)
def test_the_network_plugin_tells_whether_pods_share_a_segment(image: str, probability: float, assumption: str) -> None:
    text = f"""
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: cni, namespace: kube-system}}
spec:
  selector: {{matchLabels: {{app: cni}}}}
  template:
    metadata: {{labels: {{app: cni}}}}
    spec: {{containers: [{{name: cni, image: "{image}"}}]}}
"""
    state = defence(model_of(text), "kubernetes:Container:kube-system/DaemonSet/cni/cni", "noSharedSegment")
    assert (state.probability, state.assumption) == (probability, assumption)


def test_parts_of_one_group_share_the_role_of_its_machines() -> None:
    text = node("one", kubelet="v1.33.4") + node("two", kubelet="v1.20.4")
    text = text.replace("spec: {}", 'spec: {providerID: "aws:///eu-west-1a/i-0123456789abcdef0"}')
    roles = {(link.left.rpartition(":")[2], link.right) for link in model_of(text).links if link.association == "RunsAs"}
    assert roles == {
        (name, "aws:CloudRole:instances-of-default") for name in ("default-kubelet-v1.20.4", "default-kubelet-v1.33.4")
    }


def test_each_assumption_of_a_version_says_the_same_wherever_it_counts() -> None:
    """One id has one probability: flaws that a setting closes are an assumption apart from those that a fix closes."""
    model = model_of(node(kernel="5.10.80-1.distro", system="A distribution"))
    stated = {item.id: item for item in model.assumptions}
    used = [state for state in model.defences if state.assumption.startswith("kernel-")]
    assert {state.assumption for state in used} == {"kernel-fixed:5.10.80-1.distro"}
    assert {state.probability for state in used} == {stated["kernel-fixed:5.10.80-1.distro"].probability} == {0.4}
    model = model_of(node(kernel="5.15.150", system="Buildroot"))
    state = defence(model, POOL, "noPlainKernelFlaw")
    assert (state.probability, state.assumption) == (0.8, "kernel-settings:5.15.150")
    (assumption,) = [item for item in model.assumptions if item.id == state.assumption]
    assert assumption.probability == 0.8
    assert "CVE-2025-21756" in assumption.statement


KUBELETS = ("v1.20.4", "v1.21.4-eks-0389ca3", "v1.30.2", "v1.33.4", "v1.33.5+k3s1", "unknown")
KERNELS = ("5.10.57", "5.15.0-1050-aws", "6.1.75", "6.12.48", "")
RUNTIMES = ("containerd://1.4.1", "containerd://2.1.9", "cri-o://1.23.1", "docker://18.9.1", "other://1")


@given(
    st.lists(st.tuples(st.sampled_from(KUBELETS), st.sampled_from(KERNELS), st.sampled_from(RUNTIMES)), min_size=1, max_size=8)
)
@settings(deadline=None, max_examples=30)
def test_every_node_is_of_one_pool_and_the_pools_have_names_of_their_own(software: list[tuple[str, str, str]]) -> None:
    text = "".join(
        node(f"node-{number}", kubelet=kubelet, kernel=kernel, runtime=runtime)
        for number, (kubelet, kernel, runtime) in enumerate(software)
    )
    model = model_of(text)
    found = [asset for asset in model.assets if asset.kind == "NodePool"]
    assert sum(asset.replicas for asset in found) == len(software)
    assert len({asset.id for asset in found}) == len(found) <= len(set(software))
    identities = {link.right for link in model.links if link.association == "AuthenticatesAs"}
    assert len(identities) == len(found)
