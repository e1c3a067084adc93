"""Every Compose weakness proves itself on a pair of files.

``expect.tsv`` names asset and line; ``safe.yaml`` holds near misses.
"""

from __future__ import annotations

import pytest

from tests.mapping.containers.models import TECHNIQUES, expected, faults, found, model_of_path

PREFIX = "compose-"
KEYS = (
    "allow-privilege-escalation",
    "apparmor-unconfined",
    "cap-all",
    "cap-beyond-baseline",
    "cap-dac-read-search",
    "cap-kernel-misc",
    "cap-net-admin",
    "cap-sys-admin",
    "cap-sys-module",
    "cap-sys-ptrace",
    "caps-not-dropped-all",
    "cgroup-host-or-parent",
    "cloud-credential-file-mount",
    "debug-mode-enabled",
    "default-or-empty-credentials",
    "docker-daemon-tcp",
    "etc-hosts-overridden",
    "flat-default-network",
    "host-device-mapped",
    "host-ipc",
    "host-network",
    "host-pid",
    "host-user-namespace",
    "host-uts",
    "hostpath-root-fs",
    "hostpath-sensitive-dir",
    "hostpath-writable",
    "image-latest-or-untagged",
    "image-not-digest-pinned",
    "insecure-buildkit-run",
    "may-run-as-root",
    "mount-propagation-bidirectional",
    "net-raw-available",
    "no-cpu-limit",
    "no-healthcheck",
    "no-log-driver",
    "no-memory-limit",
    "no-pids-limit",
    "port-on-all-interfaces",
    "privileged-container",
    "privileged-port",
    "proc-mount-unmasked",
    "restart-policy-unbounded",
    "runs-as-root-explicit",
    "runtime-socket-mount",
    "seccomp-unconfined",
    "secret-literal-in-args",
    "secret-literal-in-env",
    "selinux-disabled-or-custom",
    "sensitive-interface-exposed",
    "shared-process-namespace",
    "shared-volume-between-services",
    "ssh-exposed",
    "sudo-in-entrypoint",
    "tls-verification-disabled",
    "unsafe-sysctl",
    "untrusted-registry",
    "writable-root-fs",
)


def test_every_folder_is_tried() -> None:
    assert sorted(folder.name.removeprefix(PREFIX) for folder in TECHNIQUES.glob(PREFIX + "*")) == sorted(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_technique(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TECHNIQUES)
    vulnerable = model_of_path(f"{PREFIX}{key}/vulnerable.yaml")
    safe = model_of_path(f"{PREFIX}{key}/safe.yaml")
    assert found(vulnerable, key) == expected(TECHNIQUES / (PREFIX + key))
    assert found(safe, key) == set()
    assert faults(vulnerable) == faults(safe) == []
