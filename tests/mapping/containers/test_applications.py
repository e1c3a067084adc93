from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from breachway.evidence import Location
from breachway.mapping.containers.applications import ListenerFacts, ListeningPort, map_applications, sensitive_interface
from breachway.mapping.containers.credentials import Variable
from breachway.mapping.containers.grounds import observed
from breachway.threats.software import identify
from tests.mapping.containers.models import new_builder, probability

if TYPE_CHECKING:
    from breachway.model import Model

PLACE = Location("compose.yaml", "/services/db", 4, 3)
CONTAINER = "compose:Container:shop/db"


def mapped(
    image: str, environment: dict[str, str | None] | None = None, words: tuple[str, ...] = (), ports: tuple[int, ...] = ()
) -> Model:
    builder = new_builder()
    builder.asset("Container", CONTAINER, "db", platform="compose", evidence=())
    variables = tuple(Variable(name, value, PLACE) for name, value in (environment or {}).items())
    facts = ListenerFacts(
        name="db",
        images=(image,),
        ports=tuple(ListeningPort(port, port, "tcp", observed(PLACE, f"port {port}")) for port in ports),
        environment=variables,
        words=words,
        location=PLACE,
        words_location=PLACE,
        subject="service db",
        platform="compose",
    )
    map_applications(builder, CONTAINER, facts)
    return builder.build()


def asked(model: Model, port: int, defence: str) -> float:
    return probability(model, f"compose:Application:shop/db:{port}", defence)


def test_a_database_is_known_by_its_image_and_holds_a_crown_jewel() -> None:
    model = mapped("postgres:16", {"POSTGRES_PASSWORD": "long and random"})
    assert asked(model, 5432, "authenticates") == 1.0
    assert asked(model, 5432, "noDefaultPassword") == 1.0
    assert [(jewel.asset, jewel.value) for jewel in model.crown_jewels] == [("compose:DataStore:shop/db", 8)]
    assert [(link.left, link.right) for link in model.links if link.association == "Serves"] == [
        ("compose:Application:shop/db:5432", "compose:DataStore:shop/db")
    ]


@pytest.mark.parametrize(
    "image, environment, words, port, authenticates",
    [
        ("postgres:16", {"POSTGRES_HOST_AUTH_METHOD": "trust"}, (), 5432, 0.0),
        ("postgres:16", {"POSTGRES_HOST_AUTH_METHOD": "md5"}, (), 5432, 1.0),
        ("redis:7", {}, (), 6379, 0.0),
        ("redis:7", {}, ("redis-server", "--requirepass", "x"), 6379, 1.0),
        ("redis:7", {}, ("sh", "-c", "redis-server --requirepass $P"), 6379, 1.0),
        ("mongo:7", {"MONGO_INITDB_ROOT_PASSWORD": None}, (), 27017, 1.0),
        ("mysql:8", {"MYSQL_ALLOW_EMPTY_PASSWORD": "true"}, (), 3306, 0.0),
        ("mysql:8", {"MYSQL_ALLOW_EMPTY_PASSWORD": "0"}, (), 3306, 1.0),
        ("team/custom:1", {"POSTGRES_HOST_AUTH_METHOD": "trust"}, (), 5432, 0.0),
    ],
)
def test_authentication(
    image: str, environment: dict[str, str | None], words: tuple[str, ...], port: int, authenticates: float
) -> None:
    assert asked(mapped(image, environment, words), port, "authenticates") == authenticates


def test_an_easy_password_is_the_account_s_and_not_a_missing_login() -> None:
    model = mapped("postgres:16", {"POSTGRES_PASSWORD": "postgres"})
    assert asked(model, 5432, "noDefaultPassword") == 0.0
    assert asked(model, 5432, "authenticates") == 1.0


def test_a_client_password_says_nothing_of_the_product_s_own_login() -> None:
    model = mapped("wordpress:6", {"WORDPRESS_DB_PASSWORD": "wordpress"}, ports=(80,))
    assert asked(model, 80, "noDefaultPassword") > 0.5


def test_a_program_of_one_s_own_is_assumed_and_not_known() -> None:
    model = mapped("registry.example.com/shop/app:1", ports=(8080,))
    states = {state.defence: state for state in model.defences}
    assert states["authenticates"].assumption == "application-authenticates"
    assert states["patched"].assumption == "application-patched"
    assert not model.crown_jewels


@pytest.mark.parametrize(
    "image, port, sensitive",
    [
        ("postgres:16", 5432, True),
        ("rabbitmq:3-management", 15672, True),
        ("jenkins/jenkins:lts", 8080, True),
        ("prom/prometheus:v2", 9090, True),
        ("tecnativa/docker-socket-proxy:1", 2375, True),
        ("wordpress:6", 80, False),
        ("nginx:1.27", 80, False),
        ("traefik:3", 80, False),
        ("traefik:3", 8080, True),
        ("pihole/pihole:1", 53, False),
    ],
)
def test_interfaces_that_should_stay_inside(image: str, port: int, sensitive: bool) -> None:
    listening = ListeningPort(port, port, "tcp", ())
    assert bool(sensitive_interface(identify(image), listening)) == sensitive


@pytest.mark.parametrize(
    "environment, words, debugged",
    [
        ({"JAVA_TOOL_OPTIONS": "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005"}, (), True),
        ({"JAVA_TOOL_OPTIONS": "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:5005"}, (), False),
        ({}, ("node", "--inspect=0.0.0.0:9229", "app.js"), True),
        ({}, ("node", "--inspect=127.0.0.1:9229", "app.js"), False),
        ({"DEBUG": "app:*"}, (), False),
    ],
)
def test_debug_modes(environment: dict[str, str | None], words: tuple[str, ...], debugged: bool) -> None:
    model = mapped("registry.example.com/shop/app:1", environment, words, ports=(8080,))
    assert (asked(model, 8080, "noDebugMode") == 0.0) == debugged
