from __future__ import annotations

import dataclasses
import re

from breachway.reports.markdown import render

from .fixture import ASSESSMENT, CLEAN
from .snapshot import assert_snapshot


def test_snapshot() -> None:
    assert_snapshot("comment.md", render(ASSESSMENT))


def test_snapshot_of_a_clean_deployment() -> None:
    assert_snapshot("comment-clean.md", render(CLEAN))


def test_a_name_starts_no_markup_mention_or_link() -> None:
    page = render(ASSESSMENT)
    assert "<script" not in page
    assert "@octocat" not in page
    assert "](" not in page
    assert "`" not in page
    assert set(re.findall(r"<(/?[a-z]+)", page)) <= {
        *("details", "/details", "summary", "/summary", "b", "/b", "code", "/code", "br", "sub", "/sub"),
    }


def test_each_row_of_a_table_has_its_cells() -> None:
    for line in render(ASSESSMENT).splitlines():
        if line.startswith("|"):
            assert line.count("|") in {5, 7}


def test_a_comment_never_outgrows_the_platform() -> None:
    step = dataclasses.replace(ASSESSMENT.paths[0].steps[0], title="x" * 5000, evidence=ASSESSMENT.paths[0].steps[0].evidence * 9)
    long = dataclasses.replace(ASSESSMENT.paths[0], steps=(step,) * 60)
    page = render(dataclasses.replace(ASSESSMENT, paths=(long,) * 20))
    assert len(page) < 65_536
    assert "more paths" in page
