"""From a container to its host, and from a host onward: every way that the field knows, each on a pair of manifests.

``ways_to_the_host/WAY/vulnerable.yaml`` takes the step, ``safe.yaml`` is a near miss that does not.  The nodes of the manifests
run software without known flaws, unless the way is one, so that no other way can pass for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mapping.kubernetes.clusters import model_of
from tests.mapping.kubernetes.reaching import reached, reached_in

FOLDER = Path(__file__).with_name("ways_to_the_host")
APP = "kubernetes:Container:shop/Pod/web/app"
POOL = "kubernetes:NodePool:default"


class Way(NamedTuple):
    """A way: the step that tells it, where the attacker starts, and what else it holds by then."""

    step: str
    start: tuple[str, str] = (APP, "compromise")
    also: tuple[tuple[str, str], ...] = ()


POD = (POOL, "admitPod")
ROOT = (POOL, "root")
READS_LOGS = ((POOL, "readLogs"),)
WAYS = {
    # privileges and capabilities
    "privileged": Way("escapePrivileged"),
    "host-pid-with-sys-ptrace": Way("injectHostProcess"),
    "host-pid-with-sys-admin": Way("escapeBySysAdmin"),
    "host-pid-environments": Way("readHostEnvironments"),
    "sys-admin": Way("escapeBySysAdmin"),
    "sys-module": Way("loadKernelModule"),
    "dac-read-search": Way("readHostFilesByHandle"),
    "sys-rawio": Way("useRawDevices"),
    "bpf": Way("useKernelInterfaces"),
    "bpf-and-perfmon": Way("traceHost"),
    "sys-admin-behind-apparmor": Way("traceHost"),
    "sys-boot": Way("useKernelInterfaces"),
    "all-capabilities": Way("loadKernelModule"),
    "capability-with-prefix": Way("loadKernelModule"),
    # paths of the host
    "runtime-socket": Way("controlRuntime"),
    "runtime-socket-read-only": Way("controlRuntime"),
    "runtime-socket-by-ancestor": Way("controlRuntime"),
    "host-root-writable": Way("writeHostRoot"),
    "host-root-read-only": Way("readHostRoot"),
    "host-etc": Way("replaceSystemFiles"),
    "host-root-home": Way("readUserKeys"),
    "host-home": Way("readUserKeys"),
    "host-proc-writable": Way("writeKernelInterface"),
    "host-proc-read": Way("readProcessTable"),
    "core-pattern": Way("writeKernelInterface"),
    "host-control-groups": Way("setReleaseAgent"),
    "host-logs": Way("readLogsBySymlink", also=READS_LOGS),
    "kubelet-directory": Way("stealPodTokens"),
    "etcd-directory": Way("readStateStore"),
    "orchestrator-keys": Way("readOrchestratorKeys"),
    "static-pods": Way("writeStaticPod"),
    "host-devices": Way("writeDevice"),
    "disk-device": Way("useHostDevice"),
    "claim-on-host-path": Way("replaceSystemFiles"),
    "claim-on-local-volume": Way("writeHostRoot"),
    # namespaces of the host and of siblings
    "host-network-loopback": Way("useHostLoopback"),
    "host-network-sniffing": Way("sniffHostNetwork"),
    "host-network-routes": Way("reconfigureNetwork"),
    "loopback-by-raw-sockets": Way("answerOnLoopback"),
    "spoofing-on-a-bridge": Way("spoofNeighbours"),
    "host-ipc": Way("readHostSharedMemory"),
    "shared-processes": Way("enterSiblings"),
    "shared-processes-of-one-user": Way("enterSiblings"),
    "shared-processes-as-root": Way("enterSiblingsAsRoot"),
    # what the kubelet and the runtime do for a pod
    "sub-path": Way("followSwappedLink"),
    "sub-path-of-a-sibling": Way("swapSubPath"),
    "git-repository-volume": Way("cloneCraftedRepository", ("kubernetes:Namespace:shop", "runPod")),
    "git-repository-volume-admitted": Way("cloneCraftedRepository", ("kubernetes:Namespace:shop", "runPod")),
    "crafted-pod-on-cri-o": Way("abusePodHandling", POD),
    "crafted-image": Way("startCraftedImage", POD),
    "image-that-reads": Way("readThroughImage", POD),
    "runtime-flaw-of-what-enters": Way("useRuntimeExploit"),
    "shim-socket": Way("commandShim"),
    "gpu-toolkit": Way("startCraftedImage", POD),
    "device-of-a-plugin": Way("writeDevice"),
    "mount-propagation": Way("propagateMount"),
    "unsafe-kernel-parameter": Way("weakenKernel"),
    # Windows
    "windows-host-process": Way("runAsHostProcess"),
    "windows-crafted-pod": Way("abusePodHandling", ("kubernetes:NodePool:default-windows", "admitPod")),
    # what confines a container, given up
    "selinux-given-up": Way("escapeBySysAdmin"),
    "apparmor-given-up": Way("escapeBySysAdmin"),
    "seccomp-given-up": Way("useKernelExploit"),
    "proc-unmasked": Way("writeKernelSettings"),
    # flaws of the kernel
    "kernel-flaw-for-any-code": Way("usePlainKernelFlaw"),
    "kernel-flaw-behind-net-admin": Way("useNetworkKernelFlaw"),
    "kernel-flaw-behind-net-raw": Way("usePacketKernelFlaw"),
    "kernel-release-agent": Way("setReleaseAgent"),
    "kernel-flaw-with-sys-admin": Way("useKernelExploit"),
    # from a host onward
    "host-to-tokens": Way("readToken", ROOT),
    "host-to-control-plane": Way("takeControlPlane", ("kubernetes:NodePool:control-plane", "root")),
    "upgrade-left-open": Way("keepUpgradedConnection", ("kubernetes:Namespace:shop", "execPods")),
    "host-to-other-nodes": Way("redirectToOtherNode", ROOT),
    "host-to-cloud-role": Way("assume", (POOL, "stealInstanceCredentials")),
}
"""The rows of what the field knows; each has a folder of that name."""

SHOWN_OTHERWISE = {"host-port", "host-to-its-containers", "host-to-kubelet-identity", "image-volume"}
"""Rows that are no step of a container: a test of their own is below."""


def _text(way: str, name: str) -> str:
    return (FOLDER / way / name).read_text(encoding="utf-8")


def _starts(way: Way, text: str) -> tuple[tuple[str, str], ...]:
    """Where the attacker starts; a pool that the safe manifest calls otherwise is looked up by what it is."""
    ids = [asset.id for asset in model_of(text).assets if asset.kind == "NodePool"]
    asset, step = way.start
    found = asset if asset in ids or not asset.startswith("kubernetes:NodePool:") else ids[0]
    return ((found, step), *way.also)


def test_no_way_is_forgotten() -> None:
    assert sorted(item.name for item in FOLDER.iterdir()) == sorted({*WAYS, *SHOWN_OTHERWISE})


@pytest.mark.parametrize("name", sorted(WAYS))
def test_the_way_is_open_where_its_precondition_holds(name: str) -> None:
    way, text = WAYS[name], _text(name, "vulnerable.yaml")
    assert way.step in {step for _, step in reached(text, *_starts(way, text))}


@pytest.mark.parametrize("name", sorted(WAYS))
def test_the_way_is_shut_in_a_near_miss(name: str) -> None:
    way, text = WAYS[name], _text(name, "safe.yaml")
    assert way.step not in {step for _, step in reached(text, *_starts(way, text))}


def test_a_host_port_is_an_opening_of_its_own() -> None:
    keys = [{item.key for item in model_of(_text("host-port", name)).weaknesses} for name in ("vulnerable.yaml", "safe.yaml")]
    assert ["host-port" in found for found in keys] == [True, False]


def test_the_image_of_a_volume_is_judged_like_any_other() -> None:
    found = [
        {item.asset for item in model_of(_text("image-volume", name)).weaknesses if item.key == "image-latest-or-untagged"}
        for name in ("vulnerable.yaml", "safe.yaml")
    ]
    assert found == [{"image:Image:models.example.net/shop/model:latest"}, set()]


def test_a_node_runs_the_containers_that_may_land_on_it() -> None:
    """That a held node may draw others to itself is a right of its identity, and a step of its own."""
    found = [
        {link.right for link in model_of(_text("host-to-its-containers", name)).links if link.association == "RunsOn"}
        for name in ("vulnerable.yaml", "safe.yaml")
    ]
    assert found == [{POOL}, {"kubernetes:NodePool:fast"}]
    assert ("kubernetes:Container:shop/Pod/other/app", "compromise") in reached(
        _text("host-to-its-containers", "vulnerable.yaml"), ROOT
    )


def test_root_of_a_node_acts_as_its_kubelet_and_as_no_other() -> None:
    text = _text("host-to-kubelet-identity", "vulnerable.yaml") + "---\n" + _text("host-to-control-plane", "vulnerable.yaml")
    found = {asset for asset, step in reached(text, (POOL, "root")) if step == "assume"}
    assert "kubernetes:NodeIdentity:default" in found
    assert "kubernetes:NodeIdentity:control-plane" not in found


def test_reading_logs_alone_opens_nothing() -> None:
    text = _text("host-logs", "vulnerable.yaml")
    assert "readLogsBySymlink" not in {step for _, step in reached(text, (APP, "compromise"))}
    assert "readLogsBySymlink" not in {step for _, step in reached(text, *READS_LOGS)}
    assert ("kubernetes:NodePool:default", "readFiles") in reached(text, (APP, "compromise"), *READS_LOGS)


def test_logs_of_a_namespace_are_read_on_the_nodes_of_its_pods() -> None:
    found = reached(_text("host-logs", "vulnerable.yaml"), (APP, "compromise"), ("kubernetes:Namespace:shop", "readLogs"))
    assert (POOL, "readFiles") in found


@pytest.mark.parametrize("field", ["hostUsers: false", "runtimeClassName: gvisor"])
@pytest.mark.parametrize("way", ["runtime-socket", "host-etc", "kubelet-directory"])
def test_what_is_mounted_stays_open_behind_a_user_namespace_or_a_sandbox(way: str, field: str) -> None:
    text = _text(way, "vulnerable.yaml").replace("spec:\n  volumes", f"spec:\n  {field}\n  volumes", 1)
    assert WAYS[way].step in {step for _, step in reached(text, (APP, "compromise"))}


@pytest.mark.parametrize(
    "way, user_namespace, sandbox",
    [
        ("sys-admin", False, False),
        ("sys-module", False, False),
        ("dac-read-search", False, False),
        ("bpf", False, False),
        ("bpf-and-perfmon", False, False),
        ("kernel-flaw-with-sys-admin", True, False),
        ("proc-unmasked", False, False),
        ("runtime-flaw-of-what-enters", False, False),
        ("sub-path-of-a-sibling", False, True),
        # A user namespace gives its root the network of the pod, and so the kernel's network code; a sandbox has its own.
        ("kernel-flaw-for-any-code", True, False),
        ("kernel-flaw-behind-net-admin", True, False),
        ("kernel-flaw-behind-net-raw", True, False),
        ("seccomp-given-up", True, False),
        # Siblings share the sandbox.
        ("shared-processes", True, True),
    ],
)
def test_user_namespaces_and_sandboxes_stop_what_they_stop(way: str, user_namespace: bool, sandbox: bool) -> None:
    text = _text(way, "vulnerable.yaml").replace("v1.27.16", "v1.33.4").replace("v1.22.1", "v1.33.4")
    answers = []
    for field in ("hostUsers: false", "runtimeClassName: kata"):
        guarded = text.replace("namespace: shop}\nspec:\n", f"namespace: shop}}\nspec:\n  {field}\n", 1)
        answers.append(WAYS[way].step in {step for _, step in reached(guarded, (APP, "compromise"))})
    assert answers == [user_namespace, sandbox]


def test_nothing_is_reached_from_a_confined_container_on_sound_nodes() -> None:
    text = _text("kernel-flaw-for-any-code", "safe.yaml").replace("  runtimeClassName: kata\n", "")
    text = text.replace("5.10.57", "6.12.48").replace("{runAsUser: 0,", "{allowPrivilegeEscalation: false, runAsUser: 1000,")
    assert (POOL, "root") not in reached_in(model_of(text), [(APP, "compromise")])
