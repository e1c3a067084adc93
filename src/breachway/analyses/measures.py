"""What can be done about a model: each edit that puts defences in force, with its id, its words and its cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from breachway.analyses.fixes import Trial, candidates, write_fix
from breachway.edits.recipes import PLATFORMS, Effort, effort_of, load_recipes
from breachway.threats.catalogue import weakness_by_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from breachway.analyses.assessment import Assessment, Fix
    from breachway.analyses.fixes import Candidate
    from breachway.graph.layout import AttackGraph

_DONE_WITH = ("accepted", "transferred", "a false positive")
"""How the words of decisions begin after which nobody means to change anything."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measure:
    """One edit: ``fix`` holds its id and words, ``candidate`` the defence nodes of the graph that it puts in force.

    ``efforts`` give for each weakness that it removes how much work that is, and ``cost`` is that of the dearest; ``decided`` are
    the words of the decision in ``breachway.yaml`` that leaves it as it is, empty while there is none.  ``by_hand`` is true where
    some of it has no recipe.
    """

    fix: Fix
    candidate: Candidate
    efforts: tuple[tuple[str, Effort], ...]
    cost: float
    decided: str
    by_hand: bool


def measures_of(graph: AttackGraph, assessment: Assessment, costs: Mapping[str, float]) -> tuple[Measure, ...]:
    """Give every measure in the order of ids: those of the assessment as the report numbers them, then all others.

    ``costs`` by weakness key take the place of those of the effort.
    """
    known = {fix.fingerprint: fix for fix in assessment.fixes}
    path_ids = [path.id for path in assessment.paths]
    written = []
    for candidate in candidates(graph, {}):
        bare = Trial(candidate=candidate, cuts=frozenset(), closes=0)
        fix = write_fix(bare, identifier="", path_ids=path_ids, catalogue=weakness_by_key())
        written.append((known.get(fix.fingerprint, fix), candidate))
    written.sort(key=lambda one: (not one[0].id, len(one[0].id), one[0].id))
    formats = {summary.document: PLATFORMS.get(summary.format, "") for summary in assessment.model.documents}
    decisions = _decisions(assessment)
    found = []
    for position, (fix, candidate) in enumerate(written):
        efforts = _efforts(candidate.keys, formats.get(candidate.place[0], ""))
        found.append(
            Measure(
                fix=fix if fix.id else replace(fix, id=f"F{position + 1}"),
                candidate=candidate,
                efforts=efforts,
                cost=max(costs.get(key, float(effort.cost)) for key, effort in efforts),
                decided=_decided(candidate, decisions),
                by_hand=any((key, formats.get(candidate.place[0], "")) not in load_recipes() for key in candidate.keys),
            )
        )
    return tuple(found)


def _efforts(keys: Sequence[str], platform: str) -> tuple[tuple[str, Effort], ...]:
    catalogue = weakness_by_key()
    return tuple((key, effort_of(key, platform, caution=catalogue[key].caution if key in catalogue else "")) for key in keys)


def _decisions(assessment: Assessment) -> dict[tuple[str, str], str]:
    return {(one.key, one.asset): one.decision for one in assessment.weaknesses if one.decision.startswith(_DONE_WITH)}


def _decided(candidate: Candidate, decisions: Mapping[tuple[str, str], str]) -> str:
    """The decision that holds for all that the candidate changes; one asset without a decision keeps it open."""
    words = [decisions.get((key, state.asset), "") for key in candidate.keys for state in candidate.states]
    return words[0] if words and all(words) else ""
