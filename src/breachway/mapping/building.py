"""Collects what the mapping rules find and freezes it into a :class:`breachway.model.Model`.

Rules speak of weaknesses (``judge``) and of bare defences (``defence``).  Which defences a weakness takes away is written once,
in the weakness catalogue; the builder looks it up, so that a rule and the threat language cannot drift apart.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from breachway.mapping.containers.image_contents import NO_CONTENTS
from breachway.model import Asset, CrownJewel, DefenceState, EntryPoint, Link, Model, Verdict, Weakness

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.evidence import Assumption, Evidence, Unread
    from breachway.mapping.containers.image_contents import ImageContents
    from breachway.model import DocumentSummary

    Bindings = Mapping[str, Mapping[str, tuple[str, ...]]]
    """Weakness key to asset class (concrete, ancestors resolved) to the names of the defences that its absence stands for."""


_MANY = 16
"""From so many pieces of evidence on, a set of them is kept to see which are new."""


class ModelBuilder:
    """A model in the making.  Asset ids are returned as strings and used to speak of the asset afterwards.

    ``image_contents`` is what saved images and scans in the input say, for the rules that ask about an image.
    """

    def __init__(self, bindings: Bindings, image_contents: ImageContents = NO_CONTENTS) -> None:
        self._bindings = bindings
        self.image_contents = image_contents
        self._assets: dict[str, Asset] = {}
        self._links: dict[tuple[str, str, str], tuple[Evidence, ...]] = {}
        self._defences: dict[tuple[str, str], DefenceState] = {}
        self._weaknesses: dict[tuple[str, str, str], Weakness] = {}
        self._assumptions: dict[str, Assumption] = {}
        self._jewels: dict[tuple[str, str], CrownJewel] = {}
        self._entries: dict[tuple[str, str, str], EntryPoint] = {}
        self._gathered: dict[object, tuple[tuple[Evidence, ...], set[Evidence]]] = {}
        self._unread: list[Unread] = []
        self._notes: set[str] = set()

    def asset(
        self,
        kind: str,
        asset_id: str,
        name: str,
        *,
        platform: str,
        evidence: Iterable[Evidence],
        boundary: str = "",
        replicas: int = 1,
        facts: Iterable[tuple[str, str]] = (),
    ) -> str:
        """Add an asset, or return the one that has this id already (its evidence is kept, new evidence is added)."""
        known = self._assets.get(asset_id)
        found = tuple(evidence)
        if known is None:
            self._assets[asset_id] = Asset(
                id=asset_id,
                kind=kind,
                name=name,
                platform=platform,
                evidence=found,
                boundary=boundary,
                replicas=replicas,
                facts=tuple(facts),
            )
        elif len(joined := self._join(asset_id, known.evidence, found)) > len(known.evidence):
            self._assets[asset_id] = replace(known, evidence=joined, boundary=known.boundary or boundary)
        return asset_id

    def add_fact(self, asset_id: str, name: str, value: str) -> None:
        """Add a name and a value for display to an asset that was added."""
        known = self._assets[asset_id]
        if (name, value) not in known.facts:
            self._assets[asset_id] = replace(known, facts=(*known.facts, (name, value)))

    def seen_on(self, asset_id: str, machines: tuple[str, ...]) -> None:
        """Say on which machines a workload that was added was seen running."""
        self._assets[asset_id] = replace(self._assets[asset_id], seen_on=machines)

    def has(self, asset_id: str) -> bool:
        """Whether an asset with this id was added."""
        return asset_id in self._assets

    def kind_of(self, asset_id: str) -> str:
        """The asset class of an asset that was added; KeyError for one that was not."""
        return self._assets[asset_id].kind

    def evidence_of(self, asset_id: str) -> tuple[Evidence, ...]:
        """The evidence of an asset that was added."""
        return self._assets[asset_id].evidence

    def defence_of(self, asset_id: str, name: str) -> DefenceState | None:
        """The state of a defence so far, or None where no rule has set it."""
        return self._defences.get((asset_id, name))

    def defences(self) -> tuple[DefenceState, ...]:
        """The states of all defences so far, sorted by asset and name."""
        return tuple(self._defences[key] for key in sorted(self._defences))

    def replace_defence(self, state: DefenceState) -> None:
        """Put a state in the place of one that was set, even where it is the stronger statement: for what takes a rule back."""
        self._defences[state.asset, state.defence] = state

    def weaknesses(self) -> tuple[Weakness, ...]:
        """The weaknesses found so far, sorted."""
        return tuple(self._weaknesses[key] for key in sorted(self._weaknesses))

    def replace_weakness(self, weakness: Weakness) -> None:
        """Put a weakness in the place of one that was found, as :meth:`replace_defence`."""
        self._weaknesses[weakness.key, weakness.asset, weakness.detail] = weakness

    def ids_of_kind(self, *kinds: str) -> tuple[str, ...]:
        """The ids of all assets of these classes so far, sorted."""
        return tuple(sorted(asset_id for asset_id, asset in self._assets.items() if asset.kind in kinds))

    def linked(self, association: str, lefts: Iterable[str]) -> bool:
        """Whether any of the assets ``lefts`` has a link of this association so far."""
        wanted = set(lefts)
        return any(name == association and left in wanted for name, left, _ in self._links)

    def pairs(self, association: str) -> tuple[tuple[str, str], ...]:
        """What this association joins so far, left and right, sorted."""
        return tuple(sorted((left, right) for name, left, right in self._links if name == association))

    def link(self, association: str, left: str, right: str, evidence: Iterable[Evidence]) -> None:
        """Add an association instance; a repeated one keeps the evidence of both."""
        key = (association, left, right)
        known = self._links.get(key)
        self._links[key] = tuple(evidence) if known is None else self._join(key, known, tuple(evidence))

    def unlink(self, association: str, left: str, right: str) -> None:
        """Take an association instance back, for a rule that sees more than the one that added it; nothing if it is not there."""
        self._links.pop((association, left, right), None)

    def defence(
        self,
        asset: str,
        name: str,
        probability: float,
        evidence: Iterable[Evidence],
        *,
        weaknesses: tuple[str, ...] = (),
        assumption: str = "",
    ) -> None:
        """Set a defence: 1.0 in force, 0.0 not, between them on an assumption.  Set twice, the weaker statement stands."""
        state = DefenceState(
            asset=asset,
            defence=name,
            probability=probability,
            evidence=tuple(evidence),
            weaknesses=weaknesses,
            assumption=assumption,
        )
        key = (asset, name)
        known = self._defences.get(key)
        if known is None or state.probability < known.probability:
            self._defences[key] = _with_weaknesses(state, known)
        elif state.probability == known.probability:
            joined = self._join(key, known.evidence, state.evidence)
            self._defences[key] = _with_weaknesses(
                replace(known, evidence=joined, assumption=known.assumption or assumption),
                state,
            )

    def judge(  # noqa: PLR0913 - one keyword per field of Weakness
        self,
        key: str,
        asset: str,
        verdict: Verdict,
        evidence: Iterable[Evidence],
        *,
        subject: str,
        detail: str = "",
        probability: float = 0.5,
        assumption: str = "",
        defences: tuple[str, ...] | None = None,
    ) -> None:
        """State what a weakness rule found.

        ``WEAK`` and ``UNKNOWN`` are recorded as weaknesses; whatever the verdict, the defences bound to ``key`` are set: 0 when
        weak, 1 when safe, ``probability`` (that the defence is in force) under ``assumption`` when unknown.  ``defences`` names
        other defences of the asset than the bound ones; empty, they are left to a rule that sees more than this one.
        """
        found = tuple(evidence)
        if verdict is not Verdict.SAFE:
            known = self._weaknesses.get((key, asset, detail))
            joined = self._join((key, asset, detail, verdict), known.evidence, found) if known else found
            self._weaknesses[key, asset, detail] = Weakness(
                key=key, asset=asset, verdict=verdict, subject=subject, evidence=joined, detail=detail
            )
        value = {Verdict.WEAK: 0.0, Verdict.SAFE: 1.0, Verdict.UNKNOWN: probability}[verdict]
        bound = self._bindings.get(key, {}).get(self._assets[asset].kind, ()) if defences is None else defences
        for name in bound:
            self.defence(
                asset, name, value, found, weaknesses=(key,), assumption=assumption if verdict is Verdict.UNKNOWN else ""
            )

    def assume(self, assumption: Assumption) -> str:
        """State an assumption; the first statement of an id stands.  The id is returned for the defences that rest on it."""
        self._assumptions.setdefault(assumption.id, assumption)
        return assumption.id

    def assumes(self, assumption_id: str) -> bool:
        """Whether the assumption was stated."""
        return assumption_id in self._assumptions

    def crown_jewel(self, jewel: CrownJewel) -> None:
        """Mark an asset as worth protecting; the higher value wins where two rules say so."""
        known = self._jewels.get((jewel.asset, jewel.step))
        if known is None or jewel.value > known.value:
            self._jewels[jewel.asset, jewel.step] = jewel

    def entry_point(self, entry: EntryPoint) -> None:
        """Say where an attacker may start."""
        self._entries.setdefault((entry.actor, entry.asset, entry.step), entry)

    def unread(self, item: Unread) -> None:
        """Say that something could not be mapped."""
        self._unread.append(item)

    def note(self, text: str) -> None:
        """Say something that the reader of a report should know about the model as a whole."""
        self._notes.add(text)

    def _join(self, key: object, first: tuple[Evidence, ...], second: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        """The evidence of both.  What thousands of objects speak of (an image, a registry) keeps a set, by its ``key``."""
        if len(first) < _MANY:
            return first + tuple([item for item in second if item not in first])
        known = self._gathered.get(key)
        if known is None or known[0] is not first:
            known = (first, set(first))
        joined = first + tuple([item for item in second if item not in known[1]])
        known[1].update(second)
        self._gathered[key] = (joined, known[1])
        return joined

    def build(self, documents: Iterable[DocumentSummary] = (), unread: Iterable[Unread] = ()) -> Model:
        """Freeze; everything sorted by its identity."""
        return Model(
            assets=tuple(self._assets[key] for key in sorted(self._assets)),
            links=tuple(
                Link(association=name, left=left, right=right, evidence=self._links[name, left, right])
                for name, left, right in sorted(self._links)
            ),
            defences=tuple(self._defences[key] for key in sorted(self._defences)),
            weaknesses=tuple(self._weaknesses[key] for key in sorted(self._weaknesses)),
            assumptions=tuple(self._assumptions[key] for key in sorted(self._assumptions)),
            crown_jewels=tuple(self._jewels[key] for key in sorted(self._jewels)),
            entry_points=tuple(self._entries[key] for key in sorted(self._entries)),
            documents=tuple(documents),
            unread=tuple(sorted({*unread, *self._unread})),
            notes=tuple(sorted(self._notes)),
        )


def _with_weaknesses(state: DefenceState, other: DefenceState | None) -> DefenceState:
    if other is None or not other.weaknesses:
        return state
    return replace(state, weaknesses=tuple(sorted({*state.weaknesses, *other.weaknesses})))
