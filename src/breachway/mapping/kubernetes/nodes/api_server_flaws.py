"""Known flaws of the API server, by the version that the input shows of it.

The version stands in a dump of a live cluster, or in the tag of the API server's own image.  Where neither is there, the kubelets
tell a lower bound: one is never newer than its API server (Kubernetes version skew policy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.beliefs import API_SERVER_PATCHED
from breachway.mapping.containers.flaws import flaws_of
from breachway.mapping.containers.grounds import believe, defaulted
from breachway.mapping.containers.host_versions import settle_version
from breachway.mapping.containers.versions import parse_release
from breachway.mapping.kubernetes.index import CLUSTER_ID
from breachway.sources.decoding import Value
from breachway.sources.image_reference import parse_image_reference
from breachway.sources.kubernetes.objects import Collection, Node, Workload

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.declared import Declared

KEY = "apiserver-vulnerable"
_NAME = "kube-apiserver"
_WAYS = (("upgradesGuarded", "upgrade"), ("redirectsRefused", "held-node"))
_FIXED_SINCE = (1, 19)
"""The first minor version that no flaw of these ways is known of."""


def map_api_server_flaws(builder: ModelBuilder, declared: Declared, location: Location) -> None:
    """Set the defences of the cluster that hang on the version of its API server; of several the weakest counts."""
    known = [(version, verdict) for version in _versions(declared) if (verdict := flaws_of(_NAME, version.value)) is not None]
    newest = _newest_kubelet(declared)
    for defence, way in _WAYS:
        for version, verdict in known:
            settle_version(builder, CLUSTER_ID, defence, (_NAME, version, verdict, KEY), (way,), subject="the API server")
        if known:
            continue
        if newest is not None:
            note = f"a kubelet {newest.value} has an API server that is no older"
            builder.defence(CLUSTER_ID, defence, 1.0, defaulted(newest.location, note, "Kubernetes version skew policy"))
        else:
            finding = believe(builder, API_SERVER_PATCHED, location)
            builder.defence(CLUSTER_ID, defence, finding.probability, finding.evidence, assumption=finding.assumption)


def _versions(declared: Declared) -> tuple[Value[str], ...]:
    """What a dump says of the API server that answered, and the tags of those that run as pods."""
    found = [item.server_version for item in declared.of(Collection) if item.server_version is not None]
    for workload in declared.of(Workload):
        for container in workload.pod_template.spec.containers:
            reference = parse_image_reference(container.image.value) if container.image is not None else None
            if container.image is not None and reference is not None and reference.name == _NAME and reference.tag:
                found.append(Value(reference.tag, container.image.location))
    return tuple(found)


def _newest_kubelet(declared: Declared) -> Value[str] | None:
    """A kubelet that is new enough to tell; None where there is none."""
    infos = (node.status.node_info for node in declared.of(Node))
    for info in infos:
        kubelet = info.kubelet_version if info is not None else None
        release = parse_release(kubelet.value) if kubelet is not None else None
        if release is not None and release.series >= _FIXED_SINCE:
            return kubelet
    return None
