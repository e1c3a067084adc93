from __future__ import annotations

import pytest

from tests.mapping.kubernetes.clusters import links, model_of

NODES = """
apiVersion: v1
kind: Node
metadata: {name: one, labels: {eks.amazonaws.com/nodegroup: old, disk: ssd, cores: "4"}}
---
apiVersion: v1
kind: Node
metadata: {name: two, labels: {eks.amazonaws.com/nodegroup: new, cores: "16"}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers: [{name: app, image: a}]
  affinity:
    nodeAffinity:
      preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: x, operator: Exists}]}}]
"""
REQUIRED = """      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms: [%s]
"""
OLD, NEW = "kubernetes:NodePool:old", "kubernetes:NodePool:new"


def pools(terms: str, manifests: str = NODES) -> set[str]:
    model = model_of(manifests + (REQUIRED % terms if terms else ""))
    return {right for left, right in links(model, "RunsOn") if "shop" in left}


@pytest.mark.parametrize(
    "terms, found",
    [
        ("", {OLD, NEW}),
        ("{matchExpressions: [{key: disk, operator: In, values: [ssd, nvme]}]}", {OLD}),
        ("{matchExpressions: [{key: disk, operator: NotIn, values: [ssd]}]}", {NEW}),
        ("{matchExpressions: [{key: disk, operator: Exists}]}", {OLD}),
        ("{matchExpressions: [{key: disk, operator: DoesNotExist}]}", {NEW}),
        ("{matchExpressions: [{key: cores, operator: Gt, values: ['8']}]}", {NEW}),
        ("{matchExpressions: [{key: cores, operator: Lt, values: ['8']}]}", {OLD}),
        ("{matchFields: [{key: metadata.name, operator: In, values: [two]}]}", {NEW}),
        ("{matchFields: [{key: metadata.name, operator: NotIn, values: [two]}]}", {OLD}),
        (
            (
                "{matchExpressions: [{key: disk, operator: Exists}]}, "
                "{matchFields: [{key: metadata.name, operator: In, values: [two]}]}"
            ),
            {OLD, NEW},
        ),
        ("{matchExpressions: [{key: disk, operator: Exists}, {key: cores, operator: Lt, values: ['5']}]}", {OLD}),
        ("{}, {matchExpressions: [{key: disk, operator: Exists}]}", {OLD}),
    ],
)
def test_required_node_affinity_decides_the_pool(terms: str, found: set[str]) -> None:
    assert pools(terms) == found


def test_where_no_node_of_the_input_fits_any_worker_may_be_meant() -> None:
    for terms in (
        "{matchExpressions: [{key: disk, operator: Exists}, {key: cores, operator: Gt, values: ['8']}]}",
        "{matchExpressions: [{key: disk, operator: Gt, values: ['8']}]}",
        "{matchExpressions: [{key: disk, operator: Near, values: [ssd]}]}",
        "{}",
    ):
        assert pools(terms) == {OLD, NEW}


def test_the_name_that_a_daemon_sets_controller_writes_is_of_one_pod_alone() -> None:
    owner = (
        "metadata: {name: web, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: agent, uid: u}]}"
    )
    owned = NODES.replace("metadata: {name: web, namespace: shop}", owner)
    assert pools("{matchFields: [{key: metadata.name, operator: In, values: [two]}]}", owned) == {OLD, NEW}
