"""Who reaches the metadata service, by every combination of the settings that decide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mapping.cloud.models import model_of, right_of, state_of

if TYPE_CHECKING:
    from pathlib import Path

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop}}
spec:
  hostNetwork: {host}
  containers: [{{name: app, image: "registry.example.com/web:1"}}]
"""
CONTAINER = "kubernetes:Container:shop/Pod/web/app"
GROUP = """
resource "aws_launch_template" "t" {{
  name = "t"
  {options}
}}
resource "aws_eks_node_group" "g" {{
  cluster_name  = "c"
  node_role_arn = "arn:aws:iam::111122223333:role/nodes"
  launch_template {{
    id      = aws_launch_template.t.id
    version = "1"
  }}
}}
"""


def options(**fields: object) -> str:
    lines = "\n".join(f"    {key} = {value}" for key, value in fields.items())
    return f"metadata_options {{\n{lines}\n  }}"


@pytest.mark.parametrize(
    "settings, host, blocked",
    [
        (options(http_tokens='"optional"', http_put_response_hop_limit=1), False, 0.0),
        (options(http_tokens='"required"', http_put_response_hop_limit=1), False, 1.0),
        (options(http_tokens='"required"', http_put_response_hop_limit=1), True, 0.0),
        (options(http_tokens='"required"', http_put_response_hop_limit=2), False, 0.0),
        (options(http_tokens='"required"'), False, 0.5),
        (options(http_tokens="var.tokens", http_put_response_hop_limit=2), False, 0.0),
        (options(http_tokens="var.tokens", http_put_response_hop_limit=1), False, 0.5),
        (options(http_endpoint='"disabled"'), True, 1.0),
        ("", False, 0.5),
    ],
)
def test_instances_of_ec2(tmp_path: Path, settings: str, host: bool, blocked: float) -> None:
    model = model_of(tmp_path, pod_yaml=POD.format(host=str(host).lower()), main_tf=GROUP.format(options=settings))
    assert state_of(model, CONTAINER, "metadataBlocked").probability == blocked


GKE = """
resource "google_container_cluster" "c" {{
  name = "c"
  {cluster}
}}
resource "google_container_node_pool" "p" {{
  name    = "p"
  cluster = google_container_cluster.c.id
  node_config {{
    {pool}
  }}
}}
"""
IDENTITY = 'workload_identity_config {\n workload_pool = "x.svc.id.goog"\n }'


def mode(name: str) -> str:
    return f'workload_metadata_config {{\n mode = "{name}"\n }}'


@pytest.mark.parametrize(
    "cluster, pool, host, blocked",
    [
        ("", mode("GCE_METADATA"), False, 0.0),
        ("", mode("GKE_METADATA"), False, 1.0),
        ("", mode("GKE_METADATA"), True, 0.0),
        ("", 'workload_metadata_config {\n node_metadata = "SECURE"\n }', False, 0.0),
        (IDENTITY, "", False, 1.0),
        (IDENTITY, mode("GCE_METADATA"), False, 0.0),
        ("enable_autopilot = true", "", False, 1.0),
        ("", "", False, 0.0),
        ("", "workload_metadata_config {\n mode = var.mode\n }", False, 0.5),
    ],
)
def test_nodes_of_gke(tmp_path: Path, cluster: str, pool: str, host: bool, blocked: float) -> None:
    text = GKE.format(cluster=cluster, pool=pool)
    model = model_of(tmp_path, pod_yaml=POD.format(host=str(host).lower()), main_tf=text)
    assert state_of(model, CONTAINER, "metadataBlocked").probability == blocked


@pytest.mark.parametrize(
    "cluster, pool, header, bootstrap",
    [
        ("enable_shielded_nodes = false", "metadata = { disable-legacy-endpoints = false }", 0.0, 0.0),
        ("enable_shielded_nodes = true", 'metadata = { disable-legacy-endpoints = "true" }', 1.0, 1.0),
        ('min_master_version = "1.30"', "", 1.0, 1.0),
        ('min_master_version = "1.9.6-gke.1"', "", 0.0, 0.0),
        ('min_master_version = "1.15"', "", 1.0, 0.8),
    ],
)
def test_versions_and_switches_of_gke(tmp_path: Path, cluster: str, pool: str, header: float, bootstrap: float) -> None:
    model = model_of(tmp_path, pod_yaml=POD.format(host="false"), main_tf=GKE.format(cluster=cluster, pool=pool))
    pools = "kubernetes:NodePool:default"
    assert state_of(model, pools, "metadataNeedsHeader").probability == header
    assert state_of(model, pools, "noBootstrapInMetadata").probability == bootstrap


NODES = """
apiVersion: v1
kind: Node
metadata: {name: a, labels: {eks.amazonaws.com/nodegroup: open}}
---
apiVersion: v1
kind: Node
metadata: {name: b, labels: {eks.amazonaws.com/nodegroup: closed}}
---
"""
TWO = """
resource "aws_launch_template" "open" {
  name = "open"
  metadata_options { http_tokens = "optional" }
}
resource "aws_launch_template" "closed" {
  name = "closed"
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
}
resource "aws_eks_node_group" "open" {
  node_group_name = "open"
  node_role_arn   = "arn:aws:iam::111122223333:role/open"
  launch_template { name = aws_launch_template.open.name }
}
resource "aws_eks_node_group" "closed" {
  node_group_name = "closed"
  node_role_arn   = "arn:aws:iam::111122223333:role/closed"
  launch_template { name = aws_launch_template.closed.name }
}
"""


@pytest.mark.parametrize("group, blocked", [("open", 0.0), ("closed", 1.0)])
def test_a_pod_is_judged_by_the_nodes_that_it_may_land_on(tmp_path: Path, group: str, blocked: float) -> None:
    pinned = POD.format(host="false") + f"  nodeSelector: {{eks.amazonaws.com/nodegroup: {group}}}\n"
    model = model_of(tmp_path, pods_yaml=NODES + pinned, main_tf=TWO)
    assert state_of(model, CONTAINER, "metadataBlocked").probability == blocked
    assert set(right_of(model, "RunsAs", f"kubernetes:NodePool:{group}")) == {f"aws:CloudRole:{group}"}


def test_of_two_pools_the_one_that_answers_decides(tmp_path: Path) -> None:
    model = model_of(tmp_path, pods_yaml=NODES + POD.format(host="false"), main_tf=TWO)
    assert state_of(model, CONTAINER, "metadataBlocked").probability == 0.0


NODE_CLASS = """---
apiVersion: karpenter.k8s.aws/{version}
kind: EC2NodeClass
metadata: {{name: general}}
spec:
  role: karpenter-nodes
  {options}
"""


@pytest.mark.parametrize(
    "version, options, blocked",
    [
        ("v1", "", 1.0),
        ("v1beta1", "", 0.0),
        ("v1", "metadataOptions: {httpTokens: optional}", 0.0),
        ("v1", "metadataOptions: {httpTokens: required, httpPutResponseHopLimit: 2}", 0.0),
        ("v1beta1", "metadataOptions: {httpPutResponseHopLimit: 1}", 1.0),
        ("v1beta1", "metadataOptions: {httpEndpoint: disabled}", 1.0),
    ],
)
def test_instances_of_karpenter(tmp_path: Path, version: str, options: str, blocked: float) -> None:
    text = POD.format(host="false") + NODE_CLASS.format(version=version, options=options)
    model = model_of(tmp_path, pods_yaml=text)
    assert state_of(model, CONTAINER, "metadataBlocked").probability == blocked
    assert set(right_of(model, "RunsAs", "kubernetes:NodePool:default")) == {"aws:CloudRole:karpenter-nodes"}
