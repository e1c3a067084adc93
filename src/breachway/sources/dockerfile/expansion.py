r"""Variables and quotes in Dockerfile words, as BuildKit's shell lexer treats them.

Known forms: ``$NAME``, ``${NAME}``, ``${NAME:-word}``, ``${NAME-word}``, ``${NAME:+word}``, ``${NAME+word}``,
``${NAME:?word}``, ``${NAME?word}`` and the pattern forms (``#``, ``##``, ``%``, ``%%``, ``/``, ``//``).  Single quotes keep a
text as it is; double quotes expand; the escape character (``\`` or a backtick) keeps the next character.
"""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL = re.compile(r"[0-9@*#?$!-]")
_MODIFIER = re.compile(r":[-+?]|[-+?]|##?|%%?|//?")
_PATTERN = re.compile(r"(?:\\.|[^/\\])*", re.DOTALL)
_DEEPEST = 20
_LONGEST = 1 << 16
_LONGEST_MATCHED = 1024
_MOST_WILDCARDS = 4


class _Lexer:
    """One pass over one text; collects the names that no variable gives a value to."""

    def __init__(
        self, text: str, variables: Mapping[str, str], escape: str, partial: Mapping[str, tuple[str, ...]], depth: int
    ) -> None:
        self.text = text
        self.variables = variables
        self.partial = partial
        self.escape = escape
        self.depth = depth
        self.position = 0
        self.unset: dict[str, None] = {}

    def run(self) -> str:
        out: list[str] = []
        size = 0
        while self.position < len(self.text) and size <= _LONGEST:
            piece = self._next(quoted=False)
            out.append(piece)
            size += len(piece)
        return "".join(out)

    def _next(self, *, quoted: bool) -> str:
        character = self.text[self.position]
        if character == "'" and not quoted:
            return self._single_quoted()
        if character == '"' and not quoted:
            return self._double_quoted()
        if character == self.escape:
            return self._escaped(quoted=quoted)
        if character == "$":
            return self._variable()
        self.position += 1
        return character

    def _single_quoted(self) -> str:
        end = self.text.find("'", self.position + 1)
        if end < 0:
            end = len(self.text)
        content = self.text[self.position + 1 : end]
        self.position = end + 1
        return content

    def _double_quoted(self) -> str:
        self.position += 1
        out: list[str] = []
        while self.position < len(self.text) and self.text[self.position] != '"':
            out.append(self._next(quoted=True))
        self.position += 1
        return "".join(out)

    def _escaped(self, *, quoted: bool) -> str:
        following = self.text[self.position + 1 : self.position + 2]
        self.position += 2
        if quoted and following not in {'"', "$", self.escape}:
            return self.escape + following
        return following

    def _variable(self) -> str:
        start = self.position
        self.position += 1
        if self.text.startswith("{", self.position):
            return self._braced(start)
        match = _NAME.match(self.text, self.position) or _SPECIAL.match(self.text, self.position)
        if match is None:
            return "$"
        self.position = match.end()
        return self._look_up(match.group(), self.text[start : self.position])

    def _braced(self, start: int) -> str:
        end = _closing_brace(self.text, self.position + 1)
        inner = self.text[self.position + 1 : end]
        self.position = end + 1
        written = self.text[start : self.position]
        match = _NAME.match(inner)
        if match is None or end >= len(self.text):
            return written
        name, rest = match.group(), inner[match.end() :]
        if not rest:
            return self._look_up(name, written)
        modifier = _MODIFIER.match(rest)
        if modifier is None:
            return written
        return self._modified(name, modifier.group(), rest[modifier.end() :], written)

    def _modified(self, name: str, modifier: str, word: str, written: str) -> str:
        value = self._value(name)
        given = value is not None and not (modifier.startswith(":") and not value)
        match modifier:
            case ":-" | "-":
                return value if given and value is not None else self._expand_word(word)
            case ":+" | "+":
                return self._expand_word(word) if given else ""
            case _ if value is None:
                self.unset.setdefault(name)
                return written
            case ":?" | "?":
                return value
            case _:
                pattern, replacement = _split_pattern(word) if modifier.startswith("/") else (word, "")
                return _strip(value, modifier, self._expand_word(pattern), self._expand_word(replacement))

    def _expand_word(self, word: str) -> str:
        if self.depth >= _DEEPEST:
            return word
        inner = _Lexer(word, self.variables, self.escape, self.partial, self.depth + 1)
        value = inner.run()
        self.unset.update(inner.unset)
        return value

    def _look_up(self, name: str, written: str) -> str:
        value = self._value(name)
        if value is None:
            self.unset.setdefault(name)
            return written
        return value

    def _value(self, name: str) -> str | None:
        for lacking in self.partial.get(name, ()):
            self.unset.setdefault(lacking)
        return self.variables.get(name)


def expand(
    text: str, variables: Mapping[str, str], escape: str = "\\", partial: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[str, tuple[str, ...]]:
    """Expand ``text``; gives the value and the names, in order of appearance, that have no value (left as written).

    ``partial`` says which names lack in the value of a variable itself.
    """
    if "$" not in text and "'" not in text and '"' not in text and escape not in text:
        return text, ()
    lexer = _Lexer(text, variables, escape, partial or {}, 0)
    value = lexer.run()
    return value, tuple(lexer.unset)


def _closing_brace(text: str, position: int) -> int:
    depth = 1
    while position < len(text):
        if text[position] == "{" and text[position - 1] == "$":
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return len(text)


def _split_pattern(word: str) -> tuple[str, str]:
    """Split at the first slash that is not escaped."""
    match = _PATTERN.match(word)
    end = match.end() if match else len(word)
    return word[:end], word[end + 1 :]


def _strip(value: str, modifier: str, word: str, replacement: str) -> str:
    """Remove a shell pattern from the front (#, ##) or back (%, %%), or replace it (/, //).

    Long values and patterns of many wildcards stay as they are: matching could be slow.
    """
    if len(value) > _LONGEST_MATCHED or word.count("*") > _MOST_WILDCARDS:
        return value
    if modifier in {"/", "//"}:
        expression = translate(word)[:-2] if word else ""
        return re.sub(expression, lambda _: replacement, value, count=0 if modifier == "//" else 1) if expression else value
    whole = re.compile(translate(word))
    ends = range(len(value) + 1)
    if modifier.startswith("#"):
        cuts = [end for end in ends if whole.match(value[:end])]
        return value[(cuts[-1] if modifier == "##" else cuts[0]) :] if cuts else value
    cuts = [start for start in ends if whole.match(value[start:])]
    return value[: (cuts[0] if modifier == "%%" else cuts[-1])] if cuts else value
