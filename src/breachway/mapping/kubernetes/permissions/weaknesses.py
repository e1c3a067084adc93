"""The weaknesses of roles, of bindings, and of workloads that carry an identity from which more follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.permissions.grant import SYSTEM_NAMESPACE
from breachway.mapping.kubernetes.permissions.grants import GRANTS
from breachway.mapping.kubernetes.permissions.making import EVERYBODY, WHOLE, said
from breachway.mapping.kubernetes.permissions.rules import CORE, Access
from breachway.model import Verdict
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex
    from breachway.mapping.kubernetes.permissions.roles import Granted, RoleRules, Roles
    from breachway.mapping.kubernetes.permissions.rules import Rule
    from breachway.sources.kubernetes.rbac import RoleBinding

_CONFIGMAP_WRITE = Access(("update", "patch"), CORE, ("configmaps",))
_HARMLESS = frozenset({"system:discovery", "system:basic-user", "system:public-info-viewer"})
_ANONYMOUS = frozenset({"system:anonymous", "system:unauthenticated"})
_AUTHENTICATED = frozenset({"system:authenticated", "system:serviceaccounts"})
_TAKEOVER = frozenset(
    {
        WHOLE,
        "noPodCreation",
        "noSecretReading",
        "noTokenCreation",
        "noIdentityImpersonation",
        "noImpersonation",
        "noEscalate",
        "noBind",
        "noNodeProxy",
        "noCertificateApproval",
        "noWebhookChange",
        "noPersistentVolumeCreation",
        "noWorkloadUpdate",
        "noPodChange",
        "noPodExec",
    }
)


def stands_for_everybody(kind: str, name: str) -> bool:
    """Whether a subject of a binding is every caller, or every one of a sort."""
    return (kind == "User" and name == "system:anonymous") or (kind == "Group" and name in _ANONYMOUS | _AUTHENTICATED)


def judge_role(builder: ModelBuilder, grant: str, role: RoleRules) -> None:
    """Record the weaknesses of a role's rules once, however many bindings there are."""
    for rule in role.rules:
        if rule.everything:
            _weak(builder, "rbac-wildcard-all", grant, role, (rule,), "all verbs on all resources of all API groups")
        elif "*" in rule.verbs or "*" in rule.resources:
            _weak(builder, "rbac-wildcard-partial", grant, role, (rule,), "a wildcard in verbs or resources")
    if role.kind == "ClusterRole" or role.namespace == SYSTEM_NAMESPACE:
        found = tuple(rule for rule in role.rules if rule.allows(_CONFIGMAP_WRITE))
        if found:
            _weak(builder, "rbac-configmap-write", grant, role, found, "may change ConfigMaps")
    for entry in GRANTS:
        rules = entry.weakened_by(role.rules)
        if rules:
            _weak(builder, entry.weakness, grant, role, rules, f"may {entry.title}")


def _weak(builder: ModelBuilder, key: str, grant: str, role: RoleRules, rules: tuple[Rule, ...], note: str) -> None:
    builder.judge(key, grant, Verdict.WEAK, said(role, rules, note), subject=role.subject, defences=())


def judge_binding(builder: ModelBuilder, grant: str, binding: RoleBinding, role: RoleRules, title: str) -> None:
    """Record the weaknesses of who is bound; rights that everybody has are had by way of the binding's own defence."""
    names = [(value_or(item.kind, ""), value_or(item.name, ""), item.location) for item in binding.subjects]
    reference = binding.role_ref
    if role.name == "cluster-admin" and reference is not None and any(not name.startswith("system:") for _, name, _ in names):
        seen = (Evidence(reference.location, Basis.OBSERVED, "roleRef is cluster-admin"),)
        builder.judge("cluster-admin-binding", grant, Verdict.WEAK, seen, subject=title, defences=())
        builder.defence(grant, WHOLE, 0.0, seen, weaknesses=("cluster-admin-binding",))
    for kind, name, place in names:
        seen = (Evidence(place, Basis.OBSERVED, f"subject {kind} {name}"),)
        key = _key_of(kind, name, role)
        if key:
            builder.judge(key, grant, Verdict.WEAK, seen, subject=title, detail=name, defences=())
        if stands_for_everybody(kind, name):
            builder.defence(grant, EVERYBODY, 0.0, seen, weaknesses=(key,) if key else ())


def _key_of(kind: str, name: str, role: RoleRules) -> str:
    if name in _ANONYMOUS:
        return "" if role.name == "system:public-info-viewer" else "binding-anonymous"
    if kind == "Group" and name in _AUTHENTICATED and role.name not in _HARMLESS:
        return "binding-authenticated"
    if kind == "Group" and name == "system:masters":
        return "binding-system-masters"
    return "binding-default-sa" if kind == "ServiceAccount" and name == "default" else ""


def judge_takeover(
    builder: ModelBuilder, index: KubernetesIndex, roles: Roles, holdings: Mapping[str, list[tuple[bool, RoleRules]]]
) -> None:
    """A workload whose mounted identity holds a permission from which more follows."""
    powers: dict[str, tuple[Evidence, ...]] = {}
    for principal, held in holdings.items():
        found: list[Evidence] = []
        for namespaced, role in held:
            for title, rules in _takeover_rules(role, roles.granted(role, namespaced=namespaced)):
                found.append(said(role, rules[:1], f"may {title}")[0])
        if found:
            powers[principal] = tuple(dict.fromkeys(found))
    for workload in index.workloads:
        found_here = powers.get(workload.service_account_id)
        if workload.token_mounted and found_here:
            mounted = Evidence(
                workload.location, Basis.OBSERVED, f"runs as ServiceAccount {workload.namespace}/{workload.service_account}"
            )
            builder.judge(
                "workload-with-takeover-sa",
                workload.asset_id,
                Verdict.WEAK,
                (mounted, *found_here[:3]),
                subject=workload.subject,
                detail=workload.service_account,
                defences=(),
            )


def _takeover_rules(role: RoleRules, granted: tuple[Granted, ...]) -> list[tuple[str, tuple[Rule, ...]]]:
    whole = tuple(rule for rule in role.rules if rule.everything)
    found = [("do everything", whole)] if whole else []
    found += [(entry.title, rules) for entry, rules in granted if rules and entry.defence in _TAKEOVER]
    return found
