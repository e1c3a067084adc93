"""Managed clusters as Terraform makes them: who reaches the API server, what is recorded, whom it takes for its users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mapping.cloud.models import model_of, right_of, state_of

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {password: aoeu-1234-snth}\n"
CLUSTER = "kubernetes:Cluster:cluster"
EKS = 'resource "aws_eks_cluster" "c" {{\n  name = "c"\n  {settings}\n}}\n'
GKE = 'resource "google_container_cluster" "c" {{\n  name = "c"\n  {settings}\n}}\n'
AKS = 'resource "azurerm_kubernetes_cluster" "c" {{\n  name = "c"\n  {settings}\n}}\n'


@pytest.mark.parametrize(
    "kind, settings, closed",
    [
        (EKS, "vpc_config {\n endpoint_public_access = false\n }", 1.0),
        (EKS, "vpc_config {\n endpoint_public_access = true\n }", 0.0),
        (EKS, "vpc_config {\n subnet_ids = []\n }", 0.0),
        (EKS, 'vpc_config {\n public_access_cidrs = ["192.0.2.0/24"]\n }', 1.0),
        (EKS, 'vpc_config {\n public_access_cidrs = ["192.0.2.0/24", "0.0.0.0/0"]\n }', 0.0),
        (EKS, "vpc_config {\n public_access_cidrs = var.offices\n }", 0.6),
        (EKS, "vpc_config {\n endpoint_public_access = var.open\n }", 0.6),
        (GKE, "", 0.0),
        (GKE, "private_cluster_config {\n enable_private_endpoint = true\n }", 1.0),
        (GKE, "private_cluster_config {\n enable_private_nodes = true\n }", 0.0),
        (GKE, "master_authorized_networks_config {}", 1.0),
        (GKE, 'master_authorized_networks_config {\n cidr_blocks {\n cidr_block = "0.0.0.0/0"\n }\n }', 0.0),
        (AKS, "", 0.0),
        (AKS, "private_cluster_enabled = true", 1.0),
        (AKS, 'api_server_access_profile {\n authorized_ip_ranges = ["192.0.2.7/32"]\n }', 1.0),
    ],
)
def test_the_endpoint(tmp_path: Path, kind: str, settings: str, closed: float) -> None:
    model = model_of(tmp_path, secret_yaml=SECRET, main_tf=kind.format(settings=settings))
    state = state_of(model, CLUSTER, "apiNotPublic")
    if closed == 0.6:
        assert state.assumption
    else:
        assert (state.probability, state.assumption) == (closed, "")


def test_of_two_clusters_none_is_known_to_be_it(tmp_path: Path) -> None:
    model = model_of(tmp_path, secret_yaml=SECRET, main_tf=EKS.format(settings="") + GKE.format(settings=""))
    assert state_of(model, CLUSTER, "audited").assumption


@pytest.mark.parametrize(
    "kind, settings, audited",
    [
        (EKS, "", 0.0),
        (EKS, 'enabled_cluster_log_types = ["api", "audit"]', 1.0),
        (EKS, 'enabled_cluster_log_types = ["api"]', 0.0),
        (GKE, "", 1.0),
    ],
)
def test_the_audit_log(tmp_path: Path, kind: str, settings: str, audited: float) -> None:
    model = model_of(tmp_path, secret_yaml=SECRET, main_tf=kind.format(settings=settings))
    assert state_of(model, CLUSTER, "audited").probability == audited


@pytest.mark.parametrize(
    "kind, settings, encrypted",
    [
        (EKS, 'version = "1.27"', 0.0),
        (EKS, 'version = "1.33"', 1.0),
        (EKS, 'version = "1.27"\n encryption_config {\n resources = ["secrets"]\n }', 1.0),
        (GKE, 'database_encryption {\n state = "ENCRYPTED"\n }', 1.0),
    ],
)
def test_secrets_at_rest(tmp_path: Path, kind: str, settings: str, encrypted: float) -> None:
    model = model_of(tmp_path, secret_yaml=SECRET, main_tf=kind.format(settings=settings))
    state = state_of(model, "kubernetes:Secret:shop/db", "encryptedAtRest")
    assert (state.probability, state.assumption) == (encrypted, "")


BINDING = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: viewers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: Group, name: viewers, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: aws-auth, namespace: kube-system}
data:
  mapRoles: |
    - rolearn: arn:aws:iam::111122223333:role/nodes
      username: system:node:{{EC2PrivateDNSName}}
      groups: [system:bootstrappers, system:nodes]
    - rolearn: arn:aws:iam::111122223333:role/breakglass
      groups: [system:masters]
  mapUsers: |
    - userarn: arn:aws:iam::111122223333:user/ada
      groups: [viewers, unbound]
"""
ENTRIES = """
resource "aws_eks_access_entry" "ops" {
  cluster_name      = "c"
  principal_arn     = "arn:aws:iam::111122223333:role/ops"
  kubernetes_groups = ["viewers"]
}
resource "aws_eks_access_policy_association" "admin" {
  cluster_name  = "c"
  principal_arn = "arn:aws:iam::111122223333:role/admins"
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
  access_scope { type = "cluster" }
}
resource "aws_eks_access_policy_association" "edit" {
  cluster_name  = "c"
  principal_arn = "arn:aws:iam::111122223333:role/editors"
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
  access_scope {
    type       = "namespace"
    namespaces = ["shop"]
  }
}
"""


def test_identities_of_the_account_that_the_cluster_knows(tmp_path: Path) -> None:
    model = model_of(tmp_path, access_yaml=SECRET + BINDING, main_tf=ENTRIES)
    viewers = "kubernetes:PrincipalGroup:viewers"
    assert set(right_of(model, "KnownInCluster", "aws:CloudUser:ada")) == {viewers}
    assert right_of(model, "KnownInCluster", "aws:CloudRole:ops") == {viewers: ("main.tf", 4)}
    administrators = {link.left for link in model.links if link.association == "AdministersCluster"}
    assert administrators == {"aws:CloudRole:breakglass", "aws:CloudRole:admins"}
    assert not right_of(model, "KnownInCluster", "aws:CloudRole:nodes")
    assert any("AmazonEKSEditPolicy" in note for note in model.notes)


@pytest.mark.parametrize("switch, accounts", [("true", {"kubernetes:ServiceAccount:shop/web"}), ("false", set())])
def test_legacy_authorization_of_gke_lets_every_account_do_everything(tmp_path: Path, switch: str, accounts: set[str]) -> None:
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n"
    model = model_of(tmp_path, account_yaml=account, main_tf=GKE.format(settings=f"enable_legacy_abac = {switch}"))
    assert {link.left for link in model.links if link.association == "AdministersCluster"} == accounts
