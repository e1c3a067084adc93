"""Which line of a template a rendered line comes from, and where nothing is claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.evidence import Location, Unread
from breachway.sources.kubernetes.objects import OtherObject
from breachway.sources.kubernetes.recognition import kubernetes_objects
from breachway.sources.nodes import Mapping, Scalar, Sequence
from breachway.sources.rendered.alignment import align
from breachway.sources.rendered.helm import chart_inventory
from breachway.sources.rendered.kustomizations import look_through
from breachway.sources.rendered.merging import Candidate, trace
from breachway.sources.rendered.places import Place, Places
from breachway.sources.yaml_positions import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.sources.nodes import Node


@pytest.mark.parametrize(
    "rendered, template, found",
    [
        (["a: 1"], ["a: 1"], [0]),
        (["a: 1"], ["x: y", "a: {{ .Values.a }}"], [1]),
        (["a: 1"], ["a: 2"], [None]),
        (["a: 1"], ["a: 1", "a: 1"], [None]),
        (["x: 1", "a: 1", "y: 1"], ["a: 1", "x: 1", "a: 1", "y: 1"], [1, 2, 3]),
        (["x: 1", "a: 1", "y: 1"], ["a: {{ 1 }}", "x: 1", "a: {{ 2 }}", "y: 1"], [1, 2, 3]),
        (["x:", "  a: 1", "  b: 2"], ["x:", "  {{- toYaml .Values.x | nindent 2 }}"], [0, 1, 1]),
        (["x:", "  a: 1"], ["x:", "  {{- toYaml .Values.x | nindent 2 }}", "  {{- toYaml .Values.y | nindent 2 }}"], [0, None]),
        (["- name: web"], ["- name: {{ .Chart.Name }}"], [0]),
        (["", "---", "# note", "a: 1"], ["", "---", "# note", "a: 1"], [None, None, 2, 3]),
        (["a: 1"], [], [None]),
    ],
)
def test_lines_are_placed_where_that_can_be_known(rendered: list[str], template: list[str], found: list[int | None]) -> None:
    assert align(rendered, template) == found


_LINES = st.lists(
    st.sampled_from(["a: 1", "a: {{ x }}", "b:", "  - name: c", "  {{- toYaml . | nindent 4 }}", "", "---", "b: 2"]), max_size=12
)


@given(_LINES, _LINES)
@settings(max_examples=100, deadline=None)
def test_every_place_is_a_line_of_the_template_and_a_sure_line_reads_the_same(rendered: list[str], template: list[str]) -> None:
    found = align(rendered, template)
    assert len(found) == len(rendered)
    for text, place in zip(rendered, found, strict=True):
        if place is not None:
            assert template[place].strip() == text.strip() or "{{" in template[place]


OTHER = """apiVersion: example.com/v1
kind: Thing
metadata: {name: a, labels: {x: y}}
spec:
  list: [{a: 1}]
"""


def document(text: str) -> Node:
    (node,) = read_yaml(text, "rendered").documents
    assert node is not None
    return node


def lines_of(node: Node) -> set[int]:
    match node:
        case Scalar():
            return {node.line}
        case Sequence():
            return {node.line}.union(*(lines_of(item) for item in node.items))
        case Mapping():
            return {node.line}.union(*({entry.line} | lines_of(entry.node) for entry in node.entries.values()))


def test_an_object_that_is_not_typed_moves_with_its_tree() -> None:
    problems: list[Unread] = []
    (found,) = kubernetes_objects(document(OTHER), "rendered", problems)
    places = Places({1: Place("a.yaml", 11, 1), 3: Place("b.yaml", 99, 1), 5: Place("a.yaml", 15, 3)}, Place("a.yaml", 10, 1))
    moved = places.moved(found)
    assert isinstance(moved, OtherObject)
    assert (moved.location.document, moved.location.line) == ("a.yaml", 11)
    assert moved.metadata.name is not None
    assert (moved.metadata.name.location.document, moved.metadata.name.location.line) == ("b.yaml", 99)
    assert lines_of(moved.node) == {10, 11, 15}, "a tree keeps to the document of its object"
    problem = places.problem(Unread(Location("rendered", "/x", 5, 1), "field", "wrong"))
    assert problem.location == Location("a.yaml", "/x", 15, 3)


@pytest.mark.parametrize(
    "rendered, manifest, patch, line, found",
    [
        ("a: 1\nb: 2\n", "b: 2\na: 1\n", "c: 3\n", 1, ("manifest", 2)),
        ("a: 2\n", "a: 1\n", "x: 1\na: 2\n", 1, ("patch", 2)),
        ("a: 3\n", "x: 1\na: 1\n", "a: 2\n", 1, ("manifest", 2)),
        ("l:\n- x\n- y\n", "l:\n- y\n- x\n", "l: []\n", 3, ("manifest", 2)),
        ("l:\n- name: b\n  v: 1\n", "l:\n- name: a\n  v: 1\n- name: b\n  v: 1\n", "{}", 3, ("manifest", 5)),
        ("l:\n- v: 1\n- v: 2\n", "l:\n- v: 1\n- v: 2\n", "{}", 3, ("manifest", 3)),
        ("l:\n- v: 1\n", "{}", "l:\n  '0':\n    v: 1\n", 2, ("patch", 3)),
        ("l:\n- v: 1\n", "{}", "l: text\n", 2, None),
    ],
)
def test_a_field_comes_from_the_manifest_or_from_the_patch_that_sets_it(
    rendered: str, manifest: str, patch: str, line: int, found: tuple[str, int] | None
) -> None:
    places: dict[int, Place] = {}
    trace(document(rendered), [Candidate("manifest", document(manifest)), Candidate("patch", document(patch))], places)
    place = places.get(line)
    assert (None if place is None else (place.document, place.line)) == found


def test_problems_of_a_template_are_listed_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.yaml").write_text(
        "kind: {{ 1 }}\n---\napiVersion: v1\nkind: Pod\nmetadata: [x]\n", encoding="utf-8"
    )
    text = "---\n# Source: c/templates/a.yaml\napiVersion: v1\nkind: Pod\nmetadata: [x]\n---\n# Source: c/templates/a.yaml\n- 1\n"
    chart = chart_inventory(text, "chart", tmp_path)
    (problem,) = chart.inventory.unread
    assert problem.location.document == "chart/templates/a.yaml"
    assert problem.location.line == 5


def test_a_kustomization_is_looked_through_with_all_that_it_builds_on(tmp_path: Path) -> None:
    files = {
        "app/kustomization.yaml": """resources: [../base, service.yaml]
components: [../part]
crds: [crd.yaml]
configMapGenerator: [{name: a, files: [key=a.txt, b.txt], envs: [c.env]}, plain]
secretGenerator: [{name: b, env: c.env}]
patches: [{path: one.yaml}, {patch: "kind: Service"}, plain]
patchesStrategicMerge:
  - two.yaml
  - |-
    kind: Deployment
    spec: {replicas: 3}
patchesJson6902:
  - target: {kind: Deployment, name: a}
    path: three.json
transformers:
  - |-
    apiVersion: builtin
    kind: PatchTransformer
    path: one.yaml
""",
        "base/kustomization.yml": "resources: [deploy.yaml]\n",
        "part/Kustomization": "kind: Component\n",
    }
    names = ("service.yaml", "crd.yaml", "a.txt", "b.txt", "c.env", "one.yaml", "two.yaml")
    files |= {f"app/{name}": "kind: Deployment\n" for name in names}
    operations = (
        '[{"op": "replace", "path": "/a~1b/0/c", "value": 1}, {"op": "remove", "path": "/x"}, {"op": "add", "path": "/y"}, 3]'
    )
    files |= {"base/deploy.yaml": "kind: Deployment\n", "app/three.json": operations}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = look_through(tmp_path / "app", "app")
    assert found.refused is None
    assert found.files == set(files)
    assert [(patch.document, patch.node.line) for patch in found.patches] == [
        ("app/one.yaml", 1),
        ("app/kustomization.yaml", 6),
        ("app/three.json", 1),
        ("app/two.yaml", 1),
        ("app/kustomization.yaml", 10),
    ]
    node = found.patches[2].node
    assert isinstance(node, Mapping)
    inner = node.entries["a/b"].node
    assert isinstance(inner, Mapping)
    assert list(inner.entries) == ["0"]


def test_more_kustomizations_than_anybody_writes_are_refused(tmp_path: Path) -> None:
    for number in range(510):
        folder = tmp_path / f"k{number}"
        folder.mkdir()
        (folder / "kustomization.yaml").write_text(f"resources: [../k{number + 1}]\n", encoding="utf-8")
    (tmp_path / "k510").mkdir()
    found = look_through(tmp_path / "k0", "k0")
    assert found.refused is not None
    assert "more than 500" in found.refused.reason
    last = look_through(tmp_path / "k509", "k509")
    assert last.refused is not None
    assert "no kustomization.yaml" in last.refused.reason
