"""Compare the weaknesses that Breachway finds with the labels of public rule suites, case by case.

A case is a few files, the weaknesses that one rule stands for, and whether that rule calls the case bad. Breachway agrees
with a bad case when it finds one of those weaknesses, and with a good case when it finds none. A label is one tool's
opinion: where it is wrong by the platform's semantics, the case and the reason stand in ``weakness_label_disputes.tsv``
and the case is left out of the figure.

Goal: at least 97 % agreement over the other cases of covered keys, and every case of Kubernetes' own Pod Security suite
agrees. Covered are the keys of ``weakness_keys.tsv`` and every other key that the mapping ever finds.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import breachway
from breachway.model import Verdict
from measuring import argument_parser, corpus, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HERE = Path(__file__).parent
GOAL = 0.97
PLATFORM_SUITE = "k8s-psa"
LATER_PLATFORMS = frozenset({"terraform", "cloudformation"})
COLLECTED = re.compile(
    r"""["']?apiVersion["']?\s*:\s*["']?(hostdata\.kubescape\.cloud|kubescape\.io|armo\.vuln\.images"""
    r"""|container\.googleapis\.com|eks\.amazonaws\.com|management\.azure\.com)/"""
)
FILE_NAMES = {"kubernetes": "input.yaml", "dockerfile": "Dockerfile"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled case; ``bad`` says whether its rule objects to it."""

    id: str
    source: str
    platform: str
    bad: bool
    keys: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What Breachway found in a case: keys that are weak, keys that it cannot decide, and the error if it modelled nothing."""

    weak: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    error: str = ""


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


def out_of_scope(case: Case) -> str:
    """Say why a case is not an input of this product today; empty when it is one.

    Some suites judge what their own collector gathered (node reports, described cloud clusters): no platform has those.
    """
    if case.platform in LATER_PLATFORMS:
        return case.platform
    return "a scanner's own collected data" if any(COLLECTED.search(text) for _, text in case.files) else ""


def share(part: int, whole: int) -> str:
    """Write a share as a percentage, or a dash where there is nothing to share."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def parse_case(line: str) -> Case:
    """Read one line of ``cases.jsonl``; files without a telling name get the one that their platform uses."""
    raw = json.loads(line)
    platform = raw["platform"]
    return Case(
        id=raw["id"],
        source=raw["source"],
        platform=platform,
        bad=raw["expect"] == "bad",
        keys=tuple(raw["weaknesses"]),
        files=tuple(
            (FILE_NAMES.get(platform, "Dockerfile") if name == "input" else name, text) for name, text in raw["files"].items()
        ),
    )


def read_column(path: Path) -> dict[str, str]:
    """Read a table of one or two columns under a header line."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return {first: second for first, _, second in (line.partition("\t") for line in lines if line)}


def judge(case: Case) -> Judgement:
    """Model the files of one case in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in case.files:
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        try:
            model = breachway.build_model(breachway.read([folder]))
        except breachway.BreachwayError as error:
            return Judgement(error=error.message)
    return Judgement(
        weak=frozenset(weakness.key for weakness in model.weaknesses if weakness.verdict is Verdict.WEAK),
        unknown=frozenset(weakness.key for weakness in model.weaknesses if weakness.verdict is Verdict.UNKNOWN),
    )


def agrees(case: Case, judgement: Judgement) -> bool:
    """Whether Breachway and the label say the same."""
    return bool(judgement.weak.intersection(case.keys)) == case.bad


def tallies(cases: Iterable[Case], judgements: Mapping[str, Judgement], covered: frozenset[str]) -> dict[tuple[str, str], Tally]:
    """Count calls by key and source.  A rule that stands for several keys is met by any one of them."""
    result: dict[tuple[str, str], Tally] = {}
    for case in cases:
        weak = judgements[case.id].weak
        keys = sorted(covered.intersection(case.keys))
        met = weak.intersection(keys)
        for key in keys:
            if case.bad and met and key not in met:
                continue
            result.setdefault((key, case.source), Tally()).add(bad=case.bad, found=key in weak)
    return result


def describe(case: Case, judgement: Judgement) -> str:
    """Say in one line how a case and Breachway differ."""
    found = ", ".join(sorted(judgement.weak)) or judgement.error or "nothing"
    unknown = f"; cannot decide {', '.join(sorted(judgement.unknown.intersection(case.keys)))}" if judgement.unknown else ""
    return (
        f"  {case.id} [{case.platform}] expects {'one' if case.bad else 'none'} of {', '.join(case.keys)}: found {found}{unknown}"
    )


def main() -> int:
    """Judge all cases; 0 when the goal holds."""
    parser = argument_parser("agreement with the labels of public rule suites")
    parser.add_argument("--show", default="", metavar="KEY", help="print every case of this key, agreeing or not")
    arguments = parser.parse_args()
    lines = (corpus(arguments.corpora, "weaknesses") / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    every = tuple(parse_case(line) for line in lines)
    disputes = read_column(HERE / "weakness_label_disputes.tsv")
    start = time.perf_counter()
    in_scope = tuple(case for case in every if not out_of_scope(case))
    judgements = {case.id: judge(case) for case in in_scope}
    seconds = time.perf_counter() - start
    found = (judgement.weak | judgement.unknown for judgement in judgements.values())
    covered = frozenset(read_column(HERE / "weakness_keys.tsv")).union(*found)
    counted = tuple(case for case in in_scope if covered.intersection(case.keys) and case.id not in disputes)

    rows = [
        (f"{key}  {source}", *tally.cells()) for (key, source), tally in sorted(tallies(counted, judgements, covered).items())
    ]
    print(table(("weakness  source", "cases", "found", "false", "missed", "precision", "recall"), rows))
    if arguments.show:
        print(f"\ncases of {arguments.show}:")
        for case in (case for case in in_scope if arguments.show in case.keys):
            print(f"{'agree ' if agrees(case, judgements[case.id]) else 'DIFFER'}{describe(case, judgements[case.id])}")
    return conclude(every=every, in_scope=in_scope, counted=counted, judgements=judgements, disputes=disputes, seconds=seconds)


def conclude(
    *,
    every: tuple[Case, ...],
    in_scope: tuple[Case, ...],
    counted: tuple[Case, ...],
    judgements: Mapping[str, Judgement],
    disputes: Mapping[str, str],
    seconds: float,
) -> int:
    """Print what differs, what is disputed, what is left out, and the figure; 0 when the goal holds."""
    differing = tuple(case for case in counted if not agrees(case, judgements[case.id]))
    print(f"\n{len(differing)} cases differ:")
    print("\n".join(describe(case, judgements[case.id]) for case in differing) or "  none")
    print("\nlabels that are wrong by the platform's semantics:")
    print("\n".join(f"  {case}: {reason}" for case, reason in sorted(disputes.items())) or "  none")
    stale = sorted(set(disputes) - {case.id for case in in_scope})
    later = Counter(reason for case in every if (reason := out_of_scope(case)))
    left_out = len(in_scope) - len(counted) - sum(case.id in disputes for case in in_scope)
    print(f"\nnot in scope: {', '.join(f'{count} {reason}' for reason, count in sorted(later.items())) or 'none'}")
    print(f"of keys not covered: {left_out}.  {len(in_scope)} cases in {seconds:.1f} s.")
    if stale:
        print(f"disputes about cases that do not exist: {', '.join(stale)}")
    suite = tuple(case for case in counted if case.source == PLATFORM_SUITE)
    suite_wrong = sum(case in differing for case in suite) + sum(
        case.source == PLATFORM_SUITE and case.id in disputes for case in in_scope
    )
    agreement = 1 - len(differing) / len(counted) if counted else 0.0
    held = agreement >= GOAL and suite_wrong == 0 and not stale
    print(
        f"weaknesses: {100 * agreement:.1f} % agreement over {len(counted)} cases ({len(differing)} differ), "
        f"{PLATFORM_SUITE} {len(suite) - suite_wrong} of {len(suite)}: goal {'holds' if held else 'MISSED'}"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
