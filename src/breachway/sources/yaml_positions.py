"""Reads YAML into nodes with line and column, from the events of the parser.

Composing and constructing are not used: they recurse (50,000 nested levels end the process), expand aliases without a limit, drop
duplicate keys in silence and decide what ``yes`` or ``010`` mean before anyone knows which field they are for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from yaml.reader import ReaderError

from breachway.sources.nodes import Scalar
from breachway.sources.tree_building import StopReadingError, TreeBuilder

if TYPE_CHECKING:
    from breachway.sources.nodes import TextTree

_CORE_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(_CORE_TAG + name for name in ("bool", "int", "float", "null"))

MOST_TAG_DIRECTIVES = 100
"""How often ``%TAG`` may stand in a text.  The parser compares each such directive with all the others."""


def read_yaml(text: str, document: str) -> TextTree:
    """Read every document of a YAML text.  ``document`` is the label that locations carry.

    Whatever breaks the text is one problem of severity "file", with line and column; the documents before it are kept.
    Duplicate keys and keys that are no scalars are problems of severity "field".  Nothing is raised.
    """
    builder = TreeBuilder(document)
    try:
        _build(text, builder)
    except StopReadingError as stopped:
        builder.problems.append(stopped.problem)
    return builder.tree()


def _build(text: str, builder: TreeBuilder) -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    _check_directives(text, builder)
    try:
        for event in yaml.parse(text, Loader=loader):
            mark = event.start_mark
            line, column = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
            if isinstance(event, ScalarEvent):
                plain, tag = (event.implicit[0], "") if event.tag is None else _tagged(event.tag, quoted=bool(event.style))
                builder.scalar(Scalar(event.value, plain, line, column, tag), event.anchor)
            else:
                _take(event, line, column, builder)
    except yaml.MarkedYAMLError as error:
        _stop_at_mark(text, error, builder)
    except ReaderError as error:
        position = error.position if isinstance(error.position, int) else 0
        line, column = _place(text, position)
        builder.stop(line, column, "a character that YAML does not allow", "is this a text file?")
    except UnicodeEncodeError as error:
        line, column = _place(text, error.start)
        builder.stop(line, column, "half of a surrogate pair, which is no character", "remove it")


def _check_directives(text: str, builder: TreeBuilder) -> None:
    if text.count("%TAG") > MOST_TAG_DIRECTIVES:
        line, column = _place(text, text.index("%TAG"))
        reason = f"more than {MOST_TAG_DIRECTIVES} %TAG directives"
        builder.stop(line, column, reason, "no platform uses them; is this the file you meant?")


def _take(event: yaml.Event, line: int, column: int, builder: TreeBuilder) -> None:
    match event:
        case MappingStartEvent():
            builder.open_mapping(line, column, _own_tag(event.tag), event.anchor)
        case SequenceStartEvent():
            builder.open_sequence(line, column, _own_tag(event.tag), event.anchor)
        case CollectionEndEvent():
            builder.close()
        case AliasEvent():
            builder.alias(event.anchor or "", line, column)
        case DocumentStartEvent():
            builder.start_document()


def _tagged(tag: str, *, quoted: bool) -> tuple[bool, str]:
    """Return whether a scalar with a tag counts as plain (``!!bool "yes"`` does, ``!!str yes`` does not), and the tag left."""
    own = _own_tag(tag)
    return (not quoted if own else tag in _PLAIN_TAGS), own


def _own_tag(tag: str | None) -> str:
    """Return a tag of the author's own (``!reset``, ``!Ref``), or "": the core tags of YAML are settled in ``plain``."""
    return "" if tag is None or tag == "!" or tag.startswith(_CORE_TAG) else tag


def _place(text: str, position: int) -> tuple[int, int]:
    """Return line and column, from 1, of an offset in the text."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def _stop_at_mark(text: str, error: yaml.MarkedYAMLError, builder: TreeBuilder) -> NoReturn:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        builder.stop(1, 1, error.problem or "not YAML")
    line_text = _line(text, mark.line)
    indent = line_text[: len(line_text) - len(line_text.lstrip(" \t"))]
    if "\t" in indent and (mark.column <= len(indent)):
        builder.stop(mark.line + 1, indent.index("\t") + 1, "a tab cannot indent YAML", "replace the tab by spaces")
    reason, hint = error.problem or "not YAML", _LOOK
    for fragment, words, advice in _EXPLAINED:
        if fragment in reason:
            reason, hint = words, advice
            break
    if mark.column < len(line_text) and "{character}" in reason:
        reason = reason.replace("{character}", f'"{line_text[mark.column]}"')
    begun = error.context_mark
    if error.context and begun is not None and begun.line != mark.line:
        reason = f"{reason} (begun on line {begun.line + 1})"
    if "{{" in line_text:
        hint = "this looks like a template; render it first"
    builder.stop(mark.line + 1, mark.column + 1, reason, hint)


def _line(text: str, number: int) -> str:
    """Return a line by its number from 0, without its end; "" after the last one."""
    lines = text.splitlines()
    return lines[number] if number < len(lines) else ""


_LOOK = "look at this line and the one above; is this a YAML file?"
_EXPLAINED = (
    ("mapping values are not allowed", "a second ': ' on one line", "quote the value, or move the key to a line of its own"),
    ("cannot start any token", "no value may begin with {character}", "quote the value"),
    (
        "could not find expected ':'",
        "a line that is neither a key with ':' nor part of a value",
        "check the line above for a missing ':'",
    ),
    (
        "did not find expected key",
        "this line does not fit the mapping around it",
        "check the indentation of this line and of the ones above",
    ),
    ("did not find expected '-' indicator", "this line does not fit the list around it", "check the indentation of this line"),
    ("did not find expected node content", "a value is missing here, or a bracket is not closed", "close the bracket"),
    ("found unexpected end of stream", "a quoted value has no end", "close the quote"),
    ("did not find expected ',' or ']'", "a list in brackets is not closed, or a comma is missing", "close the bracket"),
    ("did not find expected ',' or '}'", "a mapping in braces is not closed, or a comma is missing", "close the brace"),
)
"""What the parser says, in words that tell what to do."""
