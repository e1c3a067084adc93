from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.graph.checking import check_model, conjunctions
from breachway.graph.explaining import Explainer
from breachway.graph.generation import generate
from breachway.model import Asset, CrownJewel, DefenceState, EntryPoint, Link, Model
from tests.graph.models import random_model
from tests.graph.naive import naive_edges
from tests.graph.test_generation import constructs


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), assets=st.integers(1, 7), links=st.integers(0, 14))
def test_the_links_of_an_edge_are_enough_for_it(seed: int, assets: int, links: int) -> None:
    """A model of only the links named has the edge too (differences aside: they need links that are absent)."""
    model = random_model(constructs(), seed, assets=assets, links=links)
    graph = generate(constructs(), model)
    explainer = Explainer(graph)
    for parent in range(graph.size):
        for child in graph.children.of(parent).tolist():
            chain = explainer.links_between(parent, child)
            small = Model(assets=model.assets, links=chain)
            assert (graph.name(parent), graph.name(child)) in naive_edges(constructs(), small)
            if graph.asset_of[parent] != graph.asset_of[child]:
                assert chain
                assert all(link in model.links for link in chain)


def test_no_edge_no_links() -> None:
    model = random_model(constructs(), 1, assets=3, links=0)
    graph = generate(constructs(), model)
    assert Explainer(graph).links_between(0, graph.size - 1) == ()


def test_a_model_is_checked() -> None:
    def asset(name: str, kind: str, boundary: str = "") -> Asset:
        return Asset(id=name, kind=kind, name=name, platform="", evidence=(), boundary=boundary)

    model = Model(
        assets=(
            asset("a", "Thing"),
            asset("h", "Holder", "nowhere"),
            asset("h", "Holder"),
            asset("p", "Plain"),
            asset("q", "Wrong"),
        ),
        links=(
            Link(association="Holds", left="p", right="h", evidence=()),
            Link(association="Missing", left="p", right="h", evidence=()),
        ),
        defences=(
            DefenceState(asset="p", defence="touch", probability=1.0, evidence=()),
            DefenceState(asset="p", defence="shield", probability=1.0, evidence=()),
            DefenceState(asset="p", defence="shield", probability=0.0, evidence=()),
        ),
        crown_jewels=(CrownJewel(asset="p", step="nope", title="", value=5, evidence=()),),
        entry_points=(EntryPoint(actor="A1", asset="z", step="touch", title="", evidence=()),),
    )
    assert check_model(constructs(), model) == (
        "asset a is of abstract kind Thing",
        "asset h is inside nowhere, which is no asset",
        "asset q is of unknown kind Wrong",
        "crown jewel p:nope is no attack step of Plain",
        "defence shield of p is stated 2 times",
        "entry point z:touch is no attack step of no asset",
        "link Holds wants Holder where p is Plain",
        "link Holds wants Thing where h is Holder",
        "link p - h is of unknown association Missing",
        "p (Plain) has no defence touch",
        "two assets have the id h",
    )


def test_and_steps_that_wait_for_several_are_listed() -> None:
    model = Model(
        assets=tuple(Asset(id=name, kind="Special", name=name, platform="", evidence=()) for name in "abc"),
        links=tuple(Link(association="Near", left=left, right=right, evidence=()) for left, right in ("ab", "bc")),
    )
    assert conjunctions(generate(constructs(), model)) == (("Special.guarded", ("Special.begin", "Special.spread")),)
