"""How the rules of this room speak of one asset.

A verdict records the weakness and sets exactly the named defences: the rule knows which of those that the catalogue binds to
its key
really fall.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import believe
from breachway.model import Verdict

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.grounds import Belief

PLATFORM = "kubernetes"

API = "Kubernetes API reference"
"""Where the defaults of fields are documented."""


class Judge:
    """Verdicts on one asset, in the name of one object of the artefacts."""

    __slots__ = ("asset", "builder", "subject")

    def __init__(self, builder: ModelBuilder, asset: str, subject: str) -> None:
        self.builder = builder
        self.asset = asset
        self.subject = subject

    def weak(self, key: str, evidence: tuple[Evidence, ...], *defences: str, detail: str = "") -> None:
        """The weakness is there: the defences are off."""
        self.builder.judge(key, self.asset, Verdict.WEAK, evidence, subject=self.subject, detail=detail, defences=defences)

    def safe(self, key: str, evidence: tuple[Evidence, ...], *defences: str) -> None:
        """The weakness is not there: the defences are on, unless another rule says otherwise."""
        for name in defences:
            self.builder.defence(self.asset, name, 1.0, evidence, weaknesses=(key,))

    def decide(self, key: str, evidence: tuple[Evidence, ...], *defences: str, weak: bool) -> None:
        """Weak or safe, as ``weak`` says."""
        if weak:
            self.weak(key, evidence, *defences)
        else:
            self.safe(key, evidence, *defences)

    def unknown(self, key: str, location: Location, belief: Belief, *defences: str, note: str = "") -> None:
        """Nothing decides it: the defences stand with the probability of the assumption."""
        finding = believe(self.builder, belief, location, note)
        self.builder.judge(
            key,
            self.asset,
            Verdict.UNKNOWN,
            finding.evidence,
            subject=self.subject,
            probability=finding.probability,
            assumption=finding.assumption,
            defences=defences,
        )

    def on(self, evidence: tuple[Evidence, ...], *defences: str) -> None:
        """The defences are in force."""
        for name in defences:
            self.builder.defence(self.asset, name, 1.0, evidence)

    def state(self, evidence: tuple[Evidence, ...], *defences: str, on: bool) -> None:
        """The defences are in force, or not, as ``on`` says."""
        if on:
            self.on(evidence, *defences)
        else:
            self.off(evidence, *defences)

    def off(self, evidence: tuple[Evidence, ...], *defences: str) -> None:
        """The defences are not in force."""
        for name in defences:
            self.builder.defence(self.asset, name, 0.0, evidence)

    def assume(self, location: Location, belief: Belief, *defences: str, note: str = "") -> None:
        """The defences stand with the probability of the assumption."""
        finding = believe(self.builder, belief, location, note)
        for name in defences:
            self.builder.defence(self.asset, name, finding.probability, finding.evidence, assumption=finding.assumption)
