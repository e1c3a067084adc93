"""Known faults of mal-simulator and mal-toolbox, each with what holds here instead."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import pytest

from breachway.errors import LanguageError
from breachway.graph.derivations import Derivations
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.reachability import reach, reach_each
from breachway.graph.simulation.reduction import Attacker, reduce
from breachway.graph.simulation.sampling import Sampler
from breachway.graph.times import least_days, own_days
from breachway.model import Asset, Link, Model
from breachway.threats.compiling import compile_language
from breachway.threats.language import FieldStep, SetUnion, Target, Transitive
from tests.graph.models import evidence

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.threats.language import Language

CHAIN = 5_000

SOURCE = """#id: "breachway.faults"
#version: "1.0.0"

category Things {
  asset Link {
    | taken %s
      -> next.taken, later
    | later [%s]
    | reached
  }
}

associations {
  Link [before] 0..1 <-- Follows --> 0..1 [next] Link
  Link [besideOf] * <-- Beside --> * [beside] Link
}
"""


def compiled(folder: Path, first: str, second: str = "Exponential(0.1)") -> Language:
    file = folder / "faults.mal"
    file.write_text(SOURCE % (first, second), encoding="utf-8")
    return compile_language((file,))


def chain(count: int, beside: tuple[tuple[int, int], ...] = ()) -> Model:
    names = [f"link-{number:05}" for number in range(count)]
    along = [("Follows", number, number + 1) for number in range(count - 1)]
    return Model(
        assets=tuple(Asset(id=name, kind="Link", name=name, platform="made", evidence=evidence("asset")) for name in names),
        links=tuple(
            Link(association=name, left=names[left], right=names[right], evidence=evidence(name))
            for name, left, right in sorted([*along, *(("Beside", *pair) for pair in beside)])
        ),
    )


def steps(language: Language) -> dict[str, tuple[str, tuple[float, ...], float]]:
    (link,) = language.assets
    return {step.name: (step.ttc.name, step.ttc.arguments, step.ttc.bernoulli) for step in link.steps if step.ttc is not None}


@pytest.mark.parametrize(
    "time",
    [
        "Exponential(1.0) + Gamma(2.0, 3.0) + Uniform(1.0, 2.0)",
        "Exponential(1.0) - Gamma(2.0, 3.0)",
    ],
)
def test_no_term_of_a_longer_time_is_lost(tmp_path: Path, time: str) -> None:
    # There, the third term of a chain replaces the second; here, a chain is refused with a reason.
    with pytest.raises(LanguageError):
        compiled(tmp_path, f"[{time}]")


def test_no_factor_of_several_is_lost(tmp_path: Path) -> None:
    language = compiled(tmp_path, "[Exponential(1.0) * Bernoulli(0.5) * Bernoulli(0.25)]")
    assert steps(language)["taken"] == ("Exponential", (1.0,), 0.125)


def test_a_bernoulli_factor_stays_with_its_step(tmp_path: Path) -> None:
    # There, the factor is written into the named distribution, and holds for all that name it from then on.
    language = compiled(tmp_path, "[HardAndCertain * Bernoulli(0.5)]", "HardAndCertain")
    assert steps(language) == {"taken": ("Exponential", (0.1,), 0.5), "later": ("Exponential", (0.1,), 1.0)}
    assert steps(compiled(tmp_path, "[HardAndCertain]"))["taken"] == ("Exponential", (0.1,), 1.0)


def test_beside_a_transitive_step_a_set_operator_starts_where_it_stands(tmp_path: Path) -> None:
    # There, the right side is evaluated from all that the left side found: from link 1 it would give link 0, beside link 3.
    language = compiled(tmp_path, "[Exponential(1.0)]")
    (link,) = language.assets
    union = SetUnion(Transitive(FieldStep("next")), FieldStep("beside"))
    changed = tuple(replace(step, targets=(Target(union, "reached"),)) if step.name == "taken" else step for step in link.steps)
    graph = generate(replace(language, assets=(replace(link, steps=changed),)), chain(5, beside=((3, 0),)))
    for start, expected in ((1, {1, 2, 3, 4}), (3, {0, 3, 4})):
        node = graph.find(f"link-{start:05}", "taken")
        assert node is not None
        found = {graph.name(below) for below in graph.children.of(node).tolist()}
        assert found == {f"link-{number:05}:reached" for number in expected}


def test_a_chain_of_thousands_of_steps_needs_no_recursion(tmp_path: Path) -> None:
    # There, a chain of about a thousand ends in a RecursionError.
    graph = generate(compiled(tmp_path, "[Exponential(1.0)]"), chain(CHAIN))
    start, goal = graph.find("link-00000", "taken"), graph.find(f"link-{CHAIN - 1:05}", "taken")
    assert start is not None
    assert goal is not None
    gates, own = gates_of(graph), own_days(graph)
    found = reach(graph, gates, (start,))
    assert found.depth[goal] == CHAIN - 1
    assert reach_each(graph, gates, (start,), within=found.reached).entries_of(goal, 1) == [0]
    days = least_days(graph, gates, (start,), own=own)
    (only,) = Derivations(graph, gates, (start,), days=days, own=own).of(goal, attempts=2)
    assert len(only.needs) == CHAIN
    attacker = Attacker((start,), np.ones(graph.size, dtype=np.bool_), alone=False)
    (batch,) = Sampler(reduce(graph, [attacker], [goal]), [attacker], [goal], seed=0).draw(0, 64, horizon=inf, traced=1)
    # The sum of so many exponential times of mean 1, all but the entry's: 71 either way is one standard deviation.
    assert abs(float(batch.times[0].mean()) - CHAIN) < 6 * np.sqrt(CHAIN / 64)
    assert len(batch.passed[0].steps) == CHAIN
    assert set(batch.passed[0].counts.tolist()) == {64}
