"""Measures as changes of the files: the new texts, and what cannot be changed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.edits.build_lines import Instruction
from breachway.edits.planning import Found, Original, Planner
from breachway.edits.recipes import PLATFORMS
from breachway.model import Verdict
from breachway.sources.discovery import STDIN
from breachway.sources.dockerfile.parsing import parse_instructions
from breachway.sources.text import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from breachway.analyses.measures import Measure
    from breachway.edits.planning import Outcome
    from breachway.evidence import Location, Unread
    from breachway.model import Model
    from breachway.sources.originals import OriginalFile


def planner_for(model: Model, files: Mapping[str, OriginalFile], piped: str = "") -> Planner:
    """A planner on the documents of a model; what came from no file is not edited.

    ``piped`` is the text of the standard input, whose objects are told as commands.
    """
    originals: dict[str, Original] = {}
    for summary in model.documents:
        platform = PLATFORMS.get(summary.format, "")
        file = files.get(summary.document)
        if file is None:
            from_pipe = summary.document == STDIN
            reason = "it came by the standard input" if from_pipe else "it is no file that was given"
            originals[summary.document] = Original(platform, piped if from_pipe and platform == "kubernetes" else "", reason)
        elif isinstance(file.text, Refusal):
            originals[summary.document] = Original(platform, "", file.text.reason)
        else:
            originals[summary.document] = Original(platform, file.text)
    return Planner(originals, _instructions)


def repair(model: Model, planner: Planner, measure: Measure) -> tuple[Outcome, ...]:
    """Plan a measure: the removal of each of its weaknesses on each of its assets."""
    return tuple(dict.fromkeys(outcome for found in _found(model, measure) for outcome in planner.add(found)))


def _instructions(text: str) -> tuple[Instruction, ...]:
    problems: list[Unread] = []
    return tuple(Instruction(one.name, one.line, one.last_line, one.words) for one in parse_instructions(text, "", problems))


def _found(model: Model, measure: Measure) -> Iterator[Found]:
    candidate = measure.candidate
    names = {asset.id: asset.id.rpartition("/")[2] for asset in model.assets if asset.kind == "Container"}
    assets = {state.asset for state in candidate.states}
    for key in candidate.keys:
        all_of = [one for one in model.weaknesses if one.key == key and one.asset in assets and one.verdict is not Verdict.SAFE]
        here = [one for one in all_of if candidate.place in _places(item.location for item in one.evidence)]
        for one in here or all_of:
            yield Found(key, one.detail, names.get(one.asset, ""), one.evidence, one.asset)
        if not all_of:
            for state in candidate.states:
                yield Found(key, "", names.get(state.asset, ""), state.evidence, state.asset)


def _places(locations: Iterable[Location]) -> set[tuple[str, str, int]]:
    return {(one.document, one.pointer, 0 if one.pointer else one.line) for one in locations}
