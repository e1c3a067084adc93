"""Roles and bindings as the threat language sees them: one RoleGrant for each binding, held by principals, in a scope."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence
from breachway.mapping.kubernetes.index import namespace_id
from breachway.mapping.kubernetes.rbac_roles import Roles
from breachway.mapping.kubernetes.rbac_rules import CORE, GRANTS, Access, Grant, Rule, satisfied
from breachway.mapping.kubernetes.rbac_subjects import Subjects
from breachway.mapping.kubernetes.versions import NEWEST, parse_version
from breachway.model import Verdict
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.rbac import RoleBinding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex
    from breachway.mapping.kubernetes.rbac_roles import Granted, RoleRules
    from breachway.sources.kubernetes.objects import KubernetesObject

PLATFORM = "kubernetes"
_CONFIGMAP_WRITE = Access(("update", "patch"), CORE, ("configmaps",))
_SYSTEM_NAMESPACE = "kube-system"


def map_rbac(builder: ModelBuilder, objects: Iterable[KubernetesObject], index: KubernetesIndex) -> None:
    """Map all roles and bindings; roles that nobody holds are judged too, but lead nowhere."""
    things = tuple(objects)
    roles = Roles(things, parse_version(index.version) or NEWEST)
    for kind, _, name in roles.repeated:
        builder.note(f"{kind} {name} is defined more than once; the last definition was used")
    bindings = sorted((item for item in things if isinstance(item, RoleBinding)), key=_binding_key)
    subjects = Subjects(builder, index)
    judged: set[tuple[str, str, str]] = set()
    holdings: defaultdict[str, list[tuple[bool, RoleRules]]] = defaultdict(list)
    for binding in bindings:
        role = _role_of(binding, roles, builder)
        if role is None:
            continue
        grant = _grant_asset(builder, binding, role, index)
        first = (role.kind, role.namespace, role.name) not in judged
        judged.add((role.kind, role.namespace, role.name))
        granted = roles.granted(role, namespaced=bool(_scope_name(binding)))
        _set_defences(builder, grant, role, granted, binding.location, scope=_scope_name(binding))
        if first and not role.builtin:
            _judge_role(builder, grant, role)
        _link_named(builder, grant, role, index, subjects, _scope_name(binding))
        _judge_binding(builder, grant, binding, role)
        for subject in binding.subjects:
            for principal in subjects.resolve(subject, binding):
                builder.link(
                    "Holds",
                    principal,
                    grant,
                    (Evidence(subject.location, Basis.OBSERVED, f"{_title(binding)} gives {role.subject}"),),
                )
                holdings[principal].append((bool(_scope_name(binding)), role))
    for key in sorted(set(roles.declared) - judged):
        role = roles.find(key, index.location)
        if role is None:
            continue
        grant = builder.asset(
            "RoleGrant",
            f"kubernetes:RoleGrant:unbound/{role.kind}/{role.namespace}/{role.name}",
            f"{role.subject}, bound to nobody",
            platform=PLATFORM,
            boundary=namespace_id(role.namespace) if role.namespace else index.cluster_id,
            evidence=(Evidence(role.location, Basis.OBSERVED, role.subject),),
        )
        granted = roles.granted(role, namespaced=bool(role.namespace))
        _set_defences(builder, grant, role, granted, role.location, scope=role.namespace)
        _judge_role(builder, grant, role)
    subjects.join_groups()
    _judge_takeover(builder, index, roles, holdings)


def _binding_key(binding: RoleBinding) -> tuple[str, str, str]:
    return (binding.kind, _scope_name(binding), value_or(binding.metadata.name, ""))


def _scope_name(binding: RoleBinding) -> str:
    return "" if binding.kind == "ClusterRoleBinding" else value_or(binding.metadata.namespace, "default")


def _title(binding: RoleBinding) -> str:
    scope = _scope_name(binding)
    name = value_or(binding.metadata.name, "")
    return f"{binding.kind} {scope}/{name}" if scope else f"{binding.kind} {name}"


def _role_of(binding: RoleBinding, roles: Roles, builder: ModelBuilder) -> RoleRules | None:
    reference = binding.role_ref
    name = value_or(reference.name, "") if reference else ""
    kind = value_or(reference.kind, "") if reference else ""
    if reference is None or not name:
        return None
    role = roles.find((kind, _scope_name(binding) if kind == "Role" else "", name), reference.location)
    if role is None:
        builder.note(f"{_title(binding)} refers to {kind} {name}, which the input does not hold: what it grants is unknown")
    return role


def _grant_asset(builder: ModelBuilder, binding: RoleBinding, role: RoleRules, index: KubernetesIndex) -> str:
    scope = _scope_name(binding)
    name = value_or(binding.metadata.name, "")
    seen = (Evidence(binding.location, Basis.OBSERVED, f"{_title(binding)} binds {role.subject}"),)
    grant = builder.asset(
        "RoleGrant",
        f"kubernetes:RoleGrant:{binding.kind}/{scope}/{name}",
        f"{role.subject} by {_title(binding)}",
        platform=PLATFORM,
        boundary=namespace_id(scope) if scope else index.cluster_id,
        evidence=seen,
        facts=(("role", role.name), ("scope", scope or "cluster")),
    )
    if scope:
        builder.link("Scoped", grant, namespace_id(scope), seen)
    else:
        builder.link("Scoped", grant, index.cluster_id, seen)
        builder.link("ClusterScoped", grant, index.cluster_id, seen)
        for pool in index.node_pools:
            builder.link("OverNodes", grant, pool, seen)
    return grant


def _set_defences(
    builder: ModelBuilder, grant: str, role: RoleRules, granted: tuple[Granted, ...], fallback: Location, *, scope: str
) -> None:
    basis, source = (Basis.DEFAULTED, role.source) if role.builtin else (Basis.OBSERVED, "")
    silent = (Evidence(role.location if role.rules else fallback, basis, f"no rule of {role.subject} grants it", source),)
    whole = tuple(rule for rule in role.rules if rule.everything and not rule.names)
    _set(builder, grant, "notEverything", whole, silent, role, "do everything", "rbac-wildcard-all")
    for entry, rules in granted:
        if entry.defence == "noConfigMapWriting" and scope not in {"", _SYSTEM_NAMESPACE} and not role.builtin:
            key = ""
        else:
            key = entry.weakness or ("rbac-configmap-write" if entry.defence == "noConfigMapWriting" else "")
        _set(builder, grant, entry.defence, rules, silent, role, entry.title, key)


def _set(
    builder: ModelBuilder,
    grant: str,
    defence: str,
    rules: tuple[Rule, ...],
    silent: tuple[Evidence, ...],
    role: RoleRules,
    title: str,
    key: str,
) -> None:
    evidence = _said(role, rules, f"may {title}") or silent
    if rules and all(rule.everything for rule in rules):
        # One edit takes all of it away: of the rule with the wildcards, or of the binding to the built-in role.
        key = "cluster-admin-binding" if role.builtin else "rbac-wildcard-all"
    builder.defence(grant, defence, 0.0 if rules else 1.0, evidence, weaknesses=(key,) if key else ())


def _said(role: RoleRules, rules: tuple[Rule, ...], note: str) -> tuple[Evidence, ...]:
    """One piece of evidence a place: rules that the API server brings along share theirs."""
    return tuple(
        dict.fromkeys(
            Evidence(role.where(rule), Basis.DEFAULTED if rule.source else Basis.OBSERVED, f"{role.subject} {note}", rule.source)
            for rule in rules
        )
    )


def _judge_role(builder: ModelBuilder, grant: str, role: RoleRules) -> None:
    """Record the weaknesses of a role's rules once, however many bindings there are."""
    for rule in role.rules:
        if rule.everything:
            _weak(builder, "rbac-wildcard-all", grant, role, (rule,), "all verbs on all resources of all API groups")
        elif "*" in rule.verbs or "*" in rule.resources:
            _weak(builder, "rbac-wildcard-partial", grant, role, (rule,), "a wildcard in verbs or resources")
    if role.kind == "ClusterRole" or role.namespace == _SYSTEM_NAMESPACE:
        found = tuple(rule for rule in role.rules if rule.allows(_CONFIGMAP_WRITE))
        if found:
            _weak(builder, "rbac-configmap-write", grant, role, found, "may change ConfigMaps")
    for entry in GRANTS:
        if entry.weakness:
            rules = _weakness_rules(entry, role)
            if rules:
                _weak(builder, entry.weakness, grant, role, rules, f"may {entry.title}")


def _weakness_rules(entry: Grant, role: RoleRules) -> tuple[Rule, ...]:
    return satisfied(entry.weakness_needs or entry.needs, entry.names, role.rules)


def _weak(builder: ModelBuilder, key: str, grant: str, role: RoleRules, rules: tuple[Rule, ...], note: str) -> None:
    evidence = _said(role, rules, note)
    builder.judge(key, grant, Verdict.WEAK, evidence, subject=role.subject, defences=())


def _link_named(
    builder: ModelBuilder, grant: str, role: RoleRules, index: KubernetesIndex, subjects: Subjects, scope: str
) -> None:
    """Join a grant that ``resourceNames`` restrict to the objects it names, in the binding's scope."""
    for rule in role.rules:
        if not rule.names:
            continue
        seen = (Evidence(role.where(rule), Basis.OBSERVED, f"resourceNames: {', '.join(rule.names[:5])}"),)
        namespaces = (scope,) if scope else tuple(sorted(index.namespaces))
        if rule.allows(Access(("get", "list", "watch"), CORE, ("secrets",))):
            for secret in _named(rule.names, namespaces, index.secrets):
                builder.link("NamesSecret", grant, secret, seen)
        if rule.allows(Access(("create",), CORE, ("serviceaccounts/token",))):
            for account in _named(rule.names, namespaces, index.service_accounts):
                builder.link("NamesAccount", grant, account, seen)
        if rule.allows(Access(("impersonate",), CORE, ("serviceaccounts",))):
            for account in _named(rule.names, namespaces, index.service_accounts):
                builder.link("NamesPrincipal", grant, account, seen)
        for kind, resource in (("User", "users"), ("Group", "groups")):
            if not scope and rule.allows(Access(("impersonate",), CORE, (resource,))):
                for name in rule.names:
                    builder.link("NamesPrincipal", grant, subjects.named(kind, name, role.where(rule)), seen)


def _named(names: tuple[str, ...], namespaces: tuple[str, ...], known: Mapping[tuple[str, str], str]) -> list[str]:
    return [known[namespace, name] for namespace in namespaces for name in names if (namespace, name) in known]


def _judge_binding(builder: ModelBuilder, grant: str, binding: RoleBinding, role: RoleRules) -> None:
    title = _title(binding)
    names = [(value_or(item.kind, ""), value_or(item.name, ""), item.location) for item in binding.subjects]
    reference = binding.role_ref
    if role.name == "cluster-admin" and reference is not None and any(not name.startswith("system:") for _, name, _ in names):
        seen = (Evidence(reference.location, Basis.OBSERVED, "roleRef is cluster-admin"),)
        builder.judge("cluster-admin-binding", grant, Verdict.WEAK, seen, subject=title, defences=())
        builder.defence(grant, "notEverything", 0.0, seen, weaknesses=("cluster-admin-binding",))
    harmless = {"system:discovery", "system:basic-user", "system:public-info-viewer"}
    for kind, name, place in names:
        seen = (Evidence(place, Basis.OBSERVED, f"subject {kind} {name}"),)
        key = ""
        if name in {"system:anonymous", "system:unauthenticated"} and role.name != "system:public-info-viewer":
            key = "binding-anonymous"
        elif kind == "Group" and (name in {"system:authenticated", "system:serviceaccounts"}) and role.name not in harmless:
            key = "binding-authenticated"
        elif kind == "Group" and name == "system:masters":
            key = "binding-system-masters"
        elif kind == "ServiceAccount" and name == "default":
            key = "binding-default-sa"
        if key:
            builder.judge(key, grant, Verdict.WEAK, seen, subject=title, detail=name, defences=())


_TAKEOVER = frozenset(
    {
        "notEverything",
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
        "noPodExec",
    }
)


def _judge_takeover(
    builder: ModelBuilder, index: KubernetesIndex, roles: Roles, holdings: Mapping[str, list[tuple[bool, RoleRules]]]
) -> None:
    """A workload whose mounted identity holds a permission from which more follows."""
    powers: dict[str, tuple[Evidence, ...]] = {}
    for principal, held in holdings.items():
        found: list[Evidence] = []
        for namespaced, role in held:
            for title, rules in _takeover_rules(role, roles.granted(role, namespaced=namespaced)):
                found.append(_said(role, rules[:1], f"may {title}")[0])
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
