"""What somebody may do (B2), in the words of the catalogue of grants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.permissions.standing import Power
from breachway.graph.gates import IN_FORCE
from breachway.mapping.kubernetes.rbac_rules import GRANTS

if TYPE_CHECKING:
    from breachway.analyses.permissions.joined_model import JoinedModel
    from breachway.analyses.permissions.standing import Who
    from breachway.mapping.kubernetes.authorization import Permission
    from breachway.mapping.kubernetes.rbac_rules import Rule
    from breachway.threats.language import Language

_EVERYTHING = "notEverything"
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
        for defence, title, rules in _given(tuple(item.rule for item in usable), namespaced=bool(scope)):
            if defence in everywhere:
                continue
            if not scope:
                everywhere.add(defence)
            evidence = tuple(dict.fromkeys(item.evidence[0] for item in usable if item.rule in rules))
            found.append(Power(title=title, defence=defence, scope=scope, evidence=evidence))
    return tuple(found)


def _given(rules: tuple[Rule, ...], *, namespaced: bool) -> list[tuple[str, str, tuple[Rule, ...]]]:
    whole = tuple(rule for rule in rules if rule.everything and not rule.names)
    if whole:
        # All the others follow from it, and naming them would bury it.
        return [(_EVERYTHING, "do everything", whole)]
    found = [(entry.defence, entry.title, entry.given_by(rules, namespaced=namespaced)) for entry in GRANTS]
    return [item for item in found if item[2]]


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
