"""Objects that were never text become an inventory whose evidence names them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.sources import live
from breachway.sources.json_lists import Number
from breachway.sources.json_positions import read_json
from breachway.sources.live import LiveItem, LiveObject, joined, live_inventory, values_of
from breachway.sources.nodes import Mapping, Scalar, Sequence
from breachway.sources.reading import read

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.sources.json_lists import JsonValue
    from breachway.sources.nodes import Node

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=12,
)


def without_places(node: Node | None) -> object:
    match node:
        case Mapping():
            return {key: without_places(entry.node) for key, entry in node.entries.items()}
        case Sequence():
            return [without_places(item) for item in node.items]
        case Scalar():
            return (node.text, node.plain)
        case None:
            return None


@settings(deadline=None, max_examples=100)
@given(PLAIN)
def test_the_tree_is_that_of_the_same_json(value: object) -> None:
    text = json.dumps([value])
    (read_back,) = read_json(text, "x.json").documents
    assert without_places(LiveItem(values_of(text)).node()) == without_places(read_back)


def a_pod(name: str) -> JsonValue:
    metadata: JsonValue = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [{"name": "a", "image": "b"}]}}


def test_evidence_names_the_object_and_no_line() -> None:
    found = live_inventory([LiveObject("live:pods", "live:pods/shop/web", a_pod("web"))])
    (pod,) = found.kubernetes
    assert (pod.location.document, pod.location.line, pod.location.column) == ("live:pods/shop/web", 0, 0)
    assert [(item.document, item.kinds) for item in found.documents] == [("live:pods", (("Pod", 1),))]
    assert found.unread == ()


def test_an_object_that_is_nested_too_deeply_is_left_out_and_said() -> None:
    deep: JsonValue = []
    for _ in range(500):
        deep = [deep]
    bad: JsonValue = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "deep"}, "spec": deep}
    found = live_inventory(
        [LiveObject("live:pods", "live:pods/deep", bad), LiveObject("live:pods", "live:pods/shop/web", a_pod("web"))]
    )
    assert len(found.kubernetes) == 1
    assert [(item.location.document, item.severity) for item in found.unread] == [("live:pods/deep", "object")]


def test_more_objects_than_are_taken_are_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_OBJECTS", 2)
    found = live_inventory([LiveObject("live:pods", f"live:pods/shop/{name}", a_pod(name)) for name in "abc"])
    assert len(found.kubernetes) == 2
    assert [item.location.document for item in found.unread] == ["live:pods/shop/c"]


def test_files_beside_a_cluster_make_one_inventory(tmp_path: Path) -> None:
    (tmp_path / "pod.json").write_text(json.dumps(a_pod("file")), encoding="utf-8")
    both = joined(live_inventory([LiveObject("live:pods", "live:pods/shop/web", a_pod("web"))]), read([str(tmp_path)]))
    assert {item.location.document for item in both.kubernetes} == {"live:pods/shop/web", f"{tmp_path}/pod.json"}
    assert len(both.documents) == 2


@pytest.mark.parametrize("value", [True, "text", None, [], Number("7")])
def test_what_is_no_object_gives_none(value: JsonValue) -> None:
    assert live_inventory([LiveObject("live:pods", "live:pods/x", value)]).kubernetes == ()


def test_replicas_of_one_maker_are_records_as_in_a_dump() -> None:
    owner: JsonValue = [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u", "controller": True}]
    pods = [a_pod(f"agent-{name}") for name in "abc"]
    for pod in pods:
        assert isinstance(pod, dict)
        metadata = pod["metadata"]
        assert isinstance(metadata, dict)
        metadata["ownerReferences"] = owner
    found = live_inventory([LiveObject("live:pods", f"live:pods/shop/{number}", pod) for number, pod in enumerate(pods)])
    assert len(found.kubernetes) + len(found.replicas) == 3
    assert found.replicas
    assert [(item.kinds) for item in found.documents] == [(("Pod", 3),)]
