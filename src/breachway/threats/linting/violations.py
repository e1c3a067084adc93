"""A violation of the linted profile, and the list of its rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breachway.evidence import Location

RULES = {
    "syntax-error": "the text parses as MAL; a parser that recovers from an error drops declarations in silence",
    "outside-profile": "no effect, no A>, no R> and no detectors: the engine gives them no meaning",
    "expression-on-one-line": "an expression stands on one line; mal-toolbox joins broken ones wrongly",
    "transitive-left-of-set": "no transitive step (*) left of a set operator; other tools then read the right side wrongly",
    "one-requirement": "an !E step has one requirement; tools disagree on several",
    "time-to-compromise": "a time to compromise is one continuous distribution, times Bernoulli(p) if need be, or a named one",
    "restated-time": "a step that is declared again restates its time to compromise, which is not inherited",
    "step-kind": "a step that is declared again keeps its kind",
    "defence-target": "no step leads to a defence or an existence step: they are facts, not achievements",
    "and-over-many": "a step that needs everything (&) follows from at most one other asset; a plumbing step (|) gathers several",
    "existence-requirement": "an existence step says what must exist, and only such a step does",
    "multiplicity": "a minimum is at most its maximum, and a maximum is at least 1",
    "abstract-asset": "an abstract asset has a concrete descendant",
    "unknown-name": "every asset, field, step and variable is declared",
    "duplicate-name": "assets, associations, the fields of an asset and the steps of an asset have different names",
    "unused-association": "every association is followed by some expression, in one direction at least",
    "unused-variable": "every variable is used",
    "name-form": "assets and associations are written LikeThis, steps, fields and variables likeThis",
    "unknown-tag": "tags are those that actors are told apart by",
    "metadata-missing": "every step that people read has a title, a sentence and its rows in the frameworks",
    "metadata-unknown": "metadata has the known keys, and ids that exist",
    "plumbing": "a step marked // plumbing is bookkeeping: it has neither title nor time",
}
"""What each rule asks for, by the name that violations carry."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A place in a ``.mal`` file that breaks a rule; as text, one line as compilers write it."""

    rule: str
    message: str
    location: Location

    def order(self) -> tuple[str, int, int, str, str]:
        """Give the key by which violations are sorted."""
        return (self.location.document, self.location.line, self.location.column, self.rule, self.message)

    def line(self) -> str:
        """Give ``file:line:column: message [rule]``."""
        return f"{self.location.document}:{self.location.line}:{self.location.column}: {self.message} [{self.rule}]"

    __str__ = line
