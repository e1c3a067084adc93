"""Reading everything below a path: what becomes of each kind of file, good and bad."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.errors import NothingToReadError, UnreadableInputError
from breachway.sources import text as text_module
from breachway.sources.reading import read

if TYPE_CHECKING:
    from breachway.sources.inventory import Inventory

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x}]}\n"
COMPOSE = "services:\n  web: {image: nginx, build: ./web}\n"
DOCKERFILE = "FROM alpine:3.19\nUSER app\n"
TASK = '{"family": "f", "containerDefinitions": [{"name": "c", "image": "x", "essential": true}]}'


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(root: Path, name: str, content: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def reasons(inventory: Inventory) -> dict[str, tuple[str, str]]:
    return {problem.location.document: (problem.severity, problem.reason) for problem in inventory.unread}


def test_the_four_platforms_in_one_inventory(tree: Path) -> None:
    put(tree, "k8s/pod.yaml", POD)
    put(tree, "compose.yaml", COMPOSE)
    put(tree, "web/Dockerfile", DOCKERFILE)
    put(tree, "ecs/task.json", TASK)
    seen: list[tuple[int, int]] = []
    inventory = read(["."], progress=lambda done, total: seen.append((done, total)))
    assert [(document.document, document.format, document.kinds) for document in inventory.documents] == [
        ("compose.yaml", "Compose", (("Service", 1),)),
        ("ecs/task.json", "ECS", (("TaskDefinition", 1),)),
        ("k8s/pod.yaml", "Kubernetes", (("Pod", 1),)),
        ("web/Dockerfile", "Dockerfile", (("Stage", 1),)),
    ]
    assert len(inventory.kubernetes) == len(inventory.ecs) == len(inventory.compose) == len(inventory.dockerfiles) == 1
    build = inventory.compose[0].services[0].build
    assert build is not None
    assert build.dockerfile == inventory.dockerfiles[0].document
    assert inventory.unread == ()
    assert seen[0] == (0, 4)
    assert seen[-1] == (4, 4)


def test_a_dockerfile_that_only_a_compose_file_names(tree: Path) -> None:
    put(tree, "compose.yaml", "services:\n  a: {build: {context: ./a, dockerfile: prod.build}}\n  b: {build: ./b}\n")
    put(tree, "a/prod.build", DOCKERFILE)
    inventory = read(["compose.yaml"])
    assert [dockerfile.document for dockerfile in inventory.dockerfiles] == ["a/prod.build"]
    assert [(problem.severity, problem.location.line) for problem in inventory.unread] == [("note", 3)]


def test_a_dockerfile_inside_a_compose_file_keeps_the_lines_of_the_file(tree: Path) -> None:
    text = "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM x\n        USER root\n  b: {build: .}\n"
    put(tree, "compose.yaml", text)
    put(tree, "Dockerfile", DOCKERFILE)
    inventory = read(["."])
    inline = next(found for found in inventory.dockerfiles if found.document == "compose.yaml#a")
    assert inline.final.user is not None
    assert (inline.final.user.location.document, inline.final.user.location.line) == ("compose.yaml", 6)
    assert inventory.unread == ()


def test_a_file_that_only_a_compose_file_names_is_read_once_and_its_faults_are_said(tree: Path) -> None:
    put(tree, "compose.yaml", "include: [more/extra.yaml]\nservices:\n  a: {extends: {file: base.yaml, service: b}}\n")
    put(tree, "base.yaml", "services:\n  b: {image: x, image: y}\n")
    put(tree, "more/extra.yaml", "services:\n  c: {image: z}\n")
    inventory = read(["compose.yaml"])
    assert [service.name for service in inventory.compose[0].services] == ["c", "a"]
    assert [(problem.location.document, problem.location.line) for problem in inventory.unread] == [("base.yaml", 2)]
    assert [document.document for document in inventory.documents] == ["base.yaml", "compose.yaml", "more/extra.yaml"]


def test_compose_leads_to_nothing_outside_what_was_given(tree: Path) -> None:
    put(tree, "secret.env", "TOKEN=abc\n")
    put(tree, "app/compose.yaml", "services:\n  a: {image: x, env_file: [../secret.env, /etc/hostname, link.env]}\n")
    (tree / "app/link.env").symlink_to("../secret.env")
    inventory = read(["app"])
    assert inventory.compose[0].services[0].environment == ()
    assert len(inventory.unread) == 3
    assert {problem.reason.partition("was not read: ")[2] for problem in inventory.unread} == {
        "it lies outside the folders that were given"
    }
    whole = read(["."])
    assert [variable.name for variable in whole.compose[0].services[0].environment] == ["TOKEN"]


def test_the_ignore_file_beside_a_dockerfile(tree: Path) -> None:
    put(tree, "a/Dockerfile", DOCKERFILE)
    put(tree, "a/.dockerignore", "# c\n.git\n\n.env\n")
    put(tree, "b/Dockerfile", DOCKERFILE)
    first, second = read(["."]).dockerfiles
    assert first.ignore is not None
    assert (first.ignore.document, first.ignore.patterns) == ("a/.dockerignore", (".git", ".env"))
    assert second.ignore is None


def test_every_yaml_or_json_file_that_is_not_modelled_is_listed_with_the_reason(tree: Path) -> None:
    put(tree, "pod.yaml", POD)
    put(tree, "chart/Chart.yaml", "name: c\n")
    put(tree, "chart/values.yaml", "a: 1\n")
    put(tree, "chart/templates/web.yaml", "kind: Pod\nmetadata: {name: {{ .Values.name }} }\n")
    put(tree, "loose.yaml", "a: {{- .Values.x }}\n  b: 1\n")
    put(tree, "kustomization.yaml", "resources: [pod.yaml]\n")
    put(tree, "k2.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n")
    put(tree, ".github/workflows/ci.yaml", "on: push\njobs: {}\n")
    put(tree, "package.json", "{}")
    put(tree, "cfn.yaml", "Resources: {A: {Type: 'AWS::ECS::Service'}}\n")
    put(tree, "old.yaml", "web: {image: x, ports: ['80:80']}\n")
    put(tree, "almost.yaml", "kind: Thing\nspec: {}\n")
    put(tree, "other.yaml", "a: 1\n")
    put(tree, "empty.yaml", "# nothing\n")
    put(tree, "playbook.yaml", "- hosts: all\n  tasks: []\n")
    put(tree, "list.yaml", "[1, 2]\n")
    put(tree, "api.yaml", "openapi: 3.0.0\n")
    put(tree, "daemon.json", '{"icc": true}')
    put(tree, "services.yaml", "services: {a: {foo: 1}}\n")
    put(tree, "word.yaml", "word\n")
    put(tree, "named/kustomization.yml", "bases: [a]\n")
    put(tree, "ci/pipeline.yaml", "on: push\njobs: {}\n")
    put(tree, ".circleci/config.yml", "a: 1\n")
    put(tree, "notes.txt", "not listed")
    put(tree, "breachway.yaml", "crown_jewels: []\n")
    found = reasons(read(["."]))
    assert {name: severity for name, (severity, _) in found.items()} == {
        ".github/workflows/ci.yaml": "note",
        ".circleci/config.yml": "note",
        "almost.yaml": "file",
        "api.yaml": "note",
        "cfn.yaml": "file",
        "ci/pipeline.yaml": "note",
        "daemon.json": "note",
        "chart/Chart.yaml": "note",
        "chart/templates/web.yaml": "file",
        "chart/values.yaml": "note",
        "empty.yaml": "note",
        "k2.yaml": "file",
        "kustomization.yaml": "file",
        "list.yaml": "file",
        "loose.yaml": "file",
        "named/kustomization.yml": "file",
        "old.yaml": "file",
        "other.yaml": "file",
        "package.json": "note",
        "playbook.yaml": "note",
        "services.yaml": "file",
        "word.yaml": "file",
    }
    assert "Helm template" in found["chart/templates/web.yaml"][1]
    assert "Helm template" in found["loose.yaml"][1]
    assert "kustomization" in found["k2.yaml"][1]
    assert "GitHub workflow" in found[".github/workflows/ci.yaml"][1]
    assert "CloudFormation" in found["cfn.yaml"][1]
    assert "version 1" in found["old.yaml"][1]
    assert "no apiVersion" in found["almost.yaml"][1]
    assert found["other.yaml"][1] == "not a Kubernetes, Compose or ECS document"


def test_bad_files_are_listed_and_the_rest_is_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "LARGEST_FILE", 10_000)
    put(tree, "good.yaml", POD)
    put(tree, "binary.yaml", b"\x7fELF\0\0\0")
    put(tree, "latin.yaml", b"a: caf\xe9\n")
    put(tree, "tab.yaml", POD + "---\na:\n\tb: 1\n")
    put(tree, "broken.yaml", "a: [1\nb: 2\n")
    put(tree, "twice.yaml", POD + "kind: Pod\n")
    put(tree, "deep.yaml", "[" * 5_000)
    put(tree, "deep.json", "[" * 5_000)
    put(tree, "big.yaml", "a: " + "x" * 20_000)
    put(tree, "Dockerfile", "FROM a\nENV x\n")
    os.mkfifo(tree / "pipe.yaml")
    inventory = read(["."])
    found = reasons(inventory)
    assert len(inventory.kubernetes) == 3
    assert len(inventory.dockerfiles) == 1
    assert found["binary.yaml"] == ("file", "it is a binary file")
    assert found["latin.yaml"][1].startswith("it is not UTF-8 text")
    assert "limit" in found["big.yaml"][1]
    assert "named pipe" in found["pipe.yaml"][1]
    assert set(found) == {
        "Dockerfile", "big.yaml", "binary.yaml", "broken.yaml", "deep.json", "deep.yaml", "latin.yaml", "pipe.yaml",
        "tab.yaml", "twice.yaml",
    }  # fmt: skip
    places = {problem.location.document: problem.location.line for problem in inventory.unread}
    assert (places["tab.yaml"], places["broken.yaml"], places["twice.yaml"], places["Dockerfile"]) == (7, 2, 5, 2)


def test_a_file_that_grew_after_it_was_looked_at_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "LARGEST_FILE", 10)
    refused = text_module.decode(b"x" * 11)
    assert isinstance(refused, text_module.Refusal)


def test_json_may_be_longer_than_other_files(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "LARGEST_FILE", 100)
    monkeypatch.setattr(text_module, "LARGEST_JSON", 2_000)
    pods = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{number}"}, "spec": {}} for number in range(20)]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": pods})
    assert 1_000 < len(text) < 2_000
    put(tree, "pods.json", text)
    put(tree, "pods.yaml", text)
    put(tree, "more.json", text + " " * 2_000)
    inventory = read(["."], stdin=None)
    assert len(inventory.kubernetes) == 20
    assert set(reasons(inventory)) == {"pods.yaml", "more.json"}
    assert len(read(["-"], stdin=io.BytesIO(text.encode())).kubernetes) == 20
    assert isinstance(text_module.decode(b" " * 101), text_module.Refusal)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks(tree: Path, encoding: str) -> None:
    put(tree, "pod.yaml", POD.replace("\n", "\r\n").encode(encoding))
    inventory = read(["."])
    assert len(inventory.kubernetes) == 1
    assert inventory.unread == ()


def test_a_file_that_may_not_be_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tree, "pod.yaml", POD)
    put(tree, "secret.yaml", POD)
    original = os.open

    def refuse(path: str | Path, flags: int, mode: int = 0o777) -> int:
        if Path(path).name == "secret.yaml":
            raise PermissionError(13, "Permission denied")
        return original(path, flags, mode)

    monkeypatch.setattr(os, "open", refuse)
    inventory = read(["."])
    assert reasons(inventory) == {"secret.yaml": ("file", "no permission to read it")}


def test_a_named_file_is_judged_by_its_content(tree: Path) -> None:
    put(tree, "build.image", DOCKERFILE)
    put(tree, "pods.txt", POD)
    put(tree, "task", TASK)
    put(tree, "package.json", '{"name": "x"}')
    inventory = read(["build.image", "pods.txt", "task", "package.json"])
    assert len(inventory.dockerfiles) == len(inventory.kubernetes) == len(inventory.ecs) == 1
    assert reasons(inventory) == {"package.json": ("file", "not a Kubernetes, Compose or ECS document")}


@pytest.mark.parametrize("text", [POD, TASK, DOCKERFILE, COMPOSE])
def test_the_standard_input(tree: Path, text: str) -> None:
    assert tree.is_dir()
    inventory = read(["-"], stdin=io.BytesIO(text.encode()))
    assert [document.document for document in inventory.documents] == ["-"]


def test_nothing_to_read(tree: Path) -> None:
    (tree / "empty").mkdir()
    with pytest.raises(NothingToReadError) as raised:
        read(["empty"])
    assert "empty" in raised.value.message
    assert raised.value.hint
    put(tree, "bad.yaml", "a: [\n")
    with pytest.raises(NothingToReadError) as raised:
        read(["bad.yaml"])
    assert raised.value.where is not None
    assert raised.value.where.document == "bad.yaml"
    with pytest.raises(UnreadableInputError):
        read(["missing.yaml"])
    with pytest.raises(NothingToReadError):
        read(["-"], stdin=io.BytesIO(b""))


def test_override_files_and_two_projects_of_one_name(tree: Path) -> None:
    put(tree, "shop/docker-compose.yml", "services: {a: {image: x}}\n")
    put(tree, "shop/docker-compose.override.yml", "services: {a: {privileged: true}}\n")
    put(tree, "shop/docker-compose.test.yml", "services: {a: {image: y}}\n")
    put(tree, "shop/docker-compose.prod.yml", "services: {a: {user: app}}\n")
    inventory = read(["."])
    assert [(project.name, project.documents) for project in inventory.compose] == [
        ("shop-test", ("shop/docker-compose.test.yml",)),
        ("shop", ("shop/docker-compose.yml", "shop/docker-compose.override.yml")),
    ]
    assert inventory.unread[0].location.document == "shop/docker-compose.prod.yml"
    assert "breachway model" in inventory.unread[0].hint


def test_projects_in_folders_of_one_name_are_told_apart_by_their_folders(tree: Path) -> None:
    put(tree, "a/api/compose.yaml", COMPOSE)
    put(tree, "b/api/compose.yaml", COMPOSE)
    assert [project.name for project in read(["."]).compose] == ["api", "b-api"]


def test_a_relative_bind_mount_stays_relative_under_an_absolute_label(tree: Path) -> None:
    put(tree, "shop/compose.yaml", "services:\n  a: {build: ./api, volumes: ['./data:/data', '/etc:/host']}\n")
    put(tree, "shop/api/Dockerfile", DOCKERFILE)
    inventory = read([str(tree / "shop")])
    relative, absolute = (mount.host for mount in inventory.compose[0].services[0].mounts)
    assert relative is not None
    assert not relative.absolute
    assert absolute is not None
    assert absolute.path == "/etc"
    build = inventory.compose[0].services[0].build
    assert build is not None
    assert [dockerfile.document for dockerfile in inventory.dockerfiles] == [build.dockerfile]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "a.yaml",
                "b.json",
                "Dockerfile",
                "compose.yaml",
                ".gitignore",
                ".env",
                "templates/x.yaml",
                "Chart.yaml",
                "x/.gitignore",
            ]
        ),
        st.binary(max_size=60)
        | st.sampled_from([POD, COMPOSE, DOCKERFILE, TASK, "{{ x }}", "a: [", "*", "!", "[", "services:\n a: {env_file: .env}"]),
        max_size=5,
    )
)
def test_no_content_raises_anything_but_that_there_is_nothing_to_read(files: dict[str, str | bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            put(Path(folder), name, content)
        with suppress(NothingToReadError):
            assert read([folder]).documents


def test_the_order_does_not_depend_on_the_hash_seed(tree: Path) -> None:
    for index in range(8):
        put(tree, f"k{index}/pod.yaml", POD + "bad: [1\n" if index == 3 else POD)
        put(tree, f"c{index}/compose.yaml", COMPOSE + "networks: {b: , a: }\n")
    program = "import sys; sys.path[:0] = sys.argv[1:]; from breachway.sources.reading import read; print(read(['.']))"
    source = str(Path(text_module.__file__).parents[2])
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, source],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1


def test_deployments_in_other_languages_are_said_and_not_skipped(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n"
    )
    (tmp_path / "main.bicep").write_text("param location string\n")
    inventory = read([str(tmp_path)])
    said = [item for item in inventory.unread if item.location.document.endswith("main.bicep")]
    assert [(item.severity, item.reason) for item in said] == [("note", "a deployment in Bicep, which is not modelled")]


def test_terraform_in_json_is_said(tmp_path: Path) -> None:
    (tmp_path / "main.tf.json").write_text('{"resource": {"aws_s3_bucket": {"b": {"bucket": "b"}}}}')
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "a" {\n  bucket = "a"\n}\n')
    said = read([str(tmp_path)]).unread
    assert [(item.severity, item.reason) for item in said] == [("file", "Terraform written as JSON, which is not read")]


def test_resources_of_terraform_that_no_rule_asks_about_are_counted(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_ecs_cluster" "main" {}\nresource "aws_vpc" "main" {}\n')
    inventory = read([str(tmp_path)])
    assert [(item.severity, item.reason) for item in inventory.unread] == [
        ("note", "resources that were read and are not modelled: aws_ecs_cluster (1), aws_vpc (1)")
    ]
    assert [item.format for item in inventory.documents] == ["Terraform"]
