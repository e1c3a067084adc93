"""Compose input from memory, for the tests of the Compose reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.sources.compose.reader import read_compose
from breachway.sources.text import Refusal
from breachway.sources.yaml_positions import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.evidence import Unread
    from breachway.sources.compose.objects import ComposeProject, Service
    from breachway.sources.nodes import Node

MAIN = "shop/compose.yaml"


class Memory:
    """Documents held in memory, by label."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def text(self, label: str) -> str | Refusal:
        """The text of a document."""
        return self.files.get(label, Refusal("no such file"))

    def nodes(self, label: str) -> tuple[Node | None, ...] | Refusal:
        """The YAML documents of a document."""
        text = self.text(label)
        return text if isinstance(text, Refusal) else read_yaml(text, label).documents


def project_of(files: Mapping[str, str], *labels: str) -> tuple[ComposeProject, list[Unread]]:
    """The project of ``labels`` (the main file alone if none are given) and what was not understood."""
    problems: list[Unread] = []
    project = read_compose(labels or (MAIN,), Memory(files), problems)
    assert project is not None
    return project, problems


def service_of(body: str) -> Service:
    """The one service that ``body`` describes, which must be understood in full."""
    project, problems = project_of({MAIN: f"services:\n  web:\n    {body}\n"})
    assert [problem for problem in problems if "is declared" not in problem.reason] == []
    return project.services[0]
