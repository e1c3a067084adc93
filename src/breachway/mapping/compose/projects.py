"""Compose projects as assets: each service a workload with one container on the Docker host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.compose.confinement import confinement
from breachway.mapping.compose.exposures import listening_ports, map_host_network, map_port
from breachway.mapping.compose.hosts import DAEMON, HOST, map_host, nested_daemon, open_daemon
from breachway.mapping.compose.mounts import ProjectMounts
from breachway.mapping.compose.networks import Networks, lead_to, may_reach_internet
from breachway.mapping.compose.secrets import ProjectSecrets
from breachway.mapping.compose.settings import judge_settings
from breachway.mapping.compose.values import PLATFORM, Place, is_true
from breachway.mapping.containers import beliefs
from breachway.mapping.containers.applications import ListenerFacts, ListeningPort, map_applications
from breachway.mapping.containers.credentials import Variable
from breachway.mapping.containers.grounds import Finding, believe, observed, settle, weak
from breachway.mapping.containers.secrets import map_repository
from breachway.mapping.dockerfile.image_rules import listens_on_tcp, start_words
from breachway.model import EntryPoint
from breachway.sources.compose.objects import Unknown
from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.applications import Listeners
    from breachway.mapping.containers.images import ImageMapper
    from breachway.mapping.dockerfile.builds import BuiltImage, BuiltImages
    from breachway.sources.compose.objects import ComposeProject, Service, Text

DIND = "Docker-in-Docker"
_TLS_FOLDER = "DOCKER_TLS_CERTDIR"
_ENGINE_HOSTS = ("host.docker.internal", "gateway.docker.internal", "172.17.0.1")


def map_compose(builder: ModelBuilder, projects: tuple[ComposeProject, ...], images: ImageMapper, built: BuiltImages) -> None:
    """Map every project; ``built`` finds the images that the projects build from Dockerfiles in the input."""
    for project in projects:
        map_host(builder, project.location)
        _ProjectMapper(builder, project, images, built).map()


class _ProjectMapper:
    """Maps one project."""

    def __init__(self, builder: ModelBuilder, project: ComposeProject, images: ImageMapper, built: BuiltImages) -> None:
        self.builder = builder
        self.project = project
        self.images = images
        self.built = built
        self.networks = Networks(builder, project)
        self.secrets = ProjectSecrets(builder, project)
        self.mounts = ProjectMounts(builder, project)
        self.daemons: dict[str, str] = {}
        self.clients: list[tuple[Place, str, Location]] = []

    def map(self) -> None:
        for service in self.project.services:
            if service.provider is None:
                self.map_service(service)
        self.secrets.join()
        self.mounts.judge_sharing()
        for place, address, location in self.clients:
            self.judge_docker_client(place, address, location)

    def map_service(self, service: Service) -> None:
        builder, name = self.builder, f"{self.project.name}/{service.name}"
        container = f"{PLATFORM}:Container:{name}"
        workload = self.map_workload(service, name)
        found = observed(service.location, f"service {service.name}")
        builder.asset(
            "Container",
            container,
            service.name,
            platform=PLATFORM,
            evidence=found,
            boundary=workload,
            facts=_image_facts(service),
        )
        builder.link("Runs", workload, container, found)
        builder.link("RunsOn", container, HOST, found)
        place = Place(builder, container, f"service {name}", service.location)
        built, image = self.map_image(service, container)
        settle(builder, container, confinement(place, service, built, image))
        flows = self.networks.attach(container, service, place.subject)
        settle(builder, container, {"noSharedSegment": self.networks.segment(service)})
        egress = self.networks.egress(service)
        metadata = believe(builder, beliefs.METADATA_BLOCKED, service.location)
        if service.network_mode is not None and service.network_mode.value == "none":
            metadata = egress
        settle(builder, container, {"egressRestricted": egress, "metadataBlocked": metadata})
        may_reach_internet(builder, container, egress)
        listeners = map_applications(builder, container, self.listener_facts(service, built, image, place))
        lead_to(builder, flows, listeners.ids, found)
        self.secrets.map_service(place, container, service, listeners)
        self.mounts.map_service(place, service, listeners)
        daemon = self.map_daemon(service, place, listeners)
        if service.network_mode is not None and service.network_mode.value == "host":
            map_host_network(place, name, listeners)
        else:
            kept_in = egress.evidence if egress.probability == 1.0 else ()
            for port in service.ports:
                map_port(place, name, port, listeners, daemon, kept_in)
        judge_settings(place, service, checked=built is not None and built.checked)
        self.note_docker_client(service, place)
        builder.entry_point(
            EntryPoint(
                actor="A2",
                asset=container,
                step="compromise",
                title=f"from inside the container of {place.subject}",
                evidence=found,
            )
        )

    def map_workload(self, service: Service, name: str) -> str:
        builder = self.builder
        found = observed(service.location, f"service {service.name} of project {self.project.name}")
        replicas = service.scale or (service.deploy.replicas if service.deploy is not None else None)
        count = 1 if replicas is None or isinstance(replicas, Unknown) else max(1, min(replicas.value, 1_000_000))
        facts = [("project", self.project.name)]
        if service.profiles:
            facts.append(("profiles", ", ".join(profile.value for profile in service.profiles) + " (not started by default)"))
        workload = builder.asset(
            "ComposeService",
            f"{PLATFORM}:ComposeService:{name}",
            name,
            platform=PLATFORM,
            evidence=found,
            boundary=HOST,
            replicas=count,
            facts=facts,
        )
        builder.link("RunsProject", DAEMON, workload, found)
        repository = map_repository(builder, service.location.document, self.project.location)
        builder.link("Deploys", repository, workload, found)
        builder.entry_point(
            EntryPoint(actor="A5", asset=workload, step="actAs", title=f"service {name}, by its own rights", evidence=found)
        )
        return workload

    def map_image(self, service: Service, container: str) -> tuple[BuiltImage | None, str]:
        """Map what the container runs.

        Gives the built image where its Dockerfile is known, and the reference to judge its software by.
        """
        builder, build = self.builder, service.build
        built = None
        if build is not None and build.dockerfile and build.remote is None:
            target = build.target.value if build.target is not None and build.target.known else ""
            built = self.built.image_of(build.dockerfile, target)
        if build is not None and built is not None:
            found = observed(build.location, f"builds {build.dockerfile}")
            builder.link("RunBy", built.image, container, found)
            builder.link("CachesImage", HOST, built.image, found)
            self.judge_build(service, built)
            reference = parse_image_reference(service.image.value) if service.image is not None and service.image.known else None
            if reference is not None:
                self.images.built_as(reference, built.build)
            named = f"{self.project.name}-{service.name}" if service.image is None else service.image.value
            self.images.map_built_content(named, built.image, container)
            return built, built.bases[0] if built.bases else ""
        if service.image is None:
            self.map_foreign_build(service, container)
            return None, ""
        image = self.images.map_image(service.image.value, service.image.location, container=container, known=service.image.known)
        builder.link("CachesImage", HOST, image, observed(service.image.location, f"runs {service.image.value}"))
        return None, service.image.value

    def map_foreign_build(self, service: Service, container: str) -> None:
        """An image whose Dockerfile is not in the input (or stands inside the Compose file)."""
        place = service.build.location if service.build is not None else service.location
        name = f"{self.project.name}-{service.name}"
        image = self.images.map_local_image(name, place, container=container)
        self.builder.link("CachesImage", HOST, image, observed(place, "built and kept on the host"))

    def judge_build(self, service: Service, built: BuiltImage) -> None:
        build = service.build
        if build is None:
            return
        places = [(build.privileged.location, "build.privileged: true")] if is_true(build.privileged) and build.privileged else []
        places += [
            (item.location, f"build entitlement {item.value}")
            for item in build.entitlements
            if item.value in {"security.insecure", "network.host"}
        ]
        if build.network is not None and build.network.value == "host":
            places.append((build.network.location, "build.network: host"))
        for location, note in places:
            evidence = observed(location, note)
            key = "insecure-buildkit-run"
            weak(self.builder, key, built.build, evidence, subject=f"service {self.project.name}/{service.name}", detail=note)
            settle(self.builder, built.build, {"confinedBuild": Finding(0.0, evidence, (key,))})

    def listener_facts(self, service: Service, built: BuiltImage | None, image: str, place: Place) -> ListenerFacts:
        ports = (
            *listening_ports(service.ports),
            *(
                ListeningPort(port.first, port.last, port.protocol, observed(port.location, f"exposes {port.first}"))
                for port in service.expose
                if port.first
            ),
        )
        variables = {item.name: Variable(item.name, _value(item.value), item.location) for item in service.environment}
        starts: tuple[str, ...] = ()
        if built is not None:
            ports = ports or tuple(
                ListeningPort(item.first, item.last, item.protocol, observed(item.location, f"EXPOSE {item.port.written}"))
                for item in built.stage.exposed
                if item.first
            )
            for item in built.stage.environment:
                known = item.value.value if item.value.known else None
                variables.setdefault(item.name, Variable(item.name, known, item.location))
            starts = start_words(built.stage) if service.command is None else ()
        words, where = _command(service)
        return ListenerFacts(
            name=service.name,
            images=tuple(
                item
                for item in (image, service.image.value if service.image is not None else "", *(built.bases if built else ()))
                if item
            ),
            ports=ports,
            environment=tuple(variables.values()),
            words=words or starts,
            location=service.location,
            words_location=where,
            subject=place.subject,
            platform=PLATFORM,
        )

    def map_daemon(self, service: Service, place: Place, listeners: Listeners) -> str:
        """Add the Docker daemon of a service that runs one; gives its id, empty for any other service."""
        words, where = _command(service)
        exposed = listens_on_tcp(words)
        software = listeners.software.name if listeners.software is not None else ""
        image = service.image.value if service.image is not None else ""
        runs_daemon = software == DIND and ("dind" in image or exposed or "dockerd" in " ".join(words))
        if not runs_daemon and not exposed:
            return ""
        certificates = next((item for item in service.environment if item.name == _TLS_FOLDER), None)
        emptied = certificates is not None and certificates.value is not None and not certificates.value.value
        daemon = f"{PLATFORM}:DockerDaemon:{self.project.name}/{service.name}"
        location = certificates.location if emptied and certificates is not None else where
        nested_daemon(self.builder, place.asset, daemon, location, plain=emptied or exposed)
        self.daemons[service.name] = daemon
        if emptied or exposed:
            note = f"{_TLS_FOLDER} is empty" if emptied else "the command opens the Docker API on TCP"
            weak(self.builder, "docker-daemon-tcp", daemon, observed(location, note), subject=place.subject)
        for zone in self.networks.zones_of(service):
            self.builder.link("ReachesDaemon", zone, daemon, observed(location, "the daemon listens on the service's networks"))
        return daemon

    def note_docker_client(self, service: Service, place: Place) -> None:
        for item in service.environment:
            value = _value(item.value)
            if item.name == "DOCKER_HOST" and value is not None and value.startswith("tcp://"):
                self.clients.append((place, value, item.location))

    def judge_docker_client(self, place: Place, address: str, location: Location) -> None:
        """A client of a Docker API on plain TCP tells that the API is open."""
        host, _, port = address.removeprefix("tcp://").rstrip("/").partition(":")
        if port != "2375":
            return
        evidence = observed(location, f"DOCKER_HOST={address}: the API answers without TLS")
        daemon = self.daemons.get(host)
        if daemon is not None:
            finding = Finding(0.0, evidence, ("docker-daemon-tcp",))
            settle(self.builder, daemon, {"clientCertificateRequired": finding, "tcpClosed": finding})
        elif host in _ENGINE_HOSTS:
            open_daemon(self.builder, location, evidence[0].note)
        weak(self.builder, "docker-daemon-tcp", daemon or place.asset, evidence, subject=place.subject)


def _value(text: Text | None) -> str | None:
    """The value of a variable; None where nothing in the files gives it."""
    return text.value if text is not None and text.known else None


def _command(service: Service) -> tuple[tuple[str, ...], Location]:
    """The words of the entry point and the command, and where they stand."""
    words = (
        *(service.entrypoint.words if service.entrypoint is not None else ()),
        *(service.command.words if service.command is not None else ()),
    )
    place = service.command or service.entrypoint
    return words, place.location if place is not None else service.location


def _image_facts(service: Service) -> tuple[tuple[str, str], ...]:
    if service.image is not None:
        return (("image", service.image.value),)
    if service.build is not None:
        return (("built from", service.build.dockerfile or "a Dockerfile that is not in the input"),)
    return ()
