"""What a supposition changes, as text and JSON."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from breachway.reports.escaping import terminal
from breachway.reports.json_text import document
from breachway.reports.simulation import CAUTION
from breachway.reports.wording import count, duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from breachway.analyses.blast import Radius
    from breachway.analyses.estimates import Estimate
    from breachway.analyses.what_if import ActorChange, GoalChange, WhatIf
    from breachway.reports.json_text import Json

FORMATS = ("text", "json")
VERSION = 1
_GOALS = 5
_RADII = 8


def render(answer: WhatIf, form: str, *, width: int = 80, everything: bool = False) -> str:
    """The text of ``form``; ``everything`` lists all that changes and not only the first few."""
    if form == "json":
        return document(_as_json(answer), depth=3)
    return "".join(f"{line}\n" for line in _text(answer, width, everything=everything))


def _text(answer: WhatIf, width: int, *, everything: bool) -> Iterator[str]:
    question = answer.question
    for one in answer.suppositions:
        name = one.assumption or f"{one.asset}.{one.defence}"
        yield from _wrapped(f"What if {terminal(one.words)} ({terminal(name)}; at {one.stands_at:g} now)", "", width)
    if answer.holding is not None:
        yield from _wrapped(f"What if {terminal(answer.holding.asset)} is the attacker's", "", width)
    yield from _wrapped(
        f"{count(question.samples, 'sample')} for each attacker, seed {question.seed}, the same random numbers before and after; "
        f"probability within {question.horizon:g} days, the change with its 95 % interval.",
        "",
        width,
    )
    if answer.holding is not None:
        yield ""
        yield from _holding(answer, answer.holding, width)
    for actor in answer.actors:
        yield ""
        yield from _actor(actor, width, None if everything else _GOALS)
    if answer.left_out:
        yield ""
        yield from _wrapped(
            f"{', '.join(answer.left_out)} start at one place of their own each, so holding another asset is not added to them.",
            "",
            width,
        )
    if answer.suppositions:
        yield ""
        yield from _radii(answer, width, None if everything else _RADII)
    yield ""
    judged = sum(one.source.lower().startswith("judgement") for one in answer.grounds.times)
    yield from _wrapped(
        f"These figures rest on {count(len(answer.grounds.times), 'source')} of times to compromise ({judged} of them a "
        f"judgement of ours) and on {count(len(answer.grounds.assumptions), 'assumption')}, which breachway simulate --all "
        f"lists. {CAUTION}",
        "",
        width,
    )


def _holding(answer: WhatIf, radius: Radius, width: int) -> Iterator[str]:
    titles = ", ".join(terminal(answer.jewels[position].title) for position in radius.jewels)
    yield from _wrapped(
        f"With it alone fall {count(radius.assets, 'asset')} and {count(len(radius.jewels), 'crown jewel')} "
        f"(value {radius.value}){': ' + titles if titles else ''}",
        "",
        width,
    )


def _actor(actor: ActorChange, width: int, most: int | None) -> Iterator[str]:
    opened = sum(goal.open_after and not goal.open_before for goal in actor.goals)
    closed = sum(goal.open_before and not goal.open_after for goal in actor.goals)
    yield from _wrapped(
        f"{terminal(actor.title)} ({actor.actor}): {actor.assets_before} assets reached before, {actor.assets_after} after; "
        f"{count(opened, 'crown jewel')} newly open, {closed} closed",
        "",
        width,
    )
    moved = [goal for goal in actor.goals if goal.moved]
    for goal in moved[:most]:
        yield from _goal(goal, width)
    if not moved:
        yield "  no figure changes"
    elif most is not None and len(moved) > most:
        yield f"  and {len(moved) - most} that change less (--all)"


def _goal(goal: GoalChange, width: int) -> Iterator[str]:
    figures = f"{_share(goal.before)} → {_share(goal.after)}, {_points(goal.change)}"
    state = {(False, True): "; newly open", (True, False): "; closed"}.get((goal.open_before, goal.open_after), "")
    yield from _wrapped(f"{terminal(goal.title)}: {figures}{state}", "  ", width)
    before, after = _half(goal.half_before), _half(goal.half_after)
    yield from _wrapped(f"{before} → {after}" if before != after else before, "      ", width)


def _radii(answer: WhatIf, width: int, most: int | None) -> Iterator[str]:
    if not answer.radii:
        yield "What falls with each asset stays the same."
        return
    wider = sum(_weight(pair.after) > _weight(pair.before) for pair in answer.radii)
    narrower = sum(_weight(pair.after) < _weight(pair.before) for pair in answer.radii)
    yield from _wrapped(f"Blast radius: that of {count(wider, 'asset')} widens, of {narrower} narrows", "", width)
    for before, after in answer.radii[:most]:
        yield from _wrapped(
            f"{terminal(before.asset)}: value {before.value} → {after.value}, {before.assets} → {after.assets} assets",
            "  ",
            width,
        )
    if most is not None and len(answer.radii) > most:
        yield f"  and {len(answer.radii) - most} that change less (--all)"


def _weight(radius: Radius) -> tuple[int, int]:
    return radius.value, radius.assets


def _share(estimate: Estimate) -> str:
    share = 100 * estimate.value
    return "<1 %" if 0 < share < 1 else ">99 %" if 99 < share < 100 else f"{share:.0f} %"  # noqa: PLR2004 - per cent


def _points(change: Estimate) -> str:
    low, high = 100 * change.low, 100 * change.high
    digits = 0 if high - low >= 1 else 1
    return f"{100 * change.value:+.{digits}f} points ({low:+.{digits}f} to {high:+.{digits}f})"


def _half(estimate: Estimate) -> str:
    if math.isinf(estimate.value):
        return "more than half never"
    return f"half within {duration(estimate.value).removeprefix('about ')}"


def _wrapped(text: str, indent: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False, break_long_words=False
    )


# ------------------------------------------------------------------------------------------------------------------------ JSON


def _as_json(answer: WhatIf) -> Mapping[str, Json]:
    question = answer.question
    return {
        "version": VERSION,
        "tool": {"name": "breachway", "version": answer.version},
        "samples": question.samples,
        "seed": question.seed,
        "horizonDays": question.horizon,
        "caution": CAUTION,
        "suppositions": [
            {
                "assumption": one.assumption,
                "asset": one.asset,
                "defence": one.defence,
                "on": one.on,
                "standsAt": round(one.stands_at, 6),
                "words": one.words,
            }
            for one in answer.suppositions
        ],
        "holding": None if answer.holding is None else radius_json(answer.holding, answer),
        "leftOut": list(answer.left_out),
        "actors": [
            {
                "id": actor.actor,
                "title": actor.title,
                "starts": actor.starts,
                "assetsBefore": actor.assets_before,
                "assetsAfter": actor.assets_after,
                "goals": [_goal_json(goal) for goal in actor.goals],
            }
            for actor in answer.actors
        ],
        "blastRadius": [
            {"before": radius_json(before, answer), "after": radius_json(after, answer)} for before, after in answer.radii
        ],
        "times": [{"source": one.source, "distribution": one.distribution} for one in answer.grounds.times],
        "assumptions": [
            {"id": one.id, "statement": one.statement, "probability": one.probability} for one in answer.grounds.assumptions
        ],
    }


def radius_json(radius: Radius, answer: WhatIf) -> dict[str, Json]:
    """What falls with one asset; crown jewels by asset and step."""
    return {
        "asset": radius.asset,
        "kind": radius.kind,
        "assets": radius.assets,
        "value": radius.value,
        "crownJewels": [f"{answer.jewels[at].asset}:{answer.jewels[at].step}" for at in radius.jewels],
    }


def _goal_json(goal: GoalChange) -> Mapping[str, Json]:
    return {
        "asset": goal.asset,
        "step": goal.step,
        "title": goal.title,
        "value": goal.value,
        "openBefore": goal.open_before,
        "openAfter": goal.open_after,
        "before": _estimate_json(goal.before),
        "after": _estimate_json(goal.after),
        "change": _estimate_json(goal.change),
        "halfBefore": _estimate_json(goal.half_before),
        "halfAfter": _estimate_json(goal.half_after),
    }


def _estimate_json(estimate: Estimate) -> dict[str, Json]:
    """Infinite days are null: JSON knows no infinity."""
    return {
        name: None if math.isinf(value) else round(value, 6)
        for name, value in (("value", estimate.value), ("low", estimate.low), ("high", estimate.high))
    }
