from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from breachway.mapping.kubernetes.controllers.mapping import STEERING
from breachway.mapping.kubernetes.permissions.bindings import map_rbac
from breachway.mapping.kubernetes.permissions.grants import GRANTS
from breachway.mapping.kubernetes.permissions.rules import Access, Rule
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
WEB = "kubernetes:KubernetesWorkload:shop/Deployment/web"
RBAC = "rbac.authorization.k8s.io"


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
    wanted = {grant.defence for grant in GRANTS if not grant.cluster_only}
    assert set(states) == {"notEverything", "notForEverybody", *STEERING, *wanted}
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


def as_cluster_role(rules: str) -> str:
    bound = HOLDER.replace("kind: RoleBinding", "kind: ClusterRoleBinding").replace(
        "kind: Role, name: web", "kind: ClusterRole, name: web"
    )
    subject = "{kind: ServiceAccount, name: web, namespace: shop}"
    return role(rules, "ClusterRole") + bound.replace("{kind: ServiceAccount, name: web}", subject)


def pairs(model: Model, association: str) -> list[tuple[str, str]]:
    return [(link.left, link.right) for link in model.links if link.association == association]


def test_what_the_api_server_binds_by_itself_counts_for_principals_that_are_named() -> None:
    rules = "[{apiGroups: [''], resources: [groups], verbs: [impersonate], resourceNames: ['system:masters']}]"
    model = modelled(as_cluster_role(rules))
    masters = "kubernetes:PrincipalGroup:system:masters"
    assert (masters, "kubernetes:RoleGrant:ClusterRoleBinding//cluster-admin") in pairs(model, "Holds")
    evidence = next(item.evidence for item in model.links if item.left == masters and item.association == "Holds")
    assert (evidence[0].basis.value, evidence[0].source) == ("defaulted", "Kubernetes 1.35 bootstrap policy")


def test_a_binding_of_the_input_takes_the_place_of_the_built_in_one() -> None:
    rules = "[{apiGroups: [''], resources: [groups], verbs: [impersonate], resourceNames: ['system:masters']}]"
    own = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: cluster-admin}
subjects: [{kind: Group, name: operators}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
"""
    held = pairs(modelled(as_cluster_role(rules) + own), "Holds")
    assert ("kubernetes:PrincipalGroup:operators", "kubernetes:RoleGrant:ClusterRoleBinding//cluster-admin") in held
    assert not any(left == "kubernetes:PrincipalGroup:system:masters" for left, _ in held)


def test_rights_of_everybody_hang_on_a_defence_of_the_binding() -> None:
    text = role("[{apiGroups: [''], resources: [pods], verbs: [get]}]") + HOLDER
    everybody = text.replace("{kind: ServiceAccount, name: web}", "{kind: Group, name: 'system:unauthenticated'}")
    states = [
        next(state for state in modelled(item).defences if (state.asset, state.defence) == (GRANT, "notForEverybody"))
        for item in (text, everybody)
    ]
    assert [(state.probability, state.weaknesses) for state in states] == [(1.0, ()), (0.0, ("binding-anonymous",))]
    assert pairs(modelled(everybody), "HoldsAsAnybody") == [("kubernetes:PrincipalGroup:system:unauthenticated", GRANT)]
    assert pairs(modelled(everybody), "Holds") == []


def test_binding_roles_leads_to_the_roles_of_the_namespace_by_way_of_it() -> None:
    """Many who may bind and many roles are as many links as both together, not as their product."""
    bind = f"[{{apiGroups: [{RBAC}], resources: [roles, rolebindings], verbs: [bind, create]}}]"
    strong = "".join(
        f"---\napiVersion: {RBAC}/v1\nkind: Role\nmetadata: {{name: strong-{number}, namespace: shop}}\n"
        "rules: [{apiGroups: [''], resources: [secrets], verbs: [list]}]\n"
        for number in range(5)
    )
    binders = "".join(HOLDER.replace("metadata: {name: web,", f"metadata: {{name: web-{number},") for number in range(7))
    model = modelled(role(bind) + binders + strong)
    assert len(pairs(model, "BindsAnyOf")) == 7
    assert len(pairs(model, "OffersRole")) == 6
    offered = "kubernetes:RoleGrant:bindable/shop/Role/shop/strong-0"
    assert granted(model, offered) == {"noSecretReading"}
    assert ("kubernetes:Namespace:shop", offered) in pairs(model, "OffersRole")


def test_named_cluster_roles_are_bound_in_the_scope_of_the_binding() -> None:
    bind = f"[{{apiGroups: [{RBAC}], resources: [clusterroles], verbs: [bind], resourceNames: [view, cluster-admin]}}, "
    write = f"{{apiGroups: [{RBAC}], resources: [rolebindings], verbs: [create]}}]"
    model = modelled(role(bind + write) + HOLDER)
    assert "noBind" in granted(model)
    assert (GRANT, "kubernetes:RoleGrant:bindable/shop/ClusterRole//view") in pairs(model, "BindsByName")
    weaker = modelled(role(bind.replace(", cluster-admin", "") + write) + HOLDER)
    assert granted(weaker) == {"noExistingRoleBinding"}


@pytest.mark.parametrize(
    "version, given", [("1.34", {"noPodExec", "noPortForward"}), ("1.35", set()), ("", {"noPodExec", "noPortForward"})]
)
def test_getting_a_stream_needs_create_since_1_35(version: str, given: set[str]) -> None:
    rules = "[{apiGroups: [''], resources: [pods/exec, pods/portforward], verbs: [get]}]"
    objects = objects_of(WORKLOAD + "\n---\n" + role(rules) + HOLDER)
    index = replace(index_of(objects, {"shop": {}}), version=version)
    builder = builder_for(index)
    map_rbac(builder, objects, index)
    model = builder.build()
    assert granted(model) == given
    # That somebody may is a weakness for the version that comes before, or after a downgrade.
    assert "rbac-pod-exec" in {item.key for item in model.weaknesses}


@pytest.mark.parametrize(
    "names, expected",
    [
        ("web-0", [WEB]),
        ("web-7d4b9-x2x4z", [WEB]),
        ("web-7d4b9", [WEB]),
        ("web", []),
        ("website-7d4b9-x2x4z", []),
        ("web-a-b-c-d", []),
    ],
)
def test_a_pod_is_told_by_its_workloads_name(names: str, expected: list[str]) -> None:
    rules = f"[{{apiGroups: [''], resources: [pods/exec], verbs: [create], resourceNames: [{names}]}}]"
    assert [right for _, right in pairs(modelled(role(rules) + HOLDER), "NamesPodOf")] == expected


def test_a_rule_with_names_never_creates_what_has_none_yet() -> None:
    rules = "[{apiGroups: [''], resources: [services, secrets, pods], verbs: [create], resourceNames: [mine]}]"
    assert granted(modelled(role(rules) + HOLDER)) == set()


def test_a_group_alone_is_no_name_to_speak_in() -> None:
    rules = "[{apiGroups: [''], resources: [groups], verbs: [impersonate]}]"
    found = granted(modelled(as_cluster_role(rules)), "kubernetes:RoleGrant:ClusterRoleBinding//web")
    assert found == {"noGroupImpersonation"}
