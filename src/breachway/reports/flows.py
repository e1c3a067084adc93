"""The table of allowed connections as text, JSON, Markdown and CSV."""

from __future__ import annotations

import csv
import io
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.network.connections.ports import PROTOCOLS
from breachway.reports.escaping import markdown, markdown_code, terminal, visible
from breachway.reports.json_text import document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from breachway.analyses.connections import ConnectionRow, End
    from breachway.mapping.kubernetes.network.connections.reasons import Reason
    from breachway.reports.json_text import Json

FORMATS = ("text", "json", "markdown", "csv")
VERSION = 1
_NAMED = 12
_FORMULA = frozenset("=+-@")


def render(rows: tuple[ConnectionRow, ...], form: str, *, summary: str, unread: tuple[str, ...] = (), width: int = 80) -> str:
    """The text of ``form``.  ``summary`` is a sentence on what was looked at, ``unread`` what of it could not be evaluated."""
    if form == "json":
        return document({"version": VERSION, "connections": [_as_json(row) for row in rows], "notEvaluated": list(unread)})
    if form == "csv":
        return _csv(rows)
    if form == "markdown":
        return _markdown(rows, summary, unread)
    return _text(rows, summary, unread, width)


# ------------------------------------------------------------------------------------------------------------------------ text


def _text(rows: tuple[ConnectionRow, ...], summary: str, unread: tuple[str, ...], width: int) -> str:
    lines = list(_wrapped(terminal(summary), "", width))
    for _, group in groupby(rows, key=lambda row: row.source):
        items = list(group)
        lines += ["", *_wrapped(_title(items[0].source), "", width)]
        for row in items:
            target = "each other" if row.target == row.source else _title(row.target)
            lines += _wrapped(f"to {target}: {row.ports}", "  ", width)
            lines += _reasons("out", row.out, width)
            lines += _reasons("in ", row.into, width)
    if not rows:
        lines += ["", "No connection is allowed."]
    for note in unread:
        lines += ["", *_wrapped(f"Not evaluated: {terminal(note)}", "", width)]
    return "".join(f"{line}\n" for line in lines)


def _title(end: End) -> str:
    names = [terminal(name) for name in ((end.title,) if end.title else end.names)]
    more = f" and {len(names) - _NAMED} more (--format csv names all)" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _reasons(word: str, reasons: tuple[Reason, ...], width: int) -> Iterator[str]:
    """The reasons of one side; a place is never broken, so that it can be copied."""
    for reason in reasons:
        place, note = terminal(_place(reason)), terminal(reason.note)
        head = f"      {word}  "
        if len(head) + len(place) + len(note) <= width:
            yield f"{head}{place}{note}"
            continue
        if place:
            yield f"{head}{place}".rstrip()
            head = " " * len(head)
        yield from _wrapped(note, head, width, hanging=" " * (11 - len(head)))


def _place(reason: Reason) -> str:
    return f"{reason.location.document}:{reason.location.line}  " if reason.policy and reason.location.line else ""


def _wrapped(text: str, indent: str, width: int, *, hanging: str = "  ") -> Iterator[str]:
    yield from textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_on_hyphens=False,
        break_long_words=False,
        replace_whitespace=False,
    )


# ------------------------------------------------------------------------------------------------------------------------ JSON


def _as_json(row: ConnectionRow) -> Mapping[str, Json]:
    return {
        "from": _end_json(row.source),
        "to": _end_json(row.target),
        "ports": [
            {"protocol": protocol, "first": first, "last": last}
            for protocol in PROTOCOLS
            for first, last in row.ports.of(protocol)
        ],
        "out": [_reason_json(reason) for reason in row.out],
        "in": [_reason_json(reason) for reason in row.into],
    }


def _end_json(end: End) -> Mapping[str, Json]:
    return {"kind": end.kind.value, "names": list(end.names)}


def _reason_json(reason: Reason) -> Mapping[str, Json]:
    place = reason.location
    return {
        "policy": reason.policy,
        "note": reason.note,
        "document": place.document if reason.policy else "",
        "pointer": place.pointer if reason.policy else "",
        "line": place.line if reason.policy else 0,
    }


# --------------------------------------------------------------------------------------------------------------- Markdown and CSV


def _markdown(rows: tuple[ConnectionRow, ...], summary: str, unread: tuple[str, ...]) -> str:
    lines = [markdown(summary), "", "| from | to | ports | out | in |", "|---|---|---|---|---|"]
    for row in rows:
        cells = (
            "<br>".join(markdown(name) for name in _shown(row.source)),
            "<br>".join(markdown(name) for name in _shown(row.target)),
            markdown(str(row.ports)),
            "<br>".join(_markdown_reason(reason) for reason in row.out),
            "<br>".join(_markdown_reason(reason) for reason in row.into),
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *(f"Not evaluated: {markdown(note)}" for note in unread)] if unread else []
    return "".join(f"{line}\n" for line in lines)


def _shown(end: End) -> tuple[str, ...]:
    return (end.title,) if end.title else end.names


def _markdown_reason(reason: Reason) -> str:
    place = _place(reason).strip()
    return f"{markdown_code(place)} {markdown(reason.note)}" if place else markdown(reason.note)


def _csv(rows: tuple[ConnectionRow, ...]) -> str:
    """One line for each pair of names, protocol and range of ports."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("from", "to", "protocol", "first port", "last port", "out", "in"))
    safe: Callable[[str], str] = _cell
    for row in rows:
        why = tuple(safe("; ".join(f"{_place(reason)}{reason.note}" for reason in side)) for side in (row.out, row.into))
        spans = [(protocol, *span) for protocol in PROTOCOLS for span in row.ports.of(protocol)]
        for source in row.source.names:
            for target in row.target.names:
                if source != target:
                    writer.writerows((safe(source), safe(target), *span, *why) for span in spans)
    return out.getvalue()


def _cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    shown = visible(text)
    return f"'{shown}" if shown[:1] in _FORMULA else shown
