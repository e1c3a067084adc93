"""Several changes of one text: worked out from the text as it was, made together, and commands for live objects."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.edits.anchors import Site
from breachway.edits.composing import Placed, compose
from breachway.edits.operations import Append, Operation, Put, Remove
from breachway.edits.patches import patch_command
from breachway.edits.planning import Found, Original, Planner
from breachway.edits.procedures import operations_of
from breachway.edits.recipes import Recipe
from breachway.edits.refusing import EditRefusedError
from breachway.edits.spans import read_spans
from breachway.evidence import Basis, Evidence, Location

ROLE = """\
kind: Role
metadata: {name: builder, namespace: ci}
rules:
  - apiGroups: [""]  # what it builds with
    resources: [pods, pods/log, pods/exec]
    verbs: [create, get]
  - apiGroups: [""]
    resources: [secrets]
    verbs: [get]
"""


def placed(*operations: Operation) -> list[Placed]:
    return [Placed(0, operation) for operation in operations]


def test_items_are_removed_where_they_stood() -> None:
    text = "a: [0, 1, 2, 3]\nb: 1\n"
    assert compose(text, placed(Remove(("a", "1")), Remove(("a", "3")), Remove(("a", "0")))) == "a: [2]\nb: 1\n"


def test_a_collection_goes_with_all_its_items_and_its_neighbour_stays() -> None:
    both = placed(
        Remove(("rules", "0", "verbs", "0")), Remove(("rules", "0", "verbs", "1")), Remove(("rules", "0", "resources", "0"))
    )
    left = yaml.safe_load(compose(ROLE, both))["rules"]
    assert left[0] == {"apiGroups": [""], "resources": ["pods/log", "pods/exec"]}
    assert left[1]["resources"] == ["secrets"]


def test_what_is_put_into_a_collection_keeps_it() -> None:
    text = "a:\n  b: 1\nc: 2\n"
    assert yaml.safe_load(compose(text, placed(Remove(("a", "b")), Put(("a", "d"), 3)))) == {"a": {"d": 3}, "c": 2}


def test_a_change_below_something_that_goes_falls_away() -> None:
    text = "a: {b: {c: 1}, d: 2}\n"
    changes = placed(Put(("a", "b", "c"), 5), Remove(("a", "b")), Remove(("a", "b", "c")), Append(("a", "b", "e"), 1))
    assert yaml.safe_load(compose(text, changes)) == {"a": {"d": 2}}


def test_a_repeated_change_is_made_once() -> None:
    assert yaml.safe_load(compose("a: [x]\n", placed(Append(("a",), "y"), Append(("a",), "y")))) == {"a": ["x", "y"]}


def test_two_fixes_of_one_document_leave_the_other_documents_alone() -> None:
    text = f"{ROLE}---\n{ROLE}"
    new = compose(text, [Placed(1, Remove(("rules", "1")))])
    assert new.startswith(f"{ROLE}---\n")
    assert len(list(yaml.safe_load_all(new))[1]["rules"]) == 1


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_set_of_removals_leaves_exactly_the_rest(data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=4))
    places = [(row, column) for row, items in enumerate(rows) for column in range(len(items))]
    gone = data.draw(st.sets(st.sampled_from(places)))
    flow = data.draw(st.booleans())
    named = {f"r{row}": items for row, items in enumerate(rows)}
    text = yaml.safe_dump({"keep": 1, "rows": named}, default_flow_style=flow)
    new = compose(text, placed(*(Remove(("rows", f"r{row}", str(column))) for row, column in sorted(gone))))
    kept = {f"r{row}": [item for column, item in enumerate(items) if (row, column) not in gone] for row, items in enumerate(rows)}
    left = {name: items for name, items in kept.items() if items}
    assert yaml.safe_load(new) == ({"keep": 1, "rows": left} if left else {"keep": 1})


def site(text: str, *pointer: str) -> Site:
    root = read_spans(text)[0]
    assert root is not None
    return Site(platform="kubernetes", root=root, pointer=pointer)


RIGHTS: dict[str, Any] = {"resources": ["pods", "jobs"], "verbs": ["create", "update", "patch"]}


def test_a_right_is_taken_from_the_resources_that_give_it_and_the_other_rights_stay() -> None:
    recipe = Recipe("rbac-create-workloads", "kubernetes", "", "", "rule", "", RIGHTS)
    operations = operations_of(recipe, site(ROLE, "rules", "0"))
    rules = yaml.safe_load(compose(ROLE, placed(*operations)))["rules"]
    assert rules[0] == {"apiGroups": [""], "resources": ["pods/log", "pods/exec"], "verbs": ["create", "get"]}
    assert rules[2] == {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}


def test_a_right_that_comes_with_a_star_is_not_guessed() -> None:
    recipe = Recipe("rbac-create-workloads", "kubernetes", "", "", "rule", "", RIGHTS)
    with pytest.raises(EditRefusedError, match="comes with"):
        operations_of(recipe, site(ROLE.replace("create, get", '"*"'), "rules", "0"))


def test_the_command_for_a_live_object_does_what_the_edit_does() -> None:
    at = site(ROLE, "rules", "0")
    operations: list[Operation] = [
        Remove(("rules", "0", "resources", "0")),
        Append(("rules",), {"verbs": ["get"]}),
        Put(("metadata", "labels", "a/b"), "c"),
    ]
    words = shlex.split(patch_command(at, operations))
    assert words[:7] == ["kubectl", "patch", "role", "builder", "--namespace", "ci", "--type=json"]
    found = yaml.safe_load(ROLE)
    for step in json.loads(words[-1]):
        found = patched(found, step)
    assert found == yaml.safe_load(compose(ROLE, placed(*operations)))


def patched(whole: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
    """One step of a JSON Patch, as RFC 6902 says; strict about parents."""
    *parents, last = [token.replace("~1", "/").replace("~0", "~") for token in step["path"].split("/")[1:]]
    holder: Any = whole
    for token in parents:
        holder = holder[int(token)] if isinstance(holder, list) else holder[token]
    if isinstance(holder, list):
        if step["op"] == "test":
            assert holder[int(last)] == step["value"]
        elif step["op"] == "remove":
            del holder[int(last)]
        else:
            holder.append(step["value"]) if last == "-" else holder.__setitem__(int(last), step["value"])
    elif step["op"] == "remove":
        del holder[last]
    else:
        assert (last in holder) == (step["op"] == "replace")
        holder[last] = step["value"]
    return whole


POD = """\
apiVersion: v1
kind: {kind}
metadata:
  name: "web; rm -rf /"
{live}spec:
  template:
    spec:
      hostPID: true
      containers: []
"""


def outcome_of(text: str, refusal: str = "") -> tuple[str, str]:
    planner = Planner({"a.yaml": Original("kubernetes", text, refusal)}, lambda _: ())
    line = text[: text.index("hostPID")].count("\n") + 1
    place = Location("a.yaml", "/spec/template/spec/hostPID", line, 1)
    (outcome,) = planner.add(Found("host-pid", "", "", (Evidence(place, Basis.OBSERVED, "hostPID: true"),)))
    assert bool(planner.texts()) == outcome.made
    return outcome.reason, outcome.command


def test_an_object_that_was_copied_from_a_cluster_is_changed_there_and_its_name_is_quoted() -> None:
    reason, command = outcome_of(POD.format(kind="Deployment", live="  uid: 1\n"))
    assert "copied from a cluster" in reason
    assert shlex.split(command)[3] == "web; rm -rf /"
    assert outcome_of(POD.format(kind="Deployment", live="")) == ("", "")


def test_what_came_by_a_pipe_or_from_helm_is_not_edited() -> None:
    assert outcome_of(POD.format(kind="Deployment", live=""), "it came by the standard input")[1].startswith("kubectl patch")
    reason, command = outcome_of("---\n# Source: shop/templates/web.yaml\n" + POD.format(kind="Deployment", live=""))
    assert "Helm" in reason
    assert command == ""
    assert "template" in outcome_of(POD.format(kind="Deployment", live="  labels: {a: '{{ .Values.a }}'}\n"))[0]


def test_an_alias_on_the_way_is_no_place_for_a_change() -> None:
    text = "x: &pod {hostPID: true}\nkind: Deployment\nspec:\n  template:\n    spec: *pod\n"
    assert outcome_of(text)[0]


def test_a_namespace_that_no_file_declares_gets_a_command() -> None:
    text = POD.format(kind="Deployment", live="")
    planner = Planner({"a.yaml": Original("kubernetes", text)}, lambda _: ())
    evidence = (Evidence(Location("a.yaml", "", 1, 1), Basis.DEFAULTED, "no label"),)
    (outcome,) = planner.add(Found("psa-not-enforced", "", "", evidence, "kubernetes:Namespace:a b"))
    assert not outcome.made
    assert shlex.split(outcome.command)[:4] == ["kubectl", "label", "namespace", "a b"]
    assert planner.texts() == {}
