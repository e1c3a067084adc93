"""Every generated page together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.documentation.coverage import coverage_page
from breachway.documentation.index import index_page
from breachway.documentation.relations import defences, techniques
from breachway.documentation.technique_pages import technique_pages
from breachway.documentation.weakness_pages import weakness_pages

if TYPE_CHECKING:
    from breachway.documentation.page import Page
    from breachway.threats.catalogue import WeaknessInfo
    from breachway.threats.language import Language


def all_pages(language: Language, catalogue: tuple[WeaknessInfo, ...]) -> tuple[Page, ...]:
    """Give the pages of weaknesses and attack steps, their index and the coverage of public matrices, sorted by path."""
    known = techniques(language)
    pages = (
        *weakness_pages(language, catalogue),
        *technique_pages(language, catalogue),
        index_page(known, defences(language), catalogue),
        coverage_page(known),
    )
    return tuple(sorted(pages))
