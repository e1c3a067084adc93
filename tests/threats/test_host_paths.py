from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.threats.capabilities import load_capabilities, normalise_capability
from breachway.threats.host_paths import (
    DEFENCE_OF_KIND,
    classify_host_path,
    is_sensitive_host_path,
    load_host_paths,
    normalise_host_path,
)
from breachway.threats.language import StepKind
from breachway.threats.loading import load_language

DEFENCES = {asset.name: {step.name for step in asset.steps if step.kind is StepKind.DEFENCE} for asset in load_language().assets}


def kinds(path: str) -> set[str]:
    return {known.kind for known in classify_host_path(path)}


@pytest.mark.parametrize(
    "path, expected",
    [
        ("/var/run/docker.sock", {"runtime-socket"}),
        ("/run//docker.sock/", {"runtime-socket"}),
        ("/var/run/../run/docker.sock", {"runtime-socket"}),
        ("/etc/kubernetes/manifests", {"orchestrator-keys"}),
        ("/etc/kubernetes/azure.json", {"orchestrator-keys", "cloud-credentials"}),
        ("/var/lib/kubelet/pods", {"pod-directory"}),
        ("/var/lib/etcd/member", {"state-store"}),
        ("/proc/sys/kernel", {"kernel-interface"}),
        ("/dev/sda", {"device"}),
        ("/var/log", {"log-directory"}),
        ("/etc/localtime", set()),
        ("/etc/cron.d/jobs", {"system-directory"}),
        ("/srv/data", set()),
        ("/etcetera", set()),
        ("~/.aws", {"cloud-credentials"}),
        ("/home/ann/.kube/config", {"orchestrator-keys"}),
        ("/home/ann", {"user-home"}),
        ("/home/ann/shop", set()),
        ("/root/.ssh", {"user-home"}),
        ("./data", set()),
        ("", set()),
    ],
)
def test_kinds(path: str, expected: set[str]) -> None:
    assert kinds(path) == expected


def test_root_and_parents_hold_everything_below() -> None:
    assert kinds("/") == set(DEFENCE_OF_KIND)
    assert "runtime-socket" in kinds("/run")
    assert {"pod-directory", "state-store", "log-directory"} <= kinds("/var")


@pytest.mark.parametrize(
    "path, expected",
    [("/etc", True), ("/etc/localtime", True), ("/home/ann/shop", True), ("/", False), ("/srv", False), ("/etcetera", False)],
)
def test_sensitive(path: str, *, expected: bool) -> None:
    assert is_sensitive_host_path(path) is expected


def test_every_kind_is_bound_to_a_defence() -> None:
    assert set(DEFENCE_OF_KIND.values()) | {"readOnly"} == DEFENCES["HostMount"]
    assert {known.kind for known in load_host_paths()} == set(DEFENCE_OF_KIND)
    assert all(known.path == normalise_host_path(known.path) for known in load_host_paths())


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="/.~abr un", max_size=40))
def test_normalising_twice_changes_nothing(path: str) -> None:
    once = normalise_host_path(path)
    assert normalise_host_path(once) == once
    classify_host_path(path)


def test_capabilities() -> None:
    known = {capability.name: capability for capability in load_capabilities()}
    assert len(known) == 41
    assert sum(capability.docker_default for capability in known.values()) == 14
    assert {capability.defence for capability in known.values() if capability.defence} <= DEFENCES["Container"]
    assert not known["NET_RAW"].crio_default
    assert known["NET_RAW"].defence == "noRawSockets"
    assert known["SYS_ADMIN"].danger == "critical"
    assert {capability.danger for capability in known.values()} == {"none", "low", "medium", "high", "critical"}


@pytest.mark.parametrize(
    "name, expected", [("cap_sys_admin", "SYS_ADMIN"), (" ALL ", "ALL"), ("NET_RAW", "NET_RAW"), ("all", "ALL")]
)
def test_capability_names(name: str, expected: str) -> None:
    assert normalise_capability(name) == expected
