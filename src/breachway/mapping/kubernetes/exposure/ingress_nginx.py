"""ingress-nginx, which writes its configuration from annotations: its versions, and what Ingresses make it write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Finding, believe, observed, settle
from breachway.mapping.kubernetes.assumptions import CONTROLLER_PATCHED, SNIPPETS_DISALLOWED
from breachway.mapping.kubernetes.nodes.flags import parse_flags
from breachway.sources.decoding import value_or
from breachway.sources.image_reference import parse_image_reference
from breachway.sources.kubernetes.objects import ConfigMap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.index import ListenerEntry, WorkloadEntry
    from breachway.mapping.kubernetes.judging import Judge
    from breachway.mapping.kubernetes.nodes.flags import Flag
    from breachway.sources.kubernetes.objects import Ingress

_NGINX = "nginx.ingress.kubernetes.io/"
_SNIPPETS = ("configuration-snippet", "server-snippet", "auth-snippet", "stream-snippet", "modsecurity-snippet")
_INJECTABLE = (
    "auth-url",
    "auth-tls-match-cn",
    "mirror-target",
    "mirror-host",
    "auth-signin",
    "permanent-redirect",
    "rewrite-target",
)
_URL = re.compile(r"[A-Za-z0-9._~:/?&=%$,+@!*()\[\]-]*\Z")
_COMMON_NAME = re.compile(r"CN=[A-Za-z0-9 ._~/*+?^$\\()\[\]@-]*\Z")
_ALTERNATIVES = re.compile(r"\([A-Za-z0-9 ._*-]*(?:\|[A-Za-z0-9 ._*-]*)+\)")
"""What the values of such annotations may hold: no character that ends a directive of nginx, nor one that no URL has."""
_FOREIGN_CLASSES = (
    "alb",
    "gce",
    "traefik",
    "haproxy",
    "kong",
    "azure",
    "istio",
    "contour",
    "cilium",
    "openshift",
    "ambassador",
    "apisix",
)
_NGINX_CONTROLLERS = frozenset({"ingress-nginx/controller", "nginx-ingress-controller", "ingress-nginx"})
_ENDING = '\n\r;{}#"'
_LONGEST = 4096
_WEBHOOK_PORT = 8443
_PATCHED = ((1, 11, 5), (1, 12, 1))
"""ingress-nginx 1.11.5 and 1.12.1 closed CVE-2025-1974 and the injections that go with it."""


_SNIPPETS_OFF = (1, 9)
"""ingress-nginx 1.9 stopped to allow snippets by default."""
_RISK_HIGH = (1, 12)
"""ingress-nginx 1.12 lowered the default of annotations-risk-level to High; snippets are Critical (config.go of its source)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Controller:
    """One container that is ingress-nginx; ``version`` is empty where the tag does not tell it.

    ``webhook`` is the flag that turns the admission webhook on; ``silent`` tells that no arguments are given at all.
    ``configuration`` is the ConfigMap that ``--configmap`` names, None where it is not there; ``configured`` tells that one is.
    """

    asset: str
    version: tuple[int, ...]
    location: Location
    webhook: Flag | None
    silent: bool
    configuration: ConfigMap | None
    configured: bool

    @property
    def text(self) -> str:
        """The program and its version."""
        return f"ingress-nginx {'.'.join(str(part) for part in self.version)}"

    def serves_webhook_on(self, listener: ListenerEntry) -> bool:
        """Whether a listener is the webhook: by the flag, or by its name where the manifest leaves the arguments to others."""
        if self.webhook is not None:
            port = self.webhook.value.rpartition(":")[2]
            return port == str(listener.port) or (port == listener.name != "")
        return self.silent and (listener.name == "webhook" or listener.port == _WEBHOOK_PORT)

    def setting(self, key: str) -> tuple[str, Location] | None:
        """A value of the controller's ConfigMap."""
        data = self.configuration.data if self.configuration is not None else None
        found = data.get(key) if data is not None else None
        return (found.value.strip().lower(), found.location) if found is not None else None


class NginxControllers:
    """The ingress-nginx controllers of the input, and the rules about what they are made to do."""

    def __init__(self, builder: ModelBuilder, workloads: tuple[WorkloadEntry, ...], declared: Declared) -> None:
        self._builder = builder
        self._workloads = workloads
        self._controllers = tuple(_nginx_controllers(workloads, declared))
        self._by_asset = {controller.asset: controller for controller in self._controllers}

    def judge_webhooks(self) -> None:
        """The admission webhook of an old ingress-nginx runs what anybody on the pod network sends it (CVE-2025-1974)."""
        for entry in self._workloads:
            for container in entry.containers:
                controller = self._by_asset.get(container.asset_id)
                if controller is None or not controller.version or _is_patched(controller.version):
                    continue
                note = f"{controller.text} falls to requests at its admission webhook (CVE-2025-1974)"
                found = observed(controller.location, note)
                if controller.webhook is not None:
                    found += observed(controller.webhook.location, f"--validating-webhook={controller.webhook.value}")
                for listener in container.listeners:
                    if controller.serves_webhook_on(listener):
                        settle(self._builder, listener.asset_id, {"patched": Finding(0.0, found)})

    def judge_rules(self, judge: Judge, ingress: Ingress) -> None:
        """Annotations that ingress-nginx pastes into its own configuration."""
        annotations = ingress.metadata.annotations
        snippet = injected = False
        for key, value in annotations.entries if annotations else ():
            short = key.removeprefix(_NGINX)
            if short == key:
                continue
            if short in _SNIPPETS:
                snippet = True
                judge.weak("ingress-nginx-snippet", observed(value.location, f"annotation {key}"), "noSnippets", detail=short)
            elif short in _INJECTABLE and _injects(short, value.value):
                injected = True
                note = observed(value.location, f"annotation {key} holds characters that end a directive")
                judge.weak("ingress-nginx-annotation-injection", note, "noAnnotationInjection", detail=short)
        place = ingress.location
        if _is_nginx(ingress):
            for controller in self._controllers:
                seen = observed(controller.location, "the ingress controller")
                self._builder.link("ServedBy", judge.asset, controller.asset, seen)
        else:
            note = observed(place, "its class is served by another controller than ingress-nginx")
            judge.on(note, *(() if snippet else ("noSnippets",)), *(() if injected else ("noAnnotationInjection",)))
            return
        if not snippet:
            settle(self._builder, judge.asset, {"noSnippets": self._snippets(place)})
        if not injected:
            settle(self._builder, judge.asset, {"noAnnotationInjection": self._injections(place)})

    def _oldest(self) -> _Controller | None:
        known = [controller for controller in self._controllers if controller.version]
        return min(known, key=lambda item: item.version) if known else None

    def _injections(self, place: Location) -> Finding:
        controller = self._oldest()
        if controller is None:
            return believe(self._builder, CONTROLLER_PATCHED, place)
        return Finding(1.0 if _is_patched(controller.version) else 0.0, observed(controller.location, controller.text))

    def _snippets(self, place: Location) -> Finding:
        """Whether a controller refuses snippets: by its ConfigMap, else by the default of its version."""
        controller = self._oldest()
        if controller is None:
            return believe(self._builder, SNIPPETS_DISALLOWED, place)
        allowed, found = controller.version < _SNIPPETS_OFF, observed(controller.location, controller.text)
        if controller.configured and controller.configuration is None and not allowed:
            return believe(self._builder, SNIPPETS_DISALLOWED, place)
        said = controller.setting("allow-snippet-annotations")
        if said is not None:
            allowed, found = said[0] == "true", observed(said[1], f"allow-snippet-annotations: {said[0]}")
        if allowed and controller.version >= _RISK_HIGH:
            risk = controller.setting("annotations-risk-level")
            allowed = risk is not None and risk[0] == "critical"
            note = (
                f"annotations-risk-level: {risk[0]}" if risk is not None else f"{controller.text} takes no critical annotations"
            )
            found += observed(risk[1] if risk is not None else controller.location, note)
        return Finding(0.0 if allowed else 1.0, found)


def class_of(ingress: Ingress) -> str:
    """The class of an Ingress by its field or its old annotation, in lower case; empty if none is named."""
    annotations = ingress.metadata.annotations
    named = annotations.get("kubernetes.io/ingress.class") if annotations else None
    return (value_or(ingress.spec.ingress_class_name, "") or (named.value if named else "")).lower()


def _is_nginx(ingress: Ingress) -> bool:
    """Whether ingress-nginx may serve it: unless its class says another controller."""
    return not any(name in class_of(ingress) for name in _FOREIGN_CLASSES)


def _injects(short: str, value: str) -> bool:
    text = value.strip()[:_LONGEST]
    if short == "auth-tls-match-cn":
        return not _COMMON_NAME.match(_ALTERNATIVES.sub("", text))
    if short == "rewrite-target":
        return any(mark in text for mark in _ENDING)
    return not _URL.match(text)


def _nginx_controllers(workloads: tuple[WorkloadEntry, ...], declared: Declared) -> Iterator[_Controller]:
    """Containers that are ingress-nginx."""
    for entry in workloads:
        by_name = {container.name: container.asset_id for container in entry.containers}
        for container in entry.object.pod_template.spec.containers:
            reference = parse_image_reference(container.image.value) if container.image else None
            if container.image is None or reference is None or value_or(container.name, "") not in by_name:
                continue
            if not reference.repository.endswith(tuple(_NGINX_CONTROLLERS)):
                continue
            numbers = re.match(r"v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})", reference.tag)
            words = (*container.command, *container.args)
            flags = {flag.name: flag for flag in parse_flags(words)}
            named = flags["configmap"].value if "configmap" in flags else ""
            space, _, name = named.replace("$(POD_NAMESPACE)", entry.namespace).rpartition("/")
            yield _Controller(
                asset=by_name[value_or(container.name, "")],
                version=tuple(int(part) for part in numbers.groups()) if numbers else (),
                location=container.image.location,
                webhook=flags.get("validating-webhook"),
                silent=not words,
                configuration=declared.find(ConfigMap, space, name) if named else None,
                configured=bool(named),
            )


def _is_patched(version: tuple[int, ...]) -> bool:
    return version >= _PATCHED[1] or (version[:2] == _PATCHED[0][:2] and version >= _PATCHED[0])
