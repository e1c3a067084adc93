from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from breachway.cli.exit_codes import ExitCode
from tests.cli.given import breachway

if TYPE_CHECKING:
    from pathlib import Path

MANIFESTS = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {team: red}}
spec: {containers: [{name: app, image: a, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {team: teal}}
spec: {containers: [{name: app, image: b, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: ops}
spec: {containers: [{name: app, image: c}]}
"""
COMPOSE = """\
services:
  web: {image: a, labels: {team: red}, expose: ["8080"], mem_limit: 1g}
  db: {image: b, labels: {team: teal}, expose: ["5432"], networks: [inner]}
  cache: {image: c, labels: [team=red], networks: [inner]}
networks: {inner: {}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pods.yaml").write_text(MANIFESTS)
    return tmp_path


def test_namespaces_are_the_tenants(folder: Path) -> None:
    done = breachway("tenants", str(folder))
    assert done.code is ExitCode.CLEAN
    assert done.out.startswith("2 tenants; ")
    assert "  1 ops" in done.out
    assert "  2 shop" in done.out
    assert "Machines that several share" in done.out


def test_one_cell_with_its_paths(folder: Path) -> None:
    done = breachway("tenants", str(folder), "--from", "ops", "--to", "shop")
    assert "ops to shop" in done.out
    assert "N  network: open: connects to a service there" in done.out
    assert " 1  run code in the container: app" in done.out
    assert "pods.yaml:14" in done.out


@pytest.mark.parametrize("option, title", [("--from", "What shop reaches"), ("--to", "Who reaches shop")])
def test_one_row_or_one_column(folder: Path, option: str, title: str) -> None:
    done = breachway("tenants", str(folder), option, "shop")
    assert done.out.startswith(title)
    assert "X ops by exhaustion: open: takes away what its containers need" in done.out


def test_tenants_by_a_label(folder: Path) -> None:
    done = breachway("tenants", str(folder), "--by", "label=team", "--format", "json")
    report = json.loads(done.out)
    assert report["schema"] == "breachway.tenants/1"
    assert [(item["name"], item["kind"]) for item in report["holders"]] == [
        ("red", "tenant"),
        ("teal", "tenant"),
        ("no tenant", "rest"),
    ]
    cell = next(item for item in report["cells"] if (item["source"], item["target"], item["way"]) == ("red", "teal", "network"))
    assert (cell["state"], cell["outcome"], cell["detail"]) == ("open", "contact", ["shop/db: db on 5432"])
    assert cell["paths"][0]["steps"][0]["evidence"][0]["line"] == 4


def test_one_value_of_a_label_is_one_tenant(folder: Path) -> None:
    done = breachway("tenants", str(folder), "--by", "label=team=red")
    assert done.code is ExitCode.NOTHING_TO_READ
    assert "fewer than two tenants" in done.err


def test_the_configuration_names_tenants(folder: Path) -> None:
    (folder / "breachway.yaml").write_text("tenants:\n  - {name: store, namespaces: [sh*]}\n  - {name: run, namespaces: [ops]}\n")
    names = [item["name"] for item in json.loads(breachway("tenants", str(folder), "--format", "json").out)["holders"]]
    assert names == ["run", "store"]


def test_compose_services_by_a_label(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    done = breachway("tenants", str(tmp_path), "--by", "label=team", "--format", "json")
    report = json.loads(done.out)
    assert [item["name"] for item in report["holders"]] == ["red", "teal"]
    network = [item for item in report["cells"] if (item["source"], item["way"]) == ("red", "network")]
    assert [item["paths"][0]["steps"][0]["asset_name"] for item in network] == ["cache"]
    assert {item["way"] for item in report["cells"] if item["state"] == "open"} >= {"network", "exhaustion"}


def test_compose_projects_by_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "compose.yaml").write_text(f"name: {name}\n{COMPOSE}")
    (tmp_path / "breachway.yaml").write_text("tenants:\n  - {name: a, namespaces: [one]}\n  - {name: b, namespaces: [two]}\n")
    report = json.loads(breachway("tenants", str(tmp_path), "--format", "json").out)
    assert [item["name"] for item in report["holders"]] == ["a", "b"]
    assert not [item for item in report["cells"] if item["way"] == "network" and item["state"] == "open"]


def test_markdown_and_a_file(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "tenants.md"
    done = breachway("tenants", str(folder), "--format", "markdown", "--output", str(target))
    assert (done.code, done.out) == (ExitCode.CLEAN, "")
    assert "| **shop** |" in target.read_text()
    assert f"{target} written" in done.err


def test_colour_when_it_is_wanted(folder: Path) -> None:
    assert "\x1b[" in breachway("tenants", str(folder), "--colour", "always").out
    assert "\x1b[" not in breachway("tenants", str(folder)).out


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--by", "colour"), "--by colour is neither namespace nor a label"),
        (("--by", "label="), "neither namespace nor a label"),
        (("--by", "label=team="), "neither namespace nor a label"),
        (("--from", "shpo"), "there is no such tenant"),
        (("--from", "platform"), "the platform is reached"),
        (("--from", "shop", "--to", "shop"), "the same tenant"),
        (("--config", "none.yaml"), "none.yaml"),
    ],
)
def test_bad_arguments(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    (folder / "dns.yaml").write_text(MANIFESTS.partition("---")[0].replace("shop", "kube-system"))
    done = breachway("tenants", str(folder), *arguments)
    assert done.code in {ExitCode.USAGE, ExitCode.UNREADABLE_INPUT}
    assert said in done.err


def test_too_many_tenants_for_one_matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("breachway.cli.tenants._WHOLE", 2)
    pods = "---\n".join(MANIFESTS.partition("---")[0].replace("shop", f"n{number:03}") for number in range(3))
    (tmp_path / "pods.yaml").write_text(pods)
    whole = breachway("tenants", str(tmp_path))
    assert whole.code is ExitCode.USAGE
    assert "3 tenants are too many for one matrix" in whole.err
    one = breachway("tenants", str(tmp_path), "--from", "n000", "--to", "n001")
    assert one.code is ExitCode.CLEAN
    assert "n000 to n001" in one.out


def test_a_file_that_cannot_be_read_is_said(folder: Path) -> None:
    (folder / "broken.yaml").write_text("kind: Pod\n\tmetadata: {}\n")
    done = breachway("tenants", str(folder))
    assert done.code is ExitCode.CLEAN
    assert "left out, the rest is worked out" in done.err


def test_a_volume_that_two_compose_services_mount_is_shared_data(tmp_path: Path) -> None:
    text = COMPOSE.replace("mem_limit: 1g", "volumes: ['data:/a']").replace(
        "networks: [inner]}\n  cache", "volumes: ['data:/b']}\n  cache"
    )
    (tmp_path / "compose.yaml").write_text(f"{text}volumes: {{data: {{}}}}\n")
    report = json.loads(breachway("tenants", str(tmp_path), "--by", "label=team", "--format", "json").out)
    shared = {(item["source"], item["target"], item["state"]) for item in report["cells"] if item["way"] == "data"}
    assert shared == {("red", "teal", "open"), ("teal", "red", "open")}


TASK = {"requiresCompatibilities": ["EC2"], "networkMode": "bridge"}


def test_task_families_are_tenants_by_name(tmp_path: Path) -> None:
    for family, privileged in (("red-web", True), ("teal-db", False)):
        container = {"name": "app", "image": "a", "privileged": privileged, "user": "0", "memory": 64}
        (tmp_path / f"{family}.json").write_text(json.dumps({"family": family, **TASK, "containerDefinitions": [container]}))
    (tmp_path / "breachway.yaml").write_text(
        "tenants:\n  - {name: red, namespaces: [red-*]}\n  - {name: teal, namespaces: [teal-*]}\n"
    )
    report = json.loads(breachway("tenants", str(tmp_path), "--format", "json").out)
    assert [item["name"] for item in report["holders"]] == ["red", "teal"]
    found = {(item["source"], item["way"]): item["state"] for item in report["cells"]}
    assert found["red", "node"] in {"open", "likely"}
    assert found.get(("teal", "node"), "closed") in {"unlikely", "closed"}
    assert [item["holders"] for item in report["machines"]] == [["red", "teal"]]
