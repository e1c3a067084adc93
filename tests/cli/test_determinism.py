"""The same input gives the same bytes, and reformatting a manifest changes no fingerprint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.given import breachway

SHOP = Path(__file__).parents[2] / "examples" / "shop"
FORMATS = ("terminal", "html", "json", "sarif", "markdown")


def written(folder: Path, seed: str) -> dict[str, bytes]:
    """Run the command in a process of its own under a hash seed; the terminal report goes to a file like the others."""
    words = [word for name in FORMATS for word in ("--format", name)]
    outputs = [word for name in FORMATS for word in ("--output", str(folder / name))]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "breachway", "model", "examples/shop", *words, *outputs]
    subprocess.run(command, check=True, cwd=SHOP.parents[1], env=environment, capture_output=True)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_two_hash_seeds_give_the_same_bytes_in_every_format(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    first, second = written(one, "1"), written(two, "4242")
    assert set(first) == set(FORMATS)
    assert [name for name in FORMATS if first[name] != second[name]] == []


def fingerprints(folder: Path) -> dict[str, list[str]]:
    outcome = breachway("model", str(folder), "--format", "json")
    document: dict[str, Any] = json.loads(outcome.out)
    return {part: sorted(item["fingerprint"] for item in document[part]) for part in ("paths", "fixes", "weaknesses")}


@pytest.mark.parametrize("indent", [2, 6])
def test_reformatting_manifests_changes_no_fingerprint(tmp_path: Path, indent: int) -> None:
    """Comments gone, other indentation, flow style turned to block style, keys sorted, lines moved."""
    plain, reformatted = tmp_path / "a" / "kubernetes", tmp_path / "b" / "kubernetes"
    plain.mkdir(parents=True)
    reformatted.mkdir(parents=True)
    for source in sorted((SHOP / "kubernetes").glob("*.yaml")):
        text = source.read_text(encoding="utf-8")
        (plain / source.name).write_text(text, encoding="utf-8")
        documents = [document for document in yaml.safe_load_all(text) if document is not None]
        dumped = yaml.safe_dump_all(documents, indent=indent, default_flow_style=False, sort_keys=True)
        (reformatted / source.name).write_text("# moved\n\n\n" + dumped, encoding="utf-8")
    before, after = fingerprints(tmp_path / "a"), fingerprints(tmp_path / "b")
    assert before["paths"]
    assert before["weaknesses"]
    assert before == after
