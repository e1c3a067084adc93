"""What admission refuses besides what namespaces ask for: default levels, policy engines, signatures, versions that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import defaulted, doubtful, observed
from breachway.mapping.kubernetes import assumptions
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.mapping.kubernetes.index import CLUSTER_ID, workload_id
from breachway.mapping.kubernetes.judging import Judge
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import AdmissionConfiguration, OtherObject, Workload
from breachway.sources.nodes import Mapping as MappingNode
from breachway.sources.nodes import Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.grounds import Belief
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.settings import ClusterSettings
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.nodes import Node as TreeNode

ENFORCED = frozenset({"baseline", "restricted"})
"""The Pod Security levels that refuse privileged pods."""

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


class PodPolicies:
    """What besides labels may refuse privileged pods: a default level, and the policies of admission engines."""

    def __init__(self, declared: Declared) -> None:
        self._plugins = tuple(
            plugin.configuration
            for item in declared.of(AdmissionConfiguration)
            for plugin in item.plugins
            if value_or(plugin.name, "") == "PodSecurity" and plugin.configuration is not None
        )
        self.belief = self._find_belief(declared)

    def default_of(self, namespace: str) -> tuple[Evidence, ...]:
        """The evidence that the configured default enforces a level in a namespace; empty if it does not."""
        for plugin in self._plugins:
            level = plugin.defaults.enforce if plugin.defaults else None
            exempt = {item.value for item in plugin.exemptions.namespaces} if plugin.exemptions else set()
            if level is not None and level.value in ENFORCED and namespace not in exempt:
                return observed(level.location, f"the default level is {level.value}")
        return ()

    @staticmethod
    def _find_belief(declared: Declared) -> Belief | None:
        others = declared.of(OtherObject)
        if any(_enforces(item) for item in others):
            return assumptions.POLICY_ENGINE_ENFORCES
        if any("openshift.io" in item.api_version for item in others):
            return assumptions.OPENSHIFT_ENFORCES
        return None


def _enforces(item: OtherObject) -> bool:
    """Whether a policy object plainly refuses privileged pods: Kyverno's, Gatekeeper's, or the API server's own policies."""
    group = item.api_version.partition("/")[0]
    if group == "constraints.gatekeeper.sh":
        return "privileged" in item.kind.lower() and "dryrun" not in _words(item.node, {"enforcementAction"})
    if group == "kyverno.io" and item.kind in {"ClusterPolicy", "Policy"}:
        actions = {word.lower() for word in _words(item.node, {"validationFailureAction", "failureAction"})}
        return "enforce" in actions and _mentions(item.node, "privileged")
    if group == "admissionregistration.k8s.io" and item.kind == "ValidatingAdmissionPolicy":
        return _mentions(item.node, "privileged")
    return False


def _words(node: TreeNode, keys: set[str]) -> set[str]:
    """The scalars under these keys, wherever they stand."""
    return {
        entry.node.text
        for part in _walk(node)
        if isinstance(part, MappingNode)
        for entry in part.entries.values()
        if entry.key in keys and isinstance(entry.node, Scalar)
    }


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
