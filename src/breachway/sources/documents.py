"""Other documents by label, for the readers whose files name more files (Compose, the ignore file beside a Dockerfile).

A file may only lead to files below the folders that the user gave: what an artefact names is hostile, and ``env_file:
/etc/shadow`` must not end in a report.
"""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from breachway.sources.text import Refusal, read_text
from breachway.sources.yaml_positions import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from breachway.evidence import Unread
    from breachway.sources.discovery import Root
    from breachway.sources.nodes import Node

_OUTSIDE = Refusal("it lies outside the folders that were given", "give the folder that holds both")


class Documents:
    """Answers by label; a document that was read before is not read again.

    ``problems`` receives what is wrong with a document that is read here for the first time; ``replaced`` are texts that stand
    for those of the files.
    """

    def __init__(self, roots: Sequence[Root], problems: list[Unread], replaced: Mapping[str, str] | None = None) -> None:
        self._roots = tuple(sorted(roots, key=lambda root: len(root.label), reverse=True))
        self._real = {root.label: Path(os.path.realpath(root.path)) for root in roots}
        self._problems = problems
        self._nodes: dict[str, tuple[Node | None, ...]] = {}
        self._texts: dict[str, str | Refusal] = dict(replaced or {})

    def keep(self, label: str, nodes: tuple[Node | None, ...]) -> None:
        """Remember the documents of a file that was read and reported already."""
        self._nodes[label] = nodes

    def text(self, label: str) -> str | Refusal:
        """The text of a document."""
        if label not in self._texts:
            path = self._path(label)
            self._texts[label] = path if isinstance(path, Refusal) else read_text(path)
        return self._texts[label]

    def nodes(self, label: str) -> tuple[Node | None, ...] | Refusal:
        """The YAML documents (JSON is YAML here) of a document."""
        if label in self._nodes:
            return self._nodes[label]
        text = self.text(label)
        if isinstance(text, Refusal):
            return text
        tree = read_yaml(text, label)
        self._problems.extend(tree.problems)
        self._nodes[label] = tree.documents
        return tree.documents

    def _path(self, label: str) -> Path | Refusal:
        for root in self._roots:
            below = _below(root.label, label)
            if below is None:
                continue
            path = root.path / below
            if not Path(os.path.realpath(path)).is_relative_to(self._real[root.label]):
                return _OUTSIDE
            return path
        return _OUTSIDE


def _below(root: str, label: str) -> str | None:
    """The way from a root to a label; None where the label is not below it."""
    if "\0" in label or label.startswith("~"):
        return None
    if not root:
        return None if label == ".." or label.startswith(("/", "../")) else label
    prefix = root if root.endswith("/") else f"{root}/"
    below = label[len(prefix) :] if label.startswith(prefix) else None
    return None if below is None or posixpath.normpath(below).startswith("..") else below
