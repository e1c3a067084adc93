"""Whether anything in the cluster enforces NetworkPolicy: observed from the network plugin's DaemonSet, else assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Assumption, Basis, Evidence
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex
    from breachway.sources.kubernetes.objects import Workload

ASSUMPTION = "network-policy-enforced"
_PROBABILITY = 0.9

# Part of an image's repository to whether that plugin enforces NetworkPolicy (each project's own documentation).
_PLUGINS = (
    ("calico/node", True),
    ("cilium/cilium", True),
    ("antrea/antrea", True),
    ("kube-router", True),
    ("weave-kube", True),
    ("ovn-kubernetes", True),
    ("flannel", False),
)


class Enforcement(NamedTuple):
    """The probability that policies are enforced, why, and the assumption it rests on ("" when observed)."""

    probability: float
    evidence: tuple[Evidence, ...]
    assumption: str


class Plugin(NamedTuple):
    """A network plugin that runs in the cluster: part of its image's name, whether it enforces NetworkPolicy, and where it is."""

    name: str
    enforces: bool
    location: Location


def plugin_of(workloads: Iterable[tuple[str, Workload]]) -> Plugin | None:
    """The first network plugin among workloads, given each with its kind; plugins run as DaemonSets."""
    for kind, workload in workloads:
        for container in workload.pod_template.spec.containers if kind == "DaemonSet" else ():
            image = value_or(container.image, "")
            for part, enforces in _PLUGINS:
                if part in image:
                    return Plugin(part, enforces, container.image.location if container.image else container.location)
    return None


def enforcement_of(builder: ModelBuilder, index: KubernetesIndex) -> Enforcement:
    """Look for a network plugin among the workloads; without one, state the assumption."""
    plugin = plugin_of((workload.kind, workload.object) for workload in index.workloads)
    if plugin is not None:
        word = "enforces" if plugin.enforces else "does not enforce"
        found = (Evidence(plugin.location, Basis.OBSERVED, f"the network plugin {plugin.name} {word} NetworkPolicy"),)
        return Enforcement(1.0 if plugin.enforces else 0.0, found, "")
    seen = (Evidence(index.location, Basis.ASSUMED, "the network plugin enforces NetworkPolicy", ASSUMPTION),)
    builder.assume(
        Assumption(
            id=ASSUMPTION,
            statement="The cluster's network plugin enforces NetworkPolicy",
            probability=_PROBABILITY,
            rationale=(
                "The plugins of the large managed offerings enforce policies or can be told to; plain flannel does not. "
                "No plugin is in the input."
            ),
            subject=index.cluster_id,
            defence_on=True,
            evidence=seen,
        )
    )
    return Enforcement(_PROBABILITY, seen, ASSUMPTION)
