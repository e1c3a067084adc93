"""Every ECS weakness proves itself on a pair of files: ``expect.tsv`` names asset and line; ``safe.json`` holds near misses."""

from __future__ import annotations

import pytest

from tests.mapping.containers.models import TECHNIQUES, expected, faults, found, model_of_path

PREFIX = "ecs-"
KEYS = (
    "allow-privilege-escalation",
    "cap-all",
    "cap-beyond-baseline",
    "cap-dac-read-search",
    "cap-kernel-misc",
    "cap-net-admin",
    "cap-sys-admin",
    "cap-sys-module",
    "cap-sys-ptrace",
    "caps-not-dropped-all",
    "debug-mode-enabled",
    "default-or-empty-credentials",
    "ecs-container-insights-off",
    "ecs-exec-enabled",
    "ecs-fargate-platform-outdated",
    "ecs-network-mode-shared",
    "ecs-no-task-role",
    "ecs-public-ip",
    "ecs-task-role-admin",
    "ecs-task-role-equals-execution-role",
    "efs-access-point-root",
    "efs-no-transit-encryption",
    "host-device-mapped",
    "host-ipc",
    "host-network",
    "host-pid",
    "hostpath-root-fs",
    "hostpath-sensitive-dir",
    "hostpath-writable",
    "image-latest-or-untagged",
    "image-not-digest-pinned",
    "imds-reachable",
    "may-run-as-root",
    "net-raw-available",
    "no-healthcheck",
    "no-log-driver",
    "no-memory-limit",
    "privileged-container",
    "runs-as-root-explicit",
    "runtime-socket-mount",
    "secret-literal-in-args",
    "secret-literal-in-env",
    "shared-process-namespace",
    "sudo-in-entrypoint",
    "untrusted-registry",
    "writable-root-fs",
)


def test_every_folder_is_tried() -> None:
    assert sorted(folder.name.removeprefix(PREFIX) for folder in TECHNIQUES.glob(PREFIX + "*")) == sorted(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_technique(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TECHNIQUES)
    vulnerable = model_of_path(f"{PREFIX}{key}/vulnerable.json")
    safe = model_of_path(f"{PREFIX}{key}/safe.json")
    assert found(vulnerable, key) == expected(TECHNIQUES / (PREFIX + key))
    assert found(safe, key) == set()
    assert faults(vulnerable) == faults(safe) == []
