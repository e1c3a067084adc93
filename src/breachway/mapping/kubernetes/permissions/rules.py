"""RBAC rules as the API server matches them, and what rules allow together.

Matching follows ``k8s.io/component-helpers/auth/rbac/validation`` and the authorizer of Kubernetes 1.33: a resource matches when
the rule names it, names ``*``, or names ``*/sub`` for a subresource.  ``pods/*`` is no pattern to the API server and matches
nothing else.  A URL matches when the rule names it, or its beginning with a ``*`` after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias, assert_never

from breachway.mapping.kubernetes.permissions.access_requests import ResourceRequest, UrlRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.permissions.access_requests import Request
    from breachway.sources.kubernetes.rbac import PolicyRule

CORE = ""
APPS = "apps"
BATCH = "batch"
RBAC = "rbac.authorization.k8s.io"
CERTIFICATES = "certificates.k8s.io"
NETWORKING = "networking.k8s.io"
WEBHOOKS = "admissionregistration.k8s.io"
AUTHENTICATION = "authentication.k8s.io"

WRITE = ("create", "update", "patch")
CHANGE = ("update", "patch")
READ = ("get", "list", "watch")
_NAMELESS = ("create", "deletecollection")


class Access(NamedTuple):
    """Verbs on resources of an API group, any of each; no resources at all stands for any resource of the group.

    ``named`` are the objects that it is about: a rule that ``resourceNames`` restrict counts when it names one of them.
    """

    verbs: tuple[str, ...]
    group: str
    resources: tuple[str, ...]
    named: tuple[str, ...] = ()


class UrlAccess(NamedTuple):
    """Verbs on a path that is no object, any of them."""

    verbs: tuple[str, ...]
    path: str


Right: TypeAlias = Access | UrlAccess
"""Something that a rule may allow."""


class Rule(NamedTuple):
    """A rule with plain values.  ``names`` is empty where the rule speaks of all objects.

    ``source`` is empty for a rule of the input; for one that every API server brings along it names where that is written, and
    ``location`` is nowhere.
    """

    verbs: frozenset[str]
    groups: frozenset[str]
    resources: frozenset[str]
    names: tuple[str, ...]
    location: Location
    urls: frozenset[str] = frozenset()
    source: str = ""

    @classmethod
    def of(cls, rule: PolicyRule) -> Rule:
        """Read a rule of a Role or ClusterRole."""
        return cls(
            frozenset(verb.value for verb in rule.verbs),
            frozenset(group.value for group in rule.api_groups or ()),
            frozenset(resource.value for resource in rule.resources or ()),
            tuple(sorted({name.value for name in rule.resource_names or ()})),
            rule.location,
            frozenset(url.value for url in rule.non_resource_urls or ()),
        )

    def admits(self, request: Request) -> bool:
        """Whether the API server lets a holder of the rule do this, in the scope of the binding."""
        if "*" not in self.verbs and request.verb not in self.verbs:
            return False
        match request:
            case ResourceRequest():
                return (
                    ("*" in self.groups or request.group in self.groups)
                    and self._covers(request.full_resource)
                    and (not self.names or request.name in self.names)
                )
            case UrlRequest():
                return any(_url_matches(url, request.path) for url in self.urls)
            case _:
                assert_never(request)

    def allows(self, access: Right) -> bool:
        """Whether the rule lets its holder use one of the verbs on one of the resources, of some name at least."""
        if "*" not in self.verbs and self.verbs.isdisjoint(access.verbs):
            return False
        match access:
            case UrlAccess():
                return any(_url_matches(url, access.path) for url in self.urls)
            case Access():
                covered = (
                    any(self._covers(resource) for resource in access.resources) if access.resources else bool(self.resources)
                )
                return covered and ("*" in self.groups or access.group in self.groups)
            case _:
                assert_never(access)

    def allows_named(self, access: Right) -> bool:
        """Whether the rule, which ``resourceNames`` restrict, allows it for what it names.

        The API server learns the name of an object that is created, or of a collection that is deleted, from no URL, so that no
        such rule ever allows these; a subresource is created under the name of its object.
        """
        if isinstance(access, UrlAccess):
            return self.allows(access)
        if access.named and not set(access.named) & set(self.names):
            return False
        top = tuple(resource for resource in access.resources if "/" not in resource)
        lower = tuple(resource for resource in access.resources if "/" in resource)
        kept = tuple(verb for verb in access.verbs if verb not in _NAMELESS)
        whole = bool(kept) and (bool(top) or not access.resources) and self.allows(access._replace(verbs=kept, resources=top))
        return whole or (bool(lower) and self.allows(access._replace(resources=lower)))

    def _covers(self, resource: str) -> bool:
        if "*" in self.resources or resource in self.resources:
            return True
        _, slash, sub = resource.partition("/")
        return bool(slash) and f"*/{sub}" in self.resources

    @property
    def everything(self) -> bool:
        """All verbs on all resources of all groups: what cluster-admin has."""
        return "*" in self.verbs and "*" in self.groups and "*" in self.resources


def _url_matches(pattern: str, path: str) -> bool:
    return pattern == path or (pattern.endswith("*") and path.startswith(pattern.rstrip("*")))


def satisfied(needs: Iterable[tuple[Right, ...]], names: str, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that together satisfy ``needs``, or () when one of them is not allowed by any rule.

    ``names`` says what ``resourceNames`` do: see :class:`breachway.mapping.kubernetes.permissions.grants.Grant`.
    """
    usable = tuple(rules)
    found: list[Rule] = []
    for accesses in needs:
        matching = [rule for rule in usable if any(_counts(rule, access, names) for access in accesses)]
        if not matching:
            return ()
        found.extend(rule for rule in matching if rule not in found)
    return tuple(found)


def _counts(rule: Rule, access: Right, names: str) -> bool:
    if not rule.names:
        return names != "only" and rule.allows(access)
    if names == "none" and not (isinstance(access, Access) and access.named):
        return False
    return rule.allows_named(access)
