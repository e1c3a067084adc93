"""Asks a policy about the specimens of a control, and what its scope says of a namespace."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.kubernetes.admission.policies.rulings import Ruling
from breachway.mapping.kubernetes.admission.policies.trees import is_empty_selector, mappings, selects, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from breachway.mapping.kubernetes.admission.policies.specimens import Specimen
    from breachway.mapping.kubernetes.admission.policies.trees import Json

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that the API server gives every namespace since 1.21."""
GATEKEEPER_IGNORE = "admission.gatekeeper.sh/ignore"
"""The label that leaves a namespace out of Gatekeeper; its own webhook refuses it but to the namespaces that it was told of."""
_KEPT_LABELS = frozenset({NAME_LABEL, GATEKEEPER_IGNORE})


class Subject(NamedTuple):
    """A namespace as policies see it; ``labels`` holds all of its labels only where it is ``declared``.

    ``relabelled`` asks about whoever may change the labels: what hangs on them is then no obstacle.
    """

    name: str
    labels: Mapping[str, str]
    declared: bool
    relabelled: bool = False


class Reach(Enum):
    """Whether a policy is asked about every pod of a namespace.

    ``NEVER`` is also the answer when whoever writes the pod may choose to be left out, by its name or its labels.
    """

    ALWAYS = "always"
    PERHAPS = "perhaps"
    NEVER = "never"


class Scope(NamedTuple):
    """How far a policy reaches, and what limits it."""

    reach: Reach
    note: str = ""


ALWAYS = Scope(Reach.ALWAYS)


def narrowest(*scopes: Scope) -> Scope:
    """The scope that all of these leave."""
    for reach in (Reach.NEVER, Reach.PERHAPS):
        for scope in scopes:
            if scope.reach is reach:
                return scope
    return ALWAYS


def widest(scopes: list[Scope]) -> Scope:
    """The scope of several bindings of one policy."""
    for reach in (Reach.ALWAYS, Reach.PERHAPS):
        for scope in scopes:
            if scope.reach is reach:
                return scope
    return next(iter(scopes), Scope(Reach.NEVER, "nothing binds the policy"))


def ask(answer: Callable[[dict[str, Json]], Ruling], specimen: Specimen, *, mentions: bool) -> Ruling:
    """The ruling on a specimen: a refusal counts only where its harmless twin is let in.

    One that is refused for another reason tells nothing, since its author would mend that; a policy that ``mentions`` the
    field leaves a doubt then.
    """
    proper = unsure = False
    for broken, twin in specimen.variants:
        ruling = answer(broken)
        if ruling is Ruling.ADMITTED:
            return ruling
        told = ruling is Ruling.REFUSED and answer(twin) is Ruling.ADMITTED
        proper |= told
        unsure |= ruling is Ruling.UNSURE
    if proper and not unsure:
        return Ruling.REFUSED
    return Ruling.UNSURE if mentions else Ruling.ADMITTED


def by_namespace_labels(selector: Json, subject: Subject) -> Scope:
    """Whether a namespace selector takes the namespace in."""
    if is_empty_selector(selector):
        return ALWAYS
    labels = {**subject.labels, NAME_LABEL: subject.name}
    if subject.relabelled and not _keys(selector) <= _KEPT_LABELS:
        return Scope(Reach.NEVER, "its namespaceSelector asks for labels that may be changed")
    if subject.declared or _keys(selector) <= {NAME_LABEL}:
        return ALWAYS if selects(selector, labels) else Scope(Reach.NEVER, "its namespaceSelector leaves the namespace out")
    return Scope(Reach.PERHAPS, "its namespaceSelector asks for labels of a namespace that is not in the input")


def _keys(selector: Json) -> set[str]:
    wanted = selector.get("matchLabels") if isinstance(selector, dict) else None
    expressions = mappings(selector.get("matchExpressions")) if isinstance(selector, dict) else []
    keys = set(wanted) if isinstance(wanted, dict) else set()
    return keys | {key for item in expressions if isinstance(key := item.get("key"), str)}


def by_object_labels(selector: Json) -> Scope:
    """What a selector on the pods' own labels leaves: whoever writes the pod writes its labels."""
    if is_empty_selector(selector):
        return ALWAYS
    return Scope(Reach.NEVER, "it selects pods by labels, which whoever writes the pod chooses")


def creates_pods(rules: Json) -> Scope:
    """Whether resource rules, as webhooks and the API server's policies have them, see every pod that is created."""
    named = False
    for rule in mappings(rules):
        if not ({"", "*"} & set(texts(rule.get("apiGroups"))) and {"CREATE", "*"} & set(texts(rule.get("operations")))):
            continue
        if not ({"v1", "*"} & set(texts(rule.get("apiVersions"))) and {"pods", "*", "*/*"} & set(texts(rule.get("resources")))):
            continue
        if rule.get("scope") == "Cluster":
            continue
        if texts(rule.get("resourceNames")):
            named = True
            continue
        return ALWAYS
    return Scope(Reach.NEVER, "it is asked about pods of certain names only" if named else "it is not asked about new pods")


def spares_pods(rules: Json) -> Scope:
    """What rules that exclude leave: pods of a chosen name are excluded by whoever chooses it."""
    found = creates_pods(rules)
    if found.reach is Reach.ALWAYS or "names" in found.note:
        return Scope(Reach.NEVER, "its excludeResourceRules leave pods out")
    return ALWAYS
