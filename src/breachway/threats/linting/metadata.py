"""Rules on ``info:`` entries: what people and frameworks need to know of every step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.threats.frameworks import MISSION_ROWS, OWASP_DOCKER, STRIDE, attack_techniques, microsoft_techniques, ttc_sources
from breachway.threats.linting.names import nearest
from breachway.threats.linting.violations import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.threats.mal_syntax import AssetDeclaration, Declarations, MetaEntry, StepDeclaration

STEP_KEYS = ("title", "user", "stride", "attack", "microsoft", "owasp", "mission", "ttc")
"""The keys that a step may have: ``user`` is the sentence, ``ttc`` the source of its time."""

JUDGEMENT = "Judgement:"
"""How the source of a time begins when it is nobody's figure."""

_ATTACK_NEEDS = ("title", "user", "stride", "owasp", "mission")
_DEFENCE_NEEDS = ("title", "user", "owasp", "mission")
_EXISTENCE = frozenset({"E", "!E"})


def check_metadata(files: tuple[Declarations, ...]) -> Iterator[Violation]:
    """Check the metadata of every step; a redeclared step has what its ancestors give it."""
    assets = {asset.name.text: asset for file in files for asset in file.assets}
    known = _known_ids()
    for asset in assets.values():
        for step in asset.steps:
            earlier = _earlier(assets, asset, step)
            plumbing = step.plumbing or any(each.plumbing for each in earlier[-1:])
            yield from _entries(step, known)
            if plumbing and step.plumbing:
                yield from _plumbing(asset, step)
            elif step.kind not in _EXISTENCE and not (plumbing and not step.meta):
                yield from _missing(asset, step, earlier)


def _known_ids() -> dict[str, frozenset[str]]:
    return {
        "stride": frozenset(STRIDE),
        "attack": frozenset(technique.id for technique in attack_techniques()),
        "microsoft": frozenset(technique.id for technique in microsoft_techniques()),
        "owasp": frozenset(OWASP_DOCKER),
        "mission": MISSION_ROWS,
    }


def _earlier(assets: dict[str, AssetDeclaration], asset: AssetDeclaration, step: StepDeclaration) -> tuple[StepDeclaration, ...]:
    """Give the declarations of the same step in ancestors, nearest first."""
    found: list[StepDeclaration] = []
    seen = {asset.name.text}
    parent = asset.parent
    while parent is not None and parent.text in assets and parent.text not in seen:
        seen.add(parent.text)
        ancestor = assets[parent.text]
        found.extend(each for each in ancestor.steps if each.name.text == step.name.text)
        parent = ancestor.parent
    return tuple(found)


def _plumbing(asset: AssetDeclaration, step: StepDeclaration) -> Iterator[Violation]:
    label = f"{asset.name.text}.{step.name.text}"
    if any(entry.key.text == "title" for entry in step.meta):
        yield Violation("plumbing", f"{label} is plumbing and has a title", step.name.place)
    if step.time is not None:
        yield Violation("plumbing", f"{label} is plumbing and takes time", step.name.place)


def _missing(asset: AssetDeclaration, step: StepDeclaration, earlier: tuple[StepDeclaration, ...]) -> Iterator[Violation]:
    present = {entry.key.text for each in (step, *earlier) for entry in each.meta if entry.text.strip()}
    needs = _DEFENCE_NEEDS if step.kind == "#" else _ATTACK_NEEDS
    if step.kind != "#" and step.time is not None:
        needs = (*needs, "ttc")
    lacking = [key for key in needs if key not in present]
    if lacking:
        yield Violation("metadata-missing", f"{asset.name.text}.{step.name.text} lacks {', '.join(lacking)}", step.name.place)


def _entries(step: StepDeclaration, known: dict[str, frozenset[str]]) -> Iterator[Violation]:
    for entry in step.meta:
        key = entry.key.text
        if key not in STEP_KEYS:
            yield Violation("metadata-unknown", f"no metadata is named {key}{nearest(key, STEP_KEYS)}", entry.key.place)
        elif key == "ttc":
            yield from _time_source(entry)
        elif key in known:
            for part in entry.text.split(","):
                if part.strip() not in known[key]:
                    message = f'{key} has no "{part.strip()}"{nearest(part.strip(), known[key])}'
                    yield Violation("metadata-unknown", message, entry.key.place)


def _time_source(entry: MetaEntry) -> Iterator[Violation]:
    sources = frozenset(source.id for source in ttc_sources())
    start = entry.text.split(":", 1)[0]
    if not entry.text.startswith(JUDGEMENT) and start not in sources:
        message = f'the source of a time begins with a row of the sources or with "{JUDGEMENT}", not with "{start}"'
        yield Violation("metadata-unknown", message, entry.key.place)
