from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.mapping.containers.models import faults, found, model_of_path, probability

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.model import Model

SHOP = """\
name: shop
services:
  web:
    build: ./web
    ports: ["8080:8080"]
    environment:
      DATABASE_URL: postgres://app:s3cret-for-the-demo@db:5432/shop
    networks: [front, back]
  db:
    image: postgres:16
    environment:
      POSTGRES_PASSWORD: s3cret-for-the-demo
    volumes: ["data:/var/lib/postgresql/data"]
    networks: [back]
  agent:
    image: registry.example.com/agent:2
    network_mode: host
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
  batch:
    image: registry.example.com/batch:2
    network_mode: none
  debug:
    image: registry.example.com/debug:1
    profiles: [debug]
    user: ${DEBUG_USER}
    privileged: ${DEBUG_PRIVILEGED}
    networks: [inside]
networks:
  front: {}
  back: {}
  inside: {internal: true}
volumes:
  data: {}
"""
CI = """\
name: ci
services:
  dind:
    image: docker:27-dind
    privileged: true
    command: [dockerd, -H, "tcp://0.0.0.0:2375"]
    ports: ["2375:2375"]
  runner:
    image: registry.example.com/runner:1
    environment: {DOCKER_HOST: "tcp://dind:2375"}
"""
DOCKERFILE = """\
FROM golang:1.23 AS build
RUN go build -o /app .
FROM alpine:3.20
COPY --from=build /app /app
EXPOSE 8080
USER 10001
CMD ["/app"]
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    (tmp_path / "web").mkdir()
    (tmp_path / "compose.yaml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "web" / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return model_of_path(".")


def linked(model: Model, association: str, left: str) -> set[str]:
    return {link.right for link in model.links if (link.association, link.left) == (association, left)}


def test_the_model_is_one_of_the_language(shop: Model) -> None:
    assert faults(shop) == []


def test_a_built_image_is_the_dockerfile_s(shop: Model) -> None:
    assert linked(shop, "RunBy", "docker:Image:web/Dockerfile") == {"compose:Container:shop/web"}
    assert linked(shop, "Makes", "docker:Build:web/Dockerfile") == {"docker:Image:web/Dockerfile"}
    assert probability(shop, "compose:Container:shop/web", "nonRoot") == 1.0
    bases = {link.left for link in shop.links if link.association == "BaseOf"}
    assert bases == {"image:Image:docker.io/library/alpine:3.20", "image:Image:docker.io/library/golang:1.23"}


def test_networks_are_hubs(shop: Model) -> None:
    web = "compose:Application:shop/web:8080"
    assert web in linked(shop, "LeadsTo", "compose:Flow:shop/front")
    assert linked(shop, "LeadsTo", "compose:Flow:shop/back") == {web, "compose:Application:shop/db:5432"}
    assert linked(shop, "LeadsTo", "docker:Flow:published") == {web}
    assert linked(shop, "AttachedTo", "compose:Container:shop/agent") == {"docker:NetworkZone:host"}
    assert not linked(shop, "AttachedTo", "compose:Container:shop/batch")


def test_what_may_connect_to_the_outside(shop: Model) -> None:
    assert probability(shop, "compose:Container:shop/batch", "egressRestricted") == 1.0
    assert probability(shop, "compose:Container:shop/debug", "egressRestricted") == 1.0
    assert probability(shop, "compose:Container:shop/web", "egressRestricted") == 0.0


def test_a_password_opens_the_server_that_it_belongs_to(shop: Model) -> None:
    assert linked(shop, "Opens", "compose:Secret:shop/web/DATABASE_URL") == {"compose:Application:shop/db:5432"}
    assert linked(shop, "Opens", "compose:Secret:shop/db/POSTGRES_PASSWORD") == {"compose:Application:shop/db:5432"}
    assert linked(shop, "Uses", "compose:Container:shop/web") == {"compose:Secret:shop/web/DATABASE_URL"}


def test_a_socket_leads_to_the_daemon_of_the_host(shop: Model) -> None:
    mount = "compose:HostMount:shop/agent:/run/docker.sock"
    assert linked(shop, "SocketOf", mount) == {"docker:DockerDaemon:host"}
    assert probability(shop, mount, "notRuntimeSocket") == 0.0
    assert probability(shop, mount, "notHostRoot") == probability(shop, mount, "readOnly") == 1.0


def test_a_variable_without_a_value_is_neither_safe_nor_weak(shop: Model) -> None:
    debug = "compose:Container:shop/debug"
    assert 0.0 < probability(shop, debug, "nonRoot") < 1.0
    assert 0.0 < probability(shop, debug, "notPrivileged") < 1.0
    assert not any(asset == debug for asset, _ in found(shop, "privileged-container"))


def test_inactive_services_are_modelled_and_said_to_be(shop: Model) -> None:
    service = next(asset for asset in shop.assets if asset.id == "compose:ComposeService:shop/debug")
    assert ("profiles", "debug (not started by default)") in service.facts


def test_boundaries_lead_to_the_host(shop: Model) -> None:
    boundaries = {asset.id: asset.boundary for asset in shop.assets}
    assert boundaries["compose:Application:shop/db:5432"] == "compose:Container:shop/db"
    assert boundaries["compose:Container:shop/db"] == "compose:ComposeService:shop/db"
    assert boundaries["compose:ComposeService:shop/db"] == "docker:DockerHost:host"


def test_entries_and_jewels(shop: Model) -> None:
    assert {(entry.actor, entry.step) for entry in shop.entry_points} == {("A2", "compromise"), ("A5", "actAs")}
    assert sum(entry.actor == "A2" for entry in shop.entry_points) == 5
    jewels = {jewel.asset: jewel.value for jewel in shop.crown_jewels}
    assert jewels["compose:DataStore:shop/db"] == 8
    assert jewels["docker:DockerHost:host"] == 8


def test_loopback_is_no_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'name: shop\nservices:\n  db: {image: "redis:7", ports: ["127.0.0.1:6379:6379"]}\n'
    (tmp_path / "compose.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    model = model_of_path(".")
    exposure = "compose:Exposure:shop/db/127.0.0.1:6379:6379"
    assert probability(model, exposure, "notPublic") == 1.0
    assert not linked(model, "LeadsTo", "docker:Flow:published")
    assert linked(model, "ListensLocally", "docker:DockerHost:host") == {"compose:Application:shop/db:6379"}
    assert not found(model, "sensitive-interface-exposed")


def test_docker_in_docker_without_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "compose.yaml").write_text(CI, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    model = model_of_path(".")
    daemon = "compose:DockerDaemon:ci/dind"
    assert faults(model) == []
    assert probability(model, daemon, "clientCertificateRequired") == 0.0
    assert linked(model, "NestsDaemon", "compose:Container:ci/dind") == {daemon}
    assert linked(model, "PublishesApi", "compose:Exposure:ci/dind/2375:2375") == {daemon}
    assert daemon in linked(model, "ReachesDaemon", "compose:NetworkZone:ci/default")


def test_the_model_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(SHOP, encoding="utf-8")
    program = (
        "import json, sys; sys.path[:0] = json.loads(sys.argv[1]);"
        "from tests.mapping.containers.models import model_of_path; print(model_of_path('compose.yaml'))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, json.dumps(sys.path)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_nothing_is_published_from_internal_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "compose.yaml").write_text(
        "name: shop\nservices:\n  db: {image: 'redis:7', ports: ['6379:6379'], networks: [inside]}\n"
        "networks: {inside: {internal: true}}\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    model = model_of_path(".")
    assert probability(model, "compose:Exposure:shop/db/6379:6379", "notPublic") == 1.0
    assert not linked(model, "LeadsTo", "docker:Flow:published")
    assert not found(model, "port-on-all-interfaces")


def test_the_host_s_network_opens_whatever_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "name: shop\nservices:\n  db: {image: 'redis:7', network_mode: host, ports: ['127.0.0.1:1:6379']}\n"
    (tmp_path / "compose.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    model = model_of_path(".")
    exposure = "compose:Exposure:shop/db/host network 6379"
    assert faults(model) == []
    assert linked(model, "Publishes", exposure) == {"compose:Application:shop/db:6379"}
    assert probability(model, exposure, "notPublic") == 0.0
    assert found(model, "sensitive-interface-exposed") == {(exposure, 3)}


def test_a_password_from_dotenv_is_no_literal_of_the_compose_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("DB_PASSWORD=s3cret-for-the-demo\n", encoding="utf-8")
    (tmp_path / "compose.yaml").write_text(
        "name: shop\nservices:\n  db:\n    image: postgres:16\n    environment:\n"
        "      POSTGRES_PASSWORD: ${DB_PASSWORD}\n      PGPASSWORD: ${OTHER:-s3cret-for-the-demo}\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    model = model_of_path(".")
    assert found(model, "secret-literal-in-env") == {("compose:Secret:shop/db/PGPASSWORD", 7)}
    secret = "compose:Secret:shop/db/POSTGRES_PASSWORD"
    assert 0.5 < probability(model, secret, "notInRepository") < 1.0
    assert probability(model, secret, "notInSpecification") == 1.0
    assert linked(model, "Opens", secret) == {"compose:Application:shop/db:5432"}
