"""Contents: what an object says without places, the same from JSON as from what JSON decodes to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.evidence import Location
from breachway.sources.contents import NotPlainError, content_of, json_content, mark_of
from breachway.sources.decoding import decode
from breachway.sources.dialects import KUBERNETES
from breachway.sources.json_lists import plain_list
from breachway.sources.kubernetes.workloads import ControllerShape, PodShape

if TYPE_CHECKING:
    from breachway.evidence import Unread
    from breachway.sources.decoding import Struct

LEAVES = st.sampled_from([None, True, False, 0, 8080, -1, 2**63, 1.5, 80.0, "", "x", "80", "true", "null", "http"])
NAMES = [
    "metadata", "name", "labels", "annotations", "ownerReferences", "kind", "spec", "template", "containers", "volumes", "env",
    "value", "valueFrom", "secretKeyRef", "key", "ports", "containerPort", "securityContext", "privileged", "runAsUser", "drop",
    "capabilities", "projected", "sources", "serviceAccountToken", "downwardAPI", "other", "affinity", "hostPID", "httpGet",
    "port", "livenessProbe", "tolerations", "status", "phase", "podIPs", "ip", "selector", "matchLabels", "replicas", "resources",
    "limits", "emptyDir", "persistentVolumeClaim", "volumeMounts", "readOnly", "args",
]  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=40,
)
PLACES = Location("a.json", "", 1, 1)


def both(cls: type[Struct], value: object) -> tuple[dict[str, object] | None, Struct | None, list[Unread]]:
    """The content of a value straight from JSON (None where that is refused), what it decodes to, and the problems."""
    listed = plain_list(json.dumps({"apiVersion": "v1", "kind": "List", "items": [value]}))
    assert listed is not None
    (item,) = listed.items
    problems: list[Unread] = []
    decoded = decode(cls, item.node(), PLACES, KUBERNETES, problems)
    try:
        return dict(json_content(cls, item.value, KUBERNETES)), decoded, problems
    except NotPlainError:
        return None, decoded, problems


@pytest.mark.parametrize("cls", [PodShape, ControllerShape])
@given(value=st.dictionaries(st.sampled_from(NAMES), TREES, max_size=8))
@settings(deadline=None, max_examples=150)
def test_content_from_json_is_that_of_the_decoded_object(cls: type[Struct], value: dict[str, object]) -> None:
    content, decoded, problems = both(cls, value)
    if content is None:
        assert problems
        return
    assert problems == []
    assert decoded is not None
    assert content == content_of(decoded)
    assert mark_of(content_of(decoded)) == mark_of({**content_of(decoded)})


def test_a_problem_is_never_passed_over() -> None:
    content, _, problems = both(PodShape, {"spec": {"hostPID": "true"}})
    assert content is None
    assert len(problems) == 1


@pytest.mark.parametrize(
    "one, other, same",
    [
        ({"spec": {"hostPID": True}}, {"spec": {"hostPID": True, "nodeSelector": None}}, True),
        ({"spec": {"volumes": []}}, {"spec": {}}, True),
        ({"metadata": {"labels": {"a": "1", "b": "2"}}}, {"metadata": {"labels": {"b": "2", "a": "1"}}}, True),
        ({"spec": {"hostPID": True}}, {"spec": {"hostPID": False}}, False),
        ({"spec": {"containers": [{"args": ["a", "b"]}]}}, {"spec": {"containers": [{"args": ["b", "a"]}]}}, False),
        ({"spec": {"securityContext": {}}}, {"spec": {}}, False),
        ({"spec": {"affinity": {}}}, {"spec": {}}, False),
    ],
)
def test_what_counts_as_the_same(one: dict[str, object], other: dict[str, object], same: bool) -> None:
    marks = [mark_of(content_of(decoded)) for value in (one, other) for decoded in [both(PodShape, value)[1]] if decoded]
    assert len(marks) == 2
    assert (marks[0] == marks[1]) == same
