from __future__ import annotations

from breachway.threats.language import StepKind
from breachway.threats.loading import load_language
from breachway.threats.possession import possessing, possession
from breachway.threats.tables import read_table


def test_every_class_says_what_it_is_to_hold_it_or_that_nobody_can() -> None:
    for asset_class in load_language().assets:
        if asset_class.abstract and asset_class.name not in possession():
            continue
        assert any(name in possession() for name in asset_class.lineage), asset_class.name


def test_every_step_named_is_an_attack_step_of_its_class() -> None:
    classes = {asset_class.name: asset_class for asset_class in load_language().assets}
    for name, steps in possession().items():
        kinds = {step.name: step.kind for step in classes[name].steps}
        assert all(kinds.get(step) in {StepKind.OR, StepKind.AND} for step in steps), name
        assert possessing(classes[name]) == steps


def test_every_row_says_why_and_stands_in_order() -> None:
    rows = read_table("possession.tsv")
    assert all(row["why"] for row in rows)
    assert [row["class"] for row in rows] == sorted({row["class"] for row in rows})


def test_what_a_class_does_not_state_it_has_of_the_class_above() -> None:
    classes = {asset_class.name: asset_class for asset_class in load_language().assets}
    assert possessing(classes["NodePool"]) == ("root",)
    assert possessing(classes["ServiceAccount"]) == ("assume",)
    assert possessing(classes["Flow"]) == ()
