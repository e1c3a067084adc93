"""Which pods a rule of Kyverno is asked about, and what it does then: match, exclude, failure actions and their overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.admission.policies.asking import (
    ALWAYS,
    Reach,
    Scope,
    by_namespace_labels,
    narrowest,
    widest,
)
from breachway.mapping.kubernetes.admission.policies.trees import at, glob, is_empty_selector, mappings, text, texts

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.admission.policies.asking import Subject
    from breachway.mapping.kubernetes.admission.policies.trees import Json, PolicyObject

_WHO = ("subjects", "roles", "clusterRoles")
_EVERY = {"*", "?*"}


def rule_scope(policy: PolicyObject, rule: dict[str, Json], subject: Subject) -> Scope:
    """How far a rule reaches into a namespace, as one that refuses."""
    if policy.kind == "Policy" and policy.namespace != subject.name:
        return Scope(Reach.NEVER, "it belongs to another namespace")
    if policy.at("spec", "admission") is False:
        return Scope(Reach.NEVER, "it is not asked at admission")
    return narrowest(
        _acts(policy, rule, subject),
        _matched(rule.get("match"), subject),
        _spared(rule.get("exclude"), subject),
        _first_only(policy, rule),
        _conditions(policy),
    )


def _first_only(policy: PolicyObject, rule: dict[str, Json]) -> Scope:
    rules = mappings(policy.at("spec", "rules"))
    if policy.at("spec", "applyRules") == "One" and rules and rules[0] is not rule:
        return Scope(Reach.PERHAPS, "applyRules: One asks only the first rule that matches")
    return ALWAYS


def _conditions(policy: PolicyObject) -> Scope:
    if mappings(policy.at("spec", "webhookConfiguration", "matchConditions")):
        return Scope(Reach.PERHAPS, "its webhook has match conditions")
    return ALWAYS


def _acts(policy: PolicyObject, rule: dict[str, Json], subject: Subject) -> Scope:
    """Whether the action is to refuse.  A rule's own action (since Kyverno 1.13) goes before that of the policy."""
    own = at(rule, "validate", "failureAction")
    overrides = at(rule, "validate", "failureActionOverrides") if own is not None else None
    action = text(own if own is not None else policy.at("spec", "validationFailureAction"), "Audit")
    doubt = ALWAYS
    for override in mappings(overrides or policy.at("spec", "validationFailureActionOverrides")):
        names = texts(override.get("namespaces"))
        if names and not any(glob(name, subject.name) for name in names):
            continue
        scope = by_namespace_labels(override.get("namespaceSelector"), subject)
        if scope.reach is Reach.PERHAPS:
            doubt = scope
        elif scope.reach is Reach.ALWAYS:
            action = text(override.get("action"), action)
            break
    if action.lower() != "enforce":
        return Scope(Reach.NEVER, f"its action is {action}, which refuses nothing")
    return doubt


# ------------------------------------------------------------------------------------------------------------------------ match


def _filters(block: Json) -> tuple[list[dict[str, Json]], list[dict[str, Json]]]:
    """The filters of which any must fit, and those of which all must; the old form is one filter."""
    if not isinstance(block, dict):
        return [], []
    if "any" in block or "all" in block:
        return mappings(block.get("any")), mappings(block.get("all"))
    return [], [block]


def _matched(block: Json, subject: Subject) -> Scope:
    some, every = _filters(block)
    if not some and not every:
        return Scope(Reach.NEVER, "it matches nothing")
    scopes = [_taken(item, subject) for item in every]
    if some:
        scopes.append(widest([_taken(item, subject) for item in some]))
    return narrowest(*scopes)


def _taken(item: dict[str, Json], subject: Subject) -> Scope:
    resources = item.get("resources")
    names = [*texts(at(resources, "names")), *([text(at(resources, "name"))] if at(resources, "name") else [])]
    if not _names_pods(texts(at(resources, "kinds"))):
        return Scope(Reach.NEVER, "it does not match Pods")
    if names and not _EVERY & set(names):
        return Scope(Reach.NEVER, "it matches pods by name, which whoever writes the pod chooses")
    if not is_empty_selector(at(resources, "selector")) or at(resources, "annotations"):
        return Scope(Reach.NEVER, "it matches pods by labels or annotations, which whoever writes the pod chooses")
    if not _creates(resources):
        return Scope(Reach.NEVER, "it is not asked about new pods")
    if not _in_namespaces(resources, subject):
        return Scope(Reach.NEVER, "it matches other namespaces")
    who = Scope(Reach.PERHAPS, "it matches certain users only") if any(item.get(key) for key in _WHO) else ALWAYS
    return narrowest(by_namespace_labels(at(resources, "namespaceSelector"), subject), who)


def _names_pods(kinds: list[str]) -> bool:
    """Whether kinds such as Pod or v1/Pod, or patterns of such, name pods; a subresource (Pod/exec) is none."""
    return any(glob(kind.rsplit("/", 1)[-1], "Pod") for kind in kinds if kind.count("/") <= 2)  # noqa: PLR2004 - group/version/kind


def _creates(resources: Json) -> bool:
    operations = texts(at(resources, "operations"))
    return not operations or bool({"CREATE", "*"} & set(operations))


def _in_namespaces(resources: Json, subject: Subject) -> bool:
    names = texts(at(resources, "namespaces"))
    return not names or any(glob(name, subject.name) for name in names)


# ---------------------------------------------------------------------------------------------------------------------- exclude


def _spared(block: Json, subject: Subject) -> Scope:
    """What an exclusion leaves: one by names, labels or annotations is open to whoever writes the pod."""
    some, every = _filters(block)
    scopes = [_left(item, subject) for item in some]
    if every and (together := [_left(item, subject) for item in every]):
        scopes.append(widest(together))
    return narrowest(*scopes)


def _left(item: dict[str, Json], subject: Subject) -> Scope:
    resources = item.get("resources")
    kinds = texts(at(resources, "kinds"))
    selected = by_namespace_labels(at(resources, "namespaceSelector"), subject)
    if (kinds and not _names_pods(kinds)) or not _creates(resources) or not _in_namespaces(resources, subject):
        return ALWAYS
    if selected.reach is Reach.NEVER:
        return ALWAYS
    if any(item.get(key) for key in _WHO):
        return Scope(Reach.PERHAPS, "it leaves certain users out")
    if not isinstance(resources, dict) or not resources:
        return ALWAYS
    if selected.reach is Reach.PERHAPS:
        return Scope(Reach.PERHAPS, "it may leave the namespace out")
    return Scope(Reach.NEVER, "its exclude leaves pods of the namespace out")


def excepts(block: Json, subject: Subject) -> bool:
    """Whether the match of an exception may take pods of the namespace in."""
    return _spared(block, subject).reach is not Reach.ALWAYS
