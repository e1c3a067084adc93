"""Edits of texts in every style: block and flow YAML, JSON, other line ends, comments; what is not meant stays as it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.edits.operations import Append, Operation, Put, Remove, edit
from breachway.edits.refusing import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

POD = """\
# what serves the shop
apiVersion: v1
kind: Pod   # one of them
metadata: {name: web, labels: {app: web}}
spec:
  containers:
    # the application
    - name: web
      image: web:1
      securityContext:
        privileged: true # for the profiler
        capabilities:
          add: [SYS_ADMIN, "NET_RAW"]

    - image: logs:1
      name: logs
      command:
      - /bin/logs
      - --follow
      args:

  # what they share
  volumes:
  - name: host
    hostPath:
      path: /
"""
CONTEXT = ("spec", "containers", "0", "securityContext")


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came, between the same beginning and the same end."""
    old, new = before.splitlines(), after.splitlines()
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return old, new


@pytest.mark.parametrize(
    "operation, gone, come",
    [
        (
            Put((*CONTEXT, "privileged"), value=False),
            ["        privileged: true # for the profiler"],
            ["        privileged: false # for the profiler"],
        ),
        (
            Put((*CONTEXT, "seccompProfile", "type"), "RuntimeDefault"),
            [],
            ["        seccompProfile:", "          type: RuntimeDefault"],
        ),
        (Put(("spec", "hostUsers"), value=False), [], ["  hostUsers: false"]),
        (
            Put(("metadata", "namespace"), "shop"),
            ["metadata: {name: web, labels: {app: web}}"],
            ['metadata: {name: web, labels: {app: web}, "namespace": "shop"}'],
        ),
        (Put(("spec", "containers", "1", "args"), ["--quiet"]), [], ["        - --quiet"]),
        (
            Remove((*CONTEXT, "capabilities", "add", "0")),
            ['          add: [SYS_ADMIN, "NET_RAW"]'],
            ['          add: ["NET_RAW"]'],
        ),
        (Remove((*CONTEXT, "capabilities", "add")), ["        capabilities:", '          add: [SYS_ADMIN, "NET_RAW"]'], []),
        (Remove(("spec", "volumes", "0")), ["  volumes:", "  - name: host", "    hostPath:", "      path: /"], []),
        (Remove(("spec", "containers", "1", "image")), ["    - image: logs:1", "      name: logs"], ["    - name: logs"]),
        (Remove(("spec", "containers", "1", "command", "1")), ["      - --follow"], []),
        (Append((*CONTEXT, "capabilities", "drop"), "ALL"), [], ["          drop:", "            - ALL"]),
        (Append(("spec", "containers", "1", "command"), "--once"), [], ["      - --once"]),
        (Append(("spec", "volumes"), {"name": "tmp", "emptyDir": {}}), [], ["  - name: tmp", "    emptyDir: {}"]),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_only_what_is_meant_changes(operation: Operation, gone: list[str], come: list[str], newline: str) -> None:
    before = POD.replace("\n", newline)
    after = edit(before, 0, operation)
    assert changed_lines(before, after) == (gone, come)
    assert after.count("\r") == (after.count("\n") if newline == "\r\n" else 0)


def test_the_document_that_is_meant_is_edited() -> None:
    text = "a: 1\n---\na: 1\n---\n# empty\n"
    assert edit(text, 1, Put(("a",), 2)) == "a: 1\n---\na: 2\n---\n# empty\n"
    for document in (2, 3):
        with pytest.raises(EditRefusedError):
            edit(text, document, Put(("a",), 2))


def test_json_stays_json() -> None:
    text = json.dumps({"family": "web", "containerDefinitions": [{"name": "web", "privileged": True}]}, indent=2)
    at = ("containerDefinitions", "0")
    after = edit(edit(text, 0, Put((*at, "privileged"), value=False)), 0, Put((*at, "user"), "1000:1000"))
    assert json.loads(after)["containerDefinitions"] == [{"name": "web", "privileged": False, "user": "1000:1000"}]
    assert changed_lines(text, after)[1] == ['      "privileged": false,', '      "user": "1000:1000"']


def test_a_text_without_a_last_line_end_keeps_none() -> None:
    assert edit("a:\n  b: 1", 0, Put(("a", "c"), 2)) == "a:\n  b: 1\n  c: 2"


@pytest.mark.parametrize(
    "text, operation, why",
    [
        ("a: &x {b: 1}\nc: *x\n", Put(("c", "b"), 2), "alias"),
        ("a: &x {b: 1}\nc: *x\n", Put(("a", "b"), 2), "anchor"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", Put(("c", "b"), 2), "merged"),
        ("a: 1\n", Remove(("b",)), "nothing to remove"),
        ("a: 1\n", Put(("a", "b"), 2), "single value"),
        ("a: [1]\n", Put(("a", "b"), 2), "list"),
        ("a: 1\n", Append(("a",), 2), "no list"),
        ("a: {{ .Values.x }}\n", Put(("a",), 2), "no plain word"),
        ("a: [\n", Put(("a",), 2), "no YAML"),
        ("[" * 300 + "]" * 300, Put(("a",), 2), "deep"),
        ("? [1]\n: 2\n", Put(("a",), 2), "key"),
    ],
)
def test_what_is_not_safe_is_refused_with_the_reason(text: str, operation: Operation, why: str) -> None:
    with pytest.raises(EditRefusedError, match=why):
        edit(text, 0, operation)


def pointers(data: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - any data
    yield above, data
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        yield from pointers(value, (*above, str(key)))


WORDS = st.sampled_from(("a", "b", "image", "on", "no", "1", "x: y", "# no comment", "é", "true", "- dash", "null"))
LEAVES = st.one_of(WORDS, st.integers(-3, 99), st.booleans(), st.none())
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=12)


def written(data: object, style: int) -> str:
    if style == 0:
        return json.dumps(data, indent=2, ensure_ascii=False)
    if style == 1:
        return json.dumps(data, ensure_ascii=False)
    text: str = yaml.safe_dump(
        data, default_flow_style=None if style == 2 else False, allow_unicode=True, sort_keys=False, width=999
    )
    return text


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(WORDS, TREES, min_size=1, max_size=3), st.integers(0, 3), st.data())
def test_any_edit_of_any_text_gives_the_data_with_that_change(root: dict[str, Any], style: int, data: st.DataObject) -> None:
    """``edit`` compares the data itself; here it must not refuse, and the text must load as what the change makes of it."""
    text = written(root, style)
    places = list(pointers(root))
    pointer, value = data.draw(st.sampled_from(places))
    fresh = data.draw(LEAVES)
    match data.draw(st.sampled_from(("put", "new", "append", "remove"))):
        case "put" if pointer:
            operation: Operation = Put(pointer, fresh)
        case "new" if isinstance(value, dict) or (value is None and pointer):
            operation = Put((*pointer, "fresh", "inner"), fresh)
        case "append" if isinstance(value, list):
            operation = Append(pointer, fresh)
        case "remove" if pointer:
            operation = Remove(pointer)
        case _:
            return
    after = edit(text, 0, operation)
    loaded = json.loads(after) if style < 2 else yaml.safe_load(after)
    found = loaded
    match operation:
        case Put():
            for token in operation.pointer:
                found = found[int(token)] if isinstance(found, list) else found[token]
            assert found == fresh
        case Append():
            for token in operation.pointer:
                found = found[int(token)] if isinstance(found, list) else found[token]
            assert found == [*value, fresh]
        case Remove():
            assert len(list(pointers(loaded))) < len(places)
