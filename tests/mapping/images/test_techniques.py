"""Every weakness of images proves itself on a pair of saved images, or of scans; ``expect-image.tsv`` names asset and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from breachway.mapping.model_building import build_model
from breachway.model import Verdict
from breachway.sources.reading import read
from tests.mapping.images.recipes import SAFE, TECHNIQUES, VULNERABLE, write

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.model import Model

SCANNED = "docker-image-known-vulnerabilities"
FOLDERS = (*sorted(VULNERABLE), SCANNED)


def model_of(path: Path) -> Model:
    return build_model(read([str(path)]))


def found(model: Model, key: str) -> set[tuple[str, str]]:
    certain = (weakness for weakness in model.weaknesses if weakness.key == key and weakness.verdict is Verdict.WEAK)
    return {(weakness.asset, str(weakness.evidence[0].location.line)) for weakness in certain}


def test_every_folder_is_tried() -> None:
    assert sorted(SAFE) == sorted(VULNERABLE)
    assert {path.parent.name for path in TECHNIQUES.glob("*/expect-image.tsv")} == set(FOLDERS)


@pytest.mark.parametrize("name", FOLDERS)
def test_technique(name: str) -> None:
    folder, key = TECHNIQUES / name, name.removeprefix("docker-")
    ending = "json" if name == SCANNED else "tar"
    rows = (folder / "expect-image.tsv").read_text(encoding="utf-8").splitlines()
    wanted = {(asset, line) for asset, line in (row.split("\t") for row in rows)}
    assert found(model_of(folder / f"vulnerable.{ending}"), key) == wanted
    assert found(model_of(folder / f"safe.{ending}"), key) == set()


@pytest.mark.parametrize("name", sorted(VULNERABLE))
def test_the_archives_are_those_of_the_recipes(name: str, tmp_path: Path) -> None:
    write(tmp_path, name)
    for file in ("vulnerable.tar", "safe.tar"):
        assert (tmp_path / file).read_bytes() == (TECHNIQUES / name / file).read_bytes()
