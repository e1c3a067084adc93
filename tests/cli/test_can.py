from __future__ import annotations

import json
from pathlib import Path

import pytest

from breachway.cli.exit_codes import ExitCode
from tests.cli.given import breachway

SHOP = str(Path(__file__).parent.parent.parent / "examples/shop")
PREVIEW = "system:serviceaccount:shop:preview"

CLUSTER = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: not-shown}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
        - name: app
          image: app
          env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: quiet, namespace: shop}
spec:
  template:
    metadata: {labels: {app: quiet}}
    spec:
      serviceAccountName: web
      automountServiceAccountToken: false
      containers: [{name: quiet-app, image: app}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: operator}
rules:
  - {apiGroups: [""], resources: [pods/exec], verbs: [create]}
  - {apiGroups: [apps], resources: [deployments], verbs: [get], resourceNames: [web]}
  - {nonResourceURLs: [/metrics], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: operators}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: operator}
subjects:
  - {kind: ServiceAccount, name: web, namespace: shop}
  - {kind: Group, name: "dev\\u001b[31ms"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: lost, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: vanished}
subjects: [{kind: User, name: alice}]
"""


def ask(*arguments: str) -> tuple[ExitCode, str, str]:
    outcome = breachway("can", "-", *arguments, stdin=CLUSTER.encode())
    return outcome.code, outcome.out, outcome.err


def test_the_three_permissions_of_a_service_account_of_the_shop() -> None:
    outcome = breachway("can", SHOP, "--who", PREVIEW)
    assert outcome.code is ExitCode.CLEAN
    assert "token of ServiceAccount shop/preview  /var/run/secrets/kubernetes.io/serviceaccount/token" in outcome.out
    assert "! create pods, in shop" in outcome.out
    assert "create, delete, get, list  pods, pods/log  in shop" in outcome.out
    assert "kubernetes/preview.yaml:16" in outcome.out
    assert "the internet: open" in outcome.out
    assert "shop/cart-cache: Redis on 6379: open" in outcome.out


def test_a_workload_holds_its_secrets_and_the_rights_of_its_account() -> None:
    code, out, err = ask("--who", "shop/web")
    assert (code, err) == (ExitCode.CLEAN, "")
    assert out.startswith("Deployment shop/web\n  acts as system:serviceaccount:shop:web\n")
    assert "Secret shop/db  container app\n    PASSWORD comes from Secret db  -:" in out
    assert "! run commands in pods, everywhere" in out
    assert "get  deployments.apps named web  everywhere" in out
    assert "get  /metrics  everywhere" in out
    assert "not-shown" not in out


def test_the_dangerous_comes_before_the_rest() -> None:
    _, out, _ = ask("--who", "shop/web")
    assert out.index("! run commands") < out.index("get  /metrics") < out.index("May reach")


def test_a_workload_without_a_token_is_said_to_have_none() -> None:
    _, out, _ = ask("--who", "quiet-app")
    assert out.startswith("container quiet-app\n")
    assert "token of ServiceAccount" not in out.partition("May do")[0]
    assert "Note: no token of ServiceAccount shop/web is mounted" in out


def test_dangling_references_are_said_with_their_line() -> None:
    _, out, _ = ask("--who", "user:alice")
    assert "RoleBinding shop/lost refers to Role vanished, which is not in the input" in out
    assert "  -:" in out.partition("lead nowhere")[2]


def test_what_every_caller_may_is_folded_unless_asked_for() -> None:
    _, folded, _ = ask("--who", "user:alice")
    _, whole, _ = ask("--who", "user:alice", "--all")
    assert "and what the API server itself gives it: " in folded
    assert "selfsubjectaccessreviews.authorization.k8s.io" not in folded
    assert "selfsubjectaccessreviews.authorization.k8s.io" in whole


def test_a_kubelet_is_in_the_group_of_nodes_and_has_an_authorizer_of_its_own() -> None:
    _, out, _ = ask("--who", "user:system:node:worker", "--format", "json")
    answer = json.loads(out)
    assert "system:nodes" in answer["identities"][0]["groups"]
    assert any("Node authorizer" in remark for remark in answer["remarks"])


def test_hostile_names_cannot_move_the_cursor() -> None:
    _, out, _ = ask("--who", "group:dev\x1b[31ms")
    assert "\x1b" not in out
    assert "! run commands in pods, everywhere" in out


@pytest.mark.parametrize(
    "arguments,code,words",
    [
        (
            ("--who", "shop/web", "--verb", "create", "--resource", "pods/exec"),
            0,
            "yes: Deployment shop/web may create pods/exec",
        ),
        (("--who", "shop/web", "--verb", "get", "--resource", "pods"), 1, "no: Deployment shop/web may not get pods in shop"),
        (("--who", "shop/web", "--verb", "get", "--resource", "deployments", "--name", "web"), 0, "deployments.apps web in shop"),
        (("--who", "shop/web", "--verb", "get", "--resource", "deployments.extensions", "--name", "web"), 1, "no: "),
        (("--who", "user:alice", "--verb", "list", "--resource", "nodes"), 1, "may not list nodes in the whole cluster"),
        (("--who", "shop/web", "--verb", "get", "--url", "/metrics"), 0, "may get /metrics"),
        (("--who", "system:anonymous", "--verb", "get", "--url", "/version"), 0, "bootstrap policy"),
        (("--who", "group:system:masters", "--verb", "delete", "--resource", "nodes"), 0, "yes: group system:masters"),
    ],
)
def test_one_question(arguments: tuple[str, ...], code: int, words: str) -> None:
    found, out, _ = ask(*arguments)
    assert found == code
    assert words in out
    as_json = json.loads(ask(*arguments, "--format", "json")[1])
    assert as_json["allowed"] is (code == 0)
    assert bool(as_json["rules"]) is (code == 0)


def test_json_says_the_same_with_evidence() -> None:
    _, out, _ = ask("--who", "shop/web", "--format", "json")
    answer = json.loads(out)
    assert answer["identities"][0]["user"] == "system:serviceaccount:shop:web"
    assert [item["title"] for item in answer["may_do"]["dangerous"]] == ["run commands in pods"]
    own = [item for item in answer["may_do"]["rules"] if not item["builtin"]]
    assert [item["verbs"] for item in own] == [["create"], ["get"], ["get"]]
    assert all(item["evidence"][0]["at"]["line"] > 0 for item in own)
    assert {item["kind"] for item in answer["may_reach"]} >= {"internet", "management"}
    assert answer["dangling"][0]["at"]["line"] > 0
    assert ask("--who", "shop/web", "--format", "json")[1] == out


@pytest.mark.parametrize(
    "arguments,words",
    [
        (("--who", "shop/wbe"), "did you mean shop/web?"),
        (("--who", "nobody-at-all"), "nothing in the input is called nobody-at-all"),
        (("--who", "system:serviceaccount:shop:wep"), "did you mean system:serviceaccount:shop:web?"),
        (("--who", "system:serviceaccount:shop"), "write system:serviceaccount:NAMESPACE:NAME"),
        (("--who", " "), "--who is empty"),
        (("--who", "shop/web", "--verb", "get"), "--verb needs either --resource or --url"),
        (("--who", "shop/web", "--resource", "pods"), "belong to --verb"),
        (("--who", "shop/web", "--verb", "get", "--url", "metrics"), "it begins with a slash"),
        (("--who", "shop/web", "--verb", "get", "--resource", "/exec"), "--resource is empty"),
    ],
)
def test_mistakes_are_said_with_a_hint(arguments: tuple[str, ...], words: str) -> None:
    code, out, err = ask(*arguments)
    assert (code, out) == (ExitCode.USAGE, "")
    assert words in err


def test_a_name_of_two_things_is_asked_back() -> None:
    outcome = breachway("can", SHOP, "--who", "checkout")
    assert outcome.code is ExitCode.USAGE
    assert "compose:ComposeService:fernhill/checkout, kubernetes:KubernetesWorkload:shop/Deployment/checkout" in outcome.err


def test_a_task_of_ecs_has_the_rights_of_its_role() -> None:
    outcome = breachway("can", SHOP, "--who", "fernhill-analytics-export")
    assert "role fernhill-analytics-export  handed to fernhill-analytics-export" in outcome.out
    assert "! changing storage, in policy fernhill-analytics-export" in outcome.out
    by_role = breachway("can", SHOP, "--who", "aws:CloudRole:fernhill-analytics-export")
    assert "! changing storage" in by_role.out


def test_a_deployment_without_kubernetes_has_no_verbs_to_ask_for() -> None:
    compose = b"services: {web: {image: nginx}}\n"
    told = breachway("can", "-", "--who", "web", stdin=compose)
    assert told.code is ExitCode.CLEAN
    asked = breachway("can", "-", "--who", "web", "--verb", "get", "--resource", "pods", stdin=compose)
    assert asked.code is ExitCode.USAGE
    assert "the input holds no Kubernetes objects" in asked.err
