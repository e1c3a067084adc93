from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.reports import escaping

LABELS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(lambda text: text[0] not in "/\\")
ANY_TEXT = st.text(st.characters(codec=None), max_size=60)


@settings(max_examples=150, deadline=None)
@given(ANY_TEXT)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    shown = escaping.terminal(text)
    assert not [character for character in shown if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    shown.encode("utf-8")


@pytest.mark.parametrize(
    "text, shown",
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\udcff", r"\udcff"),
        ("\x9b0m", r"\x9b0m"),
        ("\U000e0041", r"\U000e0041"),
        ("naïve 名前 🐳", "naïve 名前 🐳"),
    ],
)
def test_hidden_characters_are_shown(text: str, shown: str) -> None:
    assert escaping.terminal(text) == shown


@settings(max_examples=150, deadline=None)
@given(ANY_TEXT)
def test_nothing_that_markdown_obeys_is_left(text: str) -> None:
    shown = escaping.markdown(text)
    without = re.sub(r"&#\d+;", "", shown)
    assert not re.search(r"[\\`*_{}\[\]#+!|<>~@&$^]", without)
    assert "\n" not in shown
    assert not re.match(r"[-.():]", shown)


@pytest.mark.parametrize(
    "text", ["https://evil.example/x", "HTTP://evil.example", "www.evil.example", "WWW.evil.example", "ftp://x"]
)
def test_no_address_becomes_a_link(text: str) -> None:
    assert not re.search(r"(?i)://|www\.", escaping.markdown(text))


@settings(max_examples=100, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(
        lambda text: not text.startswith(("/", "\\"))
    )
)
def test_a_label_survives_as_a_uri_path(label: str) -> None:
    uri = escaping.uri_path(label)
    assert unquote(urlsplit(uri).path) == label.replace("\\", "/")
    assert re.fullmatch(r"[A-Za-z0-9\-._~/%]+", uri)


def test_an_absolute_label_is_a_file_uri() -> None:
    assert escaping.uri_path("/srv/a b.yaml") == "file:///srv/a%20b.yaml"
