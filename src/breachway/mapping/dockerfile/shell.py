"""A shell text as simple commands: their words, and which of them feed a pipe.

Good enough to recognise what a build does, never to run it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

_LONGEST = 1 << 18
_PREFIXES = frozenset(
    {"sudo", "env", "command", "exec", "time", "nice", "nohup", "then", "do", "else", "if", "while", "!", "{", "("}
)
_WITH_VALUE = frozenset({"-u", "--user", "-g", "-n"})


class ShellCommand(NamedTuple):
    """One simple command.  ``piped`` tells that its output goes into the next command of the tuple."""

    words: tuple[str, ...]
    piped: bool = False

    @property
    def plain(self) -> tuple[str, ...]:
        """The words without what only introduces the program: assignments, ``sudo``, ``env`` and shell keywords."""
        words = self.words
        position = 0
        while position < len(words):
            word = words[position]
            if word in _PREFIXES or _is_assignment(word):
                position += 1
                while position < len(words) and words[position - 1] in {"sudo", "env"} and words[position].startswith("-"):
                    position += 2 if words[position] in _WITH_VALUE else 1
                continue
            break
        return words[position:]

    @property
    def program(self) -> str:
        """The name of the program, without its folder."""
        plain = self.plain
        return plain[0].rpartition("/")[2] if plain else ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows the program."""
        return self.plain[1:]


def _is_assignment(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name.isidentifier()


@lru_cache(maxsize=1024)
def split_commands(script: str) -> tuple[ShellCommand, ...]:
    """Split a shell text; quotes are taken off, comments left out.  Linear in the text; a very long text is cut."""
    return tuple(_Splitter(script[:_LONGEST]).run())


class _Splitter:
    """One pass over the characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.word: list[str] = []
        self.started = False
        self.words: list[str] = []
        self.commands: list[ShellCommand] = []

    def run(self) -> list[ShellCommand]:
        text = self.text
        while self.position < len(text):
            character = text[self.position]
            self.position += 1
            if character in " \t\r":
                self._end_word()
            elif character in "\n;&|()`":
                self._operator(character)
            elif character == "#" and not self.started:
                end = text.find("\n", self.position)
                self.position = len(text) if end < 0 else end
            elif character in "'\"":
                self._quoted(character)
            elif character == "\\":
                self._escape()
            else:
                self._add(character)
        self._end_command(piped=False)
        return self.commands

    def _add(self, piece: str) -> None:
        self.started = True
        self.word.append(piece)

    def _escape(self) -> None:
        following = self.text[self.position : self.position + 1]
        self.position += 1
        if following == "\n":
            self._end_word()
        else:
            self._add(following)

    def _quoted(self, quote: str) -> None:
        end = self.text.find(quote, self.position)
        while quote == '"' and end > 0 and self.text[end - 1] == "\\":
            end = self.text.find(quote, end + 1)
        if end < 0:
            end = len(self.text)
        self._add(self.text[self.position : end])
        self.position = end + 1

    def _operator(self, character: str) -> None:
        if character == "&" and self.word and self.word[-1][-1:] in {">", "<"}:
            self._add(character)
            return
        doubled = self.text[self.position : self.position + 1] == character
        if doubled and character in "&|;":
            self.position += 1
        self._end_command(piped=character == "|" and not doubled)

    def _end_word(self) -> None:
        if self.started:
            self.words.append("".join(self.word))
        self.word = []
        self.started = False

    def _end_command(self, *, piped: bool) -> None:
        self._end_word()
        if self.words:
            self.commands.append(ShellCommand(tuple(self.words), piped))
        self.words = []
