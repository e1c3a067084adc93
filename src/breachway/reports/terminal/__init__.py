"""The report for a terminal: the answer first, then why, then what to do, then the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.reports.terminal.answer import write_answer, write_calm
from breachway.reports.terminal.layout import Page
from breachway.reports.terminal.paths import write_paths
from breachway.reports.terminal.places import places_of
from breachway.reports.terminal.remedies import write_assumptions, write_fixes, write_rest
from breachway.reports.terminal.surroundings import write_boundaries, write_summary, write_unread
from breachway.reports.terminal.tenancy import write_tenancy

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment

NARROWEST = 40


def render(assessment: Assessment, *, width: int = 80, colour: bool = False, verbose: bool = False) -> str:
    """The report as lines of at most ``width`` columns (40 at least).

    ``colour`` adds ANSI colours to words that mean the same without them.  ``verbose`` lists everything that is otherwise
    shortened: every path, every unread field, every assumption and each weakness.
    """
    page = Page(width=max(width, NARROWEST), colour=colour, places=places_of(assessment))
    if assessment.paths:
        write_summary(page, assessment, verbose=verbose)
        write_answer(page, assessment)
        write_paths(page, assessment, verbose=verbose)
        write_fixes(page, assessment, verbose=verbose)
    else:
        write_calm(page, assessment)
        page.blank()
        write_summary(page, assessment, verbose=verbose)
    write_boundaries(page, assessment, verbose=verbose)
    write_tenancy(page, assessment.tenancy, verbose=verbose)
    write_unread(page, assessment, verbose=verbose)
    write_assumptions(page, assessment, verbose=verbose)
    write_rest(page, assessment, verbose=verbose)
    return page.text()
