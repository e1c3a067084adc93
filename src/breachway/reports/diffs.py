"""Changes of files as unified diffs: exact, for ``patch`` and ``git apply``, or for reading, with what may be secret left out."""

from __future__ import annotations

import re
from difflib import SequenceMatcher, unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from breachway.analyses.fixing import Changed
    from breachway.model import Model

_CONTEXT = 3
_SHOWN_CONTEXT = 2
_LEFT_OUT = "…"
_KEY = re.compile(r"(\s*(?:- )?[\"']?[\w./$-]{1,80}[\"']?\s*:)(?:\s.*)?\Z")
_HARMLESS = re.compile(
    r"\s*(?:- )?[\"']?(?:name|kind|apiVersion|namespace|image|type|mountPath|containerPort|port|targetPort)[\"']?:"
    r"\s*[\w./:@\"'-]+,?\s*\Z"
    r"|.*:\s*(?:true|false|null|[0-9]{1,5}|[\[\]{}]*)\s*,?\s*\Z"
    r"|\s*[\[\]{},-]*\s*\Z|---\s*\Z"
    r"|(?:FROM|RUN|USER|WORKDIR|COPY|ADD|EXPOSE|CMD|ENTRYPOINT)\b(?!.*(?:://|=|-u\b|-p\b|pass|token|secret|key)).*\Z",
    re.IGNORECASE,
)


def exact_diff(changed: Sequence[Changed]) -> str:
    """The diff as tools take it; it repeats lines of the files as they stand."""
    return "".join(line for one in changed for line in _exact(one))


def _exact(one: Changed) -> Iterator[str]:
    before, after = _lines(one.before), _lines(one.after)
    for line in unified_diff(before, after, _name("a", one.document), _name("b", one.document), n=_CONTEXT):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _name(side: str, document: str) -> str:
    """The name as Git writes it: in quotes where it would not stand on one line, with a tab where a blank would end it."""
    name = f"{side}/{document.lstrip('/')}"
    if any(character < " " or character in '"\\\x7f' for character in name):
        quoted = "".join(
            f"\\{ord(character):03o}" if character < " " or character in '"\\\x7f' else character for character in name
        )
        return f'"{quoted}"'
    return f"{name}\t" if " " in name else name


def _lines(text: str) -> list[str]:
    """Lines with their ends; only a line feed ends one, as for the tools."""
    parts = text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def shown_diff(one: Changed, secret: frozenset[int]) -> list[str]:
    """The diff for people, without line ends.  ``secret`` are numbers of lines that hold a secret.

    Those are not shown, nor are values beside the change that may be one: a report holds no secrets.
    """
    before, after = one.before.split("\n"), one.after.split("\n")
    lines = [f"--- {one.document}", f"+++ {one.document}"]
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(_SHOWN_CONTEXT):
        lines.append(f"@@ -{group[0][1] + 1},{group[-1][2] - group[0][1]} +{group[0][3] + 1},{group[-1][4] - group[0][3]} @@")
        for tag, start, end, first, last in group:
            if tag == "equal":
                lines += [f" {_dimmed(line)}" for line in before[start:end]]
                continue
            hidden = not secret.isdisjoint(range(start + 1, end + 1))
            lines += [f"-{_dimmed(before[at]) if hidden else before[at]}" for at in range(start, end)]
            lines += [f"+{line}" for line in after[first:last]]
    return lines


def _dimmed(line: str) -> str:
    line = line.rstrip("\r")
    if _HARMLESS.match(line):
        return line
    found = _KEY.match(line)
    if found:
        return found[1] if line.rstrip().endswith(":") else f"{found[1]} {_LEFT_OUT}"
    bare = line.lstrip(" -#")
    return line[: len(line) - len(bare)] + _LEFT_OUT if bare else line


def secret_lines(model: Model) -> dict[str, frozenset[int]]:
    """By document, the numbers of lines that are evidence of a secret."""
    found: dict[str, set[int]] = {}
    for weakness in model.weaknesses:
        if "secret" in weakness.key or "credential" in weakness.key or "password" in weakness.key:
            for item in weakness.evidence:
                found.setdefault(item.location.document, set()).add(item.location.line)
    return {document: frozenset(lines) for document, lines in found.items()}
