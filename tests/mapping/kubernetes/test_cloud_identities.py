"""Identities of clouds behind ServiceAccounts and pods: what each side must say, and what runs on the nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mapping.cloud.models import model_of, right_of, state_of

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.model import Model

ACCOUNT = "kubernetes:ServiceAccount:shop/web"
WEB = "kubernetes:KubernetesWorkload:shop/Pod/web"
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop, labels: {{{labels}}}, annotations: {{{pod}}}}}
spec:
  serviceAccountName: web
  automountServiceAccountToken: false
  containers: [{{name: app, image: "registry.example.com/web:1"}}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: web, namespace: shop, annotations: {{{account}}}}}
"""
IRSA = "eks.amazonaws.com/role-arn: 'arn:aws:iam::111122223333:role/web'"
PROVIDER = "oidc.eks.eu-west-1.amazonaws.com/id/AB"


def pods(*, labels: str = "", pod: str = "", account: str = "") -> str:
    return POD.format(labels=labels, pod=pod, account=account)


def role(statement: str) -> str:
    policy = f"jsonencode({{ Statement = [{statement}] }})"
    return f'resource "aws_iam_role" "web" {{\n  name = "web"\n  assume_role_policy = {policy}\n}}\n'


def trust(condition: str, *, effect: str = "Allow", action: str = "sts:AssumeRoleWithWebIdentity") -> str:
    federated = f'{{ Federated = "arn:aws:iam::111122223333:oidc-provider/{PROVIDER}" }}'
    return f'{{ Effect = "{effect}", Action = "{action}", Principal = {federated}, Condition = {condition} }}'


def claim(operator: str, name: str, value: str) -> str:
    return f'{{ {operator} = {{ "{PROVIDER}:{name}" = "{value}" }} }}'


OWN = claim("StringEquals", "sub", "system:serviceaccount:shop:web")


def refused(model: Model) -> tuple[float, str]:
    """How likely the cloud is to refuse the account, and the assumption that this rests on."""
    state = state_of(model, ACCOUNT, "cloudRefuses")
    return round(state.probability, 3), state.assumption


@pytest.mark.parametrize(
    "statements, expected",
    [
        (trust(OWN), 0.0),
        (trust(claim("StringEquals", "sub", "system:serviceaccount:shop:api")), 1.0),
        (trust(claim("StringLike", "sub", "system:serviceaccount:shop:*")), 0.0),
        (trust(claim("StringLike", "sub", "system:serviceaccount:post:*")), 1.0),
        (trust(claim("StringEquals", "sub", "system:serviceaccount:shop:*")), 1.0),
        (trust(claim("StringNotEquals", "sub", "system:serviceaccount:shop:web")), 1.0),
        (trust(claim("StringEquals", "aud", "sts.amazonaws.com")), 0.0),
        (trust(claim("StringEquals", "aud", "vault")), 1.0),
        (trust("{}"), 0.0),
        (trust("{}", action="sts:*"), 0.0),
        (trust(OWN, action="sts:AssumeRole"), 1.0),
        (f"{trust(OWN)}, {trust('{}', effect='Deny')}", 1.0),
        ('{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }', 1.0),
    ],
)
def test_the_trust_policy_decides(tmp_path: Path, statements: str, expected: float) -> None:
    model = model_of(tmp_path, pods_yaml=pods(account=IRSA), main_tf=role(statements))
    assert refused(model) == (expected, "")
    assert bool(right_of(model, "FederatesTo", ACCOUNT)) is (expected == 0.0)


def test_a_condition_that_is_not_evaluated_is_an_assumption(tmp_path: Path) -> None:
    statement = trust('{ IpAddress = { "aws:SourceIp" = "10.0.0.0/8" } }')
    model = model_of(tmp_path, pods_yaml=pods(account=IRSA), main_tf=role(statement))
    assert refused(model) == (0.1, "cloud-role-trusts-account")


def test_another_audience_of_the_account_counts(tmp_path: Path) -> None:
    account = f"{IRSA}, eks.amazonaws.com/audience: vault"
    model = model_of(tmp_path, pods_yaml=pods(account=account), main_tf=role(trust(claim("StringEquals", "aud", "vault"))))
    assert refused(model) == (0.0, "")


def test_an_account_without_an_identity_is_refused(tmp_path: Path) -> None:
    assert refused(model_of(tmp_path, pods_yaml=pods())) == (1.0, "")


AGENT = """---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent, namespace: kube-system}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata: {{labels: {{app: agent}}}}
    spec:
      containers: [{{name: agent, image: "{image}"}}]
"""
ASSOCIATION = """---
apiVersion: eks.services.k8s.aws/v1alpha1
kind: PodIdentityAssociation
metadata: {name: web, namespace: shop}
spec: {namespace: shop, serviceAccount: web, roleARN: "arn:aws:iam::111122223333:role/web"}
"""
TRUSTS_PODS = (
    '{ Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = { Service = "pods.eks.amazonaws.com" } }'
)


@pytest.mark.parametrize(
    "agent, statement, expected",
    [
        ("public.ecr.aws/eks/eks-pod-identity-agent:v0.1", TRUSTS_PODS, (0.0, "")),
        ("registry.example.com/other:1", TRUSTS_PODS, (0.2, "pod-identity-agent-runs")),
        ("public.ecr.aws/eks/eks-pod-identity-agent:v0.1", trust(OWN), (1.0, "")),
    ],
)
def test_pod_identity_by_a_custom_resource(tmp_path: Path, agent: str, statement: str, expected: tuple[float, str]) -> None:
    text = pods() + ASSOCIATION + AGENT.format(image=agent)
    assert refused(model_of(tmp_path, pods_yaml=text, main_tf=role(statement))) == expected


BOUND = """
resource "google_service_account_iam_member" "web" {{
  service_account_id = "projects/p/serviceAccounts/web@p.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:p.svc.id.goog[{member}]"
}}
resource "google_container_cluster" "c" {{
  name = "c"
  {cluster}
}}
"""
POOL = 'workload_identity_config {\n workload_pool = "p.svc.id.goog"\n }'


@pytest.mark.parametrize(
    "member, cluster, expected",
    [
        ("shop/web", POOL, (0.0, "")),
        ("shop/api", POOL, (0.1, "cloud-role-trusts-account")),
        ("shop/web", "", (1.0, "")),
        ("shop/web", "enable_autopilot = true", (0.0, "")),
    ],
)
def test_google_needs_a_binding_and_workload_identity(
    tmp_path: Path, member: str, cluster: str, expected: tuple[float, str]
) -> None:
    account = "iam.gke.io/gcp-service-account: web@p.iam.gserviceaccount.com"
    model = model_of(tmp_path, pods_yaml=pods(account=account), main_tf=BOUND.format(member=member, cluster=cluster))
    assert refused(model) == expected


@pytest.mark.parametrize(
    "label, subject, carried, expected",
    [
        ('azure.workload.identity/use: "true"', "system:serviceaccount:shop:web", True, (0.0, "")),
        ("", "system:serviceaccount:shop:web", False, (0.0, "")),
        ('azure.workload.identity/use: "true"', "system:serviceaccount:shop:api", True, (0.1, "cloud-role-trusts-account")),
    ],
)
def test_azure_needs_a_credential_and_the_label_on_the_pod(
    tmp_path: Path, label: str, subject: str, carried: bool, expected: tuple[float, str]
) -> None:
    text = f'resource "azurerm_federated_identity_credential" "web" {{\n  subject = "{subject}"\n}}\n'
    model = model_of(tmp_path, pods_yaml=pods(labels=label, account="azure.workload.identity/client-id: 6d2c"), main_tf=text)
    assert refused(model) == expected
    assert bool(right_of(model, "CarriesCloudToken", WEB)) is carried


@pytest.mark.parametrize(
    "agent, assumed", [("quay.io/uswitch/kiam:v4", False), ("jtblin/kube2iam:0.11", False), ("other:1", True)]
)
def test_roles_by_annotation_need_an_agent(tmp_path: Path, agent: str, assumed: bool) -> None:
    text = pods(pod="iam.amazonaws.com/role: web") + AGENT.format(image=agent)
    model = model_of(tmp_path, pods_yaml=text)
    assert set(right_of(model, "Carries", WEB)) == {"aws:CloudRole:web"}
    assert ("pod-identity-agent-runs" in {item.id for item in model.assumptions}) is assumed


def test_the_retired_pod_identity_of_azure(tmp_path: Path) -> None:
    identity = """---
apiVersion: aadpodidentity.k8s.io/v1
kind: AzureIdentity
metadata: {name: files, namespace: shop}
spec: {type: 0, clientID: 77aa}
---
apiVersion: aadpodidentity.k8s.io/v1
kind: AzureIdentityBinding
metadata: {name: files, namespace: shop}
spec: {azureIdentity: files, selector: files}
"""
    text = (
        pods(labels="aadpodidbinding: files")
        + identity
        + AGENT.format(image="mcr.microsoft.com/oss/azure/aad-pod-identity/nmi:v1")
    )
    assert set(right_of(model_of(tmp_path, pods_yaml=text), "Carries", WEB)) == {"azure:CloudRole:77aa"}
    other = pods(labels="aadpodidbinding: other") + identity
    assert not right_of(model_of(tmp_path, pods_yaml=other), "Carries", WEB)
