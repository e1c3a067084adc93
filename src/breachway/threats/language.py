"""The resolved threat language: asset classes, steps, associations, and the expressions that join them.

The shapes follow the Meta Attack Language.  Inheritance, overriding (``->``), appending (``+>``) and variables (``let``) are
resolved when the language is compiled, so a reader of these types sees every asset class with all its steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class StepKind(Enum):
    """The five kinds of attack-graph node in MAL."""

    OR = "|"
    AND = "&"
    DEFENCE = "#"
    EXISTS = "E"
    NOT_EXISTS = "!E"


@dataclass(frozen=True, slots=True)
class FieldStep:
    """Follow the association field ``name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Collect:
    """``left.right``: evaluate ``right`` from every asset that ``left`` gives."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class SetUnion:
    r"""``left \/ right``."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class SetIntersection:
    r"""``left /\ right``."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class SetDifference:
    """``left - right``."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Transitive:
    """``inner*``: zero or more times, so the starting asset is included."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class Subtype:
    """``inner[asset]``: only the assets that are of class ``asset`` or below it."""

    inner: Expression
    asset: str


Expression: TypeAlias = FieldStep | Collect | SetUnion | SetIntersection | SetDifference | Transitive | Subtype


@dataclass(frozen=True, slots=True)
class Target:
    """Where a step leads: the step named ``step`` of every asset that ``via`` gives; ``via`` None means the same asset."""

    via: Expression | None
    step: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """A time to compromise, in days: a continuous distribution, times an optional Bernoulli factor (1.0 when there is none).

    ``name`` is "Exponential", "LogNormal", "Gamma", "Uniform", "TruncatedNormal", "Pareto" or "Infinity"/"Zero";
    ``arguments`` are as MAL writes them.
    """

    name: str
    arguments: tuple[float, ...]
    bernoulli: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInfo:
    """What people need to know of a step or defence; parsed from its ``info:`` entries.

    ``stride`` holds STRIDE letters, ``attack`` ATT&CK technique ids, ``microsoft`` ids of the Microsoft threat matrix for
    Kubernetes, ``owasp`` the OWASP Docker threats or controls (T1 to T8, D01 to D10), ``mission`` rows of mission.md, ``ttc``
    where the time to compromise comes from.
    """

    title: str
    sentence: str
    stride: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    microsoft: tuple[str, ...] = ()
    owasp: tuple[str, ...] = ()
    mission: tuple[str, ...] = ()
    ttc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One attack step, defence or existence step of an asset class, with everything inherited resolved.

    ``default_on`` is the probability that a defence is in force where the model says nothing (MAL: a defence without a value is
    off). ``declared_in`` is the class that declares it first; ``requires`` are the expressions of an existence step.
    """

    name: str
    kind: StepKind
    declared_in: str
    targets: tuple[Target, ...]
    requires: tuple[Expression, ...]
    tags: tuple[str, ...]
    ttc: Distribution | None
    default_on: float
    info: StepInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetClass:
    """An asset class.  ``lineage`` is the class itself and then its ancestors, nearest first.  ``steps`` are sorted by name."""

    name: str
    category: str
    abstract: bool
    lineage: tuple[str, ...]
    sentence: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """``left_asset [left_field] left_min..left_max <-- name --> right_min..right_max [right_field] right_asset``.

    From an asset on the left, ``right_field`` gives the assets on the right, and the other way round.  A maximum of None is
    ``*``.
    """

    name: str
    left_asset: str
    left_field: str
    left_min: int
    left_max: int | None
    right_asset: str
    right_field: str
    right_min: int
    right_max: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A compiled language.  Asset classes and associations are sorted by name; association names are unique."""

    id: str
    version: str
    assets: tuple[AssetClass, ...]
    associations: tuple[Association, ...]
