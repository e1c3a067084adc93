"""What the recipes make of documents that do not have the usual form, and what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from breachway.edits.anchors import Site
from breachway.edits.build_lines import Instruction, LineChange, line_changes, with_changes
from breachway.edits.composing import Placed, compose
from breachway.edits.procedures import operations_of
from breachway.edits.recipes import Recipe
from breachway.edits.refusing import EditRefusedError
from breachway.edits.spans import read_spans

if TYPE_CHECKING:
    from breachway.edits.data import Data

WEB = """\
kind: Deployment
spec:
  template:
    spec:
      securityContext: {seccompProfile: {type: Localhost}}
      containers:
        - name: side
        - name: web
          command: [kube-apiserver, --anonymous-auth, --profiling=true]
          args: [--bind-address=0.0.0.0]
          resources: {requests: {memory: 1Gi}}
          securityContext: {capabilities: {add: [NET_ADMIN], drop: [all]}}
      volumes:
        - name: host
          emptyDir: {}
"""
POD = ("spec", "template", "spec")
CONTAINER = (*POD, "containers", "1")


def changed(operation: str, pointer: tuple[str, ...], path: str = "", value: Data = None, **more: str) -> object:
    """What a line of the recipes makes of a text; the whole data."""
    text, platform = more.get("text", WEB), more.get("platform", "kubernetes")
    root = read_spans(text)[0]
    assert root is not None
    site = Site(platform=platform, root=root, pointer=pointer, container=more.get("container", ""))
    recipe = Recipe("key", platform, "", more.get("kind", ""), operation, path, value)
    new = compose(text, [Placed(0, one) for one in operations_of(recipe, site)])
    return yaml.safe_load(new)


def at(data: object, *tokens: str) -> object:
    for token in tokens:
        if isinstance(data, list):
            data = data[int(token)]
        else:
            assert isinstance(data, dict)
            data = data[token]
    return data


def test_a_container_is_found_by_its_name_where_the_evidence_is_of_the_pod() -> None:
    data = changed("put", (*POD, "securityContext"), "@c/tty", value=True, container="web")
    assert at(data, *CONTAINER, "tty") is True


def test_a_limit_is_as_high_as_what_is_requested() -> None:
    data = changed("limit", CONTAINER, "@c/resources/limits/memory", ["512Mi", "../../requests/memory"])
    assert at(data, *CONTAINER, "resources", "limits") == {"memory": "1Gi"}


def test_what_is_there_already_is_left() -> None:
    whole = yaml.safe_load(WEB)
    assert changed("drop", CONTAINER, "@c/securityContext/capabilities/drop", "NET_RAW") == whole
    assert changed("seccomp", CONTAINER, "@c/securityContext/seccompProfile", {"type": "RuntimeDefault"}) == whole
    assert changed("remove", CONTAINER, "@c/tty") == whole
    assert changed("remove-item", (*CONTAINER, "args", "0"), "", ["cap_add"]) == whole


def test_a_flag_is_changed_in_whichever_list_it_stands() -> None:
    data = changed("flag", (*CONTAINER, "command", "0"), "", "--bind-address=127.0.0.1")
    assert at(data, *CONTAINER, "args") == ["--bind-address=127.0.0.1"]
    assert at(data, *CONTAINER, "command") == ["kube-apiserver", "--anonymous-auth", "--profiling=true"]


@pytest.mark.parametrize(
    "operation, pointer, path, value, said",
    [
        ("flag", (*CONTAINER, "command", "0"), "", "--anonymous-auth=false", "apart from its value"),
        ("flag", CONTAINER, "", "--a=b", "no command line"),
        ("put", (*CONTAINER, "command", "0"), "@e", 3600, "not written at this place"),
        ("put", (*CONTAINER, "resources"), "@e", 1, "not written at this place"),
        ("remove", (*CONTAINER, "tty"), "@e", None, "not written at this place"),
        ("drop-all", CONTAINER, "@c/securityContext/capabilities/drop", ["ALL"], "for you to say"),
        ("volume", CONTAINER, "", None, "in no volume"),
        ("read-only-mount", (*CONTAINER, "args", "0"), "", None, "in no mount"),
        ("loopback", (*CONTAINER, "args", "0"), "", None, "no published port"),
        ("cluster-ip", ("spec",), "", None, "no Service"),
        ("rule", CONTAINER, "", {}, "by a rule"),
        ("variable", (*CONTAINER, "args", "0"), "", None, "no variable"),
        ("substitute", (*CONTAINER, "name"), "", {"k8s.gcr.io/": ""}, "another form"),
        ("substitute", CONTAINER, "", {"a": ""}, "not written"),
        ("put", ("metadata",), "@i/a", 1, "in no list"),
        ("put", (*POD, "volumes"), "@c/a", 1, "no container"),
        ("put", ("kind",), "@o/a", 1, "that would say so"),
    ],
)
def test_what_does_not_fit_is_refused(operation: str, pointer: tuple[str, ...], path: str, value: Data, said: str) -> None:
    with pytest.raises(EditRefusedError, match=said):
        changed(operation, pointer, path, value, kind="Namespace" if path == "@o/a" else "")


@pytest.mark.parametrize(
    "written, bound",
    [
        ("80", "127.0.0.1::80"),
        ("8080:80", "127.0.0.1:8080:80"),
        ("0.0.0.0:8080:80/tcp", "127.0.0.1:8080:80/tcp"),
        ("[::]:8080:80", "127.0.0.1:8080:80"),
        ("${PORT:-8080}:80", "127.0.0.1:${PORT:-8080}:80"),
        ("3000-3005", "127.0.0.1::3000-3005"),
    ],
)
def test_a_published_port_is_bound_to_loopback(written: str, bound: str) -> None:
    text = f"services:\n  web:\n    ports:\n      - {written!r}\n"
    data = changed("loopback", ("services", "web", "ports", "0"), text=text, platform="compose")
    assert at(data, "services", "web", "ports") == [bound]


@pytest.mark.parametrize("written", ["${ADDRESS}:8080:80", "10.0.0.1:80:80", "http://a", "80:80:80:80"])
def test_a_port_in_another_form_is_left(written: str) -> None:
    with pytest.raises(EditRefusedError, match="form"):
        changed(
            "loopback",
            ("services", "web", "ports", "0"),
            text=f"services:\n  web:\n    ports:\n      - {written!r}\n",
            platform="compose",
        )


@pytest.mark.parametrize(
    "operation, written, left",
    [
        ("read-only-mount", "/a:/b:rw,z", "/a:/b:ro,z"),
        ("private-mount", "/a:/b:rshared", "/a:/b"),
        ("private-mount", "/a:/b:ro,shared", "/a:/b:ro"),
    ],
)
def test_options_of_a_mount_are_kept(operation: str, written: str, left: str) -> None:
    text = f"services:\n  web:\n    volumes:\n      - {written}\n"
    data = changed(operation, ("services", "web", "volumes", "0"), text=text, platform="compose")
    assert at(data, "services", "web", "volumes") == [left]


def test_long_forms_of_compose_are_changed_by_key() -> None:
    text = "services: {web: {ports: [{target: 80}], volumes: [{type: bind, bind: {propagation: shared}}]}}\n"
    ports = changed("loopback", ("services", "web", "ports", "0"), text=text, platform="compose")
    assert at(ports, "services", "web", "ports", "0") == {"target": 80, "host_ip": "127.0.0.1"}
    mount = ("services", "web", "volumes", "0")
    assert at(changed("read-only-mount", mount, text=text, platform="compose"), *mount, "read_only") is True
    assert at(changed("private-mount", mount, text=text, platform="compose"), *mount) == {"type": "bind"}


# ------------------------------------------------------------------------------------------------------------------- Dockerfiles


FILE = """\
FROM a AS build
RUN apt-get update && \\
    apt-get install -y b
RUN ["apt-get", "install"]
RUN <<EOF
apt-get install c
EOF
ENV A=1 B=2
RUN make
FROM b
CMD ["x"]
"""
INSTRUCTIONS = (
    Instruction("FROM", 1, 1, ("a", "AS", "build")),
    Instruction("RUN", 2, 3, ("",)),
    Instruction("RUN", 4, 4, ("apt-get", "install")),
    Instruction("RUN", 5, 7, ("",)),
    Instruction("ENV", 8, 8, ("A", "1", "=", "B", "2", "=")),
    Instruction("RUN", 9, 9, ("make",)),
    Instruction("FROM", 10, 10, ("b",)),
    Instruction("CMD", 11, 11, ("x",)),
)


def built(operation: str, line: int, value: Data = None) -> list[str]:
    recipe = Recipe("key", "dockerfile", "", "", operation, "", value)
    lines = FILE.splitlines()
    return with_changes(lines, line_changes(recipe, lines, INSTRUCTIONS, line))


def test_a_user_is_added_at_the_end_of_the_stage() -> None:
    assert built("user", 1)[9:11] == ["USER 10001:10001", "FROM b"]
    assert built("user", 10)[-1] == "USER 10001:10001"


def test_what_an_installation_leaves_goes_at_the_end_of_its_command() -> None:
    assert built("clean-up", 2)[2] == "    apt-get install -y b && rm -rf /var/lib/apt/lists/*"


@pytest.mark.parametrize(
    "operation, line, said",
    [
        ("clean-up", 4, "without a shell"),
        ("clean-up", 5, "file of its own"),
        ("clean-up", 9, "not clear"),
        ("drop-single", 8, "more than this one thing"),
        ("drop-line", 1, "no comment"),
        ("words", 9, "not changed safely"),
        ("words", 12, "no instruction"),
    ],
)
def test_an_instruction_that_does_not_fit_is_left(operation: str, line: int, said: str) -> None:
    with pytest.raises(EditRefusedError, match=said):
        built(operation, line, {"sudo ": ""})


def test_of_two_changes_of_one_line_the_first_is_made() -> None:
    changes = [LineChange(1, 1, ("A",)), LineChange(1, 1, ("B",)), LineChange(3, 2, ("C",))]
    assert with_changes(["a", "b"], changes) == ["A", "b", "C"]
