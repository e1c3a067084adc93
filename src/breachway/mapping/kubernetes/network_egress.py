"""What leaves the cluster: the internet, and the metadata service of the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Assumption, Basis, Evidence
from breachway.mapping.kubernetes.index import INTERNET_ID
from breachway.mapping.kubernetes.network_policy import block_covers, reaches_outside
from breachway.model import Verdict

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex, WorkloadEntry
    from breachway.mapping.kubernetes.network_policy import Direction, Policy

SOURCE = "Kubernetes documentation, Network Policies"
METADATA_SERVICE = "169.254.169.254"
_METADATA_PORT = 80
METADATA_ASSUMPTION = "metadata-service-blocked"
_METADATA_BLOCKED = 0.5


def map_egress(builder: ModelBuilder, index: KubernetesIndex, egress: dict[int, tuple[Policy, ...]]) -> None:
    """Set ``egressRestricted`` and ``metadataBlocked`` on every container and join it to the internet."""
    on_cloud = bool(builder.linked("RunsAs", index.node_pools))
    for position, workload in enumerate(index.workloads):
        policies = egress.get(position, ())
        _internet(builder, workload, policies)
        _metadata(builder, index, workload, policies, on_cloud=on_cloud)


def _internet(builder: ModelBuilder, workload: WorkloadEntry, policies: tuple[Policy, ...]) -> None:
    leaks = [
        (policy, rule)
        for policy in policies
        for rule in policy.egress or ()
        if rule.peers is None or any(reaches_outside(block) for block in rule.blocks)
    ]
    weaknesses: tuple[str, ...]
    seen: tuple[Evidence, ...]
    if not policies:
        seen = (Evidence(workload.location, Basis.DEFAULTED, "no policy restricts its egress", SOURCE),)
        value, weaknesses = 0.0, ("no-egress-network-policy",)
    elif leaks:
        seen = tuple(
            Evidence(rule.location, Basis.OBSERVED, f"{policy.subject} allows egress to the internet") for policy, rule in leaks
        )
        value, weaknesses = 0.0, ("netpol-allow-all-egress",)
    else:
        seen = tuple(
            Evidence(policy.location, Basis.OBSERVED, f"{policy.subject} allows no egress to the internet") for policy in policies
        )
        value, weaknesses = 1.0, ("no-egress-network-policy",)
    for container in workload.containers:
        builder.defence(container.asset_id, "egressRestricted", value, seen, weaknesses=weaknesses)
        builder.link("SendsTo", container.asset_id, INTERNET_ID, seen)


def _metadata(
    builder: ModelBuilder, index: KubernetesIndex, workload: WorkloadEntry, policies: tuple[Policy, ...], *, on_cloud: bool
) -> None:
    leaks = [(policy, rule) for policy in policies for rule in policy.egress or () if _reaches_metadata(rule)]
    if policies and not leaks:
        seen = tuple(
            Evidence(policy.location, Basis.OBSERVED, f"{policy.subject} keeps it from {METADATA_SERVICE}") for policy in policies
        )
        for container in workload.containers:
            builder.judge("imds-reachable", container.asset_id, Verdict.SAFE, seen, subject=workload.subject)
        return
    if leaks:
        open_way = tuple(
            Evidence(rule.location, Basis.OBSERVED, f"{policy.subject} allows {METADATA_SERVICE}") for policy, rule in leaks
        )
    else:
        open_way = (Evidence(workload.location, Basis.DEFAULTED, f"no policy keeps it from {METADATA_SERVICE}", SOURCE),)
    assumed = Evidence(index.location, Basis.ASSUMED, "the metadata service refuses containers", METADATA_ASSUMPTION)
    builder.assume(
        Assumption(
            id=METADATA_ASSUMPTION,
            statement="The cloud's metadata service refuses containers (IMDSv2 with a hop limit of 1, or a metadata proxy)",
            probability=_METADATA_BLOCKED,
            rationale="About half of the instances surveyed enforce it; manifests do not show it.",
            subject=index.cluster_id,
            defence_on=True,
            evidence=(assumed,),
        )
    )
    for container in workload.containers:
        if on_cloud:
            builder.judge(
                "imds-reachable",
                container.asset_id,
                Verdict.WEAK if workload.host_network else Verdict.UNKNOWN,
                (*open_way, assumed),
                subject=workload.subject,
                probability=_METADATA_BLOCKED,
                assumption=METADATA_ASSUMPTION,
            )
        else:
            builder.defence(
                container.asset_id,
                "metadataBlocked",
                _METADATA_BLOCKED,
                (*open_way, assumed),
                weaknesses=("imds-reachable",),
                assumption=METADATA_ASSUMPTION,
            )


def _reaches_metadata(rule: Direction) -> bool:
    if rule.ports is not None and not any(
        port.protocol == "TCP" and (port.first <= _METADATA_PORT <= port.last) for port in rule.ports if not port.name
    ):
        return False
    return rule.peers is None or any(block_covers(block, METADATA_SERVICE) for block in rule.blocks)
