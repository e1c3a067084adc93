"""From the right to run pods to a node: what admission stops, and what it cannot see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from breachway.analyses.assess import assess
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from tests.mapping.kubernetes.policies.admitting import BINDING, CEL, KYVERNO_RUNS, SPACE, cluster_policy

if TYPE_CHECKING:
    from pathlib import Path

LEVEL = SPACE.replace("tier: paying", "pod-security.kubernetes.io/enforce: restricted")
RUNNER = """---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: web
  containers: [{name: app, image: "registry.example/shop/web:1"}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: runner, namespace: shop}
rules: [{apiGroups: [""], resources: [pods], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: runner, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: runner}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
"""
CLAIM = """---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {accessModes: [ReadWriteOnce], storageClassName: manual, resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: node-disk}
spec:
  storageClassName: manual
  accessModes: [ReadWriteOnce]
  capacity: {storage: 1Gi}
  hostPath: {path: %s}
"""


def ways_to_a_node(folder: Path, text: str) -> set[str]:
    """The steps on the paths from any one container to a node; ``HostMount`` stands for those by way of the claim."""
    (folder / "given.yaml").write_text(text, encoding="utf-8")
    done = assess(build_model(read([str(folder)])))
    paths = [path for path in done.paths if any(step.asset.startswith("kubernetes:NodePool:") for step in path.steps)]
    return {step.asset.split(":")[1] if "claim/data" in step.asset else step.step for path in paths for step in path.steps}


@pytest.mark.parametrize(
    "text, step",
    [
        (SPACE, "runPrivilegedPod"),
        (LEVEL, ""),
        (SPACE + CEL + BINDING, ""),
        (SPACE + CEL, "runPrivilegedPod"),
        (SPACE + CEL.replace("!has(v.hostPath)", "true") + BINDING, "runPrivilegedPod"),
        (SPACE + cluster_policy() + KYVERNO_RUNS, ""),
        (SPACE + cluster_policy(action="Audit") + KYVERNO_RUNS, "runPrivilegedPod"),
        (LEVEL + CLAIM % "/", "HostMount"),
        (LEVEL + CLAIM % "/srv/data", ""),
        (LEVEL + CLAIM.replace("storageClassName: manual\n  accessModes", "storageClassName: other\n  accessModes") % "/", ""),
    ],
)
def test_what_lies_between_the_right_to_run_pods_and_a_node(tmp_path: Path, text: str, step: str) -> None:
    found = ways_to_a_node(tmp_path, text + RUNNER)
    assert (step in found) if step else not found & {"runPrivilegedPod", "HostMount"}


RELABELS = (
    RUNNER
    + """---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: changer}
rules: [%s]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: changer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: changer}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
"""
)
LABELS = RELABELS % '{apiGroups: [""], resources: [namespaces], verbs: [patch]}'
POLICIES = RELABELS % "{apiGroups: [admissionregistration.k8s.io], resources: [validatingadmissionpolicies], verbs: [update]}"
BY_LABEL = BINDING + "  matchResources: {namespaceSelector: {matchLabels: {tier: paying}}}\n"
BY_NAME = BINDING + "  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}\n"


@pytest.mark.parametrize(
    "text, step",
    [
        (LEVEL + LABELS, "runRelaxedPod"),
        (LEVEL + CEL + BINDING + LABELS, ""),
        (SPACE + CEL + BINDING + LABELS, ""),
        (SPACE + CEL + BY_NAME + LABELS, ""),
        (SPACE + CEL + BY_LABEL + LABELS, "runRelaxedPod"),
        (SPACE + CEL + BINDING + POLICIES, "runUnguardedPod"),
        (LEVEL + CEL + BINDING + POLICIES, ""),
    ],
)
def test_labels_and_policies_are_lifted_apart(tmp_path: Path, text: str, step: str) -> None:
    found = ways_to_a_node(tmp_path, text) & {"runPrivilegedPod", "runRelaxedPod", "runUnguardedPod"}
    assert found == ({step} if step else set())
