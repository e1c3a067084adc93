"""Whether anything in the cluster enforces NetworkPolicy: observed from the network plugin's DaemonSet, else assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Assumption, Basis, Evidence
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex

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


def enforcement_of(builder: ModelBuilder, index: KubernetesIndex) -> Enforcement:
    """Look for a network plugin among the workloads; without one, state the assumption."""
    for workload in index.workloads:
        if workload.kind != "DaemonSet":
            continue
        for container in workload.object.pod_template.spec.containers:
            image = value_or(container.image, "")
            for part, enforces in _PLUGINS:
                if part in image:
                    place = container.image.location if container.image else container.location
                    word = "enforces" if enforces else "does not enforce"
                    seen = (Evidence(place, Basis.OBSERVED, f"the network plugin {part} {word} NetworkPolicy"),)
                    return Enforcement(1.0 if enforces else 0.0, seen, "")
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
