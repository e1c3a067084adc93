"""What admission refuses besides pods that open their node: images without signatures, and versions that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import defaulted, doubtful, observed
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.mapping.kubernetes.index import CLUSTER_ID, workload_id
from breachway.mapping.kubernetes.judging import Judge
from breachway.sources.kubernetes.objects import OtherObject, Workload
from breachway.sources.nodes import Mapping as MappingNode
from breachway.sources.nodes import Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.settings import ClusterSettings
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.nodes import Node as TreeNode

_MOST = 20_000
"""How many nodes of a policy object are looked through."""

_REMOVED: dict[tuple[str, str], tuple[int, int]] = {
    ("admissionregistration.k8s.io/v1beta1", "*"): (1, 22),
    ("apiextensions.k8s.io/v1beta1", "*"): (1, 22),
    ("apps/v1beta1", "*"): (1, 16),
    ("apps/v1beta2", "*"): (1, 16),
    ("autoscaling/v2beta1", "*"): (1, 25),
    ("autoscaling/v2beta2", "*"): (1, 26),
    ("batch/v1beta1", "*"): (1, 25),
    ("batch/v2alpha1", "*"): (1, 21),
    ("certificates.k8s.io/v1beta1", "*"): (1, 22),
    ("extensions/v1beta1", "*"): (1, 16),
    ("extensions/v1beta1", "Ingress"): (1, 22),
    ("networking.k8s.io/v1beta1", "Ingress"): (1, 22),
    ("networking.k8s.io/v1beta1", "IngressClass"): (1, 22),
    ("policy/v1beta1", "*"): (1, 25),
    ("rbac.authorization.k8s.io/v1beta1", "*"): (1, 22),
    ("storage.k8s.io/v1beta1", "StorageClass"): (1, 22),
}
"""When Kubernetes stopped serving an API version, for a kind or for all of them ("*"); from its deprecation guide."""


def judge_signatures(builder: ModelBuilder, declared: Declared, location: Location) -> None:
    """Ask whether anything in the cluster checks who signed an image."""
    if any(_checks_signatures(item) for item in declared.of(OtherObject)):
        return
    found = defaulted(location, "no policy of the input checks signatures of images", "Kubernetes")
    doubtful(builder, "image-not-signed-or-verified", CLUSTER_ID, found, subject="the cluster")


def _checks_signatures(item: OtherObject) -> bool:
    group = item.api_version.partition("/")[0]
    if group == "policy.sigstore.dev" and item.kind == "ClusterImagePolicy":
        return True
    return group.endswith("kyverno.io") and (item.kind == "ImageValidatingPolicy" or _mentions(item.node, "verifyImages"))


def judge_versions(builder: ModelBuilder, objects: Iterable[KubernetesObject], settings: ClusterSettings) -> None:
    """Find objects whose API version the cluster no longer serves."""
    for item in objects:
        gone = _REMOVED.get((item.api_version, item.kind)) or _REMOVED.get((item.api_version, "*"))
        if gone is None or settings.version < gone:
            continue
        name = f"{namespace_of(item.metadata)}/{name_of(item.metadata)}"
        asset = (
            workload_id(namespace_of(item.metadata), item.kind, name_of(item.metadata))
            if isinstance(item, Workload)
            else CLUSTER_ID
        )
        judge = Judge(builder, asset if builder.has(asset) else CLUSTER_ID, f"{item.kind} {name}")
        note = observed(item.location, f"apiVersion: {item.api_version} is gone since {gone[0]}.{gone[1]}")
        judge.weak("deprecated-api-version", note, detail=f"{item.kind}/{name}")


def _mentions(node: TreeNode, word: str) -> bool:
    """Whether a key or a scalar holds the word."""
    for part in _walk(node):
        if isinstance(part, Scalar) and word in part.text:
            return True
        if isinstance(part, MappingNode) and any(word in key for key in part.entries):
            return True
    return False


def _walk(node: TreeNode) -> Iterable[TreeNode]:
    stack: list[TreeNode] = [node]
    for _ in range(_MOST):
        if not stack:
            return
        part = stack.pop()
        yield part
        if isinstance(part, MappingNode):
            stack.extend(entry.node for entry in part.entries.values())
        elif isinstance(part, Sequence):
            stack.extend(part.items)
