"""Stages, variables, users and instructions of Dockerfiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from breachway.sources.dockerfile.expansion import expand
from breachway.sources.dockerfile.objects import (
    Arg,
    Copy,
    Dockerfile,
    Env,
    Expose,
    Instruction,
    OtherInstruction,
    Run,
    Stage,
    Volume,
)
from breachway.sources.dockerfile.parsing import LARGEST_DOCKERFILE, LONGEST_LINE
from breachway.sources.dockerfile.reader import looks_like_dockerfile, read_dockerfile

if TYPE_CHECKING:
    from breachway.evidence import Unread

T = TypeVar("T", bound=Instruction)


def read(text: str) -> tuple[Dockerfile, list[Unread]]:
    problems: list[Unread] = []
    dockerfile = read_dockerfile(text, "api/Dockerfile", problems)
    assert dockerfile is not None
    return dockerfile, problems


def clean(text: str) -> Dockerfile:
    dockerfile, problems = read(text)
    assert problems == []
    return dockerfile


def every(stage: Stage, kind: type[T]) -> tuple[T, ...]:
    return tuple(found for found in stage.instructions if isinstance(found, kind))


def test_stages_know_what_they_are_based_on() -> None:
    dockerfile = clean(
        "ARG TAG=3.19\nARG REGISTRY\nFROM --platform=$BUILDPLATFORM alpine:${TAG} AS Build\nFROM build AS test\n"
        "FROM $REGISTRY/app\nFROM scratch\nFROM registry:5000/x@sha256:" + "a" * 64 + "\n"
    )
    first, second, third, fourth, fifth = dockerfile.stages
    assert first.image is not None
    assert first.image.canonical == "docker.io/library/alpine:3.19"
    assert first.base.written == "alpine:${TAG}"
    assert first.platform is not None
    assert first.platform.unset == ("BUILDPLATFORM",)
    assert (second.base_stage, second.image, second.lineage) == (0, None, (0, 1))
    assert (third.base.unset, third.image) == (("REGISTRY",), None)
    assert fourth.scratch
    assert fifth.image is not None
    assert fifth.image.pinned
    assert [stage.location.line for stage in dockerfile.stages] == [3, 4, 5, 6, 7]
    assert dockerfile.stage("TEST") == second
    assert dockerfile.stage("0") == first
    assert dockerfile.stage("") == fifth
    assert dockerfile.stage("none") is None


@pytest.mark.parametrize(
    "text, user, root",
    [
        ("FROM a\n", None, None),
        ("FROM a\nUSER root\n", "root", True),
        ("FROM a\nUSER 0:0\n", "0:0", True),
        ("FROM a\nUSER 00\n", "00", True),
        ("FROM a\nUSER app\n", "app", False),
        ("FROM a\nUSER root\nRUN x\nUSER 1001\n", "1001", False),
        ("FROM a AS base\nUSER app\nFROM base\nRUN x\n", "app", False),
        ("FROM a AS base\nUSER app\nFROM b\nCOPY --from=base /x /x\n", None, None),
        ("FROM a\nARG uid=1000\nUSER $uid\n", "1000", False),
        ("FROM a\nARG uid\nUSER ${uid}\n", "${uid}", None),
        ("FROM a\nARG uid\nUSER ${uid:-0}\n", "0", True),
        ("FROM a\nENV who=app\nUSER $who\n", "app", False),
        ("FROM a\nARG who=root\nENV who=app\nUSER $who\n", "app", False),
        ("ARG who=root\nFROM a\nUSER ${who}\n", "${who}", None),
        ("ARG who=root\nFROM a\nARG who\nUSER ${who}\n", "root", True),
        ("FROM a AS b\nENV who=app\nFROM b\nUSER $who\n", "app", False),
        ("FROM a\nARG base\nARG who=$base\nUSER $who\n", "$base", None),
    ],
)
def test_the_user_in_force_at_the_end(text: str, user: str | None, *, root: bool | None) -> None:
    found = clean(text).final.user
    assert (found.user.value if found else None) == user
    assert (found.root if found else None) is root


def test_what_is_inherited_along_the_lineage() -> None:
    dockerfile = clean(
        'FROM a AS base\nENV A=1 B=1\nEXPOSE 80\nCMD x\nHEALTHCHECK CMD true\nWORKDIR /w\nVOLUME /v\nSHELL ["bash","-c"]\n'
        'FROM base\nENV B=2\nEXPOSE 81\nENTRYPOINT ["y"]\nHEALTHCHECK NONE\n'
    )
    final = dockerfile.final
    assert {env.name: env.value.value for env in final.environment} == {"A": "1", "B": "2"}
    assert [port.first for port in final.exposed] == [80, 81]
    assert final.cmd is None
    assert final.entrypoint is not None
    assert final.entrypoint.words == ("y",)
    assert final.healthcheck is not None
    assert final.healthcheck.disabled
    assert final.workdir is not None
    assert final.shell is not None
    assert final.shell.words == ("bash", "-c")
    assert len(final.volumes) == 1


def test_run_keeps_heredocs_flags_and_lines() -> None:
    dockerfile = clean(
        "# syntax=docker/dockerfile:1\nFROM a\n"
        "RUN --mount=type=secret,id=tok,required --mount=from=x,target=/y --security=insecure --network=host <<EOF\n"
        "set -e\ncurl x | sh\nEOF\n"
        'RUN echo a && \\\n    # why\n    echo b\nRUN ["sh", "-c", "x y"]\nRUN python3 <<\'PY\'\nprint(1)\nPY\n'
    )
    first, second, third, fourth = every(dockerfile.final, Run)
    assert first.script == "set -e\ncurl x | sh\n"
    assert (first.location.line, first.heredocs[0].location.line) == (3, 4)
    assert (first.security, first.network) == ("insecure", "host")
    assert (first.mounts[0].kind, first.mounts[0].option("id"), first.mounts[1].kind) == ("secret", "tok", "bind")
    assert (second.script.split(), second.location.line) == (["echo", "a", "&&", "echo", "b"], 7)
    assert third.words == ("sh", "-c", "x y")
    assert fourth.script == "python3 <<'PY'\nprint(1)\n"
    directive = dockerfile.directive("syntax")
    assert directive is not None
    assert (directive.value, directive.location.line) == ("docker/dockerfile:1", 1)


def test_copy_and_add() -> None:
    dockerfile = clean(
        "FROM a AS b\nARG V=1\nFROM c\nARG V=2\nCOPY --from=b --chown=1:1 --chmod=777 x /y$V/\nCOPY --from=0 x y\n"
        "COPY --from=img:1 x y\n"
        'ADD --checksum=sha256:aa https://e.com/f-$V /f\nADD git@github.com:x/y.git /g\nADD a.tar b.tar /c/\nCOPY ["a b", "c"]\n'
        "COPY <<EOF <<E2 d /etc/\nx=1\nEOF\ny=2\nE2\n"
    )
    named, numbered, image, remote, git, archive, spaced, inline = every(dockerfile.final, Copy)
    assert (named.origin_stage, named.chown, named.chmod, named.destination.value) == (0, "1:1", "777", "/y2/")
    assert numbered.origin_stage == 0
    assert image.origin is not None
    assert (image.origin.value, image.origin_stage) == ("img:1", None)
    assert [source.value for source in remote.remote_sources] == ["https://e.com/f-2"]
    assert remote.checksum == "sha256:aa"
    assert len(git.remote_sources) == 1
    assert [source.value for source in archive.sources] == ["a.tar", "b.tar"]
    assert archive.remote_sources == ()
    assert [source.value for source in spaced.sources] == ["a b"]
    assert [source.value for source in inline.sources] == ["d"]
    assert [(heredoc.name, heredoc.content) for heredoc in inline.heredocs] == [("EOF", "x=1\n"), ("E2", "y=2\n")]


def test_args_envs_and_ports() -> None:
    dockerfile = clean(
        "ARG G=glob\nFROM a\nARG G\nARG S='a b' T\nENV A=\"x $S\" B=$NONE C=\\$S\nENV OLD form with blanks\n"
        "EXPOSE 80/TCP 8000-8010 $P/udp 53/udp\n"
    )
    final = dockerfile.final
    args = [(arg.name, arg.default.value if arg.default else None, arg.inherited) for arg in every(final, Arg)]
    assert args == [("G", "glob", True), ("S", "a b", False), ("T", None, False)]
    envs = {env.name: (env.value.value, env.value.unset) for env in every(final, Env)}
    assert envs == {"A": ("x a b", ()), "B": ("$NONE", ("NONE",)), "C": ("$S", ()), "OLD": ("form with blanks", ())}
    ports = [(port.first, port.last, port.protocol) for port in every(final, Expose)]
    assert ports == [(80, 80, "tcp"), (8000, 8010, "tcp"), (0, 0, "tcp"), (53, 53, "udp")]


def test_the_escape_directive() -> None:
    dockerfile = clean("# escape=`\nFROM a\nRUN x `\n  y\nVOLUME C:\\data\n")
    assert every(dockerfile.final, Run)[0].script.split() == ["x", "y"]
    assert every(dockerfile.final, Volume)[0].path.value == "C:\\data"


@pytest.mark.parametrize(
    "written, value, unset",
    [
        ("$A", "1", ()),
        ("${A}b", "1b", ()),
        ("'$A'", "$A", ()),
        ('"$A"', "1", ()),
        ("\\$A", "$A", ()),
        ("${X:-$A}", "1", ()),
        ("${X-${Y:-z}}", "z", ()),
        ("${E:-d}${E-d}", "d", ()),
        ("${A:+y}${X:+y}", "y", ()),
        ("$X/${X}", "$X/${X}", ("X",)),
        ("${P#*/}", "b/c", ()),
        ("${P##*/}", "c", ()),
        ("${P%/*}", "a/b", ()),
        ("${P%%/*}", "a", ()),
        ("${P/b/x}", "a/x/c", ()),
        ("${P//\\//-}", "a-b-c", ()),
        ("${A", "${A", ()),
        ("$", "$", ()),
        ("'open", "open", ()),
    ],
)
def test_expansion(written: str, value: str, unset: tuple[str, ...]) -> None:
    assert expand(written, {"A": "1", "E": "", "P": "a/b/c"}) == (value, unset)


@pytest.mark.parametrize(
    "text, line, part",
    [
        ("FROM a\nRUN x\nENV foo\nRUN y\n", 3, "ENV without a value"),
        ("FROM a\nRUN <<A\nx\nA\nRUN <<B\nnever\n", 5, "heredoc that never ends"),
        ("FROM a\nRUN ['x'\nRUN [\"a\", 1]\n", 3, "BuildKit"),
        ("FROM a\nRUN x\0y\n", 2, "NUL"),
        ("FROM a\n\nRUN " + "x" * LONGEST_LINE + "\n", 3, "bytes"),
        ("FROM a\nRUN \ud800\n", 2, "surrogate"),
        ("FROM a\n" + "RUN x\n" * (LARGEST_DOCKERFILE // 6 + 1), 0, "limit"),
        ("FROM a\n" + "\n" * 30_000, 0, "lines"),
        ("", 1, "no instruction"),
        ("\\", 1, "no FROM"),
        ("# only a comment\n", 1, "no instruction"),
        ("RUN x\n", 1, "before the first FROM"),
        ("ARG A\n", 1, "no FROM"),
    ],
)
def test_bad_input_is_one_problem_with_its_line(text: str, line: int, part: str) -> None:
    problems: list[Unread] = []
    read_dockerfile(text, "Dockerfile", problems)
    assert [problem.location.line for problem in problems] == [line]
    assert part in problems[0].reason


def test_what_stands_before_an_error_is_kept() -> None:
    dockerfile, problems = read("FROM a\nUSER app\nENV foo\nUSER root\n")
    assert dockerfile.final.user is not None
    assert dockerfile.final.user.name == "app"
    assert len(problems) == 1
    assert "not" in problems[0].hint or "nothing" in problems[0].hint


def test_a_flag_that_the_parser_cuts_inside_a_character() -> None:
    dockerfile, problems = read("FROM a\nRUN --蠃\nUSER app\n")
    assert dockerfile.final.user is not None
    assert problems == []


def test_an_unknown_instruction_is_reported_and_the_rest_read() -> None:
    dockerfile, problems = read("FROM a\nRUNN x\nUSER app\n")
    assert [problem.location.line for problem in problems] == [2]
    assert every(dockerfile.final, OtherInstruction)[0].instruction == "RUNN"
    assert dockerfile.final.user is not None


@pytest.mark.parametrize(
    "text, expected",
    [
        ("# c\n\nARG A=1\nFROM x AS y\nRUN z", True),
        ("FROM --platform=linux/amd64 x\n", True),
        ("from x\n", True),
        ("from: x\n", False),
        ("FROM: x\n", False),
        ("From me to you, with love\n", False),
        ("kind: Pod\n", False),
        ("", False),
    ],
)
def test_recognition_by_content(text: str, *, expected: bool) -> None:
    assert looks_like_dockerfile(text) is expected
