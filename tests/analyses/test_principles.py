from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

from breachway.analyses import principles as principles_module
from breachway.analyses.principles import surface
from breachway.analyses.segregation import both_sides
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.mapping.model_building import build_model
from breachway.reports.principles import render
from breachway.sources.reading import read
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from breachway.analyses.segregation import BothSides
    from breachway.graph.layout import AttackGraph

ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: {name}, namespace: {namespace}}}
rules:
- apiGroups: ["{group}"]
  resources: ["{resource}"]
  verbs: ["create", "update", "patch", "delete"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: {name}, namespace: {namespace}}}
subjects: [{{kind: {subject}, name: {who}{place}}}]
roleRef: {{kind: Role, name: {name}, apiGroup: rbac.authorization.k8s.io}}
---
"""


def role(name: str, namespace: str, group: str, resource: str, *, user: str = "") -> str:
    subject, who, place = ("User", user, "") if user else ("ServiceAccount", "robot", ", namespace: shop")
    return ROLE.format(name=name, namespace=namespace, group=group, resource=resource, subject=subject, who=who, place=place)


def graph_of(folder: Path, text: str) -> AttackGraph:
    (folder / "roles.yaml").write_text(text, encoding="utf-8")
    return generate(load_language(), build_model(read([str(folder)], stdin=io.BytesIO()), None))


def found_in(folder: Path, text: str) -> list[BothSides]:
    graph = graph_of(folder, text)
    assert any(link.association == "Holds" for link in graph.model.links)
    return list(both_sides(graph, gates_of(graph)))


@cache
def shop() -> AttackGraph:
    return generate(load_language(), build_model(read(["examples/shop"], stdin=io.BytesIO()), None))


def test_an_identity_with_both_sides_is_named_with_the_lines_of_both(tmp_path: Path) -> None:
    text = role("deploy", "shop", "apps", "deployments") + role("isolate", "shop", "networking.k8s.io", "networkpolicies")
    found = found_in(tmp_path, text)
    assert [one.duty.key for one in found] == ["deploys-and-isolates"]
    assert found[0].first.location is not None
    assert found[0].second.location is not None
    assert found[0].first.location.document.endswith("roles.yaml")
    assert found[0].first.location != found[0].second.location


def test_the_sides_in_two_namespaces_are_no_duty_of_one(tmp_path: Path) -> None:
    text = role("deploy", "shop", "apps", "deployments") + role("isolate", "bank", "networking.k8s.io", "networkpolicies")
    assert found_in(tmp_path, text) == []


def test_the_sides_of_two_identities_are_kept_apart(tmp_path: Path) -> None:
    text = role("deploy", "shop", "apps", "deployments") + role(
        "isolate", "shop", "networking.k8s.io", "networkpolicies", user="ann"
    )
    assert found_in(tmp_path, text) == []


def test_a_right_over_the_cluster_reaches_into_every_namespace(tmp_path: Path) -> None:
    wide = role("isolate", "shop", "networking.k8s.io", "networkpolicies")
    wide = wide.replace("kind: RoleBinding", "kind: ClusterRoleBinding").replace("kind: Role\n", "kind: ClusterRole\n")
    wide = wide.replace("roleRef: {kind: Role,", "roleRef: {kind: ClusterRole,").replace(
        "name: isolate, namespace: shop}", "name: isolate}"
    )
    found = found_in(tmp_path, role("deploy", "shop", "apps", "deployments") + wide)
    assert [one.duty.key for one in found] == ["deploys-and-isolates"]


def test_surface_counts_what_is_there_and_names_where() -> None:
    graph = shop()
    found = {one.kind.key: one for one in surface(graph)}
    kinds = [asset.kind for asset in graph.model.assets]
    assert found["images"].among == len(found["images"].items) == kinds.count("Image")
    assert found["privileged"].among == kinds.count("Container")
    for one in found.values():
        assert len(one.items) <= one.among
        assert all(item.location is not None or not item.assumed for item in one.items)
    for item in found["root"].items:
        node = graph.find(item.asset, "nonRoot")
        assert node is not None
        assert graph.level[node] < 0.5
    off = [
        asset.id
        for asset in graph.model.assets
        if asset.kind == "Container" and (node := graph.find(asset.id, "nonRoot")) is not None and graph.level[node] < 0.5
    ]
    assert [item.asset for item in found["root"].items] == off


def test_a_large_model_says_that_its_depth_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(principles_module, "MOST_STEPS_IN_DEPTH", 10)
    figures = principles_module.principles(build_model(read(["examples/quiet"])))
    assert figures.depths == ()
    assert "Defence in depth (G2): not counted" in render(figures, "text")
