"""Runs of steps that a path shares with one that was shown before, so that they need not be read twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.analyses.assessment import AttackPath, PathStep

_SHORTEST = 3


class Repeat(NamedTuple):
    """Steps ``first`` to ``last`` of a path (from 0), the same with the same evidence as those of ``path`` from ``there`` on."""

    first: int
    last: int
    path: AttackPath
    there: int


def repeats(path: AttackPath, earlier: Sequence[AttackPath], *, start: int) -> tuple[Repeat, ...]:
    """The longest runs of at least three steps, from left to right and from ``start`` on; the earliest path wins a tie."""
    found: list[Repeat] = []
    position = start
    while position < len(path.steps):
        best = max(
            (
                Repeat(position, position + _length(path.steps, position, other.steps, there) - 1, other, there)
                for other in earlier
                for there in range(len(other.steps))
            ),
            key=lambda run: run.last,
            default=None,
        )
        if best is not None and best.last - position + 1 >= _SHORTEST:
            found.append(best)
            position = best.last + 1
        else:
            position += 1
    return tuple(found)


def _length(here: Sequence[PathStep], position: int, there: Sequence[PathStep], other: int) -> int:
    length = 0
    while position + length < len(here) and other + length < len(there):
        mine, theirs = here[position + length], there[other + length]
        if _identity(mine) != _identity(theirs):
            break
        # What the first step of a run follows from may differ, as long as it is one thing; inside the run all is the same.
        if length == 0 and max(len(mine.needs), len(theirs.needs)) > 1:
            break
        if length and _relative(mine, position + length) != _relative(theirs, other + length):
            break
        length += 1
    return length


def _identity(step: PathStep) -> tuple[object, ...]:
    return step.asset, step.asset_name, step.technique, step.title, step.evidence


def _relative(step: PathStep, position: int) -> tuple[int, ...]:
    return tuple(position - need for need in step.needs)
