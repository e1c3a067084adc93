"""What may be there unseen, as one asset each: rights by bindings, and openings by Services, that could not be listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence
from breachway.mapping.containers.grounds import Belief, believe, observed
from breachway.mapping.kubernetes.judging import PLATFORM
from breachway.mapping.places import INTERNET_ID
from breachway.threats.language import StepKind
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex

_RBAC = "rbac.authorization.k8s.io"
_EVERYWHERE = (f"clusterrolebindings.{_RBAC}", f"clusterroles.{_RBAC}")
_IN_NAMESPACES = (f"rolebindings.{_RBAC}", f"roles.{_RBAC}")
RBAC_RESOURCES = (*_EVERYWHERE, *_IN_NAMESPACES)
"""Resources that say who may do what, as kubectl names them."""

_OPENINGS = (
    "services",
    "ingresses.networking.k8s.io",
    "gateways.gateway.networking.k8s.io",
    "httproutes.gateway.networking.k8s.io",
    "grpcroutes.gateway.networking.k8s.io",
    "tlsroutes.gateway.networking.k8s.io",
    "tcproutes.gateway.networking.k8s.io",
    "udproutes.gateway.networking.k8s.io",
    "gateways.networking.istio.io",
    "virtualservices.networking.istio.io",
    "routes.route.openshift.io",
)
UNSEEN_RIGHTS = Belief(
    "unlisted-bindings-grant-nothing",
    "bindings and roles that could not be listed give the service accounts nothing that leads further",
    0.7,
    "judgement: most accounts of workloads hold no rights, and those that do are the ones that matter; list them to know",
    "the service accounts",
)
UNSEEN_OPENINGS = Belief(
    "unlisted-openings-are-internal",
    "Services, Ingresses, Gateways and Routes that could not be listed let nobody in from the internet",
    0.6,
    "judgement: most Services are for the cluster alone, and most clusters publish something",
    "the workloads",
)
_RULE_DEFENCES = ("noSnippets", "noAnnotationInjection")


def add_unseen_rights(builder: ModelBuilder, index: KubernetesIndex, missing: Mapping[str, Location]) -> None:
    """One grant that every service account holds, whose every refusal is an assumption.

    It is over the cluster where bindings of the cluster may be unseen, else over each namespace.
    """
    wide = _first(missing, _EVERYWHERE)
    place = wide or _first(missing, _IN_NAMESPACES)
    if place is None:
        return
    classes = {item.name: item for item in load_language().assets}
    kind = "ClusterGrant" if wide is not None and "ClusterGrant" in classes else "RoleGrant"
    seen = observed(place, "bindings were not listed in full")
    grant = builder.asset(
        kind,
        "kubernetes:RoleGrant:unlisted",
        "rights by bindings that were not listed",
        platform=PLATFORM,
        boundary=index.cluster_id,
        evidence=seen,
        facts=(("scope", "cluster" if wide is not None else "each namespace"),),
    )
    finding = believe(builder, UNSEEN_RIGHTS, place)
    for step in classes[kind].steps:
        if step.kind is StepKind.DEFENCE:
            builder.defence(grant, step.name, finding.probability, finding.evidence, assumption=finding.assumption)
    if wide is not None:
        builder.link("Scoped", grant, index.cluster_id, seen)
        builder.link("ClusterScoped", grant, index.cluster_id, seen)
        for pool in index.node_pools:
            builder.link("OverNodes", grant, pool, seen)
    else:
        for namespace in index.namespaces.values():
            builder.link("Scoped", grant, namespace.asset_id, seen)
    held = (Evidence(place, Basis.ASSUMED, "any account may be bound", UNSEEN_RIGHTS.id),)
    for account in index.service_accounts.values():
        builder.link("Holds", account, grant, held)


def add_unseen_openings(builder: ModelBuilder, index: KubernetesIndex, missing: Mapping[str, Location]) -> None:
    """One opening before everything that listens, whose being internal is an assumption."""
    place = _first(missing, _OPENINGS)
    listeners = tuple(listener for entry in index.workloads for listener in entry.listeners)
    if place is None or not listeners:
        return
    seen = observed(place, "what publishes workloads was not listed in full")
    opening = builder.asset(
        "Exposure",
        "kubernetes:Exposure:unlisted",
        "openings that were not listed",
        platform=PLATFORM,
        boundary=index.cluster_id,
        evidence=seen,
    )
    finding = believe(builder, UNSEEN_OPENINGS, place)
    for name in ("notPublic", "sourceRestricted", "encrypted"):
        builder.defence(opening, name, finding.probability, finding.evidence, assumption=finding.assumption)
    for name in _RULE_DEFENCES:
        builder.defence(opening, name, 1.0, observed(place, "nothing is known to write configuration from it"))
    builder.link("Exposes", INTERNET_ID, opening, seen)
    for listener in listeners:
        builder.link("Publishes", opening, listener.asset_id, seen)


def _first(missing: Mapping[str, Location], titles: Iterable[str]) -> Location | None:
    return next((missing[title] for title in titles if title in missing), None)
