"""Which files below the paths of the user are read, and by which labels."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from breachway.errors import UnreadableInputError
from breachway.sources import discovery as discovery_module
from breachway.sources.discovery import Discovery, discover, is_dockerfile_name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(root: Path, *names: str, text: str = "a: 1\n") -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def labels(found: Discovery) -> list[str]:
    return [file.label for file in found.files]


def test_labels_are_what_the_user_would_type(tree: Path) -> None:
    write(tree, "a.yaml", "k8s/b.yml", "k8s/api/Dockerfile", "k8s/readme.md", "k8s/x.json", "k8s/main.py")
    expected = ["a.yaml", "k8s/api/Dockerfile", "k8s/b.yml", "k8s/x.json"]
    assert labels(discover(["."])) == expected
    assert labels(discover(["./k8s/", "a.yaml"])) == expected
    assert labels(discover(["k8s/../a.yaml"])) == ["a.yaml"]
    assert labels(discover([str(tree / "a.yaml")])) == [(tree / "a.yaml").as_posix()]


def test_a_file_is_read_once_under_the_label_the_user_named(tree: Path) -> None:
    write(tree, "k8s/b.yml")
    found = discover(["k8s", "k8s/b.yml", "./k8s"])
    assert [(file.label, file.named) for file in found.files] == [("k8s/b.yml", True)]


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Dockerfile", True),
        ("a/Dockerfile.prod", True),
        ("api.dockerfile", True),
        ("Containerfile", True),
        ("dockerfile", True),
        ("Dockerfile.dockerignore", False),
        ("Dockerfile.md", False),
        ("Dockerfiles", False),
        ("my-Dockerfile", False),
    ],
)
def test_dockerfile_names(name: str, *, expected: bool) -> None:
    assert is_dockerfile_name(name) is expected


def test_ignore_files_at_every_depth(tree: Path) -> None:
    write(
        tree, "a.yaml", "out/b.yaml", "k8s/c.yaml", "k8s/gen/d.yaml", "k8s/keep/e.yaml", "k8s/f.tmp.yaml", "k8s/deep/f.tmp.yaml"
    )
    write(tree, ".gitignore", text="/out/\n*.tmp.yaml\n# c\n\n")
    write(tree, "k8s/.gitignore", text="gen/\n!f.tmp.yaml\n")
    write(tree, "k8s/.breachwayignore", text="keep\n")
    assert labels(discover(["."])) == ["a.yaml", "k8s/c.yaml", "k8s/deep/f.tmp.yaml", "k8s/f.tmp.yaml"]
    assert labels(discover(["out/b.yaml"])) == ["out/b.yaml"]


def test_the_repository_around_a_folder_sets_rules_and_a_named_folder_is_read_all_the_same(tree: Path) -> None:
    write(tree, "k8s/a.yaml", "k8s/local/b.yaml", "out/c.yaml", ".git/config.yaml", "x/node_modules/d.yaml")
    write(tree, ".gitignore", text="k8s/local\nout\n")
    write(tree, ".git/info/exclude", text="a.yaml\n")
    assert labels(discover(["k8s"])) == []
    write(tree, ".git/info/exclude", text="")
    assert labels(discover(["k8s"])) == ["k8s/a.yaml"]
    assert labels(discover(["out"])) == ["out/c.yaml"]
    assert labels(discover(["."])) == ["k8s/a.yaml"]


def test_bad_patterns_are_passed_over(tree: Path) -> None:
    write(tree, "a.yaml", "b.yaml")
    write(tree, ".gitignore", text="foo\\\n!\n" + "*a" * 50 + "\nb.yaml\n")
    assert labels(discover(["."])) == ["a.yaml"]


def test_links(tree: Path) -> None:
    write(tree, "in/real.yaml", "in/docker/prod.file", "outside/o.yaml")
    (tree / "in/loop").symlink_to(tree / "in")
    (tree / "in/deep").mkdir()
    (tree / "in/deep/up").symlink_to("..")
    (tree / "in/again.yaml").symlink_to("real.yaml")
    (tree / "in/Dockerfile").symlink_to("docker/prod.file")
    (tree / "in/out.yaml").symlink_to("../outside/o.yaml")
    (tree / "in/outdir").symlink_to("../outside")
    (tree / "in/broken.yaml").symlink_to("nowhere")
    found = discover(["in"])
    assert labels(found) == ["in/Dockerfile", "in/real.yaml"]
    assert {(problem.location.document, problem.severity) for problem in found.unread} == {
        ("in/out.yaml", "note"),
        ("in/outdir", "note"),
        ("in/broken.yaml", "file"),
    }


def test_a_missing_path_names_the_nearest(tree: Path) -> None:
    write(tree, "k8s/web.yaml")
    with pytest.raises(UnreadableInputError) as raised:
        discover(["k8s/wbe.yaml"])
    assert raised.value.message == "k8s/wbe.yaml: no such file or folder"
    assert raised.value.hint == "did you mean k8s/web.yaml?"
    with pytest.raises(UnreadableInputError):
        discover(["nowhere/at/all"])
    with pytest.raises(UnreadableInputError):
        discover(["k8s/web.yaml/x"])
    with pytest.raises(UnreadableInputError):
        discover(["a\0b"])


def test_a_folder_that_may_not_be_read_is_said(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tree, "a.yaml", "secret/b.yaml")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = discover(["."])
    assert labels(found) == ["a.yaml"]
    assert [(problem.location.document, problem.reason) for problem in found.unread] == [
        ("secret", "the folder was not read: no permission to read it")
    ]


def test_names_that_are_no_utf8_become_labels_that_can_be_written(tree: Path) -> None:
    name = os.fsdecode(b"\xff.yaml")
    (tree / name).write_text("a: 1\n", encoding="utf-8")
    (found,) = discover(["."]).files
    assert found.label == "\ufffd.yaml"
    assert found.path.is_file()


def test_the_number_of_files_is_limited_and_said(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery_module, "MOST_FILES", 2)
    write(tree, *(f"{index}.yaml" for index in range(5)))
    found = discover(["."])
    assert len(found.files) == 2
    assert len(found.unread) == 1


def test_pipes_and_sockets_are_listed_for_the_reader_and_stdin_is_noted(tree: Path) -> None:
    os.mkfifo(tree / "pipe.yaml")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock.yaml")
    found = discover([".", "-"])
    assert labels(found) == ["pipe.yaml", "sock.yaml"]
    assert found.stdin
