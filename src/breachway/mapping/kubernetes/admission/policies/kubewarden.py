"""Kubewarden's policies: recognised by their modules; what their settings refuse is not worked out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.admission.policies.asking import (
    ALWAYS,
    Reach,
    Scope,
    by_namespace_labels,
    by_object_labels,
    creates_pods,
    narrowest,
)
from breachway.mapping.kubernetes.admission.policies.rulings import Ruling
from breachway.mapping.kubernetes.admission.policies.trees import text

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.admission.policies.asking import Subject
    from breachway.mapping.kubernetes.admission.policies.specimens import Specimen
    from breachway.mapping.kubernetes.admission.policies.trees import PolicyObject

_MODULES = {
    "pod-privileged": ("privileged",),
    "host-namespaces-psp": ("hostPID", "hostIPC", "hostNetwork"),
    "capabilities-psp": ("capabilities",),
    "hostpaths-psp": ("hostPath",),
    "volumes-psp": ("hostPath",),
}
"""Modules of the project's own catalogue by a part of their address, and the controls that they are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KubewardenPolicy:
    """One AdmissionPolicy or ClusterAdmissionPolicy."""

    object: PolicyObject
    controls: tuple[str, ...]

    def mentions(self, field: str) -> bool:
        """Whether the module is about the field, which has the name of its control."""
        return field in self.controls

    def scope(self, subject: Subject) -> Scope:
        """How far the policy reaches into a namespace."""
        if self.object.kind == "AdmissionPolicy" and self.object.namespace != subject.name:
            return Scope(Reach.NEVER, "it belongs to another namespace")
        mode = text(self.object.at("spec", "mode"), "protect")
        return narrowest(
            ALWAYS if mode == "protect" else Scope(Reach.NEVER, f"its mode is {mode}, which refuses nothing"),
            creates_pods(self.object.at("spec", "rules")),
            by_namespace_labels(self.object.at("spec", "namespaceSelector"), subject),
            by_object_labels(self.object.at("spec", "objectSelector")),
        )

    def answer(self, specimen: Specimen) -> Ruling:
        """A module about the control may refuse it: its settings decide."""
        return Ruling.UNSURE if specimen.control in self.controls else Ruling.ADMITTED


def kubewarden_policies(objects: tuple[PolicyObject, ...]) -> tuple[KubewardenPolicy, ...]:
    """Every policy of Kubewarden among the objects."""
    return tuple(
        KubewardenPolicy(
            object=item,
            controls=tuple(
                sorted(
                    {
                        control
                        for part, controls in _MODULES.items()
                        if part in text(item.at("spec", "module"))
                        for control in controls
                    }
                )
            ),
        )
        for item in objects
        if item.group == "policies.kubewarden.io" and item.kind in {"ClusterAdmissionPolicy", "AdmissionPolicy"}
    )
