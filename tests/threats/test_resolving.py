"""Specifications that mal-toolbox would refuse: ours says so too, and JSON keeps any expression."""

from __future__ import annotations

from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.errors import LanguageError
from breachway.threats.language import (
    AssetClass,
    Collect,
    Expression,
    FieldStep,
    Language,
    SetDifference,
    SetIntersection,
    SetUnion,
    Step,
    StepInfo,
    StepKind,
    Subtype,
    Target,
    Transitive,
)
from breachway.threats.language_json import language_from_json, language_to_json
from breachway.threats.resolving import resolve_language

Spec: TypeAlias = dict[str, Any]

FIELD: Spec = {"type": "field", "name": "parts"}
GO: Spec = {"type": "attackStep", "name": "go"}


def spec(targets: list[Spec], ttc: Spec | None = None, variables: tuple[Spec, ...] = ()) -> Spec:
    step: Spec = {
        "name": "go",
        "meta": {},
        "type": "or",
        "tags": [],
        "ttc": ttc,
        "requires": None,
        "reaches": {"overrides": True, "stepExpressions": targets},
    }
    asset = {
        "name": "Thing",
        "meta": {},
        "category": "Test",
        "isAbstract": False,
        "superAsset": None,
        "variables": list(variables),
        "attackSteps": [step],
    }
    association = {
        "name": "Owns",
        "leftAsset": "Thing",
        "leftField": "owners",
        "leftMultiplicity": {"min": 0, "max": None},
        "rightAsset": "Thing",
        "rightField": "parts",
        "rightMultiplicity": {"min": 0, "max": 1},
    }
    return {"defines": {"id": "t", "version": "1.0.0"}, "assets": [asset], "associations": [association]}


def collect(left: Spec, right: Spec) -> Spec:
    return {"type": "collect", "lhs": left, "rhs": right}


def test_nested_on_the_right() -> None:
    language = resolve_language(spec([collect(FIELD, collect(FIELD, GO))]))
    assert language.assets[0].steps[0].targets == (Target(Collect(FieldStep("parts"), FieldStep("parts")), "go"),)


def test_equal_targets_are_one() -> None:
    assert len(resolve_language(spec([GO, GO])).assets[0].steps[0].targets) == 1


@pytest.mark.parametrize(
    "targets, match",
    [
        ([FIELD], "does not end in a step"),
        ([collect({"type": "field", "name": "gone"}, GO)], "no field gone"),
        ([collect({"type": "variable", "name": "gone"}, GO)], "no variable gone"),
        ([collect({"type": "variable", "name": "all"}, GO)], "without end"),
    ],
)
def test_faults(targets: list[Spec], match: str) -> None:
    loop = {"name": "all", "stepExpression": {"type": "variable", "name": "all"}}
    with pytest.raises(LanguageError, match=match):
        resolve_language(spec(targets, variables=(loop,)))


def test_sum_of_times_is_refused() -> None:
    one = {"type": "function", "name": "Exponential", "arguments": [1.0]}
    with pytest.raises(LanguageError, match="not one distribution"):
        resolve_language(spec([], ttc={"type": "addition", "lhs": one, "rhs": one}))


def test_bernoulli_alone_takes_no_time() -> None:
    ttc = {"type": "function", "name": "Bernoulli", "arguments": [0.25]}
    found = resolve_language(spec([], ttc=ttc)).assets[0].steps[0].ttc
    assert found is not None
    assert (found.name, found.arguments, found.bernoulli) == ("Zero", (), 0.25)


names = st.sampled_from(["a", "b", "cd"])
expressions: st.SearchStrategy[Expression] = st.recursive(
    st.builds(FieldStep, names),
    lambda inner: st.one_of(
        st.builds(Collect, inner, inner),
        st.builds(SetUnion, inner, inner),
        st.builds(SetIntersection, inner, inner),
        st.builds(SetDifference, inner, inner),
        st.builds(Transitive, inner),
        st.builds(Subtype, inner, names),
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(st.lists(expressions, max_size=3), st.text(max_size=20), st.floats(0, 1))
def test_json_keeps_everything(vias: list[Expression], text: str, chance: float) -> None:
    step = Step(
        name="go",
        kind=StepKind.EXISTS,
        declared_in="Thing",
        targets=tuple(Target(via, "go") for via in vias),
        requires=tuple(vias),
        tags=("read",),
        ttc=None,
        default_on=chance,
        info=StepInfo(title=text, sentence=text, mission=("A1",)),
    )
    asset = AssetClass(name="Thing", category="Test", abstract=False, lineage=("Thing",), sentence=text, steps=(step,))
    language = Language(id="t", version="1.0.0", assets=(asset,), associations=())
    assert language_from_json(language_to_json(language)) == language
