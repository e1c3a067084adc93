"""What ``breachway fix`` answers: the measures in order, how each attacker and crown jewel stands, and the changed texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeAlias

from breachway.analyses.cutting import Choice
from breachway.analyses.measures import measures_of
from breachway.analyses.remedies import Deciding, look_again
from breachway.analyses.repairs import planner_for, repair
from breachway.edits.recipes import Effort
from breachway.errors import UsageError
from breachway.graph.generation import generate
from breachway.model import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.analyses.assessment import Assessment
    from breachway.analyses.cutting import Progress
    from breachway.analyses.measures import Measure
    from breachway.analyses.remedies import Afterwards, Pair
    from breachway.edits.planning import Outcome
    from breachway.evidence import Location
    from breachway.model import CrownJewel
    from breachway.sources.originals import OriginalFile

Remodel: TypeAlias = Callable[[Mapping[str, str]], Model]
"""Reads and maps everything again, with texts by label in the place of those of the files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: which crown jewels, at what ``costs`` by weakness key, within which ``budget`` (None: all that it takes).

    ``accepted`` are ids of fixes and weakness keys that are left as they are.  ``only`` is the id of one fix to show, or empty.
    ``piped`` is the text of the standard input.
    """

    jewels: tuple[CrownJewel, ...]
    costs: tuple[tuple[str, float], ...] = ()
    budget: float | None = None
    accepted: tuple[str, ...] = ()
    only: str = ""
    piped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """One measure of the answer.

    ``effort`` is "line", "tested" or "redesign".  ``keeps`` are the positions of the pairs that open again without it; ``cuts``
    the paths of the report that it cuts.  ``outcomes`` tell what became of the change in each place; ``verified`` is true when
    the model was run with the changed files and all that the measure stands for was in force.
    """

    id: str
    title: str
    weaknesses: tuple[str, ...]
    cost: float
    effort: str
    change: str
    caution: str
    locations: tuple[Location, ...]
    keeps: tuple[int, ...]
    cuts: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    verified: bool

    @property
    def edited(self) -> bool:
        """Whether all of it is a change of the files."""
        return bool(self.outcomes) and all(outcome.made for outcome in self.outcomes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A document before and after; both texts whole."""

    document: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixing:
    """The whole answer.

    ``bound`` is the least that any set costs that closes what can be closed; with a ``budget``, the most value that any set wins
    within it, and ``won`` of ``worth`` is what this one wins.  ``left`` are the positions of the pairs that stay open for want of
    budget. ``accepted`` names the measures that were left out, each with the reason.  ``alone`` tells that one fix was asked for.
    """

    version: str
    model: Model
    budget: float | None
    cost: float
    bound: float
    proven: bool
    won: float
    worth: float
    ways: int
    rounds: int
    remedies: tuple[Remedy, ...]
    pairs: tuple[Pair, ...]
    left: tuple[int, ...]
    afterwards: Afterwards
    changed: tuple[Changed, ...]
    accepted: tuple[tuple[str, str, str], ...]
    alone: bool = False

    @property
    def closable(self) -> tuple[int, ...]:
        """The pairs that are open and can be closed."""
        return tuple(position for position, pair in enumerate(self.pairs) if pair.starts)

    @property
    def meant(self) -> tuple[int, ...]:
        """The pairs that the measures are to close."""
        return tuple(position for position in self.closable if position not in self.left)


def decide(
    assessment: Assessment,
    question: Question,
    files: Mapping[str, OriginalFile],
    remodel: Remodel,
    *,
    progress: Progress | None = None,
) -> Fixing:
    """Choose the measures, write them into the texts, and run the model with the new texts.

    :class:`UsageError` for an id or key in the question that there is not.
    """
    model, language = assessment.model, assessment.language
    graph = generate(language, model)
    measures = measures_of(graph, assessment, dict(question.costs))
    accepted = _accepted(measures, question.accepted)
    deciding = Deciding(
        graph, question.jewels, measures, {identifier for identifier, _, _ in accepted if identifier != question.only}
    )
    choice = _choice(deciding, question, progress)
    chosen = [deciding.measures[position] for position in choice.chosen]
    planner = planner_for(model, files, question.piped)
    outcomes = [repair(model, planner, measure) for measure in chosen]
    texts = planner.texts()
    by_hand = [measure for measure, made in zip(chosen, outcomes, strict=True) if not made or not all(one.made for one in made)]
    afterwards = look_again(remodel(texts) if texts else model, language, deciding.pairs, chosen, by_hand)
    kept = deciding.kept_closed(choice)
    remedies = [
        _remedy(measure, keeps, made, in_force=in_force)
        for measure, keeps, made, in_force in zip(chosen, kept, outcomes, afterwards.in_force, strict=True)
    ]
    worth = [sum(deciding.pairs[position].value for position in remedy.keeps) for remedy in remedies]
    order = sorted(range(len(remedies)), key=lambda at: (-worth[at], remedies[at].cost, at))
    return Fixing(
        version=assessment.version,
        model=model,
        budget=question.budget,
        cost=choice.cost,
        bound=choice.bound,
        proven=choice.proven,
        won=choice.won,
        worth=float(sum(pair.value for pair in deciding.pairs if pair.starts)),
        ways=choice.ways,
        rounds=choice.rounds,
        remedies=tuple(remedies[at] for at in order),
        pairs=deciding.pairs,
        left=choice.left,
        afterwards=afterwards,
        changed=tuple(Changed(document=label, before=_text(files[label]), after=text) for label, text in texts.items()),
        accepted=accepted,
        alone=bool(question.only),
    )


def _text(file: OriginalFile) -> str:
    return file.text if isinstance(file.text, str) else ""


def _choice(deciding: Deciding, question: Question, progress: Progress | None) -> Choice:
    if not question.only:
        return deciding.choose(question.budget, progress=progress)
    position = next(
        at for at, measure in enumerate(deciding.measures) if measure.fix.id == _known(deciding.measures, question.only)
    )
    left = deciding.left_by([position])
    cost = deciding.measures[position].cost
    closed = [pair.value for at, pair in enumerate(deciding.pairs) if pair.starts and at not in left]
    return Choice(chosen=(position,), cost=cost, bound=cost, won=float(sum(closed)), left=left, ways=0, rounds=1, proven=False)


def _known(measures: Sequence[Measure], wanted: str) -> str:
    """The id of a fix, however it is written."""
    ids = [measure.fix.id for measure in measures]
    found = next((one for one in ids if one.lower() == wanted.strip().lower()), "")
    if not found:
        hint = (
            f"the model has F1 to F{len(ids)}; the same files and the same version give the same ids"
            if ids
            else "the model has none"
        )
        raise UsageError(f"there is no fix {wanted}", hint=hint)
    return found


def _accepted(measures: Sequence[Measure], wanted: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    """Id, title and reason of each measure that is left out."""
    keys = {key for measure in measures for key in measure.candidate.keys}
    named: set[str] = set()
    for text in wanted:
        word = text.strip()
        if word[:1] in "Ff" and word[1:].isdecimal():
            named.add(_known(measures, word))
        elif word in keys:
            named.add(word)
        else:
            near = get_close_matches(word, sorted(keys), n=3, cutoff=0.4)
            hint = (
                f"did you mean {' or '.join(near)}?"
                if near
                else "the id of a fix (F1) or the key of a weakness that the model has"
            )
            raise UsageError(f"nothing here is called {text}", hint=hint)
    found = []
    for measure in measures:
        if measure.fix.id in named or named.intersection(measure.candidate.keys):
            found.append((measure.fix.id, measure.fix.title, "you said --accept"))
        elif measure.decided:
            found.append((measure.fix.id, measure.fix.title, measure.decided))
    return tuple(found)


def _remedy(measure: Measure, keeps: tuple[int, ...], outcomes: tuple[Outcome, ...], *, in_force: bool) -> Remedy:
    order = tuple(Effort)
    return Remedy(
        id=measure.fix.id,
        title=measure.fix.title,
        weaknesses=measure.candidate.keys,
        cost=measure.cost,
        effort=max((effort for _, effort in measure.efforts), key=order.index).value,
        change=measure.fix.change,
        caution=measure.fix.caution,
        locations=measure.fix.locations,
        keeps=keeps,
        cuts=measure.fix.cuts,
        outcomes=outcomes,
        verified=in_force and bool(outcomes) and all(outcome.made for outcome in outcomes),
    )
