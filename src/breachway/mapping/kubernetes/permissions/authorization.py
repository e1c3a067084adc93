"""May this caller do that?  Answered as the API server's RBAC authorizer answers it (Kubernetes 1.20 to 1.35).

A caller holds the rules of every binding that names its user, one of its groups, or it as a ServiceAccount.  The rules of a
ClusterRoleBinding count everywhere, those of a RoleBinding for requests in its namespace only; rules never deny.  Members of
``system:masters`` are let through before any rule is asked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Basis, Evidence, Location
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.mapping.kubernetes.permissions.access_requests import ACCOUNT_USER, MASTERS, Identity, ResourceRequest
from breachway.mapping.kubernetes.permissions.builtin_roles import bootstrap_policy
from breachway.mapping.kubernetes.permissions.roles import CLUSTER_ROLE, Roles
from breachway.mapping.kubernetes.versions import NEWEST
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.rbac import RoleBinding, ServiceAccount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.mapping.kubernetes.permissions.access_requests import Request
    from breachway.mapping.kubernetes.permissions.builtin_roles import BuiltinBinding, RoleKey
    from breachway.mapping.kubernetes.permissions.roles import RoleRules
    from breachway.mapping.kubernetes.permissions.rules import Rule
    from breachway.mapping.kubernetes.versions import KubernetesVersion
    from breachway.sources.kubernetes.metadata import NamespacedReference
    from breachway.sources.kubernetes.objects import KubernetesObject

CLUSTER_ROLE_BINDING = "ClusterRoleBinding"
MASTERS_REASON = f"members of {MASTERS} are not asked for permissions"
_NOWHERE = Location("", "", 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One rule that a caller holds: by which role and binding, as whom, and where (``scope`` is a namespace, "" everywhere)."""

    rule: Rule
    role: str
    binding: str
    held_as: str
    scope: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An answer with the permissions that allow it; ``reason`` is filled where no rule was needed."""

    allowed: bool
    permissions: tuple[Permission, ...] = ()
    reason: str = ""


class Dangling(NamedTuple):
    """A reference of a binding that leads nowhere, and what follows from it."""

    binding: str
    note: str
    location: Location


class _Bound(NamedTuple):
    """A binding, ready to be asked.  ``subjects`` give the words for each user or group that it names."""

    title: str
    scope: str
    role: RoleRules
    subjects: dict[tuple[str, str], Evidence]
    evidence: Evidence


class Authorizer:
    """Answers for one cluster.  ``dangling`` are references that lead nowhere, sorted by binding."""

    def __init__(self, objects: Iterable[KubernetesObject], version: KubernetesVersion = NEWEST) -> None:
        things = tuple(objects)
        self._roles = Roles(things, version)
        self._accounts = {(namespace_of(a.metadata), name_of(a.metadata)) for a in things if isinstance(a, ServiceAccount)}
        self._by_subject: defaultdict[tuple[str, str], list[_Bound]] = defaultdict(list)
        dangling: list[Dangling] = []
        # The API server holds one object of a name: the last that was applied.
        bindings = {_key(item): item for item in things if isinstance(item, RoleBinding)}
        for key in sorted(bindings):
            self._bind(bindings[key], dangling)
        for builtin in bootstrap_policy(version).bindings:
            if (builtin.kind, builtin.namespace, builtin.name) not in bindings:
                self._bind_builtin(builtin)
        self.dangling = tuple(sorted(dangling))

    @property
    def subjects(self) -> tuple[tuple[str, str], ...]:
        """Kind ("User" or "Group") and name of all that bindings name, sorted; a ServiceAccount by its user name."""
        return tuple(sorted(self._by_subject))

    def allowed(self, identity: Identity, request: Request) -> Decision:
        """Answer as a SubjectAccessReview would."""
        scope = request.namespace if isinstance(request, ResourceRequest) else ""
        found = tuple(
            permission
            for bound, seen in self._bound_to(identity)
            if bound.scope in {"", scope}
            for permission in _permissions(bound, seen)
            if permission.rule.admits(request)
        )
        if not found and MASTERS in identity.groups:
            return Decision(allowed=True, reason=MASTERS_REASON)
        return Decision(allowed=bool(found), permissions=found)

    def permissions(self, identity: Identity) -> tuple[Permission, ...]:
        """Every rule that a caller holds: those of the input first, then by scope (the cluster's first) and binding."""
        held = [item for bound, seen in self._bound_to(identity) for item in _permissions(bound, seen)]
        return tuple(sorted(held, key=lambda item: (bool(item.evidence[1].source), item.scope, item.binding)))

    def _bound_to(self, identity: Identity) -> list[tuple[_Bound, Evidence]]:
        """The bindings that name a caller, each once, with how."""
        names = [("User", identity.user), *(("Group", group) for group in identity.groups)]
        found: dict[int, tuple[_Bound, Evidence]] = {}
        for name in names:
            for bound in self._by_subject.get(name, ()):
                found.setdefault(id(bound), (bound, bound.subjects[name]))
        return list(found.values())

    def _bind(self, binding: RoleBinding, dangling: list[Dangling]) -> None:
        title, scope = _title(binding.kind, _scope(binding), name_of(binding.metadata)), _scope(binding)
        role = self._role_of(binding, title, dangling)
        subjects: dict[tuple[str, str], Evidence] = {}
        for subject in binding.subjects:
            kind, name, words = self._subject(subject, scope, title, dangling)
            if kind:
                subjects.setdefault((kind, name), Evidence(subject.location, Basis.OBSERVED, words))
        if role is None:
            return
        seen = Evidence(binding.location, Basis.OBSERVED, f"{title} binds {role.subject}")
        self._keep(_Bound(title, scope, role, subjects, seen))

    def _keep(self, bound: _Bound) -> None:
        for name in bound.subjects:
            self._by_subject[name].append(bound)

    def _role_of(self, binding: RoleBinding, title: str, dangling: list[Dangling]) -> RoleRules | None:
        reference = binding.role_ref
        if reference is None:
            dangling.append(Dangling(title, "refers to no role; the API server refuses it", binding.location))
            return None
        kind, name, scope = value_or(reference.kind, ""), value_or(reference.name, ""), _scope(binding)
        if kind != CLUSTER_ROLE and (kind != "Role" or not scope):
            dangling.append(
                Dangling(title, f"refers to {kind or 'an unknown kind'} {name}; the API server refuses it", reference.location)
            )
            return None
        key: RoleKey = (kind, "" if kind == CLUSTER_ROLE else scope, name)
        role = self._roles.find(key, reference.location)
        if role is None:
            note = f"refers to {kind} {name}, which is not in the input: it grants nothing until somebody creates that role"
            dangling.append(Dangling(title, note, reference.location))
        return role

    def _subject(self, subject: NamespacedReference, scope: str, title: str, dangling: list[Dangling]) -> tuple[str, str, str]:
        """The kind and name by which callers match, and the words for it; an empty kind where nobody can match."""
        kind, name = value_or(subject.kind, ""), value_or(subject.name, "")
        if not name:
            dangling.append(Dangling(title, "names a subject without a name, which the API server refuses", subject.location))
            return "", "", ""
        if kind in {"User", "Group"}:
            return kind, name, f"{kind.lower()} {name}"
        if kind != "ServiceAccount":
            dangling.append(Dangling(title, f"names a subject of kind {kind!r}, which the API server refuses", subject.location))
            return "", "", ""
        namespace = value_or(subject.namespace, "") or scope
        if not namespace:
            note = f"names ServiceAccount {name} without its namespace, which the API server refuses"
            dangling.append(Dangling(title, note, subject.location))
            return "", "", ""
        if (namespace, name) not in self._accounts and name != "default":
            note = (
                f"names ServiceAccount {namespace}/{name}, which is not in the input: whoever may create it gets what it is given"
            )
            dangling.append(Dangling(title, note, subject.location))
        return "User", f"{ACCOUNT_USER}{namespace}:{name}", f"ServiceAccount {namespace}/{name}"

    def _bind_builtin(self, binding: BuiltinBinding) -> None:
        role = self._roles.find(binding.role, _NOWHERE)
        if role is None:
            return
        title = _title(binding.kind, binding.namespace, binding.name)
        source = self._roles.source
        subjects: dict[tuple[str, str], Evidence] = {}
        for subject in binding.subjects:
            account = subject.kind == "ServiceAccount"
            name = f"{ACCOUNT_USER}{subject.namespace}:{subject.name}" if account else subject.name
            words = f"ServiceAccount {subject.namespace}/{subject.name}" if account else f"{subject.kind.lower()} {subject.name}"
            subjects["User" if account else subject.kind, name] = Evidence(_NOWHERE, Basis.DEFAULTED, words, source)
        seen = Evidence(_NOWHERE, Basis.DEFAULTED, f"{title} binds {role.subject}", source)
        self._keep(_Bound(title, binding.namespace, role, subjects, seen))


def _key(binding: RoleBinding) -> tuple[str, str, str]:
    return (binding.kind, _scope(binding), name_of(binding.metadata))


def _scope(binding: RoleBinding) -> str:
    return "" if binding.kind == CLUSTER_ROLE_BINDING else namespace_of(binding.metadata)


def _title(kind: str, scope: str, name: str) -> str:
    return f"{kind} {scope}/{name}" if scope else f"{kind} {name}"


def _permissions(bound: _Bound, subject: Evidence) -> Iterable[Permission]:
    for rule in bound.role.rules:
        basis = Basis.DEFAULTED if rule.source else Basis.OBSERVED
        granted = Evidence(bound.role.where(rule), basis, f"a rule of {bound.role.subject}", rule.source)
        yield Permission(
            rule=rule,
            role=bound.role.subject,
            binding=bound.title,
            held_as=subject.note,
            scope=bound.scope,
            evidence=(granted, bound.evidence, subject),
        )
