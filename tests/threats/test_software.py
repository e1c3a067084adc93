from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.threats.software import Habit, identify, load_software

ROLES = {
    "admin",
    "cache",
    "ci",
    "dashboard",
    "datastore",
    "directory",
    "identity",
    "mesh",
    "ml",
    "monitoring",
    "proxy",
    "queue",
    "registry",
    "storage",
}


@pytest.mark.parametrize(
    "image, name",
    [
        ("redis", "Redis"),
        ("redis:8-alpine", "Redis"),
        ("docker.io/library/redis@sha256:00", "Redis"),
        ("localhost:5000/bitnami/redis", "Redis"),
        ("Registry.Example/Team/Postgres:17", "PostgreSQL"),
        ("postgis/postgis:16", "PostgreSQL"),
        ("oliver006/redis_exporter:v1", "Database exporters"),
        ("grafana/loki:3", "Grafana Loki / Mimir / Tempo"),
        ("portainer/agent", "Portainer agent"),
        ("ghcr.io/calico/node:v3", "Other CNI agents"),
        ("jupyter/scipy-notebook", "Jupyter"),
        ("quay.io/jaegertracing/collector", "Jaeger"),
    ],
)
def test_known_images(image: str, name: str) -> None:
    found = identify(image)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "image", ["", "shop/web", "shop/redis-client-demo", "postgresque", "redis/tools/app", ":", "@", "a/b/c:d@e"]
)
def test_other_images(image: str) -> None:
    assert identify(image) is None


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=80))
def test_any_text_is_answered(image: str) -> None:
    identify(image)


def test_table() -> None:
    names = [software.name for software in load_software()]
    assert len(names) == len(set(names)) > 250
    seen: dict[str, str] = {}
    for software in load_software():
        assert software.role in ROLES, software.name
        assert software.images, software.name
        assert all(0 < port < 65536 for port in (*software.ports, *software.management_ports)), software.name
        assert software.management_interface or not software.management_ports, software.name
        assert software.holds_data or not software.data_paths, software.name
        for image in software.images:
            assert image == image.lower()
            assert image not in seen, f"{image}: {software.name} and {seen[image]}"
            seen[image] = software.name


def test_habits() -> None:
    by_name = {software.name: software for software in load_software()}
    assert by_name["PostgreSQL"].authenticates is Habit.YES
    assert by_name["PostgreSQL"].off_switches == ("POSTGRES_HOST_AUTH_METHOD=trust", "ALLOW_EMPTY_PASSWORD=yes")
    assert by_name["Redis"].authenticates is Habit.NO
    assert "--requirepass" in by_name["Redis"].on_switches
    assert by_name["Adminer"].management_interface
    assert by_name["Jenkins"].executes_by_design
    assert by_name["MongoDB"].holds_data


def test_a_text_that_no_registry_would_accept_is_nothing() -> None:
    assert identify("../" * 20_000 + "redis") is None
