"""Model deployments that strangers wrote, each in a process of its own, and account for every file of theirs.

Goal: every Kubernetes, Compose, Dockerfile and ECS file is modelled, or stands among the unread with a reason; no run
fails. The reasons are printed for a person to judge: a script can only see that there is one.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measuring import BREACHWAY, argument_parser, cause, corpus, run, table

ARTEFACT = re.compile(r"(^|/)((Docker|Container)file[^/]*|[^/]*\.(dockerfile|ya?ml))$", re.IGNORECASE)
NOTHING_TO_READ = 3
TASK_DEFINITION = re.compile(r"(^|/)ecs-task-definitions/[^/]+\.json$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one input: its row of the table, the files that nothing accounts for, the reasons given for unread ones."""

    row: tuple[str, ...]
    failure: str
    unaccounted: tuple[str, ...]
    reasons: tuple[str, ...]
    unread_files: int


def artefacts(path: Path, root: Path) -> tuple[str, ...]:
    """List the files under ``path`` that must be accounted for, as labels from ``root``."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    labels = [file.relative_to(root).as_posix() for file in files if file.is_file() and not file.is_symlink()]
    return tuple(label for label in labels if ARTEFACT.search(label) or TASK_DEFINITION.search(label))


def inputs(root: Path) -> tuple[Path, ...]:
    """List what is modelled on its own: each top entry, each Compose application, and at last everything in one model."""
    singles = [path for path in sorted(root.iterdir()) if path.name not in {"awesome-compose", "README.md"}]
    return (*singles, *sorted((root / "awesome-compose").iterdir()), root)


def account(report: dict[str, Any], expected: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """Find files that are neither modelled nor unread with a reason, the reasons given, and how many files were not modelled."""
    modelled = {document["document"] for document in report["documents"]}
    reasons: Counter[str] = Counter()
    whole: set[str] = set()
    for item in report["unread"]:
        location = item.get("location", item)
        if item["reason"].strip():
            reasons[f"{item['severity']}: {item['reason']}"] += 1
            whole.add(location["document"])
    missing = tuple(label for label in expected if label not in modelled and label not in whole)
    files = sum(label not in modelled for label in expected)
    return missing, tuple(f"{count:5d}  {reason}" for reason, count in sorted(reasons.items())), files


def model(path: Path, root: Path) -> Outcome:
    """Model one input as a user would and measure it."""
    label = path.relative_to(root).as_posix()
    expected = artefacts(path, root)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "report.json"
        measured = run((*BREACHWAY, "model", label, "--format", "json", "--output", str(target)), folder=root)
        costs = (f"{measured.seconds:.2f}", f"{measured.peak:.0f}")
        if measured.code == NOTHING_TO_READ and path != root:
            # Right for a folder without an artefact; its files must have their reasons in the model of everything.
            row = (label, str(len(expected)), str(len(expected)), *("-",) * 5, *costs)
            return Outcome(row=row, failure="", unaccounted=(), reasons=(), unread_files=len(expected))
        if measured.code != 0 or not target.exists():
            row = (label, str(len(expected)), *("-",) * 6, *costs)
            failure = f"exit {measured.code}: {cause(measured.errors)}"
            return Outcome(row=row, failure=failure, unaccounted=(), reasons=(), unread_files=0)
        report = json.loads(target.read_text(encoding="utf-8"))
    missing, reasons, unread_files = account(report, expected)
    objects = sum(kind["count"] for document in report["documents"] for kind in document["kinds"])
    size = report["size"]
    counts = (len(expected), unread_files, objects, size["assets"], size["steps"], size["edges"], len(report["paths"]))
    return Outcome(
        row=(label, *map(str, counts), *costs),
        failure="",
        unaccounted=missing,
        reasons=reasons,
        unread_files=unread_files,
    )


def main() -> int:
    """Run over all inputs; 0 when every file is accounted for and every run succeeded."""
    root = corpus(argument_parser("every real input is modelled or listed with a reason").parse_args().corpora, "real")
    outcomes = tuple(model(path, root) for path in inputs(root))
    header = ("input", "files", "not modelled", "objects", "assets", "steps", "edges", "paths", "seconds", "peak MiB")
    print(table(header, tuple(outcome.row for outcome in outcomes)))
    print("\nreasons given, over the model of everything:")
    print("\n".join(outcomes[-1].reasons) or "  none")
    failures = [f"{outcome.row[0]}: {outcome.failure}" for outcome in outcomes if outcome.failure]
    unaccounted = sorted({label for outcome in outcomes for label in outcome.unaccounted})
    if failures:
        print("\nfailed:", *failures, sep="\n  ")
    if unaccounted:
        print("\nneither modelled nor given a reason:", *unaccounted, sep="\n  ")
    total = len(artefacts(root, root))
    held = not failures and not unaccounted
    print(
        f"\nreal inputs: {total - len(unaccounted)} of {total} files accounted for "
        f"({outcomes[-1].unread_files} unread with a reason), "
        f"{len(failures)} of {len(outcomes)} runs failed: goal {'holds' if held else 'MISSED'}"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
