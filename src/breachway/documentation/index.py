"""The index of the generated pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.documentation.page import Page, page, section, table

if TYPE_CHECKING:
    from breachway.documentation.relations import Technique
    from breachway.threats.catalogue import WeaknessInfo
    from breachway.threats.language import Step


def index_page(known: tuple[Technique, ...], facts: tuple[tuple[str, Step], ...], catalogue: tuple[WeaknessInfo, ...]) -> Page:
    """Give ``docs/techniques/index.md``: weaknesses by stage, attack steps and defences by asset class."""
    stages: dict[str, list[WeaknessInfo]] = {}
    for weakness in catalogue:
        stages.setdefault(weakness.stage, []).append(weakness)
    classes: dict[str, list[Technique]] = {}
    for technique in known:
        classes.setdefault(technique.id.split(".", 1)[0], []).append(technique)
    return page(
        "techniques/index.md",
        "Weaknesses, attack steps and defences",
        f"{len(catalogue)} weaknesses, {len(known)} attack steps and {len(facts)} defences. "
        "A weakness is what an artefact shows: a defence is missing. An attack step is what the attacker then does.",
        *(section(f"Weaknesses: {stage.replace('-', ' ')}", _weaknesses(stages[stage])) for stage in sorted(stages)),
        *(section(f"Attack steps: {name}", _steps(classes[name])) for name in sorted(classes)),
        section("Defences", table(("defence", "in force when"), ((f"`{name}`", step.info.sentence) for name, step in facts))),
    )


def _weaknesses(weaknesses: list[WeaknessInfo]) -> str:
    rows = (
        (f"[{each.key}](weaknesses/{each.key}.md)", each.title, each.severity, ", ".join(each.platforms)) for each in weaknesses
    )
    return table(("key", "weakness", "severity", "platforms"), rows)


def _steps(steps: list[Technique]) -> str:
    rows = ((f"[{each.id}](steps/{each.id}.md)", each.step.info.title, ", ".join(each.step.info.attack)) for each in steps)
    return table(("step", "what the attacker does", "ATT&CK"), rows)
