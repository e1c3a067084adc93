"""The ranked paths of each attacker, each step in words with its place at the right edge."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.assessment import Severity
from breachway.reports.terminal.layout import Page, Span, Style, display_width, span, wrap
from breachway.reports.terminal.reasons import own_place, reasons
from breachway.reports.terminal.repeats import Repeat, repeats
from breachway.reports.wording import count, duration, listed, needs_words, severity_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.analyses.assessment import Assessment, AttackPath, PathStep

_PATHS_SHOWN = 6
_PATHS_OF_ONE = 2
_REASON_LINES = 2
_TEXT = 4
_REASON = 6
_STYLES = {
    Severity.CRITICAL: Style.DANGER,
    Severity.HIGH: Style.DANGER,
    Severity.MEDIUM: Style.CAUTION,
    Severity.LOW: Style.FAINT,
}


class _Read(NamedTuple):
    """What the step before said: its line, its reasons and its place."""

    what: str
    why: tuple[str, ...]
    place: str


_NOTHING = _Read("", (), "")


def write_paths(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """Per attacker the few paths that matter most."""
    titles = {actor.actor: actor.title for actor in assessment.actors}
    order = tuple(dict.fromkeys((*titles, *(path.actor for path in assessment.paths))))
    shown = assessment.paths if verbose else chosen(assessment.paths)
    told: list[AttackPath] = []
    for actor in order:
        all_of_one = sum(path.actor == actor for path in assessment.paths)
        paths = tuple(path for path in shown if path.actor == actor)
        if not paths:
            continue
        title = titles.get(actor, actor)
        of = f"{len(paths)} of {all_of_one} paths" if len(paths) < all_of_one else count(all_of_one, "path")
        page.heading(f"{title[:1].upper()}{title[1:]}: {of}")
        for number, path in enumerate(paths):
            if number:
                page.blank()
            _write_path(page, path, () if verbose else told, verbose=verbose)
            told.append(path)
    if len(shown) < len(assessment.paths):
        page.blank()
        page.paragraph(span(f"{count(len(assessment.paths) - len(shown), 'more path')}, lower in rank: --all"))


def chosen(paths: tuple[AttackPath, ...]) -> tuple[AttackPath, ...]:
    """The few that the page shows: the best of each attacker, then the best that lead to a crown jewel not shown yet.

    Paths that nobody has decided about go before those that are settled.
    """
    ranked = sorted(enumerate(paths), key=lambda item: (bool(item[1].decision), item[0]))
    best: dict[str, int] = {}
    for position, path in ranked:
        best.setdefault(path.actor, position)
    picked = sorted(best.values())[:_PATHS_SHOWN]
    while len(picked) < min(_PATHS_SHOWN, len(paths)):
        shown = [paths[position] for position in picked]
        goals, actors = {path.goal_asset for path in shown}, Counter(path.actor for path in shown)
        own = {(path.actor, path.goal_asset) for path in shown}
        rest = [
            (path.goal_asset in goals, (path.actor, path.goal_asset) in own, rank, position)
            for rank, (position, path) in enumerate(ranked)
            if position not in picked and actors[path.actor] < _PATHS_OF_ONE
        ]
        if not rest:
            break
        picked.append(min(rest)[-1])
    return tuple(paths[position] for position in sorted(picked))


def _write_path(page: Page, path: AttackPath, told: Sequence[AttackPath], *, verbose: bool) -> None:
    page.ended(
        span(f"{path.entry_title} to {path.goal_title}", Style.STRONG),
        span(f"{severity_mark(path.severity)} {path.severity.value} · {duration(path.expected_days)}", _STYLES[path.severity]),
        lead=span(f"{path.id:<3} ", Style.DANGER),
    )
    start = 1 if _opening_is_told(path) else 0
    runs = {run.first: run for run in repeats(path, told, start=start)}
    position, just_read = start, _NOTHING
    while position < len(path.steps):
        run = runs.get(position)
        if run is None:
            just_read = _write_step(page, position + 1, path.steps[position], _NOTHING if verbose else just_read, verbose=verbose)
            position += 1
        else:
            _write_repeat(page, path, run)
            position, just_read = run.last + 1, _NOTHING
    _write_tail(page, path)


def write_steps(page: Page, path: AttackPath) -> None:
    """The steps of a path alone, every one of them."""
    just_read = _NOTHING
    for number, step in enumerate(path.steps, start=1):
        just_read = _write_step(page, number, step, just_read, verbose=False)


def _opening_is_told(path: AttackPath) -> bool:
    """Whether the title says what the first step says: the attacker starts at that very thing, and nothing stands anywhere."""
    _, *later = path.steps
    if not later or any(len(step.needs) > 1 and 0 in step.needs for step in later):
        return False
    first = path.steps[0]
    return not first.needs and path.entry_title.casefold() in {
        f"from {first.asset_name}".casefold(),
        first.asset_name.casefold(),
        first.title.casefold(),
    }


def _write_repeat(page: Page, path: AttackPath, run: Repeat) -> None:
    there = "" if run.first == run.there else f"{run.there + 1} to {run.there + 1 + run.last - run.first} of "
    page.paragraph(
        span(f"to {run.last + 1} as {there or 'in '}{run.path.id}, up to: {path.steps[run.last].title}"),
        lead=Span(f"{run.first + 1:>2}  "),
    )


def _write_tail(page: Page, path: AttackPath) -> None:
    parts = [f"cut by {listed(path.cut_by, 'or')}" if path.cut_by else "no single known change cuts this path"]
    if path.assumptions:
        parts.append(f"rests on {listed(path.assumptions)}")
    if path.variants:
        leads = "leads" if path.variants == 1 else "lead"
        parts.append(f"{count(path.variants, 'other entry')} of the same kind {leads} the same way")
    if path.decision:
        parts.append(path.decision)
    page.paragraph(span("; ".join(parts), Style.GOOD if path.cut_by else Style.PLAIN), indent=_TEXT, lead=Span("→ "))


def _write_step(page: Page, number: int, step: PathStep, just_read: _Read, *, verbose: bool) -> _Read:
    """Write a step and give what it said; what the step before has said is not repeated where that would take a line."""
    needs = needs_words(step)
    what = f"{step.title}{f': {step.asset_name}' if step.asset_name else ''}{f' ({needs})' if needs else ''}"
    told = f"{just_read.what} {what}"
    why = tuple(item for item in reasons(step, told, page.places, verbose=verbose) if item not in just_read.why)
    text, note = span(what), span("; ".join(why), Style.FAINT)
    place = page.places.line(own_place(step))
    edge = span(place, Style.PLACE)
    lead = Span(f"{number:>2}  ")
    room = page.width - _TEXT - _beside(edge)
    if why and display_width(f"{text.text}  {note.text}") <= room:
        page.flush((lead, text, Span("  "), note), edge)
    elif display_width(wrap(text.text, page.width - _TEXT)[-1]) <= room:
        page.ended(text, edge, lead=lead)
        _write_reasons(page, why, Span(""), verbose=verbose)
    else:
        page.paragraph(text, lead=lead)
        _write_reasons(page, why, Span("") if place == just_read.place else edge, verbose=verbose)
    return _Read(what, why, place)


def _write_reasons(page: Page, why: tuple[str, ...], edge: Span, *, verbose: bool) -> None:
    """The reasons in two lines where that can be, or as many as they need; the step's place ends the last of them."""
    if not why:
        if edge.text:
            page.ended(Span(""), edge, lead=Span(" " * _TEXT))
        return
    kept = len(why)
    while not verbose and kept > 1 and _lines(page, _cut_off(why, kept), edge) > _REASON_LINES:
        kept -= 1
    page.ended(span(_cut_off(why, kept), Style.FAINT), edge, lead=Span(" " * _REASON))


def _lines(page: Page, text: str, edge: Span) -> int:
    lines = wrap(span(text).text, page.width - _REASON)
    return len(lines) + (_REASON + display_width(lines[-1]) + _beside(edge) > page.width)


def _beside(edge: Span) -> int:
    return display_width(edge.text) + 2 if edge.text else 0


def _cut_off(why: tuple[str, ...], kept: int) -> str:
    return "; ".join((*why[:kept], *((f"{len(why) - kept} more",) if kept < len(why) else ())))
