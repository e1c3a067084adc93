"""The ingress controllers of a cluster, and the classes that they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.index import WorkloadEntry

_CONTROLLERS = (
    ("ingress-nginx/controller", "nginx"),
    ("nginx-ingress-controller", "nginx"),
    ("nginx/nginx-ingress", "nginx"),
    ("traefik", "traefik"),
    ("haproxy-ingress", "haproxy"),
    ("kubernetes-ingress", "haproxy"),
    ("kong", "kong"),
    ("contour", "contour"),
    ("emissary", "ambassador"),
    ("ambassador", "ambassador"),
    ("apisix", "apisix"),
    ("origin-haproxy-router", "openshift"),
    ("ose-haproxy-router", "openshift"),
    ("voyager", "voyager"),
)
"""Ends of the image repositories of ingress controllers and routers, and the word that names of their classes hold."""
_GATEWAYS = (
    (("istio", "ingressgateway"), "istio"),
    (("app", "istio-ingressgateway"), "istio"),
    (("app.kubernetes.io/name", "envoy"), "contour"),
)
"""Labels of pods that carry what a controller beside them decides, and the same word."""


def words_in(class_name: str) -> frozenset[str]:
    """The words of known controllers that the name of a class holds, in lower case."""
    return frozenset(word for _, word in (*_CONTROLLERS, *_GATEWAYS) if word in class_name)


def classes_of(entry: WorkloadEntry) -> tuple[str, ...]:
    """The words of the classes that a workload serves; none for one that is no ingress controller."""
    found = [word for label, word in _GATEWAYS if label in entry.labels]
    for container in entry.object.pod_template.spec.containers:
        reference = parse_image_reference(container.image.value) if container.image else None
        if reference is not None:
            repository = f"/{reference.repository}"
            found += [word for name, word in _CONTROLLERS if repository.endswith(f"/{name}")]
    return tuple(dict.fromkeys(found))
