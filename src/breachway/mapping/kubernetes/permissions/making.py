"""Makes the asset of one set of rights: a role, bound in a namespace or across the cluster, with what its rules give."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.controllers.mapping import STEERING
from breachway.mapping.kubernetes.index import namespace_id
from breachway.mapping.kubernetes.judging import PLATFORM
from breachway.mapping.kubernetes.permissions.grant import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.controllers.mapping import Controllers
    from breachway.mapping.kubernetes.index import KubernetesIndex
    from breachway.mapping.kubernetes.permissions.roles import RoleRules, Roles
    from breachway.mapping.kubernetes.permissions.rules import Rule

EVERYBODY = "notForEverybody"
WHOLE = "notEverything"


class RightsAsset(NamedTuple):
    """A set of rights to be made: ``scope`` is the namespace it is bound in, "" for the cluster; unbound ones lead nowhere."""

    asset_id: str
    name: str
    role: RoleRules
    scope: str
    location: Location
    evidence: tuple[Evidence, ...]
    bound: bool = True


class _State(NamedTuple):
    """The state of one defence."""

    defence: str
    probability: float
    evidence: tuple[Evidence, ...]
    keys: tuple[str, ...]


class RightsMaker:
    """Makes the assets."""

    def __init__(self, builder: ModelBuilder, index: KubernetesIndex, roles: Roles, controllers: Controllers) -> None:
        self._builder = builder
        self._index = index
        self._roles = roles
        self._controllers = controllers
        self._states: dict[tuple[str, str, str, str], tuple[_State, ...]] = {}

    def make(self, rights: RightsAsset) -> str:
        """Add the asset with its scope and the state of each of its defences."""
        kind = "RoleGrant" if rights.scope else "ClusterGrant"
        self._builder.asset(
            kind,
            rights.asset_id,
            rights.name,
            platform=PLATFORM,
            boundary=namespace_id(rights.scope) if rights.scope else self._index.cluster_id,
            evidence=rights.evidence,
            facts=(("role", rights.role.name), ("scope", rights.scope or "cluster")) if rights.bound else (),
        )
        if rights.bound:
            self._place(rights)
        self._set_defences(rights)
        return rights.asset_id

    def _place(self, rights: RightsAsset) -> None:
        grant, seen = rights.asset_id, rights.evidence
        if rights.scope:
            self._builder.link("Scoped", grant, namespace_id(rights.scope), seen)
            return
        self._builder.link("Scoped", grant, self._index.cluster_id, seen)
        self._builder.link("ClusterScoped", grant, self._index.cluster_id, seen)
        for pool in self._index.node_pools:
            self._builder.link("OverNodes", grant, pool, seen)

    def _set_defences(self, rights: RightsAsset) -> None:
        role, scope = rights.role, rights.scope
        for state in self._states_of(rights):
            self._builder.defence(rights.asset_id, state.defence, state.probability, state.evidence, weaknesses=state.keys)
        somebody = (Evidence(rights.location, Basis.OBSERVED, "no subject stands for every caller"),)
        self._builder.defence(rights.asset_id, EVERYBODY, 1.0, somebody)
        silent = _silence(rights)
        if rights.bound:
            self._controllers.steer(rights.asset_id, role, scope, silent)
        else:
            nobody = (silent[0]._replace(note="bound to nobody"),)
            for name in STEERING:
                self._builder.defence(rights.asset_id, name, 1.0, nobody)

    def _states_of(self, rights: RightsAsset) -> tuple[_State, ...]:
        """What the rules give; worked out once for each role and sort of scope, unless the evidence stands at the binding."""
        role, scope = rights.role, rights.scope
        if role.builtin or not role.rules:
            return tuple(self._give(rights))
        key = (role.kind, role.namespace, role.name, scope if scope in {"", SYSTEM_NAMESPACE} else "*")
        if key not in self._states:
            self._states[key] = tuple(self._give(rights))
        return self._states[key]

    def _give(self, rights: RightsAsset) -> Iterator[_State]:
        role, scope = rights.role, rights.scope
        silent = _silence(rights)
        whole = tuple(rule for rule in role.rules if rule.everything and not rule.names)
        yield _state(role, WHOLE, whole, silent, "do everything", "rbac-wildcard-all")
        elsewhere = (silent[0]._replace(note="it speaks of kube-system, and the rights end at another namespace"),)
        for entry, rules in self._roles.granted(role, namespaced=bool(scope)):
            if entry.cluster_only and scope:
                continue
            if not entry.applies_in(scope):
                yield _State(entry.defence, 1.0, elsewhere, ())
                continue
            key = entry.weakness or entry.fixed_by
            if entry.defence == "noConfigMapWriting":
                key = "rbac-configmap-write" if scope in {"", SYSTEM_NAMESPACE} or role.builtin else ""
            yield _state(role, entry.defence, rules, silent, entry.title, key)


def _silence(rights: RightsAsset) -> tuple[Evidence, ...]:
    role = rights.role
    basis, source = (Basis.DEFAULTED, role.source) if role.builtin else (Basis.OBSERVED, "")
    place = role.location if role.rules else rights.location
    return (Evidence(place, basis, f"no rule of {role.subject} grants it", source),)


def _state(role: RoleRules, defence: str, rules: tuple[Rule, ...], silent: tuple[Evidence, ...], title: str, key: str) -> _State:
    if rules and all(rule.everything for rule in rules):
        # One edit takes all of it away: of the rule with the wildcards, or of the binding to the built-in role.
        key = "cluster-admin-binding" if role.builtin else "rbac-wildcard-all"
    evidence = said(role, rules, f"may {title}") or silent
    return _State(defence, 0.0 if rules else 1.0, evidence, (key,) if key else ())


def said(role: RoleRules, rules: tuple[Rule, ...], note: str) -> tuple[Evidence, ...]:
    """One piece of evidence a place: rules that the API server brings along share theirs."""
    return tuple(
        dict.fromkeys(
            Evidence(role.where(rule), Basis.DEFAULTED if rule.source else Basis.OBSERVED, f"{role.subject} {note}", rule.source)
            for rule in rules
        )
    )
