"""One page for each weakness."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from breachway.documentation.page import Page, bullets, page, section, sentence
from breachway.documentation.relations import defences, techniques
from breachway.threats.tables import read_table

if TYPE_CHECKING:
    from breachway.documentation.relations import Technique
    from breachway.threats.catalogue import WeaknessInfo
    from breachway.threats.language import Language

PLATFORM_NAMES = {
    "kubernetes": "Kubernetes",
    "compose": "Docker Compose",
    "docker": "Docker images and builds",
    "ecs": "Amazon ECS",
}
"""How pages name the platforms of the catalogue."""

_ACCEPT = (
    "A change that a mutating webhook, an operator or a pipeline makes later does not show in the files. "
    "Where that is so, or the risk is taken on purpose, decide it under `decisions` in `breachway.yaml`, "
    "with an owner, a reason and a date."
)


class WeaknessExample(NamedTuple):
    """What the weakness looks like in an artefact, and what looks like it and is none."""

    format: str
    text: str
    false_positives: str


@cache
def weakness_examples() -> dict[str, WeaknessExample]:
    """Give the example of each weakness by key; treat the mapping as read-only."""
    return {
        row["key"]: WeaknessExample(
            row["format"], row["example"].replace("\\n", "\n").replace("\\\n", "\\n"), row["false_positives"]
        )
        for row in read_table("weakness_examples.tsv", "breachway.documentation")
    }


def weakness_path(key: str) -> str:
    """Give the path of the page below ``docs/``."""
    return f"techniques/weaknesses/{key}.md"


def weakness_pages(language: Language, catalogue: tuple[WeaknessInfo, ...]) -> tuple[Page, ...]:
    """Give a page for each weakness, in the order of the catalogue."""
    known = techniques(language)
    words = {identifier: step.info.title for identifier, step in defences(language)}
    return tuple(_page(weakness, known, words) for weakness in catalogue)


def _page(weakness: WeaknessInfo, known: tuple[Technique, ...], words: dict[str, str]) -> Page:
    example = weakness_examples().get(weakness.key)
    opened = [technique for technique in known if set(technique.stopped_by) & {*weakness.defences, *weakness.may_weaken}]
    return page(
        weakness_path(weakness.key),
        f"{weakness.title} (`{weakness.key}`)",
        bullets(
            (
                f"Severity by itself: {weakness.severity}",
                f"Where in the life cycle: {weakness.stage.replace('-', ' ')}",
                f"Found on: {', '.join(PLATFORM_NAMES[platform] for platform in weakness.platforms)}",
            )
        ),
        section("What it does", sentence(weakness.sentence)),
        section("Why it matters", _why(opened)),
        section("Example", f"```{example.format}\n{example.text}\n```" if example else ""),
        section("Fix", sentence(weakness.fix), f"Mind: {sentence(weakness.caution)}" if weakness.caution else ""),
        section("False positives", sentence(example.false_positives) if example else "", _ACCEPT),
        section(
            "References",
            bullets(weakness.references),
            bullets(f"Takes away `{defence}`: {words[defence]}" for defence in weakness.defences),
            bullets(f"May take away `{defence}`: {words[defence]}" for defence in weakness.may_weaken),
        ),
    )


def _why(opened: list[Technique]) -> str:
    if not opened:
        return (
            "No attack step hangs on it directly: it makes an attack easier, harder to see or worse in its effect, and it is "
            "reported apart from the paths."
        )
    lines = (f"[{technique.step.info.title}](../steps/{technique.id}.md) (`{technique.id}`)" for technique in opened)
    return f"Without a defence that is missing here, an attacker can:\n\n{bullets(lines)}"
