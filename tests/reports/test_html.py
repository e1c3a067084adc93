from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from collections import Counter
from html import unescape
from typing import TYPE_CHECKING

import pytest

from breachway.reports.html import render

from .fixture import ASSESSMENT, CLEAN
from .fixture_assets import HOSTILE
from .snapshot import assert_snapshot

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment


class Page:
    """The tags, attributes and inline texts of a page; our templates quote each attribute and escape each bracket in it."""

    def __init__(self, text: str) -> None:
        self.inline = {tag: re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL) for tag in ("style", "script")}
        bare = re.sub(r"<(style|script)>.*?</\1>", r"<\1>", text, flags=re.DOTALL)
        self.tags = [
            (tag, {name: unescape(value) for name, value in re.findall(r'([\w:-]+)(?:="([^"]*)")?', rest)})
            for tag, rest in re.findall(r"<([a-zA-Z][\w-]*)((?:[^<>\"]|\"[^\"]*\")*)>", bare)
        ]


BOTH = pytest.mark.parametrize("assessment", [ASSESSMENT, CLEAN], ids=["shop", "clean"])


def test_snapshot() -> None:
    assert_snapshot("report.html", render(ASSESSMENT))


def test_snapshot_of_a_clean_deployment() -> None:
    assert_snapshot("report-clean.html", render(CLEAN))


@BOTH
def test_the_policy_allows_exactly_our_style_and_script(assessment: Assessment) -> None:
    page = Page(render(assessment))
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256("".join(page.inline[tag]).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
        assert sum(1 for name, _ in page.tags if name == tag) == 1


@BOTH
def test_no_element_loads_or_runs_anything(assessment: Assessment) -> None:
    for tag, attrs in Page(render(assessment)).tags:
        assert tag not in {"iframe", "object", "embed", "img", "base", "foreignobject"}
        assert "style" not in attrs
        assert "src" not in attrs
        assert not [name for name in attrs if name.startswith("on")]
        assert re.match(r"#|data:,$", attrs.get("href", "#"))


@BOTH
def test_ids_are_unique_and_links_lead_somewhere(assessment: Assessment) -> None:
    page = Page(render(assessment))
    ids = Counter(attrs["id"] for _, attrs in page.tags if "id" in attrs)
    assert [name for name, times in ids.items() if times > 1] == []
    targets = {attrs["href"][1:] for tag, attrs in page.tags if tag == "a"}
    assert targets - set(ids) == set()


def test_hostile_names_stay_text() -> None:
    text = render(ASSESSMENT)
    assert "<script>alert" not in text
    assert HOSTILE not in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in text


def test_every_step_place_and_fix_is_on_the_page() -> None:
    text = render(ASSESSMENT)
    for path in ASSESSMENT.paths:
        for number in range(1, len(path.steps) + 1):
            assert f'id="{path.id}-{number}"' in text
    assert all(f'id="{fix.id}"' in text for fix in ASSESSMENT.fixes)
    assert "k8s/rbac.yaml:22" in text
    assert "automountServiceAccountToken is not set; the default is true" in text


def test_long_lists_say_how_much_is_left_out() -> None:
    findings = tuple(dataclasses.replace(ASSESSMENT.weaknesses[1], fingerprint=f"{number:016x}") for number in range(70))
    text = render(dataclasses.replace(ASSESSMENT, weaknesses=findings))
    assert "and 20 more; the JSON report lists every one." in text
