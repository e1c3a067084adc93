"""The objects of a rendered Helm chart, with evidence in the templates of the chart.

``helm template`` writes ``# Source: CHART/templates/FILE`` above each document, where CHART is the name of the chart.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location, Unread
from breachway.model import DocumentSummary
from breachway.sources.inventory import Inventory
from breachway.sources.platform_readers import kubernetes_objects
from breachway.sources.problems import ProblemList
from breachway.sources.rendered.alignment import align
from breachway.sources.rendered.places import Place, Places
from breachway.sources.text import Refusal, read_text
from breachway.sources.yaml_positions import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.sources.kubernetes.objects import KubernetesObject

_SOURCE = re.compile(r"# Source: [^/]+/(?P<path>.+)\Z")
_BREAK = re.compile(r"---(?:\s|\Z)")


class _Template(NamedTuple):
    """A template's label and lines; no lines where it is in an archive."""

    label: str
    lines: list[str]


class RenderedChart(NamedTuple):
    """The inventory, and how many of the rendered lines are known to stand in a template."""

    inventory: Inventory
    placed: int
    lines: int


def chart_inventory(text: str, label: str, folder: Path) -> RenderedChart:
    """Read what helm printed for the chart in ``folder``, which the user calls ``label``."""
    lines = text.split("\n")
    problems = ProblemList()
    tree = read_yaml(text, label)
    sources = _sources(lines)
    templates: dict[str, _Template] = {}
    objects: list[KubernetesObject] = []
    kinds: dict[str, Counter[str]] = {}
    placed = total = 0
    for node in tree.documents:
        path, begin, end = _block(sources, node.line if node is not None else 0, len(lines))
        if node is None or not path:
            continue
        template = templates.setdefault(path, _template(label, folder, path))
        found = align(lines[begin:end], template.lines)
        places = _places(template, found, begin)
        placed += sum(one is not None for one in found)
        total += sum(bool(line.strip()) for line in lines[begin:end])
        before = len(problems)
        read = kubernetes_objects(node, template.label, problems)
        problems[before:] = [places.problem(problem) for problem in problems[before:]]
        objects.extend(places.moved(item) for item in read)
        kinds.setdefault(template.label, Counter()).update(item.kind for item in read)
    broken = [
        Unread(Location(label, "", 0, 0), problem.severity, f"what helm rendered: {problem.reason}", problem.hint)
        for problem in tree.problems
    ]
    inventory = Inventory(
        documents=tuple(
            DocumentSummary(document=name, format="Kubernetes", kinds=tuple(sorted(counts.items())))
            for name, counts in sorted(kinds.items())
        ),
        unread=(*broken, *problems.listed()),
        kubernetes=tuple(sorted(objects, key=lambda item: item.location)),
    )
    return RenderedChart(inventory, placed, total)


def _sources(lines: list[str]) -> list[tuple[int, str]]:
    """The number of the line after each source comment (from 1, as trees count), and the path that it names."""
    found: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        match = _SOURCE.match(line)
        if match is not None:
            path = posixpath.normpath(match["path"])
            found.append((number + 1, "templates" if path.startswith(("/", "..")) else path))
    return found


def _block(sources: list[tuple[int, str]], line: int, end: int) -> tuple[str, int, int]:
    """The path of the document that begins at a line, and its lines as a slice."""
    path, begin = "", 0
    for number, name in sources:
        if number > max(line, 1) + 1 and path:
            return path, begin, number - 2
        if number <= line + 1:
            path, begin = name, number - 1
    return path, begin, end


def _template(label: str, folder: Path, path: str) -> _Template:
    name = posixpath.join(label, path)
    text = read_text(folder / path) if (folder / path).is_file() else Refusal("", "")
    return _Template(name, [] if isinstance(text, Refusal) else text.split("\n"))


def _places(template: _Template, found: list[int | None], begin: int) -> Places:
    """The places of a document's lines; its first line stands for those that are worked out."""
    known = {
        begin + offset + 1: Place(template.label, index + 1, _column(template.lines[index]))
        for offset, index in enumerate(found)
        if index is not None
    }
    anchor = min((place.line for place in known.values()), default=1)
    return Places(known, Place(template.label, _beginning(template.lines, anchor), 1))


def _beginning(lines: list[str], line: int) -> int:
    """The first line with text of the document, between its separators, that holds a line."""
    start = next((index + 1 for index in range(line - 1, -1, -1) if index < len(lines) and _BREAK.match(lines[index])), 0)
    return next((index + 1 for index in range(start, len(lines)) if lines[index].strip()), 1)


def _column(line: str) -> int:
    return len(line) - len(line.lstrip()) + 1
