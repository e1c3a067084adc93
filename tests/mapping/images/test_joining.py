"""What saved images and scans say reaches the containers that run them, on every platform."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from breachway.evidence import Basis
from breachway.mapping.containers.releases import ended_on, release_of
from breachway.mapping.images.contents import image_contents
from breachway.mapping.model_building import build_model
from breachway.model import Verdict
from breachway.sources.image_reference import parse_image_reference
from breachway.sources.reading import read
from tests.mapping.containers.models import faults
from tests.sources.image_archives import PASSWD, PRIVATE_KEY, SHADOW, Image, docker_archive, layer, oci_archive, plain_image

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.mapping.containers.image_contents import ImageContents
    from breachway.model import Model

POD = """apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop}}
spec:
  containers:
    - name: web
      image: {image}
      ports: [{{containerPort: 8080}}]
"""
COMPOSE = "services:\n  web:\n    image: {image}\n"
TASK = '{{"family": "web", "containerDefinitions": [{{"name": "web", "image": "{image}", "essential": true}}]}}'
WRITTEN = {"pod.yaml": POD, "compose.yaml": COMPOSE, "task.json": TASK}
CONTAINERS = {
    "pod.yaml": "kubernetes:Container:shop/Pod/web/web",
    "compose.yaml": "docker:Container:shop/web",
    "task.json": "ecs:Container:web/web",
}


def model_of(folder: Path) -> Model:
    model = build_model(read([str(folder)]))
    own = [fault for fault in faults(model) if "image:Image" in fault or "image:Secret" in fault or "Application" in fault]
    assert own == []
    return model


def with_scan(folder: Path, name: str, *severities: str) -> None:
    found = [{"VulnerabilityID": f"CVE-{number}", "PkgName": "p", "Severity": word} for number, word in enumerate(severities)]
    results = [{"Target": "os", "Class": "os-pkgs", "Vulnerabilities": found}]
    report = {"ArtifactName": name, "ArtifactType": "container_image", "Results": results}
    (folder / "scan.json").write_text(json.dumps(report), encoding="utf-8")


def container_of(model: Model) -> str:
    (container,) = (asset.id for asset in model.assets if asset.kind == "Container")
    return container


@pytest.mark.parametrize("document", sorted(WRITTEN))
@pytest.mark.parametrize("config, expected", [({}, 0.0), ({"User": "app"}, 1.0), ({"User": "boss"}, 0.0), ({"User": "0:5"}, 0.0)])
def test_the_user_of_the_archive_decides(tmp_path: Path, document: str, config: dict[str, str], expected: float) -> None:
    passwd = PASSWD + "boss:x:0:0::/:/bin/sh\n"
    image = Image(layers=(layer({"etc/passwd": passwd, "etc/shadow": SHADOW}),), config={**config})
    docker_archive(tmp_path / "web.tar", image, "shop/web:1")
    (tmp_path / document).write_text(WRITTEN[document].format(image="shop/web:1"), encoding="utf-8")
    model = model_of(tmp_path)
    container = container_of(model)
    (state,) = (state for state in model.defences if (state.asset, state.defence) == (container, "nonRoot"))
    assert state.probability == expected
    assert any("web.tar!" in evidence.location.document for evidence in state.evidence)
    verdicts = {item.verdict for item in model.weaknesses if (item.key, item.asset) == ("may-run-as-root", container)}
    assert verdicts == (set() if expected else {Verdict.WEAK})


def test_an_official_image_that_steps_down_still_does(tmp_path: Path) -> None:
    docker_archive(tmp_path / "redis.tar", Image(layers=(layer({"etc/passwd": PASSWD}),)), "redis:7")
    (tmp_path / "pod.yaml").write_text(POD.format(image="redis:7"), encoding="utf-8")
    model = model_of(tmp_path)
    (state,) = (state for state in model.defences if (state.asset, state.defence) == (container_of(model), "nonRoot"))
    assert state.assumption == "entrypoint-steps-down"


@pytest.mark.parametrize("document", ["compose.yaml", "task.json"])
def test_an_archive_knows_better_than_what_is_recalled(tmp_path: Path, document: str) -> None:
    docker_archive(tmp_path / "redis.tar", plain_image(), "redis:7")
    (tmp_path / document).write_text(WRITTEN[document].format(image="redis:7"), encoding="utf-8")
    model = model_of(tmp_path)
    assert not [item for item in model.weaknesses if item.key == "may-run-as-root"]


def test_a_base_image_in_the_input_decides_for_what_is_built_on_it(tmp_path: Path) -> None:
    docker_archive(tmp_path / "base.tar", plain_image(), "shop/base:1")
    (tmp_path / "Dockerfile").write_text("FROM shop/base:1\nRUN true\n", encoding="utf-8")
    model = model_of(tmp_path)
    assert not [item for item in model.weaknesses if item.key == "image-user-root"]


@pytest.mark.parametrize(
    "severities, expected, basis",
    [
        (("CRITICAL",), 0.0, Basis.OBSERVED),
        (("MEDIUM", "HIGH"), 0.0, Basis.OBSERVED),
        (("LOW", "MEDIUM"), 1.0, Basis.OBSERVED),
        ((), 1.0, Basis.OBSERVED),
        (("UNKNOWN",), 0.4, Basis.ASSUMED),
    ],
)
def test_a_scan_takes_the_place_of_the_assumption(
    tmp_path: Path, severities: tuple[str, ...], expected: float, basis: Basis
) -> None:
    with_scan(tmp_path, "shop/web:1", *severities)
    (tmp_path / "pod.yaml").write_text(POD.format(image="docker.io/shop/web:1"), encoding="utf-8")
    model = model_of(tmp_path)
    (state,) = (state for state in model.defences if state.defence == "patched")
    assert (state.probability, state.evidence[0].basis) == (expected, basis)
    assert ("application-patched" in {item.id for item in model.assumptions}) is (basis is Basis.ASSUMED)
    weak = [item.asset for item in model.weaknesses if item.key == "image-known-vulnerabilities"]
    assert weak == (["image:Image:docker.io/shop/web:1"] if expected == 0.0 else [])


def test_worst_vulnerabilities_come_first_and_the_rest_is_counted(tmp_path: Path) -> None:
    with_scan(tmp_path, "shop/web:1", *["HIGH"] * 6, "CRITICAL")
    (weakness,) = (item for item in model_of(tmp_path).weaknesses if item.key == "image-known-vulnerabilities")
    notes = [evidence.note for evidence in weakness.evidence]
    assert notes[0] == "CVE-6, critical, in p: no fix is out; whether it is reached is not known"
    assert notes[-1] == "and 2 more rated high or critical"
    assert len(notes) == 6


def test_a_scan_without_packages_says_nothing(tmp_path: Path) -> None:
    report = {"ArtifactName": "shop/web:1", "ArtifactType": "container_image", "Results": []}
    (tmp_path / "scan.json").write_text(json.dumps(report), encoding="utf-8")
    (tmp_path / "pod.yaml").write_text(POD.format(image="shop/web:1"), encoding="utf-8")
    (state,) = (state for state in model_of(tmp_path).defences if state.defence == "patched")
    assert state.assumption == "application-patched"


def test_a_container_reads_what_its_image_still_shows(tmp_path: Path) -> None:
    layers = (
        layer({"app/.npmrc": "//r/:_authToken=0a1b2c3d4e5f60\n", "root/id_rsa": PRIVATE_KEY}),
        layer({"root/.wh.id_rsa": ""}),
    )
    image = Image(layers=layers, config={"Env": ["API_TOKEN=abcdef0123456789"]})
    docker_archive(tmp_path / "web.tar", image, "shop/web:1")
    (tmp_path / "pod.yaml").write_text(POD.format(image="shop/web:1"), encoding="utf-8")
    model = model_of(tmp_path)
    used = {link.right.rpartition(":")[2] for link in model.links if link.association == "Uses"}
    baked = {link.right.rpartition(":")[2] for link in model.links if link.association == "Bakes"}
    assert used >= {"/app/.npmrc", "API_TOKEN"}
    assert "/root/id_rsa" not in used
    assert baked == {"/app/.npmrc", "/root/id_rsa", "API_TOKEN"}
    assert "0a1b2c3d4e5f60" not in repr(model)


def test_a_scan_tells_secrets_and_the_end_of_the_distribution(tmp_path: Path) -> None:
    report = {
        "ArtifactName": "shop/web:1",
        "ArtifactType": "container_image",
        "Metadata": {"OS": {"Family": "debian", "Name": "9.13", "EOSL": True}},
        "Results": [
            {"Target": "app/.env", "Class": "secret", "Secrets": [{"RuleID": "aws", "Title": "AWS key", "StartLine": 3}]}
        ],
    }
    (tmp_path / "scan.json").write_text(json.dumps(report), encoding="utf-8")
    docker_archive(tmp_path / "web.tar", plain_image(), "shop/web:1")
    (tmp_path / "pod.yaml").write_text(POD.format(image="shop/web:1"), encoding="utf-8")
    model = model_of(tmp_path)
    notes = {item.key: item.evidence[0].note for item in model.weaknesses}
    assert notes["secret-in-image-layer"] == "Trivy finds in /app/.env, line 3: AWS key"
    assert notes["image-base-eol"] == "Trivy: debian 9.13 gets no more fixes"
    assert "image-user-root" not in notes


def test_two_scanners_are_heard_and_the_worse_counts(tmp_path: Path) -> None:
    with_scan(tmp_path, "shop/web:1")
    (tmp_path / "scan.json").rename(tmp_path / "first.json")
    with_scan(tmp_path, "shop/web:1", "HIGH")
    (tmp_path / "pod.yaml").write_text(POD.format(image="shop/web:1"), encoding="utf-8")
    (state,) = (state for state in model_of(tmp_path).defences if state.defence == "patched")
    assert state.probability == 0.0


@pytest.mark.parametrize("image", ["    image: shop/web:1\n", ""])
@pytest.mark.parametrize("with_dockerfile", [True, False])
def test_what_compose_builds_is_known_by_its_archive(tmp_path: Path, image: str, with_dockerfile: bool) -> None:
    saved = Image(layers=(layer({"etc/passwd": "root::0:0::/:/bin/sh\n"}),), config={"Env": ["API_TOKEN=abcdef0123456789"]})
    docker_archive(tmp_path / "web.tar", saved, "shop/web:1" if image else "shop-web:latest")
    (tmp_path / "compose.yaml").write_text(f"name: shop\nservices:\n  web:\n    build: .\n{image}", encoding="utf-8")
    if with_dockerfile:
        (tmp_path / "Dockerfile").write_text("FROM debian:13\nUSER app\n", encoding="utf-8")
    model = model_of(tmp_path)
    (run,) = (link.left for link in model.links if link.association == "RunBy")
    assert [item.asset for item in model.weaknesses if item.key == "image-empty-password-account"] == [run]
    assert {(state.asset, state.probability) for state in model.defences if state.defence == "noAccountPasswords"} >= {(run, 0.0)}
    assert "API_TOKEN" in {link.right.rpartition(":")[2] for link in model.links if link.association == "Uses"}


def test_the_ports_of_the_image_are_taken_where_nothing_else_names_any(tmp_path: Path) -> None:
    docker_archive(tmp_path / "web.tar", plain_image(ExposedPorts={"8080/tcp": {}, "x": {}, "99999/tcp": {}}), "shop/web:1")
    (tmp_path / "task.json").write_text(TASK.format(image="shop/web:1"), encoding="utf-8")
    model = model_of(tmp_path)
    assert [dict(asset.facts)["port"] for asset in model.assets if asset.kind == "Application"] == ["8080"]


def test_images_that_nothing_runs_are_judged_all_the_same(tmp_path: Path) -> None:
    docker_archive(tmp_path / "a.tar", Image(layers=(layer({}),)))
    docker_archive(tmp_path / "b.tar", Image(layers=(layer({"etc/passwd": PASSWD}),)), "shop/b:1", "shop/b:latest")
    model = model_of(tmp_path)
    images = sorted(asset.id for asset in model.assets if asset.kind == "Image")
    assert images[1] == "image:Image:docker.io/shop/b:1"
    assert images[0].startswith(f"image:Image:{tmp_path}/a.tar!sha256:")
    assert {item.asset for item in model.weaknesses if item.key == "image-user-root"} == set(images)
    assert not [asset for asset in model.assets if asset.kind in {"Registry", "Upstream"}]


def test_a_layer_that_was_not_read_leaves_the_question_open(tmp_path: Path) -> None:
    docker_archive(tmp_path / "a.tar", Image(layers=(b"\x28\xb5\x2f\xfd" + bytes(600),)), "shop/a:1")
    states = {state.defence: state for state in model_of(tmp_path).defences}
    assert states["noAccountPasswords"].assumption == "image-no-account-passwords"
    assert states["noSetuidFiles"].assumption == "image-no-setuid-files"


def contents_of(tmp_path: Path, *names: str) -> ImageContents:
    oci_archive(tmp_path / "web.tar", plain_image(), *names)
    inventory = read([str(tmp_path / "web.tar")])
    return image_contents(inventory.images, inventory.scans)


@pytest.mark.parametrize(
    "written, joined",
    [
        ("shop/web:1", True),
        ("docker.io/shop/web:1", True),
        ("index.docker.io/shop/web:1", True),
        ("shop/web:1@sha256:" + "0" * 64, True),
        ("shop/web@DIGEST", True),
        ("mirror.example.com/web@DIGEST", True),
        ("shop/web:2", False),
        ("shop/web", False),
        ("shop/web@sha256:" + "0" * 64, False),
        ("quay.io/shop/web:1", False),
    ],
)
def test_references_that_mean_the_image(tmp_path: Path, written: str, joined: bool) -> None:
    contents = contents_of(tmp_path, "shop/web:1")
    reference = parse_image_reference(written.replace("DIGEST", contents.all[0].digests[0]))
    assert reference is not None
    assert (contents.find(reference) is not None) is joined


@pytest.mark.parametrize(
    "written, release",
    [
        ("debian:9-slim", ("debian", "9")),
        ("alpine:3.12.1", ("alpine", "3.12")),
        ("ubuntu:18.04", ("ubuntu", "18.04")),
        ("centos:centos7", ("centos", "7")),
        ("python:3.8-slim-buster", ("debian", "10")),
        ("node:14-alpine3.12", ("alpine", "3.12")),
        ("python:3.8", ("", "")),
        ("debian:latest", ("", "")),
        ("quay.io/library/debian:9", ("", "")),
    ],
)
def test_releases_that_tags_name(written: str, release: tuple[str, str]) -> None:
    reference = parse_image_reference(written)
    assert reference is not None
    assert release_of(reference) == release


@pytest.mark.parametrize(
    "distribution, version, ended",
    [
        ("debian", "9", True),
        ("debian", "12", False),
        ("alpine", "3.2", True),
        ("alpine", "3.22.1", False),
        ("ubuntu", "24.04", False),
        ("arch", "1", False),
    ],
)
def test_releases_that_ended(distribution: str, version: str, ended: bool) -> None:
    assert bool(ended_on(distribution, version)) is ended
