"""Roles that every API server creates by itself, for bindings to roles that the input does not hold.

Their rules are those of the bootstrap policy of Kubernetes 1.33 (``plugin/pkg/auth/authorizer/rbac/bootstrappolicy``), reduced
to what can be used for an attack; the grants of read-only discovery are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.rbac_rules import APPS, BATCH, CERTIFICATES, CORE, NETWORKING, RBAC, Rule

if TYPE_CHECKING:
    from breachway.evidence import Location

SOURCE = "Kubernetes 1.33 bootstrap policy"

_ALL = ("*",)
_EDIT_VERBS = ("create", "delete", "deletecollection", "patch", "update")
_VIEW_VERBS = ("get", "list", "watch")

_RuleText = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]

_VIEW: tuple[_RuleText, ...] = (
    (
        _VIEW_VERBS,
        (CORE,),
        ("configmaps", "endpoints", "persistentvolumeclaims", "pods", "replicationcontrollers", "serviceaccounts", "services"),
    ),
    (_VIEW_VERBS, (CORE,), ("events", "limitranges", "namespaces", "pods/log", "pods/status", "resourcequotas")),
    (_VIEW_VERBS, (APPS,), ("daemonsets", "deployments", "replicasets", "statefulsets")),
    (_VIEW_VERBS, (BATCH,), ("cronjobs", "jobs")),
    (_VIEW_VERBS, (NETWORKING,), ("ingresses", "networkpolicies")),
)
_EDIT: tuple[_RuleText, ...] = (
    *_VIEW,
    (_VIEW_VERBS, (CORE,), ("pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy")),
    (("impersonate",), (CORE,), ("serviceaccounts",)),
    (("create",), (CORE,), ("serviceaccounts/token",)),
    (_EDIT_VERBS, (CORE,), ("pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy")),
    (("create",), (CORE,), ("pods/eviction",)),
    (
        _EDIT_VERBS,
        (CORE,),
        (
            "configmaps",
            "persistentvolumeclaims",
            "replicationcontrollers",
            "secrets",
            "serviceaccounts",
            "services",
            "services/proxy",
        ),
    ),
    (_EDIT_VERBS, (APPS,), ("daemonsets", "deployments", "replicasets", "statefulsets")),
    (_EDIT_VERBS, (BATCH,), ("cronjobs", "jobs")),
    (_EDIT_VERBS, (NETWORKING,), ("ingresses", "networkpolicies")),
)
_ADMIN: tuple[_RuleText, ...] = (
    *_EDIT,
    ((*_EDIT_VERBS, *_VIEW_VERBS), (RBAC,), ("rolebindings", "roles")),
)
_ROLES: dict[str, tuple[_RuleText, ...]] = {
    "cluster-admin": ((_ALL, _ALL, _ALL),),
    "admin": _ADMIN,
    "edit": _EDIT,
    "view": _VIEW,
    "system:node": (
        (_VIEW_VERBS, (CORE,), ("configmaps", "nodes", "persistentvolumeclaims", "pods", "secrets", "services")),
        (("create", "delete", "patch", "update"), (CORE,), ("nodes", "nodes/status", "pods/eviction", "pods/status")),
        (("create", "delete"), (CORE,), ("pods",)),
        (("create",), (CORE,), ("serviceaccounts/token",)),
    ),
    "system:node-bootstrapper": ((("create", "get", "list", "watch"), (CERTIFICATES,), ("certificatesigningrequests",)),),
    "system:kubelet-api-admin": ((_ALL, (CORE,), ("nodes/log", "nodes/metrics", "nodes/proxy", "nodes/stats")),),
    "system:persistent-volume-provisioner": ((("create", "delete", "get", "list", "watch"), (CORE,), ("persistentvolumes",)),),
    "system:kube-controller-manager": (
        (("list", "watch"), _ALL, _ALL),
        (("create", "delete", "get", "update"), (CORE,), ("secrets", "serviceaccounts")),
        (("create",), (CORE,), ("serviceaccounts/token",)),
    ),
    "system:auth-delegator": (),
    "system:basic-user": (),
    "system:discovery": (),
    "system:public-info-viewer": (),
    "system:monitoring": (),
    "system:kube-scheduler": (
        (("create",), (CORE,), ("bindings", "pods/binding")),
        (("delete", "get", "list", "watch"), (CORE,), ("pods",)),
        (_VIEW_VERBS, (CORE,), ("nodes",)),
    ),
    "system:node-proxier": ((_VIEW_VERBS, (CORE,), ("endpoints", "nodes", "services")),),
    "system:node-problem-detector": (((("get", "patch")), (CORE,), ("nodes", "nodes/status")),),
}


def builtin_rules(name: str, location: Location) -> tuple[Rule, ...] | None:
    """Return the rules of a built-in ClusterRole, placed at the binding's ``location``; None when there is no such role."""
    rules = _ROLES.get(name)
    if rules is None:
        return None
    return tuple(
        Rule(frozenset(verbs), frozenset(groups), frozenset(resources), (), location) for verbs, groups, resources in rules
    )
