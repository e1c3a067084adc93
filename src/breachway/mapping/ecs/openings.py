"""How tasks are reached: the network zones that they share, and the openings of their services to the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers import beliefs as shared
from breachway.mapping.containers.applications import is_tls_port
from breachway.mapping.containers.grounds import Finding, believe, defaulted, observed, settle, weak
from breachway.mapping.ecs import beliefs
from breachway.mapping.ecs.confinement import GUIDE
from breachway.mapping.ecs.hosts import ECS
from breachway.mapping.places import INTERNET_ID
from breachway.sources.decoding import value_or
from breachway.sources.ecs.objects import AwsVpcConfiguration

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.applications import Listeners
    from breachway.mapping.ecs.placement import Placement
    from breachway.sources.ecs.objects import EcsService

VPC_FLOW = f"{ECS}:Flow:vpc"


class Openings:
    """Zones, flows and exposures of all tasks of one input."""

    def __init__(self, builder: ModelBuilder, account: str) -> None:
        self._builder = builder
        self._account = account

    def map_task(self, placement: Placement, containers: dict[str, Listeners]) -> None:
        """Attach the containers of a task to their zone, and open what its services open."""
        builder = self._builder
        zone, flow = self._zone(placement)
        for name, listeners in containers.items():
            container = f"{ECS}:Container:{placement.family}/{name}"
            found = observed(placement.task.location, f"network mode {placement.network_mode}")
            if placement.network_mode != "none":
                builder.link("AttachedTo", container, zone, found)
                for application in listeners.ids:
                    builder.link("LeadsTo", flow, application, found)
                    builder.link("LeadsTo", self._vpc(placement.task.location), application, found)
        for service in placement.services:
            self._map_service(placement, service, containers)
        if not placement.services:
            self._map_unknown(placement, containers)

    def _zone(self, placement: Placement) -> tuple[str, str]:
        """The zone of a task, with the flow within it: an instance's network, or a set of security groups."""
        builder, place = self._builder, placement.task.location
        cluster = placement.clusters[0][0]
        if placement.network_mode == "awsvpc":
            groups = sorted(
                {item.value for service in placement.services for item in _vpc_of(service).security_groups}
                if placement.services
                else ()
            )
            key = f"{cluster}/{'+'.join(groups) or placement.family}"
        else:
            key = f"{cluster}/instances"
        zone, flow = f"{ECS}:NetworkZone:{key}", f"{ECS}:Flow:{key}"
        if not builder.has(zone):
            found = observed(place, f"tasks of {key.partition('/')[2]}")
            builder.asset("NetworkZone", zone, key, platform=ECS, evidence=found, boundary=self._account)
            builder.asset("Flow", flow, f"within {key}", platform=ECS, evidence=found, boundary=self._account)
            builder.link("Originates", zone, flow, found)
            builder.link("Originates", zone, self._vpc(place), found)
            shared_ip = Finding(
                0.0, defaulted(place, "tasks in bridge or host mode share the interface of their instance", GUIDE)
            )
            denied = believe(builder, beliefs.SAME_GROUP_SEPARATES, place) if placement.network_mode == "awsvpc" else shared_ip
            settle(builder, flow, {"deniedByPolicy": denied, "mutualTls": _no_mutual_tls(place)})
        return zone, flow

    def _vpc(self, place: Location) -> str:
        builder = self._builder
        if not builder.has(VPC_FLOW):
            found = defaulted(place, "tasks share a VPC; security groups decide who reaches whom", GUIDE)
            builder.asset("Flow", VPC_FLOW, "across the VPC", platform=ECS, evidence=found, boundary=self._account)
            denied = believe(builder, beliefs.SECURITY_GROUPS_SEPARATE, place)
            settle(builder, VPC_FLOW, {"deniedByPolicy": denied, "mutualTls": _no_mutual_tls(place)})
        return VPC_FLOW

    def _map_service(self, placement: Placement, service: EcsService, containers: dict[str, Listeners]) -> None:
        builder = self._builder
        name = value_or(service.service_name, placement.family)
        for balancer in service.load_balancers:
            container, port = value_or(balancer.container_name, ""), value_or(balancer.container_port, 0)
            listeners = containers.get(container)
            applications = listeners.on(port) if listeners is not None else ()
            found = observed(balancer.location, f"a load balancer sends requests to {container}:{port}")
            public = believe(builder, beliefs.LOAD_BALANCER_INTERNAL, balancer.location)
            self._open(
                f"{name}/load balancer {container}:{port}",
                f"load balancer of {name}",
                applications,
                port,
                balancer.location,
                public,
            )
            builder.link("Exposes", INTERNET_ID, f"{ECS}:Exposure:{name}/load balancer {container}:{port}", found)
        assigned = _vpc_of(service).assign_public_ip
        if assigned is None or assigned.value.upper() != "ENABLED":
            return
        evidence = observed(assigned.location, "assignPublicIp: ENABLED")
        applications = tuple(application for listeners in containers.values() for application in listeners.ids)
        ports = [port.first for listeners in containers.values() for port, _ in listeners.applications]
        exposure = self._open(
            f"{name}/public address",
            f"public address of {name}",
            applications,
            ports[0] if ports else 0,
            assigned.location,
            Finding(0.0, evidence, ("ecs-public-ip",)),
        )
        builder.link("Exposes", INTERNET_ID, exposure, evidence)
        weak(builder, "ecs-public-ip", exposure, evidence, subject=f"service {name}")

    def _map_unknown(self, placement: Placement, containers: dict[str, Listeners]) -> None:
        """A task that no service in the input starts: whether anybody reaches it is a question to the user."""
        applications = tuple(application for listeners in containers.values() for application in listeners.ids)
        if not applications:
            return
        place = placement.task.location
        ports = [port.first for listeners in containers.values() for port, _ in listeners.applications]
        finding = believe(self._builder, beliefs.TASK_NOT_PUBLIC, place)
        exposure = self._open(
            f"{placement.family}/unknown", f"whatever leads to {placement.family}", applications, ports[0], place, finding
        )
        self._builder.link("Exposes", INTERNET_ID, exposure, finding.evidence)

    def _open(self, names: str, title: str, applications: tuple[str, ...], port: int, place: Location, public: Finding) -> str:
        builder = self._builder
        exposure = builder.asset(
            "Exposure", f"{ECS}:Exposure:{names}", title, platform=ECS, evidence=public.evidence, boundary=self._account
        )
        none = observed(place, "no ingress controller stands here")
        transport = shared.TLS_PORT_ENCRYPTS if is_tls_port(port) else shared.ENCRYPTS_TRAFFIC
        settle(
            builder,
            exposure,
            {
                "notPublic": public,
                "sourceRestricted": believe(builder, beliefs.SOURCES_RESTRICTED, place),
                "encrypted": believe(builder, transport, place),
                "noSnippets": Finding(1.0, none),
                "noAnnotationInjection": Finding(1.0, none),
            },
        )
        for application in applications:
            builder.link("Publishes", exposure, application, public.evidence)
        return exposure


def _no_mutual_tls(place: Location) -> Finding:
    return Finding(0.0, defaulted(place, "nothing in the input authenticates both ends of a connection", GUIDE))


def _vpc_of(service: EcsService) -> AwsVpcConfiguration:
    network = service.network_configuration
    found = network.awsvpc_configuration if network is not None else None
    return found if found is not None else AwsVpcConfiguration(location=service.location)
