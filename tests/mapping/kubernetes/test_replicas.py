"""Templates from objects: replicas add nothing but where they run, and what differs from its maker is modelled too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from breachway.mapping.kubernetes.declared import Declared
from breachway.mapping.kubernetes.replicas import Template, templates
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from tests.mapping.kubernetes.clusters import weaknesses
from tests.sources.test_kubernetes_lists import (
    DIFFERENT,
    HASH,
    OLD_HASH,
    Object,
    deployment,
    listed,
    made_by,
    pod,
    replica_set,
)

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.sources.inventory import Inventory

APP = "kubernetes:Container:shop/Deployment/web/app"
FORMS = pytest.mark.parametrize("form", ["json", "yaml"])


def inventory_of(folder: Path, monkeypatch: pytest.MonkeyPatch, form: str, *items: Object) -> Inventory:
    """Read objects as one list: as JSON, which the quick reader takes, or as YAML, which it does not."""
    text = listed(*items)
    (folder / f"dump.{form}").write_text(text if form == "json" else yaml.safe_dump(json.loads(text)), encoding="utf-8")
    monkeypatch.chdir(folder)
    return read(["."])


def templates_of(inventory: Inventory) -> tuple[Template, ...]:
    return templates(Declared(inventory.kubernetes), inventory.replicas)


def images(found: tuple[Template, ...]) -> list[str]:
    specs = (template.workload.pod_template.spec for template in found)
    return [container.image.value for spec in specs for container in spec.containers if container.image]


@FORMS
def test_replicas_add_nothing_but_where_they_run(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pods = [pod("aaaaa", node="node-2"), pod("bbbbb"), pod("ccccc")]
    (template,) = templates_of(inventory_of(tmp_path, monkeypatch, form, deployment(), replica_set(), *pods))
    assert (template.subject, template.replicas, template.workload.kind) == ("Deployment shop/web", 2, "Deployment")
    assert template.node_names == ("node-1", "node-2")


@FORMS
def test_during_a_rollout_both_templates_are_modelled(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = [pod("ccccc", OLD_HASH, "web:1", node="node-9"), pod("ddddd", OLD_HASH, "web:1")]
    everything = (deployment(), replica_set(), replica_set(OLD_HASH, "web:1", 2), pod("aaaaa"), *old)
    found = templates_of(inventory_of(tmp_path, monkeypatch, form, *everything))
    assert {template.subject for template in found} == {"Deployment shop/web"}
    assert images(found) == ["web:2", "web:1"]
    assert found[1].workload.kind == "ReplicaSet"
    assert {template.node_names for template in found} == {("node-1", "node-9")}


@FORMS
def test_an_old_revision_that_runs_nothing_is_left_out(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = templates_of(inventory_of(tmp_path, monkeypatch, form, deployment(), replica_set(OLD_HASH, "web:1", 0)))
    assert images(found) == ["web:2"]


@FORMS
def test_a_pod_that_has_ended_is_left_out(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = {**pod("aaaaa", OLD_HASH, "web:1"), "status": {"phase": "Succeeded"}}
    assert images(templates_of(inventory_of(tmp_path, monkeypatch, form, deployment(), ended))) == ["web:2"]


@FORMS
@pytest.mark.parametrize("reason", sorted(DIFFERENT))
def test_a_pod_that_differs_is_a_template_of_its_maker(
    reason: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = templates_of(inventory_of(tmp_path, monkeypatch, form, deployment(), replica_set(), pod("aaaaa"), DIFFERENT[reason]))
    assert [(template.subject, template.workload.kind) for template in found] == [
        ("Deployment shop/web", "Deployment"),
        ("Deployment shop/web", "Pod"),
    ]


@FORMS
def test_pods_alone_give_a_template_for_each_content(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pods = [pod("aaaaa"), pod("bbbbb"), pod("ccccc", OLD_HASH, "web:1"), pod("ddddd", OLD_HASH, "web:1")]
    found = templates_of(inventory_of(tmp_path, monkeypatch, form, *pods))
    assert [(template.subject, template.replicas) for template in found] == [("Deployment shop/web", 4)] * 2
    assert images(found) == ["web:2", "web:1"]


@FORMS
def test_the_chain_of_makers_is_followed(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rollout = {**deployment(), "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
    made = replica_set()
    made["metadata"] |= {"name": "web-x", "ownerReferences": made_by("Rollout", "web")}
    running = pod("aaaaa")
    running["metadata"]["ownerReferences"] = made_by("ReplicaSet", "web-x")
    (template,) = templates_of(inventory_of(tmp_path, monkeypatch, form, rollout, made, running))
    assert (template.subject, template.node_names) == ("Rollout shop/web", ("node-1",))


@FORMS
def test_makers_in_a_circle_are_not_lost(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = replica_set(), replica_set(OLD_HASH)
    one["metadata"]["ownerReferences"] = made_by("ReplicaSet", other["metadata"]["name"])
    other["metadata"]["ownerReferences"] = made_by("ReplicaSet", one["metadata"]["name"])
    assert images(templates_of(inventory_of(tmp_path, monkeypatch, form, one, other)))[0] == "web:2"


@FORMS
def test_a_weakness_of_the_old_revision_is_found(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = replica_set(OLD_HASH, "web:1", 1)
    old["spec"]["template"]["spec"]["hostPID"] = True
    model = build_model(inventory_of(tmp_path, monkeypatch, form, deployment(), old))
    assert weaknesses(model, "host-pid") == [APP]


@FORMS
def test_an_object_that_stands_twice_is_said(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_model(inventory_of(tmp_path, monkeypatch, form, deployment(), replica_set(), pod("aaaaa"), pod("aaaaa")))
    said = [item for item in model.unread if "declared again" in item.reason]
    assert [item.reason.partition(" is ")[0] for item in said] == [f"Pod shop/web-{HASH}-aaaaa"]
    assert said[0].location.pointer == "/items/3"


def test_both_forms_give_one_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = replica_set(OLD_HASH, "web:1", 1)
    items = (deployment(), replica_set(), old, pod("aaaaa"), pod("bbbbb"), pod("ccccc", OLD_HASH, "web:1"))
    found = []
    for form in ("json", "yaml"):
        folder = tmp_path / form
        folder.mkdir()
        model = build_model(inventory_of(folder, monkeypatch, form, *items))
        found.append(([asset.id for asset in model.assets], [(link.association, link.left, link.right) for link in model.links]))
    assert found[0] == found[1]
