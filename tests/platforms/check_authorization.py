"""Our answers are those of a real API server: every caller × verb × resource of the demo and of 13 arrangements of roles.

Not named test_*, so that plain pytest leaves it alone: ``make check-platforms`` runs it.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from breachway.evidence import Location
from breachway.mapping.kubernetes.permissions.authorization import Authorizer
from breachway.mapping.kubernetes.permissions.builtin_roles import bootstrap_policy
from breachway.mapping.kubernetes.permissions.roles import Roles
from breachway.mapping.kubernetes.versions import KubernetesVersion
from breachway.sources.reading import read
from tests.platforms.access_questions import identities, requests, review
from tests.platforms.kube_api_server import ApiServer, api_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from breachway.mapping.kubernetes.permissions.access_requests import Identity, Request

ROOT = Path(__file__).parent.parent.parent
ARRANGEMENTS = sorted((Path(__file__).parent / "arrangements").glob("*.yaml"))
SHOP = ROOT / "examples/shop/kubernetes"
VERSION = KubernetesVersion(1, 20)
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ENOUGH = 5_000
_KINDS = ("Namespace", "ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding")
_PATIENCE = 60.0

Question = tuple["Identity", "Request"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with api_server(tmp_path_factory.mktemp("cluster"), ("clusterrole-aggregation",)) as server:
        yield server


@pytest.fixture(scope="module")
def tally() -> dict[str, int]:
    return {}


def documents(path: Path) -> list[dict[str, Any]]:
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    found = [item for file in files for item in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
    wanted = [item for item in found if item and item["kind"] in _KINDS]
    return sorted(wanted, key=lambda item: _KINDS.index(item["kind"]))


def rbac_object(kind: str, name: str, namespace: str = "", **fields: object) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, **fields}


def settle(server: ApiServer, stamp: str) -> None:
    """Wait until the controller has aggregated and the authorizer has seen all that was applied before.

    Watches deliver in order, so what is applied last is seen last, kind by kind.
    """
    label = {f"settled-{stamp}": "true"}
    rules = [{"apiGroups": ["settled.example.com"], "resources": ["things"], "verbs": ["get"]}]
    part = rbac_object("ClusterRole", f"part-{stamp}", rules=rules)
    part["metadata"]["labels"] = label
    whole = rbac_object("ClusterRole", f"whole-{stamp}", aggregationRule={"clusterRoleSelectors": [{"matchLabels": label}]})
    server.create(whole)
    server.create(part)
    _wait(lambda: bool(server.call("GET", f"{RBAC}/clusterroles/whole-{stamp}").body.get("rules")))
    before: list[object] = []

    def steady() -> bool:
        now = [(item["metadata"]["name"], item.get("rules")) for item in server.items(f"{RBAC}/clusterroles")]
        same, before[:] = now == before, now
        return same

    _wait(steady, pause=0.5)
    reference = {"apiGroup": "rbac.authorization.k8s.io", "name": f"last-{stamp}"}
    someone = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": f"last-{stamp}"}]
    for kind, namespace in (("Role", "default"), ("ClusterRole", "")):
        server.create(rbac_object(kind, f"last-{stamp}", namespace, rules=rules))
        binding = rbac_object(f"{kind}Binding", f"last-{stamp}", namespace, roleRef=reference | {"kind": kind}, subjects=someone)
        server.create(binding)
        attributes = {"verb": "get", "group": "settled.example.com", "resource": "things", "namespace": namespace}
        question = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": f"last-{stamp}", "resourceAttributes": attributes},
        }
        _wait(partial(allowed_by, server, question))


def _wait(done: Callable[[], bool], pause: float = 0.05) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not done():
        assert time.monotonic() < deadline, "the cluster does not settle"
        time.sleep(pause)


def allowed_by(server: ApiServer, question: dict[str, Any]) -> bool:
    answer = server.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", question)
    assert answer.status == 201, answer.body
    return bool(answer.body["status"]["allowed"])


def answers(server: ApiServer, questions: list[Question]) -> list[bool]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda question: allowed_by(server, review(*question)), questions, chunksize=50))


@pytest.mark.parametrize("path", [SHOP, *ARRANGEMENTS], ids=lambda path: path.stem)
def test_every_answer_is_that_of_the_api_server(cluster: ApiServer, tally: dict[str, int], path: Path) -> None:
    items = documents(path)
    for namespace in sorted({"elsewhere"} | {item["metadata"].get("namespace", "default") for item in items}):
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    for item in items:
        cluster.create(item)
    try:
        settle(cluster, path.stem)
        authorizer = Authorizer(read([str(path)]).kubernetes, VERSION)
        questions = list(product(identities(items), requests(items)))
        real = answers(cluster, questions)
    finally:
        for item in items:
            if item["kind"] != "Namespace":
                cluster.delete(item)
    ours = [authorizer.allowed(*question).allowed for question in questions]
    different = [(question, said) for question, said, own in zip(questions, real, ours, strict=True) if said != own]
    assert different == []
    assert True in real
    assert False in real
    tally[path.stem] = len(questions)
    tally[f"{path.stem}, allowed"] = sum(real)


def test_built_in_roles_are_those_of_the_server(cluster: ApiServer) -> None:
    settle(cluster, "built-in")
    served = {
        (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]): item.get("rules") or []
        for kind in ("ClusterRole", "Role")
        for item in [{**one, "kind": kind} for one in cluster.items(f"{RBAC}/{kind.lower()}s")]
        if item["metadata"].get("labels", {}).get("kubernetes.io/bootstrapping") == "rbac-defaults"
    }
    policy = bootstrap_policy(VERSION)
    assert sorted(served) == sorted(policy.roles)
    roles = Roles((), VERSION)
    for key, rules in served.items():
        found = roles.find(key, Location("", "", 0, 0))
        assert found is not None
        ours = {(rule.verbs, rule.groups, rule.resources, frozenset(rule.names), rule.urls) for rule in found.rules}
        fields = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
        assert ours == {tuple(frozenset(rule.get(field) or ()) for field in fields) for rule in rules}, key


def test_built_in_bindings_are_those_of_the_server(cluster: ApiServer) -> None:
    served = {
        (
            kind,
            item["metadata"].get("namespace", ""),
            item["metadata"]["name"],
            item["roleRef"]["kind"],
            item["roleRef"]["name"],
            tuple(sorted((one["kind"], one.get("namespace", ""), one["name"]) for one in item.get("subjects") or ())),
        )
        for kind in ("ClusterRoleBinding", "RoleBinding")
        for item in cluster.items(f"{RBAC}/{kind.lower()}s")
        if item["metadata"].get("labels", {}).get("kubernetes.io/bootstrapping") == "rbac-defaults"
    }
    ours = {
        (item.kind, item.namespace, item.name, item.role[0], item.role[2], tuple(sorted(tuple(one) for one in item.subjects)))
        for item in bootstrap_policy(VERSION).bindings
    }
    assert ours == served


def test_enough_answers_were_compared(tally: dict[str, int], capsys: pytest.CaptureFixture[str]) -> None:
    compared = sum(count for name, count in tally.items() if not name.endswith(", allowed"))
    lines = [
        f"{path.stem:<28}{tally[path.stem]:>8} answers, {tally[f'{path.stem}, allowed']:>6} of them yes"
        for path in [SHOP, *ARRANGEMENTS]
    ]
    lines.append(f"{compared} answers of Breachway and of kube-apiserver {VERSION.text} compared, 0 differ")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert compared >= ENOUGH
