"""Diffs: exact for tools, and for people without what may be a secret."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.analyses.fixing import Changed
from breachway.reports.diffs import exact_diff, shown_diff

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = """\
env:
  - name: TOKEN
    value: s3cr3t-0
  # the old one was s3cr3t-1
  - s3cr3t-2
image: web:1
hostPID: true
command: [run, --password=s3cr3t-3]
RUN curl -u me:s3cr3t-4 http://a
ENV A=s3cr3t-5
"""


def test_values_beside_a_change_are_not_shown() -> None:
    shown = shown_diff(Changed(document="a", before=BEFORE, after=BEFORE.replace("hostPID: true\n", "")), frozenset())
    assert "-hostPID: true" in shown
    assert " image: web:1" in shown
    assert not [line for line in shown if "s3cr3t" in line]


@pytest.mark.parametrize("number", range(1, BEFORE.count("\n") + 1))
def test_a_line_with_a_secret_is_not_shown_when_it_goes(number: int) -> None:
    lines = BEFORE.splitlines(keepends=True)
    after = "".join(line for at, line in enumerate(lines, 1) if at != number)
    shown = shown_diff(Changed(document="a", before=BEFORE, after=after), frozenset({number}))
    assert not [line for line in shown if "s3cr3t" in line]
    assert [line for line in shown if line.startswith("-") and not line.startswith("---")]


@pytest.mark.parametrize("name", ["a.yaml", "my file.yaml", 'quo"te.yaml', "tab\there.yaml", "new\nline.yaml", "café.yaml"])
def test_git_applies_the_exact_diff_whatever_the_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("one\ntwo", encoding="utf-8")
    diff = exact_diff([Changed(document=name, before="one\ntwo", after="one\nthree\n")])
    done = subprocess.run(["git", "apply"], input=diff.encode(), cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, (done.stderr, diff)
    assert (tmp_path / name).read_text(encoding="utf-8") == "one\nthree\n"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "", "c: 1", "\r", "\x0c", "é"]), max_size=8), st.data())
def test_the_exact_diff_tells_the_whole_change(lines: list[str], data: st.DataObject) -> None:
    before = "\n".join(lines)
    after = "\n".join(data.draw(st.permutations(lines))) + data.draw(st.sampled_from(["", "\n"]))
    diff = exact_diff([Changed(document="a", before=before, after=after)])
    assert applied(before, diff) == after


def applied(before: str, diff: str) -> str:
    """What a unified diff makes of a text."""
    if not diff:
        return before
    old = [f"{line}\n" for line in before.split("\n")]
    old[-1] = old[-1][:-1]
    new: list[str] = []
    at = 0
    rows = diff.split("\n")[2:-1]
    for place, row in enumerate(rows):
        bare = place + 1 < len(rows) and rows[place + 1].startswith("\\")
        if row.startswith("@@"):
            first = row.split()[1].lstrip("-").split(",")
            start = int(first[0]) - (0 if first[1:] == ["0"] else 1)
            new += old[at:start]
            at = start
        elif row[:1] in {" ", "-"}:
            at += 1
        if row[:1] in {" ", "+"}:
            new.append(row[1:] + ("" if bare else "\n"))
    return "".join([*new, *old[at:]])
