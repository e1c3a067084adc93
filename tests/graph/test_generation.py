from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.errors import LanguageError
from breachway.graph.generation import generate
from breachway.model import Asset, DefenceState, Link, Model
from breachway.threats.compiling import compile_language
from breachway.threats.loading import language_files, load_language
from tests.graph.models import evidence, random_model
from tests.graph.naive import naive_edges
from tests.graph.toolbox import assert_equal_to_toolbox, edges_by_name

if TYPE_CHECKING:
    from breachway.threats.language import Language

CONSTRUCTS = Path(__file__).with_name("constructs.mal")
SHIPPED = Path(__file__).parents[2] / "src" / "breachway" / "threats" / "lang"


@cache
def constructs() -> Language:
    return compile_language((CONSTRUCTS,))


def test_constructs_equal_toolbox() -> None:
    models = [random_model(constructs(), seed, assets=4 + 3 * seed, links=8 * seed) for seed in range(8)]
    assert_equal_to_toolbox((CONSTRUCTS,), *models)


def test_shipped_language_equals_toolbox_on_six_models() -> None:
    language = load_language()
    container = ("Container", "HostPool", "HostMount", "Workload", "Application", "NetworkZone", "Flow", "Internet", "Exposure")
    models = [random_model(language, seed, assets=20 + 10 * seed, links=60 + 40 * seed) for seed in range(3)]
    models += [random_model(language, seed, assets=30 + 10 * seed, links=150 + 50 * seed, kinds=container) for seed in range(3)]
    assert_equal_to_toolbox(language_files(SHIPPED), *models)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), assets=st.integers(0, 9), links=st.integers(0, 25))
def test_edges_equal_those_of_single_asset_evaluation(seed: int, assets: int, links: int) -> None:
    model = random_model(constructs(), seed, assets=assets, links=links)
    graph = generate(constructs(), model)
    assert edges_by_name(graph) == naive_edges(constructs(), model)
    back = sorted((graph.name(int(parent)), graph.name(node)) for node in range(graph.size) for parent in graph.parents.of(node))
    assert back == edges_by_name(graph)


def test_a_star_on_the_left_of_a_union_leaves_the_right_alone(tmp_path: Path) -> None:
    file = tmp_path / "star.mal"
    file.write_text(
        '#id: "star"\n#version: "1.0.0"\ncategory C {\n asset N {\n | hit\n -> (next* \\/ side).hit\n }\n}\n'
        "associations { N [before] * <-- Next --> * [next] N\n  N [sided] * <-- Side --> * [side] N }\n",
        encoding="utf-8",
    )
    language = compile_language((file,))
    assets = tuple(Asset(id=name, kind="N", name=name, platform="", evidence=()) for name in "abcd")
    model = Model(
        assets=assets,
        links=(
            Link(association="Next", left="a", right="b", evidence=()),
            Link(association="Side", left="a", right="c", evidence=()),
            Link(association="Side", left="b", right="d", evidence=()),
        ),
    )
    edges = edges_by_name(generate(language, model))
    assert [end for start, end in edges if start == "a:hit"] == ["a:hit", "b:hit", "c:hit"]


@pytest.mark.parametrize(
    "model,word",
    [
        (Model(assets=(Asset(id="x", kind="Nonsense", name="x", platform="", evidence=()),)), "Nonsense"),
        (Model(links=(Link(association="Wrong", left="x", right="y", evidence=()),)), "Wrong"),
        (Model(links=(Link(association="Near", left="x", right="y", evidence=()),)), "y"),
        (Model(defences=(DefenceState(asset="x", defence="shield", probability=1.0, evidence=()),)), "x"),
        (
            Model(
                assets=(Asset(id="x", kind="Plain", name="x", platform="", evidence=()),),
                defences=(DefenceState(asset="x", defence="touch", probability=1.0, evidence=()),),
            ),
            "touch",
        ),
    ],
)
def test_what_the_language_does_not_know_is_named(model: Model, word: str) -> None:
    with pytest.raises(LanguageError, match=word):
        generate(constructs(), model)


def test_an_empty_model_gives_an_empty_graph() -> None:
    assert generate(constructs(), Model()).size == 0


def test_of_two_states_for_one_defence_the_weaker_counts() -> None:
    model = Model(
        assets=(Asset(id="x", kind="Plain", name="x", platform="", evidence=evidence("x")),),
        defences=tuple(DefenceState(asset="x", defence="shield", probability=p, evidence=()) for p in (0.2, 0.9)),
    )
    graph = generate(constructs(), model)
    node = graph.find("x", "shield")
    assert node is not None
    assert float(graph.level[node]) == pytest.approx(0.2)
    assert graph.find("x", "nothing") is None
    assert graph.find("y", "shield") is None


def test_two_assets_of_one_id_and_a_step_that_is_missing_are_named() -> None:
    asset = Asset(id="x", kind="Plain", name="x", platform="", evidence=())
    with pytest.raises(LanguageError, match="one id"):
        generate(constructs(), Model(assets=(asset, asset)))
    language = constructs()
    plain = next(one for one in language.assets if one.name == "Plain")
    broken = replace(plain, steps=tuple(one for one in plain.steps if one.name != "touch"))
    changed = replace(language, assets=tuple(broken if one is plain else one for one in language.assets))
    with pytest.raises(LanguageError, match=r"leads to touch, which Plain does not have"):
        generate(changed, Model(assets=(asset,)))
