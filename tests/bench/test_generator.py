from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import yaml

from generator import WORKLOADS_PER_NAMESPACE, generate, place

if TYPE_CHECKING:
    from pathlib import Path


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.yaml"))}


def test_the_same_size_gives_the_same_files(tmp_path: Path) -> None:
    generate(60, tmp_path / "one")
    generate(60, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_larger_deployment_only_adds(tmp_path: Path) -> None:
    generate(60, tmp_path / "small")
    generate(90, tmp_path / "large")
    assert contents(tmp_path / "small").items() <= contents(tmp_path / "large").items()


def test_the_deployment_has_every_part_and_unique_names(tmp_path: Path) -> None:
    workloads = 2 * WORKLOADS_PER_NAMESPACE
    assert generate(workloads, tmp_path) == workloads + 2
    objects = [document for text in contents(tmp_path).values() for document in yaml.load_all(text, yaml.CSafeLoader)]
    kinds = Counter(item["kind"] for item in objects)
    names = Counter((item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects)
    assert max(names.values()) == 1
    assert sum(kinds[kind] for kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob")) == workloads
    assert {"Namespace", "Role", "RoleBinding", "ServiceAccount", "Secret", "ConfigMap", "NetworkPolicy", "Ingress"} <= set(kinds)
    bound = {item["roleRef"]["name"] for item in objects if item["kind"] == "RoleBinding"}
    assert len(bound) > 1


def test_a_workload_follows_from_its_number() -> None:
    assert place(7) == place(7)
    assert place(7).kind == "StatefulSet"
    assert place(WORKLOADS_PER_NAMESPACE).namespace == "team-001"
