"""Whether the policy engines run that policies are written for, and whether the API server asks them about a namespace."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.admission.policies.asking import ALWAYS, GATEKEEPER_IGNORE, NAME_LABEL, Reach, Scope
from breachway.mapping.kubernetes.admission.policies.trees import glob
from breachway.mapping.kubernetes.declared import name_of
from breachway.mapping.kubernetes.selectors import is_empty, matches
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import ConfigMap, WebhookConfiguration, Workload

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.admission.policies.asking import Subject
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.sources.kubernetes.control_plane import Webhook
    from breachway.sources.kubernetes.metadata import LabelSelector

KYVERNO = "Kyverno"
GATEKEEPER = "Gatekeeper"
KUBEWARDEN = "Kubewarden"
_NAMES = {KYVERNO: "kyverno", GATEKEEPER: "gatekeeper", KUBEWARDEN: "kubewarden"}
_FILTERS = "[*/*,kube-system,*] [*/*,kube-public,*] [*/*,kube-node-lease,*] [*/*,kyverno,*]"
"""The namespaces among the resource filters that Kyverno's chart sets unless told otherwise."""
_FILTER = re.compile(r"\[([^,\]]{1,300}),([^,\]]{1,300}),([^,\]]{1,300})\]")
_OWN_WEBHOOKS = frozenset({KYVERNO, KUBEWARDEN})
"""Engines that register their webhooks by themselves, so that manifests hold the program and no webhook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionHook:
    """A validating webhook that is asked about pods; ``engine`` is "" where it is of no engine known here."""

    configuration: str
    webhook: Webhook
    engine: str

    def scope(self, subject: Subject) -> Scope:
        """Whether the API server asks it about every new pod of a namespace, and stops where it does not answer."""
        name = value_or(self.webhook.name, self.configuration)
        selected = _selected(self.webhook.namespace_selector, subject)
        if selected is False:
            return Scope(Reach.NEVER, f"webhook {name}: its namespaceSelector leaves the namespace out")
        objects = self.webhook.object_selector
        if objects is not None and not is_empty(objects):
            return Scope(Reach.NEVER, f"webhook {name}: it selects pods by labels, which whoever writes the pod chooses")
        if selected is None:
            return Scope(Reach.PERHAPS, f"webhook {name}: its namespaceSelector asks for labels that are not in the input")
        if self.webhook.match_conditions:
            return Scope(Reach.PERHAPS, f"webhook {name}: its match conditions are not worked out")
        if value_or(self.webhook.failure_policy, "Fail") == "Ignore":
            return Scope(Reach.PERHAPS, f"webhook {name}: failurePolicy Ignore lets pods pass while it does not answer")
        return ALWAYS


def _selected(selector: LabelSelector | None, subject: Subject) -> bool | None:
    """Whether a namespace is selected; None where its labels are not known."""
    if selector is None or is_empty(selector):
        return True
    keys = {name for name, _ in (selector.match_labels.entries if selector.match_labels else ())}
    keys |= {value_or(item.key, "") for item in selector.match_expressions}
    if subject.relabelled and not keys <= {NAME_LABEL, GATEKEEPER_IGNORE}:
        return False
    if not subject.declared and not keys <= {NAME_LABEL}:
        return None
    return matches(selector, {**subject.labels, NAME_LABEL: subject.name})


class Engines:
    """The webhooks and the programs of policy engines in the input."""

    def __init__(self, declared: Declared) -> None:
        self.hooks = tuple(
            AdmissionHook(configuration=name_of(item.metadata), webhook=webhook, engine=_engine(item, webhook))
            for item in declared.of(WebhookConfiguration)
            if item.kind == "ValidatingWebhookConfiguration"
            for webhook in item.webhooks
            if _asked_about_pods(webhook)
        )
        configured = declared.find(ConfigMap, "kyverno", "kyverno")
        told = configured.data.get("resourceFilters") if configured is not None and configured.data is not None else None
        self._filters = _FILTER.findall(told.value if told is not None else _FILTERS)
        self._filters_known = told is not None
        self._running = {engine for item in declared.of(Workload) for engine in _engines_of(item)}

    def scope(self, engine: str, subject: Subject) -> Scope:
        """How far an engine is asked about a namespace: by its webhooks where the input has them, else by its program."""
        if engine == KYVERNO and any(_leaves_out(kind, name, subject.name) for kind, name, _ in self._filters):
            source = "resource filters" if self._filters_known else "resource filters, as its chart sets them,"
            return Scope(Reach.NEVER, f"Kyverno's {source} leave the namespace out")
        scopes = [hook.scope(subject) for hook in self.hooks if hook.engine == engine]
        if scopes:
            order = (Reach.ALWAYS, Reach.PERHAPS, Reach.NEVER)
            return min(scopes, key=lambda scope: order.index(scope.reach))
        if engine in self._running and engine in _OWN_WEBHOOKS:
            return ALWAYS
        seen = "its webhook is not in the input" if engine in self._running else "it is not in the input"
        return Scope(Reach.PERHAPS, f"{engine}: {seen}")

    def strangers(self, subject: Subject) -> tuple[Evidence, ...]:
        """The webhooks of no known engine that see every pod of a namespace."""
        return tuple(
            Evidence(hook.webhook.location, Basis.OBSERVED, f"{hook.configuration}: a webhook sees every new pod")
            for hook in self.hooks
            if not hook.engine and hook.scope(subject).reach is Reach.ALWAYS
        )


def _leaves_out(kind: str, name: str, namespace: str) -> bool:
    """Whether a resource filter is about pods of a namespace; whoever writes the pod chooses what name it has."""
    return kind.strip().rpartition("/")[2] in {"*", "Pod"} and name.strip() not in {"", "*"} and glob(name.strip(), namespace)


def _engine(configuration: WebhookConfiguration, webhook: Webhook) -> str:
    service = webhook.client_config.service if webhook.client_config else None
    told = f"{name_of(configuration.metadata)} {value_or(service.name, '') if service else ''}".lower()
    return next((engine for engine, name in _NAMES.items() if name in told), "")


def _asked_about_pods(webhook: Webhook) -> bool:
    for rule in webhook.rules:
        if value_or(rule.scope, "*") == "Cluster":
            # Pods stand in namespaces, so such a rule never fits them.
            continue
        operations = {item.value for item in rule.operations}
        groups, resources = {item.value for item in rule.api_groups}, {item.value for item in rule.resources}
        if {"CREATE", "*"} & operations and {"", "*"} & groups and {"pods", "*", "*/*"} & resources:
            return True
    return False


def _engines_of(item: Workload) -> set[str]:
    """The engines that a workload runs, by the names of its images."""
    images = [value_or(container.image, "").lower() for container in item.pod_template.spec.containers]
    found = {KYVERNO} if any("kyverno/kyverno" in image or image.endswith("/kyverno") for image in images) else set()
    if any("openpolicyagent/gatekeeper" in image for image in images):
        found.add(GATEKEEPER)
    if any("kubewarden/" in image for image in images):
        found.add(KUBEWARDEN)
    return found
