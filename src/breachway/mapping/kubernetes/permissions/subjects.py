"""Who the subjects of bindings are, and who is in the groups that the API server knows by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.index import service_account_id
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex
    from breachway.mapping.kubernetes.permissions.builtin_roles import BuiltinSubject
    from breachway.sources.kubernetes.metadata import NamespacedReference
    from breachway.sources.kubernetes.rbac import RoleBinding

PLATFORM = "kubernetes"
SOURCE = "Kubernetes documentation, Authenticating"
_ACCOUNT_USER = "system:serviceaccount:"
_ACCOUNT_GROUP = "system:serviceaccounts"
_EVERYBODY = "system:authenticated"
_NOBODY = ("system:anonymous", "system:unauthenticated")


def user_id(name: str) -> str:
    """The asset id of a user that only the API server's authentication knows."""
    return f"kubernetes:KubernetesUser:{name}"


def group_id(name: str) -> str:
    """The asset id of a group."""
    return f"kubernetes:PrincipalGroup:{name}"


def builtin_subject_id(subject: BuiltinSubject) -> str:
    """The asset id of a subject of a binding that the API server brings along; the asset need not be in the model."""
    match subject.kind:
        case "Group":
            return group_id(subject.name)
        case "ServiceAccount":
            return service_account_id(subject.namespace, subject.name)
        case _:
            return user_id(subject.name)


def _named(binding: RoleBinding) -> str:
    return value_or(binding.metadata.name, "")


class Subjects:
    """Turns subjects of bindings into principals, and at the end puts the members into the groups that were met."""

    def __init__(self, builder: ModelBuilder, index: KubernetesIndex) -> None:
        self._builder = builder
        self._index = index
        self._groups: dict[str, Location] = {}
        self._accounts = {asset: (namespace, name) for (namespace, name), asset in index.service_accounts.items()}

    def resolve(self, subject: NamespacedReference, binding: RoleBinding) -> tuple[str, ...]:
        """Return the asset ids of a subject; a ServiceAccount without a namespace is taken from the binding's own.

        A ClusterRoleBinding has none, and the API server refuses it.
        """
        kind, name = value_or(subject.kind, ""), value_or(subject.name, "")
        if not name:
            return ()
        if kind == "ServiceAccount":
            namespace = value_or(subject.namespace, "")
            if not namespace and binding.kind == "ClusterRoleBinding":
                self._builder.note(f"ClusterRoleBinding {_named(binding)} names ServiceAccount {name} without its namespace")
                return ()
            namespace = namespace or value_or(binding.metadata.namespace, "default")
            return (self._account(namespace, name, subject.location),)
        if kind in {"User", "Group"}:
            return (self.named(kind, name, subject.location),)
        self._builder.note(f"a subject of kind {kind!r} in {binding.kind} {_named(binding)} is not known to the API server")
        return ()

    def named(self, kind: str, name: str, location: Location) -> str:
        """Return the asset of a user or group by its name."""
        seen = (Evidence(location, Basis.OBSERVED, f"{kind} {name}"),)
        if kind == "Group":
            self._groups.setdefault(name, location)
            return self._principal("PrincipalGroup", group_id(name), f"group {name}", seen)
        if name.startswith(_ACCOUNT_USER):
            namespace, _, account = name.removeprefix(_ACCOUNT_USER).partition(":")
            return self._account(namespace, account, location)
        asset = self._principal("KubernetesUser", user_id(name), f"user {name}", seen)
        if name == _NOBODY[0]:
            self._builder.link("AdmitsAnonymous", self._index.cluster_id, asset, seen)
        return asset

    def _account(self, namespace: str, name: str, location: Location) -> str:
        known = self._index.service_accounts.get((namespace, name))
        if known is not None:
            return known
        # A dangling reference: nothing runs as this account yet, but who may create it gets what it is given.
        asset = service_account_id(namespace, name)
        if not self._builder.has(asset):
            self._builder.note(f"ServiceAccount {namespace}/{name} is bound but neither defined nor used in the input")
            seen = (Evidence(location, Basis.OBSERVED, f"bound as a subject; no ServiceAccount {namespace}/{name} in the input"),)
            self._principal("ServiceAccount", asset, f"ServiceAccount {namespace}/{name}", seen)
            self._builder.defence(asset, "cloudRefuses", 1.0, seen)
        self._accounts[asset] = (namespace, name)
        return asset

    def _principal(self, kind: str, asset: str, name: str, seen: tuple[Evidence, ...]) -> str:
        return self._builder.asset(kind, asset, name, platform=PLATFORM, evidence=seen, boundary=self._index.cluster_id)

    def join_groups(self) -> None:
        """Put every known principal into the groups that it belongs to by the API server's own rules."""
        homes: dict[str, list[str]] = {}
        for account, (home, _) in sorted(self._accounts.items()):
            homes.setdefault(home, []).append(account)
        for group, location in sorted(self._groups.items()):
            asset = group_id(group)
            if group in _NOBODY:
                seen = (Evidence(location, Basis.DEFAULTED, f"requests without credentials belong to {group}", SOURCE),)
                self._builder.link("AdmitsAnonymous", self._index.cluster_id, asset, seen)
            elif group in {_EVERYBODY, _ACCOUNT_GROUP} or group.startswith(_ACCOUNT_GROUP + ":"):
                self._add_accounts(group, asset, location, homes)
            if group == _EVERYBODY:
                seen = (Evidence(location, Basis.DEFAULTED, f"every authenticated user belongs to {group}", SOURCE),)
                for user in self._builder.ids_of_kind("KubernetesUser"):
                    if user != user_id(_NOBODY[0]):
                        self._builder.link("MemberOf", user, asset, seen)

    def _add_accounts(self, group: str, asset: str, location: Location, homes: Mapping[str, list[str]]) -> None:
        namespace = group.removeprefix(_ACCOUNT_GROUP + ":") if group.startswith(_ACCOUNT_GROUP + ":") else ""
        seen = (Evidence(location, Basis.DEFAULTED, f"service accounts belong to {group}", SOURCE),)
        for account in homes.get(namespace, ()) if namespace else sorted(self._accounts):
            self._builder.link("MemberOf", account, asset, seen)
