"""The labelled cases of the weakness corpus: what each says, which of them are inputs of this product, and where things stand.

A case names the objects or lines that its rule objects to.  They are compared as stretches of lines: an object of a YAML or JSON
file, a service of a Compose file, a stage of a Dockerfile.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

LATER_PLATFORMS = frozenset({"terraform", "cloudformation"})
FILE_NAMES = {"kubernetes": "input.yaml", "dockerfile": "Dockerfile"}
COLLECTED = re.compile(
    r"""["']?apiVersion["']?\s*:\s*["']?(hostdata\.kubescape\.cloud|kubescape\.io|armo\.vuln\.images"""
    r"""|container\.googleapis\.com|eks\.amazonaws\.com|management\.azure\.com)/"""
)
SCANNED = frozenset({"image-known-vulnerabilities", "unauthenticated-service"})
"""Weaknesses that no artefact shows and only a scan decides."""
CONFIGURED = frozenset({"untrusted-registry"})
"""Weaknesses that are defined by a list of the user's; the suites keep theirs outside the case."""


class Span(NamedTuple):
    """Lines ``first`` to ``last`` of a file; ``kind`` and ``name`` are those of the object there, empty for a stage."""

    file: str
    first: int
    last: int
    kind: str = ""
    name: str = ""
    namespace: str = ""


class Target(NamedTuple):
    """What a rule objects to: an object by kind and name, or a line (0 where an object is named)."""

    kind: str
    name: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled case; ``bad`` says whether its rule objects to it, ``targets`` to what (empty where the suite is silent)."""

    id: str
    source: str
    platform: str
    bad: bool
    keys: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    targets: tuple[Target, ...] = ()


def parse_case(line: str) -> Case:
    """Read one line of ``cases.jsonl``; files without a telling name get the one that their platform uses."""
    raw = json.loads(line)
    platform = raw["platform"]
    return Case(
        id=raw["id"],
        source=raw["source"],
        platform=platform,
        bad=raw["expect"] == "bad",
        keys=tuple(raw["weaknesses"]),
        files=tuple(
            (FILE_NAMES.get(platform, "Dockerfile") if name == "input" else name, text) for name, text in raw["files"].items()
        ),
        targets=tuple(sorted(set(_targets(raw.get("where") or [])))),
    )


def _targets(where: list[int | dict[str, list[list[str]]]]) -> Iterator[Target]:
    for entry in where:
        if isinstance(entry, int):
            yield Target("", "", entry)
        else:
            yield from (Target(kind, name, 0) for kind, _, name in entry["obj"])


def out_of_scope(case: Case) -> str:
    """Say why a case is not an input of this product today; empty when it is one.  Labels play no part in it.

    Some suites judge what their own collector gathered (node reports, described cloud clusters): no platform has those.
    """
    if case.platform in LATER_PLATFORMS:
        return case.platform
    if not any(text.strip() for _, text in case.files):
        return "without any input"
    collected = [bool(COLLECTED.search(text)) for _, text in case.files]
    if all(collected) or (any(collected) and SCANNED.issuperset(case.keys)):
        return "a scanner's own collected data"
    return "decided by a list in the suite's own configuration" if CONFIGURED.issuperset(case.keys) else ""


# ------------------------------------------------------------------------------------------------------------- stretches of lines


def spans(case: Case) -> tuple[Span, ...]:
    """Every object, service or stage of a case; a file that is not well-formed has none."""
    found: list[Span] = []
    for name, text in case.files:
        match case.platform:
            case "docker" | "dockerfile":
                found += _stages(name, text)
            case "compose":
                found += _services(name, text)
            case _:
                found += _objects(name, text)
    return tuple(found)


def _stages(name: str, text: str) -> Iterator[Span]:
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines, start=1) if re.match(r"\s*FROM\s", line, re.IGNORECASE)]
    for first, following in zip(starts, [*starts[1:], len(lines) + 1], strict=True):
        yield Span(name, first, following - 1)


def _documents(text: str) -> list[yaml.Node]:
    try:
        return list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        return []


def _entries(node: yaml.Node | None) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    return {key.value: (key, value) for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _services(name: str, text: str) -> Iterator[Span]:
    for document in _documents(text):
        _, services = _entries(document).get("services", (None, None))
        for service, (key, value) in _entries(services).items():
            yield Span(name, key.start_mark.line + 1, _last_line(value), "service", service)


def _objects(name: str, text: str) -> Iterator[Span]:
    waiting = _documents(text)
    while waiting:
        node = waiting.pop()
        entries = _entries(node)
        items = entries["items"][1].value if "items" in entries else []
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif items and not isinstance(items, str):
            waiting += items
        elif "kind" in entries:
            named = _entries(entries["metadata"][1]) if "metadata" in entries else {}
            label, namespace = (str(named[key][1].value) if key in named else "" for key in ("name", "namespace"))
            yield Span(name, node.start_mark.line + 1, _last_line(node), str(entries["kind"][1].value), label, namespace)


def _last_line(node: yaml.Node) -> int:
    """The last line of a node.  The mark at the end of a block stands at what follows it, so its last part is asked."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.line) + (1 if node.end_mark.column else 0)


def variants(case: Case) -> tuple[Case, ...]:
    """The case itself; where it declares an object more than once, one case for each declaration, the others blanked.

    A cluster holds one object of a name, so copies are alternatives, and none of them may go unjudged.
    """
    if case.platform not in {"k8s", "kubernetes"}:
        return (case,)
    copies: dict[tuple[str, str, str], list[Span]] = {}
    for span in sorted(spans(case)):
        copies.setdefault((span.kind, span.namespace, span.name), []).append(span)
    most = max((len(group) for group in copies.values()), default=1)
    return tuple(
        _without(case, [span for group in copies.values() for span in group if span != group[min(turn, len(group) - 1)]])
        for turn in range(most)
    )


def _without(case: Case, dropped: list[Span]) -> Case:
    files = []
    for name, text in case.files:
        lines = text.splitlines()
        for span in (span for span in dropped if span.file == name):
            lines[span.first - 1 : span.last] = [""] * (span.last - span.first + 1)
        files.append((name, "\n".join(lines) + "\n"))
    return replace(case, files=tuple(files)) if dropped else case
