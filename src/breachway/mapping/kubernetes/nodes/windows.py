"""Windows containers and the kernel that they share with their node.

With process isolation containers are job objects of the node's own kernel.  Microsoft's guidance on securing Windows containers
says what follows: whatever an administrator may do outside, one inside may be taken to do as well.  A container with Hyper-V
isolation has a kernel of its own.  Kubernetes asks for it by a runtime class whose handler says so; before 1.21, with dockershim
and an alpha feature gate, by an annotation of the pod (Kubernetes, Windows containers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import observed
from breachway.mapping.kubernetes.assumptions import WINDOWS_HYPER_V
from breachway.mapping.kubernetes.judging import Judge
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.views import ContainerView, PodView

_ISOLATION = "experimental.windows.kubernetes.io/isolation-type"
_ANNOTATION_ENDS = (1, 21)
_HANDLERS = ("hyperv", "hyper-v", "hypervisor")


def share_windows_kernel(builder: ModelBuilder, view: ContainerView, container: str, pool: str) -> None:
    """Join a Windows container to the nodes whose kernel it shares; one in a machine of its own shares none."""
    if not view.pod.windows or _has_own_machine(view.pod):
        return
    place = view.pod.location
    builder.link("SharesWindowsKernel", container, pool, observed(place, "a Windows pod without Hyper-V isolation of its own"))
    Judge(builder, pool, view.subject).assume(place, WINDOWS_HYPER_V, "noSharedWindowsKernel")


def _has_own_machine(pod: PodView) -> bool:
    name = value_or(pod.spec.runtime_class_name, "")
    handler = pod.settings.handlers.get(name, "") if name else ""
    if any(word in text.lower() for text in (name, handler) for word in _HANDLERS):
        return True
    return pod.settings.version < _ANNOTATION_ENDS and pod.annotations.get(_ISOLATION, "") == "hyperv"
