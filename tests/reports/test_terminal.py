from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.evidence import Location
from breachway.model import DocumentSummary, Model
from breachway.reports.terminal import render
from breachway.reports.terminal.layout import display_width, wrap
from breachway.reports.terminal.paths import chosen
from breachway.reports.terminal.places import Places, places_of
from breachway.reports.terminal.reasons import own_place, reasons
from breachway.reports.terminal.repeats import repeats

from .fixture import ASSESSMENT, CLEAN
from .fixture_assets import HOSTILE, assumed, default, seen
from .snapshot import assert_snapshot
from .test_extremes import crowded

# A path whose third step needs the first two.
JOINS = next(path for path in ASSESSMENT.paths if any(len(step.needs) > 1 for step in path.steps))
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize(
    "name, width, colour, verbose",
    [
        ("terminal-80.txt", 80, False, False),
        ("terminal-80-colour.txt", 80, True, False),
        ("terminal-160.txt", 160, False, False),
        ("terminal-80-verbose.txt", 80, False, True),
    ],
)
def test_snapshot(name: str, width: int, colour: bool, verbose: bool) -> None:
    assert_snapshot(name, render(ASSESSMENT, width=width, colour=colour, verbose=verbose))


def test_snapshot_of_a_clean_deployment() -> None:
    page = render(CLEAN, width=80, colour=False)
    assert_snapshot("terminal-clean.txt", page)
    assert len(page.splitlines()) < 40


@pytest.mark.parametrize("width", [40, 57, 80, 121, 160, 240])
def test_no_line_is_wider_than_the_page(width: int) -> None:
    for assessment in (ASSESSMENT, CLEAN):
        for line in render(assessment, width=width, colour=True, verbose=True).splitlines():
            assert display_width(COLOUR.sub("", line)) <= width, line


def test_the_whole_width_is_used() -> None:
    for width in (80, 160):
        lines = render(ASSESSMENT, width=width).splitlines()
        assert sum(1 for line in lines if len(line) == width and re.search(r":\d+$", line)) > 10


def test_colour_adds_nothing_but_colour() -> None:
    assert COLOUR.sub("", render(ASSESSMENT, width=80, colour=True)) == render(ASSESSMENT, width=80, colour=False)


def test_names_cannot_speak_to_the_terminal() -> None:
    page = render(ASSESSMENT, width=100, colour=False, verbose=True)
    assert HOSTILE not in page
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    assert r"\x1b[31mred\x1b[0m\u202egpj.exe\n# heading" in page.replace("\n", " ").replace("  ", "")


def test_verbose_lists_what_is_otherwise_counted() -> None:
    many = dataclasses.replace(ASSESSMENT, paths=ASSESSMENT.paths + (ASSESSMENT.paths[2],) * 5)
    assert "6 more paths, lower in rank: --all" in render(many)
    assert "lower in rank" not in render(many, verbose=True)


def at(document: str, line: int) -> Location:
    return Location(document, "", line, 1)


def test_documents_are_named_below_the_folder_that_they_share() -> None:
    labels = ("examples/shop/kubernetes/web.yaml", "examples/shop/kubernetes/ingress.yaml", "examples/shop/compose.yaml")
    summaries = tuple(DocumentSummary(document=label, format="Kubernetes", kinds=()) for label in labels)
    places = places_of(dataclasses.replace(CLEAN, model=Model(documents=summaries)))
    assert places == Places("examples/shop/")
    assert places.line(at(labels[1], 14)) == "kubernetes/ingress.yaml:14"
    assert places.line(at("elsewhere.yaml", 3)) == "elsewhere.yaml:3"
    assert places.line(at(labels[1], 0)) == places.line(at("", 3)) == ""
    assert places.beside(at(labels[1], 14), at(labels[1], 2)) == "line 14"
    assert places.beside(at(labels[1], 14), at(labels[1], 14)) == ""


@pytest.mark.parametrize(
    "labels, folder",
    [(("/a.yaml",), ""), (("a/b/c.yaml", "a/bc/d.yaml"), "a/"), (("-",), ""), ((), ""), (("a.yaml", "k/b.yaml"), "")],
)
def test_a_folder_is_whole_names_only(labels: tuple[str, ...], folder: str) -> None:
    summaries = tuple(DocumentSummary(document=label, format="Kubernetes", kinds=()) for label in labels)
    assert places_of(dataclasses.replace(CLEAN, model=Model(documents=summaries))).folder == folder


def test_few_paths_are_chosen_and_each_attacker_has_its_best() -> None:
    some = ASSESSMENT.paths[0]
    many = tuple(
        dataclasses.replace(some, id=f"P{number}", actor=f"A{number % 4}", goal_asset=f"goal {number // 8}")
        for number in range(20)
    )
    # The best of the four, then those that lead to a goal of their own, two of an attacker at most.
    assert [path.id for path in chosen(many)] == ["P0", "P1", "P2", "P3", "P8", "P17"]
    decided = (dataclasses.replace(many[0], decision="accepted by the shop"), *many[1:])
    assert [path.id for path in chosen(decided)][:4] == ["P1", "P2", "P3", "P4"]


def test_what_a_path_shares_with_one_before_is_said_once() -> None:
    first = ASSESSMENT.paths[0]
    again = dataclasses.replace(first, id="P9", steps=first.steps[:4])
    page = render(dataclasses.replace(ASSESSMENT, paths=(first, again)))
    assert " 1  to 4 as in P1, up to: become root on the nodes" in page
    assert "to 4 as in" not in render(dataclasses.replace(ASSESSMENT, paths=(first, again)), verbose=True)
    other = dataclasses.replace(first.steps[2], evidence=())
    assert repeats(dataclasses.replace(again, steps=(*first.steps[:2], other)), (first,), start=0) == ()


def test_a_run_that_follows_from_several_things_is_told_in_full() -> None:
    joined = tuple(dataclasses.replace(step, needs=(0, 1)) if number == 2 else step for number, step in enumerate(JOINS.steps))
    assert [run.first for run in repeats(JOINS, (JOINS,), start=0)] == [0]
    assert repeats(dataclasses.replace(JOINS, steps=joined[2:]), (JOINS,), start=0) == ()


def test_the_title_says_where_the_attack_starts() -> None:
    first = ASSESSMENT.paths[0]
    opening = dataclasses.replace(
        first.steps[0], asset_name="the internet", title="attack from the internet", needs=(), evidence=()
    )
    shifted = tuple(dataclasses.replace(step, needs=tuple(need + 1 for need in step.needs)) for step in first.steps)
    page = render(dataclasses.replace(ASSESSMENT, paths=(dataclasses.replace(first, steps=(opening, *shifted)),)))
    assert "attack from the internet" not in page
    assert "\n 2  exploit the application" in page


def test_a_reason_is_said_once_and_in_few_words() -> None:
    observed = seen("k8s/a.yaml", 4, "container: web")
    step = dataclasses.replace(
        ASSESSMENT.paths[0].steps[0],
        title="run code in the container",
        asset_name="shop/web",
        evidence=(
            assumed("k8s/a.yaml", 2, "it is patched", "application-patched"),
            default("k8s/a.yaml", 1, "nothing is refused", "somewhere"),
            observed,
            seen("k8s/a.yaml", 9, "privileged: true"),
            seen("k8s/b.yaml", 7, "privileged: true"),
        ),
    )
    told = "run code in the container: shop/web"
    assert own_place(step) == observed.location
    assert reasons(step, told, Places("k8s/"), verbose=False) == (
        "privileged: true (line 9)",
        "by default: nothing is refused (line 1)",
        "assumed: application-patched",
    )
    assert reasons(step, "", Places("k8s/"), verbose=True)[1] == "privileged: true (line 9 and b.yaml:7)"


def test_the_report_is_short_enough_to_be_read() -> None:
    assert len(render(crowded(), width=80).splitlines()) < 170
    assert len(render(ASSESSMENT, width=80).splitlines()) < 170


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab 名🐳é-", max_size=60), st.integers(min_value=2, max_value=30))
def test_wrapping_loses_no_character_and_keeps_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(display_width(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
