"""The assessment: what the analyses found, in the shape that every report renders.  Plain values, sorted, no graph inside."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breachway.analyses.patterns import PatternControl
    from breachway.analyses.risk import Risks
    from breachway.analyses.tenancy_matrix import Tenancy
    from breachway.evidence import Evidence, Location
    from breachway.model import Model
    from breachway.threats.language import Language


class Severity(Enum):
    """How bad a path or weakness is; the words that reports print."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """One attack step on a path.

    ``needs`` are the positions (in the path's ``steps``) of the steps this one follows from: one for an OR step, all necessary
    ones for an AND step, none at the entry.  ``days`` is the expected own time; ``evidence`` says why the step is possible
    here. ``technique`` is the id ``AssetClass.step`` under which the step is documented, with the class that declares it.
    """

    asset: str
    asset_name: str
    step: str
    technique: str
    title: str
    sentence: str
    days: float
    needs: tuple[int, ...]
    evidence: tuple[Evidence, ...]
    attack: tuple[str, ...] = ()
    stride: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackPath:
    """A ranked path (a tree where an AND step needs several things) from an entry of ``actor`` to the loss of a crown jewel.

    ``steps`` are in an order in which each step comes after what it needs; the last is the goal.  ``expected_days`` is the sum
    of expected own times along the slowest branch; ``fingerprint`` is stable under reformatting and holds no line; ``id`` is
    "P1", "P2", ... in ranked order. ``decision`` is what ``breachway.yaml`` decided about it ("accepted by platform team:
    ..."), empty while it is open. ``variants`` counts further entries (such as other containers) from which the same tail is
    reached.  ``own_ground`` marks a path that never leaves the place where it starts (a foothold in the database reads the
    database); it is listed only when its actor has no other way to that crown jewel, and is no headline.
    """

    id: str
    fingerprint: str
    actor: str
    entry_title: str
    goal_asset: str
    goal_title: str
    expected_days: float
    severity: Severity
    steps: tuple[PathStep, ...]
    cut_by: tuple[str, ...]
    assumptions: tuple[str, ...]
    variants: int = 0
    decision: str = ""
    own_ground: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalReach:
    """How one actor fares against one crown jewel; ``path`` is the id of its best ranked path."""

    goal_asset: str
    goal_title: str
    steps: int
    expected_days: float
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorReach:
    """Who gets how far: where the actor starts, how many assets of which kind it compromises, and the crown jewels that fall."""

    actor: str
    title: str
    start: str
    entries: int
    reached_assets: int
    reached_by_kind: tuple[tuple[str, int], ...]
    goals: tuple[GoalReach, ...]
    safe_goals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A change that puts defences in force.  ``id`` is "F1", "F2", ... by paths cut, then effort.

    ``cuts`` are the ids of ranked paths whose goal the same actor no longer reaches by them, found by running the model again
    with the change made; ``closes`` counts the (actor, crown jewel) pairs that fall away altogether.  ``defences`` are (asset
    id, defence name). ``change`` is the exact change in words ("set privileged: false"); ``caution`` is what it may break,
    empty when nothing is known.
    """

    id: str
    fingerprint: str
    title: str
    weakness: str
    change: str
    caution: str
    locations: tuple[Location, ...]
    defences: tuple[tuple[str, str], ...]
    cuts: tuple[str, ...]
    closes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChokePoint:
    """A step that many ranked paths pass."""

    asset: str
    asset_name: str
    step: str
    title: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeaknessFinding:
    """A weakness of the model as reports list it, with the catalogue's words and the paths on which it is used.

    ``evidence_fingerprint`` changes when what the evidence says does; a decision may name it, and then reopens with it.
    """

    key: str
    title: str
    sentence: str
    fix: str
    stage: str
    severity: Severity
    asset: str
    subject: str
    detail: str
    fingerprint: str
    unknown: bool
    evidence: tuple[Evidence, ...]
    paths: tuple[str, ...]
    decision: str = ""
    evidence_fingerprint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """A connection that crosses from ``source`` to ``target``; ``boundaries`` are the names of the boundaries crossed."""

    source: str
    target: str
    ports: tuple[str, ...]
    protection: str
    boundaries: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSize:
    """How large the attack graph is."""

    assets: int
    steps: int
    edges: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Everything a report may say.

    ``fix_set`` are the ids of the few fixes that, made together, cut every ranked path; ``fix_set_verified`` is true when the
    model was run again with all of them made and no ranked path was left.  ``tenancy`` is None with fewer than two tenants.
    ``risks`` is None where nothing was simulated.  ``patterns`` are the controls of the four security patterns.
    """

    version: str
    model: Model
    language: Language
    size: GraphSize
    actors: tuple[ActorReach, ...]
    paths: tuple[AttackPath, ...]
    fixes: tuple[Fix, ...]
    choke_points: tuple[ChokePoint, ...]
    weaknesses: tuple[WeaknessFinding, ...]
    flows: tuple[FlowRow, ...]
    fix_set: tuple[str, ...] = ()
    fix_set_verified: bool = False
    tenancy: Tenancy | None = None
    risks: Risks | None = None
    patterns: tuple[PatternControl, ...] = ()
