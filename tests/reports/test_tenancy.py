"""The tenancy matrix in every report."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator
from playwright.sync_api import sync_playwright

from breachway.analyses.tenancy_matrix import CellState, Crossing, Holder, HolderKind, Outcome, Tenancy
from breachway.reports import html, json_v1, markdown, terminal
from breachway.reports.html.tenancy import tenancy_view
from breachway.reports.tenancy import cell_words, lead, matrix_of, worst_cells, worst_rows
from breachway.reports.tenancy_markdown import tenancy_lines
from breachway.reports.terminal.layout import Page as TerminalPage
from breachway.reports.terminal.layout import display_width
from breachway.reports.terminal.places import Places
from breachway.reports.terminal.tenancy import write_command

from .fixture import ASSESSMENT
from .fixture_assets import HOSTILE
from .fixture_tenancy import COUNTED, DIVIDED, HOLDERS, TENANCY, cell
from .test_browser import CHROMIUM, FLAGS, OVERLAPS, open_every, opened
from .test_html import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from breachway.analyses.assessment import Assessment

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MANY = Tenancy(
    holders=tuple(Holder(name=f"t{number:02}", kind=HolderKind.TENANT, workloads=1, footholds=1) for number in range(60)),
    cells=tuple(
        cell(f"t{number:02}", f"t{other:02}", Crossing.NETWORK, CellState.OPEN, Outcome.CONTROL)
        for number in range(60)
        for other in range(number)
    ),
)


def command(tenancy: Tenancy, source: str = "", target: str = "", *, width: int = 80) -> str:
    page = TerminalPage(width=width, colour=False, places=Places())
    write_command(page, tenancy, source, target)
    return page.text()


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize(
    "source, target", [("", ""), ("shop", ""), ("", "shop"), ("shop", HOSTILE), (HOSTILE, "platform"), ("shop", "billing")]
)
def test_no_line_of_the_command_is_wider_than_the_page(width: int, source: str, target: str) -> None:
    for tenancy in (TENANCY, MANY) if not source and not target else (TENANCY,):
        text = command(tenancy, source, target, width=width)
        assert max(display_width(line) for line in text.splitlines()) <= width
        assert HOSTILE not in text


def test_the_signs_of_a_cell_stand_under_their_column() -> None:
    lines = command(TENANCY).splitlines()
    head = next(line for line in lines if re.fullmatch(r"[ 0-9]+", line) and line.strip())
    row = next(line for line in lines if line.startswith("  3 shop"))
    assert row[head.index("1") :].startswith("N----")
    assert row[head.index("2") :].startswith("----X")
    assert row[head.index("5") :].startswith("--M--")
    other = next(line for line in lines if line.startswith("  1 "))
    assert other[head.index("3") :].startswith("-i---")
    assert other[head.index("5") :].startswith("---.-")


def test_a_cell_opens_with_its_path_and_what_closes_the_other_ways() -> None:
    text = " ".join(command(TENANCY, "shop", HOSTILE).split())
    assert "N network: open: connects to a service there; as assumed, acts or runs code there" in text
    assert "and 3 more" in text
    assert "closed where the container is not privileged or memory is limited" in text
    assert "I identity: closed: no service-account token is mounted k8s/web.yaml:9" in text
    assert "D shared data: closed: no volume and no secret is shared" in text
    assert DIVIDED.paths[0].steps[0].title in text


def test_where_nothing_runs_no_attack_begins() -> None:
    assert command(TENANCY, "billing") == "Nothing runs in billing, so no attack begins there.\n"


def test_what_was_seen_side_by_side_is_said() -> None:
    words = "n 2 of 3 machines containers of several of them were seen side by side"
    for text in (
        command(TENANCY, width=160),
        html.render(DIVIDED),
        markdown.render(DIVIDED),
        terminal.render(DIVIDED, width=160),
    ):
        assert words in text
    assert "side by side" not in command(replace(TENANCY, together=None))


def test_the_lead_counts_pairs_of_tenants_alone() -> None:
    assert (
        lead(TENANCY)
        == "3 tenants; 2 of 6 pairs are not kept apart, and shop reaches the platform; in 1 one may starve the other."
    )
    assert "breachway tenants PATH" in lead(replace(TENANCY, counted_only=True))


def test_the_worst_rows_and_cells_come_first_where_not_all_are_shown() -> None:
    matrix = matrix_of(MANY)
    assert [row.name for row in worst_rows(matrix, 3)] == ["t57", "t58", "t59"]
    assert [(item.source, item.way) for item in worst_cells(TENANCY.cells, 2)] == [
        ("shop", Crossing.NETWORK),
        ("shop", Crossing.NODE),
    ]
    assert "20 more rows, less open" in command(MANY, width=160)


def test_an_unlikely_way_says_what_it_rests_on() -> None:
    words = cell_words(TENANCY.cells[1])
    assert words == "closed, as assumed; should that fail (kernel-patched), reads or changes data there"


@pytest.mark.parametrize("assessment", [DIVIDED, COUNTED], ids=["divided", "counted"])
def test_json_obeys_the_published_schema_and_loses_no_cell(assessment: Assessment) -> None:
    report = json.loads(json_v1.render(assessment))
    Draft202012Validator(json_v1.report_schema()).validate(report)
    assert assessment.tenancy is not None
    found = report["tenancy"]
    assert len(found["cells"]) == len(assessment.tenancy.cells)
    assert [holder["name"] for holder in found["holders"]] == [holder.name for holder in HOLDERS]
    assert found["counted_only"] is assessment.tenancy.counted_only
    for made, told in zip(assessment.tenancy.cells, found["cells"], strict=True):
        assert len(told["paths"]) == (made.path is not None)


def test_one_tenant_is_no_matrix() -> None:
    report = json.loads(json_v1.render(ASSESSMENT))
    assert report["tenancy"]["holders"] == []
    assert 'id="tenants"' not in html.render(ASSESSMENT)
    assert "Tenants" not in terminal.render(ASSESSMENT)
    assert "Tenants" not in markdown.render(ASSESSMENT)


@pytest.mark.parametrize("width", [40, 80, 160])
def test_the_terminal_report_has_the_matrix(width: int) -> None:
    text = terminal.render(DIVIDED, width=width, colour=True, verbose=True)
    assert all(display_width(COLOUR.sub("", line)) <= width for line in text.splitlines())
    assert "breachway tenants PATH --from A --to B" in " ".join(COLOUR.sub("", text).split())
    assert "too many to work out" in " ".join(terminal.render(COUNTED, width=width).split())


def test_markdown_escapes_names_and_names_the_ways() -> None:
    text = "\n".join(tenancy_lines(TENANCY))
    assert HOSTILE not in text
    assert "**network**" in text
    assert "| closed |" in text
    assert "k8s/" in text
    assert "<summary>Tenants: who reaches whom</summary>" in markdown.render(DIVIDED)
    assert "48 more rows" in "\n".join(tenancy_lines(MANY))


def test_the_page_links_each_open_cell_to_its_card() -> None:
    page = Page(html.render(DIVIDED))
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    links = [attrs for tag, attrs in page.tags if tag == "a" and attrs.get("href", "").startswith("#tenants-")]
    assert len(links) == 5
    assert {attrs["href"][1:] for attrs in links} <= ids
    shop = next(attrs["aria-label"] for attrs in links if attrs["aria-label"].startswith("shop to billing"))
    assert shop == (
        "shop to billing: network closed, identity closed, shared machine closed, shared data closed, exhaustion open"
    )


def test_a_large_matrix_is_cut_to_its_worst_rows_and_cards() -> None:
    view = tenancy_view(MANY)
    assert view is not None
    assert (len(view.rows), len(view.columns), len(view.cards)) == (24, 24, 60)
    assert view.hidden_rows == 36
    assert view.hidden_cards == 24 * 23 // 2 - 60


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html.render(DIVIDED), "utf-8")
    return path


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_the_matrix_fits_and_a_cell_opens_its_card(browser: Browser, report: Path, width: int, *, script: bool) -> None:
    with opened(browser, report, width, script=script) as page:
        cells = page.locator(".tenants td a")
        assert cells.count() == 5
        cells.first.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".pair[open]")
        page.locator('.tenants td a[aria-label^="shop to"]').first.click()
        page.get_by_text("no service-account token is mounted").wait_for(state="visible")
        open_every(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert not script or page.evaluate(OVERLAPS) == []
        assert page.get_by_text("closed: no volume and no secret is shared").first.is_visible()


def test_a_wide_matrix_scrolls_in_its_own_frame(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "wide.html"
    path.write_text(html.render(replace(ASSESSMENT, tenancy=MANY)), "utf-8")
    for width in (1440, 390):
        with opened(browser, path, width) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
