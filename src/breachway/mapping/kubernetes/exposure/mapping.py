"""Openings to the outside: what publishes workloads, how far, and how the way there is protected."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers.applications import sensitive_interface
from breachway.mapping.containers.grounds import Finding, defaulted, doubtful, observed, settle, weak
from breachway.mapping.kubernetes.index import namespace_id
from breachway.mapping.kubernetes.judging import API, PLATFORM, Judge
from breachway.mapping.places import INTERNET_ID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.applications import ListeningPort
    from breachway.mapping.kubernetes.index import ListenerEntry, WorkloadEntry
    from breachway.threats.software import SoftwareInfo

_INNER_NETWORKS = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Networks that the internet does not route: RFC 1918, RFC 6598, link-local, loopback, RFC 4193."""

_OPENED = "externally-exposed-workload"
_NO_RULES = {
    "noSnippets": "no ingress controller writes its configuration from this object",
    "noAnnotationInjection": "no ingress controller writes its configuration from this object",
}


class Arrival(Enum):
    """As whom the pods behind an opening see a caller from outside."""

    CLIENT = "its own address"
    NODE = "the address of a node or of a load balancer"
    CONTROLLER = "the ingress controller"


class Opened(NamedTuple):
    """An opening that was mapped: its asset, how callers arrive, the class that serves it (in lower case), what it leads to."""

    asset: str
    subject: str
    arrival: Arrival
    served_by: str
    targets: tuple[tuple[WorkloadEntry, ListenerEntry], ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One opening before it is an asset.

    ``names`` tell it from others (``shop/Service/web``).  ``findings`` hold the states of ``notPublic``, ``sourceRestricted`` and
    ``encrypted``, and of the two defences about rules where a controller reads the object.  ``arrival`` is as whom callers come,
    ``served_by`` the class of the controller that they come through.
    """

    names: str
    subject: str
    evidence: tuple[Evidence, ...]
    findings: dict[str, Finding]
    targets: tuple[tuple[WorkloadEntry, ListenerEntry], ...]
    arrival: Arrival = Arrival.CONTROLLER
    served_by: str = ""


class ExposureMapper:
    """Adds openings, and judges what they open."""

    def __init__(self, builder: ModelBuilder, software: dict[str, tuple[SoftwareInfo | None, ListeningPort]]) -> None:
        self._builder = builder
        self._software = software
        self._opened: list[Opened] = []

    @property
    def opened(self) -> tuple[Opened, ...]:
        """Every opening so far, in the order in which they were added."""
        return tuple(self._opened)

    def open(self, opening: Opening, *, workloads: Iterable[WorkloadEntry] = ()) -> Judge:
        """Add an opening with every defence set; give the judge of its asset.

        ``workloads`` are those behind it even where nothing is known to listen.
        """
        namespace = opening.names.partition("/")[0]
        asset = self._builder.asset(
            "Exposure",
            f"kubernetes:Exposure:{opening.names}",
            opening.subject,
            platform=PLATFORM,
            evidence=opening.evidence,
            boundary=namespace_id(namespace),
        )
        location = opening.evidence[0].location
        rules = {name: Finding(1.0, observed(location, note)) for name, note in _NO_RULES.items()}
        settle(self._builder, asset, {**rules, **opening.findings})
        self._builder.link("Exposes", INTERNET_ID, asset, opening.evidence)
        self._opened.append(Opened(asset, opening.subject, opening.arrival, opening.served_by, opening.targets, opening.evidence))
        open_to_some = opening.findings["notPublic"].probability < 1.0
        for entry, listener in opening.targets:
            self._builder.link("Publishes", asset, listener.asset_id, opening.evidence)
            if open_to_some:
                self._sensitive(entry, listener, opening)
        if open_to_some:
            behind = {entry.asset_id: entry for entry in (*(entry for entry, _ in opening.targets), *workloads)}
            for entry in behind.values():
                found = observed(location, f"published by {opening.subject}")
                self._record(_OPENED, entry.asset_id, found, entry.subject, opening)
        return Judge(self._builder, asset, opening.subject)

    def _sensitive(self, entry: WorkloadEntry, listener: ListenerEntry, opening: Opening) -> None:
        software, port = self._software.get(listener.asset_id, (None, None))
        reason = sensitive_interface(software, port) if port is not None else ""
        if reason:
            found = observed(opening.evidence[0].location, f"{reason}, published by {opening.subject}")
            self._record("sensitive-interface-exposed", listener.asset_id, found, entry.subject, opening)

    def _record(self, key: str, asset: str, found: tuple[Evidence, ...], subject: str, opening: Opening) -> None:
        """An opening is one whoever reaches it; that something sensitive is behind it counts where it is known to be public."""
        sure = key == _OPENED or opening.findings["notPublic"].probability == 0.0
        record = weak if sure else doubtful
        record(self._builder, key, asset, found, subject=subject)


def public(location: Location, note: str, source: str = API) -> Finding:
    """Open to whoever reaches the network outside."""
    return Finding(0.0, defaulted(location, note, source))


def kept_inside(location: Location, note: str) -> Finding:
    """Not open to the internet, as the artefact says."""
    return Finding(1.0, observed(location, note))


def unrestricted(location: Location) -> Finding:
    """Open to every source address."""
    return Finding(0.0, defaulted(location, "no source addresses are named", API))


def is_private(address: str) -> bool:
    """Whether an address is none of the internet's; false for what is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _INNER_NETWORKS if network.version == parsed.version)


def is_public(address: str) -> bool:
    """Whether an address is one that the internet routes; false for what is no address, and for "every address"."""
    try:
        return not ip_address(address).is_unspecified and not is_private(address)
    except ValueError:
        return False
