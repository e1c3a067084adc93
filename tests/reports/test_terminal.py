from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.reports.terminal import render
from breachway.reports.terminal.layout import display_width, wrap

from .fixture import ASSESSMENT, CLEAN
from .fixture_assets import HOSTILE
from .snapshot import assert_snapshot

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
def test_snapshot(name: str, width: int, colour: bool, verbose: bool) -> None:  # noqa: FBT001 - a table of cases
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
    assert "more, lower in rank" in render(many)
    assert "more, lower in rank" not in render(many, verbose=True)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab 名🐳é-", max_size=60), st.integers(min_value=2, max_value=30))
def test_wrapping_loses_no_character_and_keeps_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(display_width(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
