"""How hostile text is made harmless for each medium.

Names, notes and file labels come from artefacts that anybody may have written.  A terminal obeys control characters, Markdown
obeys punctuation and mentions, a URI obeys its delimiters; HTML is escaped by Jinja2 alone.  Characters that change how the text
around them is shown (bidirectional controls, zero-width characters) are made visible in every medium.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_WWW = re.compile(r"(?i)(www)\.")
_LAST_OF_LATIN_1 = 0xFF
_LAST_OF_BASIC_PLANE = 0xFFFF
_MARKDOWN = frozenset("\\`*_{}[]()#+-.!|<>~@&:$^'")
_ENTITY = {character: f"&#{ord(character)};" for character in _MARKDOWN}
_PLAIN_IN_MARKDOWN = frozenset("-.(),:'")


def visible(text: str) -> str:
    r"""``text`` on one line, with each control, format or unassigned character written as ``\xNN`` or ``\uNNNN``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_character(character) for character in text)


def _visible_character(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE:
        return character
    code = ord(character)
    named = {0x09: r"\t", 0x0A: r"\n", 0x0D: r"\r"}.get(code)
    if named is not None:
        return named
    if code <= _LAST_OF_LATIN_1:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _LAST_OF_BASIC_PLANE else f"\\U{code:08x}"


def terminal(text: str) -> str:
    """``text`` for a terminal: nothing in it can move the cursor, change colours or reorder what is around it."""
    return visible(text)


def markdown(text: str) -> str:
    """``text`` for running Markdown and table cells of GitHub and GitLab: shown as it is, and it starts nothing.

    Punctuation that could start markup, a mention, a link or an emoji becomes a character reference, which these renderers show
    as the character and never read as markup.
    """
    escaped: list[str] = []
    for position, character in enumerate(visible(text)):
        # A hyphen, stop or bracket starts markup only at the beginning of a block or after a construct that is escaped anyway.
        if character in _PLAIN_IN_MARKDOWN and position > 0:
            escaped.append(character)
        else:
            escaped.append(_ENTITY.get(character, character))
    # What GitHub would make a link of although it has no markup around it.
    return _WWW.sub(r"\1&#46;", "".join(escaped).replace("://", "&#58;//"))


def markdown_code(text: str) -> str:
    """``text`` as inline code.  HTML's element is used, since backticks inside backticks cannot be escaped in a table cell."""
    return f"<code>{markdown(text)}</code>"


def uri_path(label: str) -> str:
    """A document label as a URI reference: relative as it is, absolute as a ``file:`` URI; everything unusual percent-encoded."""
    path = quote(label.replace("\\", "/").encode("utf-8", "surrogateescape"), safe="/-._~")
    return f"file://{path}" if path.startswith("/") else path or "-"
