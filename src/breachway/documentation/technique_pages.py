"""One page for each attack step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.documentation.page import Page, bullets, page, section, sentence
from breachway.documentation.relations import Technique, defences, techniques, weaknesses_by_defence
from breachway.threats.actors import ACTORS
from breachway.threats.frameworks import OWASP_DOCKER, STRIDE, attack_techniques, microsoft_techniques, ttc_sources

if TYPE_CHECKING:
    from breachway.threats.catalogue import WeaknessInfo
    from breachway.threats.language import Distribution, Language, Step


def step_path(identifier: str) -> str:
    """Give the path of the page below ``docs/``."""
    return f"techniques/steps/{identifier}.md"


def technique_pages(language: Language, catalogue: tuple[WeaknessInfo, ...]) -> tuple[Page, ...]:
    """Give a page for each attack step that has a title, sorted by path."""
    known = techniques(language)
    titles = {technique.id: technique.step.info.title for technique in known}
    facts = dict(defences(language))
    causes = weaknesses_by_defence(catalogue)
    return tuple(sorted(_page(technique, titles, facts, causes) for technique in known))


def _page(technique: Technique, titles: dict[str, str], facts: dict[str, Step], causes: dict[str, tuple[str, ...]]) -> Page:
    step = technique.step
    return page(
        step_path(technique.id),
        f"{sentence(step.info.title).rstrip('.')} (`{technique.id}`)",
        section("What it does", sentence(step.info.sentence)),
        section("Why it matters", _stride(step), _links("It leads to:", technique.leads_to, titles)),
        section("How it is reached", _reached(technique, titles)),
        section("What stops it", _defences(technique, facts, causes)),
        section("How long it takes", describe_time(step)),
        section("Who takes it", _actors(step)),
        section("References", bullets(_references(step))),
    )


def _reached(technique: Technique, titles: dict[str, str]) -> str:
    if not technique.needs:
        return "It is where an attacker begins."
    if len(technique.needs) == 1:
        return _links("It follows from any one of:", technique.needs[0], titles)
    groups = (" or ".join(f"[{titles[identifier]}]({identifier}.md)" for identifier in group) for group in technique.needs)
    return f"It needs all of these together:\n\n{bullets(groups)}"


def _stride(step: Step) -> str:
    return f"STRIDE: {', '.join(STRIDE[letter].lower() for letter in step.info.stride)}." if step.info.stride else ""


def _links(lead: str, identifiers: tuple[str, ...], titles: dict[str, str]) -> str:
    if not identifiers:
        return ""
    return f"{lead}\n\n{bullets(f'[{titles[identifier]}]({identifier}.md) (`{identifier}`)' for identifier in identifiers)}"


def _defences(technique: Technique, facts: dict[str, Step], causes: dict[str, tuple[str, ...]]) -> str:
    if not technique.stopped_by:
        return "No defence stands at this step itself; those before it do."
    lines = []
    for identifier in technique.stopped_by:
        keys = ", ".join(f"[{key}](../weaknesses/{key}.md)" for key in causes.get(identifier, ()))
        missing = f" Missing by: {keys}." if keys else ""
        lines.append(f"**{facts[identifier].info.title}** (`{identifier}`). {sentence(facts[identifier].info.sentence)}{missing}")
    return bullets(lines)


def describe_time(step: Step) -> str:
    """Give the time to compromise in words, with where it comes from."""
    if step.ttc is None:
        return "No time of its own: it is had as soon as a step before it is."
    lead = step.info.ttc.split(":", 1)[0]
    source = next((each for each in ttc_sources() if each.id == lead), None)
    origin = sentence(step.info.ttc.split(":", 1)[-1].strip())
    cited = (
        f" Source {source.id}: {source.figure}, {source.quantity} ({source.publisher}, {source.year})."
        if source
        else " A judgement."
    )
    return f"{_distribution(step.ttc)} {origin}{cited}"


def _distribution(ttc: Distribution) -> str:
    arguments = ", ".join(f"{argument:g}" for argument in ttc.arguments)
    chance = f", and it works at all with probability {ttc.bernoulli:g}" if ttc.bernoulli < 1.0 else ""
    if ttc.name == "Exponential":
        return f"About {_span(1.0 / ttc.arguments[0])} on average (exponential, {arguments} a day){chance}."
    if ttc.name == "Gamma":
        shape, scale = ttc.arguments
        return f"About {_span(shape * scale)} on average (gamma, {arguments} days){chance}."
    return f"{ttc.name}({arguments}) days{chance}."


def _span(days: float) -> str:
    minutes = days * 24 * 60
    if minutes < 90:  # noqa: PLR2004 - an hour and a half, up to which minutes read better
        return f"{minutes:.0f} minutes"
    if days < 2:  # noqa: PLR2004 - two days, up to which hours read better
        return f"{days * 24:.0f} hours"
    return f"{days:.0f} days"


def _actors(step: Step) -> str:
    able = [f"{actor.title} ({actor.id})" for actor in ACTORS if not set(actor.forbidden_tags) & set(step.tags)]
    tags = f" Tags: {', '.join(step.tags)}." if step.tags else ""
    return f"{sentence(', '.join(able))}{tags}"


def _references(step: Step) -> tuple[str, ...]:
    names = {technique.id: technique.name for technique in (*attack_techniques(), *microsoft_techniques())}
    return (
        *(f"MITRE ATT&CK {identifier}: {names[identifier]}" for identifier in step.info.attack),
        *(f"Microsoft threat matrix for Kubernetes {identifier}: {names[identifier]}" for identifier in step.info.microsoft),
        *(f"OWASP Docker Security {identifier}: {OWASP_DOCKER[identifier]}" for identifier in step.info.owasp),
    )
