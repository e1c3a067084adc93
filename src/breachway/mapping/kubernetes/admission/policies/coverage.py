"""Which ways to the node the policies of the input close in a namespace, and which they leave open.

A namespace is held closed only when every breach that makes root of its node is refused, in every place of a pod: a policy
against privileged containers alone leaves the node's file system a ``hostPath`` away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, assert_never

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes import assumptions
from breachway.mapping.kubernetes.admission.policies.asking import ALWAYS, GATEKEEPER_IGNORE, Reach, Scope, ask
from breachway.mapping.kubernetes.admission.policies.cel_policies import CelPolicy, cel_policies
from breachway.mapping.kubernetes.admission.policies.engines import GATEKEEPER, KUBEWARDEN, KYVERNO, Engines
from breachway.mapping.kubernetes.admission.policies.gatekeeper import Constraint, constraints
from breachway.mapping.kubernetes.admission.policies.kubewarden import KubewardenPolicy, kubewarden_policies
from breachway.mapping.kubernetes.admission.policies.kyverno import KyvernoRule, kyverno_rules
from breachway.mapping.kubernetes.admission.policies.pod_security_policies import PodSecurityPolicies
from breachway.mapping.kubernetes.admission.policies.rulings import ADMITTED, Opinion, Ruling, strongest
from breachway.mapping.kubernetes.admission.policies.specimens import specimens
from breachway.mapping.kubernetes.admission.policies.trees import policy_object, text, words
from breachway.sources.kubernetes.objects import Node, OtherObject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.mapping.containers.grounds import Belief
    from breachway.mapping.kubernetes.admission.policies.asking import Subject
    from breachway.mapping.kubernetes.admission.policies.specimens import Specimen
    from breachway.mapping.kubernetes.admission.policies.trees import PolicyObject
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.nodes.flags import Program
    from breachway.mapping.kubernetes.settings import ClusterSettings
    from breachway.sources.kubernetes.objects import KubernetesObject

_SHOWN = 4


_Policy: TypeAlias = CelPolicy | KyvernoRule | Constraint | KubewardenPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the policies say of one namespace: ``open_`` are the controls that nothing refuses, ``refused`` those that are.

    ``belief`` is what a doubt rests on, None without one.  ``notes`` say why policies that would refuse do not.
    """

    ruling: Ruling
    evidence: tuple[Evidence, ...]
    refused: tuple[str, ...]
    open_: tuple[str, ...]
    belief: Belief | None


class _Doubt(NamedTuple):
    """What keeps a policy that refuses from being sure to."""

    scope: Scope
    belief: Belief


class PolicyCoverage:
    """All policies of the input; nothing is worked out before it is asked for."""

    def __init__(
        self, declared: Declared, objects: Iterable[KubernetesObject], settings: ClusterSettings, programs: tuple[Program, ...]
    ) -> None:
        others = _policy_objects(declared.of(OtherObject))
        self._engines = Engines(declared)
        self._policies: tuple[_Policy, ...] = (
            *cel_policies(others, settings.version),
            *kyverno_rules(others),
            *constraints(others),
            *kubewarden_policies(others),
        )
        self._old = PodSecurityPolicies(objects, others, settings, programs)
        windows = any(_runs_windows(node) for node in declared.of(Node))
        wanted = {"node", "windows"} if windows else {"node"}
        self._specimens = tuple(item for item in specimens() if item.breach.opens in wanted)
        self._rulings: dict[tuple[int, int, str], Ruling] = {}
        self._found: dict[tuple[object, ...], Coverage] = {}
        self._scopes: dict[tuple[object, ...], Scope] = {}
        self._narrow = tuple(_tells_namespaces_apart(policy) for policy in self._policies)
        self._varies = any(_asks_namespace(policy) for policy in self._policies) or bool(self._old.policies)

    @property
    def empty(self) -> bool:
        """Whether the input has no policy and no unknown webhook."""
        return not self._policies and not self._old.policies and not any(not hook.engine for hook in self._engines.hooks)

    def of(self, subject: Subject) -> Coverage:
        """What the policies say of one namespace; worked out once for all namespaces that they treat alike."""
        doubts = tuple(self._doubt_of(number, policy, subject) for number, policy in enumerate(self._policies))
        strangers = self._engines.strangers(subject)
        key = (doubts, strangers, (subject.name, subject.relabelled) if self._varies else None)
        if key not in self._found:
            self._found[key] = self._work_out(subject, doubts, strangers)
        return self._found[key]

    def _work_out(self, subject: Subject, doubts: tuple[_Doubt, ...], strangers: tuple[Evidence, ...]) -> Coverage:
        found: dict[str, list[Opinion]] = {}
        for index, specimen in enumerate(self._specimens):
            found.setdefault(specimen.control, []).append(self._opinion(index, subject, doubts, strangers))
        titles = {item.control: item.breach.title for item in self._specimens}
        weakest = {control: _weakest(opinions) for control, opinions in found.items()}
        refused = tuple(control for control, opinion in weakest.items() if opinion.ruling is Ruling.REFUSED)
        opened = tuple(control for control, opinion in weakest.items() if opinion.ruling is Ruling.ADMITTED)
        ruling = Ruling.ADMITTED if opened else Ruling.REFUSED if len(refused) == len(weakest) else Ruling.UNSURE
        opinions = [opinion for control, opinion in weakest.items() if opinion.ruling is not Ruling.ADMITTED or opinion.note]
        beliefs = [opinion.belief for opinion in weakest.values() if opinion.belief is not None]
        belief = min(beliefs, key=lambda item: item.in_force, default=None) if ruling is Ruling.UNSURE else None
        evidence = tuple(dict.fromkeys(item for opinion in opinions for item in opinion.evidence))
        return Coverage(
            ruling=ruling,
            evidence=evidence[:_SHOWN] if ruling is not Ruling.REFUSED else evidence,
            refused=tuple(f"{titles[control]} ({control})" for control in refused),
            open_=tuple(f"{titles[control]} ({control})" for control in opened),
            belief=belief,
        )

    def _opinion(self, index: int, subject: Subject, doubts: tuple[_Doubt, ...], strangers: tuple[Evidence, ...]) -> Opinion:
        specimen = self._specimens[index]
        opinions = [
            self._of_policy(policy, self._ruling(number, policy, index, subject), specimen, doubts[number])
            for number, policy in enumerate(self._policies)
        ]
        opinions.append(self._of_old(specimen, subject))
        found = strongest(opinions)
        if found.ruling is Ruling.ADMITTED and strangers:
            return Opinion(Ruling.UNSURE, strangers, "a webhook of unknown purpose", assumptions.UNKNOWN_WEBHOOK_REFUSES)
        return found

    @staticmethod
    def _of_policy(policy: _Policy, ruling: Ruling, specimen: Specimen, doubt: _Doubt) -> Opinion:
        if ruling is Ruling.ADMITTED:
            return ADMITTED
        title, place = policy.object.title, policy.object.place("spec")
        if doubt.scope.reach is Reach.NEVER:
            note = f"{title} does not refuse {specimen.control} here: {doubt.scope.note}"
            return Opinion(Ruling.ADMITTED, (Evidence(place, Basis.OBSERVED, note),), note)
        if ruling is Ruling.UNSURE:
            note = f"{title} is about {specimen.control}; what it refuses is not worked out"
            return Opinion(ruling, (Evidence(place, Basis.OBSERVED, note),), note, assumptions.POLICY_ENGINE_ENFORCES)
        note = f"{title} refuses {specimen.control}"
        if doubt.scope.reach is Reach.ALWAYS:
            return Opinion(ruling, (Evidence(place, Basis.OBSERVED, note),))
        note = f"{note}; {doubt.scope.note}"
        return Opinion(Ruling.UNSURE, (Evidence(place, Basis.OBSERVED, note),), note, doubt.belief)

    def _doubt_of(self, number: int, policy: _Policy, subject: Subject) -> _Doubt:
        """What keeps a policy from refusing here; its own scope is worked out once where it treats all namespaces alike."""
        apart = self._narrow[number] or GATEKEEPER_IGNORE in subject.labels
        key = (number, subject.name if apart else "", subject.relabelled)
        if key not in self._scopes:
            self._scopes[key] = policy.scope(subject)
        return self._doubt(policy, self._scopes[key], subject)

    def _doubt(self, policy: _Policy, own: Scope, subject: Subject) -> _Doubt:
        if own.reach is not Reach.ALWAYS:
            return _Doubt(own, assumptions.POLICY_ENGINE_ENFORCES)
        engine = _engine_of(policy)
        asked = self._engines.scope(engine, subject) if engine else ALWAYS
        if engine == KYVERNO and asked.reach is Reach.ALWAYS and policy.object.at("spec", "failurePolicy") == "Ignore":
            asked = Scope(Reach.PERHAPS, "failurePolicy Ignore lets pods pass while Kyverno does not answer")
        return _Doubt(asked, assumptions.ADMISSION_ENGINE_ANSWERS)

    def _ruling(self, number: int, policy: _Policy, index: int, subject: Subject) -> Ruling:
        """What a policy says to a specimen, whatever its scope; the same everywhere unless it asks for the namespace."""
        key = (number, index, f"{subject.name} {subject.relabelled}" if _asks_namespace(policy) else "")
        if key not in self._rulings:
            self._rulings[key] = _ruling(policy, self._specimens[index], subject)
        return self._rulings[key]

    def _of_old(self, specimen: Specimen, subject: Subject) -> Opinion:
        old = self._old
        if not old.policies or old.scope.reach is Reach.NEVER:
            return ADMITTED
        answer = old.answer(subject.name, specimen.control)
        if not answer.refused:
            return Opinion(Ruling.ADMITTED, answer.evidence, answer.note)
        if old.scope.reach is Reach.ALWAYS:
            return Opinion(Ruling.REFUSED, answer.evidence)
        return Opinion(Ruling.UNSURE, answer.evidence, old.scope.note, assumptions.POD_SECURITY_POLICIES_ON)


_GROUPS = ("kyverno.io", "gatekeeper.sh", "admissionregistration.k8s.io", "policies.kubewarden.io")


def _policy_objects(others: tuple[OtherObject, ...]) -> tuple[PolicyObject, ...]:
    """The objects of policy engines and those of their parameters; other kinds are not turned into values."""
    found = tuple(policy_object(item) for item in others if _is_policy(item))
    kinds = {text(item.at("spec", "paramKind", "kind")) for item in found}
    return (*found, *(policy_object(item) for item in others if item.kind in kinds and not _is_policy(item)))


def _is_policy(item: OtherObject) -> bool:
    group = item.api_version.rpartition("/")[0]
    return group.endswith(_GROUPS) or item.kind == "PodSecurityPolicy"


def _runs_windows(node: Node) -> bool:
    labels = node.metadata.labels
    system = labels.get("kubernetes.io/os") if labels is not None else None
    return system is not None and system.value == "windows"


def _weakest(opinions: list[Opinion]) -> Opinion:
    for ruling in (Ruling.ADMITTED, Ruling.UNSURE):
        for opinion in opinions:
            if opinion.ruling is ruling:
                return opinion
    evidence = tuple(dict.fromkeys(item for opinion in opinions for item in opinion.evidence))
    return Opinion(Ruling.REFUSED, evidence)


def _asks_namespace(policy: _Policy) -> bool:
    return isinstance(policy, KyvernoRule | CelPolicy) and policy.asks_namespace


def _tells_namespaces_apart(policy: _Policy) -> bool:
    """Whether the scope of a policy may differ between namespaces: by its own place, or by a word about them."""
    others: tuple[PolicyObject, ...] = ()
    match policy:
        case CelPolicy(bindings=bindings, exceptions=exceptions):
            others = (*bindings, *exceptions)
        case KyvernoRule(exceptions=exceptions):
            others = exceptions
        case Constraint(configurations=configurations):
            others = configurations
        case KubewardenPolicy():
            return True
        case _:
            assert_never(policy)
    if policy.object.namespace:
        return True
    return any("amespace" in word for item in (policy.object, *others) for word in words(item.at("spec")))


def _engine_of(policy: _Policy) -> str:
    match policy:
        case CelPolicy(by_api_server=True):
            return ""
        case Constraint():
            return GATEKEEPER
        case KubewardenPolicy():
            return KUBEWARDEN
        case CelPolicy() | KyvernoRule():
            return KYVERNO
        case _:
            assert_never(policy)


def _ruling(policy: _Policy, specimen: Specimen, subject: Subject) -> Ruling:
    mentions = policy.mentions(specimen.breach.field)
    match policy:
        case KyvernoRule():
            whole = policy.by_standard(specimen)
            if whole is not None:
                return whole
            return ask(lambda pod: policy.answer(pod, subject), specimen, mentions=mentions)
        case CelPolicy():
            return ask(lambda pod: policy.rules.answer(pod, subject), specimen, mentions=mentions)
        case Constraint() | KubewardenPolicy():
            found = policy.answer(specimen)
            return Ruling.ADMITTED if found is Ruling.UNSURE and not mentions else found
        case _:
            assert_never(policy)
