from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from breachway.mapping.kubernetes.rbac import map_rbac
from breachway.mapping.kubernetes.rbac_rules import GRANTS, Access, Rule
from tests.mapping.kubernetes.given import NOWHERE, builder_for, index_of, objects_of

if TYPE_CHECKING:
    from breachway.model import Model

WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers: [{name: app, image: app}]
"""

HOLDER = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
subjects: [{kind: ServiceAccount, name: web}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
"""

GRANT = "kubernetes:RoleGrant:RoleBinding/shop/web"


def modelled(text: str) -> Model:
    objects = objects_of(WORKLOAD + "\n---\n" + text)
    index = index_of(objects, {"shop": {}, "kube-system": {}})
    builder = builder_for(index)
    map_rbac(builder, objects, index)
    return builder.build()


def role(rules: str, kind: str = "Role") -> str:
    place = "name: web" if kind == "ClusterRole" else "name: web, namespace: shop"
    return f"apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{{place}}}\nrules: {rules}\n"


def granted(model: Model, asset: str = GRANT) -> set[str]:
    return {state.defence for state in model.defences if state.asset == asset and state.probability == 0.0}


def rule(verbs: str, groups: str, resources: str) -> Rule:
    return Rule(
        frozenset(verbs.split()), frozenset(g.strip("'") for g in groups.split()), frozenset(resources.split()), (), NOWHERE
    )


@pytest.mark.parametrize(
    "given,wanted,expected",
    [
        (rule("get", "''", "pods/exec"), Access(("create", "get"), "", ("pods/exec",)), True),
        (rule("get", "''", "*/exec"), Access(("get",), "", ("pods/exec",)), True),
        (rule("get", "''", "pods/*"), Access(("get",), "", ("pods/exec",)), False),
        (rule("get", "''", "pods"), Access(("get",), "", ("pods/exec",)), False),
        (rule("*", "*", "*"), Access(("impersonate",), "", ("users",)), True),
        (rule("create", "apps", "pods"), Access(("create",), "", ("pods",)), False),
        (rule("create", "*", "deployments"), Access(("create",), "apps", ("deployments",)), True),
    ],
)
def test_rules_match_as_the_api_server_matches(given: Rule, wanted: Access, *, expected: bool) -> None:
    assert given.allows(wanted) is expected


@pytest.mark.parametrize(
    "rules,expected",
    [
        ("[{apiGroups: [''], resources: [pods], verbs: [create]}]", {"noPodCreation"}),
        ("[{apiGroups: [batch], resources: [cronjobs], verbs: [create, patch]}]", {"noPodCreation", "noWorkloadUpdate"}),
        ("[{apiGroups: [''], resources: [pods/exec], verbs: [get]}]", {"noPodExec"}),
        ("[{apiGroups: [''], resources: [secrets], verbs: [list]}]", {"noSecretReading"}),
        ("[{apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [db]}]", {"noNamedSecretReading"}),
        (
            "[{apiGroups: [''], resources: [serviceaccounts/token], verbs: [create], resourceNames: [a]}]",
            {"noNamedTokenCreation"},
        ),
        ("[{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [escalate]}]", set()),
        ("[{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [escalate, update]}]", {"noEscalate"}),
        ("[{apiGroups: [''], resources: [services], verbs: [get]}]", set()),
        ("[{nonResourceURLs: ['/metrics'], verbs: [get]}]", set()),
    ],
)
def test_what_a_role_grants(rules: str, expected: set[str]) -> None:
    assert granted(modelled(role(rules) + HOLDER)) == expected


def test_every_grant_has_a_state_with_evidence() -> None:
    model = modelled(role("[{apiGroups: [''], resources: [pods], verbs: [get]}]") + HOLDER)
    states = {state.defence: state for state in model.defences if state.asset == GRANT}
    assert set(states) == {"notEverything", *(grant.defence for grant in GRANTS)}
    assert all(state.evidence for state in states.values())
    assert states["noPodReading"].evidence[0].location.line == states["noPodReading"].evidence[0].location.line > 0


def test_a_wildcard_role_gives_everything_and_is_judged_once_over_two_bindings() -> None:
    second = HOLDER.replace("name: web, namespace: shop}\nsubjects", "name: second, namespace: shop}\nsubjects")
    model = modelled(role("[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]") + HOLDER + second)
    assert "notEverything" in granted(model)
    assert [item.key for item in model.weaknesses].count("rbac-wildcard-all") == 1


def test_a_role_binding_to_a_cluster_role_is_scoped_to_its_namespace() -> None:
    binding = HOLDER.replace("kind: Role, name: web", "kind: ClusterRole, name: web")
    model = modelled(role("[{apiGroups: [''], resources: [secrets], verbs: [get]}]", "ClusterRole") + binding)
    links = {(link.association, link.left, link.right) for link in model.links}
    assert ("Scoped", GRANT, "kubernetes:Namespace:shop") in links
    assert not any(association == "ClusterScoped" for association, _, _ in links)


def test_built_in_roles_stand_in_for_what_a_dump_lacks() -> None:
    model = modelled(HOLDER.replace("kind: Role, name: web", "kind: ClusterRole, name: edit"))
    assert {"noPodCreation", "noSecretReading", "noTokenCreation", "noImpersonation", "noPodExec"} <= granted(model)
    evidence = next(state.evidence[0] for state in model.defences if state.defence == "noPodExec")
    assert (evidence.basis.value, evidence.source) == ("defaulted", "Kubernetes 1.35 bootstrap policy")


def test_a_role_that_is_nowhere_is_said() -> None:
    model = modelled(HOLDER)
    assert any("refers to Role web, which the input does not hold" in note for note in model.notes)


def test_aggregated_roles_take_the_rules_of_the_roles_they_select() -> None:
    text = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: web}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {join: "yes"}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: part, labels: {join: "yes"}}
rules: [{apiGroups: [""], resources: [pods/exec], verbs: [create]}]
"""
    model = modelled(text + HOLDER.replace("kind: Role, name: web", "kind: ClusterRole, name: web"))
    assert granted(model) == {"noPodExec"}


def test_groups_of_the_api_server_have_their_members() -> None:
    binding = HOLDER.replace(
        "{kind: ServiceAccount, name: web}",
        "{kind: Group, name: 'system:serviceaccounts:shop'}, {kind: Group, name: 'system:unauthenticated'}",
    )
    model = modelled(role("[{apiGroups: [''], resources: [pods], verbs: [get]}]") + binding)
    links = {(link.association, link.left, link.right) for link in model.links}
    assert ("MemberOf", "kubernetes:ServiceAccount:shop/web", "kubernetes:PrincipalGroup:system:serviceaccounts:shop") in links
    assert ("AdmitsAnonymous", "kubernetes:Cluster:cluster", "kubernetes:PrincipalGroup:system:unauthenticated") in links
    assert "binding-anonymous" in {item.key for item in model.weaknesses}


def test_named_impersonation_leads_to_the_named_identities_only() -> None:
    text = role(
        "[{apiGroups: [''], resources: [users], verbs: [impersonate], resourceNames: [alice]}]", "ClusterRole"
    ) + HOLDER.replace("kind: RoleBinding", "kind: ClusterRoleBinding").replace(
        "kind: Role, name: web", "kind: ClusterRole, name: web"
    ).replace("{kind: ServiceAccount, name: web}", "{kind: ServiceAccount, name: web, namespace: shop}")
    model = modelled(text)
    grant = "kubernetes:RoleGrant:ClusterRoleBinding//web"
    assert granted(model, grant) == {"noNamedImpersonation"}
    assert ("NamesPrincipal", grant, "kubernetes:KubernetesUser:alice") in {
        (link.association, link.left, link.right) for link in model.links
    }


def test_a_workload_whose_identity_holds_takeover_rights_is_named_with_the_rule() -> None:
    model = modelled(role("[{apiGroups: [''], resources: [pods], verbs: [create]}]") + HOLDER)
    found = next(item for item in model.weaknesses if item.key == "workload-with-takeover-sa")
    assert found.asset == "kubernetes:KubernetesWorkload:shop/Deployment/web"
    assert "may create pods" in found.evidence[1].note


def test_a_role_that_nobody_holds_is_judged_and_leads_nowhere() -> None:
    model = modelled(role("[{apiGroups: [''], resources: [pods/exec], verbs: [create]}]"))
    assert "rbac-pod-exec" in {item.key for item in model.weaknesses}
    assert not any(link.association in {"Holds", "Scoped"} for link in model.links)


@pytest.mark.parametrize(
    "subject,key",
    [
        ("{kind: User, name: 'system:anonymous'}", "binding-anonymous"),
        ("{kind: Group, name: 'system:authenticated'}", "binding-authenticated"),
        ("{kind: Group, name: 'system:masters'}", "binding-system-masters"),
        ("{kind: ServiceAccount, name: default}", "binding-default-sa"),
    ],
)
def test_bindings_to_everybody(subject: str, key: str) -> None:
    text = role("[{apiGroups: [''], resources: [pods], verbs: [get]}]") + HOLDER.replace(
        "{kind: ServiceAccount, name: web}", subject
    )
    assert key in {item.key for item in modelled(text).weaknesses}
    assert key not in {item.key for item in modelled(role("[]") + HOLDER).weaknesses}


def test_a_role_of_the_input_that_flows_into_a_built_in_one_is_held_with_it() -> None:
    label = "{name: extra, labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}}"
    extra = role("[{apiGroups: [''], resources: [nodes/proxy], verbs: [get]}]", "ClusterRole").replace("{name: web}", label)
    bound = HOLDER.replace("kind: Role, name: web", "kind: ClusterRole, name: view").replace(
        "kind: RoleBinding", "kind: ClusterRoleBinding"
    )
    held = bound.replace("{kind: ServiceAccount, name: web}", "{kind: ServiceAccount, name: web, namespace: shop}")
    model = modelled(extra + held)
    states = {state.defence: state for state in model.defences if state.asset == "kubernetes:RoleGrant:ClusterRoleBinding//web"}
    assert states["noNodeProxy"].probability == 0.0
    assert states["noNodeProxy"].evidence[0].basis.value == "observed"
    assert states["noPodReading"].evidence[0].source == "Kubernetes 1.35 bootstrap policy"


def test_an_account_that_a_cluster_role_binding_names_without_a_namespace_holds_nothing() -> None:
    bound = HOLDER.replace("kind: RoleBinding", "kind: ClusterRoleBinding").replace(
        "kind: Role, name: web", "kind: ClusterRole, name: edit"
    )
    model = modelled(bound)
    assert not any(link.association == "Holds" for link in model.links)
    assert any("names ServiceAccount web without its namespace" in note for note in model.notes)


def test_the_version_decides_what_a_built_in_role_gives() -> None:
    objects = objects_of(WORKLOAD + HOLDER.replace("kind: Role, name: web", "kind: ClusterRole, name: edit"))
    old = replace(index_of(objects, {"shop": {}}), version="1.23")
    builder = builder_for(old)
    map_rbac(builder, objects, old)
    assert "noTokenCreation" not in granted(builder.build())
    assert "noPodCreation" in granted(builder.build())
