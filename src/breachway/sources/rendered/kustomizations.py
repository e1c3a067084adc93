"""Looks through kustomizations before they are built: what they read, what they patch, and whether they reach for the network.

Kustomize fetches what is not a local path: repositories over git, files over HTTP, charts with helm.  Nothing of that may happen,
so a kustomization that asks for it, or that names what is not there, is refused before any tool runs.
"""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from breachway.evidence import Location, Unread
from breachway.sources.nodes import Entry, Mapping, Scalar, Sequence
from breachway.sources.text import Refusal, read_text
from breachway.sources.yaml_positions import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from breachway.sources.nodes import Node

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names of a kustomization's file."""

_REMOTE = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*::|[A-Za-z][A-Za-z0-9+.-]*://|(?:[A-Za-z0-9_.-]+@)[A-Za-z0-9_.-]+:"
    r"|(?:www\.)?(?:github|gitlab|bitbucket|dev\.azure)\.(?:com|org)[:/]|.*[?&](?:ref|version|timeout|submodules)=|.*\.git(?:/|\Z)|.*//",
    re.IGNORECASE,
)
_FOLDERS = ("resources", "bases", "components", "generators", "transformers", "validators")
_FILES = ("crds", "configurations", "patchesStrategicMerge")
_CHARTS = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")
_SOURCES = ("files", "envs", "env")
_FETCHED = frozenset({*_SOURCES, "path", "paths", "repo", "url"})
_MOST = 500
_NO_NETWORK = "nothing is fetched; put a copy beside it, or build it yourself and model the output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A patch: its document and the tree of it, a JSON patch turned into the fields that it sets."""

    document: str
    node: Node


@dataclass(slots=True, kw_only=True)
class Kustomizations:
    """What a kustomization and all that it builds on hold; ``refused`` is why it may not be built."""

    files: set[str] = field(default_factory=set)
    patches: list[Patch] = field(default_factory=list)
    refused: Unread | None = None


def kustomization_in(folder: Path) -> Path | None:
    """The kustomization of a folder, None where it has none."""
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def look_through(folder: Path, label: str) -> Kustomizations:
    """Look through the kustomization in ``folder``, which the user calls ``label``, and all those that it names."""
    found = Kustomizations()
    pending = [(folder, label)]
    seen: set[str] = set()
    while pending and found.refused is None:
        place, name = pending.pop()
        real = os.path.realpath(place)
        if real in seen:
            continue
        seen.add(real)
        if len(seen) > _MOST:
            found.refused = Unread(Location(label, "", 0, 0), "file", f"it builds on more than {_MOST} kustomizations")
            break
        pending.extend(_Folder(place, name, found).look())
    return found


class _Folder:
    """One kustomization."""

    def __init__(self, folder: Path, label: str, found: Kustomizations) -> None:
        self._folder = folder
        self._found = found
        file = kustomization_in(folder)
        self._name = posixpath.join(label, file.name if file is not None else NAMES[0])
        self._label = label
        self._file = file

    def look(self) -> list[tuple[Path, str]]:
        """Note what it reads; give the folders that it names."""
        text = read_text(self._file) if self._file is not None else Refusal("it has no kustomization.yaml", "")
        if isinstance(text, Refusal):
            self._refuse(None, text.reason, text.hint)
            return []
        self._found.files.add(self._name)
        tree = read_yaml(text, self._name)
        root = tree.documents[0] if tree.documents else None
        if len(tree.documents) != 1 or not isinstance(root, Mapping) or tree.problems:
            self._refuse(None, "its kustomization is not one YAML mapping", "")
            return []
        for key in _CHARTS:
            if key in root.entries:
                self._refuse(root.entries[key], f"{key} fetches charts and runs helm", _NO_NETWORK)
        self._generators(root)
        self._patches(root)
        for part in (*_FILES, "openapi", "replacements"):
            for scalar in _scalars(root, part, "path"):
                self._read(scalar)
        return [inner for key in _FOLDERS for scalar in _scalars(root, key, "") for inner in self._built_on(scalar)]

    def _refuse(self, at: Entry | Scalar | None, reason: str, hint: str) -> None:
        if self._found.refused is None:
            line, column = (at.line, at.column) if at is not None else (0, 0)
            self._found.refused = Unread(Location(self._name, "", line, column), "file", f"not rendered: {reason}", hint)

    def _built_on(self, scalar: Scalar) -> list[tuple[Path, str]]:
        """A resource: a file or a folder, or a plugin's configuration written in place."""
        if "\n" in scalar.text:
            self._configuration(scalar.text, scalar)
            return []
        path = self._path(scalar)
        if path is None:
            return []
        if path.is_dir():
            return [(path, posixpath.normpath(posixpath.join(self._label, scalar.text)))]
        text = read_text(path)
        if isinstance(text, Refusal):
            self._refuse(scalar, f"{scalar.text[:80]}: {text.reason}", text.hint)
        else:
            self._configuration(text, scalar)
        return []

    def _path(self, scalar: Scalar) -> Path | None:
        """The local path of a scalar, None (and a refusal) where it leads elsewhere or nowhere."""
        path = self._folder / scalar.text
        if _REMOTE.match(scalar.text):
            self._refuse(scalar, f"{scalar.text[:80]} is not a local path", _NO_NETWORK)
        elif not path.exists():
            self._refuse(scalar, f"{scalar.text[:80]} is not there, so it would be looked for on the network", _NO_NETWORK)
        else:
            if path.is_file():
                self._found.files.add(posixpath.normpath(posixpath.join(self._label, scalar.text)))
            return path
        return None

    def _read(self, scalar: Scalar) -> Path | None:
        """A file that is named, unless the scalar is the content itself."""
        return None if "\n" in scalar.text else self._path(scalar)

    def _configuration(self, text: str, scalar: Scalar) -> None:
        """A resource; as the configuration of a plugin of kustomize's own it may name files, and so addresses."""
        for node in read_yaml(text, self._name).documents:
            if not isinstance(node, Mapping) or _text(node, "apiVersion") != "builtin":
                continue
            for inner in _under(node, _FETCHED):
                if _REMOTE.match(inner.text.partition("=")[2] or inner.text):
                    self._refuse(scalar, f"a plugin names {inner.text[:80]}, which is not a local path", _NO_NETWORK)

    def _generators(self, root: Mapping) -> None:
        for key in ("configMapGenerator", "secretGenerator"):
            for generator in _items(root, key):
                for part in _SOURCES:
                    for scalar in _scalars(generator, part, "") if isinstance(generator, Mapping) else ():
                        self._path(scalar._replace(text=scalar.text.partition("=")[2] or scalar.text))

    def _patches(self, root: Mapping) -> None:
        for patch in (*_items(root, "patches"), *_items(root, "patchesJson6902")):
            if not isinstance(patch, Mapping):
                continue
            path, inline = patch.entries.get("path"), patch.entries.get("patch")
            if path is not None and isinstance(path.node, Scalar):
                self._patch_file(path.node)
            elif inline is not None and isinstance(inline.node, Scalar):
                self._patch(inline.node.text, self._name, inline.line if "\n" in inline.node.text else inline.line - 1)
        for scalar in _scalars(root, "patchesStrategicMerge", ""):
            if "\n" in scalar.text:
                self._patch(scalar.text, self._name, scalar.line)
            else:
                self._patch_file(scalar)

    def _patch_file(self, scalar: Scalar) -> None:
        path = self._path(scalar)
        text = read_text(path) if path is not None else Refusal("", "")
        if not isinstance(text, Refusal):
            self._patch(text, posixpath.normpath(posixpath.join(self._label, scalar.text)), 0)

    def _patch(self, text: str, document: str, above: int) -> None:
        """Keep a patch; ``above`` is the line over its first one where it is written in place (as a block)."""
        for node in read_yaml("\n" * above + text, document).documents:
            if isinstance(node, Mapping):
                self._found.patches.append(Patch(document=document, node=node))
            elif isinstance(node, Sequence):
                self._found.patches.extend(Patch(document=document, node=one) for one in _json_patch(node))


def _json_patch(operations: Sequence) -> Iterator[Node]:
    """The fields that the operations of a JSON patch set, as a tree of their paths; items of lists are named by number."""
    for operation in operations.items:
        if not isinstance(operation, Mapping) or _text(operation, "op") not in {"add", "replace"}:
            continue
        value = operation.entries.get("value")
        if value is None:
            continue
        node: Node = value.node
        for part in reversed(_text(operation, "path").split("/")[1:]):
            key = part.replace("~1", "/").replace("~0", "~")
            node = Mapping({key: Entry(key, node, value.line, value.column)}, value.line, value.column)
        yield node


def _items(node: Mapping, key: str) -> tuple[Node, ...]:
    entry = node.entries.get(key)
    return entry.node.items if entry is not None and isinstance(entry.node, Sequence) else ()


def _scalars(node: Mapping, key: str, inner: str) -> Iterator[Scalar]:
    """The scalars under a key: itself, its items, and what its mappings have under ``inner``."""
    entry = node.entries.get(key)
    if entry is None:
        return
    for item in entry.node.items if isinstance(entry.node, Sequence) else (entry.node,):
        if isinstance(item, Scalar):
            yield item
        elif isinstance(item, Mapping) and inner in item.entries:
            found = item.entries[inner].node
            if isinstance(found, Scalar):
                yield found


def _text(node: Mapping, key: str) -> str:
    entry = node.entries.get(key)
    return entry.node.text if entry is not None and isinstance(entry.node, Scalar) else ""


def _under(node: Node, keys: frozenset[str]) -> Iterator[Scalar]:
    """Every scalar that stands under one of the keys, however deep."""
    stack: list[tuple[Node, bool]] = [(node, False)]
    while stack:
        part, wanted = stack.pop()
        match part:
            case Scalar():
                if wanted:
                    yield part
            case Mapping():
                stack.extend((entry.node, wanted or entry.key in keys) for entry in part.entries.values())
            case Sequence():
                stack.extend((item, wanted) for item in part.items)
