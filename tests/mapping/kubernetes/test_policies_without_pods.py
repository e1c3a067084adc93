"""A policy is judged by the pods that were read; where none was, nothing is claimed about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import breachway
from breachway.model import Verdict

if TYPE_CHECKING:
    from pathlib import Path

SHOP = "kubernetes:Namespace:shop"
POD = """---
apiVersion: v1
kind: Pod
metadata: {name: other, namespace: elsewhere, labels: {app: web}}
spec: {containers: [{name: app, image: "registry.example.com/other:1"}]}
"""


def _verdicts(folder: Path, selector: str, others: str = "") -> list[tuple[str, Verdict]]:
    policy = f"""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: web, namespace: shop}}
spec: {{podSelector: {selector}}}
"""
    (folder / "policies.yaml").write_text(policy + others, encoding="utf-8")
    model = breachway.build_model(breachway.read([str(folder)]))
    assert SHOP in {asset.id for asset in model.assets}
    return [(item.asset, item.verdict) for item in model.weaknesses if item.key == "netpol-selects-nothing"]


def test_policies_that_are_read_without_workloads_are_not_called_useless(tmp_path: Path) -> None:
    assert _verdicts(tmp_path, "{matchLabels: {app: web}}") == [(SHOP, Verdict.UNKNOWN)]


def test_pods_of_another_namespace_do_not_count(tmp_path: Path) -> None:
    assert _verdicts(tmp_path, "{matchLabels: {app: web}}", POD) == [(SHOP, Verdict.WEAK)]


@pytest.mark.parametrize("selector", ["{}", "{matchLabels: {}}", "{matchExpressions: []}"])
def test_a_policy_for_every_pod_needs_none_yet(selector: str, tmp_path: Path) -> None:
    assert _verdicts(tmp_path, selector, POD) == []
