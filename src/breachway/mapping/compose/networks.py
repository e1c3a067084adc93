"""The networks of Compose projects: a zone for each, and the flow from it to all that listens in it.

A network is a hub: its zone and its flow carry any number of services, so that the model grows with the services and not with
their pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.compose.hosts import DAEMON, HOST, HOST_ZONE
from breachway.mapping.compose.values import COMPOSE, ENGINE, PLATFORM, is_true
from breachway.mapping.containers.grounds import Finding, defaulted, observed, settle, weak
from breachway.mapping.places import INTERNET_ID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.sources.compose.objects import ComposeProject, Network, Service

PUBLISHED = "docker:Flow:published"
BRIDGE_ZONE = "docker:NetworkZone:bridge"
_INTERNAL_COMMUNICATION = "com.docker.network.bridge.enable_icc"


class Networks:
    """The zones and flows of one project."""

    def __init__(self, builder: ModelBuilder, project: ComposeProject) -> None:
        self._builder = builder
        self._project = project
        self._networks = {network.key: network for network in project.networks}
        self._crowded = sum(any(item.implicit for item in service.networks) for service in project.services) > 1

    def attach(self, container: str, service: Service, subject: str) -> tuple[str, ...]:
        """Attach a container to the zones of its service; give the flows that lead to what listens in it."""
        builder = self._builder
        zones = tuple((self._zone(key, place), place, implicit) for key, place, implicit in self._attachments(service))
        flows: list[str] = []
        for zone, place, implicit in zones:
            found = observed(place, f"attached to {zone.rpartition(':')[2]}")
            builder.link("AttachedTo", container, zone, found)
            if zone != HOST_ZONE:
                builder.link("OnSegment", container, zone, found)
            if zone == HOST_ZONE:
                flows.append(map_published(builder, place))
                continue
            flow = self._flow(zone, place)
            flows.append(flow)
            if implicit and self._crowded:
                note = defaulted(service.location, "names no network: joins the default one with every such service", COMPOSE)
                weak(builder, "flat-default-network", flow, note, subject=subject, detail=service.name)
        return tuple(flows)

    def zones_of(self, service: Service) -> tuple[str, ...]:
        """The zones that a service is attached to."""
        return tuple(self._zone(key, place) for key, place, _ in self._attachments(service))

    def _attachments(self, service: Service, seen: tuple[str, ...] = ()) -> tuple[tuple[str, Location, bool], ...]:
        """The networks of a service: keys of the project's networks, or names that start with a colon."""
        mode = service.network_mode
        if mode is None:
            return tuple((item.network, item.location, item.implicit) for item in service.networks)
        name = mode.value
        if name == "none":
            return ()
        if name.startswith("service:"):
            other = self._project.service(name.partition(":")[2])
            if other is None or other.name in seen:
                return ()
            return tuple((key, mode.location, False) for key, _, _ in self._attachments(other, (*seen, service.name)))
        return ((f":{name}", mode.location, False),)

    def egress(self, service: Service) -> Finding:
        """The finding for ``Container.egressRestricted``."""
        mode = service.network_mode
        if mode is not None and mode.value == "none":
            return Finding(1.0, observed(mode.location, "network_mode: none"))
        networks = [self._networks.get(item.network) for item in service.networks]
        if mode is None and networks and all(network is not None and is_true(network.internal) for network in networks):
            inside = next(network for network in networks if network is not None)
            return Finding(1.0, observed(inside.location, f"network {inside.key} is internal"))
        return Finding(0.0, defaulted(service.location, "Docker lets containers connect to anywhere", ENGINE))

    def segment(self, service: Service) -> Finding:
        """The finding for ``Container.noSharedSegment``: a bridge network is one segment for all that is attached to it."""
        mode = service.network_mode
        if mode is not None and mode.value in {"none", "host"}:
            return Finding(1.0, observed(mode.location, f"network_mode: {mode.value}"))
        place = mode.location if mode is not None else service.location
        return Finding(0.0, defaulted(place, "the containers on a bridge network share one segment", ENGINE))

    def _zone(self, key: str, place: Location) -> str:
        builder = self._builder
        if key.startswith(":"):
            return _engine_zone(builder, key[1:], place)
        network = self._networks.get(key)
        if network is not None and network.external is not None:
            return _engine_zone(builder, network.name, network.location)
        zone = f"{PLATFORM}:NetworkZone:{self._project.name}/{key}"
        if not builder.has(zone):
            location = network.location if network is not None else place
            found = (
                defaulted(location, f"project {self._project.name} has a default network", COMPOSE)
                if network is not None and network.implicit
                else observed(location, f"network {key}")
            )
            builder.asset("NetworkZone", zone, f"{self._project.name} {key}", platform=PLATFORM, evidence=found, boundary=HOST)
            _connect(builder, zone, found, internal=network is not None and is_true(network.internal))
        return zone

    def _flow(self, zone: str, place: Location) -> str:
        builder = self._builder
        flow = zone.replace(":NetworkZone:", ":Flow:", 1)
        if not builder.has(flow):
            key = zone.rpartition("/")[2]
            network = self._networks.get(key)
            location = network.location if network is not None else place
            found = defaulted(location, "what shares a network reaches every port of each other", ENGINE)
            builder.asset("Flow", flow, f"within {zone.rpartition(':')[2]}", platform=PLATFORM, evidence=found, boundary=HOST)
            builder.link("Originates", zone, flow, found)
            builder.link("Originates", HOST_ZONE, flow, defaulted(location, "the host reaches its containers", ENGINE))
            settle(builder, flow, _flow_findings(network, location))
        return flow


def _flow_findings(network: Network | None, location: Location) -> dict[str, Finding]:
    key = ("flat-default-network",) if network is not None and network.implicit else ()
    denied = Finding(0.0, defaulted(location, "no policy stands between the services of a network", ENGINE), key)
    if network is not None:
        for option in network.driver_options:
            if option.key == _INTERNAL_COMMUNICATION and option.value is not None and option.value.value.lower() == "false":
                denied = Finding(1.0, observed(option.location, f"{_INTERNAL_COMMUNICATION}: false"), key)
    return {
        "deniedByPolicy": denied,
        "mutualTls": Finding(0.0, defaulted(location, "Docker networks do not authenticate peers", ENGINE)),
    }


def _engine_zone(builder: ModelBuilder, name: str, place: Location) -> str:
    """A network of the engine that no project owns: host, the default bridge, an external network, another container's."""
    if name == "host":
        return HOST_ZONE
    zone = f"docker:NetworkZone:{name}"
    if not builder.has(zone):
        found = observed(place, f"network {name} of the engine")
        builder.asset("NetworkZone", zone, f"network {name}", platform="docker", evidence=found, boundary=HOST)
        _connect(builder, zone, found, internal=False)
    return zone


def _connect(builder: ModelBuilder, zone: str, found: tuple[Evidence, ...], *, internal: bool) -> None:
    if internal:
        return
    place = found[0].location
    builder.link(
        "ReachesDaemon", zone, DAEMON, defaulted(place, "containers reach the host by the address of its bridge", ENGINE)
    )
    note = defaulted(place, "containers reach the ports that the host publishes", ENGINE)
    builder.link("Originates", zone, map_published(builder, place), note)


def map_published(builder: ModelBuilder, place: Location) -> str:
    """Add the flow from every network to the ports that the host publishes, and to what listens on the host's own network."""
    if not builder.has(PUBLISHED):
        found = defaulted(place, "ports published on the host answer containers of every network", ENGINE)
        builder.asset("Flow", PUBLISHED, "to ports of the host", platform="docker", evidence=found, boundary=HOST)
        builder.link("Originates", HOST_ZONE, PUBLISHED, found)
        settle(builder, PUBLISHED, _flow_findings(None, place))
    return PUBLISHED


def lead_to(builder: ModelBuilder, flows: Iterable[str], applications: tuple[str, ...], found: tuple[Evidence, ...]) -> None:
    """The flows lead to these applications."""
    for flow in flows:
        for application in applications:
            builder.link("LeadsTo", flow, application, found)


def may_reach_internet(builder: ModelBuilder, container: str, egress: Finding) -> None:
    """Where the container's connections would go: the defence ``egressRestricted`` says whether they do."""
    builder.link("SendsTo", container, INTERNET_ID, egress.evidence)
