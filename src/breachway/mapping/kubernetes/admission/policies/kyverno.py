"""Kyverno's ClusterPolicy and Policy: what each validating rule says to a pod, and the exceptions from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.admission.policies.asking import Reach, Scope, narrowest
from breachway.mapping.kubernetes.admission.policies.cel_policies import rules_of
from breachway.mapping.kubernetes.admission.policies.kyverno_expressions import conditions_hold, search
from breachway.mapping.kubernetes.admission.policies.kyverno_patterns import looks_like
from breachway.mapping.kubernetes.admission.policies.kyverno_scope import excepts, rule_scope
from breachway.mapping.kubernetes.admission.policies.rulings import Ruling, Unsupported
from breachway.mapping.kubernetes.admission.policies.trees import at, glob, items, mappings, text, texts, words
from breachway.mapping.kubernetes.versions import parse_version

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.admission.policies.asking import Subject
    from breachway.mapping.kubernetes.admission.policies.specimens import Specimen
    from breachway.mapping.kubernetes.admission.policies.trees import Json, PolicyObject


@dataclass(frozen=True, slots=True, kw_only=True)
class KyvernoRule:
    """One validating rule of a policy; ``exceptions`` are those that name it."""

    object: PolicyObject
    name: str
    rule: dict[str, Json]
    exceptions: tuple[PolicyObject, ...]
    words: frozenset[str]

    def mentions(self, field: str) -> bool:
        """Whether the rule holds the word; the standard as a whole mentions every field."""
        return self._by_standard or any(field in word for word in self.words)

    @property
    def asks_namespace(self) -> bool:
        """Whether the answer may differ between namespaces."""
        return any("namespace" in word for word in self.words)

    @property
    def _by_standard(self) -> bool:
        return isinstance(at(self.rule, "validate", "podSecurity"), dict)

    def scope(self, subject: Subject) -> Scope:
        """How far the rule reaches into a namespace."""
        scopes = [rule_scope(self.object, self.rule, subject)]
        scopes += [
            Scope(Reach.PERHAPS, f"{item.title} excepts pods of the namespace where exceptions are switched on")
            for item in self.exceptions
            if "match" not in at_spec(item) or excepts(at_spec(item).get("match"), subject)
        ]
        return narrowest(*scopes)

    def by_standard(self, specimen: Specimen) -> Ruling | None:
        """The ruling of a rule that enforces the Pod Security Standards themselves; None for any other rule."""
        standard = at(self.rule, "validate", "podSecurity")
        if not isinstance(standard, dict):
            return None
        breach = specimen.breach
        level = text(standard.get("level"))
        version = parse_version(text(standard.get("version"), "latest"))
        since = parse_version(breach.since)
        if level not in {"baseline", "restricted"} or (level == "baseline" and breach.level == "restricted"):
            return Ruling.ADMITTED
        if version is not None and since is not None and version < since:
            return Ruling.ADMITTED
        for exclusion in mappings(standard.get("exclude")):
            if exclusion.get("controlName") == breach.title:
                partial = exclusion.get("restrictedField") or exclusion.get("values")
                return Ruling.UNSURE if partial else Ruling.ADMITTED
        return Ruling.REFUSED

    def answer(self, pod: dict[str, Json], subject: Subject) -> Ruling:
        """What the rule says to a new pod."""
        try:
            return self._answer(pod, subject)
        except Unsupported:
            return Ruling.UNSURE

    def _answer(self, pod: dict[str, Json], subject: Subject) -> Ruling:
        validate = self.rule.get("validate")
        cel = at(validate, "cel")
        if isinstance(cel, dict):
            rules = rules_of(cel, expressions=cel.get("expressions"), conditions=self.rule.get("celPreconditions"), params=None)
            return rules.answer(pod, subject)
        variables: dict[str, Json] = {
            "request": {"object": pod, "operation": "CREATE", "namespace": subject.name, "name": "specimen"}
        }
        if not conditions_hold(self.rule.get("preconditions"), variables):
            return Ruling.ADMITTED
        loops = mappings(at(validate, "foreach"))
        if loops:
            return _strictest([self._loop(loop, variables) for loop in loops])
        return _judged(validate, pod, variables)

    @staticmethod
    def _loop(loop: dict[str, Json], variables: dict[str, Json]) -> Ruling:
        found: list[Ruling] = []
        if "foreach" in loop or "context" in loop:
            return Ruling.UNSURE
        for index, element in enumerate(items(search(text(loop.get("list")), variables))):
            if element is None:
                continue
            inner: dict[str, Json] = {**variables, "element": element, "elementIndex": index}
            if conditions_hold(loop.get("preconditions"), inner):
                found.append(_judged(loop, element, inner))
        return _strictest(found)


def _judged(part: Json, value: Json, variables: dict[str, Json]) -> Ruling:
    """The ruling of a pattern, of several of which one must fit, or of conditions that refuse."""
    if not isinstance(part, dict):
        return Ruling.UNSURE
    if "pattern" in part:
        return Ruling.ADMITTED if looks_like(value, part["pattern"]) else Ruling.REFUSED
    if "anyPattern" in part:
        return Ruling.ADMITTED if any(looks_like(value, item) for item in items(part["anyPattern"])) else Ruling.REFUSED
    if "deny" in part:
        return Ruling.REFUSED if conditions_hold(at(part, "deny", "conditions"), variables) else Ruling.ADMITTED
    return Ruling.UNSURE


def _strictest(found: list[Ruling]) -> Ruling:
    return next((ruling for ruling in (Ruling.REFUSED, Ruling.UNSURE) if ruling in found), Ruling.ADMITTED)


def at_spec(item: PolicyObject) -> dict[str, Json]:
    """The specification of an object, empty where there is none."""
    spec = item.at("spec")
    return spec if isinstance(spec, dict) else {}


def kyverno_rules(objects: tuple[PolicyObject, ...]) -> tuple[KyvernoRule, ...]:
    """Every validating rule among the objects."""
    exceptions = tuple(item for item in objects if item.kind == "PolicyException" and item.group == "kyverno.io")
    return tuple(
        KyvernoRule(
            object=item,
            name=text(rule.get("name")),
            rule=rule,
            exceptions=tuple(other for other in exceptions if _excepts(other, item, text(rule.get("name")))),
            words=frozenset(words(rule.get("validate")) | words(rule.get("preconditions")) | words(rule.get("celPreconditions"))),
        )
        for item in objects
        if item.kind in {"ClusterPolicy", "Policy"} and item.group == "kyverno.io"
        for rule in mappings(item.at("spec", "rules"))
        if isinstance(rule.get("validate"), dict)
    )


def _excepts(exception: PolicyObject, policy: PolicyObject, rule: str) -> bool:
    name = f"{policy.namespace}/{policy.name}" if policy.namespace else policy.name
    return any(
        glob(text(entry.get("policyName")), name) and any(glob(wanted, rule) for wanted in texts(entry.get("ruleNames")))
        for entry in mappings(at_spec(exception).get("exceptions"))
    )
