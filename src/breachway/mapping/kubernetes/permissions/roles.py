"""The roles of a cluster with their rules: those of the input, those that every API server brings along, and aggregation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location
from breachway.mapping.kubernetes.declared import labels_of, name_of, namespace_of
from breachway.mapping.kubernetes.permissions.builtin_roles import bootstrap_policy
from breachway.mapping.kubernetes.permissions.grants import GRANTS
from breachway.mapping.kubernetes.permissions.rules import Rule
from breachway.mapping.kubernetes.selectors import matches
from breachway.sources.kubernetes.rbac import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.mapping.kubernetes.permissions.builtin_roles import BuiltinBinding, BuiltinRole, RoleKey
    from breachway.mapping.kubernetes.permissions.grant import Grant
    from breachway.mapping.kubernetes.versions import KubernetesVersion
    from breachway.sources.kubernetes.objects import KubernetesObject

CLUSTER_ROLE = "ClusterRole"
_NOWHERE = Location("", "", 0, 0)


class Granted(NamedTuple):
    """An entry of the catalogue, and the rules that together give it (none: it is not given)."""

    entry: Grant
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRules:
    """A role with its rules, the aggregated ones included.

    ``source`` is empty for a role of the input; for one that only the API server brings along it names where that is written.
    """

    kind: str
    namespace: str
    name: str
    rules: tuple[Rule, ...]
    location: Location
    source: str = ""

    @property
    def builtin(self) -> bool:
        """Whether the input does not hold the role itself."""
        return bool(self.source)

    def where(self, rule: Rule) -> Location:
        """The place that gives a rule: its own, or of what leads to a rule that the API server brings along."""
        return self.location if rule.source else rule.location

    @property
    def subject(self) -> str:
        """The role as a person names it."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Roles:
    """Every role that a binding may refer to.

    ``declared`` are the keys of the roles of the input; ``repeated`` of those defined more than once, of which the last counts.
    Where nobody stated the version (``version_known``), what some version allows counts.
    """

    def __init__(self, objects: Iterable[KubernetesObject], version: KubernetesVersion, *, version_known: bool = True) -> None:
        self._version = version if version_known else None
        self._roles: dict[RoleKey, Role] = {}
        repeated: dict[RoleKey, None] = {}
        for role in objects:
            if isinstance(role, Role):
                key = (role.kind, "" if role.kind == CLUSTER_ROLE else namespace_of(role.metadata), name_of(role.metadata))
                if key in self._roles:
                    repeated[key] = None
                self._roles[key] = role
        self.repeated = tuple(repeated)
        self._policy = bootstrap_policy(version)
        self._labels = {key: dict(role.labels) for key, role in self._policy.roles.items() if key not in self._roles}
        self._labels |= {key: dict(labels_of(role.metadata)) for key, role in self._roles.items()}
        self._found: dict[RoleKey, tuple[Rule, ...]] = {}
        self._granted: dict[tuple[RoleKey, bool], tuple[Granted, ...]] = {}
        self._parts: dict[RoleKey, tuple[RoleKey, ...]] = {}
        self._own: dict[RoleKey, tuple[Rule, ...]] = {}

    @property
    def declared(self) -> tuple[RoleKey, ...]:
        """The keys of the roles of the input, in its order."""
        return tuple(self._roles)

    @property
    def builtin_bindings(self) -> tuple[BuiltinBinding, ...]:
        """The bindings that every API server of the version creates by itself."""
        return self._policy.bindings

    @property
    def source(self) -> str:
        """What the rules of built-in roles rest on."""
        return self._policy.source

    def find(self, key: RoleKey, referred: Location) -> RoleRules | None:
        """The role, or None when neither the input nor the API server has it; ``referred`` is where it is asked for."""
        role = self._roles.get(key)
        if role is None and key not in self._policy.roles:
            return None
        if key not in self._found:
            self._found[key] = self._rules(key)
        place, source = (role.location, "") if role is not None else (referred, self.source)
        kind, namespace, name = key
        return RoleRules(kind=kind, namespace=namespace, name=name, rules=self._found[key], location=place, source=source)

    def granted(self, role: RoleRules, *, namespaced: bool) -> tuple[Granted, ...]:
        """Each entry of the catalogue of grants, with the rules that give it where the role is bound; worked out once a role."""
        key = ((role.kind, role.namespace, role.name), namespaced)
        if key not in self._granted:
            self._granted[key] = tuple(
                Granted(entry, entry.given_by(role.rules, namespaced=namespaced, version=self._version)) for entry in GRANTS
            )
        return self._granted[key]

    def _rules(self, key: RoleKey) -> tuple[Rule, ...]:
        """The union of what flows into a role: an aggregated one has the rules of the parts of its parts, too."""
        rules: dict[Rule, None] = {}
        waiting, seen = [key], {key}
        while waiting:
            current = waiting.pop(0)
            parts = self._parts_of(current)
            if not self._is_overwritten(current, parts):
                rules.update(dict.fromkeys(self._own_rules(current)))
            for part in parts:
                if part not in seen:
                    seen.add(part)
                    waiting.append(part)
        return tuple(rules)

    def _is_overwritten(self, key: RoleKey, parts: tuple[RoleKey, ...]) -> bool:
        """Whether the controller replaces a role's own rules by those of its parts.

        It always does.  But a dump shows the outcome, and where parts are missing from it, the outcome is all there is.
        """
        return bool(parts) and all(part in self._roles for part in parts) and key in self._roles

    def _own_rules(self, key: RoleKey) -> tuple[Rule, ...]:
        if key not in self._own:
            role = self._roles.get(key)
            self._own[key] = (
                tuple(Rule.of(rule) for rule in role.rules or ())
                if role is not None
                else _builtin_rules(self._policy.roles[key], self.source)
            )
        return self._own[key]

    def _parts_of(self, key: RoleKey) -> tuple[RoleKey, ...]:
        if not self._aggregates(key):
            return ()
        if key not in self._parts:
            self._parts[key] = tuple(
                other for other in sorted(self._labels) if other[0] == CLUSTER_ROLE and other != key and self._selects(key, other)
            )
        return self._parts[key]

    def _aggregates(self, key: RoleKey) -> bool:
        role = self._roles.get(key)
        if role is None:
            return bool(self._policy.roles[key].aggregates)
        return key[0] == CLUSTER_ROLE and role.aggregation_rule is not None

    def _selects(self, key: RoleKey, other: RoleKey) -> bool:
        role, labels = self._roles.get(key), self._labels[other]
        if role is None:
            return any(labels.get(label) == "true" for label in self._policy.roles[key].aggregates)
        rule = role.aggregation_rule
        return rule is not None and any(matches(selector, labels) for selector in rule.cluster_role_selectors)


def _builtin_rules(role: BuiltinRole, source: str) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            frozenset(rule.verbs),
            frozenset(rule.groups),
            frozenset(rule.resources),
            rule.names,
            _NOWHERE,
            frozenset(rule.urls),
            source,
        )
        for rule in role.rules
    )
