"""The controllers of a cluster that obey custom resources, and who may steer them by writing these.

What a controller does for an author is known as well as the controller is: one whose workload is in the input runs; one whose
resources are (their definition, or one of them) most likely runs; of any other only a role that names its API group tells, and
that it runs is an assumption.  A controller acts with the rights that the input gives its account; only where the input holds
no binding of that account does the documented default count, as an assumption.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers.grounds import Belief, Finding, believe, defaulted, observed, settle
from breachway.mapping.kubernetes.controllers.limits import application_namespaces, bounds, secret_store_namespaces
from breachway.mapping.kubernetes.controllers.sightings import Sighting, Sightings
from breachway.mapping.kubernetes.index import namespace_id
from breachway.mapping.kubernetes.judging import PLATFORM
from breachway.mapping.kubernetes.permissions.rules import WRITE, Access
from breachway.threats.controllers import ControllerInfo, Gain, Reach, load_controllers

if TYPE_CHECKING:
    from breachway.evidence import Evidence
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex
    from breachway.mapping.kubernetes.permissions.roles import RoleRules
    from breachway.mapping.kubernetes.permissions.rules import Rule
    from breachway.sources.kubernetes.objects import KubernetesObject

PODS, ACCOUNTS, STEERS = "noPodMakingResources", "noAccountBorrowing", "noControllerSteering"
STEERING = (PODS, ACCOUNTS, STEERS)
SOURCE = "table of controllers"
_FED = ("flux-kustomize", "flux-helm")
_LIKELY, _POSSIBLE, _POWERFUL = 0.9, 0.3, 0.8


class Write(NamedTuple):
    """Rules that let a role write what a controller obeys."""

    info: ControllerInfo
    rules: tuple[Rule, ...]


class Controllers:
    """The controllers of one model; each becomes an asset when somebody may steer it."""

    def __init__(self, builder: ModelBuilder, things: tuple[KubernetesObject, ...], index: KubernetesIndex) -> None:
        self._builder = builder
        self._index = index
        self._things = things
        self._sightings = Sightings(things, index)
        self._by_group: dict[str, list[ControllerInfo]] = {}
        for info in load_controllers():
            self._by_group.setdefault(info.group, []).append(info)
        self._present = tuple(info for info in load_controllers() if self._sightings.of(info) is not None)
        self._writes: dict[tuple[str, str, str], tuple[Write, ...]] = {}
        self._made: dict[str, ControllerInfo] = {}

    # ------------------------------------------------------------------------------------------------------------------ rights

    def steer(self, grant: str, role: RoleRules, scope: str, silent: tuple[Evidence, ...]) -> None:
        """Say of a set of rights what it gives by way of controllers, and join it to those that it steers."""
        for name in STEERING:
            self._builder.defence(grant, name, 1.0, silent)
        for write in self._writes_of(role):
            if self._counts(write.info, scope):
                self._give(grant, role, scope, write)

    def _writes_of(self, role: RoleRules) -> tuple[Write, ...]:
        key = (role.kind, role.namespace, role.name)
        if key not in self._writes:
            found: dict[str, Write] = {}
            for rule in role.rules:
                for info in self._touched(rule):
                    if _may_write(rule, info):
                        known = found.get(info.key)
                        found[info.key] = Write(info, (*(known.rules if known else ()), rule))
            self._writes[key] = tuple(found[name] for name in sorted(found))
        return self._writes[key]

    def _touched(self, rule: Rule) -> tuple[ControllerInfo, ...]:
        """The controllers whose groups a rule names; with a wildcard, those that the input shows."""
        if "*" in rule.groups:
            return self._present
        return tuple(info for group in sorted(rule.groups) for info in self._by_group.get(group, ()))

    def _counts(self, info: ControllerInfo, scope: str) -> bool:
        match info.reach:
            case Reach.CLUSTER:
                return not scope
            case Reach.OWN:
                sighting = self._sightings.of(info)
                home = sighting.entry.namespace if sighting is not None and sighting.entry is not None else info.namespace
                return not scope or scope == home or scope in application_namespaces(info, sighting)
            case Reach.ANYWHERE:
                return True

    def _give(self, grant: str, role: RoleRules, scope: str, write: Write) -> None:
        info = write.info
        if info.gain is Gain.FEED:
            self._feed(grant, role, scope, write)
            return
        if info.gain is Gain.PODS:
            self._off(grant, PODS, role, write, self._presence(info), "rbac-create-workloads")
            return
        self._off(grant, STEERS, role, write, None, "")
        self._builder.link("Steers", grant, self._controller(info), _words(role, write))
        limit = bounds(info, self._sightings.of(info), self._things)
        if info.gain is Gain.APPLY and limit.as_account:
            self._off(grant, ACCOUNTS, role, write, self._presence(info), "")

    def _feed(self, grant: str, role: RoleRules, scope: str, write: Write) -> None:
        """A source counts where there is one that those who apply may already take from."""
        if not self._sightings.has_objects(write.info.group, scope):
            return
        for info in load_controllers():
            if info.key in _FED and self._sightings.of(info) is not None:
                self._off(grant, STEERS, role, write, None, "")
                self._builder.link("Steers", grant, self._controller(info), _words(role, write))

    def _off(self, grant: str, defence: str, role: RoleRules, write: Write, presence: Finding | None, key: str) -> None:
        if all(rule.everything for rule in write.rules):
            key = "cluster-admin-binding" if role.builtin else "rbac-wildcard-all"
        evidence = _words(role, write)
        if presence is not None:
            evidence = (*evidence, *presence.evidence)
        probability = presence.probability if presence is not None else 0.0
        assumption = presence.assumption if presence is not None else ""
        keys = (key,) if key else ()
        self._builder.defence(grant, defence, probability, evidence, weaknesses=keys, assumption=assumption)

    # ------------------------------------------------------------------------------------------------------------------- assets

    def _presence(self, info: ControllerInfo) -> Finding:
        """The state of the defence that no such controller runs."""
        sighting = self._sightings.of(info)
        if sighting is not None and sighting.entry is not None:
            return Finding(0.0, observed(sighting.location, f"{info.title} runs as {sighting.entry.subject}"))
        likely = sighting is not None
        why = "its resources are in the input" if likely else "a role names its resources"
        belief = Belief(
            f"controller-runs-{info.key}",
            f"{info.title} runs in the cluster and obeys {', '.join(info.plurals)}",
            _LIKELY if likely else _POSSIBLE,
            f"judgement: {why}, and its workload is not in the input",
            "the cluster",
            defence_on=False,
        )
        return believe(self._builder, belief, sighting.location if sighting is not None else self._index.location)

    def _controller(self, info: ControllerInfo) -> str:
        asset = f"kubernetes:Controller:{info.key}"
        if info.key in self._made:
            return asset
        self._made[info.key] = info
        sighting = self._sightings.of(info)
        presence = self._presence(info)
        home = sighting.entry.asset_id if sighting is not None and sighting.entry is not None else self._index.cluster_id
        facts = (("obeys", f"{', '.join(info.plurals)} of {info.group}"), ("fields", ", ".join(info.fields)))
        self._builder.asset(
            "Controller", asset, info.title, platform=PLATFORM, evidence=presence.evidence, boundary=home, facts=facts
        )
        limit = bounds(info, sighting, self._things)
        settle(self._builder, asset, {"notRunning": presence, "bounded": limit.finding})
        self._join(asset, info, sighting)
        return asset

    def _join(self, asset: str, info: ControllerInfo, sighting: Sighting | None) -> None:
        place = sighting.location if sighting is not None else self._index.location
        seen = defaulted(place, info.note, SOURCE)
        account = sighting.entry.service_account_id if sighting is not None and sighting.entry is not None else ""
        match info.gain:
            case Gain.APPLY if account:
                self._builder.link("ObeysAs", asset, account, seen)
            case Gain.CLOUD if account:
                self._builder.link("ObeysInCloudAs", asset, account, seen)
            case Gain.SECRETS:
                self._builder.link("ReadsSecretsOf", asset, self._index.cluster_id, seen)
            case Gain.STORES:
                for namespace, found in secret_store_namespaces(self._things):
                    if namespace in self._index.namespaces:
                        self._builder.link("ReadsSecretsOf", asset, namespace_id(namespace), found)
            case Gain.NODES:
                for pool in self._index.node_pools:
                    self._builder.link("MakesNodes", asset, pool, seen)
            case Gain.EXCEPTIONS:
                self._builder.link("ExceptsIn", asset, self._index.cluster_id, seen)
            case Gain.DISTURB:
                self._builder.link("Disturbs", asset, self._index.cluster_id, seen)
            case Gain.APPLY | Gain.CLOUD | Gain.PODS | Gain.FEED | Gain.HINT:
                pass

    def settle_powers(self, held: set[str]) -> None:
        """Say of each controller whether its documented default counts; ``held`` are the principals that bindings name."""
        for info in self._made.values():
            asset = f"kubernetes:Controller:{info.key}"
            sighting = self._sightings.of(info)
            place = sighting.location if sighting is not None else self._index.location
            account = sighting.entry.service_account_id if sighting is not None and sighting.entry is not None else ""
            if info.gain is not Gain.APPLY or not info.administers:
                found = Finding(1.0, defaulted(place, "its documented installation does not make it cluster-admin", SOURCE))
            elif account in held:
                found = Finding(1.0, observed(place, "what its account may do is in the input"))
            else:
                found = believe(self._builder, _default_power(info), place)
                self._builder.link("HasPowerOver", asset, self._index.cluster_id, found.evidence)
            settle(self._builder, asset, {"noDefaultPower": found})


def _default_power(info: ControllerInfo) -> Belief:
    return Belief(
        f"controller-administers-{info.key}",
        f"the account of {info.title} is bound to cluster-admin, as its documented installation does",
        _POWERFUL,
        "judgement: most installations keep the documented roles, and the input holds no binding of the account",
        "the cluster",
        defence_on=False,
    )


def _may_write(rule: Rule, info: ControllerInfo) -> bool:
    wanted = Access(WRITE, info.group, info.plurals)
    return rule.allows_named(wanted) if rule.names else rule.allows(wanted)


def _words(role: RoleRules, write: Write) -> tuple[Evidence, ...]:
    note = f"{role.subject} may write {write.info.plurals[0]} of {write.info.group}"
    found: dict[Evidence, None] = {}
    for rule in write.rules:
        made = defaulted(role.where(rule), note, rule.source) if rule.source else observed(rule.location, note)
        found.update(dict.fromkeys(made))
    return tuple(found)
