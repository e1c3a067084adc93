"""Remove every weakness of strangers' files by the recipes, and model them again.

Goal: the new texts are read without a complaint that the old ones did not give, and every weakness whose change was made is gone.
Where a recipe exists and the change is not made, the reason is counted, for a person to judge.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.repairs import planner_for
from breachway.edits.planning import Found
from breachway.edits.recipes import load_unedited
from breachway.errors import BreachwayError
from breachway.mapping.model_building import build_model
from breachway.model import Verdict
from breachway.sources.originals import originals
from breachway.sources.reading import read
from measuring import argument_parser, corpus, table
from weakness_cases import parse_case, variants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from breachway.model import Model, Weakness

LEFT_SHOWN = 20


class Tried(NamedTuple):
    """What became of one input: weaknesses seen, made and gone; those left although made; complaints that are new; refusals."""

    seen: int
    made: int
    left: tuple[str, ...]
    complaints: tuple[str, ...]
    refusals: tuple[str, ...]


def weak(model: Model) -> list[Weakness]:
    """The weaknesses that are not known to be absent."""
    return [one for one in model.weaknesses if one.verdict is not Verdict.SAFE]


def attempt(paths: Sequence[str]) -> Tried:
    """Plan the removal of every weakness at once, and model the new texts."""
    model = build_model(read(paths))
    planner = planner_for(model, originals(paths, {summary.document for summary in model.documents}))
    told = {one.reason for one in load_unedited().values()}
    made, refusals = [], []
    for one in weak(model):
        outcomes = planner.add(Found(one.key, one.detail, one.asset.rpartition("/")[2], one.evidence))
        if outcomes and all(outcome.made for outcome in outcomes):
            made.append(one)
        refusals += [f"{one.key}: {outcome.reason}" for outcome in outcomes if outcome.reason and outcome.reason not in told]
    texts = planner.texts()
    again = build_model(read(paths, replaced=texts)) if texts else model
    still = {(one.key, one.asset, one.detail) for one in weak(again)}
    before = {problem.reason for problem in model.unread}
    return Tried(
        seen=len(weak(model)),
        made=len(made),
        left=tuple(f"{one.key} on {one.asset}" for one in made if (one.key, one.asset, one.detail) in still),
        complaints=tuple(sorted({problem.reason for problem in again.unread} - before)),
        refusals=tuple(refusals),
    )


def inputs(corpora: Path, folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The real deployments, and each labelled case written into a folder of its own."""
    real = corpus(corpora, "real")
    singles = [path for path in sorted(real.iterdir()) if path.name not in {"awesome-compose", "README.md"}]
    for path in (*singles, *sorted((real / "awesome-compose").iterdir())):
        yield "real", (str(path),)
    lines = (corpus(corpora, "weaknesses") / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    # Where a case declares an object more than once, each declaration is tried in turn.
    for number, case in enumerate(variant for line in lines for variant in variants(parse_case(line))):
        place = folder / str(number)
        for name, text in case.files:
            target = place / name
            if target.resolve().is_relative_to(folder.resolve()):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        if place.is_dir():
            yield "cases", (str(place),)


def main() -> int:
    """Run over both corpora and print the figures."""
    options = argument_parser(__doc__ or "").parse_args()
    totals: dict[str, Counter[str]] = {}
    left: list[str] = []
    refusals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for name, paths in inputs(options.corpora, Path(folder)):
            count = totals.setdefault(name, Counter())
            try:
                tried = attempt(paths)
            except BreachwayError:
                count["not modelled"] += 1
                continue
            count.update({"inputs": 1, "weaknesses": tried.seen, "made": tried.made, "gone": tried.made - len(tried.left)})
            count["complaints"] += len(tried.complaints)
            left += [f"{paths[0].rpartition('/')[2]}: {word}" for word in (*tried.left, *tried.complaints)]
            refusals.update(tried.refusals)
    columns = ("inputs", "not modelled", "weaknesses", "made", "gone", "complaints")
    print(table(("corpus", *columns), [(name, *(str(count[column]) for column in columns)) for name, count in totals.items()]))
    for reason, times in sorted(refusals.items(), key=lambda one: (-one[1], one[0])):
        print(f"{times:5d}  {reason}")
    for line in left[:LEFT_SHOWN]:
        print(f"left: {line}")
    made, gone = (sum(count[word] for count in totals.values()) for word in ("made", "gone"))
    print(f"{gone} of {made} changes that were made removed their weakness; {len(left) - (made - gone)} new complaints")
    return 0 if made and not left else 1


if __name__ == "__main__":
    sys.exit(main())
