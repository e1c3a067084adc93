"""The objects of a built kustomization, with evidence in the manifests and patches that it is made of.

``buildMetadata: [originAnnotations]`` makes kustomize write, into each object, the file that it comes from.
"""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from breachway.evidence import Location, Unread
from breachway.model import DocumentSummary
from breachway.sources.inventory import Inventory
from breachway.sources.nodes import Entry, Mapping, Scalar
from breachway.sources.platform_readers import kubernetes_objects
from breachway.sources.problems import ProblemList
from breachway.sources.rendered.merging import Candidate, trace
from breachway.sources.rendered.places import Place, Places
from breachway.sources.text import Refusal, read_text
from breachway.sources.yaml_positions import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.nodes import Node
    from breachway.sources.rendered.kustomizations import Kustomizations, Patch

ORIGIN = "config.kubernetes.io/origin"


class Surroundings(NamedTuple):
    """Where a kustomization was built: ``built_in`` is the folder that origins are relative to, ``folder`` the user's."""

    built_in: Path
    folder: Path
    label: str


def kustomized_inventory(text: str, where: Surroundings, parts: Kustomizations) -> Inventory:
    """Read what kustomize printed."""
    problems = ProblemList()
    tree = read_yaml(text, where.label)
    files = _Files(where)
    objects: list[KubernetesObject] = []
    kinds: dict[str, Counter[str]] = {}
    for rendered in tree.documents:
        if not isinstance(rendered, Mapping):
            continue
        node, origin = _without_origin(rendered)
        places = _places(node, origin, files, parts)
        before = len(problems)
        read = kubernetes_objects(node, places.first.document, problems)
        problems[before:] = [places.problem(problem) for problem in problems[before:]]
        objects.extend(places.moved(item) for item in read)
        kinds.setdefault(places.first.document, Counter()).update(item.kind for item in read)
    broken = [
        Unread(Location(where.label, "", 0, 0), problem.severity, f"what kustomize built: {problem.reason}", problem.hint)
        for problem in tree.problems
    ]
    return Inventory(
        documents=tuple(
            DocumentSummary(document=name, format="Kubernetes", kinds=tuple(sorted(counts.items())))
            for name, counts in sorted(kinds.items())
        ),
        unread=(*broken, *problems.listed()),
        kubernetes=tuple(sorted(objects, key=lambda item: item.location)),
    )


class _Files:
    """The files that objects come from, each read once."""

    def __init__(self, where: Surroundings) -> None:
        self._where = where
        self._trees: dict[str, tuple[Node | None, ...]] = {}

    def label(self, path: str) -> str:
        """What the user calls a file that an origin names, relative to where it was built."""
        real = os.path.realpath(self._where.built_in / path)
        return posixpath.normpath(posixpath.join(self._where.label, os.path.relpath(real, os.path.realpath(self._where.folder))))

    def documents(self, path: str) -> tuple[Node | None, ...]:
        """The documents of a file, none where it cannot be read."""
        if path not in self._trees:
            text = read_text(self._where.built_in / path)
            self._trees[path] = () if isinstance(text, Refusal) else read_yaml(text, path).documents
        return self._trees[path]


def _without_origin(rendered: Mapping) -> tuple[Mapping, Mapping | None]:
    """The object without the annotation that was asked for, and the annotation's value."""
    metadata = rendered.entries.get("metadata")
    if metadata is None or not isinstance(metadata.node, Mapping):
        return rendered, None
    annotations = metadata.node.entries.get("annotations")
    if annotations is None or not isinstance(annotations.node, Mapping) or ORIGIN not in annotations.node.entries:
        return rendered, None
    told = annotations.node.entries[ORIGIN].node
    left = {key: entry for key, entry in annotations.node.entries.items() if key != ORIGIN}
    inner = dict(metadata.node.entries)
    if left:
        inner["annotations"] = annotations._replace(node=annotations.node._replace(entries=left))
    else:
        del inner["annotations"]
    entries = {**rendered.entries, "metadata": metadata._replace(node=metadata.node._replace(entries=inner))}
    documents = read_yaml(told.text, ORIGIN).documents if isinstance(told, Scalar) else ()
    origin = documents[0] if documents else None
    return rendered._replace(entries=entries), origin if isinstance(origin, Mapping) else None


def _places(node: Mapping, origin: Mapping | None, files: _Files, parts: Kustomizations) -> Places:
    """Where the lines of an object come from; the first line of what makes it stands for those that are worked out."""
    path = _text(origin, "path") or _text(origin, "configuredIn")
    if not path:
        return Places({}, Place(files.label("."), 0, 0))
    document = files.label(path)
    manifest = _same_object(node, files.documents(path)) if _text(origin, "path") else None
    first = Place(document, manifest.line if manifest is not None else 1, manifest.column if manifest is not None else 1)
    candidates = [Candidate(document, manifest)] if manifest is not None else []
    candidates += [Candidate(patch.document, patch.node) for patch in parts.patches if _patches(patch, manifest or node)]
    places: dict[int, Place] = {}
    trace(node, candidates, places)
    places[node.line] = first
    return Places(places, first)


def _same_object(node: Mapping, documents: tuple[Node | None, ...]) -> Mapping | None:
    """The document of a file that an object was made of: of its kind, and of a name that its own still holds."""
    alike = [one for one in documents if isinstance(one, Mapping) and _text(one, "kind") == _text(node, "kind")]
    name = _name(node)
    named = [one for one in alike if _name(one) == name] or [one for one in alike if _name(one) and _name(one) in name]
    return named[0] if len(named) == 1 else alike[0] if len(alike) == 1 else None


def _patches(patch: Patch, node: Mapping) -> bool:
    """Whether a patch may be about an object: it names none (a JSON patch), or one of its kind."""
    kind = _text(patch.node, "kind") if isinstance(patch.node, Mapping) else ""
    return kind in {"", _text(node, "kind")}


def _name(node: Mapping) -> str:
    metadata = node.entries.get("metadata")
    return _text(metadata.node, "name") if metadata is not None and isinstance(metadata.node, Mapping) else ""


def _text(node: Mapping | None, key: str) -> str:
    entry: Entry | None = node.entries.get(key) if node is not None else None
    return entry.node.text if entry is not None and isinstance(entry.node, Scalar) else ""
