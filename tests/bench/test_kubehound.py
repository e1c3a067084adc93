from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import kubehound
from kubehound_view import Pair

if TYPE_CHECKING:
    from pathlib import Path

PODS = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: clerk, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: desk, namespace: default}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [list]}
- {apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [create]}
- {apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [bind]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: desk-of-clerk, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: desk}
subjects: [{kind: ServiceAccount, name: clerk}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: keeper, namespace: vault}
rules: [{apiGroups: [""], resources: [pods/exec], verbs: [create]}]
---
apiVersion: v1
kind: Pod
metadata: {name: counter, namespace: default}
spec: {serviceAccountName: clerk, containers: [{name: counter, image: counter}]}
---
apiVersion: v1
kind: Pod
metadata: {name: control-pod, namespace: default}
spec: {containers: [{name: control-pod, image: idle}]}
---
apiVersion: v1
kind: Pod
metadata: {name: vault-pod, namespace: vault}
spec: {containers: [{name: vault-pod, image: idle}]}
"""
KEEPING = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: keeping, namespace: vault}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: keeper}
subjects: [{kind: ServiceAccount, name: clerk, namespace: default}]
"""
TOKEN = """\
---
apiVersion: v1
kind: Secret
metadata: {name: clerk-token, namespace: default, annotations: {kubernetes.io/service-account.name: clerk}}
type: kubernetes.io/service-account-token
"""
DESK = "desk::desk-of-clerk"
EXPECTED = (
    "test\tmatch\tsource\ttarget\n"
    "IDENTITY_ASSUME_Container\tsuperset\tcounter\tclerk\n"
    f"PERMISSION_DISCOVER\tequal\tclerk\t{DESK}\n"
    f"TOKEN_LIST\tequal\t{DESK}\tclerk\n"
)


def corpus_of(folder: Path, manifests: str, expected: str = EXPECTED) -> Path:
    root = folder / "kubehound"
    (root / "manifests").mkdir(parents=True)
    (root / "manifests" / "all.yaml").write_text(manifests, encoding="utf-8")
    (root / "expected_edges.tsv").write_text(expected, encoding="utf-8")
    return root


def test_pairs_follow_the_graph_and_the_rules(tmp_path: Path) -> None:
    view = kubehound.view_of(corpus_of(tmp_path, PODS) / "manifests")
    found = kubehound.pairs_of(view)
    assert kubehound.expected(EXPECTED) <= found
    assert not {pair for pair in found if pair.test in {"TOKEN_BRUTEFORCE", "POD_EXEC", "POD_CREATE"}}
    assert kubehound.standing(view, found) == ()


def test_reading_secrets_holds_only_where_a_token_lies_in_one(tmp_path: Path) -> None:
    wanted, known = kubehound.expected(EXPECTED), kubehound.reasons(kubehound.REASONS.read_text(encoding="utf-8"))
    for text, wrong in ((PODS, {"no-token-secret"}), (PODS + TOKEN, set[str]())):
        view = kubehound.view_of(corpus_of(tmp_path / str(len(text)), text) / "manifests")
        given = kubehound.differences(view, wanted, kubehound.pairs_of(view), known)
        assert {item.reason for item in given if item.side == "wrong"} == wrong


def test_a_vault_that_is_reached_is_said(tmp_path: Path) -> None:
    view = kubehound.view_of(corpus_of(tmp_path, PODS + KEEPING) / "manifests")
    lines = kubehound.standing(view, kubehound.pairs_of(view))
    assert len(lines) == 2
    assert lines[0] == "vault-pod is reached by POD_EXEC from keeper::keeping"


def test_a_control_pod_with_rights_is_said(tmp_path: Path) -> None:
    text = PODS.replace(
        "spec: {containers: [{name: control-pod", "spec: {serviceAccountName: clerk, containers: [{name: control-pod"
    )
    view = kubehound.view_of(corpus_of(tmp_path, text) / "manifests")
    assert kubehound.standing(view, kubehound.pairs_of(view)) == ("control-pod has the pair IDENTITY_ASSUME_Container to clerk",)


def test_what_no_reason_is_true_of_is_open(tmp_path: Path) -> None:
    view = kubehound.view_of(corpus_of(tmp_path, PODS) / "manifests")
    found = kubehound.pairs_of(view)
    known = kubehound.reasons(kubehound.REASONS.read_text(encoding="utf-8"))
    given = kubehound.differences(view, frozenset(), found, known)
    assert kubehound.Explained("beyond", Pair("IDENTITY_ASSUME_Container", "counter", "clerk"), "") in given
    text = kubehound.report(frozenset({Pair("POD_EXEC", "a", "b")}), found, given, known)
    assert "MISSING POD_EXEC: a -> b" in text
    assert "UNEXPLAINED beyond: IDENTITY_ASSUME_Container: counter -> clerk" in text


def test_the_script_fails_when_a_pair_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus_of(tmp_path, PODS, EXPECTED + f"POD_EXEC\tequal\t{DESK}\tcounter\n")
    monkeypatch.setattr("sys.argv", ["kubehound.py", "--corpora", str(tmp_path)])
    assert kubehound.main() == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("3 of 4 expected pairs found")


def test_a_reason_without_a_rule_is_an_error(tmp_path: Path) -> None:
    view = kubehound.view_of(corpus_of(tmp_path, PODS) / "manifests")
    with pytest.raises(ValueError, match="no rule"):
        kubehound.holds("anything", Pair("POD_EXEC", "a", "b"), view, frozenset())


WRONG_KIND = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: loose}
rules:
- {apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [create]}
- {apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [bind]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: loose}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: loose}
subjects: [{kind: ServiceAccount, name: clerk, namespace: default}]
"""


def test_graph_and_rules_agree_who_may_bind_which_role(tmp_path: Path) -> None:
    view = kubehound.view_of(corpus_of(tmp_path, PODS + WRONG_KIND) / "manifests")
    on_graph, by_rules = view.bindings_of_roles()
    assert on_graph == by_rules == {(DESK, "default/desk")}
