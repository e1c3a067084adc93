"""The machine that Compose projects run on, and its Docker daemon.  One host stands for all projects of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Belief, Finding, believe, defaulted, observed, settle
from breachway.mapping.containers.host_versions import HostSoftware, settle_host
from breachway.mapping.places import INTERNET_ID
from breachway.model import CrownJewel

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder

HOST = "docker:DockerHost:host"
DAEMON = "docker:DockerDaemon:host"
HOST_ZONE = "docker:NetworkZone:host"
_ROOT_VALUE = 8
TCP_CLOSED = Belief(
    "docker-daemon-tcp-closed",
    "the Docker daemon of the host listens on no TCP port",
    0.95,
    "the default; daemon.json and the unit file that could open one are not in the input",
    "Docker hosts",
)
CLIENT_CERTIFICATES = Belief(
    "docker-daemon-client-certificates",
    "a Docker daemon that does listen on TCP asks for client certificates (tlsverify)",
    0.5,
    "daemon.json is not in the input; tlsverify has to be turned on: even odds",
    "Docker hosts",
)


def map_host(builder: ModelBuilder, location: Location) -> None:
    """Add the host, its daemon and its own network with every defence set."""
    found = observed(location, "a Compose project runs on a Docker host")
    builder.asset("DockerHost", HOST, "Docker host", platform="docker", evidence=found)
    settle_host(builder, HOST, HostSoftware(location=location, person=True), subject="Docker host")
    builder.asset("DockerDaemon", DAEMON, "Docker daemon", platform="docker", evidence=found, boundary=HOST)
    builder.link("RunsDaemon", HOST, DAEMON, found)
    key = ("docker-daemon-tcp",)
    settle(
        builder,
        DAEMON,
        {
            "tcpClosed": believe(builder, TCP_CLOSED, location, keys=key),
            "clientCertificateRequired": believe(builder, CLIENT_CERTIFICATES, location, keys=key),
        },
    )
    builder.link("FacesDaemon", INTERNET_ID, DAEMON, found)
    builder.asset("NetworkZone", HOST_ZONE, "network of the host", platform="docker", evidence=found, boundary=HOST)
    builder.link("ReachesDaemon", HOST_ZONE, DAEMON, found)
    builder.crown_jewel(CrownJewel(asset=HOST, step="root", title="root on the Docker host", value=_ROOT_VALUE, evidence=found))


def open_daemon(builder: ModelBuilder, location: Location, note: str) -> None:
    """The host's own daemon listens on TCP without client certificates: something in the input says so."""
    evidence = observed(location, note)
    finding = Finding(0.0, evidence, ("docker-daemon-tcp",))
    settle(builder, DAEMON, {"tcpClosed": finding, "clientCertificateRequired": finding})


def nested_daemon(builder: ModelBuilder, container: str, daemon: str, location: Location, *, plain: bool) -> None:
    """Add a Docker daemon that runs in a container (Docker in Docker); ``plain`` when it asks for no client certificates."""
    found = observed(location, "runs a Docker daemon of its own")
    builder.asset("DockerDaemon", daemon, "Docker daemon in a container", platform="docker", evidence=found, boundary=container)
    builder.link("NestsDaemon", container, daemon, found)
    source = "docker:dind image: its entry point listens on 2376 with TLS, on 2375 without when DOCKER_TLS_CERTDIR is empty"
    listens = defaulted(location, "the daemon listens on TCP", source)
    certificates = (
        observed(location, "no client certificates are asked for")
        if plain
        else defaulted(location, "asks for client certificates", source)
    )
    key = ("docker-daemon-tcp",)
    settle(
        builder,
        daemon,
        {"tcpClosed": Finding(0.0, listens, key), "clientCertificateRequired": Finding(0.0 if plain else 1.0, certificates, key)},
    )
