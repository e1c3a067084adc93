"""What the catalogue takes a rule to allow is what the API server's own matching admits, request by request."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.mapping.kubernetes.permissions.access_requests import ResourceRequest, UrlRequest
from breachway.mapping.kubernetes.permissions.rules import Access, Rule, UrlAccess, satisfied
from tests.mapping.kubernetes.given import NOWHERE

VERBS = ("create", "get", "update", "deletecollection", "bind")
GROUPS = ("", "apps")
RESOURCES = ("pods", "pods/exec", "roles")
NAMES = ("one", "two")
RULES = st.builds(
    Rule,
    verbs=st.frozensets(st.sampled_from((*VERBS, "*")), max_size=3),
    groups=st.frozensets(st.sampled_from((*GROUPS, "*")), max_size=2),
    resources=st.frozensets(st.sampled_from((*RESOURCES, "*", "*/exec", "pods/*")), max_size=3),
    names=st.frozensets(st.sampled_from(NAMES), max_size=2).map(lambda names: tuple(sorted(names))),
    location=st.just(NOWHERE),
    urls=st.frozensets(st.sampled_from(("/logs/", "/logs/*", "*", "/log")), max_size=2),
)
VERB, GROUP, RESOURCE, NAME = (st.sampled_from(items) for items in (VERBS, GROUPS, RESOURCES, NAMES))


def request(verb: str, group: str, resource: str, name: str) -> ResourceRequest:
    """As the API server sees it: who creates an object, or deletes many, names none; a subresource stands under a name."""
    kind, _, sub = resource.partition("/")
    nameless = verb in {"create", "deletecollection"} and not sub
    return ResourceRequest(verb=verb, group=group, resource=kind, subresource=sub, name="" if nameless else name)


@settings(deadline=None, max_examples=400)
@given(rule=RULES, verb=VERB, group=GROUP, resource=RESOURCE, name=NAME)
def test_a_right_on_a_named_object_is_a_request_that_is_admitted(
    rule: Rule, verb: str, group: str, resource: str, name: str
) -> None:
    access = Access((verb,), group, (resource,), (name,))
    counted = rule.allows_named(access) if rule.names else rule.allows(access)
    assert counted is rule.admits(request(verb, group, resource, name))


@settings(deadline=None, max_examples=200)
@given(rule=RULES, verb=VERB, group=GROUP, resource=RESOURCE)
def test_a_right_on_any_object_is_one_on_each_of_them(rule: Rule, verb: str, group: str, resource: str) -> None:
    everywhere = bool(satisfied(((Access((verb,), group, (resource,)),),), "none", (rule,)))
    some = bool(satisfied(((Access((verb,), group, (resource,)),),), "any", (rule,)))
    answers = [rule.admits(request(verb, group, resource, name)) for name in ("one", "two", "three")]
    assert everywhere is all(answers)
    assert some is any(answers)


@settings(deadline=None, max_examples=100)
@given(rule=RULES, verb=VERB)
def test_a_right_on_a_path_is_a_request_for_it(rule: Rule, verb: str) -> None:
    assert rule.allows(UrlAccess((verb,), "/logs/")) is rule.admits(UrlRequest(verb=verb, path="/logs/"))
