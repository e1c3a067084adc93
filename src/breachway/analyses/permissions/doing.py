"""What somebody may do (B2), in the words of the catalogue of grants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.permissions.standing import Power
from breachway.graph.gates import IN_FORCE
from breachway.mapping.kubernetes.controllers.mapping import ACCOUNTS, PODS, STEERS
from breachway.mapping.kubernetes.permissions.grants import GRANTS

if TYPE_CHECKING:
    from breachway.analyses.permissions.joined_model import JoinedModel
    from breachway.analyses.permissions.standing import Who
    from breachway.mapping.kubernetes.permissions.authorization import Permission
    from breachway.mapping.kubernetes.permissions.rules import Rule
    from breachway.threats.language import Language

_EVERYTHING = "notEverything"
_BY_CONTROLLERS = {
    PODS: "have pods made by a controller",
    ACCOUNTS: "have a controller act as a ServiceAccount of the namespace",
    STEERS: "steer a controller that acts with rights of its own",
}
_NEGATIONS = ("does not allow ", "does not grant ")


def powers_by_rules(permissions: tuple[Permission, ...]) -> tuple[Power, ...]:
    """The dangerous rights that rules give together, those of the whole cluster first.

    What holds in the whole cluster is not repeated for a namespace.
    """
    found: list[Power] = []
    everywhere: set[str] = set()
    by_scope: dict[str, list[Permission]] = {}
    for item in permissions:
        by_scope.setdefault(item.scope, []).append(item)
    for scope in sorted({"", *by_scope}):
        usable = by_scope.get("", []) if not scope else [*by_scope.get("", []), *by_scope[scope]]
        for defence, title, rules in _given(tuple(item.rule for item in usable), scope):
            if defence in everywhere:
                continue
            if not scope:
                everywhere.add(defence)
            evidence = tuple(dict.fromkeys(item.evidence[0] for item in usable if item.rule in rules))
            found.append(Power(title=title, defence=defence, scope=scope, evidence=evidence))
    return tuple(found)


def _given(rules: tuple[Rule, ...], scope: str) -> list[tuple[str, str, tuple[Rule, ...]]]:
    whole = tuple(rule for rule in rules if rule.everything and not rule.names)
    if whole:
        # All the others follow from it, and naming them would bury it.
        return [(_EVERYTHING, "do everything", whole)]
    found = [
        (entry.defence, entry.title, entry.given_by(rules, namespaced=bool(scope))) for entry in GRANTS if entry.applies_in(scope)
    ]
    return [item for item in found if item[2]]


def powers_by_controllers(who: Who, model: JoinedModel) -> tuple[Power, ...]:
    """The rights that are had by writing what a controller obeys, where the model takes the controller to run."""
    groups = {item.asset.id for item in model.from_left("MemberOf", who.principals)}
    held = sorted({*who.principals, *groups})
    grants = {item.asset.id for name in ("Holds", "HoldsAsAnybody") for item in model.from_left(name, held)}
    found: list[Power] = []
    for grant in sorted(item for item in grants if model.assets[item].kind in {"RoleGrant", "ClusterGrant"}):
        if _is_off(model, grant, _EVERYTHING):
            continue
        scope = dict(model.assets[grant].facts).get("scope", "")
        running = {item.asset.name for item in model.from_left("Steers", [grant]) if _is_off(model, item.asset.id, "notRunning")}
        for defence, title in _BY_CONTROLLERS.items():
            state = model.defence(grant, defence)
            if state is None or state.probability >= IN_FORCE or (defence == STEERS and not running):
                continue
            words = f"{title}: {', '.join(sorted(running))}" if defence == STEERS else title
            found.append(Power(title=words, defence=defence, scope="" if scope == "cluster" else scope, evidence=state.evidence))
    return tuple(found)


def _is_off(model: JoinedModel, asset: str, defence: str) -> bool:
    state = model.defence(asset, defence)
    return state is not None and state.probability < IN_FORCE


def powers_by_policies(who: Who, model: JoinedModel, language: Language) -> tuple[Power, ...]:
    """The dangerous rights that policies of a cloud give to the roles that it stands for."""
    titles = {step.name: step.info.title for asset in language.assets if asset.name == "PolicyGrant" for step in asset.steps}
    found: list[Power] = []
    for grant in sorted({item.asset.id for item in model.from_left("Holds", who.principals)}):
        if model.assets[grant].kind != "PolicyGrant":
            continue
        for defence, title in sorted(titles.items()):
            state = model.defence(grant, defence)
            if state is not None and state.probability < IN_FORCE:
                found.append(
                    Power(title=_positive(title), defence=defence, scope=model.assets[grant].name, evidence=state.evidence)
                )
    return tuple(found)


def _positive(title: str) -> str:
    for negation in _NEGATIONS:
        title = title.removeprefix(negation)
    return title
