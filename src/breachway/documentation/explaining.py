"""What ``breachway explain`` says about a weakness, an attack step, a defence or an actor, as plain text."""

from __future__ import annotations

from difflib import get_close_matches
from textwrap import wrap
from typing import TYPE_CHECKING

from breachway.documentation.page import sentence
from breachway.documentation.relations import defences, technique_id, techniques, weaknesses_by_defence
from breachway.documentation.technique_pages import describe_time
from breachway.documentation.weakness_pages import weakness_examples
from breachway.errors import UsageError
from breachway.threats.actors import ACTORS, ActorInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.documentation.relations import Technique
    from breachway.threats.catalogue import WeaknessInfo
    from breachway.threats.language import Language, Step

_SUGGESTIONS = 3
_WIDTH = 80


def explain(identifier: str, language: Language, catalogue: tuple[WeaknessInfo, ...]) -> str:
    """Explain a weakness key, ``Class.step``, ``Class.defence`` or an actor (A1 to A5); case does not matter.

    :class:`UsageError` names the nearest known identifiers when there is none such.
    """
    wanted = identifier.strip().lower()
    for actor in ACTORS:
        if actor.id.lower() == wanted:
            return _actor(actor)
    for weakness in catalogue:
        if weakness.key.lower() == wanted:
            return _weakness(weakness)
    known = techniques(language)
    documented = _documented(language, wanted)
    for technique in known:
        if technique.id.lower() in documented:
            return _technique(technique, dict(defences(language)))
    for name, step in defences(language):
        if name.lower() in documented:
            return _defence(name, step, known, weaknesses_by_defence(catalogue))
    raise _unknown(identifier, known_identifiers(language, catalogue))


def known_identifiers(language: Language, catalogue: tuple[WeaknessInfo, ...]) -> tuple[str, ...]:
    """Give everything that :func:`explain` knows, sorted."""
    return tuple(
        sorted(
            {
                *(actor.id for actor in ACTORS),
                *(weakness.key for weakness in catalogue),
                *(technique.id for technique in techniques(language)),
                *(name for name, _ in defences(language)),
            }
        )
    )


def _documented(language: Language, wanted: str) -> frozenset[str]:
    """Give the ids under which ``Class.step`` is documented: its own, an ancestor's, or, for plumbing, those of classes below."""
    found = {wanted}
    for asset in language.assets:
        for step in asset.steps:
            if wanted in {f"{name.lower()}.{step.name.lower()}" for name in asset.lineage} and step.info.title:
                found.add(technique_id(language, asset.name, step.name).lower())
    return frozenset(found)


def _unknown(identifier: str, known: Iterable[str]) -> UsageError:
    lower = {name.lower(): name for name in known}
    tails = {name.split(".", 1)[-1]: full for name, full in lower.items()}
    close = [lower[name] for name in get_close_matches(identifier.lower(), sorted(lower), n=_SUGGESTIONS, cutoff=0.5)]
    close += [
        tails[name] for name in get_close_matches(identifier.lower(), sorted(tails), n=1, cutoff=0.7) if tails[name] not in close
    ]
    hint = f"did you mean {' or '.join(close[:_SUGGESTIONS])}?" if close else "docs/techniques/index.md lists all of them"
    return UsageError(f"nothing is named {identifier}", hint=hint)


def _text(title: str, *parts: tuple[str, str]) -> str:
    """Join a title and labelled parts; prose is wrapped, a part of several lines is indented as it is."""
    lines = [title]
    for label, body in parts:
        if not body:
            continue
        if "\n" in body:
            lines += ["", f"{label}:", *(f"  {line}".rstrip() for line in body.splitlines())]
        else:
            prose = f"{label}: {body}" if label else body
            lines += ["", *wrap(prose, _WIDTH, break_long_words=False, break_on_hyphens=False)]
    return "\n".join(lines) + "\n"


def _actor(actor: ActorInfo) -> str:
    never = ", ".join(actor.forbidden_tags)
    return _text(
        f"{actor.id}  {actor.title}",
        ("", actor.sentence),
        ("Starts from", actor.start),
        ("Takes", f"every step but those tagged {never}" if never else "every step"),
    )


def _weakness(weakness: WeaknessInfo) -> str:
    example = weakness_examples().get(weakness.key)
    return _text(
        f"{weakness.key}  {weakness.title}  ({weakness.severity})",
        ("", sentence(weakness.sentence)),
        ("Example", f"{example.text}\n" if example else ""),
        ("Fix", sentence(weakness.fix)),
        ("Mind", sentence(weakness.caution)),
        ("False positives", sentence(example.false_positives) if example else ""),
        ("Takes away", ", ".join(weakness.defences)),
        ("May take away", ", ".join(weakness.may_weaken)),
        ("See", ", ".join(weakness.references)),
    )


def _technique(technique: Technique, facts: dict[str, Step]) -> str:
    info = technique.step.info
    return _text(
        f"{technique.id}  {info.title}",
        ("", sentence(info.sentence)),
        ("Stopped by", "".join(f"{name}: {facts[name].info.title}\n" for name in technique.stopped_by)),
        ("Follows from", " and ".join(_alternatives(group) for group in technique.needs)),
        ("Leads to", ", ".join(technique.leads_to)),
        ("Time", describe_time(technique.step)),
        ("See", ", ".join((*info.attack, *info.microsoft, *(f"OWASP Docker {row}" for row in info.owasp)))),
    )


def _alternatives(group: tuple[str, ...]) -> str:
    return group[0] if len(group) == 1 else f"any of {', '.join(group)}"


def _defence(name: str, step: Step, known: tuple[Technique, ...], causes: dict[str, tuple[str, ...]]) -> str:
    stopped = [technique for technique in known if name in technique.stopped_by]
    return _text(
        f"{name}  {step.info.title}",
        ("In force when", sentence(step.info.sentence)),
        ("Stops", "".join(f"{technique.id}: {technique.step.info.title}\n" for technique in stopped)),
        ("Missing by", ", ".join(causes.get(name, ()))),
    )
