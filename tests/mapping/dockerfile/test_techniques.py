"""Every Dockerfile weakness proves itself on a pair of files.

``expect.tsv`` names asset and line; the safe one holds near misses.
"""

from __future__ import annotations

import pytest

from tests.mapping.containers.models import TECHNIQUES, expected, faults, found, model_of_dockerfile

PREFIX = "docker-"
KEYS = (
    "add-instead-of-copy",
    "add-remote-unverified",
    "build-tools-in-final-image",
    "copy-whole-context",
    "curl-pipe-shell",
    "debug-mode-enabled",
    "deprecated-k8s-registry",
    "docker-daemon-tcp",
    "image-base-eol",
    "image-exposes-admin-port",
    "image-latest-or-untagged",
    "image-not-digest-pinned",
    "image-secret-env",
    "image-user-root",
    "insecure-buildkit-run",
    "no-healthcheck",
    "package-cache-left",
    "package-signature-check-disabled",
    "password-set-in-build",
    "pipefail-missing",
    "runs-as-root-explicit",
    "secret-file-copied",
    "secret-in-dockerfile-arg-env",
    "secret-in-run",
    "secret-literal-in-args",
    "ssh-exposed",
    "sudo-in-dockerfile",
    "tls-verification-disabled",
    "unpinned-packages",
    "untrusted-registry",
    "untrusted-syntax-frontend",
    "update-alone-or-dist-upgrade",
    "workdir-unsafe",
    "world-writable-or-setuid",
)


def test_every_folder_is_tried() -> None:
    folders = (path.parent for path in TECHNIQUES.glob(PREFIX + "*/vulnerable.dockerfile"))
    assert sorted(folder.name.removeprefix(PREFIX) for folder in folders) == sorted(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_technique(key: str) -> None:
    folder = TECHNIQUES / (PREFIX + key)
    vulnerable = model_of_dockerfile((folder / "vulnerable.dockerfile").read_text(encoding="utf-8"))
    ignored = folder / "safe.dockerignore"
    patterns = tuple(ignored.read_text(encoding="utf-8").split()) if ignored.exists() else None
    safe = model_of_dockerfile((folder / "safe.dockerfile").read_text(encoding="utf-8"), patterns)
    assert found(vulnerable, key) == expected(folder)
    assert found(safe, key) == set()
    assert faults(vulnerable) == faults(safe) == []
