"""Whatever a Dockerfile holds, reading it raises nothing, ends nothing and keeps to the lines of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.sources.dockerfile.expansion import expand
from breachway.sources.dockerfile.reader import looks_like_dockerfile, read_dockerfile

if TYPE_CHECKING:
    from breachway.evidence import Unread

NAMES = st.sampled_from(
    [
        "FROM",
        "RUN",
        "COPY",
        "ADD",
        "ARG",
        "ENV",
        "USER",
        "EXPOSE",
        "CMD",
        "ENTRYPOINT",
        "HEALTHCHECK",
        "WORKDIR",
        "VOLUME",
        "SHELL",
        "ONBUILD",
        "LABEL",
        "STOPSIGNAL",
        "MAINTAINER",
        "FOO",
    ]
)
PIECES = st.sampled_from(
    [
        "a", "a:1", "scratch", "AS b", "b", "--from=b", "--from=0", "--mount=type=secret,id=x", "--mount", "--chown=$A",
        "--platform=$P", "A=1", "A", "$A", "${A",
        "${A:-${B}}", "'", '"', "\\", "\\\n", "`", "<<E", "<<-E", "<<'E'", "\nE\n", "<<", "[", '["a", "b"]', "[1]", "]",
        "{}", "80/tcp", "1-2", "NONE", "CMD x",
        "root", "0:0", "\0", "\ud800", "\ufeff", "\r", "\t", "# x", "--蠃", "\u202e", "https://e.com/x", "=", "==",
    ]
)  # fmt: skip
LINES = st.builds(lambda name, pieces: f"{name} {' '.join(pieces)}", NAMES, st.lists(PIECES, max_size=5))
HEADS = st.sampled_from(["", "# escape=`\n", "# syntax=a/b\n# check=skip=all\n", "ARG A=1\nFROM a AS b\n", "#!/x\n", "\ufeff"])


def check(text: str) -> None:
    problems: list[Unread] = []
    dockerfile = read_dockerfile(text, "Dockerfile", problems)
    last = text.count("\n") + 1
    assert dockerfile is not None or problems
    for problem in problems:
        assert 0 <= problem.location.line <= last
        assert problem.reason
    for stage in dockerfile.stages if dockerfile is not None else ():
        assert stage.lineage[-1] == stage.index
        assert all(1 <= instruction.location.line <= last for instruction in stage.instructions)


@settings(max_examples=200, deadline=None)
@given(HEADS, st.lists(LINES, max_size=8))
def test_any_instructions(head: str, lines: list[str]) -> None:
    check(head + "\n".join(lines))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80) | st.text(alphabet=st.characters(codec=None), max_size=40))
def test_any_text(text: str) -> None:
    check(text)
    check("FROM a\n" + text)
    assert looks_like_dockerfile(text) in {True, False}


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="$AB{}:-+?#%/*'\"\\ `[]", max_size=30), st.sampled_from(["\\", "`"]))
def test_any_expansion(text: str, escape: str) -> None:
    _, unset = expand(text, {"A": "a/b"}, escape)
    assert "A" not in unset
