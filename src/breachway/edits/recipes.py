"""Which change of a file removes a weakness, and which weaknesses need a word from the user first: two tables."""

from __future__ import annotations

import json
from enum import Enum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from breachway.edits.data import Data

PLATFORMS = {"Kubernetes": "kubernetes", "Compose": "compose", "ECS": "ecs", "Dockerfile": "dockerfile"}
"""By the format of a document, as summaries of what was read name it, the platform of its recipes."""


class Effort(Enum):
    """How much work a change is."""

    LINE = "line"
    TESTED = "tested"
    REDESIGN = "redesign"

    @property
    def cost(self) -> int:
        """What it costs beside the others: a line of configuration 1, one that needs a test 3, a redesign 8.

        The figures are ours, and only their order is meant; ``costs`` in ``breachway.yaml`` takes their place.
        """
        return {Effort.LINE: 1, Effort.TESTED: 3, Effort.REDESIGN: 8}[self]


class Recipe(NamedTuple):
    """One operation against a weakness; see the head of ``recipes.tsv``.  ``detail`` and ``kind`` are empty for any."""

    key: str
    platform: str
    detail: str
    kind: str
    operation: str
    path: str
    value: Data


class Unedited(NamedTuple):
    """Why no change is made; ``platform`` is ``*`` for all; ``command`` is empty where none helps."""

    key: str
    platform: str
    effort: Effort
    reason: str
    command: str


@cache
def load_recipes() -> dict[tuple[str, str], tuple[Recipe, ...]]:
    """Give the recipes by weakness key and platform; treat the mapping as read-only."""
    found: dict[tuple[str, str], tuple[Recipe, ...]] = {}
    for key, platform, detail, kind, operation, path, value in _rows("recipes.tsv", 7):
        recipe = Recipe(key, platform, detail, kind, operation, path, json.loads(value) if value else None)
        found[key, platform] = (*found.get((key, platform), ()), recipe)
    return found


@cache
def load_unedited() -> dict[tuple[str, str], Unedited]:
    """Give the weaknesses without a recipe by key and platform; treat the mapping as read-only."""
    rows = (
        Unedited(key, platform, Effort(effort), reason, command)
        for key, platform, effort, reason, command in _rows("unedited.tsv", 5)
    )
    return {(one.key, one.platform): one for one in rows}


def unedited(key: str, platform: str) -> Unedited | None:
    """Give what the table says of a weakness on a platform."""
    table = load_unedited()
    return table.get((key, platform)) or table.get((key, "*"))


def effort_of(key: str, platform: str, *, caution: str) -> Effort:
    """How much work the removal of a weakness is.

    A change that Breachway makes is a line, or one that needs a test where the catalogue knows what it may break.
    """
    told = unedited(key, platform)
    if (key, platform) in load_recipes():
        return Effort.TESTED if caution else Effort.LINE
    return told.effort if told else Effort.REDESIGN


def _rows(name: str, columns: int) -> list[list[str]]:
    text = resources.files("breachway.edits").joinpath(name).read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")][1:]
    for row in rows:
        if len(row) != columns:
            message = f"{name}: {len(row)} columns in the line of {row[0]} where there should be {columns}"
            raise ValueError(message)
    return rows
