"""Policies whose rules are expressions: those of the API server itself, and Kyverno's of the same shape.

A ValidatingAdmissionPolicy does nothing without a binding whose actions hold Deny.  It is served by default since Kubernetes 1.30
(admissionregistration.k8s.io/v1); 1.26 to 1.29 have it behind a gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.admission.policies.asking import (
    ALWAYS,
    Reach,
    Scope,
    by_namespace_labels,
    by_object_labels,
    creates_pods,
    narrowest,
    spares_pods,
    widest,
)
from breachway.mapping.kubernetes.admission.policies.cel_evaluation import Evaluation
from breachway.mapping.kubernetes.admission.policies.rulings import EvaluationError, Ruling, Unsupported
from breachway.mapping.kubernetes.admission.policies.trees import at, mappings, text, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.mapping.kubernetes.admission.policies.asking import Subject
    from breachway.mapping.kubernetes.admission.policies.trees import Json, PolicyObject
    from breachway.mapping.kubernetes.versions import KubernetesVersion

_BY_DEFAULT = (1, 30)
_GATED = (1, 26)


@dataclass(frozen=True, slots=True, kw_only=True)
class CelRules:
    """Expressions that a pod must meet, with the conditions under which they are asked.

    ``fails_closed`` tells that an error refuses the pod.  ``params`` is the object of parameters, where the input has it.
    """

    validations: tuple[str, ...]
    conditions: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    fails_closed: bool
    params: Mapping[str, Json] | None
    parameterised: bool

    @property
    def asks_namespace(self) -> bool:
        """Whether the answer may differ between namespaces."""
        return any("namespace" in item for item in (*self.validations, *self.conditions, *(value for _, value in self.variables)))

    def answer(self, pod: dict[str, Json], subject: Subject) -> Ruling:
        """What the rules say to a new pod of a namespace."""
        evaluation = Evaluation(self._variables(pod, subject), self.variables)
        met = self._met(evaluation)
        if met is not None:
            return met
        found = [self._validated(evaluation, expression) for expression in self.validations]
        return next((ruling for ruling in (Ruling.REFUSED, Ruling.UNSURE) if ruling in found), Ruling.ADMITTED)

    def _met(self, evaluation: Evaluation) -> Ruling | None:
        """The ruling where the conditions decide, None where the rules are asked."""
        troubled = unsure = False
        for expression in self.conditions:
            try:
                if not evaluation.holds(expression):
                    return Ruling.ADMITTED
            except EvaluationError:
                troubled = True
            except Unsupported:
                unsure = True
        if unsure:
            return Ruling.UNSURE
        if troubled:
            return Ruling.REFUSED if self.fails_closed else Ruling.ADMITTED
        return None

    def _validated(self, evaluation: Evaluation, expression: str) -> Ruling:
        try:
            return Ruling.ADMITTED if evaluation.holds(expression) else Ruling.REFUSED
        except EvaluationError:
            return Ruling.REFUSED if self.fails_closed else Ruling.ADMITTED
        except Unsupported:
            return Ruling.UNSURE

    def _variables(self, pod: dict[str, Json], subject: Subject) -> dict[str, Json]:
        metadata = pod.get("metadata")
        placed: dict[str, Json] = {**(metadata if isinstance(metadata, dict) else {}), "namespace": subject.name}
        found: dict[str, Json] = {
            "object": {**pod, "metadata": placed},
            "oldObject": None,
            "request": {
                "operation": "CREATE",
                "namespace": subject.name,
                "name": "specimen",
                "kind": {"group": "", "version": "v1", "kind": "Pod"},
                "resource": {"group": "", "version": "v1", "resource": "pods"},
                "subResource": "",
                "dryRun": False,
            },
        }
        if subject.declared and not subject.relabelled:
            labels: dict[str, Json] = dict(subject.labels)
            found["namespaceObject"] = {"metadata": {"name": subject.name, "labels": labels}}
        if self.params is not None:
            found["params"] = dict(self.params)
        elif not self.parameterised:
            found["params"] = None
        return found


def rules_of(spec: Json, *, expressions: Json, conditions: Json, params: Mapping[str, Json] | None) -> CelRules:
    """The rules of a policy from the parts where its kind keeps them."""
    return CelRules(
        validations=tuple(text(item.get("expression")) for item in mappings(expressions)),
        conditions=tuple(text(item.get("expression")) for item in mappings(conditions)),
        variables=tuple((text(item.get("name")), text(item.get("expression"))) for item in mappings(at(spec, "variables"))),
        fails_closed=at(spec, "failurePolicy") != "Ignore",
        params=params,
        parameterised=bool(at(spec, "paramKind")),
    )


def constraint_scope(constraints: Json, subject: Subject) -> Scope:
    """What ``matchConstraints`` of a policy, or ``matchResources`` of a binding with rules, leave of a namespace's pods."""
    return narrowest(
        creates_pods(at(constraints, "resourceRules")),
        spares_pods(at(constraints, "excludeResourceRules")),
        by_namespace_labels(at(constraints, "namespaceSelector"), subject),
        by_object_labels(at(constraints, "objectSelector")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CelPolicy:
    """One policy with what binds it."""

    object: PolicyObject
    rules: CelRules
    bindings: tuple[PolicyObject, ...]
    exceptions: tuple[PolicyObject, ...]
    version: KubernetesVersion

    @property
    def asks_namespace(self) -> bool:
        """Whether the answer may differ between namespaces."""
        return self.rules.asks_namespace

    @property
    def by_api_server(self) -> bool:
        """Whether the API server itself enforces it, with no engine beside it."""
        return self.object.group == "admissionregistration.k8s.io"

    def mentions(self, field: str) -> bool:
        """Whether an expression holds the word."""
        rules = self.rules
        return any(field in item for item in (*rules.validations, *(value for _, value in rules.variables)))

    def scope(self, subject: Subject) -> Scope:
        """How far the policy reaches into a namespace."""
        spec = self.object.at("spec")
        own = constraint_scope(at(spec, "matchConstraints"), subject)
        if not self.by_api_server:
            excepted = [
                Scope(Reach.PERHAPS, f"{item.title} excepts what it matches where exceptions are switched on")
                for item in self.exceptions
            ]
            return narrowest(own, _kyverno_scope(self.object, subject), *excepted)
        return narrowest(own, _served(self.version), widest([_binding_scope(item, subject) for item in self.bindings]))


def _served(version: KubernetesVersion) -> Scope:
    if version >= _BY_DEFAULT:
        return ALWAYS
    if version >= _GATED:
        return Scope(Reach.PERHAPS, f"Kubernetes {version.text} has such policies behind a feature gate")
    return Scope(Reach.NEVER, f"Kubernetes {version.text} does not know such policies")


def _binding_scope(binding: PolicyObject, subject: Subject) -> Scope:
    actions = texts(binding.at("spec", "validationActions"))
    if "Deny" not in actions:
        return Scope(Reach.NEVER, f"{binding.title} does not deny: {', '.join(actions) or 'no action'}")
    resources = binding.at("spec", "matchResources")
    scopes = [
        by_namespace_labels(at(resources, "namespaceSelector"), subject),
        by_object_labels(at(resources, "objectSelector")),
        spares_pods(at(resources, "excludeResourceRules")),
    ]
    if mappings(at(resources, "resourceRules")):
        scopes.append(creates_pods(at(resources, "resourceRules")))
    return narrowest(*scopes)


def _kyverno_scope(policy: PolicyObject, subject: Subject) -> Scope:
    if policy.kind.startswith("Namespaced") and policy.namespace != subject.name:
        return Scope(Reach.NEVER, "it belongs to another namespace")
    if policy.at("spec", "evaluation", "admission", "enabled") is False:
        return Scope(Reach.NEVER, "it is not asked at admission")
    if policy.at("spec", "evaluation", "mode") == "JSON":
        return Scope(Reach.NEVER, "it is no policy for Kubernetes objects")
    actions = texts(policy.at("spec", "validationActions"))
    if not actions:
        return Scope(Reach.PERHAPS, "it names no validationActions")
    return ALWAYS if "Deny" in actions else Scope(Reach.NEVER, f"it does not deny: {', '.join(actions)}")


def cel_policies(objects: tuple[PolicyObject, ...], version: KubernetesVersion) -> tuple[CelPolicy, ...]:
    """Every policy of this shape among the objects."""
    found: list[CelPolicy] = []
    by_kind_and_name = {(item.kind, item.name): item for item in objects}
    for item in objects:
        native = item.kind == "ValidatingAdmissionPolicy" and item.group == "admissionregistration.k8s.io"
        kyverno = item.kind in {"ValidatingPolicy", "NamespacedValidatingPolicy"} and item.group == "policies.kyverno.io"
        if not (native or kyverno):
            continue
        bindings = tuple(
            other
            for other in objects
            if other.kind == "ValidatingAdmissionPolicyBinding" and other.at("spec", "policyName") == item.name
        )
        spec = item.at("spec")
        params = _params(spec, bindings, by_kind_and_name)
        rules = rules_of(spec, expressions=at(spec, "validations"), conditions=at(spec, "matchConditions"), params=params)
        exceptions = () if native else tuple(other for other in objects if _excepts(other, item))
        found.append(
            CelPolicy(object=item, rules=rules, bindings=bindings if native else (), exceptions=exceptions, version=version)
        )
    return tuple(found)


def _params(
    spec: Json, bindings: tuple[PolicyObject, ...], objects: Mapping[tuple[str, str], PolicyObject]
) -> Mapping[str, Json] | None:
    """The one object of parameters that all bindings name, where it is in the input."""
    kind = text(at(spec, "paramKind", "kind"))
    names = {text(item.at("spec", "paramRef", "name")) for item in bindings}
    found = objects.get((kind, names.pop())) if kind and len(names) == 1 else None
    return found.body if found is not None else None


def _excepts(exception: PolicyObject, policy: PolicyObject) -> bool:
    named = {text(item.get("name")) for item in mappings(exception.at("spec", "policyRefs"))}
    return exception.kind == "PolicyException" and exception.group == "policies.kyverno.io" and policy.name in named
