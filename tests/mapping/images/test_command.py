"""A saved image, its scan and the manifests that run it, in one run of the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from breachway.cli.exit_codes import ExitCode
from tests.cli.given import breachway
from tests.sources.image_archives import PASSWD, PRIVATE_KEY, Image, docker_archive, layer

MANIFESTS = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  containers:
    - {name: web, image: "shop/web:1", ports: [{containerPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""
SCAN = {
    "ArtifactName": "shop/web:1",
    "ArtifactType": "container_image",
    "Results": [
        {
            "Class": "lang-pkgs",
            "Vulnerabilities": [{"VulnerabilityID": "CVE-2021-44228", "PkgName": "log4j-core", "Severity": "CRITICAL"}],
        }
    ],
}


@pytest.fixture
def paths(tmp_path: Path) -> tuple[str, ...]:
    layers = (layer({"etc/passwd": PASSWD, "root/.ssh/id_rsa": PRIVATE_KEY}), layer({"root/.ssh/.wh.id_rsa": ""}))
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "web.yaml").write_text(MANIFESTS, encoding="utf-8")
    (tmp_path / "scan.json").write_text(json.dumps(SCAN), encoding="utf-8")
    image = docker_archive(tmp_path / "web.tar", Image(layers=layers, config={"Env": ["API_TOKEN=0a1b2c3d4e5f60"]}), "shop/web:1")
    return str(image), str(tmp_path / "scan.json"), str(tmp_path / "k8s")


@pytest.mark.parametrize("form", ["terminal", "markdown", "json", "sarif", "html"])
def test_every_report_names_the_image_and_shows_no_secret(paths: tuple[str, ...], form: str) -> None:
    outcome = breachway("model", *paths, "--format", form)
    assert outcome.code is ExitCode.CLEAN, outcome.err
    assert "in image shop/web:1" in outcome.out
    assert "0a1b2c3d4e5f60" not in outcome.out
    assert "BEGIN OPENSSH" not in outcome.out


def test_the_flaw_of_the_image_is_the_way_to_its_secrets(paths: tuple[str, ...]) -> None:
    report = json.loads(breachway("model", *paths, "--format", "json").out)
    outside = [path for path in report["paths"] if path["actor"] == "A1"]
    assert any("CVE-2021-44228" in json.dumps(path) for path in outside)
    assert report["unread"] == []
    assert "application-patched" not in {item["id"] for item in report["assumptions"]}


def test_a_file_that_is_no_image_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "web.tar").write_bytes(b"x" * 257 + b"ustar" + b"x" * 3000)
    outcome = breachway("model", str(tmp_path / "web.tar"))
    assert outcome.code is ExitCode.NOTHING_TO_READ
    assert "it is no tar archive" in outcome.err
    assert "docker save" in outcome.err


def test_an_archive_on_the_standard_input_is_told_where_to_go(paths: tuple[str, ...]) -> None:
    outcome = breachway("model", "-", stdin=Path(paths[0]).read_bytes())
    assert outcome.code is ExitCode.NOTHING_TO_READ
    assert "an archive, which is read from a file only" in outcome.err
