"""From an identity by RBAC: every row that the field knows, each on a pair of manifests.

``ways_by_permission/WAY/vulnerable.yaml`` takes the step, ``safe.yaml`` is a near miss that does not: another subresource, group,
name, scope, version, or a precondition that is missing.  ``ROWS`` holds each row of the table with the ways that show it, so that
none is forgotten.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from tests.mapping.kubernetes.reaching import reached_in

if TYPE_CHECKING:
    from breachway.model import Model

FOLDER = Path(__file__).with_name("ways_by_permission")
ROBOT = ("kubernetes:ServiceAccount:shop/robot", "assume")
CLUSTER, SHOP = "kubernetes:Cluster:cluster", "kubernetes:Namespace:shop"
SYSTEM = "kubernetes:Namespace:kube-system"
POOL = "kubernetes:NodePool:default"
GRANT = "kubernetes:RoleGrant:RoleBinding/shop/robot"
WIDE = "kubernetes:RoleGrant:ClusterRoleBinding//robot"
HELD_NODE = ((POOL, "root"),)


class Way(NamedTuple):
    """The step that tells a way (any asset, if ``asset`` is empty), where it starts, and what the attacker holds besides."""

    step: str
    asset: str = ""
    start: tuple[str, str] = ROBOT
    also: tuple[tuple[str, str], ...] = ()


ROWS: dict[str, dict[str, Way]] = {
    "create pods, or what makes pods": {
        "create-pods": Way("runPod", SHOP),
        "create-deployments": Way("runPod", SHOP),
        "create-cronjobs": Way("runPod", SHOP),
        "pods-by-workflow": Way("runPod", SHOP),
        "pods-by-pipeline": Way("runPod", SHOP),
    },
    "update or patch workloads or pods, ephemeral containers": {
        "patch-deployments": Way("runPod", SHOP),
        "patch-a-template-that-is-there": Way("runPod", SHOP),
        "patch-cronjobs": Way("runPod", SHOP),
        "patch-a-named-deployment": Way("runPod", SHOP),
        "patch-pods": Way("changePods", SHOP),
        "ephemeral-containers": Way("execPods", SHOP),
    },
    "exec, attach, port forwarding, the node proxy": {
        "exec": Way("execPods", SHOP),
        "exec-in-a-named-pod": Way("compromise", "kubernetes:Container:shop/StatefulSet/db/app"),
        "exec-by-get-until-1-34": Way("execPods", SHOP),
        "attach": Way("execPods", SHOP),
        "port-forward": Way("forwardPorts", SHOP),
        "node-proxy": Way("execThroughKubelet"),
    },
    "get, list or watch secrets": {
        "read-secrets": Way("readSecrets", SHOP),
        "read-named-secret": Way("readFromStore", "kubernetes:Secret:shop/one"),
    },
    "create secrets of the type for tokens": {
        "token-secret": Way("readBackToken", SHOP),
        "token-secret-by-name": Way("readBackToken", SHOP),
    },
    "create serviceaccounts/token": {
        "mint-tokens": Way("mintTokens", SHOP),
        "mint-named-token": Way("assume", "kubernetes:ServiceAccount:shop/web"),
    },
    "impersonate users, groups, serviceaccounts, uids, userextras": {
        "impersonate-accounts": Way("impersonateAccounts", SHOP),
        "impersonate-users": Way("admin", CLUSTER),
        "impersonate-groups-with-a-name": Way("admin", CLUSTER),
        "impersonate-system-masters": Way("admin", CLUSTER),
        "impersonate-extras-alone": Way("admin", CLUSTER),
    },
    "escalate or bind, with writing roles or bindings": {
        "escalate": Way("grantRoles", SHOP),
        "escalate-a-role-of-ones-own": Way("admin", CLUSTER),
        "bind-cluster-admin": Way("grantRoles", SHOP),
        "bind-any-role": Way("readSecrets", SHOP),
        "bind-named-role": Way("runPod", SHOP),
    },
    "certificate requests with approval and the signer": {
        "approve-client-certificate": Way("admin", CLUSTER),
        "approve-without-reading": Way("admin", CLUSTER),
        "sign-certificates": Way("admin", CLUSTER),
        "approve-node-certificate": Way("assume", "kubernetes:NodeIdentity:default"),
        "node-certificate-by-itself": Way("assume", "kubernetes:NodeIdentity:default"),
    },
    "webhooks, admission policies and their bindings": {
        "mutating-webhooks": Way("changeWorkloads", SHOP),
        "validating-webhooks": Way("readSecretsInFlight", CLUSTER),
        "mutating-policies-since-1-36": Way("changeWorkloads", SHOP),
        "admission-policies": Way("liftPolicies", CLUSTER),
        "lift-a-policy-and-run-a-pod": Way("runUnguardedPod", SHOP),
        "gatekeeper-constraints": Way("liftPolicies", CLUSTER),
    },
    "persistent volumes with a way to use them, storage classes": {
        "persistent-volumes": Way("mountAnyPath", POOL),
        "storage-class": Way("provisionHostPath", CLUSTER),
        "storage-class-that-opts-out": Way("provisionHostPath", CLUSTER),
    },
    "patch namespaces": {
        "label-namespaces": Way("relaxPodSecurity", SHOP),
        "label-a-named-namespace": Way("relaxPodSecurity", SHOP),
    },
    "steer pods onto a node that one holds": {
        "taint-nodes": Way("attractedToHeldNode", POOL, also=HELD_NODE),
        "node-status": Way("attractedToHeldNode", POOL, also=HELD_NODE),
        "evict-pods": Way("receiveDisplaced", SHOP, also=HELD_NODE),
        "bind-pods": Way("receiveDisplaced", SHOP, also=HELD_NODE),
        "delete-pods": Way("receiveDisplaced", SHOP, also=HELD_NODE),
        "priority-of-ones-own": Way("receiveDisplaced", SHOP, also=HELD_NODE),
    },
    "API services, endpoints, services, DNS, ingresses": {
        "api-services": Way("answerForApis", CLUSTER),
        "endpoints": Way("redirectTraffic", SHOP),
        "endpoint-slices": Way("redirectTraffic", SHOP),
        "external-addresses": Way("takeExternalTraffic", CLUSTER),
        "service-status": Way("takeExternalTraffic", CLUSTER),
        "dns-configuration": Way("poisonDns", CLUSTER),
        "ingresses": Way("rewriteRoutes", SHOP),
        "network-policies": Way("liftNetworkPolicies", SHOP),
    },
    "aws-auth, cloud annotations of accounts": {
        "aws-auth": Way("admin", CLUSTER),
        "annotate-accounts": Way("claimCloudRoles", SHOP),
    },
    "nodes/log, nodes/configz, pods/log": {
        "node-logs": Way("readLogs", POOL),
        "node-settings": Way("readNodeSettings", WIDE),
        "pod-logs": Way("readLogs", SHOP),
    },
    "bootstrap token secrets": {"bootstrap-token": Way("assume", "kubernetes:NodeIdentity:default")},
    "custom resources that a controller obeys": {
        "flux": Way("admin", CLUSTER),
        "flux-as-an-account": Way("borrowAccounts", GRANT),
        "flux-source": Way("admin", CLUSTER),
        "argo-cd": Way("admin", CLUSTER),
        "argo-cd-in-its-own-namespace": Way("admin", CLUSTER),
        "velero-by-default": Way("admin", CLUSTER),
        "external-secrets": Way("readSecrets", "kubernetes:Namespace:vault"),
        "secret-stores-of-the-cluster": Way("readSecrets", CLUSTER),
        "karpenter": Way("addOwnNode", POOL),
        "kyverno-exceptions": Way("liftPolicies", CLUSTER),
        "kyverno-generate": Way("runPod", SHOP),
        "cloud-by-controller": Way("assume", "aws:CloudRole:zones"),
        "vertical-autoscaler": Way("displacePods", SHOP),
        "controller-known-by-its-resources": Way("admin", CLUSTER),
    },
    "bindings to everybody": {
        "bound-to-anonymous": Way("readSecrets", SHOP, start=(CLUSTER, "requestApi")),
        "bound-to-authenticated": Way("readSecrets", SHOP),
    },
    "wildcards and paths that are no objects": {
        "wildcards": Way("admin", CLUSTER),
        "url-wildcard": Way("fetchServerLogs", CLUSTER),
        "server-logs": Way("fetchServerLogs", CLUSTER),
        "server-logs-until-1-30": Way("fetchServerLogs", CLUSTER),
    },
    "the identity of a node, which the Node authorizer and NodeRestriction bound": {
        "node-reads-its-own-pods": Way(
            "assume", "kubernetes:ServiceAccount:shop/web", start=("kubernetes:NodeIdentity:default", "assume")
        ),
        "node-without-restriction": Way("attractPods", POOL, start=("kubernetes:NodeIdentity:default", "assume")),
    },
}
WAYS = {name: way for ways in ROWS.values() for name, way in ways.items()}


@cache
def modelled(name: str, file: str) -> Model:
    return build_model(read([str(FOLDER / name / file)]))


def taken(name: str, file: str) -> frozenset[tuple[str, str]]:
    way = WAYS[name]
    return reached_in(modelled(name, file), (way.start, *way.also))


def test_no_way_is_forgotten() -> None:
    assert sorted(item.name for item in FOLDER.iterdir()) == sorted(WAYS)
    assert all(ROWS.values())


@pytest.mark.parametrize("name", sorted(WAYS))
def test_the_right_takes_the_step(name: str) -> None:
    way, found = WAYS[name], taken(name, "vulnerable.yaml")
    assert any(step == way.step and way.asset in {"", asset} for asset, step in found)


@pytest.mark.parametrize("name", sorted(WAYS))
def test_a_near_miss_does_not(name: str) -> None:
    way, found = WAYS[name], taken(name, "safe.yaml")
    assert not any(step == way.step and way.asset in {"", asset} for asset, step in found)
