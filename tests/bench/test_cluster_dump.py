"""The generated dump of a cluster: the same bytes, the parts that it promises, and replicas that are replicas."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.declared import Declared
from breachway.mapping.kubernetes.replicas import templates
from breachway.sources.reading import read
from cluster_dump import NAMESPACES_PER_THOUSAND, PAGE, PODS_PER_NODE, dump

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PODS = 700


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def test_the_same_size_gives_the_same_files(tmp_path: Path) -> None:
    assert dump(PODS, tmp_path / "one") == dump(PODS, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_dump_has_every_part_and_unique_names(tmp_path: Path) -> None:
    written = dump(PODS, tmp_path)
    lists = [json.loads(text) for text in contents(tmp_path).values()]
    assert len(lists) == written.files
    assert max(len(one["items"]) for one in lists) == PAGE
    items = [item for one in lists for item in one["items"]]
    names = Counter((item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in items)
    assert max(names.values()) == 1
    kinds = Counter(item["kind"] for item in items)
    assert sum(kinds.values()) == sum(written.objects.values())
    assert (kinds["Pod"], kinds["Node"]) == (PODS, -(-PODS // PODS_PER_NODE))
    assert kinds["Namespace"] == PODS * NAMESPACES_PER_THOUSAND // 1000 + 3
    assert {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "CronJob", "Job", "Service", "NetworkPolicy"} <= set(kinds)
    placed = Counter(item["spec"]["nodeName"] for item in items if item["kind"] == "Pod")
    assert set(placed) == {item["metadata"]["name"] for item in items if item["kind"] == "Node"}


def test_only_rollouts_say_more_than_their_makers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dump(PODS, tmp_path)
    monkeypatch.chdir(tmp_path)
    inventory = read(["."])
    assert inventory.unread == ()
    kept = Counter(item.kind for item in inventory.kubernetes)
    assert kept["Pod"] == 0
    assert kept["ReplicaSet"] == 2
    found = Counter(template.subject for template in templates(Declared(inventory.kubernetes), inventory.replicas))
    assert sorted(found.values())[-3:] == [1, 2, 2]
