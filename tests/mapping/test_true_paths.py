"""Paths that must be claimed, and near ones that must not, each from a file as a user would have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from breachway.analyses.assess import assess
from breachway.evidence import Basis
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from breachway.analyses.assessment import Assessment, AttackPath

    Assessed = Callable[..., Assessment]

RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
def assessed(tmp_path: Path) -> Assessed:
    def write(**files: str) -> Assessment:
        for name, text in files.items():
            stem, _, ending = name.rpartition("_")
            path = tmp_path / (stem.replace("__", "/") + ("" if ending == "plain" else f".{ending}"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return assess(build_model(read([str(tmp_path)])))

    return write


def steps(path: AttackPath) -> list[str]:
    return [step.step for step in path.steps]


def goals(done: Assessment, actor: str) -> set[str]:
    return {goal.goal_title for one in done.actors if one.actor == actor for goal in one.goals}


def paths(done: Assessment, actor: str, goal: str) -> list[AttackPath]:
    return [path for path in done.paths if path.actor == actor and path.goal_title == goal]


def pod_with(rules: str, kind: str, binding: str) -> str:
    place = "" if kind == "ClusterRole" else ", namespace: shop"
    bound = "" if binding == "ClusterRoleBinding" else ", namespace: shop"
    return f"""
apiVersion: v1
kind: Namespace
metadata: {{name: shop, labels: {{pod-security.kubernetes.io/enforce: restricted}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop}}
spec: {{serviceAccountName: web, containers: [{{name: app, image: app}}]}}
---
apiVersion: {RBAC}/v1
kind: {kind}
metadata: {{name: web{place}}}
rules: {rules}
---
apiVersion: {RBAC}/v1
kind: {binding}
metadata: {{name: web{bound}}}
subjects: [{{kind: ServiceAccount, name: web, namespace: shop}}]
roleRef: {{apiGroup: {RBAC}, kind: {kind}, name: web}}
"""


CLUSTER = "control of the whole cluster"
BIND = "[{{apiGroups: [{0}], resources: [{1}], verbs: [create]}}, {{apiGroups: [{0}], resources: [{2}], verbs: [bind]}}]"
PODS = "[{apiGroups: [apps], resources: [statefulsets], verbs: [create]}]"


@pytest.mark.parametrize(
    "rules,kind,binding,falls",
    [
        (BIND.format(RBAC, "clusterrolebindings", "clusterroles"), "ClusterRole", "ClusterRoleBinding", True),
        (BIND.format(RBAC, "rolebindings", "clusterroles"), "ClusterRole", "ClusterRoleBinding", True),
        # Only roles that exist may be bound then, and a ClusterRoleBinding refers to no Role.
        (BIND.format(RBAC, "clusterrolebindings", "roles"), "ClusterRole", "ClusterRoleBinding", False),
        # What a namespace's Role says about objects of the cluster is void.
        (BIND.format(RBAC, "clusterrolebindings", "clusterroles"), "Role", "RoleBinding", False),
        # A pod in kube-system takes the name of a controller.
        (PODS, "ClusterRole", "ClusterRoleBinding", True),
        (PODS, "ClusterRole", "RoleBinding", False),
        ("[{apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]}]", "ClusterRole", "ClusterRoleBinding", True),
        ("[{apiGroups: [''], resources: [pods], verbs: [get]}]", "ClusterRole", "ClusterRoleBinding", False),
    ],
)
def test_which_rights_take_the_cluster(assessed: Assessed, rules: str, kind: str, binding: str, *, falls: bool) -> None:
    assert (CLUSTER in goals(assessed(rbac_yaml=pod_with(rules, kind, binding)), "A2")) is falls


def test_the_api_server_is_no_foothold(assessed: Assessed) -> None:
    done = assessed(
        server_yaml="""
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver-a, namespace: kube-system, labels: {tier: control-plane, component: kube-apiserver}}
spec:
  hostNetwork: true
  containers: [{name: kube-apiserver, image: registry.k8s.io/kube-apiserver:v1.31.0, volumeMounts: [{name: k, mountPath: /k}]}]
  volumes: [{name: k, hostPath: {path: /etc/kubernetes/pki}}]
"""
    )
    assert not goals(done, "A2")


DATABASE = "the data of PostgreSQL in db"


def test_a_foothold_in_the_database_is_no_news(assessed: Assessed) -> None:
    done = assessed(compose_yaml="services:\n  db: {image: 'postgres:16', networks: [a]}\nnetworks: {a: {}}\n")
    (path,) = paths(done, "A2", DATABASE)
    assert path.own_ground
    assert path.severity.value == "low"
    assert not done.fixes
    done = assessed(
        compose_yaml="""
services:
  db: {image: 'postgres:16', environment: {POSTGRES_PASSWORD: postgres}}
  web: {image: web}
"""
    )
    found = paths(done, "A2", DATABASE)
    assert found
    assert all("/web" in path.entry_title and not path.own_ground for path in found)
    assert done.paths[0].own_ground is False


def test_forged_answers_stay_on_their_network(assessed: Assessed) -> None:
    apart = """
services:
  web: {image: web, user: root, ports: ['80:80'], networks: [front]}
  db: {image: 'postgres:16', networks: [back]}
networks: {front: {}, back: {}}
"""
    taken = ["spoofNeighbours", "interceptTraffic", "stealInTransit"]
    assert not paths(assessed(compose_yaml=apart), "A1", DATABASE)
    together = paths(assessed(compose_yaml=apart.replace("[back]", "[front]")), "A1", DATABASE)
    assert any({taken[0], taken[2]} <= set(steps(path)) for path in together)


def test_a_routed_pod_forges_nothing(assessed: Assessed) -> None:
    done = assessed(web_yaml="apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: a}]}\n")
    (state,) = (state for state in done.model.defences if state.defence == "noSharedSegment")
    assert state.assumption == "pods-share-no-segment"


def test_a_backup_job_is_no_database(assessed: Assessed) -> None:
    job = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, namespace: shop}
spec:
  schedule: '@daily'
  jobTemplate: {spec: {template: {spec: {containers: [{name: dump, image: 'postgres:16'COMMAND}]}}}}
"""
    for command in (", command: [pg_dump, -U, postgres]", ""):
        done = assessed(job_yaml=job.replace("COMMAND", command))
        assert not [asset for asset in done.model.assets if asset.kind in {"Application", "DataStore"}]


def test_pushing_is_assumed_unless_the_registry_holds_what_is_built_here(assessed: Assessed) -> None:
    compose = """
services:
  web: {image: 'registry.example.com/shop/web:1', environment: {API_TOKEN: n0t-a-placeholder-77}}
"""
    done = assessed(compose_yaml=compose)
    assert not goals(done, "A3")
    assert "developers-may-push" in {item.id for item in done.model.assumptions}
    done = assessed(compose_yaml=compose, web__Dockerfile_plain="FROM scratch\nCOPY web /web\n")
    assert [steps(path)[0] for path in done.paths if path.actor == "A3"][:1] == ["pushByHand"]


def test_what_no_document_says_points_at_none(assessed: Assessed) -> None:
    done = assessed(compose_yaml="services:\n  db: {image: 'redis:7', ports: ['6379:6379']}\n")
    first = next(path for path in done.paths if path.actor == "A1").steps[0].evidence[0]
    assert (first.location.document, first.location.line, first.basis) == ("", 0, Basis.DEFAULTED)


def test_one_literal_is_one_slip(assessed: Assessed) -> None:
    done = assessed(compose_yaml="services:\n  web: {image: web, environment: {API_TOKEN: n0t-a-placeholder-77}}\n")
    (path,) = (path for path in done.paths if path.actor == "A4")
    assert steps(path) == ["leakRepository", "readCode", "readFromRepository", "read"]


@pytest.mark.parametrize(
    "variable,open_",
    [
        ("FLASK_ENV: development", False),
        ("DEBUG: 'true'", False),
        ("NODE_OPTIONS: --inspect=0.0.0.0:9229", True),
        ("JAVA_TOOL_OPTIONS: '-agentlib:jdwp=transport=dt_socket,server=y,address=*:5005'", True),
    ],
)
def test_only_a_debugger_runs_code(assessed: Assessed, variable: str, *, open_: bool) -> None:
    done = assessed(compose_yaml=f"services:\n  web: {{image: web, ports: ['80:80'], environment: {{{variable}}}}}\n")
    (state,) = (state for state in done.model.defences if state.defence == "noDebugMode")
    assert (state.probability == 0.0) is open_
    assert "debug-mode-enabled" in {weakness.key for weakness in done.model.weaknesses}


@pytest.mark.parametrize("tag,setting,open_", [("7.16.1", "", True), ("8.2.0", "", False), ("7.17", "true", False)])
def test_elasticsearch_before_8_is_open(assessed: Assessed, tag: str, setting: str, *, open_: bool) -> None:
    variables = f"{{xpack.security.enabled: '{setting}'}}" if setting else "{}"
    done = assessed(compose_yaml=f"services:\n  es: {{image: 'elasticsearch:{tag}', environment: {variables}}}\n")
    states = [state.probability for state in done.model.defences if state.defence == "authenticates"]
    assert states
    assert all((probability == 0.0) is open_ for probability in states)


def test_the_loss_of_something_dearer_on_the_way_is_the_news(assessed: Assessed) -> None:
    done = assessed(
        rbac_yaml=pod_with("[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]", "ClusterRole", "ClusterRoleBinding")
    )
    assert {path.goal_title for path in done.paths} == {CLUSTER}
    assert "root on the nodes of pool default" in goals(done, "A2")
