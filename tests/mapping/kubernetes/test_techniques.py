"""Every Kubernetes weakness proves itself on a pair of manifests.

In ``vulnerable.yaml`` a comment ``# <- ASSET`` stands on each line of evidence; ``safe.yaml`` holds near misses.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from breachway.model import Verdict
from tests.mapping.kubernetes.clusters import DOCUMENT, missing_defences, model_of, wrong_links

TECHNIQUES = Path(__file__).parents[2] / "techniques"
PREFIX = "kubernetes-"
MARK = "# <- "
KEYS = (
    "admission-webhook-fail-open",
    "allow-privilege-escalation",
    "always-pull-images-off",
    "apiserver-admission-plugins",
    "apiserver-anonymous-auth",
    "apiserver-audit-off",
    "apiserver-authorization-mode",
    "apiserver-insecure-port",
    "apiserver-kubelet-tls",
    "apiserver-static-credentials",
    "apiserver-vulnerable",
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
    "cloud-credential-file-mount",
    "controlplane-bind-and-profiling",
    "debug-mode-enabled",
    "default-namespace",
    "default-or-empty-credentials",
    "default-service-account",
    "deprecated-api-version",
    "deprecated-k8s-registry",
    "docker-daemon-tcp",
    "duplicate-env-or-yaml-key",
    "etc-hosts-overridden",
    "etcd-encryption-missing",
    "etcd-no-client-cert-auth",
    "externally-exposed-workload",
    "git-sync-code-injection",
    "gitrepo-volume",
    "host-device-mapped",
    "host-ipc",
    "host-kernel-vulnerable",
    "host-network",
    "host-pid",
    "host-port",
    "host-runtime-vulnerable",
    "hostpath-any",
    "hostpath-root-fs",
    "hostpath-sensitive-dir",
    "hostpath-writable",
    "image-latest-or-untagged",
    "image-not-digest-pinned",
    "image-pull-policy-stale",
    "ingress-nginx-annotation-injection",
    "ingress-nginx-snippet",
    "ingress-no-tls",
    "ingress-wildcard-host",
    "kubelet-anonymous-auth",
    "kubelet-authz-always-allow",
    "kubelet-hardening-flags",
    "kubelet-no-client-ca",
    "kubelet-read-only-port",
    "kubelet-unsafe-sysctls-allowed",
    "kubelet-vulnerable",
    "low-uid-gid",
    "may-run-as-root",
    "mesh-mtls-permissive",
    "mount-propagation-bidirectional",
    "naked-pod",
    "net-raw-available",
    "no-cpu-limit",
    "no-ephemeral-storage-limit",
    "no-liveness-or-readiness-probe",
    "no-memory-limit",
    "no-pids-limit",
    "no-quota-or-limitrange",
    "no-resource-requests",
    "no-security-context",
    "no-user-namespace",
    "non-core-volume",
    "nonexistent-service-account",
    "privileged-container",
    "privileged-port",
    "probe-or-hook-host-field",
    "proc-mount-unmasked",
    "psa-not-enforced",
    "root-group",
    "runs-as-root-explicit",
    "runtime-socket-mount",
    "sa-token-automounted",
    "sa-token-long-expiry",
    "sa-token-secret-longlived",
    "seccomp-not-set",
    "seccomp-unconfined",
    "secret-in-configmap",
    "secret-literal-in-args",
    "secret-literal-in-env",
    "secret-manifest-with-data",
    "secret-ref-as-env",
    "selinux-disabled-or-custom",
    "sensitive-interface-exposed",
    "service-external-ip",
    "service-external-name",
    "service-loadbalancer-public",
    "service-nodeport",
    "shared-process-namespace",
    "single-replica-no-pdb",
    "ssh-exposed",
    "subpath-symlink",
    "sudo-in-entrypoint",
    "tiller-deployed",
    "tls-verification-disabled",
    "unsafe-sysctl",
    "user-workload-in-kube-system",
    "windows-host-process",
    "workload-mounts-secret",
    "writable-root-fs",
)
"""The weaknesses with fixtures; a new one is added here, and its folder then has to be there."""


def _marks(text: str) -> list[tuple[int, str]]:
    lines = enumerate(text.splitlines(), start=1)
    return [(number, line.split(MARK, 1)[1].strip()) for number, line in lines if MARK in line]


def _read(key: str, name: str) -> str:
    return (TECHNIQUES / f"{PREFIX}{key}" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("key", KEYS)
def test_vulnerable_manifest_shows_the_weakness_at_its_line(key: str) -> None:
    text = _read(key, "vulnerable.yaml")
    marks = _marks(text)
    assert marks
    model = model_of(text)
    found = {
        (evidence.location.line, weakness.asset)
        for weakness in model.weaknesses
        if weakness.key == key and weakness.verdict is Verdict.WEAK
        for evidence in weakness.evidence
        if evidence.location.document == DOCUMENT
    }
    assert found.issuperset(marks), sorted(found)
    assert not missing_defences(model)
    assert not wrong_links(model)


@pytest.mark.parametrize("key", KEYS)
def test_safe_manifest_does_not_show_the_weakness(key: str) -> None:
    text = _read(key, "safe.yaml")
    model = model_of(text)
    assert model.assets
    assert [weakness for weakness in model.weaknesses if weakness.key == key] == []
    assert not missing_defences(model)
    assert not wrong_links(model)


def test_each_safe_manifest_is_a_near_miss_of_its_own() -> None:
    for key in KEYS:
        safe = _read(key, "safe.yaml")
        assert not _marks(safe)
        assert safe != _read(key, "vulnerable.yaml")
