"""ServiceAccounts, tokens and cloud roles."""

from __future__ import annotations

import pytest

from tests.mapping.kubernetes.clusters import defence, links, map_text, model_of, weaknesses

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {azure.workload.identity/use: "true"}}
spec:
  serviceAccountName: web
  containers: [{name: app, image: "web:1"}]
"""
ACCOUNT = """---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  namespace: shop
"""
WEB = "kubernetes:KubernetesWorkload:shop/Pod/web"


@pytest.mark.parametrize(
    "pod, account, mounted",
    [
        (None, None, True),
        (None, False, False),
        (None, True, True),
        (False, None, False),
        (False, True, False),
        (True, False, True),
    ],
)
def test_the_pod_decides_before_the_account(pod: bool | None, account: bool | None, mounted: bool) -> None:
    field = "automountServiceAccountToken: {}\n"
    text = POD + ("" if pod is None else "  " + field.format(str(pod).lower()))
    text += ACCOUNT + ("" if account is None else field.format(str(account).lower()))
    model, index = map_text(text)
    assert defence(model, WEB, "tokenNotMounted").probability == (0.0 if mounted else 1.0)
    assert index.workloads[0].token_mounted is mounted
    assert weaknesses(model, "sa-token-automounted") == ([WEB] if mounted else [])


@pytest.mark.parametrize("audience, mounted", [("", True), ("audience: vault, ", False)])
def test_a_projected_token_for_the_api_server_counts(audience: str, mounted: bool) -> None:
    token = f"{{serviceAccountToken: {{{audience}path: token}}}}"
    text = f"{POD}  automountServiceAccountToken: false\n  volumes: [{{name: t, projected: {{sources: [{token}]}}}}]\n"
    assert defence(model_of(text), WEB, "tokenNotMounted").probability == (0.0 if mounted else 1.0)


@pytest.mark.parametrize(
    "annotation, role",
    [
        ("eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/team/uploads", "aws:CloudRole:uploads"),
        (
            "iam.gke.io/gcp-service-account: uploads@shop.iam.gserviceaccount.com",
            "gcp:CloudRole:uploads@shop.iam.gserviceaccount.com",
        ),
        ("azure.workload.identity/client-id: 6d2c", "azure:CloudRole:6d2c"),
    ],
)
def test_cloud_roles_stand_behind_accounts_and_reach_the_pods_without_the_api_token(annotation: str, role: str) -> None:
    text = f"{POD}  automountServiceAccountToken: false\n{ACCOUNT}  annotations: {{{annotation}}}\n"
    model = model_of(text)
    assert links(model, "FederatesTo") == [("kubernetes:ServiceAccount:shop/web", role)]
    assert links(model, "CarriesCloudToken") == [(WEB, "kubernetes:ServiceAccount:shop/web")]
    assert defence(model, "kubernetes:ServiceAccount:shop/web", "cloudRefuses").assumption == "cloud-role-trusts-account"


def test_a_token_secret_unlocks_its_account() -> None:
    secret = """---
apiVersion: v1
kind: Secret
metadata: {name: ci, namespace: shop, annotations: {kubernetes.io/service-account.name: deployer}}
type: kubernetes.io/service-account-token
"""
    model = model_of(POD + secret)
    account = "kubernetes:ServiceAccount:shop/deployer"
    assert links(model, "HasTokenSecret") == [(account, "kubernetes:Secret:shop/ci")]
    assert links(model, "Unlocks") == [("kubernetes:Secret:shop/ci", account)]


def test_accounts_that_are_only_named_exist() -> None:
    _, index = map_text(POD)
    assert index.service_accounts["shop", "web"] == "kubernetes:ServiceAccount:shop/web"
    assert index.workloads[0].service_account_id == "kubernetes:ServiceAccount:shop/web"
