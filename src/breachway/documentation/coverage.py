"""How the language covers the public matrices: each technique with the steps that model it, or the reason why none does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.documentation.page import Page, page, section, table
from breachway.threats.frameworks import attack_techniques, microsoft_techniques, unmodelled_techniques

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.documentation.relations import Technique
    from breachway.threats.frameworks import FrameworkTechnique


def coverage_page(known: tuple[Technique, ...]) -> Page:
    """Give ``docs/coverage.md``."""
    attack = tuple(technique for technique in attack_techniques() if technique.in_matrix)
    microsoft = microsoft_techniques()
    return page(
        "coverage.md",
        "Coverage of public matrices",
        "Which attack steps model each technique. A technique that no step models is listed with the reason.",
        section("MITRE ATT&CK for Containers", _summary(attack, known), _table(attack, known)),
        section("Microsoft threat matrix for Kubernetes", _summary(microsoft, known), _table(microsoft, known)),
    )


def modelling_steps(technique: FrameworkTechnique, known: tuple[Technique, ...]) -> tuple[str, ...]:
    """Give the ids of the steps that name the technique or one of its sub-techniques."""
    return tuple(
        step.id
        for step in known
        if any(
            name == technique.id or name.startswith(f"{technique.id}.")
            for name in (*step.step.info.attack, *step.step.info.microsoft)
        )
    )


def uncovered(known: tuple[Technique, ...]) -> tuple[str, ...]:
    """Give the techniques of both matrices that have neither a step nor a reason."""
    every = (*(technique for technique in attack_techniques() if technique.in_matrix), *microsoft_techniques())
    return tuple(
        technique.id
        for technique in every
        if not modelling_steps(technique, known) and technique.id not in unmodelled_techniques()
    )


def _summary(matrix: tuple[FrameworkTechnique, ...], known: tuple[Technique, ...]) -> str:
    modelled = sum(1 for technique in matrix if modelling_steps(technique, known))
    return f"{modelled} of {len(matrix)} techniques have steps."


def _table(matrix: Iterable[FrameworkTechnique], known: tuple[Technique, ...]) -> str:
    rows = []
    for technique in matrix:
        steps = modelling_steps(technique, known)
        links = ", ".join(f"[{step}](techniques/steps/{step}.md)" for step in steps)
        reason = unmodelled_techniques().get(technique.id, "")
        rows.append((technique.id, technique.name, ", ".join(technique.tactics), links or f"none: {reason}"))
    return table(("id", "technique", "tactics", "steps"), rows)
