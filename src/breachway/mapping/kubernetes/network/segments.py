"""Whether pods of one node share a segment of the network, on which forged ARP answers reach the neighbours.

Observed from the network plugin's DaemonSet, else assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Finding, believe, observed
from breachway.mapping.kubernetes.assumptions import PODS_ROUTED
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.sources.kubernetes.objects import Workload

_ROUTING = (
    ("calico/node", "gives each pod a routed link of its own"),
    ("cilium/cilium", "gives each pod a routed link of its own"),
    ("amazon-k8s-cni", "gives each pod a routed link of its own"),
    ("kindnetd", "gives each pod a routed link of its own"),
    ("antrea", "drops ARP answers for addresses of others on its switch"),
    ("ovn-kube", "drops ARP answers for addresses of others on its switch"),
)
_BRIDGING = (
    ("flannel", "joins the pods of a node by a bridge"),
    ("weave-kube", "joins the pods of a node by a bridge"),
    ("kube-router", "joins the pods of a node by a bridge"),
)
"""Part of an image's name, and what that plugin does by default, from each project's documentation; recalled."""


class Segments:
    """What the network plugin of the cluster does with the pods of a node."""

    def __init__(self, workloads: Iterable[tuple[str, Workload]]) -> None:
        self._routing: tuple[Evidence, ...] = ()
        self._bridging: tuple[Evidence, ...] = ()
        for kind, workload in workloads:
            for container in workload.pod_template.spec.containers if kind == "DaemonSet" else ():
                image = value_or(container.image, "")
                place = container.image.location if container.image is not None else container.location
                self._routing = self._routing or _said(image, place, _ROUTING)
                self._bridging = self._bridging or _said(image, place, _BRIDGING)

    def finding(self, builder: ModelBuilder, location: Location) -> Finding:
        """The finding for ``noSharedSegment``; a plugin that routes decides beside one that bridges (Canal)."""
        if self._routing:
            return Finding(1.0, self._routing)
        if self._bridging:
            return Finding(0.0, self._bridging)
        return believe(builder, PODS_ROUTED, location)


def _said(image: str, place: Location, plugins: tuple[tuple[str, str], ...]) -> tuple[Evidence, ...]:
    return next((observed(place, f"the network plugin {name} {what}") for name, what in plugins if name in image), ())
