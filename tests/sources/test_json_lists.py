"""Lists as an API server prints them: the quick reader gives what the careful one gives, or leaves the text to it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.sources.json_lists import plain_list
from breachway.sources.json_positions import read_json
from breachway.sources.nodes import Mapping, Node, Sequence
from breachway.sources.tree_building import DEEPEST

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)
INDENTS = st.sampled_from([4, 1, None])
SEPARATORS = st.sampled_from([(", ", ": "), (",", ":"), (",\n ", " :\n")])


def careful_items(text: str) -> tuple[Node, ...]:
    (root,) = read_json(text, "a.json").documents
    assert isinstance(root, Mapping)
    items = root.entries["items"].node
    assert isinstance(items, Sequence)
    return items.items


@given(
    items=st.lists(VALUES, min_size=1, max_size=4),
    indent=INDENTS,
    separators=SEPARATORS,
    escaped=st.booleans(),
    before=st.sampled_from(["", "\n ", "\ufeff"]),
)
@settings(deadline=None)
def test_each_item_is_the_node_that_the_careful_reader_makes(
    items: list[object], indent: int | None, separators: tuple[str, str], escaped: bool, before: str
) -> None:
    whole = {"apiVersion": "v1", "items": items, "kind": "List"}
    text = before + json.dumps(whole, ensure_ascii=escaped, indent=indent, separators=separators)
    listed = plain_list(text)
    if listed is None:
        assert "\\ud" in text.lower()
        return
    assert tuple(item.node() for item in listed.items) == careful_items(text)
    assert tuple(item.kept().node() for item in listed.items) == careful_items(text)


@given(text=st.text(alphabet='{}[],:"\\u0eE-.1 \n/tfn', max_size=40))
@settings(deadline=None)
def test_whatever_is_no_plain_list_is_left_to_the_careful_reader(text: str) -> None:
    whole = '{"apiVersion": "v1", "kind": "List", "items": [' + text + "]}"
    listed = plain_list(whole)
    tree = read_json(whole, "a.json")
    if listed is not None:
        assert tree.problems == ()
        assert tuple(item.node() for item in listed.items) == careful_items(whole)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"kind": "List"}',
        '{"apiVersion": "v1", "kind": "List", "items": []}',
        '{"apiVersion": "v1", "kind": "List", "items": {}}',
        '{"apiVersion": "v1", "kind": "Pod", "items": [{}]}',
        '{"apiVersion": "", "kind": "List", "items": [{}]}',
        '{"apiVersion": 1, "kind": "List", "items": [{}]}',
        '{"apiVersion": "v1", "kind": null, "items": [{}]}',
        '{"apiVersion": "v1", "kind": "List", "metadata": "x", "items": [{}]}',
        '{"apiVersion": "v1", "kind": "List", "services": {}, "items": [{}]}',
        '{"apiVersion": "v1", "kind": "List", "kind": "List", "items": [{}]}',
        '{"apiVersion": "v1", "kind": "List", "items": [{}], "items": [{}]}',
        '{"apiVersion": "v1", "kind": "List", "items": [{"a": 1, "a": 2}]}',
        '{"apiVersion": "v1", "kind": "List", "items": [{"a": NaN}]}',
        '{"apiVersion": "v1", "kind": "List", "items": [{"a": -Infinity}]}',
        '{"apiVersion": "v1", "kind": "List", "items": [{"a": "\\ud800"}]}',
        '{"apiVersion": "v1", "kind": "List", "items": [{"a": "\t"}]}',
        '{"apiVersion": "v1", "kind": "List", "items": [{}',
        '{"apiVersion": "v1", "kind": "List", "items": [{},]}',
        '{"apiVersion": "v1", "kind": "List", "items": [{}]} {}',
        '{"apiVersion": "v1", "kind": "List", "items": [{}],}',
    ],
)
def test_anything_unusual_is_left_to_the_careful_reader(text: str) -> None:
    assert plain_list(text) is None


@pytest.mark.parametrize("levels, plain", [(DEEPEST - 2, True), (DEEPEST - 1, False), (20_000, False)])
def test_the_limit_on_depth_holds(levels: int, plain: bool) -> None:
    text = '{"apiVersion": "v1", "kind": "List", "items": [' + "[" * levels + "]" * levels + "]}"
    assert (plain_list(text) is not None) == plain
    assert (read_json(text, "a.json").problems == ()) == plain


def test_many_brackets_side_by_side_are_not_deep() -> None:
    text = '{"apiVersion": "v1", "kind": "List", "items": [' + "[" + ",".join(["[]"] * 500) + "]" + "]}"
    listed = plain_list(text)
    assert listed is not None
    assert len(listed.items) == 1


@pytest.mark.parametrize("items", ["{}, {}, {}, {}", "[" + ", ".join(["[]"] * 200) + "]"])
def test_the_limit_on_nodes_holds(items: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"apiVersion": "v1", "kind": "List", "items": [' + items + "]}"
    monkeypatch.setattr("breachway.sources.json_lists.MOST_NODES", 3)
    assert plain_list(text) is None


def test_a_long_list_is_opened_item_by_item(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"apiVersion": "v1", "kind": "List", "items": [{"a": 1}, null, [{}]]}'
    monkeypatch.setattr("breachway.sources.json_lists._KEPT", 10)
    listed = plain_list(text)
    assert listed is not None
    assert [item.value for item in listed.items] == [None, None, None]
    assert [item.opened().value for item in listed.items] == [{"a": "1"}, None, [{}]]
    assert tuple(item.node() for item in listed.items) == careful_items(text)
