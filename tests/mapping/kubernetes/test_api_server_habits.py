"""What the API server obeys decides whether some rights lead anywhere."""

from __future__ import annotations

import pytest

from tests.mapping.kubernetes.clusters import defence, model_of

CLUSTER = "kubernetes:Cluster:cluster"
NOTHING = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"


def server(*flags: str) -> str:
    words = ", ".join(f'"{flag}"' for flag in flags)
    return f"""apiVersion: v1
kind: Pod
metadata: {{name: kube-apiserver, namespace: kube-system}}
spec:
  containers: [{{name: kube-apiserver, image: "registry.k8s.io/kube-apiserver:v1.33.4", command: [kube-apiserver, {words}]}}]
"""


@pytest.mark.parametrize(
    "name, flag, on",
    [
        ("nodesRestricted", "--enable-admission-plugins=NodeRestriction", 1.0),
        ("nodesRestricted", "--enable-admission-plugins=AlwaysPullImages", 0.0),
        ("externalAddressesRefused", "--enable-admission-plugins=DenyServiceExternalIPs", 1.0),
        ("externalAddressesRefused", "--anonymous-auth=false", 0.0),
        ("bootstrapTokensRefused", "--anonymous-auth=false", 1.0),
        ("bootstrapTokensRefused", "--enable-bootstrap-token-auth=false", 1.0),
        ("mutatingPoliciesOff", "--feature-gates=MutatingAdmissionPolicy=false", 1.0),
        ("serverLogsOff", "--enable-logs-handler=true", 0.0),
        ("serverLogsOff", "--enable-logs-handler=false", 1.0),
    ],
)
def test_flags_of_the_api_server_decide(name: str, flag: str, on: float) -> None:
    assert defence(model_of(server(flag)), CLUSTER, name).probability == on


def test_a_beta_is_on_where_its_gate_and_its_api_are() -> None:
    flags = ("--feature-gates=MutatingAdmissionPolicy=true", "--runtime-config=admissionregistration.k8s.io/v1beta1=true")
    assert defence(model_of(server(*flags)), CLUSTER, "mutatingPoliciesOff").probability == 0.0


@pytest.mark.parametrize("version, on", [("1.31", 1.0), ("1.35", 1.0), ("1.36", 0.0)])
def test_the_version_decides_about_mutating_policies(version: str, on: float) -> None:
    assert defence(model_of(NOTHING, version=version), CLUSTER, "mutatingPoliciesOff").probability == on


@pytest.mark.parametrize(
    "name", ["bootstrapTokensRefused", "mutatingPoliciesOff", "nodesRestricted", "noCloudMap", "noHostPathProvisioner"]
)
def test_what_nothing_says_is_assumed(name: str) -> None:
    state = defence(model_of(NOTHING), CLUSTER, name)
    assert 0.0 < state.probability < 1.0
    assert state.assumption


@pytest.mark.parametrize(
    "group, refused", [("system:bootstrappers", 0.0), ("system:bootstrappers:team", 0.0), ("bootstrappers", 0.6)]
)
def test_who_holds_a_bootstrap_token_joins_where_its_group_is_approved(group: str, refused: float) -> None:
    text = f"""apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: approve}}
subjects: [{{kind: Group, name: "{group}"}}]
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:certificates.k8s.io:certificatesigningrequests:nodeclient
"""
    assert defence(model_of(text), CLUSTER, "bootstrapTokensRefused").probability == refused


@pytest.mark.parametrize(
    "text, on",
    [
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\n", 0.0),
        ("apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {nodeInfo: {kubeletVersion: v1.29.0-eks-5e0fdde}}\n", 0.0),
        ("apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {nodeInfo: {kubeletVersion: v1.29.0-gke.100}}\n", 1.0),
    ],
)
def test_only_eks_obeys_the_map_of_cloud_identities(text: str, on: float) -> None:
    assert defence(model_of(text), CLUSTER, "noCloudMap").probability == on


@pytest.mark.parametrize(
    "tag, words", [("v0.0.31", "lets a storage class"), ("v0.0.34", "unless"), ("main", "lets a storage class")]
)
def test_a_provisioner_goes_where_the_storage_class_says(tag: str, words: str) -> None:
    text = f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: local-path-provisioner, namespace: local-path-storage}}
spec:
  selector: {{matchLabels: {{app: p}}}}
  template:
    metadata: {{labels: {{app: p}}}}
    spec: {{containers: [{{name: p, image: "rancher/local-path-provisioner:{tag}"}}]}}
"""
    state = defence(model_of(text), CLUSTER, "noHostPathProvisioner")
    assert state.probability == 0.0
    assert words in state.evidence[0].note


@pytest.mark.parametrize("version, on", [("1.30", 0.0), ("1.31", 1.0)])
def test_the_version_decides_about_log_files(version: str, on: float) -> None:
    assert defence(model_of(NOTHING, version=version), CLUSTER, "serverLogsOff").probability == on
