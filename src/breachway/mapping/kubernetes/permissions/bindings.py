"""Roles and bindings as the threat language sees them: one RoleGrant for each binding, held by principals, in a scope."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.controllers.mapping import Controllers
from breachway.mapping.kubernetes.index import namespace_id
from breachway.mapping.kubernetes.permissions.links import RightsLinks
from breachway.mapping.kubernetes.permissions.making import RightsAsset, RightsMaker
from breachway.mapping.kubernetes.permissions.roles import Roles
from breachway.mapping.kubernetes.permissions.subjects import Subjects, builtin_subject_id
from breachway.mapping.kubernetes.permissions.weaknesses import judge_binding, judge_role, judge_takeover, stands_for_everybody
from breachway.mapping.kubernetes.permissions.widening import judge_widening
from breachway.mapping.kubernetes.versions import NEWEST, parse_version
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.rbac import RoleBinding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex
    from breachway.mapping.kubernetes.permissions.roles import RoleRules
    from breachway.sources.kubernetes.objects import KubernetesObject

_Key = tuple[str, str, str]
_FIXED = frozenset({"Pod", "Job"})
"""Workloads whose pods nobody gives another specification by an update: but for the image of a pod, it never changes."""


def map_rbac(builder: ModelBuilder, objects: Iterable[KubernetesObject], index: KubernetesIndex) -> None:
    """Map all roles and bindings; roles that nobody holds are judged too, but lead nowhere."""
    _RbacMapping(builder, tuple(objects), index).map_all()


class _RbacMapping:
    """One pass over the bindings, in the order of their names; what they share is made once."""

    def __init__(self, builder: ModelBuilder, things: tuple[KubernetesObject, ...], index: KubernetesIndex) -> None:
        version = parse_version(index.version)
        self._builder = builder
        self._index = index
        self._roles = Roles(things, version or NEWEST, version_known=version is not None and index.version_known)
        self._bindings = sorted((item for item in things if isinstance(item, RoleBinding)), key=_binding_key)
        self._controllers = Controllers(builder, things, index)
        self._maker = RightsMaker(builder, index, self._roles, self._controllers)
        self._subjects = Subjects(builder, index)
        self._links = RightsLinks(builder, index, self._roles, self._subjects, self._maker)
        self._judged: set[_Key] = set()
        self._sets: defaultdict[str, list[tuple[str, str, RoleRules]]] = defaultdict(list)
        self._holdings: defaultdict[str, list[tuple[bool, RoleRules]]] = defaultdict(list)

    def map_all(self) -> None:
        """Map the bindings, the roles that none of them names, and what the API server binds by itself."""
        for kind, _, name in self._roles.repeated:
            self._builder.note(f"{kind} {name} is defined more than once; the last definition was used")
        for binding in self._bindings:
            self._map_binding(binding)
        for workload in self._index.workloads:
            if workload.kind not in _FIXED:
                seen = (Evidence(workload.location, Basis.OBSERVED, f"{workload.subject} makes pods of a template"),)
                self._builder.link("HasTemplate", namespace_id(workload.namespace), workload.asset_id, seen)
        for key in sorted(set(self._roles.declared) - self._judged):
            self._map_unbound(key)
        self._map_builtin()
        self._subjects.join_groups()
        self._controllers.settle_powers(set(self._holdings))
        judge_widening(self._builder, self._holdings, self._sets)
        judge_takeover(self._builder, self._index, self._roles, self._holdings)

    def _map_binding(self, binding: RoleBinding) -> None:
        role = self._role_of(binding)
        if role is None:
            return
        scope, title = _scope_name(binding), _title(binding)
        seen = (Evidence(binding.location, Basis.OBSERVED, f"{title} binds {role.subject}"),)
        name = value_or(binding.metadata.name, "")
        grant = self._maker.make(
            RightsAsset(
                f"kubernetes:RoleGrant:{binding.kind}/{scope}/{name}",
                f"{role.subject} by {title}",
                role,
                scope,
                binding.location,
                seen,
            )
        )
        key = (role.kind, role.namespace, role.name)
        if key not in self._judged and not role.builtin:
            judge_role(self._builder, grant, role)
        self._judged.add(key)
        self._links.join(grant, role, scope)
        judge_binding(self._builder, grant, binding, role, title)
        for subject in binding.subjects:
            everybody = stands_for_everybody(value_or(subject.kind, ""), value_or(subject.name, ""))
            words = (Evidence(subject.location, Basis.OBSERVED, f"{title} gives {role.subject}"),)
            for principal in self._subjects.resolve(subject, binding):
                self._builder.link("HoldsAsAnybody" if everybody else "Holds", principal, grant, words)
                self._holdings[principal].append((bool(scope), role))
                self._sets[principal].append((grant, scope, role))

    def _role_of(self, binding: RoleBinding) -> RoleRules | None:
        reference = binding.role_ref
        name = value_or(reference.name, "") if reference else ""
        kind = value_or(reference.kind, "") if reference else ""
        if reference is None or not name:
            return None
        role = self._roles.find((kind, _scope_name(binding) if kind == "Role" else "", name), reference.location)
        if role is None:
            self._builder.note(
                f"{_title(binding)} refers to {kind} {name}, which the input does not hold: what it grants is unknown"
            )
        return role

    def _map_unbound(self, key: _Key) -> None:
        role = self._roles.find(key, self._index.location)
        if role is None:
            return
        grant = self._maker.make(
            RightsAsset(
                f"kubernetes:RoleGrant:unbound/{role.kind}/{role.namespace}/{role.name}",
                f"{role.subject}, bound to nobody",
                role,
                role.namespace,
                role.location,
                (Evidence(role.location, Basis.OBSERVED, role.subject),),
                bound=False,
            )
        )
        judge_role(self._builder, grant, role)

    def _map_builtin(self) -> None:
        """What the API server binds by itself, to principals that the model knows, where the input lacks the binding."""
        known = {_binding_key(item) for item in self._bindings}
        for binding in self._roles.builtin_bindings:
            if (binding.kind, binding.namespace, binding.name) in known:
                continue
            for subject in binding.subjects:
                principal = builtin_subject_id(subject)
                if not self._builder.has(principal) or stands_for_everybody(subject.kind, subject.name):
                    continue
                place = self._builder.evidence_of(principal)[0].location
                role = self._roles.find(binding.role, place)
                if role is None or not any(rules for _, rules in self._roles.granted(role, namespaced=bool(binding.namespace))):
                    continue
                title = (
                    f"{binding.kind} {binding.namespace}/{binding.name}"
                    if binding.namespace
                    else f"{binding.kind} {binding.name}"
                )
                seen = (Evidence(place, Basis.DEFAULTED, f"{title} binds {role.subject}", self._roles.source),)
                if binding.namespace and binding.namespace not in self._index.namespaces:
                    continue
                asset = f"kubernetes:RoleGrant:{binding.kind}/{binding.namespace}/{binding.name}"
                grant = self._maker.make(RightsAsset(asset, f"{role.subject} by {title}", role, binding.namespace, place, seen))
                self._links.join(grant, role, binding.namespace)
                self._builder.link("Holds", principal, grant, seen)


def _binding_key(binding: RoleBinding) -> _Key:
    return (binding.kind, _scope_name(binding), value_or(binding.metadata.name, ""))


def _scope_name(binding: RoleBinding) -> str:
    return "" if binding.kind == "ClusterRoleBinding" else value_or(binding.metadata.namespace, "default")


def _title(binding: RoleBinding) -> str:
    scope = _scope_name(binding)
    name = value_or(binding.metadata.name, "")
    return f"{binding.kind} {scope}/{name}" if scope else f"{binding.kind} {name}"
