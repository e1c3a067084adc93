"""Joins a set of rights to what its rules name: Secrets, accounts, users, groups, and the roles that it may bind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.index import namespace_id
from breachway.mapping.kubernetes.permissions.making import RightsAsset
from breachway.mapping.kubernetes.permissions.rules import APPS, BATCH, CHANGE, CORE, RBAC, READ, WRITE, Access
from breachway.mapping.kubernetes.permissions.workload_names import WorkloadNames

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex
    from breachway.mapping.kubernetes.permissions.builtin_roles import RoleKey
    from breachway.mapping.kubernetes.permissions.making import RightsMaker
    from breachway.mapping.kubernetes.permissions.roles import RoleRules, Roles
    from breachway.mapping.kubernetes.permissions.rules import Rule
    from breachway.mapping.kubernetes.permissions.subjects import Subjects

_TEMPLATES = {
    "ReplicationController": Access(CHANGE, CORE, ("replicationcontrollers",)),
    "Deployment": Access(CHANGE, APPS, ("deployments",)),
    "DaemonSet": Access(CHANGE, APPS, ("daemonsets",)),
    "StatefulSet": Access(CHANGE, APPS, ("statefulsets",)),
    "ReplicaSet": Access(CHANGE, APPS, ("replicasets",)),
    "CronJob": Access(CHANGE, BATCH, ("cronjobs",)),
}
_POD_USES = (
    Access(("create", "get"), CORE, ("pods/exec", "pods/attach")),
    Access(CHANGE, CORE, ("pods", "pods/ephemeralcontainers")),
)
_MINT = Access(("create",), CORE, ("serviceaccounts/token",))
_BIND_ROLES = Access(("bind",), RBAC, ("roles",))
_BIND_CLUSTER_ROLES = Access(("bind",), RBAC, ("clusterroles",))


class RightsLinks:
    """The joins of one model; roles that may be bound become assets of their own, one for each scope that they may apply in."""

    def __init__(
        self, builder: ModelBuilder, index: KubernetesIndex, roles: Roles, subjects: Subjects, maker: RightsMaker
    ) -> None:
        self._builder = builder
        self._index = index
        self._roles = roles
        self._subjects = subjects
        self._maker = maker
        self._workloads = WorkloadNames(index)
        self._offered: set[str] = set()

    def join(self, grant: str, role: RoleRules, scope: str) -> None:
        """Join a grant that ``resourceNames`` restrict to the objects it names, in the binding's scope."""
        for rule in role.rules:
            if rule.names:
                self._join_named(grant, rule, scope, self._seen(role, rule))
        self._join_bindable(grant, role, scope)

    def _seen(self, role: RoleRules, rule: Rule) -> tuple[Evidence, ...]:
        basis = Basis.DEFAULTED if rule.source else Basis.OBSERVED
        return (Evidence(role.where(rule), basis, f"resourceNames: {', '.join(rule.names[:5])}", rule.source),)

    def _join_named(self, grant: str, rule: Rule, scope: str, seen: tuple[Evidence, ...]) -> None:
        namespaces = (scope,) if scope else tuple(sorted(self._index.namespaces))
        accounts = self._index.service_accounts
        if rule.allows(Access(READ, CORE, ("secrets",))):
            for secret in _named(rule.names, namespaces, self._index.secrets):
                self._builder.link("NamesSecret", grant, secret, seen)
        if rule.allows(_MINT):
            for account in _named(rule.names, namespaces, accounts):
                self._builder.link("NamesAccount", grant, account, seen)
        if rule.allows(Access(("impersonate",), CORE, ("serviceaccounts",))):
            for account in _named(rule.names, namespaces, accounts):
                self._builder.link("NamesPrincipal", grant, account, seen)
        self._join_workloads(grant, rule, namespaces, seen)
        if not scope:
            self._join_cluster_objects(grant, rule, seen)

    def _join_cluster_objects(self, grant: str, rule: Rule, seen: tuple[Evidence, ...]) -> None:
        if rule.allows_named(Access(CHANGE, CORE, ("namespaces", "namespaces/status"))):
            for name in rule.names:
                if name in self._index.namespaces:
                    self._builder.link("NamesNamespace", grant, namespace_id(name), seen)
        for kind, resource, association in (("User", "users", "NamesPrincipal"), ("Group", "groups", "NamesGroup")):
            if rule.allows(Access(("impersonate",), CORE, (resource,))):
                for name in rule.names:
                    self._builder.link(association, grant, self._subjects.named(kind, name, seen[0].location), seen)

    def _join_workloads(self, grant: str, rule: Rule, namespaces: tuple[str, ...], seen: tuple[Evidence, ...]) -> None:
        """The workloads whose template a rule names, and those of which it names a pod."""
        kinds = {kind for kind, access in _TEMPLATES.items() if rule.allows_named(access)}
        if kinds:
            for name in rule.names:
                for asset in self._workloads.named(namespaces, name, kinds):
                    self._builder.link("NamesWorkload", grant, asset, seen)
        if any(rule.allows_named(access) for access in _POD_USES):
            for name in rule.names:
                for asset in self._workloads.of_pod(namespaces, name):
                    self._builder.link("NamesPodOf", grant, asset, seen)

    # ------------------------------------------------------------------------------------------------------------- bindable roles

    def _join_bindable(self, grant: str, role: RoleRules, scope: str) -> None:
        """Roles that the holder may bind to itself: those named, or all that stand in the namespaces of the scope."""
        write = ("rolebindings",) if scope else ("rolebindings", "clusterrolebindings")
        if not any(rule.allows(Access(WRITE, RBAC, write)) for rule in role.rules):
            return
        wide = any(rule.allows(Access(WRITE, RBAC, ("clusterrolebindings",))) for rule in role.rules)
        local = any(rule.allows(Access(WRITE, RBAC, ("rolebindings",))) for rule in role.rules)
        for rule in role.rules:
            seen = self._seen(role, rule)
            if local and rule.allows(_BIND_ROLES):
                if rule.names:
                    self._join_roles(
                        grant, "Role", rule.names, (scope,) if scope else tuple(sorted(self._index.namespaces)), seen
                    )
                else:
                    self._offer(grant, scope, seen)
            if rule.names and rule.allows(_BIND_CLUSTER_ROLES) and (scope or wide):
                self._join_roles(grant, "ClusterRole", rule.names, (scope,), seen)

    def _join_roles(
        self, grant: str, kind: str, names: tuple[str, ...], scopes: tuple[str, ...], seen: tuple[Evidence, ...]
    ) -> None:
        for scope in scopes:
            for name in names:
                offered = self._bindable((kind, scope if kind == "Role" else "", name), scope, seen)
                if offered and offered != grant:
                    self._builder.link("BindsByName", grant, offered, seen)

    def _offer(self, grant: str, scope: str, seen: tuple[Evidence, ...]) -> None:
        """All Roles of the scope, by way of their namespaces, so that many binders and many roles stay few links."""
        place = namespace_id(scope) if scope else self._index.cluster_id
        self._builder.link("BindsAnyOf", grant, place, seen)
        for key in self._roles.declared:
            if key[0] != "Role" or (scope and key[1] != scope) or key[1] not in self._index.namespaces or key[1] in self._offered:
                continue
            offered = self._bindable(key, key[1], seen)
            if offered:
                self._builder.link("OffersRole", namespace_id(key[1]), offered, seen)
        self._offered |= {scope} if scope else set(self._index.namespaces)

    def _bindable(self, key: RoleKey, scope: str, seen: tuple[Evidence, ...]) -> str:
        """The rights that a role would give its binder in a scope; empty for a role that is nowhere."""
        role = self._roles.find(key, seen[0].location)
        if role is None or not role.rules:
            return ""
        where = f" in {scope}" if scope else ""
        asset = f"kubernetes:RoleGrant:bindable/{scope}/{key[0]}/{key[1]}/{key[2]}"
        if self._builder.has(asset):
            return asset
        return self._maker.make(
            RightsAsset(
                asset,
                f"{role.subject}, once bound{where}",
                role,
                scope,
                role.location,
                (Evidence(role.location, Basis.DEFAULTED if role.builtin else Basis.OBSERVED, role.subject, role.source),),
            )
        )


def _named(names: tuple[str, ...], namespaces: tuple[str, ...], known: Mapping[tuple[str, str], str]) -> list[str]:
    return [known[namespace, name] for namespace in namespaces for name in names if (namespace, name) in known]
