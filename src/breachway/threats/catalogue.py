"""The catalogue of weaknesses: for each key its words for people, its severity, and the defences whose absence it means.

The entries stand in ``weaknesses.tsv``, one line a weakness.  Keys are stable: they are SARIF rule ids, documentation anchors
and the names by which ``breachway.yaml`` accepts a weakness.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias, cast

from breachway.threats.tables import read_table

SeverityWord: TypeAlias = Literal["critical", "high", "medium", "low"]
"""How bad a weakness is by itself, before its place in the deployment is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeaknessInfo:
    """One weakness.

    ``title`` names the bad pattern as a phrase ("Privileged container"); ``sentence`` says what it means for an attacker.
    ``fix`` is the exact change in words and ``caution`` what the change may break (empty when nothing is known).  ``defences``
    are the ``Class.defence`` of the threat language that are off wherever the weakness is; ``may_weaken`` are those that it takes
    away in some of its forms.  A weakness that only weakens operations has neither.  ``stage`` groups by place
    in the life cycle; ``references`` are ids in public catalogues (CIS, Pod Security Standards, CVE).
    """

    key: str
    stage: str
    platforms: tuple[str, ...]
    title: str
    sentence: str
    fix: str
    caution: str
    severity: SeverityWord
    defences: tuple[str, ...]
    references: tuple[str, ...]
    may_weaken: tuple[str, ...] = ()


@cache
def load_weaknesses() -> tuple[WeaknessInfo, ...]:
    """Give every weakness, sorted by key."""
    return tuple(
        sorted(
            (
                WeaknessInfo(
                    key=row["key"],
                    stage=row["stage"],
                    platforms=tuple(row["platforms"].split()),
                    title=row["title"],
                    sentence=row["sentence"],
                    fix=row["fix"],
                    caution=row["caution"],
                    severity=cast("SeverityWord", row["severity"]),
                    defences=tuple(row["defences"].split()),
                    may_weaken=tuple(row["may_weaken"].split()),
                    references=tuple(reference.strip() for reference in row["references"].split(";") if reference.strip()),
                )
                for row in read_table("weaknesses.tsv")
            ),
            key=lambda weakness: weakness.key,
        )
    )


@cache
def weakness_by_key() -> dict[str, WeaknessInfo]:
    """Give the catalogue by key; treat the mapping as read-only."""
    return {weakness.key: weakness for weakness in load_weaknesses()}
