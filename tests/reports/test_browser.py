"""The HTML report in a real browser: it fits the page, everything can be opened, nothing is fetched and nothing complains."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from breachway.reports.html import render

from .fixture import ASSESSMENT, CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
OVERLAPS = """() => {
  const labels = [...document.querySelectorAll("svg.drawing text")].filter((text) => text.getClientRects().length);
  const boxes = labels.map((text) => text.getBoundingClientRect());
  const hits = [];
  for (let i = 0; i < boxes.length; i += 1) for (let j = i + 1; j < boxes.length; j += 1) {
    const [a, b] = [boxes[i], boxes[j]];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && high > 4) hits.push(`${labels[i].textContent} / ${labels[j].textContent}`);
  }
  for (const label of labels) {
    const shape = label.closest("g").querySelector("rect");
    if (!shape) continue;
    const [inner, outer] = [label.getBoundingClientRect(), shape.getBoundingClientRect()];
    if (inner.left < outer.left - 1 || inner.right > outer.right + 1) hits.push(`${label.textContent} leaves its box`);
  }
  return hits;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(ASSESSMENT), "utf-8")
    return path


@contextmanager
def opened(browser: Browser, report: Path, width: int, *, script: bool = True, dark: bool = False) -> Iterator[Page]:
    """A page on the report; complaints of the browser and requests for anything else fail the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=script, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: trouble.append(f"page: {error}"))
    page.on(
        "request",
        lambda request: None if request.url.partition("#")[0] in {report.as_uri(), "data:,"} else trouble.append(request.url),
    )
    page.goto(report.as_uri())
    yield page
    context.close()
    assert trouble == []


def open_every(page: Page) -> None:
    """Click each closed part open, the inner ones after the outer; at the edge, where no summary has a link."""
    closed = page.locator("details:not([open]) > summary:visible")
    for _ in range(page.locator("details").count()):
        if closed.count() == 0:
            return
        closed.first.click(position={"x": 8, "y": 8})


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_fits_and_is_shown(browser: Browser, report: Path, tmp_path: Path, width: int, dark: bool) -> None:
    with opened(browser, report, width, dark=dark) as page:
        page.screenshot(path=tmp_path / f"report-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("h1").inner_text().startswith("An external attacker reaches cluster admin")
        assert (tmp_path / f"report-{width}.png").stat().st_size > 10_000


@pytest.mark.parametrize("width", [1440, 390])
def test_everything_opens_and_no_label_overlaps(browser: Browser, report: Path, width: int) -> None:
    with opened(browser, report, width) as page:
        for button in page.locator(".toggle-all:visible").all():
            button.click()
        open_every(page)
        assert page.locator("details:not([open])").count() == 0
        assert page.evaluate(OVERLAPS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_theme_turns_and_turns_back(browser: Browser, report: Path) -> None:
    with opened(browser, report, 1440) as page:
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.get_by_role("button", name="Dark").click()
        assert page.evaluate(ground) != light
        page.get_by_role("button", name="Light").click()
        assert page.evaluate(ground) == light


def test_the_theme_is_remembered(browser: Browser, report: Path) -> None:
    with opened(browser, report, 1440) as page:
        page.get_by_role("button", name="Dark").click()
        page.reload()
        assert page.locator("html").get_attribute("data-theme") == "dark"


def test_paper_shows_what_is_closed(browser: Browser, report: Path) -> None:
    with opened(browser, report, 1440, script=False) as page:
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 700, "height": 1000})
        assert page.locator("details:not([open])").count() > 0
        for part in (".assumption .card-body", ".group table", "#P2 .steps"):
            assert page.locator(part).first.evaluate("(part) => part.getBoundingClientRect().height") > 0
        assert page.locator("#map-wide").is_visible()
        assert not page.locator("#map-narrow").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 700


def test_the_keyboard_reaches_the_answer_first(browser: Browser, report: Path) -> None:
    with opened(browser, report, 1440) as page:
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert focused.inner_text() == "To the answer"
        assert focused.evaluate("(link) => link.getBoundingClientRect().left") >= 0
        assert focused.evaluate("(link) => getComputedStyle(link).outlineStyle") == "solid"


def test_weaknesses_are_filtered(browser: Browser, report: Path) -> None:
    with opened(browser, report, 1440) as page:
        every = page.locator(".weakness").count()
        page.get_by_label("critical").uncheck()
        assert page.locator(".weakness:visible").count() == every - 1
        page.get_by_label("Search").fill("socket")
        assert page.locator(".weakness:visible").count() == 0
        page.get_by_label("critical").check()
        assert page.locator(".weakness:visible").count() == 1
        page.get_by_label("Search").fill("")
        page.get_by_label("only on a ranked path").check()
        assert 0 < page.locator(".weakness:visible").count() < every
        assert page.locator(".filters output").inner_text().endswith(f"of {every}")


def test_a_link_opens_what_it_leads_to(browser: Browser, report: Path) -> None:
    with opened(browser, report, 1440) as page:
        assert page.locator("#P5").get_attribute("open") is None
        page.locator('.actors a[href="#P5"]').click()
        page.wait_for_selector("#P5[open]")
        page.locator("#P5 > summary").click(position={"x": 8, "y": 8})
        page.wait_for_selector("#P5:not([open])", state="attached")
        page.locator('.actors a[href="#P5"]').click()
        page.wait_for_selector("#P5[open]")
        for anchor in ("#P2-1", "#assumption-control-plane-shared"):
            page.goto(report.as_uri() + anchor)
            page.reload()
            assert page.locator(anchor).is_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_without_a_script_all_is_there(browser: Browser, report: Path, width: int) -> None:
    with opened(browser, report, width, script=False) as page:
        assert page.locator(".filters:visible").count() == 0
        open_every(page)
        for text in ("command the cluster", "pods of shop run on pool default", "remove create from the verbs of rule 2"):
            assert page.get_by_text(text).locator("visible=true").count() > 0
        assert page.locator(".weakness:visible").count() == page.locator(".weakness").count()


def test_a_clean_deployment(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "clean.html"
    path.write_text(render(CLEAN), "utf-8")
    with opened(browser, path, 1440) as page:
        assert page.locator("h1").inner_text().startswith("No attacker reaches")
        assert page.locator(".path").count() == 0


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_risk_of_each_threat_is_seen_without_a_script(browser: Browser, report: Path, width: int, dark: bool) -> None:
    with opened(browser, report, width, script=False, dark=dark) as page:
        for number in range(1, 7):
            threat = page.locator(f"#R{number}")
            box, curve = threat.bounding_box(), threat.locator("svg.curve").bounding_box()
            assert box is not None
            assert curve is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert curve["width"] > 100
            assert curve["x"] + curve["width"] <= box["x"] + box["width"] + 1
        assert page.locator(".matrix tbody td:not(.empty)").count() == 6
        assert page.locator(".matrix tbody td").evaluate_all(
            "(cells) => cells.every((cell) => cell.scrollWidth <= cell.clientWidth)"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
