"""The guarded way into BuildKit's own parser (the ``dockerfile`` package).

The parser is a Go library inside this process, so a fault in it would end the process.  Fuzzing found: text that is not UTF-8
(half a surrogate pair) ends the process; a NUL byte drops the rest of the file in silence; a logical line of many continued
lines or a long heredoc costs time that grows as its square.  Hence the checks below come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import dockerfile

from breachway.evidence import Location, Unread

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_DOCKERFILE = 256 * 1024
"""Bytes.  The largest in public use are a tenth of it; the parser's time grows as the square of the worst ones."""

LONGEST_LINE = 65_535
"""Bytes of one line; BuildKit refuses longer ones."""

MOST_LINES = 20_000


class ParsedInstruction(NamedTuple):
    """One instruction, its parts as the parser splits them.

    ``name`` is in upper case, and so is ``trigger``, what ONBUILD puts off.  ``heredocs`` are pairs of name and content.
    """

    name: str
    trigger: str
    exec_form: bool
    line: int
    last_line: int
    flags: tuple[str, ...]
    words: tuple[str, ...]
    heredocs: tuple[tuple[str, str], ...]


def parse_instructions(text: str, document: str, problems: list[Unread]) -> tuple[ParsedInstruction, ...]:
    """Parse the text.

    What cannot be parsed becomes a problem with its line, and the instructions before it are kept (severity "object", or "file"
    where there are none).
    """
    problem = _refusal(text, document)
    if problem is not None:
        problems.append(problem)
        return ()
    try:
        return _parse(text)
    except dockerfile.GoParseError as error:
        reason = str(error)
    except UnicodeDecodeError:
        # The parser reads flags byte by byte and may cut a character in two (``RUN --é``).
        return parse_instructions(text.encode("ascii", "replace").decode("ascii"), document, problems)
    lines = text.split("\n")
    line = _line_of_error(lines, reason)
    try:
        kept = _parse("\n".join(lines[: line - 1]))
    except (dockerfile.GoParseError, UnicodeDecodeError):
        kept = ()
    severity, hint = ("object", "nothing from this line on was modelled") if kept else ("file", "")
    problems.append(Unread(Location(document, "", line, 1), severity, _words(reason), hint))
    return kept


def _parse(text: str) -> tuple[ParsedInstruction, ...]:
    return tuple(
        ParsedInstruction(
            name=command.cmd.upper(),
            trigger=(command.sub_cmd or "").upper(),
            exec_form=command.json,
            line=command.start_line,
            last_line=command.end_line,
            flags=tuple(command.flags or ()),
            words=tuple(command.value or ()),
            heredocs=tuple((heredoc.name, heredoc.content) for heredoc in command.heredocs),
        )
        for command in dockerfile.parse_string(text)
        if command.cmd  # a line that is nothing but the escape character comes as an instruction without a name
    )


def _refusal(text: str, document: str) -> Unread | None:
    lines = text.split("\n")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        return _unread(document, text.count("\n", 0, error.start) + 1, "half of a surrogate pair, which is no character")
    if "\0" in text:
        return _unread(document, text.count("\n", 0, text.index("\0")) + 1, "a NUL character: this is no text")
    if size > LARGEST_DOCKERFILE:
        return _unread(document, 0, f"it has {size:,} bytes; the limit for a Dockerfile is {LARGEST_DOCKERFILE:,}")
    if len(lines) > MOST_LINES:
        return _unread(document, 0, f"it has {len(lines):,} lines; the limit for a Dockerfile is {MOST_LINES:,}")
    for number, line in enumerate(lines, 1):
        if len(line) * 4 > LONGEST_LINE and len(line.encode()) > LONGEST_LINE:
            return _unread(document, number, f"a line of {len(line.encode()):,} bytes; BuildKit takes at most {LONGEST_LINE:,}")
    return None


def _unread(document: str, line: int, reason: str) -> Unread:
    return Unread(Location(document, "", line, 1 if line else 0), "file", reason)


def _fails(lines: Sequence[str], reason: str) -> bool:
    try:
        dockerfile.parse_string("\n".join(lines))
    except dockerfile.GoParseError as error:
        return str(error) == reason
    except UnicodeDecodeError:
        return False
    return False


def _line_of_error(lines: list[str], reason: str) -> int:
    """The line the parser stops at, which it does not tell: the first that makes the lines up to it fail in the same way."""
    if "heredoc" in reason:
        starts = [number for number, line in enumerate(lines, 1) if "<<" in line]
        return next((number for number in reversed(starts[-100:]) if not _fails(lines[: number - 1], reason)), 1)
    if reason.startswith("file with no"):
        return 1
    low, high = 0, len(lines)
    while high - low > 1:
        middle = (low + high) // 2
        if _fails(lines[:middle], reason):
            high = middle
        else:
            low = middle
    return high


def _words(reason: str) -> str:
    """The parser's reason in our words where it is a common one."""
    known = {
        "file with no instructions": "it holds no instruction",
        "unterminated heredoc": "a heredoc that never ends",
        "ENV must have two arguments": "ENV without a value",
        "LABEL must have two arguments": "LABEL without a value",
    }
    return known.get(reason, f"BuildKit's parser refuses it: {''.join(c if c.isprintable() else '?' for c in reason[:200])}")
