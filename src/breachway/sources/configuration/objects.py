"""``breachway.yaml`` as typed values: what no artefact can say.

Each field's annotation carries the sentence that the JSON Schema, the reader's hints and the documentation show for that key.
The reader (``reader.py``) and the schema (``schema.py``) are both derived from these classes, so a new key is one new field.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from enum import Enum
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, NamedTuple

if TYPE_CHECKING:
    from breachway.evidence import Location


class Key(NamedTuple):
    """What is known about a key besides its type: its description, bounds of a number, and an example for the hint.

    ``words`` stand for numbers.  ``keyed_by`` and ``short`` describe a list that is written as a mapping: the key gives the
    field ``keyed_by`` of the item, and an item that is no mapping gives its field ``short``.
    """

    description: str
    minimum: float | None = None
    maximum: float | None = None
    example: str = ""
    required: bool = False
    words: tuple[tuple[str, float], ...] = ()
    keyed_by: str = ""
    short: str = ""


class DecisionKind(Enum):
    """What was decided about a finding."""

    ACCEPT = "accept"
    MITIGATE = "mitigate"
    TRANSFER = "transfer"
    FALSE_POSITIVE = "false-positive"


class ActorKind(Enum):
    """The kinds of people who hold rights by themselves."""

    DEVELOPER = "developer"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    PARTNER = "partner"


@lru_cache(maxsize=512)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(translate(glob))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetSelector:
    """Assets by pattern: ``*`` and ``?`` match within kind and name; empty matches all.  At least one of the three is given."""

    id: Annotated[str, Key("The id of an asset, or a pattern for it.", example="kubernetes:Secret:shop/payments")] = ""
    kind: Annotated[str, Key("The kind of asset, as reports show it.", example="Secret")] = ""
    name: Annotated[str, Key("The name of the asset, or a pattern for it.", example="shop/*")] = ""

    def matches(self, *, identifier: str, kind: str, name: str) -> bool:
        """Whether an asset with these properties is selected.  The kind is compared without regard to case."""
        return (
            (not self.id or _pattern(self.id).match(identifier) is not None)
            and (not self.kind or _pattern(self.kind.lower()).match(kind.lower()) is not None)
            and (not self.name or _pattern(self.name).match(name) is not None)
        )

    @classmethod
    def from_text(cls, text: str) -> AssetSelector:
        """The short form: ``Secret shop/payments`` (a kind and a name), or an id (it holds a colon), or a name alone."""
        kind, space, name = text.strip().partition(" ")
        if space:
            return cls(kind=kind, name=name.strip())
        return cls(id=kind) if ":" in kind else cls(name=kind)

    @property
    def text(self) -> str:
        """The selector in its short form, for messages."""
        return self.id or " ".join(part for part in (self.kind, self.name) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrownJewelChoice:
    """An asset that the user calls a crown jewel."""

    location: Location
    asset: Annotated[AssetSelector, Key("Which assets.", example="Secret shop/payments", required=True)]
    value: Annotated[int, Key("What its loss would cost, from 1 (little) to 10 (the business).", 1, 10, "8")] = 8
    title: Annotated[str, Key("The words that reports use for it.", example="card payments")] = ""
    step: Annotated[
        str, Key("The attack step that means its loss; chosen by the kind of asset if not given.", example="read")
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureChoice:
    """Whether assets can be reached from the internet, where the artefacts cannot tell."""

    location: Location
    asset: Annotated[AssetSelector, Key("Which assets.", example="Service shop/web", required=True)]
    exposed: Annotated[
        bool, Key("true: the internet reaches it. false: something outside these files keeps it away.", required=True)
    ]
    reason: Annotated[str, Key("How that is known.", example="behind the company VPN")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One tenant, by namespaces or by a label; a label without a value makes one tenant of each value."""

    location: Location
    name: Annotated[str, Key("The tenant's name; may be left out where label has no value.", example="shop")] = ""
    namespaces: Annotated[
        tuple[str, ...],
        Key("Namespaces (Compose projects, ECS task families), or patterns, that belong to the tenant.", example="shop-*"),
    ] = ()
    label: Annotated[
        str, Key("A label of namespaces, workloads or Compose services, as key or key=value.", example="team=payments")
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What the user knows about an assumption."""

    location: Location
    id: Annotated[str, Key("The id of the assumption, as reports show it.")]
    probability: Annotated[
        float,
        Key(
            "How likely the statement holds: 0 to 1, or confirmed (1), or refuted (0).",
            0,
            1,
            "confirmed",
            required=True,
            words=(("confirmed", 1.0), ("refuted", 0.0)),
        ),
    ]
    reason: Annotated[str, Key("How that is known.", example="checked with the platform team")] = ""

    @property
    def settled(self) -> bool:
        """Whether the assumption is confirmed or refuted, and no longer an assumption."""
        return self.probability in {0.0, 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the removal of a weakness costs."""

    location: Location
    weakness: Annotated[str, Key("The key of the weakness.")]
    cost: Annotated[float, Key("Its cost, beside a line of configuration that costs 1.", 0.001, 1_000_000, "3", required=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about a finding, by whom, and until when."""

    location: Location
    decision: Annotated[DecisionKind, Key("What was decided.", example="accept", required=True)]
    owner: Annotated[str, Key("Who answers for it.", example="platform team", required=True)]
    reason: Annotated[str, Key("Why.", required=True)]
    fingerprint: Annotated[str, Key("The fingerprint of the finding or path, from any report.")] = ""
    weakness: Annotated[str, Key("Or: the key of a weakness.", example="privileged-container")] = ""
    asset: Annotated[
        AssetSelector | None, Key("With weakness: which assets; all if not given.", example="Container logging/*")
    ] = None
    expires: Annotated[datetime.date | None, Key("The last day on which it holds.", example="2027-01-31")] = None
    evidence: Annotated[str, Key("The evidence fingerprint it was made on; when the evidence changes, the finding reopens.")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistriesSection:
    """Image registries."""

    trusted: Annotated[
        tuple[str, ...],
        Key("Registries, or registry/repository prefixes, that images may come from.", example="registry.example.com/shop"),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesSection:
    """The cluster that the manifests are for."""

    version: Annotated[str, Key("Its minor version, which decides defaults.", example='"1.33"')] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStatement:
    """The software of hosts whose versions no artefact shows."""

    location: Location
    asset: Annotated[AssetSelector, Key("Which hosts or node pools.", example="DockerHost *", required=True)]
    kernel: Annotated[str, Key("What uname -r prints there.", example="5.15.0-1050-aws")] = ""
    system: Annotated[str, Key("The operating system by the name it gives itself.", example="Ubuntu 22.04.3 LTS")] = ""
    runtime: Annotated[str, Key("The container runtime and its version.", example="docker://27.1.1")] = ""
    runc: Annotated[str, Key("The version of runc beneath it.", example="1.1.14")] = ""
    kubelet: Annotated[str, Key("The version of the kubelet, on nodes.", example="v1.31.2")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanActor:
    """A person or a group of people with rights."""

    location: Location
    name: Annotated[str, Key("Who.", example="web developers", required=True)]
    kind: Annotated[ActorKind, Key("What they are.", example="developer", required=True)]
    starts: Annotated[
        tuple[AssetSelector, ...], Key("The identities they hold: where they start.", example="User alice", required=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchChoice:
    """A program that fetches whatever address a request names: server-side request forgery by nature."""

    location: Location
    asset: Annotated[AssetSelector, Key("Who fetches: containers or workloads.", example="Deployment shop/render", required=True)]
    requested_by: Annotated[
        tuple[AssetSelector, ...],
        Key(
            "Whose requests name the address, where that is not the program's own listener: workloads, containers or openings.",
            example="Deployment shop/web",
        ),
    ] = ()
    reason: Annotated[str, Key("How that is known.", example="the preview service renders any page")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The whole file; every part may be left out."""

    document: str = ""
    crown_jewels: Annotated[tuple[CrownJewelChoice, ...], Key("What is worth protecting; added to what is found by itself.")] = ()
    exposure: Annotated[tuple[ExposureChoice, ...], Key("What the internet reaches, where the artefacts cannot tell.")] = ()
    tenants: Annotated[tuple[Tenant, ...], Key("Who shares the deployment and should not reach one another.")] = ()
    assumptions: Annotated[
        tuple[Belief, ...], Key("Assumptions confirmed, refuted or weighed anew, by id.", keyed_by="id", short="probability")
    ] = ()
    decisions: Annotated[tuple[Decision, ...], Key("What was decided about findings.")] = ()
    registries: Annotated[RegistriesSection, Key("Image registries.")] = RegistriesSection()
    kubernetes: Annotated[KubernetesSection, Key("The cluster that the manifests are for.")] = KubernetesSection()
    hosts: Annotated[tuple[HostStatement, ...], Key("Versions of what runs on hosts, where the artefacts do not show them.")] = ()
    fetches: Annotated[tuple[FetchChoice, ...], Key("Programs that fetch any address which a request names.")] = ()
    actors: Annotated[tuple[HumanActor, ...], Key("Who the humans are and which identities they hold.")] = ()
    costs: Annotated[
        tuple[Cost, ...], Key("What fixes cost, by weakness key, for breachway fix.", keyed_by="weakness", short="cost")
    ] = ()
