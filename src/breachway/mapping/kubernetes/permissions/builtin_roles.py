"""Roles and bindings that every API server creates by itself, for what the input lacks of them.

They are those of the bootstrap policy (``plugin/pkg/auth/authorizer/rbac/bootstrappolicy``) of each minor version from 1.20 to
1.35, as the tables beside this module give them; an older version counts as the first, a newer one as the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.kubernetes.versions import KubernetesVersion, parse_version
from breachway.threats.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIRST = KubernetesVersion(1, 20)
_LAST = KubernetesVersion(1, 35)
_PACKAGE = "breachway.mapping.kubernetes.permissions"
_LABEL = "rbac.authorization.k8s.io/"
_BOOTSTRAPPED = ("kubernetes.io/bootstrapping", "rbac-defaults")

RoleKey = tuple[str, str, str]
"""Kind, namespace ("" for a ClusterRole) and name."""


class BuiltinRule(NamedTuple):
    """The lists of a rule."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    names: tuple[str, ...]
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinRole:
    """A role.  The rules of every ClusterRole that has one of the labels ``aggregates`` ("true") flow into it."""

    rules: tuple[BuiltinRule, ...]
    labels: tuple[tuple[str, str], ...]
    aggregates: tuple[str, ...]


class BuiltinSubject(NamedTuple):
    """A subject of a binding; ``namespace`` is empty unless it is a ServiceAccount."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinBinding:
    """A binding, in ``namespace`` or ("") in the cluster."""

    kind: str
    namespace: str
    name: str
    role: RoleKey
    subjects: tuple[BuiltinSubject, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapPolicy:
    """What one minor version creates.  ``source`` names it for evidence."""

    source: str
    roles: Mapping[RoleKey, BuiltinRole]
    bindings: tuple[BuiltinBinding, ...]


def bootstrap_policy(version: KubernetesVersion) -> BootstrapPolicy:
    """The policy of a minor version, or of the nearest one that is known."""
    return _policy(min(max(KubernetesVersion(version.major, version.minor), _FIRST), _LAST))


@cache
def _policy(version: KubernetesVersion) -> BootstrapPolicy:
    rules: dict[RoleKey, list[BuiltinRule]] = {}
    for row in _rows("builtin_rules.tsv", version):
        groups = tuple("" if group == "-" else group for group in _items(row["groups"]))
        rule = BuiltinRule(
            _items(row["verbs"]), groups, _items(row["resources"]), _items(row["resource_names"]), _items(row["urls"])
        )
        rules.setdefault(_key(row), []).append(rule)
    roles = {
        _key(row): BuiltinRole(
            rules=tuple(rules.get(_key(row), ())),
            labels=(_BOOTSTRAPPED, *((_LABEL + label, "true") for label in _items(row["labels"]))),
            aggregates=tuple(_LABEL + label for label in _items(row["aggregates"])),
        )
        for row in _rows("builtin_roles.tsv", version)
    }
    bindings = tuple(_binding(row) for row in _rows("builtin_bindings.tsv", version))
    return BootstrapPolicy(source=f"Kubernetes {version.text} bootstrap policy", roles=roles, bindings=bindings)


def _rows(table: str, version: KubernetesVersion) -> list[dict[str, str]]:
    return [
        row
        for row in read_table(table, _PACKAGE)
        if (parse_version(row["since"]) or _FIRST) <= version <= (parse_version(row["until"]) or _LAST)
    ]


def _key(row: dict[str, str]) -> RoleKey:
    return (row["kind"], row["namespace"], row["name"])


def _items(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _binding(row: dict[str, str]) -> BuiltinBinding:
    namespace = row["namespace"] if row["role_kind"] == "Role" else ""
    subjects: list[BuiltinSubject] = []
    for subject in row["subjects"].split():
        kind, _, name = subject.partition(":")
        home, slash, account = name.partition("/")
        subjects.append(BuiltinSubject(kind, home, account) if slash else BuiltinSubject(kind, "", name))
    return BuiltinBinding(
        kind=row["kind"],
        namespace=row["namespace"],
        name=row["name"],
        role=(row["role_kind"], namespace, row["role"]),
        subjects=tuple(subjects),
    )


def group_of(resource: str, version: KubernetesVersion) -> str:
    """The API group in which the built-in roles know a resource; the core group ("") for one that they do not know."""
    groups = {
        group
        for role in bootstrap_policy(version).roles.values()
        for rule in role.rules
        if resource in rule.resources
        for group in rule.groups
    }
    # The group that held workloads and ingresses before they moved.
    return "" if "" in groups else min(groups - {"*", "extensions"}, default="")
