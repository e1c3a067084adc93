"""Published ports: the openings of a Compose service to the outside."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from breachway.mapping.compose.hosts import HOST
from breachway.mapping.compose.networks import PUBLISHED, lead_to, map_published
from breachway.mapping.compose.values import ENGINE, PLATFORM, Place
from breachway.mapping.containers import beliefs
from breachway.mapping.containers.applications import ListeningPort, is_tls_port, sensitive_interface
from breachway.mapping.containers.grounds import Belief, Finding, believe, defaulted, observed, settle, weak
from breachway.mapping.places import INTERNET_ID

if TYPE_CHECKING:
    from breachway.evidence import Evidence
    from breachway.mapping.containers.applications import Listeners
    from breachway.sources.compose.objects import Port

HOST_FIREWALL = Belief(
    "docker-host-firewall",
    "a firewall in front of the Docker host lets only known addresses reach its published ports",
    0.2,
    "Docker's own rules pass by ufw and firewalld, so only a firewall outside the host would do; none is in the input",
    "Docker hosts",
)
_PRIVILEGED_BELOW = 1024


def listening_ports(ports: tuple[Port, ...]) -> tuple[ListeningPort, ...]:
    """The container's side of the published ports."""
    return tuple(
        ListeningPort(
            port.target_first,
            port.target_last or port.target_first,
            port.protocol,
            observed(port.location, f"port {port.written}"),
        )
        for port in ports
        if port.target_first
    )


def map_port(place: Place, name: str, port: Port, listeners: Listeners, daemon: str, kept_in: tuple[Evidence, ...]) -> None:
    """Add the opening that one entry of ``ports`` makes.

    ``name`` is the project and service; ``daemon`` a nested Docker daemon.  ``kept_in`` is the evidence that the service has no
    network to publish a port from: the engine publishes nothing for a container on internal networks alone (moby issue 36174).
    """
    builder = place.builder
    found = observed(port.location, f"publishes {port.written}")
    exposure = builder.asset(
        "Exposure",
        f"{PLATFORM}:Exposure:{name}/{port.written}",
        f"published port {port.written}",
        platform=PLATFORM,
        evidence=found,
        boundary=HOST,
    )
    local = bool(kept_in) or _is_inside(port.host_ip)
    _settle(place, exposure, _address(port, kept_in), port.target_first, port.published_first, local=local)
    builder.link("Exposes", INTERNET_ID, exposure, found)
    behind = _behind(port, listeners)
    for application in behind:
        builder.link("Publishes", exposure, application, found)
    if daemon and _targets(port, 2375, 2376):
        builder.link("PublishesApi", exposure, daemon, found)
    if not _is_loopback(port.host_ip) and not kept_in:
        map_published(builder, port.location)
        lead_to(builder, (PUBLISHED,), behind, found)
    elif not kept_in:
        for application in behind:
            builder.link("ListensLocally", HOST, application, found)
    if not local:
        _judge_open(place, exposure, port, listeners)
    if any(first is not None and 0 < first < _PRIVILEGED_BELOW for first in (port.published_first, port.target_first)):
        weak(builder, "privileged-port", exposure, found, subject=place.subject)


def map_host_network(place: Place, name: str, listeners: Listeners) -> None:
    """Add the openings of a service on the host's own network: whatever it listens on, without any port being published."""
    builder = place.builder
    for listening, application in listeners.applications:
        found = defaulted(place.location, f"on the host's network, port {listening.label} is open on all interfaces", ENGINE)
        exposure = builder.asset(
            "Exposure",
            f"{PLATFORM}:Exposure:{name}/host network {listening.label}",
            f"port {listening.label} of the host",
            platform=PLATFORM,
            evidence=found,
            boundary=HOST,
        )
        _settle(place, exposure, Finding(0.0, found, ("host-network",)), listening.first, listening.first, local=False)
        builder.link("Exposes", INTERNET_ID, exposure, found)
        builder.link("Publishes", exposure, application, found)
        reason = sensitive_interface(listeners.software, listening)
        if reason:
            weak(builder, "sensitive-interface-exposed", exposure, found, subject=place.subject)


def _address(port: Port, kept_in: tuple[Evidence, ...]) -> Finding:
    """The finding for ``Exposure.notPublic`` of a published port."""
    key = ("port-on-all-interfaces",)
    if kept_in:
        return Finding(1.0, kept_in, key)
    if port.host_ip:
        return Finding(1.0 if _is_inside(port.host_ip) else 0.0, observed(port.location, f"bound to {port.host_ip}"), key)
    return Finding(0.0, defaulted(port.location, "no host address is given; the port is open on all interfaces", ENGINE), key)


def _settle(place: Place, exposure: str, address: Finding, *numbers: int | None, local: bool) -> None:
    builder, location = place.builder, address.evidence[0].location
    none = observed(location, "a port of the host has no rules of an ingress controller")
    encrypted = (
        believe(builder, beliefs.TLS_PORT_ENCRYPTS, location)
        if any(number is not None and is_tls_port(number) for number in numbers)
        else believe(builder, beliefs.ENCRYPTS_TRAFFIC, location)
    )
    settle(
        builder,
        exposure,
        {
            "notPublic": address,
            "sourceRestricted": Finding(1.0, address.evidence) if local else believe(builder, HOST_FIREWALL, location),
            "encrypted": encrypted,
            "noSnippets": Finding(1.0, none),
            "noAnnotationInjection": Finding(1.0, none),
        },
    )


def _judge_open(place: Place, exposure: str, port: Port, listeners: Listeners) -> None:
    builder = place.builder
    note = (
        f"{port.host_ip} is every interface" if port.host_ip else "no host address is given; the port is open on all interfaces"
    )
    if _is_everywhere(port.host_ip):
        evidence = observed(port.location, note) if port.host_ip else defaulted(port.location, note, ENGINE)
        weak(builder, "port-on-all-interfaces", exposure, evidence, subject=place.subject)
    for listening in listening_ports((port,)):
        reason = sensitive_interface(listeners.software, listening)
        if reason:
            evidence = observed(port.location, f"publishes {port.written}: {reason}")
            weak(builder, "sensitive-interface-exposed", exposure, evidence, subject=place.subject)


def _behind(port: Port, listeners: Listeners) -> tuple[str, ...]:
    first, last = port.target_first, port.target_last
    if first is None:
        return ()
    return tuple(
        application
        for listening, application in listeners.applications
        if listening.first <= (last or first) and listening.last >= first and listening.protocol in {port.protocol, ""}
    )


def _targets(port: Port, *numbers: int) -> bool:
    first, last = port.target_first, port.target_last
    return first is not None and any(first <= number <= (last or first) for number in numbers)


def _is_loopback(address: str) -> bool:
    plain = address.strip("[]")
    if plain == "localhost":
        return True
    try:
        return bool(plain) and ip_address(plain).is_loopback
    except ValueError:
        return False


def _is_everywhere(address: str) -> bool:
    plain = address.strip("[]")
    if not plain:
        return True
    try:
        return ip_address(plain).is_unspecified
    except ValueError:
        return False


def _is_inside(address: str) -> bool:
    """Whether the address is one that the internet does not route to: loopback, or private."""
    plain = address.strip("[]")
    if not plain or _is_everywhere(address):
        return False
    try:
        parsed = ip_address(plain)
    except ValueError:
        return plain == "localhost"
    return parsed.is_loopback or parsed.is_private or parsed.is_link_local
