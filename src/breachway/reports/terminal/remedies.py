"""What to change, what had to be assumed, and the counts that come last."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from breachway.reports.terminal.layout import Page, Style, span
from breachway.reports.terminal.places import most_telling
from breachway.reports.wording import SEVERITIES, count, listed, remedy, severity_mark

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment, Fix, WeaknessFinding
    from breachway.evidence import Assumption

_FIXES_SHOWN = 8
_FIXES_TOLD = 4
_PLACES_SHOWN = 2
_CUTS_SHOWN = 4
_CUTS_NAMED = 3
_ASSUMPTIONS_SHOWN = 5
_EVEN = 0.5


def fix_set(assessment: Assessment) -> tuple[Fix, ...]:
    """The fixes that belong together, in their order."""
    by_id = {fix.id: fix for fix in assessment.fixes}
    return tuple(by_id[name] for name in assessment.fix_set if name in by_id)


def write_fixes(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """The fixes that belong together first, then the others by rank: where, what to change, what it cuts, what it may break."""
    if not assessment.fixes:
        return
    page.heading(f"What to change: {remedy(assessment)}" if assessment.fix_set_verified else "What to change")
    first = fix_set(assessment)
    ordered = (*first, *(fix for fix in assessment.fixes if fix not in first))
    shown = ordered if verbose else ordered[:_FIXES_SHOWN]
    for number, fix in enumerate(shown):
        if first and number == len(first):
            page.paragraph(span("Others, instead of these or after them", Style.FAINT))
        if verbose or number < _FIXES_TOLD:
            _write_fix(page, fix, verbose=verbose)
        else:
            write_fix_line(page, fix)
    if len(shown) < len(ordered):
        page.paragraph(span(f"{count(len(ordered) - len(shown), 'more fix')}: --all"))
    uncut = tuple(path.id for path in assessment.paths if not path.cut_by and not path.decision)
    if uncut:
        named = uncut if verbose or len(uncut) <= _CUTS_SHOWN else (*uncut[:_CUTS_NAMED], f"{len(uncut) - _CUTS_NAMED} more")
        page.paragraph(span(f"No single known change cuts {listed(named)}."))


def write_fix_line(page: Page, fix: Fix, *, indent: int = 0) -> None:
    """One fix by its id, its title and its first place."""
    where = page.places.document(fix.locations[0]) if fix.locations else ""
    page.placed(span(fix.title, Style.STRONG), where, indent=indent, lead=span(f"{fix.id:<3} ", Style.GOOD))


def _write_fix(page: Page, fix: Fix, *, verbose: bool) -> None:
    write_fix_line(page, fix)
    closes = f" and puts {count(fix.closes, 'crown jewel')} out of reach of an attacker" if fix.closes and verbose else ""
    told = [fix.change, f"{_cuts(fix.cuts, verbose=verbose)}{closes}"]
    if fix.caution:
        told.append(f"mind: {fix.caution}")
    others = fix.locations[1:] if verbose else fix.locations[1 : 1 + _PLACES_SHOWN]
    if others:
        hidden = len(fix.locations) - 1 - len(others)
        told.insert(1, f"also {listed((*map(page.places.document, others), *((f'{hidden} more',) if hidden else ())))}")
    page.paragraph(
        span(". ".join(f"{part[:1].upper()}{part[1:]}" if number else part for number, part in enumerate(told))), indent=4
    )


def _cuts(cuts: tuple[str, ...], *, verbose: bool) -> str:
    if not cuts:
        return "cuts no ranked path alone"
    if verbose or len(cuts) <= _CUTS_SHOWN:
        return f"cuts {listed(cuts)}"
    return f"cuts {listed((*cuts[:_CUTS_NAMED], f'{len(cuts) - _CUTS_NAMED} more'))}"


def write_assumptions(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """The questions that no artefact answers: those on which ranked paths rest, those of most paths first.

    Where nothing rests on any, the answer leans on defences that are taken to be in force: the least sure of them first.
    """
    used = Counter(name for path in assessment.paths for name in path.assumptions)
    model = assessment.model
    everything = sorted(model.assumptions, key=lambda item: (-used[item.id], *_doubt(item), item.id))
    if not everything:
        return
    resting = tuple(item for item in everything if used[item.id])
    page.heading(f"This rests on {count(len(everything), 'assumption')}" + _share(len(resting), len(everything), bool(used)))
    shown = everything if verbose else (resting or everything)[:_ASSUMPTIONS_SHOWN]
    for item in shown:
        _write_assumption(page, item, used[item.id], verbose=verbose)
    left = len(everything) - len(shown)
    more = f"{left} more: --all. " if left else ""
    page.paragraph(
        span(f"{more}Confirm or refute them under assumptions in breachway.yaml; breachway explain ID PATH tells more."), indent=2
    )


def _share(resting: int, total: int, paths: bool) -> str:  # noqa: FBT001 - one private question
    return f"; ranked paths use {resting}" if paths and resting < total else ""


def _doubt(item: Assumption) -> tuple[bool, float]:
    """What is taken to hold by the narrowest margin first; what is taken as open anyway last."""
    in_force = item.probability if item.defence_on else 1 - item.probability
    return in_force < _EVEN, in_force


def _write_assumption(page: Page, item: Assumption, used: int, *, verbose: bool) -> None:
    weight = f"; {count(used, 'path')} {'rests' if used == 1 else 'rest'} on it" if used else ""
    page.placed(span(item.id, Style.CAUTION), f"taken as {item.probability:g} likely{weight}", indent=2, edge_style=Style.FAINT)
    page.paragraph(span(item.statement), indent=4)
    if verbose:
        page.paragraph(span(f"{item.subject}; {item.rationale}", Style.FAINT), indent=4)


def write_rest(page: Page, assessment: Assessment, *, verbose: bool) -> None:
    """The weaknesses by severity, and how large the model is."""
    page.heading("The rest")
    found = tuple(item for item in assessment.weaknesses if not item.unknown)
    undecided = len(assessment.weaknesses) - len(found)
    counts = Counter(item.severity for item in found)
    words = tuple(f"{counts[severity]} {severity.value}" for severity in SEVERITIES if counts[severity])
    on_paths = sum(1 for item in found if item.paths)
    of_paths = f"; {on_paths} on a ranked path" if assessment.paths else ""
    told = [f"{count(len(found), 'weakness')}: {listed(words)}{of_paths}." if words else "No weakness was found."]
    settled = sum(1 for item in assessment.weaknesses if item.decision)
    if settled:
        told.append(f"{settled} of them {'is' if settled == 1 else 'are'} decided about in breachway.yaml.")
    if undecided:
        told.append(f"{undecided} more cannot be decided from what was read.")
    page.paragraph(span(" ".join(told)), indent=2)
    if verbose:
        for item in found:
            _write_weakness(page, item)
    size = assessment.size
    page.paragraph(
        span(
            f"Model: {count(size.assets, 'asset')}, {count(size.steps, 'attack step')}, {count(size.edges, 'edge')}. "
            f"Breachway {assessment.version}, language {assessment.language.id} {assessment.language.version}."
        ),
        indent=2,
    )


def _write_weakness(page: Page, item: WeaknessFinding) -> None:
    detail = f" ({item.detail})" if item.detail else ""
    first = most_telling(item.evidence)
    page.placed(
        span(f"{item.title}: {item.subject}{detail}"),
        page.places.line(first.location) if first else "",
        indent=4,
        lead=span(f"{severity_mark(item.severity)} "),
    )
