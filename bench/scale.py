"""Measure a dump of a cluster from end to end: read, map, generate the graph, reach for all actors, ways and paths.

Each size is run in a process of its own, which says how long each stage took; the kernel says how much memory it held at most.
Goals: 10,000 pods under 10 s and 1 GB, 100,000 pods under 100 s and 8 GB, both by the clock, and processor time and edges that
grow linearly (exponent at most 1.15 from each size to the next).  Where a size was not run its goals are missed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from cluster_dump import dump
from measuring import cause, run, table

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZES = (1_000, 10_000, 100_000)
LIMITS = {10_000: (10.0, 1_000_000_000), 100_000: (100.0, 8_000_000_000)}
"""Seconds and bytes by number of pods."""

LINEAR_EXPONENT = 1.15
STAGES = ("start", "read", "map", "generate", "reach", "assess")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One size: seconds by stage and in all, processor seconds, bytes at most, and what was made of the dump."""

    pods: int
    characters: int
    stages: dict[str, float]
    seconds: float
    processor: float
    peak: float
    counts: dict[str, int]


def run_size(pods: int, folder: Path) -> Run | str:
    """Write a dump and measure it in a process of its own; the cause where that fails."""
    written = dump(pods, folder)
    measured = run((sys.executable, str(Path(__file__).with_name("stages.py")), str(folder)))
    if measured.code != 0:
        return f"exit {measured.code}: {cause(measured.errors)}"
    found = json.loads(measured.output.splitlines()[-1])
    if found["counts"]["pods"] != written.objects["pods"]:
        return f"{found['counts']['pods']} of {written.objects['pods']} pods were read"
    # What assess does again is no part of a run of the product; the start of the process is.
    again = found["stages"]["generate"] + found["stages"]["reach"]
    return Run(
        pods=written.objects["pods"],
        characters=written.characters,
        stages=found["stages"],
        seconds=measured.seconds - again,
        processor=measured.processor,
        peak=measured.peak * 1024 * 1024,
        counts=found["counts"],
    )


def exponents(runs: Sequence[Run]) -> list[tuple[str, str, float]]:
    """The p of value ~ pods^p from each size to the next, for each thing that must grow linearly."""
    found = []
    for before, after in pairwise(runs):
        step = f"{before.pods:,} to {after.pods:,}"
        edges = (before.counts["edges"], after.counts["edges"])
        pairs = {"processor time": (before.processor, after.processor), "edges": edges}
        for name, (small, large) in pairs.items():
            found.append((name, step, math.log(large / small) / math.log(after.pods / before.pods)))
    return found


def verdicts(runs: Sequence[Run], failures: Sequence[str]) -> list[tuple[str, str, str, bool]]:
    """Each goal with what was measured, what is wanted and whether it holds."""
    goals = [(failure, "failed", "a run", False) for failure in failures]
    for pods, (seconds, most) in LIMITS.items():
        done = next((one for one in runs if one.pods == pods), None)
        time_held = done is not None and done.seconds < seconds
        memory_held = done is not None and done.peak < most
        shown = ("not run", "not run") if done is None else (f"{done.seconds:.1f} s", f"{done.peak / 1e9:.2f} GB")
        goals.append((f"{pods:,} pods: time", shown[0], f"< {seconds:g} s", time_held))
        goals.append((f"{pods:,} pods: memory", shown[1], f"< {most / 1e9:g} GB", memory_held))
    for name, step, power in exponents(runs):
        goals.append((f"growth of {name}, {step}", f"exponent {power:.2f}", f"<= {LINEAR_EXPONENT}", power <= LINEAR_EXPONENT))
    return goals


def main() -> int:
    """Run every size; 0 only when every goal holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="N", help="pods to generate")
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="not needed here; every bench script takes it")
    arguments = parser.parse_args()
    runs: list[Run] = []
    failures: list[str] = []
    for pods in sorted(arguments.sizes):
        with tempfile.TemporaryDirectory() as name:
            found = run_size(pods, Path(name))
        if isinstance(found, str):
            failures.append(f"{pods:,} pods: {found}")
        else:
            runs.append(found)
    header = ("pods", "million chars", *STAGES, "seconds", "processor s", "peak MB", "assets", "edges", "paths")
    print(table(header, [row(one) for one in runs]))
    goals = verdicts(runs, failures)
    print()
    print(table(("goal", "measured", "wanted", "verdict"), [(*goal[:3], "holds" if goal[3] else "MISSED") for goal in goals]))
    held = sum(goal[3] for goal in goals)
    print(f"\nscale: {held} of {len(goals)} goals hold: goal {'holds' if held == len(goals) else 'MISSED'}")
    return 0 if held == len(goals) else 1


def row(one: Run) -> tuple[str, ...]:
    """One line of the table."""
    stages = tuple(f"{one.stages[stage]:.2f}" for stage in STAGES)
    sizes = tuple(f"{one.counts[name]:,}" for name in ("assets", "edges", "paths"))
    figures = (f"{one.seconds:.2f}", f"{one.processor:.2f}", f"{one.peak / 1e6:.0f}")
    return (f"{one.pods:,}", f"{one.characters / 1e6:.0f}", *stages, *figures, *sizes)


if __name__ == "__main__":
    sys.exit(main())
