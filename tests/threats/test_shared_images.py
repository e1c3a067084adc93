"""What an image holds helps in the container that the attacker is in, and in no other container of the same image."""

from __future__ import annotations

import pytest

from breachway.evidence import Basis, Evidence, Location
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.reachability import reach
from breachway.model import Asset, DefenceState, Link, Model
from breachway.threats.language import StepKind
from breachway.threats.loading import load_language

SEEN = (Evidence(Location("made.yaml", "", 1, 1), Basis.OBSERVED, "made"),)


def asset(name: str, kind: str) -> Asset:
    return Asset(id=name, kind=kind, name=name, platform="made", evidence=SEEN)


@pytest.mark.parametrize("defence", ["noSetuidFiles", "noAccountPasswords"])
def test_a_foothold_in_one_container_is_none_in_another_of_the_same_image(defence: str) -> None:
    language = load_language()
    image = next(one for one in language.assets if one.name == "Image")
    # Every other defence of the image is in force: a way into it that nothing leads to would count as unneeded.
    states = {("image", step.name): 1.0 for step in image.steps if step.kind is StepKind.DEFENCE} | {("image", defence): 0.0}
    held = {(name, "nonRoot"): 1.0 for name in ("one", "two")}
    model = Model(
        assets=(asset("image", "Image"), asset("one", "Container"), asset("two", "Container")),
        links=tuple(Link(association="RunBy", left="image", right=name, evidence=SEEN) for name in ("one", "two")),
        defences=tuple(
            DefenceState(asset=name, defence=step, probability=level, evidence=SEEN)
            for (name, step), level in {**states, **held}.items()
        ),
    )
    graph = generate(language, model)
    entry = graph.find("one", "compromise")
    assert entry is not None
    reached = reach(graph, gates_of(graph), [entry]).reached
    assert reached[graph.find("one", "root")]
    assert not reached[graph.find("two", "root")]
