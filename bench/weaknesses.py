"""Compare the weaknesses that Breachway finds with the labels of public rule suites, case by case.

A case is a few files, the weaknesses that one rule stands for, and whether that rule calls the case bad.  Breachway agrees with a
bad case when it finds one of those weaknesses on each object or line that the label names (anywhere, where it names none), and
with a good case when it finds none of them anywhere.  A weakness that it cannot decide is not found, and a case of which nothing
was modelled agrees with nothing.

A label is one tool's opinion.  Where it is wrong by the platform's semantics or by the definition of the weakness, the case
stands in ``weakness_label_disputes.tsv`` with its class and reason and is left out of the figure; what Breachway says about it is
printed beside the reason.  A dispute about a case that agrees, or about none, fails the run.

Goal: at least 97 % agreement over the other cases of covered keys, and every case of Kubernetes' own Pod Security suite
agrees.  Covered are the keys of ``weakness_keys.tsv`` and every other key that the mapping ever finds.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import breachway
from breachway.model import Verdict
from measuring import argument_parser, corpus, table
from weakness_cases import Case, Span, Target, out_of_scope, parse_case, spans, variants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HERE = Path(__file__).parent
GOAL = 0.97
PLATFORM_SUITE = "k8s-psa"
CLASSES = {
    "one-part": "the rule looks at one part of what the weakness covers, and another part of it holds",
    "other-weakness": "the rule objects to something that is none of the weaknesses in the label",
    "own-settings": "the rule follows thresholds or exemptions of its own configuration",
    "platform": "the platform reads the artefact otherwise",
    "refused": "the platform refuses what the artefact says",
}


class Dispute(NamedTuple):
    """Why a label is wrong: a class of ``CLASSES``, the weakness that the rule is really about ("" for none), and the reason."""

    kind: str
    instead: str
    reason: str


class Finding(NamedTuple):
    """One weakness found: its key, the object as its platform names it, and the places of its evidence as (file, line, note)."""

    key: str
    subject: str
    places: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What Breachway found in a case: what is weak, keys that it cannot decide, and the error if it modelled nothing."""

    weak: tuple[Finding, ...] = ()
    unknown: frozenset[str] = frozenset()
    error: str = ""

    @property
    def keys(self) -> frozenset[str]:
        """The keys of what is weak."""
        return frozenset(finding.key for finding in self.weak)


@dataclass(slots=True)
class Tally:
    """Right and wrong calls for one key and source."""

    true_positive: int = 0
    false_negative: int = 0
    false_positive: int = 0
    true_negative: int = 0

    def add(self, *, bad: bool, found: bool) -> None:
        """Count one case."""
        match bad, found:
            case True, True:
                self.true_positive += 1
            case True, False:
                self.false_negative += 1
            case False, True:
                self.false_positive += 1
            case _:
                self.true_negative += 1

    def cells(self) -> tuple[str, ...]:
        """Give the cells of the table: cases, right and wrong calls, precision, recall."""
        found = self.true_positive + self.false_positive
        bad = self.true_positive + self.false_negative
        counts = (bad + self.false_positive + self.true_negative, self.true_positive, self.false_positive, self.false_negative)
        return (*map(str, counts), share(self.true_positive, found), share(self.true_positive, bad))


def share(part: int, whole: int) -> str:
    """Write a share as a percentage, or a dash where there is nothing to share."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def read_rows(path: Path) -> Iterator[list[str]]:
    """Read the rows of a table under its header line."""
    yield from (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:] if line)


def read_disputes(path: Path) -> dict[str, Dispute]:
    """Read the disputed labels by case; a case that stands there twice is an error of the list."""
    found: dict[str, Dispute] = {}
    for case, kind, instead, reason in read_rows(path):
        if case in found or kind not in CLASSES or not reason.strip():
            raise SystemExit(f"{path.name}: {case} stands there twice, or its class or reason is missing")
        found[case] = Dispute(kind, instead.strip("-"), reason)
    return found


# ------------------------------------------------------------------------------------------------------------------------ judging


def judge(case: Case) -> Judgement:
    """Model a case; where it declares an object more than once, each declaration in turn."""
    judgements = [_judge(variant) for variant in variants(case)]
    return Judgement(
        weak=tuple(sorted({finding for judgement in judgements for finding in judgement.weak})),
        unknown=frozenset().union(*(judgement.unknown for judgement in judgements)),
        error=next((judgement.error for judgement in judgements if judgement.error), ""),
    )


def _judge(case: Case) -> Judgement:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in case.files:
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        try:
            model = breachway.build_model(breachway.read([folder]))
        except breachway.BreachwayError as error:
            return Judgement(error=error.message.replace(folder, "the case"))
        weak = tuple(
            Finding(
                weakness.key,
                weakness.subject.replace(f"{Path(folder).name}/", ""),
                tuple(
                    (item.location.document.removeprefix(f"{folder}/"), item.location.line, item.note)
                    for item in weakness.evidence
                ),
            )
            for weakness in model.weaknesses
            if weakness.verdict is Verdict.WEAK
        )
    return Judgement(weak=weak, unknown=frozenset(item.key for item in model.weaknesses if item.verdict is Verdict.UNKNOWN))


def agrees(case: Case, judgement: Judgement) -> bool:
    """Whether Breachway and the label say the same, of the same objects."""
    if judgement.error:
        return False
    found = tuple(finding for finding in judgement.weak if finding.key in case.keys)
    if not case.bad:
        return not found
    places = spans(case)
    return bool(found) and all(any(stands_on(finding, target, places) for finding in found) for target in case.targets)


def stands_on(finding: Finding, target: Target, places: tuple[Span, ...]) -> bool:
    """Whether a finding is about a target: by the name of its subject, or by evidence in the target's lines."""
    if target.line:
        wanted = [span for span in places if span.first <= target.line <= span.last]
        lines = {line for _, line, _ in finding.places}
        return target.line in lines or any(span.first <= line <= span.last for span in wanted for line in lines)
    if re.match(rf"{re.escape(target.kind)} ([^/ ]+/)?{re.escape(target.name)}(,|$)", finding.subject):
        return True
    return any(
        span.file == file and span.first <= line <= span.last
        for span in places
        if (span.kind, span.name) == (target.kind, target.name)
        for file, line, _ in finding.places
    )


def tallies(cases: Iterable[Case], judgements: Mapping[str, Judgement], covered: frozenset[str]) -> dict[tuple[str, str], Tally]:
    """Count calls by key and source.  A rule that stands for several keys is met by any one of them."""
    result: dict[tuple[str, str], Tally] = {}
    for case in cases:
        weak = judgements[case.id].keys
        keys = sorted(covered.intersection(case.keys))
        met = weak.intersection(keys)
        for key in keys:
            if case.bad and met and key not in met:
                continue
            result.setdefault((key, case.source), Tally()).add(bad=case.bad, found=key in weak)
    return result


def untested(cases: Iterable[Case], judgements: Mapping[str, Judgement]) -> tuple[str, ...]:
    """Keys that good cases count on and that no case at all shows found: silence proves nothing about them."""
    shown = frozenset().union(*(judgement.keys for judgement in judgements.values()))
    return tuple(sorted({key for case in cases if not case.bad for key in case.keys} - shown))


# ----------------------------------------------------------------------------------------------------------------------- printing


def describe(case: Case, judgement: Judgement) -> str:
    """Say in one line how a case and Breachway differ."""
    expected = sorted(judgement.keys.intersection(case.keys))
    found = f"{', '.join(expected)} elsewhere" if case.bad and expected else ", ".join(expected) or judgement.error or "none"
    undecided = sorted(judgement.unknown.intersection(case.keys))
    unknown = f"; cannot decide {', '.join(undecided)}" if undecided else ""
    where = ", ".join(f"line {target.line}" if target.line else f"{target.kind} {target.name}" for target in case.targets)
    return (
        f"  {case.id} [{case.platform}] expects {'one' if case.bad else 'none'} of {', '.join(case.keys)}"
        f"{f' on {where}' if where else ''}: found {found}{unknown}"
    )


def shown(case: Case, judgement: Judgement, dispute: Dispute) -> str:
    """What Breachway says of a disputed case: the weakness that a good label denies, or the one that a bad label should name."""
    keys = case.keys if not case.bad else (dispute.instead,)
    finding = next((finding for finding in judgement.weak if finding.key in keys), None)
    if finding is not None:
        file, line, note = finding.places[0]
        return f"Breachway: {finding.key} at {file}:{line}, {note}"
    undecided = sorted(judgement.unknown.intersection(case.keys))
    return f"Breachway: cannot decide {', '.join(undecided)}" if undecided else "Breachway: none of these"


def faults(
    disputes: Mapping[str, Dispute], cases: Mapping[str, Case], judgements: Mapping[str, Judgement], covered: frozenset[str]
) -> Iterator[str]:
    """What is wrong with the list of disputes: it may not outlive its reasons."""
    for identifier, dispute in sorted(disputes.items()):
        case = cases.get(identifier)
        if case is None or not covered.intersection(case.keys):
            yield f"{identifier} is no case that counts"
        elif agrees(case, judgements[identifier]):
            yield f"{identifier} agrees and needs no dispute"
        elif dispute.instead and dispute.instead not in judgements[identifier].keys:
            yield f"{identifier}: {dispute.instead} is not found either"


def print_disputes(disputes: Mapping[str, Dispute], cases: Mapping[str, Case], judgements: Mapping[str, Judgement]) -> None:
    """Print the disputed labels by class, each with its reason and what Breachway says instead."""
    print(f"\n{len(disputes)} labels are disputed:")
    for kind, meaning in CLASSES.items():
        group = {case: dispute for case, dispute in sorted(disputes.items()) if dispute.kind == kind and case in cases}
        print(f"  {kind}, {len(group)}: {meaning}")
        for identifier, dispute in group.items():
            case = cases[identifier]
            print(f"    {identifier} says {'bad' if case.bad else 'good'} for {', '.join(case.keys)}: {dispute.reason}")
            print(f"      {shown(case, judgements[identifier], dispute)}")


def conclude(
    *, every: tuple[Case, ...], judgements: Mapping[str, Judgement], disputes: Mapping[str, Dispute], covered: frozenset[str]
) -> int:
    """Print what differs, what is disputed, what is left out, and the figure; 0 when the goal holds."""
    in_scope = {case.id: case for case in every if not out_of_scope(case)}
    relevant = tuple(case for case in in_scope.values() if covered.intersection(case.keys))
    counted = tuple(case for case in relevant if case.id not in disputes)
    differing = tuple(case for case in counted if not agrees(case, judgements[case.id]))
    print(f"\n{len(differing)} cases differ:")
    print("\n".join(describe(case, judgements[case.id]) for case in differing) or "  none")
    print_disputes(disputes, in_scope, judgements)

    later = Counter(reason for case in every if (reason := out_of_scope(case)))
    print(f"\nnot in scope: {', '.join(f'{count} {reason}' for reason, count in sorted(later.items())) or 'none'}")
    print(f"of keys not covered: {len(in_scope) - len(relevant)}")
    silent = untested(counted, judgements)
    print(f"keys of good cases that no case shows found: {', '.join(silent) or 'none'}")
    undecided = sum(not case.bad and bool(judgements[case.id].unknown.intersection(case.keys)) for case in counted)
    print(f"good cases that agree because the weakness cannot be decided: {undecided}")
    wrong = tuple(faults(disputes, in_scope, judgements, covered))
    for fault in wrong:
        print(f"dispute without ground: {fault}")
    right = len(counted) - len(differing)
    print(f"with every disputed label taken as right: {share(right, len(relevant))} of {len(relevant)}")

    suite = tuple(case for case in in_scope.values() if case.source == PLATFORM_SUITE)
    suite_right = sum(agrees(case, judgements[case.id]) for case in suite)
    agreement = right / len(counted) if counted else 0.0
    held = agreement >= GOAL and suite_right == len(suite) and not wrong
    print(
        f"weaknesses: {100 * agreement:.1f} % agreement over {len(counted)} cases ({len(differing)} differ, "
        f"{len(disputes)} labels disputed), {PLATFORM_SUITE} {suite_right} of {len(suite)}: goal {'holds' if held else 'MISSED'}"
    )
    return 0 if held else 1


def main() -> int:
    """Judge all cases; 0 when the goal holds."""
    parser = argument_parser("agreement with the labels of public rule suites")
    parser.add_argument("--show", default="", metavar="KEY", help="print every case of this key, agreeing or not")
    arguments = parser.parse_args()
    lines = (corpus(arguments.corpora, "weaknesses") / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    every = tuple(parse_case(line) for line in lines)
    disputes = read_disputes(HERE / "weakness_label_disputes.tsv")
    start = time.perf_counter()
    judgements = {case.id: judge(case) for case in every if not out_of_scope(case)}
    seconds = time.perf_counter() - start
    found = (judgement.keys | judgement.unknown for judgement in judgements.values())
    covered = frozenset(row[0] for row in read_rows(HERE / "weakness_keys.tsv")).union(*found)
    counted = [case for case in every if case.id in judgements and covered.intersection(case.keys) and case.id not in disputes]
    rows = [
        (f"{key}  {source}", *tally.cells()) for (key, source), tally in sorted(tallies(counted, judgements, covered).items())
    ]
    print(table(("weakness  source", "cases", "found", "false", "missed", "precision", "recall"), rows))
    print(f"\n{len(judgements)} cases judged in {seconds:.1f} s")
    for case in every:
        if arguments.show and arguments.show in case.keys and case.id in judgements:
            print(f"{'agree ' if agrees(case, judgements[case.id]) else 'DIFFER'}{describe(case, judgements[case.id])}")
    return conclude(every=every, judgements=judgements, disputes=disputes, covered=covered)


if __name__ == "__main__":
    sys.exit(main())
