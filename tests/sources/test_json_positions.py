"""Reading JSON: positions, limits, and what is said of a text that is not JSON."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.evidence import Unread
from breachway.sources.json_positions import read_json
from breachway.sources.nodes import Mapping, Node, Scalar, Sequence
from breachway.sources.tree_building import DEEPEST


def only_problem(text: str) -> Unread:
    (problem,) = read_json(text, "a.json").problems
    return problem


def plain_value(node: Node | None) -> object:
    """What Python's own parser would have made of a node."""
    match node:
        case Scalar(text=text, plain=plain):
            return json.loads(text) if plain else text
        case Mapping(entries=entries):
            return {key: plain_value(entry.node) for key, entry in entries.items()}
        case Sequence(items=items):
            return [plain_value(item) for item in items]
        case None:
            return None


def test_each_key_and_value_knows_its_line_and_column() -> None:
    tree = read_json('{\n  "a": [1, "x"],\n  "b": {"c": null}\n}\n', "a.json")
    assert tree.problems == ()
    (root,) = tree.documents
    assert isinstance(root, Mapping)
    assert (root.line, root.column) == (1, 1)
    assert (root.entries["a"].line, root.entries["a"].column) == (2, 3)
    items = root.entries["a"].node
    assert isinstance(items, Sequence)
    assert (items.line, items.column) == (2, 8)
    assert items.items == (Scalar("1", plain=True, line=2, column=9), Scalar("x", plain=False, line=2, column=12))
    inner = root.entries["b"].node
    assert isinstance(inner, Mapping)
    assert inner.entries["c"].node == Scalar("null", plain=True, line=3, column=14)


def test_several_values_are_several_documents() -> None:
    tree = read_json('{"a": 1}\n{"b": 2}\n', "a.json")
    assert len(tree.documents) == 2
    assert tree.documents[1] is not None
    assert tree.documents[1].line == 2


@pytest.mark.parametrize("text", ["", " \n", "\ufeff"])
def test_nothing_gives_nothing(text: str) -> None:
    assert read_json(text, "a.json") == ((), ())


def test_half_a_surrogate_pair_is_replaced() -> None:
    (node,) = read_json(r'"\ud800 \ud83d\ude00"', "a.json").documents
    assert node == Scalar("\ufffd 😀", plain=False, line=1, column=1)


def test_a_duplicate_key_names_both_lines_and_the_last_one_counts() -> None:
    tree = read_json('{"a": 1,\n "a": 2}', "a.json")
    (problem,) = tree.problems
    assert (problem.severity, problem.location) == ("field", ("a.json", "/a", 2, 2))
    assert "first on line 1" in problem.reason
    assert plain_value(tree.documents[0]) == {"a": 2}


@pytest.mark.parametrize(
    "text, line, column, words",
    [
        ('{"a": 1,}', 1, 9, "a key belongs here"),
        ("[1,\n]", 2, 1, "a value belongs here"),
        ('{"a" 1}', 1, 6, '":" belongs after a key'),
        ("{a: 1}", 1, 2, '"a" begins no value'),
        ('["x', 1, 2, "no end"),
        ('["x\n"]', 1, 2, "control character"),
        (r'["\q"]', 1, 3, "wrong escape"),
        ("[1 2]", 1, 4, '"," or "]" belongs here'),
        ("[1}", 1, 3, '"," or "]" belongs here'),
        ('{\n// no\n"a": 1}', 2, 1, "no comments"),
        ("{'a': 1}", 1, 2, "no single quotes"),
        ("01", 1, 1, '"0" begins no value'),
        ("truer", 1, 1, '"t" begins no value'),
        ("]", 1, 1, "a value belongs here"),
        ('{"a": [1', 1, 9, 'ends before "]"'),
        ('{"a": [1 \n ', 2, 2, 'ends before "]"'),
        ("{1: 2}", 1, 2, "a key belongs here"),
        ("\x00", 1, 1, '"U+0000" begins no value'),
    ],
)
def test_what_is_no_json_is_said_with_line_and_column(text: str, line: int, column: int, words: str) -> None:
    problem = only_problem(text)
    assert problem.severity == "file"
    assert (problem.location.line, problem.location.column) == (line, column)
    assert words in problem.reason


def test_values_before_a_fault_are_kept() -> None:
    tree = read_json('{"a": 1} x', "a.json")
    assert len(tree.documents) == 1
    assert "the document before it was read" in tree.problems[0].reason


@pytest.mark.parametrize("level", ["[", '{"a":', '[{"a":'])
def test_fifty_thousand_levels_stop_at_the_limit(level: str) -> None:
    assert f"more than {DEEPEST} levels" in only_problem(level * 50_000).reason


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON_VALUES, st.sampled_from([None, 2]), st.booleans())
def test_it_reads_what_the_standard_library_writes(value: object, indent: int | None, escape: bool) -> None:
    tree = read_json(json.dumps(value, indent=indent, ensure_ascii=escape), "a.json")
    assert tree.problems == ()
    assert [plain_value(node) for node in tree.documents] == [value]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='{}[],:"\\u0d8a1e.-+ \ntruefalsn', max_size=40) | st.text(max_size=40))
def test_no_text_raises_and_nothing_is_taken_that_the_standard_library_refuses(text: str) -> None:
    tree = read_json(text, "a.json")
    if len(tree.documents) == 1 and tree.problems == ():
        json.loads(text.removeprefix("\ufeff"))
