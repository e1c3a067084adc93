"""Fed the draws of mal-simulator, in its own counting of time, our times equal its own, step by step and exactly."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from breachway.graph.generation import generate
from breachway.graph.layout import AND, DEFENCE
from breachway.graph.simulation.reduction import Attacker, reduce
from breachway.graph.simulation.sampling import Given, Sampler
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from breachway.threats.compiling import compile_language
from breachway.threats.loading import language_files
from tests.graph.models import random_model
from tests.graph.simulation.malsim import PROGRAM
from tests.graph.toolbox import answers_of, described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.graph.layout import AttackGraph
    from breachway.model import Model

ROOT = Path(__file__).parents[3]
CONSTRUCTS = Path(__file__).parents[1] / "constructs.mal"
PLACES = ("examples/shop/kubernetes", "examples/shop/compose.yaml", "examples/shop/ecs", "examples/quiet")


def rounds(value: float | None, *, timed: bool) -> float:
    """How many rounds mal-simulator's attacker needs: one where a step has no time, else the time less one, at least one."""
    if value is None:
        return inf
    return float(max(1, ceil(value - 1))) if timed else 1.0


def entries_of(graph: AttackGraph, seed: int) -> tuple[int, ...]:
    steps = np.flatnonzero(graph.kinds <= AND)
    return tuple(sorted(np.random.default_rng(seed).choice(steps, size=min(3, len(steps)), replace=False).tolist()))


def assert_equal(files: Sequence[Path], models: Sequence[Model], entries: Sequence[tuple[str, ...]] = ()) -> None:
    language = compile_language(tuple(files))
    graphs = [generate(language, model) for model in models]
    starts = [
        tuple(graph.name(node) for node in entries_of(graph, seed)) if not entries else entries[seed]
        for seed, graph in enumerate(graphs)
    ]
    questions = [
        {**described(language, model), "entries": list(start), "seed": seed}
        for seed, (model, start) in enumerate(zip(models, starts, strict=True))
    ]
    for graph, start, theirs in zip(graphs, starts, answers_of(PROGRAM, files, questions), strict=True):
        ours = times_in_rounds(graph, start, theirs)
        assert {name: time for name, time in ours.items() if time < inf} == theirs["taken"]


def times_in_rounds(graph: AttackGraph, start: Sequence[str], theirs: dict[str, Any]) -> dict[str, float]:
    names = [graph.name(node) for node in range(graph.size)]
    in_force, timed = set(theirs["in_force"]), set(theirs["timed"])
    # Every defence is uncertain to us, so that what was drawn there decides here.
    graph = replace(graph, level=np.where(graph.kinds == DEFENCE, np.float32(0.5), graph.level))
    attacker = Attacker(tuple(names.index(name) for name in start), np.ones(graph.size, dtype=np.bool_), alone=False)
    reduced = reduce(graph, [attacker], [], every_step=True)
    times = [[rounds(theirs["times"][names[node]], timed=names[node] in timed)] for node in reduced.drawn.tolist()]
    draws = Given(
        np.array(times, dtype=np.float32).reshape(-1, 1),
        np.array([[names[node] in in_force] for node in reduced.defences.tolist()], dtype=np.uint8).reshape(-1, 1),
    )
    (batch,) = Sampler(reduced, [attacker], [], seed=0).every_step(0, 1, given=draws)
    assert batch.everything is not None
    return {names[node]: float(time) for node, time in zip(reduced.nodes.tolist(), batch.everything[:, 0], strict=True)}


def test_models_of_every_construct_take_the_same_times(tmp_path: Path) -> None:
    # mal-simulator knows no truncated normal distribution.
    text = CONSTRUCTS.read_text(encoding="utf-8")
    assert text.count("TruncatedNormal(4.0, 2.0)") == 1
    files = (tmp_path / "constructs.mal",)
    files[0].write_text(text.replace("TruncatedNormal(4.0, 2.0)", "Gamma(4.0, 2.0)"), encoding="utf-8")
    language = compile_language(files)
    sizes = ((3, 3), (6, 8), (10, 12), (14, 22), (20, 30), (30, 45), (40, 90), (60, 60))
    assert_equal(files, [random_model(language, seed, assets=a, links=b) for seed, (a, b) in enumerate(sizes)])


def test_the_bundled_examples_take_the_same_times() -> None:
    files = language_files(ROOT / "src" / "breachway" / "threats" / "lang")
    models = [build_model(read([str(ROOT / place)])) for place in PLACES]
    starts = [
        tuple(sorted({f"{point.asset}:{point.step}" for point in model.entry_points if point.actor in {"A1", "A3"}}))
        for model in models
    ]
    assert_equal(files, models, starts)
