"""The weaknesses of network policies: workloads that none selects, policies that allow all or select nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Assumption, Basis, Evidence
from breachway.mapping.kubernetes.network.policies import block_covers
from breachway.model import Verdict
from breachway.sources.kubernetes.objects import OtherObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex, WorkloadEntry
    from breachway.mapping.kubernetes.network.admin_policies import AdminPolicy
    from breachway.mapping.kubernetes.network.policies import Direction, Policy
    from breachway.sources.kubernetes.objects import KubernetesObject

SOURCE = "Kubernetes documentation, Network Policies"
OTHERS_ASSUMPTION = "other-network-policies-isolate"
_OTHERS_ISOLATE = 0.5
_METADATA_SERVICE = "169.254.169.254"
_ANYWHERE = ("0.0.0.0/0", "::/0")
_OTHER_KINDS = frozenset(
    {
        "CiliumNetworkPolicy",
        "CiliumClusterwideNetworkPolicy",
        "GlobalNetworkPolicy",
        "AuthorizationPolicy",
        "ServerAuthorization",
    }
)


def other_policies(objects: Iterable[KubernetesObject], admin: Iterable[AdminPolicy]) -> tuple[Evidence, ...]:
    """What may isolate and is not evaluated here: policies of other engines, and some peers of admin policies."""
    parts = tuple(
        Evidence(place, Basis.ASSUMED, f"{policy.subject} has {what}, which is not evaluated", OTHERS_ASSUMPTION)
        for policy in admin
        for place, what in policy.unread
    )
    return parts + tuple(
        Evidence(item.location, Basis.ASSUMED, f"{item.kind} may isolate it and is not evaluated", OTHERS_ASSUMPTION)
        for item in objects
        if isinstance(item, OtherObject)
        and (item.kind in _OTHER_KINDS or (item.kind == "NetworkPolicy" and "calico" in item.api_version))
    )


def judge_workloads(
    builder: ModelBuilder,
    workloads: Sequence[WorkloadEntry],
    restrained: Mapping[str, frozenset[int]],
    others: tuple[Evidence, ...],
) -> None:
    """Judge each workload by whether a policy, of a namespace or of the cluster, holds anybody back in each direction.

    ``restrained`` holds the positions of those for "ingress" and for "egress".
    """
    if others:
        builder.assume(
            Assumption(
                id=OTHERS_ASSUMPTION,
                statement="Policies of another engine (Cilium, Calico, mesh) isolate what no NetworkPolicy selects",
                probability=_OTHERS_ISOLATE,
                rationale="Such policies are in the input; Breachway does not evaluate them.",
                subject="",
                defence_on=True,
                evidence=others[:3],
            )
        )
    for position, workload in enumerate(workloads):
        for key, word in (("no-ingress-network-policy", "ingress"), ("no-egress-network-policy", "egress")):
            if position in restrained[word]:
                continue
            note = (
                f"on the host's network, which policies do not cover: {word}"
                if workload.host_network
                else f"no NetworkPolicy selects its pods for {word}"
            )
            seen = Evidence(workload.location, Basis.DEFAULTED, note, SOURCE)
            builder.judge(
                key,
                workload.asset_id,
                Verdict.UNKNOWN if others and not workload.host_network else Verdict.WEAK,
                (seen, *others[:3]),
                subject=workload.subject,
                defences=(),
            )


def judge_policies(builder: ModelBuilder, index: KubernetesIndex, policies: Iterable[Policy]) -> None:
    """Judge the policies themselves; the asset is the namespace that they are in."""
    for policy in policies:
        space = index.namespaces.get(policy.namespace)
        if space is None:
            continue
        for rule in policy.ingress or ():
            if _everyone(rule, from_pods=True):
                _weak(builder, "netpol-allow-all-ingress", space.asset_id, policy, rule, "lets everyone in")
        for rule in policy.egress or ():
            if _everyone(rule, from_pods=False):
                _weak(builder, "netpol-allow-all-egress", space.asset_id, policy, rule, "lets everything out")
        if policy.selects_nothing:
            # Policies are often kept apart from the workloads: without any pod in the input nothing can be said.
            verdict = Verdict.WEAK if index.workloads else Verdict.UNKNOWN
            note = "selects no pod in the input" if index.workloads else "is in the input without any pod"
            builder.judge(
                "netpol-selects-nothing",
                space.asset_id,
                verdict,
                (Evidence(policy.location, Basis.OBSERVED, f"{policy.subject} {note}"),),
                subject=policy.subject,
                detail=policy.name,
                defences=(),
            )


def _everyone(rule: Direction, *, from_pods: bool) -> bool:
    if rule.peers is None:
        return True
    for block in rule.blocks:
        cidr = block.cidr.value if block.cidr else ""
        if cidr in _ANYWHERE and (from_pods or cidr == "::/0" or block_covers(block, _METADATA_SERVICE)):
            return True
    # ``namespaceSelector: {}`` without a podSelector: every pod of every namespace.
    return from_pods and any(spaces == ((), ()) and pods in {None, ((), ())} for _, spaces, pods in rule.peers)


def _weak(builder: ModelBuilder, key: str, asset: str, policy: Policy, rule: Direction, note: str) -> None:
    seen = (Evidence(rule.location, Basis.OBSERVED, f"{policy.subject} {note}"),)
    builder.judge(key, asset, Verdict.WEAK, seen, subject=policy.subject, detail=f"{policy.name}/{rule.position}", defences=())
