"""Who may annotate an account takes a role of the cloud only where the role trusts accounts that nobody has annotated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from tests.mapping.kubernetes.reaching import reached_in

if TYPE_CHECKING:
    from pathlib import Path

CLUSTER = """apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: robot, namespace: shop}
rules:
  - {apiGroups: [""], resources: [serviceaccounts], verbs: [VERB]}
  - {apiGroups: [""], resources: [serviceaccounts/token], verbs: [create], resourceNames: [other]}
  - {apiGroups: [""], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: robot, namespace: shop}
subjects: [{kind: ServiceAccount, name: robot}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: robot}
"""
PROVIDER = "oidc.eks.eu-west-1.amazonaws.com/id/AB"
ROLE = "aws:CloudRole:payments"


def trust(operator: str, subject: str) -> str:
    condition = f'{{ {operator} = {{ "{PROVIDER}:sub" = "{subject}" }} }}'
    federated = f'{{ Federated = "arn:aws:iam::111122223333:oidc-provider/{PROVIDER}" }}'
    action = 'Action = "sts:AssumeRoleWithWebIdentity"'
    statement = f'{{ Effect = "Allow", {action}, Principal = {federated}, Condition = {condition} }}'
    policy = f"jsonencode({{ Statement = [{statement}] }})"
    return f'resource "aws_iam_role" "payments" {{\n  name = "payments"\n  assume_role_policy = {policy}\n}}\n'


@pytest.mark.parametrize(
    "verb, operator, subject, taken",
    [
        ("patch", "StringLike", "system:serviceaccount:shop:*", True),
        ("create", "StringLike", "system:serviceaccount:*:*", True),
        ("patch", "StringLike", "system:serviceaccount:billing:*", False),
        ("patch", "StringEquals", "system:serviceaccount:shop:payments", False),
        ("get", "StringLike", "system:serviceaccount:shop:*", False),
    ],
)
def test_a_role_is_claimed_where_its_trust_is_wide(tmp_path: Path, verb: str, operator: str, subject: str, taken: bool) -> None:
    (tmp_path / "cluster.yaml").write_text(CLUSTER.replace("VERB", verb), encoding="utf-8")
    (tmp_path / "iam.tf").write_text(trust(operator, subject), encoding="utf-8")
    model = build_model(read([str(tmp_path)]))
    found = reached_in(model, [("kubernetes:ServiceAccount:shop/robot", "assume")])
    assert ((ROLE, "assume") in found) is taken


@pytest.mark.parametrize(
    "body, obeys",
    [
        ("", True),
        ('access_config { authentication_mode = "API_AND_CONFIG_MAP" }', True),
        ('access_config { authentication_mode = "API" }', False),
    ],
)
def test_the_access_of_an_eks_cluster_decides_about_the_map(tmp_path: Path, body: str, obeys: bool) -> None:
    (tmp_path / "map.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\n", encoding="utf-8"
    )
    (tmp_path / "eks.tf").write_text(f'resource "aws_eks_cluster" "main" {{\n  name = "main"\n  {body}\n}}\n', encoding="utf-8")
    states = {(state.asset, state.defence): state for state in build_model(read([str(tmp_path)])).defences}
    assert states["kubernetes:Cluster:cluster", "noCloudMap"].probability == (0.0 if obeys else 1.0)
