"""Each weakness of permissions and of network policies, vulnerable and safe.

In ``vulnerable.yaml`` a comment ``# <- ASSET`` stands on each line of evidence; ``safe.yaml`` holds near misses and must
be free of the weakness.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from breachway.mapping.model_building import build_model
from breachway.model import Verdict
from breachway.sources.reading import read
from tests.mapping.kubernetes.test_techniques import KEYS as OTHER_KEYS

if TYPE_CHECKING:
    from breachway.model import Model

HERE = Path(__file__).parent
MARK = "# <- "
KEYS = (
    "binding-anonymous",
    "binding-authenticated",
    "binding-default-sa",
    "binding-system-masters",
    "cluster-admin-binding",
    "imds-reachable",
    "netpol-allow-all-egress",
    "netpol-allow-all-ingress",
    "netpol-selects-nothing",
    "no-egress-network-policy",
    "no-ingress-network-policy",
    "rbac-bind",
    "rbac-configmap-write",
    "rbac-create-pv",
    "rbac-create-workloads",
    "rbac-csr-approve",
    "rbac-delete-evidence",
    "rbac-ephemeral-containers",
    "rbac-escalate",
    "rbac-impersonate",
    "rbac-network-write",
    "rbac-node-modify",
    "rbac-nodes-proxy",
    "rbac-pod-exec",
    "rbac-port-forward",
    "rbac-read-secrets",
    "rbac-token-create",
    "rbac-webhook-config",
    "rbac-wildcard-all",
    "rbac-wildcard-partial",
    "workload-with-takeover-sa",
)


def modelled(key: str, name: str) -> Model:
    return build_model(read([str(HERE / f"kubernetes-{key}" / f"{name}.yaml")]))


@pytest.mark.parametrize("key", KEYS)
def test_the_vulnerable_manifest_shows_the_weakness_at_its_line(key: str) -> None:
    lines = (HERE / f"kubernetes-{key}" / "vulnerable.yaml").read_text(encoding="utf-8").splitlines()
    marks = {(number, line.split(MARK, 1)[1]) for number, line in enumerate(lines, 1) if MARK in line}
    assert marks
    found = [item for item in modelled(key, "vulnerable").weaknesses if item.key == key]
    assert {(item.asset, item.verdict) for item in found} == {(asset, Verdict.WEAK) for _, asset in marks}
    assert marks <= {(evidence.location.line, item.asset) for item in found for evidence in item.evidence}


@pytest.mark.parametrize("key", KEYS)
def test_the_safe_manifest_does_not(key: str) -> None:
    assert key not in {item.key for item in modelled(key, "safe").weaknesses}


def test_every_folder_is_tried() -> None:
    folders = {folder.name.removeprefix("kubernetes-") for folder in HERE.glob("kubernetes-*")}
    assert sorted(folders) == sorted({*KEYS, *OTHER_KEYS})
