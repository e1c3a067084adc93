from __future__ import annotations

from breachway.threats.language import StepKind
from breachway.threats.loading import load_language
from breachway.threats.principles import duties, surface_kinds


def test_every_side_of_a_duty_names_steps_that_some_permission_set_has() -> None:
    known = {
        step.name
        for asset in load_language().assets
        if "PermissionSet" in asset.lineage
        for step in asset.steps
        if step.kind is StepKind.AND
    }
    for duty in duties():
        assert duty.first
        assert duty.second
        assert {*duty.first, *duty.second} <= known, duty.key
        assert not {*duty.first} & {*duty.second}, duty.key
        assert duty.title
        assert duty.why


def test_keys_are_unique_and_the_duties_in_order() -> None:
    keys = [duty.key for duty in duties()]
    assert keys == sorted(set(keys))
    assert len({kind.key for kind in surface_kinds()}) == len(surface_kinds())


def test_what_counts_as_surface_is_known_to_the_language() -> None:
    for kind in surface_kinds():
        classes = [asset for asset in load_language().assets if kind.asset_class in asset.lineage]
        assert classes, kind.key
        defences = {step.name for asset in classes for step in asset.steps if step.kind is StepKind.DEFENCE}
        assert set(kind.off) <= defences, kind.key
