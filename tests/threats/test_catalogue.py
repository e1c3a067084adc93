from __future__ import annotations

import re
from pathlib import Path

import pytest

from breachway.threats.catalogue import WeaknessInfo, load_weaknesses, weakness_by_key
from breachway.threats.language import StepKind
from breachway.threats.loading import load_language
from breachway.threats.tables import read_table

DEFENCES = {
    f"{asset.name}.{step.name}"
    for asset in load_language().assets
    for step in asset.steps
    if step.kind is StepKind.DEFENCE and step.declared_in == asset.name
}
PLATFORMS = {"kubernetes", "compose", "docker", "ecs"}
STAGES = {
    "app-code",
    "build",
    "container-config",
    "escape",
    "host",
    "image-config",
    "networking",
    "orchestrator",
    "registry-supply-chain",
    "secrets",
}


def test_complete_against_the_list_of_keys() -> None:
    keys = Path(__file__).with_name("weakness_keys.txt").read_text(encoding="utf-8").split()
    assert [weakness.key for weakness in load_weaknesses()] == keys
    assert len(keys) == 204
    assert list(weakness_by_key()) == keys


@pytest.mark.parametrize("weakness", load_weaknesses(), ids=lambda weakness: weakness.key)
def test_entry_is_whole(weakness: WeaknessInfo) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", weakness.key)
    assert weakness.stage in STAGES
    assert weakness.platforms
    assert set(weakness.platforms) <= PLATFORMS
    assert weakness.severity in {"critical", "high", "medium", "low"}
    assert 5 < len(weakness.title) <= 72
    assert not weakness.title.endswith(".")
    assert weakness.sentence.endswith(".")
    assert len(weakness.sentence) > 30
    assert weakness.fix
    assert not weakness.fix.endswith(".")
    assert not weakness.caution.endswith(".")


@pytest.mark.parametrize("weakness", load_weaknesses(), ids=lambda weakness: weakness.key)
def test_every_binding_exists(weakness: WeaknessInfo) -> None:
    bound = (*weakness.defences, *weakness.may_weaken)
    assert [defence for defence in bound if defence not in DEFENCES] == []
    assert len(set(bound)) == len(bound)


def test_titles_and_sentences_are_distinct() -> None:
    catalogue = load_weaknesses()
    assert len({weakness.title for weakness in catalogue}) == len(catalogue)
    assert len({weakness.sentence for weakness in catalogue}) == len(catalogue)


def test_row_of_wrong_width_names_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "broken_tables"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "rows.tsv").write_text("a\tb\n1\t2\n# left out\n\n3\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValueError, match=r"rows\.tsv:5: 1 columns where the header has 2"):
        read_table("rows.tsv", "broken_tables")
