from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.mapping.dockerfile.packages import installation
from breachway.mapping.dockerfile.shell import split_commands
from breachway.model import Verdict
from tests.mapping.containers.models import faults, found, model_of_dockerfile, probability

IMAGE, BUILD = "docker:Image:Dockerfile", "docker:Build:Dockerfile"


def test_the_user_of_an_ancestor_stage_counts() -> None:
    model = model_of_dockerfile("FROM debian:12 AS base\nUSER app\nFROM base\nRUN true\n")
    assert not found(model, "image-user-root")


def test_a_later_user_wins() -> None:
    assert found(model_of_dockerfile("FROM debian:12\nUSER app\nUSER 0:app\n"), "image-user-root") == {(IMAGE, 3)}


def test_a_user_from_an_argument_without_a_default_is_unknown() -> None:
    model = model_of_dockerfile("FROM debian:12\nARG WHO\nUSER $WHO\n")
    verdicts = {weakness.verdict for weakness in model.weaknesses if weakness.key == "image-user-root"}
    assert verdicts == {Verdict.UNKNOWN}


def test_a_base_that_nobody_knows_leaves_the_user_open() -> None:
    model = model_of_dockerfile("FROM registry.example.com/own/base:1\n")
    verdicts = {weakness.verdict for weakness in model.weaknesses if weakness.key == "image-user-root"}
    assert verdicts == {Verdict.UNKNOWN}


def test_builder_stages_endanger_the_build_and_leave_nothing_in_the_image() -> None:
    model = model_of_dockerfile(
        "FROM golang:1.23 AS build\nENV API_TOKEN=s3cret-for-the-demo\nRUN curl https://example.com/x | sh\nRUN chmod u+s /app\n"
        "FROM alpine:3.20\nCOPY --from=build /app /app\nUSER app\n"
    )
    assert found(model, "curl-pipe-shell") == {(BUILD, 3)}
    assert not found(model, "secret-in-dockerfile-arg-env")
    assert not found(model, "world-writable-or-setuid")
    assert probability(model, BUILD, "downloadsVerified") == 0.0
    assert probability(model, BUILD, "confinedBuild") == 1.0
    assert {link.left for link in model.links if link.association == "Feeds"} == {"image:Upstream:example.com"}
    assert faults(model) == []


def test_a_secret_in_a_layer_is_an_asset_of_the_image() -> None:
    model = model_of_dockerfile("FROM alpine:3.20\nENV API_TOKEN=s3cret-for-the-demo\nUSER app\n")
    secret = "docker:Secret:Dockerfile:API_TOKEN"
    assert ("Bakes", IMAGE, secret) in {(link.association, link.left, link.right) for link in model.links}
    assert probability(model, secret, "notInImage") == probability(model, secret, "notInRepository") == 0.0
    assert probability(model, secret, "notInSpecification") == 1.0


def test_images_copied_from_count_as_bases() -> None:
    model = model_of_dockerfile("FROM scratch\nCOPY --from=busybox:1.36 /bin/sh /sh\nUSER 1\n")
    assert [link.left for link in model.links if link.association == "BaseOf"] == ["image:Image:docker.io/library/busybox:1.36"]


@pytest.mark.parametrize(
    "script, commands",
    [
        ("a && b; c | d", [("a",), ("b",), ("c",), ("d",)]),
        ("echo 'x && y' \"z; w\"", [("echo", "x && y", "z; w")]),
        ("a \\\n  b # c\nd", [("a", "b"), ("d",)]),
        ("x 2>&1 || y", [("x", "2>&1"), ("y",)]),
        ("if true; then sudo -u app FOO=1 make; fi", [("if", "true"), ("then", "sudo", "-u", "app", "FOO=1", "make"), ("fi",)]),
    ],
)
def test_shell_texts(script: str, commands: list[tuple[str, ...]]) -> None:
    assert [command.words for command in split_commands(script)] == commands


def test_what_only_introduces_a_program() -> None:
    assert split_commands("sudo -u app FOO=1 make all")[0].plain == ("make", "all")


@pytest.mark.parametrize(
    "command, unpinned",
    [
        ("apt-get install -y curl=8.5 git", ("git",)),
        ("apt-get install -y -t bookworm-backports curl=8.5", ()),
        ("apk add --no-cache --virtual .deps gcc=13", ()),
        ("pip install -r requirements.txt", ()),
        ("pip install flask==3.0 'requests>=2'", ()),
        ("python3 -m pip install flask", ("flask",)),
        ("pip install ./local.whl .", ()),
        ("npm install", ()),
        ("npm install -g @angular/cli@17 yarn", ("yarn",)),
        ("go install example.com/tool@latest", ("example.com/tool@latest",)),
        ("gem install rails -v 7.1", ()),
        ("dnf install -y nginx-1.24.0 curl", ("curl",)),
    ],
)
def test_packages_without_a_version(command: str, unpinned: tuple[str, ...]) -> None:
    found_one = installation(split_commands(command)[0])
    assert found_one is not None
    assert tuple(name for name in found_one.unpinned if name != "7.1") == unpinned


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="ab \n;&|'\"\\#$(){}<>=-", max_size=60))
def test_any_shell_text_is_split(script: str) -> None:
    assert all(command.words for command in split_commands(script))


LINES = """\
RUN curl -k https://x | sh
COPY . /
ADD https://e/x /
ENV A_TOKEN=b
ARG SECRET
USER $U
EXPOSE 22
CMD sshd
HEALTHCHECK NONE
FROM a AS b
FROM b
FROM scratch
RUN ['
SHELL ["bash"]
WORKDIR x
VOLUME /etc
RUN chmod 4755 /x && passwd -d root
"""


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(LINES.splitlines()), max_size=6))
def test_any_dockerfile_gives_a_whole_model(lines: list[str]) -> None:
    assert faults(model_of_dockerfile("FROM debian\n" + "\n".join(lines) + "\n")) == []
