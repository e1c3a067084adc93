"""Gatekeeper's constraints by the kinds of its library, with the parameters that open a control again.

Rego is not worked out: a constraint of the library's kind counts as what the library says, unless the input has a template of
that kind which does not name the field.  Constraints of other kinds leave a doubt when their template or parameters name it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.admission.policies.asking import (
    ALWAYS,
    GATEKEEPER_IGNORE,
    Reach,
    Scope,
    by_namespace_labels,
    by_object_labels,
    narrowest,
)
from breachway.mapping.kubernetes.admission.policies.rulings import Ruling
from breachway.mapping.kubernetes.admission.policies.trees import at, glob, mappings, text, texts, words
from breachway.threats.admission_controls import load_gatekeeper_constraints
from breachway.threats.capabilities import load_capabilities, normalise_capability
from breachway.threats.host_paths import classify_host_path

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.admission.policies.asking import Subject
    from breachway.mapping.kubernetes.admission.policies.specimens import Specimen
    from breachway.mapping.kubernetes.admission.policies.trees import Json, PolicyObject

_GROUP = "constraints.gatekeeper.sh"
_WEBHOOK = {"validation.gatekeeper.sh", "*"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """One constraint with the template of its kind, where the input has it, and the processes' exclusions."""

    object: PolicyObject
    template: PolicyObject | None
    configurations: tuple[PolicyObject, ...]
    words: frozenset[str]

    def mentions(self, field: str) -> bool:
        """Whether the constraint is about the field."""
        known = load_gatekeeper_constraints().get(self.object.kind)
        return (known is not None and field == known.control) or any(field in word for word in self.words)

    def scope(self, subject: Subject) -> Scope:
        """How far the constraint reaches into a namespace."""
        match = self.object.at("spec", "match")
        return narrowest(
            self._acts(),
            self._excluded(subject),
            _kinds(match),
            _namespaces(match, subject),
            by_namespace_labels(at(match, "namespaceSelector"), subject),
            by_object_labels(at(match, "labelSelector")),
            _others(match),
        )

    def _acts(self) -> Scope:
        action = text(self.object.at("spec", "enforcementAction"), "deny")
        if action == "scoped":
            for entry in mappings(self.object.at("spec", "scopedEnforcementActions")):
                points = {text(point.get("name")) for point in mappings(entry.get("enforcementPoints"))}
                if entry.get("action") == "deny" and points & _WEBHOOK:
                    return ALWAYS
            return Scope(Reach.NEVER, "none of its scoped actions denies at the webhook")
        return ALWAYS if action == "deny" else Scope(Reach.NEVER, f"its enforcementAction is {action}, which refuses nothing")

    def _excluded(self, subject: Subject) -> Scope:
        if GATEKEEPER_IGNORE in subject.labels:
            return Scope(Reach.NEVER, "the namespace's label admission.gatekeeper.sh/ignore leaves it out")
        for configuration in self.configurations:
            for entry in mappings(configuration.at("spec", "match")):
                named = any(glob(name, subject.name) for name in texts(entry.get("excludedNamespaces")))
                if named and {"*", "webhook"} & set(texts(entry.get("processes"))):
                    return Scope(Reach.NEVER, f"{configuration.title} leaves the namespace out")
        return ALWAYS

    def answer(self, specimen: Specimen) -> Ruling:
        """What the constraint says to a pod that breaks a control."""
        known = load_gatekeeper_constraints().get(self.object.kind)
        if known is None or specimen.control != known.control:
            return Ruling.UNSURE if known is None else Ruling.ADMITTED
        if self.template is not None and known.field not in " ".join(sorted(words(self.template.at("spec", "targets")))):
            return Ruling.UNSURE
        parameters = self.object.at("spec", "parameters")
        if texts(at(parameters, "exemptImages")):
            # Whoever may run an exempt image may also give it another command.
            return Ruling.ADMITTED
        return Ruling.ADMITTED if _opened(known.parameter, parameters) else Ruling.REFUSED


def _opened(parameter: str, parameters: Json) -> bool:
    """Whether the parameter that may open a control again does."""
    given = at(parameters, parameter) if parameter else None
    match parameter:
        case "allowedHostPaths":
            return allows_host_paths(given)
        case "volumes":
            return bool({"hostPath", "*"} & set(texts(given)))
        case "allowedCapabilities":
            return allows_capabilities(texts(given))
        case _:
            return False


def allows_host_paths(allowed: Json) -> bool:
    """Whether a list of path prefixes lets a pod write, or read what is worth it, on its node.

    A prefix that may be mounted to be written counts whatever it is: the documentation of PodSecurityPolicy says that links put
    there lead out of it.  One that may only be mounted read-only counts when what lies there is known to be sensitive.
    """
    for entry in mappings(allowed):
        prefix = text(entry.get("pathPrefix"), "/")
        if entry.get("readOnly") is not True or classify_host_path(prefix):
            return True
    return False


@cache
def _addable() -> frozenset[str]:
    return frozenset(item.name for item in load_capabilities() if item.baseline_addable)


def allows_capabilities(allowed: list[str]) -> bool:
    """Whether a list allows a capability beyond those that the standard "baseline" does."""
    return any(name == "*" or normalise_capability(name) not in _addable() for name in allowed)


# ------------------------------------------------------------------------------------------------------------------------ match


def _kinds(match: Json) -> Scope:
    kinds = mappings(at(match, "kinds"))
    for entry in kinds:
        groups, names = set(texts(entry.get("apiGroups"))) or {"*"}, set(texts(entry.get("kinds"))) or {"*"}
        if {"", "*"} & groups and {"Pod", "*"} & names:
            return ALWAYS
    return Scope(Reach.NEVER, "it does not match Pods") if kinds else ALWAYS


def _namespaces(match: Json, subject: Subject) -> Scope:
    wanted, excluded = texts(at(match, "namespaces")), texts(at(match, "excludedNamespaces"))
    if wanted and not any(glob(name, subject.name) for name in wanted):
        return Scope(Reach.NEVER, "it matches other namespaces")
    if any(glob(name, subject.name) for name in excluded):
        return Scope(Reach.NEVER, "its excludedNamespaces leave the namespace out")
    return Scope(Reach.NEVER, "it matches no object of a namespace") if at(match, "scope") == "Cluster" else ALWAYS


def _others(match: Json) -> Scope:
    if text(at(match, "name")) not in {"", "*"}:
        return Scope(Reach.NEVER, "it matches pods by name, which whoever writes the pod chooses")
    if at(match, "source") == "Generated":
        return Scope(Reach.NEVER, "it is asked about generated pods only")
    return ALWAYS


def constraints(objects: tuple[PolicyObject, ...]) -> tuple[Constraint, ...]:
    """Every constraint among the objects."""
    templates = {
        text(item.at("spec", "crd", "spec", "names", "kind")): item for item in objects if item.kind == "ConstraintTemplate"
    }
    configurations = tuple(item for item in objects if item.kind == "Config" and item.group == "config.gatekeeper.sh")
    found: list[Constraint] = []
    for item in objects:
        if item.group == _GROUP:
            template = templates.get(item.kind)
            spoken = words(item.at("spec", "parameters")) | (words(template.at("spec", "targets")) if template else set())
            found.append(Constraint(object=item, template=template, configurations=configurations, words=frozenset(spoken)))
    return tuple(found)
