"""What admission says to a specimen, and why."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from breachway.evidence import Evidence
    from breachway.mapping.containers.grounds import Belief


class Ruling(Enum):
    """The answer of a policy, or of all of them, to a pod that breaks a control."""

    REFUSED = "refused"
    UNSURE = "unsure"
    ADMITTED = "admitted"


class Opinion(NamedTuple):
    """A ruling with its evidence; ``note`` says what keeps it from being a refusal, ``belief`` what a doubt rests on."""

    ruling: Ruling
    evidence: tuple[Evidence, ...] = ()
    note: str = ""
    belief: Belief | None = None


ADMITTED = Opinion(Ruling.ADMITTED)


class Unsupported(Exception):  # noqa: N818 - it is no error: the expression is beyond what is worked out here
    """An expression of a policy language that is not worked out; its answer is unknown."""


class EvaluationError(Exception):
    """An expression that ends in an error, as it would in the engine; the policy's failure policy decides."""


def strongest(opinions: list[Opinion]) -> Opinion:
    """The answer of several policies together: a refusal by one is a refusal by all; then comes the least doubt."""
    refused = next((opinion for opinion in opinions if opinion.ruling is Ruling.REFUSED), None)
    if refused is not None:
        return refused
    unsure = [opinion for opinion in opinions if opinion.ruling is Ruling.UNSURE]
    if unsure:
        return max(unsure, key=lambda opinion: opinion.belief.in_force if opinion.belief else 0.0)
    return next((opinion for opinion in opinions if opinion.note), ADMITTED)
