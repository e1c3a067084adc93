"""Replay public incidents: the real path is found before, it is gone after the fix, and nothing is claimed that is not so.

Goal, for every case of Kubernetes: each step of the path is found on the same object (and, where the column says so, by evidence
at the same line), following from the steps before it; nothing leads from the entry to the goal once the fix is made; no statement
of ``must_not`` is true of the model.  A case is a closed world: whatever its overlay does not say is settled in the defender's
favour, before and after the fix, so that a path rests on the files and the overlay alone.  Without that, what is open to doubt
after the fix is printed, and not counted.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.assess import assess
from breachway.mapping.model_building import build_model
from breachway.sources.configuration.objects import Belief, Configuration
from breachway.sources.configuration.reader import read_configuration
from breachway.sources.reading import read
from incident_scoring import Place, Question
from measuring import argument_parser, corpus, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.model import Model
    from incident_scoring import FoundStep

HERE = Path(__file__).parent
COUNTED = frozenset({"kubernetes", "kubernetes+aws"})
GOAL = "goal"


class Claim(NamedTuple):
    """A question that stands for one statement that must not be claimed; the patterns are those of :mod:`incident_scoring`."""

    number: int
    question: str
    start: tuple[str, ...]
    without: tuple[str, ...]
    about: tuple[str, ...]


class Script(NamedTuple):
    """What the tables of this folder say about one case."""

    actor: str
    entry: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]
    goal: tuple[str, ...]
    claims: tuple[Claim, ...]


class Outcome(NamedTuple):
    """What came of one case.  ``open_to_doubt`` are the assumptions on which a path after the fix would rest."""

    slug: str
    counted: bool
    words: tuple[str, ...]
    steps: tuple[FoundStep, ...]
    reached_before: bool
    reached_after: bool
    claimed: tuple[int, ...]
    broken: tuple[str, ...]
    open_to_doubt: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether the case holds in full."""
        found = bool(self.steps) and all(step.node >= 0 for step in self.steps)
        return found and self.reached_before and not self.reached_after and not self.claimed and not self.broken


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as stream:
        return [{key: value or "" for key, value in row.items()} for row in csv.DictReader(stream, delimiter="\t")]


def _patterns(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def scripts() -> dict[str, Script]:
    """Read the tables of this folder."""
    steps: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for row in _rows("incident_steps.tsv"):
        steps[row["case"]][row["step"]] = _patterns(row["nodes"])
    claims: defaultdict[str, list[Claim]] = defaultdict(list)
    for row in _rows("incident_claims.tsv"):
        parts = (_patterns(row[name]) for name in ("from", "without", "about"))
        claims[row["case"]].append(Claim(int(row["statement"]), row["question"], *parts))
    return {
        row["case"]: Script(
            row["actor"],
            _patterns(row["entry"]),
            tuple(nodes for number, nodes in steps[row["case"]].items() if number != GOAL),
            steps[row["case"]].get(GOAL, ()),
            tuple(claims[row["case"]]),
        )
        for row in _rows("incident_entries.tsv")
    }


def overlay_of(slug: str, *, safe: bool) -> Configuration:
    """The overlay of a case as ``breachway.yaml`` says it; a fix that changes it has a file of its own."""
    names = (f"{slug}.safe.yaml", f"{slug}.yaml") if safe else (f"{slug}.yaml",)
    paths = (HERE / "incident_overlays" / name for name in names)
    path = next((path for path in paths if path.exists()), None)
    return read_configuration(path.read_text(encoding="utf-8"), path.name) if path is not None else Configuration()


def models(folder: Path, overlay: Configuration) -> tuple[Model, Model]:
    """The model of a folder with everything settled that the overlay leaves open, and as it is with the overlay alone."""
    inventory = read([str(folder)])
    as_is = build_model(inventory, overlay)
    said = {belief.id for belief in overlay.assumptions}
    settled = tuple(
        Belief(location=item.evidence[0].location, id=item.id, probability=1.0 if item.defence_on else 0.0)
        for item in as_is.assumptions
        if item.id not in said
    )
    return build_model(inventory, replace(overlay, assumptions=(*overlay.assumptions, *settled))), as_is


def replay(folder: Path, script: Script) -> Outcome:
    """Run one case."""
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    before, _ = models(folder / "input", overlay_of(folder.name, safe=False))
    after, doubtful = models(folder / "safe", overlay_of(folder.name, safe=True))
    question = Question(before, script.actor, script.entry)
    places = [_place(step["because"]) for step in case["path"]]
    broken: list[str] = []
    if len(script.steps) != len(places):
        broken.append(f"{len(places)} steps in the case, {len(script.steps)} in incident_steps.tsv")
    missing = set(range(1, len(case["must_not"]) + 1)) - {claim.number for claim in script.claims}
    broken += [f"statement {number} has no question" for number in sorted(missing)]
    found = question.find_path([(question.nodes(p), place) for p, place in zip(script.steps, places, strict=False)])
    claimed: list[int] = []
    for claim in script.claims:
        answer, problem = is_claimed(claim, question)
        claimed += [claim.number] if answer else []
        broken += [f"statement {claim.number}: {problem}"] if problem else []
    return Outcome(
        slug=folder.name,
        counted=case["platform"] in COUNTED,
        words=tuple(question.word(step.node) if step.node >= 0 else "-" for step in found),
        steps=found,
        reached_before=_is_reached(before, script),
        reached_after=_is_reached(after, script),
        claimed=tuple(claimed),
        broken=tuple(broken),
        open_to_doubt=_doubts(doubtful, script),
    )


def _place(because: Mapping[str, object]) -> Place:
    document = str(because["file"]).removeprefix("input/")
    line = because.get("line", 0)
    return Place(document, line if isinstance(line, int) else 0, str(because.get("pointer", "")))


def _is_reached(model: Model, script: Script) -> bool:
    question = Question(model, script.actor, script.entry)
    reached = question.reached(question.entries)
    return any(bool(reached[node]) for node in question.nodes(script.goal))


def _doubts(model: Model, script: Script) -> tuple[str, ...]:
    question = Question(model, script.actor, script.entry)
    return question.rests_on(question.nodes(script.goal))


def is_claimed(claim: Claim, question: Question) -> tuple[bool, str]:
    """Whether the model claims what a statement forbids; and what is wrong with the question, which then answers nothing."""
    starts, shut = question.nodes(claim.start), question.nodes(claim.without)
    if claim.question == "other fix":
        return _only_fix(question.model, claim.about[0]), ""
    about = question.nodes(claim.about)
    if claim.start and not starts:
        return False, f"nothing is {', '.join(claim.start)}"
    if claim.about and not about:
        return False, f"nothing is {', '.join(claim.about)}"
    match claim.question:
        case "not reached":
            reached = question.reached(starts, shut)
            return any(bool(reached[node]) for node in about), ""
        case "reached":
            reached = question.reached(starts, shut)
            return not all(bool(reached[node]) for node in about), ""
        case "gives nothing":
            return bool(question.titled(question.reached(starts), starts)), ""
        case "apart":
            return bool(question.hosts_of(claim.start[0]) & question.hosts_of(claim.about[0])), ""
        case _:
            return False, f"no such question: {claim.question}"


def _only_fix(model: Model, defence: str) -> bool:
    """Whether every path of the external attacker that a fix of this defence cuts is cut by no other fix."""
    assessment = assess(model)
    keys = {key for state in model.defences if state.defence == defence for key in state.weaknesses}
    these = {fix.id for fix in assessment.fixes if fix.weakness in keys}
    cut = [path for path in assessment.paths if path.actor == "A1" and these.intersection(path.cut_by)]
    return not cut or any(these.issuperset(path.cut_by) for path in cut)


def _row(outcome: Outcome) -> tuple[str, ...]:
    found = sum(step.node >= 0 for step in outcome.steps)
    return (
        outcome.slug,
        f"{found}/{len(outcome.steps)}",
        str(sum(step.at_place for step in outcome.steps)),
        "yes" if outcome.reached_before else "no",
        "OPEN" if outcome.reached_after else "closed",
        ", ".join(map(str, outcome.claimed)) or "none",
        "holds" if outcome.good else "FAILS" if outcome.counted else "not counted",
    )


def _details(outcome: Outcome) -> list[str]:
    lines = [
        f"    {number}. {word}{'' if step.at_place else '  (same object, other place)' if step.node >= 0 else '  MISSING'}"
        + (f"  after {step.after or 'the entry'}" if step.node >= 0 and step.after != number - 1 else "")
        for number, (step, word) in enumerate(zip(outcome.steps, outcome.words, strict=True), 1)
    ]
    lines += [f"    BROKEN {text}" for text in outcome.broken if outcome.counted]
    if outcome.open_to_doubt and not outcome.reached_after:
        lines.append(f"    after the fix a path is left that rests on {', '.join(outcome.open_to_doubt)}")
    return [outcome.slug, *lines]


def main() -> int:
    """Print a row for each case, the steps that were found, and the figure."""
    root = corpus(argument_parser(__doc__ or "").parse_args().corpora, "incidents")
    known = scripts()
    folders = [folder for folder in sorted(root.iterdir()) if (folder / "case.json").exists()]
    outcomes = [replay(folder, known[folder.name]) for folder in folders if folder.name in known]
    header = ("case", "steps found", "at the line", "goal before", "goal after", "claimed wrongly", "verdict")
    outcomes.sort(key=lambda item: (not item.counted, item.slug))
    print(table(header, [_row(item) for item in outcomes]))
    print()
    for item in outcomes:
        print("\n".join(_details(item)))
    unknown = [folder.name for folder in folders if folder.name not in known]
    for name in unknown:
        print(f"{name} is not in the tables")
    counted = [item for item in outcomes if item.counted]
    good = sum(item.good for item in counted)
    print(f"{good} of {len(counted)} cases of Kubernetes hold: the path found, closed by the fix, nothing claimed wrongly")
    return 0 if counted and good == len(counted) and not unknown else 1


if __name__ == "__main__":
    sys.exit(main())
