"""What leaves the cluster: the internet, and the metadata service of the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Assumption, Basis, Evidence
from breachway.mapping.kubernetes.cloud.metadata_access import judge_by_cloud
from breachway.mapping.kubernetes.network.connections.addresses import cidr_range
from breachway.mapping.kubernetes.network.connections.reasons import reasons
from breachway.mapping.places import INTERNET_ID
from breachway.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.index import KubernetesIndex, WorkloadEntry
    from breachway.mapping.kubernetes.network.connections.addresses import AddressRange
    from breachway.mapping.kubernetes.network.connections.plane import Plane, Stretch
    from breachway.mapping.kubernetes.network.connections.reasons import Reason
    from breachway.mapping.kubernetes.network.policies import Policy

SOURCE = "Kubernetes documentation, Network Policies"
METADATA_SERVICE = "169.254.169.254"
_METADATA_PORT = 80
METADATA_ASSUMPTION = "metadata-service-blocked"
_METADATA_BLOCKED = 0.5
_LETS_OUT = {True: "allows egress to the internet", False: "keeps it from the internet"}
_LETS_METADATA = {True: f"allows {METADATA_SERVICE}", False: f"keeps it from {METADATA_SERVICE}"}
# RFC 1918 and RFC 4193: where nodes have their addresses.
_INTERNAL = tuple(cidr_range(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
# IANA special-purpose address registries: not reachable from the internet, nor does the internet answer there.
_SPECIAL = tuple(
    cidr_range(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",
        "::/127",
        "fe80::/10",
        "ff00::/8",
    )
)
_METADATA_ADDRESS = cidr_range(f"{METADATA_SERVICE}/32")
OUTSIDE_MARKS = tuple((item,) for item in (*_INTERNAL, *_SPECIAL, _METADATA_ADDRESS) if item is not None)
"""Addresses to tell apart: the private ones, and the metadata service of the clouds."""


def map_egress(builder: ModelBuilder, index: KubernetesIndex, plane: Plane, egress: dict[int, tuple[Policy, ...]]) -> None:
    """Set ``egressRestricted`` and ``metadataBlocked`` on every container and join it to the internet.

    The plane tells apart the addresses of ``OUTSIDE_MARKS``.
    """
    on_cloud = bool(builder.linked("RunsAs", index.node_pools))
    ways = _Outward(plane)
    for position, workload in enumerate(index.workloads):
        endpoint = plane.class_of[position]
        restricting = _restricting(plane, endpoint, egress.get(position, ()))
        _internet(builder, workload, restricting, ways.to_internet(endpoint))
        _metadata(builder, index, workload, restricting, ways.to_metadata(endpoint), on_cloud=on_cloud)


def _restricting(plane: Plane, endpoint: int, policies: tuple[Policy, ...]) -> tuple[tuple[str, Location], ...]:
    """The policies that speak of what leaves a workload, by name and place."""
    found = {policy.subject: policy.location for policy in policies}
    ordered = (*plane.egress.admin, *plane.egress.baseline) if plane.egress.restrained >> endpoint & 1 else ()
    for rule in ordered:
        if rule.subjects >> endpoint & 1:
            found.setdefault(rule.policy, rule.location)
    return tuple(found.items())


class _Outward:
    """Which ways lead out of the cluster from each endpoint, and why; each class of addresses is evaluated once."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._public: list[tuple[int, tuple[Stretch, ...]]] = []
        self._metadata: list[tuple[int, tuple[Stretch, ...]]] = []
        for target in range(plane.inside_count, plane.count):
            addresses = plane.outside_class(target)
            if addresses is None:
                continue
            if not all(_within(item, (*_INTERNAL, *_SPECIAL)) for item in addresses.ranges):
                self._public.append((target, plane.stretches(target)))
            if addresses.holds(METADATA_SERVICE):
                at_port = tuple(item for item in plane.stretches(target) if _serves_metadata(item))
                self._metadata.append((target, at_port))

    def to_internet(self, source: int) -> tuple[Reason, ...]:
        """The rules that let a source out to public addresses; none where it may not leave, or where no rule is needed."""
        return self._reasons(source, self._public)

    def to_metadata(self, source: int) -> tuple[Reason, ...]:
        """The rules that let a source out to the metadata service."""
        return self._reasons(source, self._metadata)

    def _reasons(self, source: int, targets: list[tuple[int, tuple[Stretch, ...]]]) -> tuple[Reason, ...]:
        found: dict[Reason, None] = {}
        for target, stretches in targets:
            for item in stretches:
                if item.sources >> source & 1:
                    out, _ = reasons(self._plane, source, target, item.protocol, item.first)
                    found.update(dict.fromkeys(out))
        return tuple(sorted(found, key=lambda item: (item.location, item.policy)))


def _serves_metadata(item: Stretch) -> bool:
    return item.protocol == "TCP" and item.first <= _METADATA_PORT <= item.last


def is_internal(item: AddressRange) -> bool:
    """Whether a range of a plane that tells ``OUTSIDE_MARKS`` apart is one of private networks, as nodes have them."""
    return _within(item, _INTERNAL)


def is_public_range(item: AddressRange) -> bool:
    """Whether a range of a plane that tells ``OUTSIDE_MARKS`` apart is one that the internet routes."""
    return not _within(item, (*_INTERNAL, *_SPECIAL))


def _within(item: AddressRange, marks: Iterable[AddressRange | None]) -> bool:
    return any(
        mark is not None and mark.version == item.version and mark.first <= item.first and item.last <= mark.last
        for mark in marks
    )


def _internet(
    builder: ModelBuilder, workload: WorkloadEntry, policies: tuple[tuple[str, Location], ...], leaks: tuple[Reason, ...]
) -> None:
    weaknesses: tuple[str, ...]
    seen: tuple[Evidence, ...]
    if not policies:
        seen = (Evidence(workload.location, Basis.DEFAULTED, "no policy restricts its egress", SOURCE),)
        value, weaknesses = 0.0, ("no-egress-network-policy",)
    elif leaks:
        seen = tuple(
            Evidence(leak.location, Basis.OBSERVED, f"{leak.policy or 'nothing'} {_LETS_OUT[bool(leak.policy)]}")
            for leak in leaks
        )
        value = 0.0
        weaknesses = ("netpol-allow-all-egress",) if any(leak.policy for leak in leaks) else ("no-egress-network-policy",)
    else:
        seen = tuple(
            Evidence(place, Basis.OBSERVED, f"{subject} allows no egress to the internet") for subject, place in policies
        )
        value, weaknesses = 1.0, ("no-egress-network-policy",)
    for container in workload.containers:
        builder.defence(container.asset_id, "egressRestricted", value, seen, weaknesses=weaknesses)
        builder.link("SendsTo", container.asset_id, INTERNET_ID, seen)


def _metadata(
    builder: ModelBuilder,
    index: KubernetesIndex,
    workload: WorkloadEntry,
    policies: tuple[tuple[str, Location], ...],
    leaks: tuple[Reason, ...],
    *,
    on_cloud: bool,
) -> None:
    if policies and not leaks:
        seen = tuple(
            Evidence(place, Basis.OBSERVED, f"{subject} keeps it from {METADATA_SERVICE}") for subject, place in policies
        )
        for container in workload.containers:
            builder.judge("imds-reachable", container.asset_id, Verdict.SAFE, seen, subject=workload.subject)
        return
    if policies:
        open_way = tuple(
            Evidence(leak.location, Basis.OBSERVED, f"{leak.policy or 'nothing'} {_LETS_METADATA[bool(leak.policy)]}")
            for leak in leaks
        )
    else:
        open_way = (Evidence(workload.location, Basis.DEFAULTED, f"no policy keeps it from {METADATA_SERVICE}", SOURCE),)
    if judge_by_cloud(builder, index, workload, open_way):
        return
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
