"""ingress-nginx, which writes its configuration from annotations: its versions, and what Ingresses make it write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Finding, believe, observed, settle
from breachway.mapping.kubernetes.assumptions import CONTROLLER_PATCHED, SNIPPETS_DISALLOWED
from breachway.sources.decoding import value_or
from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import WorkloadEntry
    from breachway.mapping.kubernetes.judging import Judge
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


class NginxControllers:
    """The ingress-nginx controllers of the input, and the rules about what they are made to do."""

    def __init__(self, builder: ModelBuilder, workloads: tuple[WorkloadEntry, ...]) -> None:
        self._builder = builder
        self._workloads = workloads
        self._controllers = tuple(_nginx_controllers(workloads))
        self._versions = {asset: (version, location) for asset, version, location in self._controllers}

    def judge_webhooks(self) -> None:
        """The admission webhook of an old ingress-nginx runs what anybody on the pod network sends it (CVE-2025-1974)."""
        for entry in self._workloads:
            for container in entry.containers:
                version, location = self._versions.get(container.asset_id, ((), entry.location))
                if not version or _is_patched(version):
                    continue
                text = ".".join(str(part) for part in version)
                found = observed(location, f"ingress-nginx {text} falls to requests at its admission webhook (CVE-2025-1974)")
                for listener in container.listeners:
                    if listener.name == "webhook" or listener.port == _WEBHOOK_PORT:
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
            for container, _, location in self._controllers:
                self._builder.link("ServedBy", judge.asset, container, observed(location, "the ingress controller"))
        else:
            note = observed(place, "its class is served by another controller than ingress-nginx")
            judge.on(note, *(() if snippet else ("noSnippets",)), *(() if injected else ("noAnnotationInjection",)))
            return
        if not snippet:
            self._rule_defence(judge, place, "noSnippets", newest=False)
        if not injected:
            self._rule_defence(judge, place, "noAnnotationInjection", newest=True)

    def _rule_defence(self, judge: Judge, place: Location, defence: str, *, newest: bool) -> None:
        versions = [(version, location) for _, version, location in self._controllers if version]
        if not versions:
            belief = CONTROLLER_PATCHED if newest else SNIPPETS_DISALLOWED
            settle(self._builder, judge.asset, {defence: believe(self._builder, belief, place)})
            return
        version, location = min(versions)
        patched = _is_patched(version) if newest else version >= (1, 9)
        text = ".".join(str(part) for part in version)
        settle(
            self._builder, judge.asset, {defence: Finding(1.0 if patched else 0.0, observed(location, f"ingress-nginx {text}"))}
        )


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


def _nginx_controllers(workloads: tuple[WorkloadEntry, ...]) -> Iterator[tuple[str, tuple[int, ...], Location]]:
    """Containers that are ingress-nginx: their asset, their version if the tag tells it, and where they stand."""
    for entry in workloads:
        by_name = {container.name: container.asset_id for container in entry.containers}
        for container in entry.object.pod_template.spec.containers:
            reference = parse_image_reference(container.image.value) if container.image else None
            if container.image is None or reference is None or value_or(container.name, "") not in by_name:
                continue
            if reference.repository.endswith(tuple(_NGINX_CONTROLLERS)):
                numbers = re.match(r"v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})", reference.tag)
                version = tuple(int(part) for part in numbers.groups()) if numbers else ()
                yield by_name[value_or(container.name, "")], version, container.image.location


def _is_patched(version: tuple[int, ...]) -> bool:
    return version >= _PATCHED[1] or (version[:2] == _PATCHED[0][:2] and version >= _PATCHED[0])
