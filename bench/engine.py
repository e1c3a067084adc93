"""Measure the engine on dumps of clusters: reduction, samples, best paths, the cheapest mitigations, memory.

Each size runs in a process of its own.  Beside it, in the same run: scipy's Dijkstra over the reduced graph as if every step were
an OR step, mal-simulator where it can run, and a copy of memory.  The goals are the figures of the prototype times 1.3: by the
number of pods at template level, and by steps of the graph times samples a second where the prototype placed pods concretely.
The model holds a workload once and a pool of like nodes once, so concrete placement itself cannot be measured, which is said.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cluster_dump import dump
from measuring import cause, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Figures: TypeAlias = "dict[str, float | None]"

SIZES = (1_000, 10_000, 100_000)
SLACK = 1.3
SECONDS = {
    ("sample", 10_000): 0.13,
    ("sample", 100_000): 2.3,
    ("reach", 100_000): 0.6,
    ("fix", 10_000): 0.2,
    ("fix", 100_000): 10.6,
}
"""What the prototype needed at template level, by stage and pods (reach and fix: at whichever level it was quicker)."""

RATES = {10_000: 649_000 * 5_000 / 1.5, 100_000: 6_400_000 * 5_000 / 38.0}
"""Steps of the whole graph times samples that the prototype did a second, pods placed concretely."""

SMALL = 100
DAYS = 30
PATIENCE = 300
"""Seconds for mal-simulator."""

COPIED = 1 << 28
"""Bytes of the copy that measures the memory: far more than most caches hold."""
NAMES = {"sample": "5 x 1,000 samples", "reach": "reachability", "fix": "cheapest mitigations"}


def run_size(pods: int, patience: int) -> Figures | str:
    """Take a dump through :mod:`engine_stages` in a process of its own; the cause where that fails."""
    with tempfile.TemporaryDirectory() as name:
        dump(pods, Path(name))
        command = (sys.executable, str(Path(__file__).with_name("engine_stages.py")), name, str(patience))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    figures: Figures = {}
    for line in done.stdout.splitlines():
        figures.update(json.loads(line))
    return f"exit {done.returncode}: {cause(done.stderr)}" if done.returncode else figures


def copy_rate() -> float:
    """Bytes a second, read and written, of a copy by as many threads as there are cores; the best of five."""
    cores = os.cpu_count() or 1
    source = np.ones(COPIED // 8)
    target = np.zeros_like(source)
    parts = list(zip(np.array_split(source, cores), np.array_split(target, cores), strict=True))
    times = []
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(5):
            start = time.perf_counter()
            list(pool.map(lambda part: np.copyto(part[1], part[0]), parts))
            times.append(time.perf_counter() - start)
    return 2 * COPIED / min(times)


def verdicts(runs: Mapping[int, Figures], failures: Sequence[str]) -> list[tuple[str, str, str, bool]]:
    """Each goal with what was measured, what is wanted and whether it holds; one of a size that was not run is missed."""
    goals = [(failure, "failed", "a run", False) for failure in failures]
    for (stage, pods), seconds in SECONDS.items():
        found = runs.get(pods, {}).get(stage)
        shown = f"{found:.2f} s" if found is not None else "not run" if pods not in runs else "no end in its time"
        held = found is not None and found <= SLACK * seconds
        goals.append((f"{pods:,} pods: {NAMES[stage]}", shown, f"<= {SLACK * seconds:.2f} s", held))
    for pods, rate in RATES.items():
        done = rate_of(runs[pods]) if pods in runs else 0.0
        shown = f"{done / 1e9:.2f} G/s" if done else "not run"
        goals.append((f"{pods:,} pods: steps x samples", shown, f">= {rate / SLACK / 1e9:.2f} G/s", done >= rate / SLACK))
    return goals


def rate_of(figures: Figures) -> float:
    """Steps of the whole graph times samples of all attackers, a second; 0 where nothing was sampled."""
    steps, attackers, seconds = figures.get("steps"), figures.get("attackers"), figures.get("sample")
    return steps * attackers * 1_000 / seconds if steps and attackers and seconds else 0.0


def row(figures: Figures, copied: float) -> tuple[str, ...]:
    """One line of the table."""

    def shown(name: str, form: str, scale: float = 1.0) -> str:
        value = figures.get(name)
        return "-" if value is None else format(value * scale, form)

    moved, seconds = figures.get("moved"), figures.get("sample")
    share = f"{moved / seconds / copied:.0%}" if moved and seconds else "-"
    times = tuple(shown(name, ".3f") for name in ("generate", "reach", "reduce", "sample", "paths", "fix"))
    sizes = (shown("pods", ",.0f"), shown("steps", ",.0f"), shown("kept", ",.0f"))
    peaks = (shown("sampled_peak", ".0f", 1e-6), shown("peak", ".0f", 1e-6))
    return (*sizes, *times, shown("paths_found", ".0f"), *peaks, share, shown("scipy_ratio", ".1f"))


def beside() -> str:
    """One sample of mal-simulator beside one of ours, on a small cluster; why not where it cannot run."""
    if importlib.util.find_spec("malsim") is None:
        return "mal-simulator: not installed here"
    with tempfile.TemporaryDirectory() as name:
        dump(SMALL, Path(name))
        command = (sys.executable, str(Path(__file__).with_name("mal_simulator.py")), name, str(DAYS))
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return f"mal-simulator: no end within {PATIENCE} s at {SMALL} pods"
    if done.returncode:
        return f"mal-simulator: could not run: {cause(done.stderr)}"
    found = json.loads(done.stdout.splitlines()[-1])
    ratio, graph = found["their_sample"] / found["sample"], found["their_generate"] / found["generate"]
    return (
        f"mal-simulator at {SMALL} pods ({found['steps']:,} steps, {DAYS} days): a sample {found['their_sample']:.2f} s, "
        f"x{ratio:,.0f} of ours (reduction included); its graph {found['their_generate']:.2f} s, x{graph:,.0f} of ours"
    )


def main() -> int:
    """Run every size; 0 only when every goal holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="N", help="pods to generate")
    parser.add_argument(
        "--patience", type=int, default=600, metavar="S", help="seconds for the mitigations (default: %(default)s)"
    )
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="not needed here; every bench script takes it")
    arguments = parser.parse_args()
    runs: dict[int, Figures] = {}
    failures = []
    for pods in sorted(arguments.sizes):
        found = run_size(pods, arguments.patience)
        if isinstance(found, str):
            failures.append(f"{pods:,} pods: {found}")
        else:
            runs[pods] = found
    copied = copy_rate()  # after the sizes: on Linux a process begins with the peak of the one that starts it
    stages = ("generate", "reach", "reduce", "sample", "paths", "fix")
    header = ("pods", "steps", "kept", *stages, "paths found", "MB sampled", "MB in all", "of copy", "scipy x")
    print(table(header, [row(figures, copied) for figures in runs.values()]))
    print(f"\nSeconds; a copy moves {copied / 1e9:.1f} GB/s on {os.cpu_count()} cores; scipy x: one Dijkstra beside one sample.")
    print("igraph: not measured; concrete placement: the model holds templates, so it cannot be measured")
    print(beside())
    goals = verdicts(runs, failures)
    print()
    print(table(("goal", "measured", "wanted", "verdict"), [(*goal[:3], "holds" if goal[3] else "MISSED") for goal in goals]))
    held = sum(goal[3] for goal in goals)
    print(f"\nengine: {held} of {len(goals)} goals hold: goal {'holds' if held == len(goals) else 'MISSED'}")
    return 0 if held == len(goals) else 1


if __name__ == "__main__":
    sys.exit(main())
