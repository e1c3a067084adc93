from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from breachway.errors import LanguageError
from breachway.threats import compiling
from breachway.threats.compiling import compile_folder, compile_language
from breachway.threats.language import (
    Collect,
    Distribution,
    FieldStep,
    Language,
    SetDifference,
    SetIntersection,
    SetUnion,
    Step,
    StepKind,
    Subtype,
    Target,
    Transitive,
)
from breachway.threats.language_json import language_from_json, language_to_json
from breachway.threats.loading import COMPILED_NAME, language_folder, load_language

if TYPE_CHECKING:
    from pathlib import Path

BASE = """
category Things user info: "Whatever." {
  abstract asset Base
    user info: "What all have."
  {
    let near = parts[Wheel]
    | go @network [Exponential(2.0)]
      title info: "go on" user info: "It goes." stride info: "S, E" attack info: "T1078"
      -> stop
    | stop -> parts.turn
    & fall [HardAndUncertain] -> near().turn
    # held [Enabled] -> fall
    # kept -> fall
    # likely [Bernoulli(0.25)] -> fall
    E joined <- parts -> fall
    !E alone <- parts.bases -> fall
  }
  asset Car extends Base {
    | go @escape [Exponential(1.0) * Bernoulli(0.5)] +> fall
    | stop -> (parts \\/ spare).turn, (parts /\\ spare).turn, (parts - spare).turn, next*.go
    | fine
      -> near().turn
  }
  asset Part { | turn [Gamma(2.0, 3.0)] }
  asset Wheel extends Part { | turn [Gamma(2.0, 3.0)] title info: "roll" }
}
associations {
  Base [bases] 1    <-- Has     --> 1..* [parts] Part
  Car  [kept2] 0..1 <-- Spares  --> *    [spare] Part
  Car  [last]  *    <-- Follows --> 0..1 [next]  Car
}
"""


def write(folder: Path, text: str = BASE) -> Path:
    main = folder / "main.mal"
    main.write_text(f'#id: "test.cars"\n#version: "1.2.3"\n{text}', encoding="utf-8")
    return main


@pytest.fixture(scope="module")
def cars(tmp_path_factory: pytest.TempPathFactory) -> Language:
    return compile_language(write(tmp_path_factory.mktemp("cars")))


def step(language: Language, asset: str, name: str) -> Step:
    return next(each for a in language.assets if a.name == asset for each in a.steps if each.name == name)


PARTS, SPARE = FieldStep("parts"), FieldStep("spare")


def test_shipped_bytes_are_what_compiles() -> None:
    shipped = (language_folder().parent / COMPILED_NAME).read_text(encoding="utf-8")
    assert compile_folder(language_folder()) == shipped


def test_compiling_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compile_language(write(tmp_path))
    assert [each.name for each in tmp_path.iterdir()] == ["main.mal"]


def test_names_and_order(cars: Language) -> None:
    assert (cars.id, cars.version) == ("test.cars", "1.2.3")
    assert [asset.name for asset in cars.assets] == ["Base", "Car", "Part", "Wheel"]
    assert [association.name for association in cars.associations] == ["Follows", "Has", "Spares"]
    for asset in cars.assets:
        assert [each.name for each in asset.steps] == sorted(each.name for each in asset.steps)


def test_classes(cars: Language) -> None:
    base, car, _, wheel = cars.assets
    assert base.abstract
    assert not car.abstract
    assert car.lineage == ("Car", "Base")
    assert wheel.lineage == ("Wheel", "Part")
    assert base.sentence == "What all have."
    assert base.category == "Things"


def test_multiplicities(cars: Language) -> None:
    follows, has, spares = cars.associations
    assert (has.left_min, has.left_max, has.right_min, has.right_max) == (1, 1, 1, None)
    assert (spares.left_min, spares.left_max, spares.right_min, spares.right_max) == (0, 1, 0, None)
    assert (follows.left_asset, follows.left_field, follows.right_field) == ("Car", "last", "next")


def test_append_keeps_what_is_inherited(cars: Language) -> None:
    go = step(cars, "Car", "go")
    assert go.targets == (Target(None, "stop"), Target(None, "fall"))
    assert go.tags == ("escape", "network")
    assert go.declared_in == "Base"
    assert go.ttc == Distribution("Exponential", (1.0,), 0.5)
    assert go.info.title == "go on"
    assert go.info.stride == ("S", "E")
    assert go.info.attack == ("T1078",)


def test_arrow_overrides_and_set_operators(cars: Language) -> None:
    assert step(cars, "Car", "stop").targets == (
        Target(SetUnion(PARTS, SPARE), "turn"),
        Target(SetIntersection(PARTS, SPARE), "turn"),
        Target(SetDifference(PARTS, SPARE), "turn"),
        Target(Transitive(FieldStep("next")), "go"),
    )
    assert step(cars, "Base", "stop").targets == (Target(PARTS, "turn"),)


def test_variable_is_put_in_place(cars: Language) -> None:
    near = Subtype(PARTS, "Wheel")
    assert step(cars, "Base", "fall").targets == (Target(near, "turn"),)
    assert step(cars, "Car", "fall").targets == (Target(near, "turn"),)
    assert step(cars, "Car", "fine").targets == (Target(near, "turn"),)


def test_existence_and_defaults(cars: Language) -> None:
    assert step(cars, "Car", "joined").kind is StepKind.EXISTS
    assert step(cars, "Car", "joined").requires == (PARTS,)
    assert step(cars, "Car", "alone").kind is StepKind.NOT_EXISTS
    assert step(cars, "Car", "alone").requires == (Collect(PARTS, FieldStep("bases")),)
    assert [step(cars, "Car", name).default_on for name in ("held", "kept", "likely")] == [1.0, 0.0, 0.25]
    assert step(cars, "Car", "held").ttc is None


def test_distributions(cars: Language) -> None:
    assert step(cars, "Base", "fall").ttc == Distribution("Exponential", (0.1,), 0.5)
    assert step(cars, "Part", "turn").ttc == Distribution("Gamma", (2.0, 3.0))
    assert step(cars, "Base", "stop").ttc is None
    assert step(cars, "Wheel", "turn").info.title == "roll"


def test_json_round_trip(cars: Language) -> None:
    for language in (cars, load_language()):
        text = language_to_json(language)
        assert language_from_json(text) == language
        assert language_to_json(language_from_json(text)) == text


def test_json_of_another_layout_is_refused() -> None:
    with pytest.raises(LanguageError, match="layout 99"):
        language_from_json('{"format":99}')


def test_includes_in_folders(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "cars.mal").write_text(BASE, encoding="utf-8")
    main = write(tmp_path, 'include "lib/cars.mal"\n')
    assert len(compile_language(main).assets) == 4
    assert compile_language((tmp_path / "lib" / "cars.mal", main)) == compile_language(main)


@pytest.mark.parametrize(
    "text",
    [
        "category A { asset B { | go -> gone.step } }",
        "category A { asset B extends C { } }",
        "category A { asset B { | go [LogNormal(1.0)] } }",
        "category A { asset B { | go | go } } associations { B [x] * <-- C --> * [y] D }",
    ],
)
def test_faults_are_language_errors(tmp_path: Path, text: str) -> None:
    with pytest.raises(LanguageError, match="does not compile"):
        compile_language(write(tmp_path, text))


def test_text_that_a_parser_would_recover_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LanguageError, match="this is not MAL") as caught:
        compile_language(write(tmp_path, "category A {\n  asset B { | go -> (go }\n}"))
    assert caught.value.where is not None
    assert caught.value.where.line == 4


def test_nothing_to_compile() -> None:
    with pytest.raises(LanguageError, match=r"no \.mal file"):
        compile_language(())


def test_another_toolbox_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "TOOLBOX_VERSION", "9.9.9")
    with pytest.raises(LanguageError, match=r"is tested with 9\.9\.9") as caught:
        compile_language(write(tmp_path))
    assert "breachway[mal]" in caught.value.hint


def test_missing_toolbox_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = compiling.CHILD_PROGRAM.replace('version("mal-toolbox")', 'version("mal-toolbox-not-there")')
    monkeypatch.setattr(compiling, "CHILD_PROGRAM", child)
    with pytest.raises(LanguageError, match="not installed"):
        compile_language(write(tmp_path))


def test_child_that_dies_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "CHILD_PROGRAM", "import sys; sys.exit('it fell over')")
    with pytest.raises(LanguageError, match="does not compile: it fell over"):
        compile_language(write(tmp_path))
