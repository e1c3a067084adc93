"""Takes one dump through the engine and prints, as JSON lines, the seconds of each stage and what was found.

``python bench/engine_stages.py FOLDER SECONDS``; :mod:`engine` runs it in a process of its own for each size.  The
mitigations get so many seconds; what was found until then is kept.
"""

from __future__ import annotations

import gc
import json
import resource
import signal
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from breachway.analyses.actors import stances
from breachway.analyses.assess import assess
from breachway.analyses.measures import measures_of
from breachway.analyses.remedies import Deciding
from breachway.graph.derivations import Derivations
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.reachability import reach
from breachway.graph.simulation.reduction import Attacker, reduce
from breachway.graph.simulation.sampling import LANES, Sampler
from breachway.graph.times import least_days, own_days
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from types import FrameType

    from numpy.typing import NDArray

    from breachway.analyses.actors import Stance
    from breachway.graph.layout import AttackGraph
    from breachway.graph.simulation.reduction import Reduced
    from breachway.model import Model

SAMPLES = 1_000
PATHS = 100
ATTEMPTS = 20_000
REPEATS = 3


class OutOfTimeError(Exception):
    """A stage did not end in its time."""


class Prepared(NamedTuple):
    """What is sampled."""

    graph: AttackGraph
    attackers: tuple[Attacker, ...]
    goals: tuple[int, ...]
    reduced: Reduced


def tell(**found: object) -> None:
    """Print one result; whoever stops this process keeps what was printed before."""
    print(json.dumps(found), flush=True)


def measure(folder: str, patience: int) -> None:
    """Do all the stages.  The model is one of templates: that is how dumps are mapped."""
    model = build_model(read([folder]))
    tell(pods=sum(count for document in model.documents for kind, count in document.kinds if kind == "Pod"))
    start = time.perf_counter()
    graph = generate(load_language(), model)
    tell(generate=time.perf_counter() - start, steps=graph.size, edges=len(graph.parents.items))
    known = stances(graph)
    reachability(graph, known)
    prepared = reduction(graph, known, model)
    seconds = sampling(prepared)
    peak("sampled_peak")
    movement(prepared)
    shortest(prepared, seconds / SAMPLES / len(prepared.attackers))
    paths(graph, known, model)
    mitigations(graph, model, patience)
    peak("peak")


def peak(name: str) -> None:
    """Bytes held at most until now; the kernel counts KiB on Linux and bytes on macOS."""
    tell(**{name: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)})


def reachability(graph: AttackGraph, known: tuple[Stance, ...]) -> None:
    """Reach of every attacker from all of its starts together."""
    start = time.perf_counter()
    gates = gates_of(graph)
    found = [int(reach(graph, gates, stance.entries, allowed=stance.allowed).reached.sum()) for stance in known]
    tell(reach=time.perf_counter() - start, reached=sum(found))


def reduction(graph: AttackGraph, known: tuple[Stance, ...], model: Model) -> Prepared:
    """Reduce for all attackers and crown jewels."""
    attackers = tuple(Attacker(stance.entries, stance.allowed, stance.alone) for stance in known)
    goals = tuple(node for jewel in model.crown_jewels if (node := graph.find(jewel.asset, jewel.step)) is not None)
    start = time.perf_counter()
    reduced = reduce(graph, attackers, goals)
    tell(reduce=time.perf_counter() - start, kept=reduced.size, kept_edges=len(reduced.parent), goals=len(goals))
    return Prepared(graph, attackers, goals, reduced)


def sampling(prepared: Prepared) -> float:
    """The best of some runs with a sampler of their own each, since other load only ever adds time."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        Sampler(prepared.reduced, prepared.attackers, prepared.goals, seed=0).draw(0, SAMPLES)
        times.append(time.perf_counter() - start)
    tell(sample=min(times), attackers=len(prepared.attackers))
    return min(times)


def movement(prepared: Prepared) -> None:
    """How many bytes must move at the least.

    In a block every step that is taken reads the times of its parents that are taken and its own, and writes its times; all of
    :data:`LANES` floats.  What is drawn, looked at twice or kept for order counts nothing.
    """
    floats = 0
    batches = Sampler(prepared.reduced, prepared.attackers, prepared.goals, seed=0).every_step(0, LANES)
    rows = np.repeat(np.arange(prepared.reduced.size), np.diff(prepared.reduced.parent_start))
    for batch in batches:
        if batch.everything is None:
            continue
        taken: NDArray[np.bool_] = np.logical_or.reduce(np.isfinite(batch.everything), axis=1)
        read_edges = taken[prepared.reduced.parent] & taken[rows]
        floats += int(read_edges.sum() + taken.sum() + (taken & (prepared.reduced.draw >= 0)).sum()) * LANES
    tell(moved=floats * 4 * SAMPLES / LANES)


def shortest(prepared: Prepared, ours: float) -> None:
    """One run of scipy's Dijkstra over the reduced graph as if every step were an OR step, from all starts of the first attacker.

    No draws are counted in its time; ``ours`` is what one sample of one attacker costs, draws and AND steps included.
    """
    reduced = prepared.reduced
    own = np.maximum(own_days(prepared.graph)[reduced.nodes], 1e-9)
    rows = np.repeat(np.arange(reduced.size), np.diff(reduced.parent_start))
    weights = np.where(np.isfinite(own[rows]), own[rows], 1e9)
    matrix = csr_array((weights, (reduced.parent, rows)), shape=(reduced.size, reduced.size))
    places = reduced.place[np.array(prepared.attackers[0].entries, dtype=np.int64)]
    places = places[places >= 0]
    if not places.size:
        tell(scipy=None)
        return
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        dijkstra(matrix, indices=places, min_only=True)
        times.append(time.perf_counter() - start)
    tell(scipy=min(times), scipy_ratio=min(times) / ours)


def paths(graph: AttackGraph, known: tuple[Stance, ...], model: Model) -> None:
    """The best paths of the first attacker that reaches one to the dearest crown jewel it reaches; Knuth's pass included."""
    gates, own = gates_of(graph), own_days(graph)
    jewels = sorted(model.crown_jewels, key=lambda jewel: (-jewel.value, jewel.asset, jewel.step))
    for stance in known:
        start = time.perf_counter()
        days = least_days(graph, gates, stance.entries, own=own, allowed=stance.allowed)
        nodes = (graph.find(jewel.asset, jewel.step) for jewel in jewels)
        goal = next((node for node in nodes if node is not None and np.isfinite(days[node]) and days[node] > 0), None)
        if goal is None:
            continue
        enumeration = Derivations(graph, gates, stance.entries, days=days, own=own).of(goal, attempts=ATTEMPTS)
        found = sum(1 for _, _ in zip(range(PATHS), enumeration, strict=False))
        tell(paths=time.perf_counter() - start, paths_found=found)
        return
    tell(paths=None, paths_found=0)


def mitigations(graph: AttackGraph, model: Model, patience: int) -> None:
    """The cheapest set that closes all that can be closed, with its bound, as ``breachway fix`` finds it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise OutOfTimeError

    measures = measures_of(graph, assess(model, load_language()), {})
    start = time.perf_counter()
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(patience)
    try:
        choice = Deciding(graph, model.crown_jewels, measures).choose(None)
    except OutOfTimeError:
        tell(fix=None)
        return
    signal.alarm(0)
    tell(fix=time.perf_counter() - start, cost=choice.cost, bound=choice.bound, proven=choice.proven, rounds=choice.rounds)


if __name__ == "__main__":
    gc.disable()  # as the command line does
    measure(sys.argv[1], int(sys.argv[2]))
