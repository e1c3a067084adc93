from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from collections import Counter
from html import unescape
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from breachway.evidence import Basis, Evidence, Location
from breachway.reports.html import render
from breachway.reports.html.views import merged

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


def colours(selector: str) -> dict[str, str]:
    style = resources.files("breachway.reports.html").joinpath("style.css").read_text("utf-8")
    block = style[style.index(selector) :]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block[: block.index("}")]))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == len("#rrggbb") else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("selector", [":root {", ':root[data-theme="dark"] {', ":root, :root["], ids=["light", "dark", "print"])
def test_every_colour_of_text_stands_out(selector: str) -> None:
    """WCAG 2.2 AA: 4.5 for text, 3 for what is drawn."""
    named = colours(selector)
    grounds = ("ground", "surface", "sunken")
    pairs = [(text, ground) for text in ("ink", "soft", "attack", "exposure", "kept", "assumed") for ground in grounds]
    pairs += [
        ("ground", "attack"),
        ("ground", "ink"),
        ("attack", "attack-ground"),
        ("kept", "kept-ground"),
        ("ink", "kept-ground"),
    ]
    weak = [(one, other) for one, other in pairs if contrast(named[one], named[other]) < 4.5]
    weak += [("jewel", ground) for ground in grounds if contrast(named["jewel"], named[ground]) < 3]
    assert weak == []


def test_equal_reasons_are_told_once_with_every_place() -> None:
    def seen(document: str, line: int, note: str, basis: Basis = Basis.OBSERVED) -> Evidence:
        return Evidence(Location(document, f"/{line}", line, 1), basis, note)

    views = merged(
        (
            seen("a.yaml", 9, "not set", Basis.DEFAULTED),
            seen("a.yaml", 16, "may create pods"),
            seen("a.yaml", 3, "may create pods"),
            seen("a.yaml", 16, "may create pods"),
            seen("b.yaml", 0, "may create pods"),
        )
    )
    assert [(view.first.note, view.places) for view in views] == [
        ("may create pods", ("a.yaml:3, 16", "b.yaml")),
        ("not set", ("a.yaml:9",)),
    ]
    assert views[0].pointers == "/16, /3, /0"
    many = merged(seen(f"{number}.yaml", 1, "the same") for number in range(9))
    assert (len(many[0].places), many[0].hidden) == (5, 4)


def test_a_join_is_explained_where_there_is_one() -> None:
    joined = [path for path in ASSESSMENT.paths if any(len(step.needs) > 1 for step in path.steps)]
    text = render(ASSESSMENT)
    assert joined
    assert text.count('<figcaption class="hint">') == len(joined)
    assert text.count('<p class="needs">') == sum(len(step.needs) > 1 for path in joined for step in path.steps)


def test_a_clean_page_says_what_it_rests_on() -> None:
    text = render(CLEAN)
    assert "Good work." in text
    assert 'id="paths"' not in text
    assert 'href="#paths"' not in text
    assert "Expected time</th>" not in text


def test_paths_on_their_own_ground_are_no_headline() -> None:
    staying = tuple(dataclasses.replace(path, own_ground=True) for path in ASSESSMENT.paths)
    text = render(dataclasses.replace(ASSESSMENT, paths=staying))
    assert text.count("<span>stays where it starts</span>") == len(staying)
    assert "steps of path" not in text


def test_no_probability_stands_without_its_interval_and_its_ground() -> None:
    text = render(ASSESSMENT)
    section = text[text.index('<section id="risk">') : text.index('<section id="components">')]
    assert "Not calibrated." in section
    assert "2 sources of times to compromise (1 of them a judgement of ours) and on 1 assumption" in section
    shown = re.findall(r'<span class="chance"><strong>(.*?)</strong>', section)
    assert len(shown) == 6
    assert all(re.fullmatch(r"[0-9.]+ % \([0-9.]+ to [0-9.]+\)", words) for words in shown)
    assert section.count('<svg class="curve"') == section.count('role="img" aria-label="Probability: ') == 6


def test_without_a_simulation_there_is_no_risk_on_the_page() -> None:
    text = render(dataclasses.replace(ASSESSMENT, risks=None, patterns=()))
    for words in ('id="risk"', 'href="#risk"', "Risk within", "<dt>Risk</dt>", 'id="patterns"', "within 30 days"):
        assert words not in text


def test_a_simulation_in_which_nobody_arrives_is_said() -> None:
    assert ASSESSMENT.risks is not None
    text = render(dataclasses.replace(CLEAN, risks=dataclasses.replace(ASSESSMENT.risks, threats=())))
    assert "No sample of any attacker takes a crown jewel." in text
    assert '<table class="matrix">' not in text


def test_the_patterns_say_threat_mitigation_and_state_of_each_component() -> None:
    text = render(ASSESSMENT)
    section = text[text.index('<section id="patterns">') : text.index('<section id="assumptions">')]
    for words in (
        "Stolen privileged credentials in a container are root on the host",
        "map root to nobody by a user namespace",
        "In place on 3, missing on 1, assumed on 1.",
        "root inside is nobody outside",
        "k8s/<wbr>checkout.yaml:31",
        "assumed, 0.5 likely",
        "no ranked path",
    ):
        assert words in section
