from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

import pytest

from breachway.analyses.blast import blast_radii, holding
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.reachability import reach
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from breachway.threats.loading import load_language
from tests.analyses.shop import shop, shop_language

if TYPE_CHECKING:
    from breachway.model import Model


@cache
def example(name: str) -> Model:
    return build_model(read([f"examples/{name}"], stdin=io.BytesIO()), None)


@pytest.mark.parametrize("name", ["shop", "quiet"])
def test_the_radii_of_all_assets_are_those_of_a_run_for_each(name: str) -> None:
    model = example(name)
    graph = generate(load_language(), model)
    gates = gates_of(graph)
    held = holding(graph)
    radii = blast_radii(graph, gates, model.crown_jewels)
    assert {graph.asset_index[one.asset] for one in radii} == set(held)
    for one in radii:
        place = graph.asset_index[one.asset]
        reached = reach(graph, gates, held[place]).reached
        fallen = [asset for asset, nodes in held.items() if asset != place and reached[list(nodes)].any()]
        lost = [
            position
            for position, jewel in enumerate(model.crown_jewels)
            if reached[graph.find(jewel.asset, jewel.step)] and jewel.asset != one.asset
        ]
        assert (one.assets, list(one.jewels)) == (len(fallen), lost)
        assert one.value == sum(model.crown_jewels[position].value for position in lost)


def test_the_widest_radius_comes_first() -> None:
    model = example("shop")
    graph = generate(load_language(), model)
    radii = blast_radii(graph, gates_of(graph), model.crown_jewels)
    ranks = [(-one.value, -one.assets, one.asset) for one in radii]
    assert ranks == sorted(ranks)
    assert radii[0].value > 0
    assert radii == blast_radii(graph, gates_of(graph), model.crown_jewels, threads=1)


def test_an_asset_does_not_fall_with_itself() -> None:
    model = shop()
    graph = generate(shop_language(), model)
    container = next(one for one in blast_radii(graph, gates_of(graph), model.crown_jewels) if one.asset == "k:Container:worker")
    assert container.assets >= 1
    jewels = {model.crown_jewels[position].asset for position in container.jewels}
    assert jewels
    assert container.asset not in jewels
