"""What to fix, as text, JSON, or a diff."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from breachway.reports.diffs import exact_diff, secret_lines, shown_diff
from breachway.reports.escaping import terminal
from breachway.reports.json_text import document
from breachway.reports.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from breachway.analyses.fixing import Fixing, Remedy
    from breachway.reports.json_text import Json

FORMATS = ("text", "json", "diff")
VERSION = 1
_COLUMN = 11
_NAMED = 3
_RUN = "run: "

COSTS = (
    "Costs: a line of configuration 1, a change that needs a test 3, a redesign 8; costs in breachway.yaml, by weakness key, "
    "take their place. Only their order is meant."
)


def render(fixing: Fixing, form: str, *, width: int = 80, diff: bool = False) -> str:
    """The text of ``form``; ``diff`` adds the changes of the files to the text."""
    if form == "json":
        return document(_as_json(fixing), depth=3)
    if form == "diff":
        return exact_diff(fixing.changed)
    return "".join(f"{line}\n" for line in _text(fixing, width, diff=diff))


def headline(fixing: Fixing) -> str:
    """The answer in a sentence or two."""
    goals, closed = len(fixing.closable), len(fixing.meant)
    if not fixing.pairs:
        return "There is no crown jewel to protect; name what matters in breachway.yaml (crown_jewels)."
    if not goals:
        fixed = sum(bool(pair.fixed) for pair in fixing.pairs)
        return (
            "No attacker reaches a crown jewel in a way that an edit would close."
            if fixed
            else "No attacker reaches a crown jewel."
        )
    if fixing.alone:
        return f"{fixing.remedies[0].id} alone closes {closed or 'none'} of {count(goals, 'goal')}."
    fixes = f"{count(len(fixing.remedies), 'fix')}, cost {fixing.cost:g}"
    if fixing.budget is None:
        proof = "proven: no set of fixes costs less" if fixing.proven else f"the least that is proven is {fixing.bound:g}"
        return f"{fixes}, would close all {count(goals, 'goal')} that can be closed ({proof})."
    proof = "proven: no set within it wins more" if fixing.proven else f"at most {fixing.bound:g} could be won"
    return (
        f"{fixes}, within the budget of {fixing.budget:g}, would close {closed} of {count(goals, 'goal')}, "
        f"worth {fixing.won:g} of {fixing.worth:g} ({proof})."
    )


def _text(fixing: Fixing, width: int, *, diff: bool) -> Iterator[str]:
    yield from _wrapped(headline(fixing), "", width)
    if fixing.closable:
        yield from _wrapped("A goal is one attacker and one crown jewel; its worth is the value of the jewel.", "", width)
    for remedy in fixing.remedies:
        yield ""
        yield from _remedy_lines(fixing, remedy, width)
    if fixing.closable and not fixing.alone:
        yield ""
        yield from _before_and_after(fixing, width)
    yield from () if fixing.alone else _stays(fixing, width)
    if fixing.accepted and not fixing.alone:
        yield ""
        yield "Left as it is"
        for identifier, title, why in fixing.accepted:
            yield from _wrapped(f"{identifier}  {terminal(title)}: {terminal(why)}", "  ", width)
    if diff and fixing.changed:
        secrets = secret_lines(fixing.model)
        for one in fixing.changed:
            yield ""
            yield from (terminal(line) for line in shown_diff(one, secrets.get(one.document, frozenset())))
    if fixing.remedies:
        yield ""
        yield from _wrapped(COSTS, "", width)


def _remedy_lines(fixing: Fixing, remedy: Remedy, width: int) -> Iterator[str]:
    place = remedy.locations[0] if remedy.locations else None
    where = f"{terminal(place.document)}:{place.line}" if place else ""
    more = f" and {len(remedy.locations) - 1} more" if len(remedy.locations) > 1 else ""
    yield from _wrapped(f"{remedy.id}  cost {remedy.cost:g}  {terminal(remedy.title)}  {where}{more}", "", width, "    ")
    yield from _wrapped(remedy.change, "    ", width)
    if remedy.caution:
        yield from _wrapped(f"mind: {remedy.caution}", "    ", width)
    if remedy.keeps:
        lead = "closes" if fixing.alone else "without it stay open"
        yield from _wrapped(f"{lead}: {goals_named(fixing, remedy.keeps)}", "    ", width)
    for line in _outcome_lines(remedy):
        # A command stays on its line, to be copied as it is.
        yield from [f"    {line}"] if line.startswith(_RUN) else _wrapped(line, "    ", width)


def _outcome_lines(remedy: Remedy) -> Iterator[str]:
    made = sum(outcome.made for outcome in remedy.outcomes)
    if made:
        state = "verified: in force when the model is run again" if remedy.verified else "not verified: not all of it is in force"
        yield f"{count(made, 'place')} edited; {state}"
    for outcome in remedy.outcomes:
        if not outcome.made:
            place = f"{terminal(outcome.location.document)}:{outcome.location.line}" if outcome.location.line else "by hand"
            yield f"not edited ({place}): {terminal(outcome.reason)}"
    for command in dict.fromkeys(outcome.command for outcome in remedy.outcomes if outcome.command):
        yield f"{_RUN}{terminal(command)}"
    if not remedy.outcomes:
        yield "not edited: nothing in the files stands for it"


def goals_named(fixing: Fixing, positions: Sequence[int]) -> str:
    """The dearest few of some goals, by attacker and crown jewel."""
    ordered = sorted(positions, key=lambda at: (-fixing.pairs[at].value, at))
    named = "; ".join(f"{fixing.pairs[at].actor} to {terminal(fixing.pairs[at].title)}" for at in ordered[:_NAMED])
    return f"{named}; and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else named


def _before_and_after(fixing: Fixing, width: int) -> Iterator[str]:
    """By attacker, how many goals are open before, with the files edited, and with all that is chosen done."""
    heads = ("open now", "edited", "all done")
    room = width - _COLUMN * len(heads)
    yield f"{'Goals that can be closed':<{room}}" + "".join(f"{head:>{_COLUMN}}" for head in heads)
    totals = [0, 0, 0]
    for actor, title in dict.fromkeys((pair.actor, pair.actor_title) for pair in fixing.pairs):
        mine = [at for at in fixing.closable if fixing.pairs[at].actor == actor]
        if not mine:
            continue
        counts = [
            len(mine),
            *(sum(after[at] > 0 for at in mine) for after in (fixing.afterwards.edited, fixing.afterwards.all_done)),
        ]
        totals = [total + one for total, one in zip(totals, counts, strict=True)]
        yield f"  {f'{actor} {title}':<{room - 2}}" + "".join(f"{one:>{_COLUMN}}" for one in counts)
    yield f"  {'together':<{room - 2}}" + "".join(f"{one:>{_COLUMN}}" for one in totals)
    open_after = [at for at in fixing.meant if fixing.afterwards.all_done[at]]
    if open_after:
        text = f"Not verified: with all of it done the model still shows {goals_named(fixing, open_after)}"
        yield from _wrapped(text, "", width)


def _stays(fixing: Fixing, width: int) -> Iterator[str]:
    """What no edit closes, by attacker and reason."""
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for position, pair in enumerate(fixing.pairs):
        if pair.fixed:
            groups.setdefault((f"{pair.actor} {pair.actor_title}", pair.why), []).append(position)
    if groups:
        yield ""
        yield "What no edit closes"
    for (actor, why), positions in groups.items():
        titles = [terminal(fixing.pairs[at].title) for at in sorted(positions, key=lambda at: (-fixing.pairs[at].value, at))]
        starts = sorted({len(fixing.pairs[at].fixed) for at in positions})
        places = f"{starts[0]}" if len(starts) == 1 else f"{starts[0]} to {starts[-1]}"
        named = ", ".join(titles[:_NAMED]) + (f" and {len(titles) - _NAMED} more" if len(titles) > _NAMED else "")
        noun = "start" if starts == [1] else "starts"
        yield from _wrapped(f"{actor}, from {places} {noun}: {named} ({terminal('; '.join(why))})", "  ", width, "    ")


def _wrapped(text: str, indent: str, width: int, hanging: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent + hanging, break_on_hyphens=False, break_long_words=False
    )


def _as_json(fixing: Fixing) -> dict[str, Json]:
    secrets = secret_lines(fixing.model)
    return {
        "version": VERSION,
        "breachway": fixing.version,
        "budget": fixing.budget,
        "cost": fixing.cost,
        "bound": fixing.bound,
        "proven": fixing.proven,
        "won": fixing.won,
        "worth": fixing.worth,
        "ways": fixing.ways,
        "rounds": fixing.rounds,
        "fixes": [_json_remedy(remedy) for remedy in fixing.remedies],
        "goals": [
            {
                "actor": pair.actor,
                "asset": pair.asset,
                "step": pair.step,
                "title": pair.title,
                "value": pair.value,
                "starts": pair.starts,
                "left": position in fixing.left,
                "open_when_edited": fixing.afterwards.edited[position],
                "open_when_all_done": fixing.afterwards.all_done[position],
                "never_closed": list(pair.fixed),
                "why": list(pair.why),
            }
            for position, pair in enumerate(fixing.pairs)
            if pair.starts or pair.fixed
        ],
        "accepted": [{"id": identifier, "title": title, "why": why} for identifier, title, why in fixing.accepted],
        "changes": [
            {"document": one.document, "diff": shown_diff(one, secrets.get(one.document, frozenset()))} for one in fixing.changed
        ],
    }


def _json_remedy(remedy: Remedy) -> dict[str, Json]:
    return {
        "id": remedy.id,
        "title": remedy.title,
        "weaknesses": list(remedy.weaknesses),
        "cost": remedy.cost,
        "effort": remedy.effort,
        "change": remedy.change,
        "caution": remedy.caution,
        "locations": [{"document": place.document, "line": place.line, "pointer": place.pointer} for place in remedy.locations],
        "keeps": len(remedy.keeps),
        "cuts": list(remedy.cuts),
        "edited": remedy.edited,
        "verified": remedy.verified,
        "places": [
            {
                "weakness": outcome.key,
                "document": outcome.location.document,
                "line": outcome.location.line,
                "edited": outcome.made,
                "reason": outcome.reason,
                "command": outcome.command,
            }
            for outcome in remedy.outcomes
        ],
    }
