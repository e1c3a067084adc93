"""Measure start-up, a real deployment, growth with size, and, where they are installed, the same input through checkov and trivy.

Goals: ``breachway --version`` under 150 ms; Online Boutique with HTML, JSON and SARIF under 1.0 s; 500 manifests at least
5 times faster than checkov restricted to Kubernetes; cost that grows linearly from 100 over 1,000 to 10,000 workloads. A
tool that is not installed is said to be absent and no ratio to it is claimed.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generator import generate
from measuring import BREACHWAY, argument_parser, cause, corpus, fastest_of, run, table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from measuring import Measured

START_UP_GOAL = 0.150
BOUTIQUE_GOAL = 1.0
CHECKOV_GOAL = 5.0
MANIFESTS = 500
LINEAR_EXPONENT = 1.15
FAILED_CHECKS = frozenset({0, 1})


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One goal with what was measured; ``held`` is None where it could not be measured and nothing is claimed."""

    name: str
    measured: str
    wanted: str
    held: bool | None


def model_command(path: Path, output: Path, formats: Sequence[str]) -> tuple[str, ...]:
    """Give the command that models ``path`` into ``output``: a file for one format, a folder for several."""
    options = tuple(word for name in formats for word in ("--format", name))
    return (*BREACHWAY, "model", str(path), *options, "--output", str(output))


def under(name: str, measured: Measured, seconds: float) -> Goal:
    """Judge a run against a limit in seconds."""
    if measured.code != 0:
        return Goal(name=name, measured=f"exit {measured.code}: {cause(measured.errors)}", wanted=f"< {seconds:g} s", held=False)
    return Goal(name=name, measured=f"{measured.seconds:.3f} s", wanted=f"< {seconds:g} s", held=measured.seconds < seconds)


def compare(manifests: Path, output: Path, checkov: str | None, trivy: str | None) -> tuple[tuple[tuple[str, ...], ...], Goal]:
    """Put the same manifests through each tool, one after the other."""
    ours = fastest_of(3, model_command(manifests, output / "report.json", ("json",)))
    rows = [("breachway model --format json", f"{ours.seconds:.2f}", f"{ours.peak:.0f}", str(ours.code))]
    wanted = f">= {CHECKOV_GOAL:g} times faster"
    goal = Goal(name=f"{MANIFESTS} manifests against checkov", measured="checkov is absent: no ratio", wanted=wanted, held=None)
    if checkov:
        command = (checkov, "--directory", str(manifests), "--framework", "kubernetes", "--skip-download", "--compact", "--quiet")
        theirs = fastest_of(2, (*command, "--output", "json"), accepted=FAILED_CHECKS)
        rows.append(("checkov --framework kubernetes", f"{theirs.seconds:.2f}", f"{theirs.peak:.0f}", str(theirs.code)))
        ratio = theirs.seconds / ours.seconds
        ran = theirs.code in FAILED_CHECKS and ours.code == 0
        measured = f"{ratio:.1f} times" if ran else f"breachway exit {ours.code}, checkov exit {theirs.code}"
        goal = Goal(name=goal.name, measured=measured, wanted=wanted, held=ran and ratio >= CHECKOV_GOAL)
    if trivy:
        theirs = run(
            (
                trivy,
                "config",
                "--skip-check-update",
                "--quiet",
                "--format",
                "json",
                "--output",
                str(output / "trivy.json"),
                str(manifests),
            )
        )
        rows.append(("trivy config", f"{theirs.seconds:.2f}", f"{theirs.peak:.0f}", str(theirs.code)))
    else:
        rows.append(("trivy config", "absent", "-", "-"))
    return tuple(rows), goal


def growth(sizes: Sequence[int], folder: Path) -> tuple[tuple[tuple[str, ...], ...], tuple[Goal, ...]]:
    """Model generated deployments of each size; the growth from the last size but one to the last is judged."""
    rows: list[tuple[str, ...]] = []
    processor: list[float] = []
    edges: list[int] = []
    for size in sizes:
        home = folder / str(size)
        generate(size, home)
        report = folder / f"{size}.json"
        measured = run(model_command(home, report, ("json",)))
        shutil.rmtree(home)
        if measured.code != 0:
            failure = f"{size} workloads: exit {measured.code}: {cause(measured.errors)}"
            return tuple(rows), (Goal(name="linear growth", measured=failure, wanted="every size", held=False),)
        graph = json.loads(report.read_text(encoding="utf-8"))["size"]
        report.unlink()
        processor.append(measured.processor)
        edges.append(graph["edges"])
        cells = (f"{graph['assets']:,}", f"{graph['steps']:,}", f"{graph['edges']:,}")
        rows.append((f"{size:,}", *cells, f"{measured.seconds:.2f}", f"{measured.processor:.2f}", f"{measured.peak:.0f}"))
    return tuple(rows), tuple(exponent(name, sizes, values) for name, values in (("processor time", processor), ("edges", edges)))


def exponent(name: str, sizes: Sequence[int], values: Sequence[float]) -> Goal:
    """Judge the exponent p of value ~ size^p between the two largest sizes: 1 is linear, 2 quadratic."""
    wanted = f"exponent <= {LINEAR_EXPONENT}"
    if len(sizes) < 2 or min(values[-2:]) <= 0:
        return Goal(name=f"growth of {name}", measured="too few sizes", wanted=wanted, held=None)
    power = math.log(values[-1] / values[-2]) / math.log(sizes[-1] / sizes[-2])
    return Goal(name=f"growth of {name}", measured=f"exponent {power:.2f}", wanted=wanted, held=power <= LINEAR_EXPONENT)


def parse_arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argument_parser("speed, alone and side by side")
    parser.add_argument("--checkov", default=shutil.which("checkov"), metavar="FILE", help="default: the one on the PATH")
    parser.add_argument("--trivy", default=shutil.which("trivy"), metavar="FILE", help="default: the one on the PATH")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000], metavar="N", help="workloads to generate")
    return parser.parse_args()


def main() -> int:
    """Measure everything; 0 when each goal that could be measured holds."""
    arguments = parse_arguments()
    boutique = corpus(arguments.corpora, "real/online-boutique.yaml")
    goals: list[Goal] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        output = folder / "output"
        output.mkdir()
        run((*BREACHWAY, "--version"))  # the first start compiles the modules
        goals.append(under("start-up", fastest_of(7, (*BREACHWAY, "--version")), START_UP_GOAL))
        formats = ("html", "json", "sarif")
        goals.append(
            under("Online Boutique, HTML + JSON + SARIF", fastest_of(5, model_command(boutique, output, formats)), BOUTIQUE_GOAL)
        )
        manifests = folder / "manifests"
        files = generate(MANIFESTS, manifests)
        compared, goal = compare(manifests, output, arguments.checkov, arguments.trivy)
        goals.append(goal)
        grown, linear = growth(sorted(arguments.sizes), folder)
        goals.extend(linear)
    print(f"{MANIFESTS} workloads in {files} files:\n")
    print(table(("tool", "seconds", "peak MiB", "exit"), compared))
    print("\ngenerated deployments:\n")
    print(table(("workloads", "assets", "steps", "edges", "seconds", "processor s", "peak MiB"), grown))
    print()
    verdict = {True: "holds", False: "MISSED", None: "not claimed"}
    print(
        table(
            ("goal", "measured", "wanted", "verdict"),
            [(goal.name, goal.measured, goal.wanted, verdict[goal.held]) for goal in goals],
        )
    )
    missed = sum(goal.held is False for goal in goals)
    unclaimed = sum(goal.held is None for goal in goals)
    held = len(goals) - missed - unclaimed
    print(f"\nspeed: {held} of {len(goals)} goals hold, {unclaimed} not claimed: goal {'MISSED' if missed else 'holds'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
