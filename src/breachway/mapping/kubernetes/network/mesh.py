"""Mutual TLS that an Istio mesh demands of a workload's callers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.selectors import matches
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.policies import PeerAuthentication

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.mapping.kubernetes.index import WorkloadEntry
    from breachway.sources.kubernetes.objects import KubernetesObject

_ROOT_NAMESPACE = "istio-system"
_INHERIT = {"", "UNSET"}
_WEAKNESS = "mesh-mtls-permissive"


class MutualTls:
    """Which PeerAuthentication is in force for a workload: its own, its namespace's, the mesh's (Istio, PeerAuthentication)."""

    def __init__(self, objects: Iterable[KubernetesObject]) -> None:
        self._policies = sorted(
            (item for item in objects if isinstance(item, PeerAuthentication)),
            key=lambda item: (value_or(item.metadata.namespace, "default"), value_or(item.metadata.name, "")),
        )

    def of(self, workload: WorkloadEntry) -> tuple[bool, Evidence, tuple[str, ...]]:
        """Whether callers need a certificate of the mesh, why, and the weakness: only a policy that says otherwise is one."""
        labels = dict(workload.labels)
        ranked: list[tuple[int, PeerAuthentication]] = []
        for policy in self._policies:
            namespace = value_or(policy.metadata.namespace, "default")
            selector = policy.spec.selector
            if selector is not None and namespace == workload.namespace and matches(selector, labels):
                ranked.append((0, policy))
            elif selector is None and namespace == workload.namespace:
                ranked.append((1, policy))
            elif selector is None and namespace == _ROOT_NAMESPACE:
                ranked.append((2, policy))
        for _, policy in sorted(ranked, key=lambda item: item[0]):
            mode = policy.spec.mtls.mode if policy.spec.mtls else None
            if value_or(mode, "") not in _INHERIT and mode is not None:
                return (
                    mode.value == "STRICT",
                    Evidence(mode.location, Basis.OBSERVED, f"PeerAuthentication mode is {mode.value}"),
                    (_WEAKNESS,),
                )
        silent = "nothing demands mutual TLS of its callers"
        return False, Evidence(workload.location, Basis.DEFAULTED, silent, "Kubernetes documentation, Services"), ()
