"""What the evaluator says by itself; that it says what a real API server says is in tests/platforms."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.mapping.kubernetes.permissions.access_requests import (
    Identity,
    Request,
    ResourceRequest,
    UrlRequest,
    anonymous,
    member,
    service_account,
    user,
)
from breachway.mapping.kubernetes.permissions.authorization import MASTERS_REASON, Authorizer
from breachway.mapping.kubernetes.versions import KubernetesVersion
from tests.mapping.kubernetes.given import objects_of

GROUP = "rbac.authorization.k8s.io"
CORE = "''"
ALICE, ROBOT = user("alice"), service_account("shop", "robot")


def role(name: str, rules: str, namespace: str = "", extra: str = "") -> str:
    kind = "Role" if namespace else "ClusterRole"
    place = f", namespace: {namespace}" if namespace else ""
    return f"---\napiVersion: {GROUP}/v1\nkind: {kind}\nmetadata: {{name: {name}{place}{extra}}}\nrules: {rules}\n"


def bind(name: str, kind: str, referred: str, subjects: str, namespace: str = "") -> str:
    binding = "RoleBinding" if namespace else "ClusterRoleBinding"
    place = f", namespace: {namespace}" if namespace else ""
    reference = f"{{apiGroup: {GROUP}, kind: {kind}, name: {referred}}}"
    head = f"---\napiVersion: {GROUP}/v1\nkind: {binding}\nmetadata: {{name: {name}{place}}}\n"
    return f"{head}roleRef: {reference}\nsubjects: {subjects}\n"


def rule(verbs: str, groups: str, resources: str, names: str = "") -> str:
    named = f", resourceNames: [{names}]" if names else ""
    return f"{{apiGroups: [{groups}], resources: [{resources}], verbs: [{verbs}]{named}}}"


def asks(verb: str, resource: str, namespace: str = "", name: str = "", group: str = "") -> ResourceRequest:
    main, _, sub = resource.partition("/")
    return ResourceRequest(verb=verb, group=group, resource=main, subresource=sub, name=name, namespace=namespace)


PODS = role("pods", "[{apiGroups: [''], resources: [pods], verbs: [get, list]}]")
TO_ALICE = "[{kind: User, name: alice}]"


@pytest.mark.parametrize(
    "rules,request_,expected",
    [
        (rule("get", "''", "pods"), asks("get", "pods"), True),
        (rule("get", "''", "pods"), asks("get", "pods/log"), False),
        (rule("get", "''", "'*'"), asks("get", "pods/log"), True),
        (rule("get", "''", "'*/log'"), asks("get", "pods/log"), True),
        (rule("get", "''", "'*/log'"), asks("get", "pods"), False),
        (rule("get", "''", "'pods/*'"), asks("get", "pods/log"), False),
        (rule("'*'", "apps", "deployments"), asks("escalate", "deployments", group="apps"), True),
        (rule("get", "'*'", "widgets"), asks("get", "widgets", group="example.com"), True),
        (rule("get", "''", "secrets", "tls"), asks("get", "secrets", name="tls"), True),
        (rule("get", "''", "secrets", "tls"), asks("get", "secrets", name="other"), False),
        (rule("list", "''", "secrets", "tls"), asks("list", "secrets"), False),
        ("{nonResourceURLs: [/metrics], verbs: [get]}", UrlRequest(verb="get", path="/metrics"), True),
        ("{nonResourceURLs: [/metrics], verbs: [get]}", UrlRequest(verb="get", path="/metrics/x"), False),
        ("{nonResourceURLs: [/logs/*], verbs: [get]}", UrlRequest(verb="get", path="/logs/a/b"), True),
        ("{nonResourceURLs: ['*'], verbs: ['*']}", UrlRequest(verb="post", path="/"), True),
        ("{nonResourceURLs: ['*'], verbs: ['*']}", asks("get", "pods"), False),
        (rule("'*'", "'*'", "'*'"), UrlRequest(verb="get", path="/metrics"), False),
    ],
)
def test_rules_in_the_whole_cluster(rules: str, request_: Request, *, expected: bool) -> None:
    found = Authorizer(objects_of(role("given", f"[{rules}]") + bind("b", "ClusterRole", "given", TO_ALICE)))
    assert found.allowed(ALICE, request_).allowed is expected
    assert not found.allowed(user("bob"), request_).allowed


def test_a_role_binding_counts_in_its_namespace_only_and_never_for_paths() -> None:
    text = role("r", f"[{rule('get', CORE, 'pods')}, {{nonResourceURLs: [/metrics], verbs: [get]}}]")
    found = Authorizer(objects_of(text + bind("b", "ClusterRole", "r", TO_ALICE, "shop")))
    assert found.allowed(ALICE, asks("get", "pods", "shop")).allowed
    assert not found.allowed(ALICE, asks("get", "pods", "other")).allowed
    assert not found.allowed(ALICE, asks("get", "pods")).allowed
    assert not found.allowed(ALICE, UrlRequest(verb="get", path="/metrics")).allowed


def test_a_decision_names_the_rule_the_binding_and_as_whom() -> None:
    text = PODS + bind("readers", "ClusterRole", "pods", "[{kind: Group, name: devs}]", "shop")
    decision = Authorizer(objects_of(text)).allowed(user("eve", "devs"), asks("list", "pods", "shop"))
    (permission,) = decision.permissions
    assert (permission.role, permission.binding, permission.held_as) == (
        "ClusterRole pods",
        "RoleBinding shop/readers",
        "group devs",
    )
    assert [item.location.line for item in permission.evidence] == [5, 7, 11]


@pytest.mark.parametrize(
    "subject,identity,expected",
    [
        ("{kind: ServiceAccount, name: robot, namespace: shop}", ROBOT, True),
        ("{kind: ServiceAccount, name: robot}", ROBOT, True),
        ("{kind: ServiceAccount, name: robot, namespace: other}", ROBOT, False),
        ("{kind: User, name: 'system:serviceaccount:shop:robot'}", ROBOT, True),
        ("{kind: Group, name: 'system:serviceaccounts'}", ROBOT, True),
        ("{kind: Group, name: 'system:serviceaccounts:shop'}", ROBOT, True),
        ("{kind: Group, name: 'system:serviceaccounts:other'}", ROBOT, False),
        ("{kind: Group, name: 'system:authenticated'}", ROBOT, True),
        ("{kind: Group, name: 'system:authenticated'}", anonymous(), False),
        ("{kind: Group, name: 'system:unauthenticated'}", anonymous(), True),
        ("{kind: User, name: 'system:anonymous'}", user("system:anonymous"), True),
        ("{kind: User, name: devs}", user("alice", "devs"), False),
        ("{kind: Group, name: alice}", ALICE, False),
        ("{kind: Group, name: 'system:serviceaccounts'}", member("system:serviceaccounts:shop"), True),
        ("{kind: User, name: ''}", member("devs"), False),
    ],
)
def test_who_matches_a_subject(subject: str, identity: Identity, *, expected: bool) -> None:
    found = Authorizer(objects_of(PODS + bind("b", "ClusterRole", "pods", f"[{subject}]", "shop")))
    assert found.allowed(identity, asks("get", "pods", "shop")).allowed is expected


def test_an_account_by_its_user_name_is_in_the_groups_of_accounts() -> None:
    assert set(user("system:serviceaccount:shop:robot").groups) == set(ROBOT.groups)


def test_masters_need_no_rule_even_where_the_input_took_their_binding_away() -> None:
    text = bind("cluster-admin", "ClusterRole", "view", TO_ALICE)
    decision = Authorizer(objects_of(text)).allowed(user("root", "system:masters"), asks("delete", "nodes"))
    assert (decision.allowed, decision.reason, decision.permissions) == (True, MASTERS_REASON, ())


def test_what_the_api_server_brings_along_is_there_and_says_so() -> None:
    found = Authorizer((), KubernetesVersion(1, 30))
    decision = found.allowed(service_account("kube-system", "namespace-controller"), asks("delete", "secrets", "shop"))
    assert decision.allowed
    assert decision.permissions[0].evidence[1].source == "Kubernetes 1.30 bootstrap policy"
    assert found.allowed(anonymous(), UrlRequest(verb="get", path="/version")).allowed
    assert not found.allowed(anonymous(), UrlRequest(verb="get", path="/api")).allowed


@pytest.mark.parametrize("minor,expected", [(18, True), (21, True), (22, False), (35, False), (40, False)])
def test_built_in_roles_are_those_of_the_version(minor: int, *, expected: bool) -> None:
    found = Authorizer(objects_of(bind("b", "ClusterRole", "edit", TO_ALICE, "shop")), KubernetesVersion(1, minor))
    assert found.allowed(ALICE, asks("update", "endpoints", "shop")).allowed is expected
    assert found.allowed(ALICE, asks("create", "pods", "shop")).allowed


def test_a_role_of_the_input_flows_into_a_built_in_one() -> None:
    label = ", labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}"
    text = role("widgets", f"[{rule('get', 'example.com', 'widgets')}]", extra=label)
    found = Authorizer(objects_of(text + bind("b", "ClusterRole", "admin", TO_ALICE, "shop")))
    decision = found.allowed(ALICE, asks("get", "widgets", "shop", group="example.com"))
    assert decision.permissions[0].evidence[0].source == ""
    assert decision.permissions[0].evidence[0].location.line > 0


AGGREGATED = f"""
---
apiVersion: {GROUP}/v1
kind: ClusterRole
metadata: {{name: whole}}
aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{join: "yes"}}}}]}}
rules: [{{apiGroups: [""], resources: [nodes], verbs: [delete]}}]
"""


def test_an_aggregated_role_has_the_rules_of_its_parts_and_not_its_own() -> None:
    part = role("part", f"[{rule('get', CORE, 'pods')}]", extra=", labels: {join: 'yes'}")
    found = Authorizer(objects_of(AGGREGATED + part + bind("b", "ClusterRole", "whole", TO_ALICE)))
    assert found.allowed(ALICE, asks("get", "pods")).allowed
    assert not found.allowed(ALICE, asks("delete", "nodes")).allowed


def test_an_aggregated_role_whose_parts_a_dump_lacks_has_what_the_dump_says() -> None:
    found = Authorizer(objects_of(AGGREGATED + bind("b", "ClusterRole", "whole", TO_ALICE)))
    assert found.allowed(ALICE, asks("delete", "nodes")).allowed


def test_aggregation_in_a_circle_ends() -> None:
    text = "".join(
        f"---\napiVersion: {GROUP}/v1\nkind: ClusterRole\nmetadata: {{name: {name}, labels: {{in: {name}}}}}\n"
        f"aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{in: {other}}}}}]}}\n"
        for name, other in (("left", "right"), ("right", "left"))
    )
    found = Authorizer(objects_of(text + bind("b", "ClusterRole", "left", TO_ALICE)))
    assert not found.allowed(ALICE, asks("get", "pods")).allowed


@pytest.mark.parametrize(
    "text,note",
    [
        (bind("b", "Role", "gone", TO_ALICE, "shop"), "refers to Role gone, which is not in the input"),
        (bind("b", "ClusterRole", "gone", TO_ALICE), "refers to ClusterRole gone, which is not in the input"),
        (bind("b", "Role", "pods", TO_ALICE), "refers to Role pods; the API server refuses it"),
        (bind("b", "ClusterRole", "pods", "[{kind: ServiceAccount, name: gone}]", "shop"), "names ServiceAccount shop/gone"),
        (bind("b", "ClusterRole", "pods", "[{kind: ServiceAccount, name: robot}]"), "without its namespace"),
        (bind("b", "ClusterRole", "pods", "[{kind: Robot, name: r}]"), "kind 'Robot'"),
    ],
)
def test_references_that_lead_nowhere_are_said_with_their_place(text: str, note: str) -> None:
    (dangling,) = Authorizer(objects_of(PODS + text)).dangling
    assert note in dangling.note
    assert dangling.location.line > 0


def test_references_that_lead_somewhere_are_not_said() -> None:
    account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: shop}\n"
    text = account + PODS + bind("b", "ClusterRole", "pods", "[{kind: ServiceAccount, name: robot}]", "shop")
    assert Authorizer(objects_of(text + bind("c", "ClusterRole", "view", TO_ALICE))).dangling == ()


VERBS, GROUPS, NAMES = ("get", "create", "*"), ("", "apps", "*"), ("", "one", "two")
RESOURCES, PLACES, PEOPLE = ("pods", "pods/exec", "*/exec", "*", "secrets"), ("", "red", "blue"), ("ann", "bob", "system:masters")
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "verbs": st.lists(st.sampled_from(VERBS), min_size=1, max_size=2),
            "apiGroups": st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2),
            "resources": st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2),
            "resourceNames": st.lists(st.sampled_from(NAMES[1:]), max_size=1),
        }
    ),
    max_size=2,
)
BINDINGS = st.lists(
    st.tuples(st.sampled_from(PLACES), RULES, st.sampled_from(("User", "Group")), st.sampled_from(PEOPLE)), max_size=4
)


@settings(max_examples=60, deadline=None)
@given(BINDINGS, st.sampled_from(PEOPLE[:2]), st.lists(st.sampled_from(PEOPLE[:2]), max_size=2, unique=True))
def test_the_index_answers_as_one_look_at_every_binding_does(
    bindings: list[tuple[str, list[dict[str, list[str]]], str, str]], name: str, groups: list[str]
) -> None:
    text = "".join(
        role(f"r{number}", json.dumps(rules))
        + bind(f"b{number}", "ClusterRole", f"r{number}", f"[{{kind: {kind}, name: '{person}'}}]", place)
        for number, (place, rules, kind, person) in enumerate(bindings)
    )
    found = Authorizer(objects_of(text or "---\n"))
    identity = Identity(user=name, groups=tuple(groups))
    for verb in ("get", "delete"):
        for resource in ("pods", "pods/exec", "secrets/exec"):
            for place in PLACES:
                for named in NAMES:
                    request = asks(verb, resource, place, named)
                    assert found.allowed(identity, request).allowed is naive(bindings, identity, request)


def naive(bindings: list[tuple[str, list[dict[str, list[str]]], str, str]], identity: Identity, request: ResourceRequest) -> bool:
    """The same question, answered without any index and on the raw lists."""
    for place, rules, kind, person in bindings:
        named = person == identity.user if kind == "User" else person in identity.groups
        if not named or place not in {"", request.namespace}:
            continue
        for one in rules:
            star = f"*/{request.subresource}" if request.subresource else "*"
            if (
                {"*", request.verb} & set(one["verbs"])
                and {"*", request.group} & set(one["apiGroups"])
                and {"*", star, request.full_resource} & set(one["resources"])
                and (not one["resourceNames"] or request.name in one["resourceNames"])
            ):
                return True
    return False
