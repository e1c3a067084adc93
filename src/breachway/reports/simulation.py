"""Simulated figures as text, JSON and Markdown.  No probability stands without its interval and what it rests on."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from breachway.reports.escaping import markdown, terminal
from breachway.reports.json_text import document
from breachway.reports.wording import count, duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from breachway.analyses.estimates import Estimate
    from breachway.analyses.sensitivity import Swing
    from breachway.analyses.simulation import ActorFigures, GoalFigures, Simulation
    from breachway.reports.json_text import Json

FORMATS = ("text", "json", "markdown")
VERSION = 1
_BLOCKS = " ▁▂▃▄▅▆▇█"
_CURVE = 12
_STEPS = 3
_NAMED = 6
_GOALS = 3
_COLUMN = 7
_SWINGS = 10
_BAR = 20
_HALF = 0.5

CAUTION = (
    "The figures compare deployments and changes with each other. They are not calibrated: nobody has measured how often such "
    "deployments are attacked."
)


def render(simulation: Simulation, form: str, *, width: int = 80, everything: bool = False) -> str:
    """The text of ``form``; ``everything`` lists all sources and assumptions and not only the first few."""
    if form == "json":
        return document(_as_json(simulation), depth=3)
    if form == "markdown":
        return _markdown(simulation)
    return "".join(f"{line}\n" for line in _text(simulation, width, everything=everything))


def percent(estimate: Estimate) -> str:
    """A probability with its interval: "55 % (54 to 56)"; ends that round to one figure are given to a decimal."""
    low, high = 100 * estimate.low, 100 * estimate.high
    digits = 0 if round(high) - round(low) >= 1 and high - low >= 1 else 1
    return f"{100 * estimate.value:.{digits}f} % ({low:.{digits}f} to {high:.{digits}f})"


def _hopeless(goal: GoalFigures) -> bool:
    return goal.ever.value == 0.0


def _median(goal: GoalFigures) -> str:
    days = next(estimate.value for share, estimate in goal.quantiles if share == _HALF)
    return "more than half never" if math.isinf(days) else f"half within {duration(days).removeprefix('about ')}"


def _blocks(goal: GoalFigures) -> str:
    """The curve in a few characters: the probability by days that double and double again up to the horizon."""
    every = max(1, len(goal.curve) // _CURVE)
    points = goal.curve[every - 1 :: every]
    return "".join(_BLOCKS[math.ceil(share * (len(_BLOCKS) - 1))] for _, share in points)


# ------------------------------------------------------------------------------------------------------------------------ text


def _text(simulation: Simulation, width: int, *, everything: bool) -> Iterator[str]:
    yield from _wrapped(_headline(simulation), "", width)
    yield ""
    yield from _table(simulation, width)
    for actor in simulation.actors:
        yield ""
        yield from _wrapped(f"{terminal(actor.title)} ({actor.actor}), {_stance(actor)}", "", width)
        yield from _actor_lines(actor, simulation.settings.horizon, width, None if everything else _GOALS)
    if simulation.swings is not None:
        yield ""
        yield from _tornado(simulation.swings, width, None if everything else _SWINGS)
    yield ""
    yield from _grounds(simulation, width, everything=everything)


def _table(simulation: Simulation, width: int) -> Iterator[str]:
    """Crown jewels by attackers, the dearest first; those that nobody reaches are named below it."""
    actors = simulation.actors
    room = width - _COLUMN * len(actors)
    yield " " * room + "".join(f"{actor.actor:>{_COLUMN}}" for actor in actors)
    nobody = []
    for goals in zip(*(actor.goals for actor in actors), strict=True):
        title = terminal(goals[0].title)
        if all(_hopeless(goal) for goal in goals):
            nobody.append(title)
            continue
        first, *rest = textwrap.wrap(title, room - 2, subsequent_indent="  ", break_on_hyphens=False) or [""]
        yield f"{first:<{room}}" + "".join(f"{_cell(goal):>{_COLUMN}}" for goal in goals)
        yield from rest
    if nobody:
        yield from _wrapped(f"no sample of any attacker reaches {', '.join(nobody)}", "", width)


def _cell(goal: GoalFigures) -> str:
    if _hopeless(goal):
        return "–"
    share = 100 * goal.within.value
    return "<1 %" if 0 < share < 1 else ">99 %" if 99 < share < 100 else f"{share:.0f} %"  # noqa: PLR2004 - per cent


def _headline(simulation: Simulation) -> str:
    settings = simulation.settings
    why = {
        "precise": f"enough for intervals of ±{100 * settings.precision:g} % or less",
        "samples": "as many as were asked for",
        "interrupted": "interrupted: the figures stand on what was drawn until then",
    }[simulation.stopped]
    return (
        f"{count(simulation.samples, 'sample')} for each attacker ({why}), seed {settings.seed}; "
        f"probability within {_days(settings.horizon)}, with 95 % intervals."
    )


def _stance(actor: ActorFigures) -> str:
    if not actor.starts:
        return "has nowhere to start here"
    if actor.alone:
        return f"from one of {count(actor.starts, 'start')}, drawn evenly" if actor.starts > 1 else "from its one start"
    return f"from {terminal(actor.start)}"


def _actor_lines(actor: ActorFigures, horizon: float, width: int, most: int | None) -> Iterator[str]:
    reached = [goal for goal in actor.goals if not _hopeless(goal)]
    room = width - 2 - 24 - 2 - _CURVE
    for goal in reached[:most]:
        first, *rest = textwrap.wrap(terminal(goal.title), room - 2, break_on_hyphens=False) or [""]
        yield f"  {first:<{room}}{percent(goal.within):<24}  {_blocks(goal)}".rstrip()
        yield from (f"    {line}" for line in rest)
        through = "; ".join(
            f"{round(100 * step.share)} % {terminal(step.title)} ({terminal(step.asset_name)})" for step in goal.passes[:_STEPS]
        )
        yield from _wrapped(
            _median(goal) + (f"; of those within {_days(horizon)}: {through}" if through else ""), "      ", width
        )
    if not reached:
        yield "  reaches no crown jewel in any sample"
    yield from _more(len(reached), most, "crown jewel")


def _tornado(swings: tuple[Swing, ...], width: int, most: int | None) -> Iterator[str]:
    """What moves the figures most, each with a bar from nought to certain: between ``├`` and ``┤`` lies what it may be."""
    moving = [swing for swing in swings if round(100 * swing.width) > 0]
    yield from _wrapped(
        "What would move these figures most, each tried both ways on the same random numbers (shown for the attacker and crown "
        "jewel that it moves most):",
        "",
        width,
    )
    for swing in moving[:most]:
        first, second = ("if not", "if so") if swing.kind == "assumption" else ("three times as quick", "three times as slow")
        said = (
            f"{swing.statement} ({swing.key}, {swing.stands_at:g})" if swing.kind == "assumption" else f"times: {swing.statement}"
        )
        figures = f"{_share(swing.base)} now, {_share(swing.low)} {first}, {_share(swing.high)} {second}"
        yield from _wrapped(f"{_bar(swing)}  {terminal(said)}", "  ", width, hanging=" " * (_BAR + 2))
        yield from _wrapped(f"{swing.actor}, {terminal(swing.goal)}: {figures}", " " * (_BAR + 4), width)
    if most is not None and len(moving) > most:
        yield f"  and {len(moving) - most} that move them less (--all)"
    if not moving:
        yield "  nothing moves any of them by one per cent"


def _bar(swing: Swing) -> str:
    low, high = sorted((swing.low, swing.high))
    begin, end = round(low * (_BAR - 1)), round(high * (_BAR - 1))
    return "".join("├" if at == begin else "┤" if at == end else "─" if begin < at < end else "·" for at in range(_BAR))


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"


def _grounds(simulation: Simulation, width: int, *, everything: bool) -> Iterator[str]:
    grounds = simulation.grounds
    judged = sum(source.source.lower().startswith("judgement") for source in grounds.times)
    yield from _wrapped(
        f"These figures rest on {count(len(grounds.times), 'source')} of times to compromise ({judged} of them a "
        f"judgement of ours) and on {count(len(grounds.assumptions), 'assumption')}. {CAUTION}",
        "",
        width,
    )
    most = None if everything else _NAMED
    total = sum(source.passes for source in grounds.times) or 1
    for source in grounds.times[:most]:
        yield from _wrapped(
            f"{100 * source.passes / total:3.0f} %  {source.distribution}: {terminal(source.source)}", "  ", width
        )
    yield from _more(len(grounds.times), most, "source")
    for one in grounds.assumptions[:most]:
        yield from _wrapped(f"{one.probability:g}  {terminal(one.statement)} ({terminal(one.id)})", "  ", width)
    yield from _more(len(grounds.assumptions), most, "assumption")


def _more(number: int, most: int | None, noun: str) -> Iterator[str]:
    if most is not None and number > most:
        yield f"  and {count(number - most, f'more {noun}')} (--all)"


def _days(days: float) -> str:
    return f"{days:g} day{'' if days == 1 else 's'}"


def _wrapped(text: str, indent: str, width: int, *, hanging: str = "  ") -> Iterator[str]:
    yield from textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent + hanging, break_on_hyphens=False, break_long_words=False
    )


# ------------------------------------------------------------------------------------------------------------------------ JSON


def _as_json(simulation: Simulation) -> Mapping[str, Json]:
    settings = simulation.settings
    return {
        "version": VERSION,
        "tool": {"name": "breachway", "version": simulation.version},
        "samples": simulation.samples,
        "stopped": simulation.stopped,
        "seed": settings.seed,
        "horizonDays": settings.horizon,
        "caution": CAUTION,
        "steps": simulation.steps,
        "stepsSampled": simulation.steps_sampled,
        "actors": [_actor_json(actor) for actor in simulation.actors],
        **({} if simulation.swings is None else {"sensitivity": [_swing_json(swing) for swing in simulation.swings]}),
        "times": [
            {"source": one.source, "distribution": one.distribution, "steps": one.steps, "passes": one.passes}
            for one in simulation.grounds.times
        ],
        "assumptions": [
            {
                "id": one.id,
                "statement": one.statement,
                "subject": one.subject,
                "probability": one.probability,
                "rationale": one.rationale,
            }
            for one in simulation.grounds.assumptions
        ],
    }


def _actor_json(actor: ActorFigures) -> Mapping[str, Json]:
    return {
        "id": actor.actor,
        "title": actor.title,
        "starts": actor.starts,
        "oneStartASample": actor.alone,
        "goals": [_goal_json(goal) for goal in actor.goals],
    }


def _swing_json(swing: Swing) -> Mapping[str, Json]:
    return {
        "kind": swing.kind,
        "key": swing.key,
        "statement": swing.statement,
        "standsAt": swing.stands_at,
        "actor": swing.actor,
        "goal": swing.goal,
        "base": round(swing.base, 6),
        "low": round(swing.low, 6),
        "high": round(swing.high, 6),
    }


def _goal_json(goal: GoalFigures) -> Mapping[str, Json]:
    return {
        "asset": goal.asset,
        "step": goal.step,
        "title": goal.title,
        "value": goal.value,
        "within": _estimate_json(goal.within),
        "ever": _estimate_json(goal.ever),
        "quantiles": [{"share": share, **_estimate_json(days)} for share, days in goal.quantiles],
        "curve": [{"days": round(days, 6), "probability": round(share, 6)} for days, share in goal.curve],
        "passes": [
            {"asset": step.asset, "step": step.step, "title": step.title, "share": round(step.share, 6)} for step in goal.passes
        ],
    }


def _estimate_json(estimate: Estimate) -> dict[str, Json]:
    """Infinite days are null: JSON knows no infinity."""
    return {
        name: None if math.isinf(value) else round(value, 6)
        for name, value in (("value", estimate.value), ("low", estimate.low), ("high", estimate.high))
    }


# -------------------------------------------------------------------------------------------------------------------- Markdown


def _markdown(simulation: Simulation) -> str:
    lines = [
        markdown(_headline(simulation)),
        "",
        "| attacker | crown jewel | probability | time | most pass |",
        "|---|---|---|---|---|",
    ]
    for actor in simulation.actors:
        for goal in actor.goals:
            if _hopeless(goal):
                continue
            first = goal.passes[0] if goal.passes else None
            through = f"{round(100 * first.share)} % {first.title} ({first.asset_name})" if first else ""
            cells = (f"{actor.title} ({actor.actor})", goal.title, percent(goal.within), _median(goal), through)
            lines.append(f"| {' | '.join(markdown(cell) for cell in cells)} |")
    grounds = simulation.grounds
    lines += ["", markdown(CAUTION), ""]
    lines += [f"- {markdown(f'{one.distribution}: {one.source}')}" for one in grounds.times]
    lines += [f"- {markdown(f'{one.probability:g}: {one.statement} ({one.id})')}" for one in grounds.assumptions]
    return "".join(f"{line}\n" for line in lines)
