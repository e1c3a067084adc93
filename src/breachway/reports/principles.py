"""The principles as text and JSON."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from breachway.analyses.principles import MOST_STEPS_IN_DEPTH
from breachway.reports.escaping import terminal
from breachway.reports.json_text import document
from breachway.reports.wording import count, named, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from breachway.analyses.depth import Depth
    from breachway.analyses.principles import Principles
    from breachway.analyses.segregation import Side
    from breachway.evidence import Location
    from breachway.reports.json_text import Json

FORMATS = ("text", "json")
VERSION = 1
_RADII = 8
_DUTIES = 8
_ITEMS = 2
_COLUMN = 6


def render(figures: Principles, form: str, *, width: int = 80, everything: bool = False) -> str:
    """The text of ``form``; ``everything`` lists all evidence and not only the first of it."""
    if form == "json":
        return document(_as_json(figures), depth=3)
    return "".join(f"{line}\n" for line in _text(figures, width, everything=everything))


def _text(figures: Principles, width: int, *, everything: bool) -> Iterator[str]:
    yield from _depth(figures, width)
    yield ""
    yield from _surface(figures, width, None if everything else _ITEMS)
    yield ""
    yield from _radii(figures, width, None if everything else _RADII)
    yield ""
    yield from _duties(figures, width, None if everything else _DUTIES)


def _depth(figures: Principles, width: int) -> Iterator[str]:
    if not figures.in_depth and figures.jewels:
        yield from _wrapped(
            f"Defence in depth (G2): not counted; the model has more than {MOST_STEPS_IN_DEPTH:,} attack steps, and the search "
            "would take minutes",
            "",
            width,
        )
        return
    yield from _wrapped(
        "Defence in depth (G2): how many defences in force must fall before an attacker reaches the crown jewel; 0 where it is "
        "reached now, – where no way is left with all of them off, + where at least so many must fall"
        + (f"; of the {figures.in_depth} dearest of {len(figures.jewels)}" if figures.in_depth < len(figures.jewels) else ""),
        "",
        width,
    )
    by_jewel: dict[tuple[str, str], dict[str, Depth]] = {}
    for one in figures.depths:
        by_jewel.setdefault((one.asset, one.step), {})[one.actor] = one
    actors = tuple(dict.fromkeys(one.actor for one in figures.depths))
    room = max(20, width - _COLUMN * len(actors))
    yield " " * room + "".join(f"{actor:>{_COLUMN}}" for actor in actors)
    for found in by_jewel.values():
        first, *rest = textwrap.wrap(terminal(next(iter(found.values())).title), room - 2, subsequent_indent="  ") or [""]
        yield f"{first:<{room}}" + "".join(f"{_number(found[actor]):>{_COLUMN}}" for actor in actors)
        yield from rest


def _number(depth: Depth) -> str:
    return "–" if depth.least is None else f"{depth.least}{'' if depth.proven else '+'}"


def _surface(figures: Principles, width: int, most: int | None) -> Iterator[str]:
    yield "Attack surface (G3)"
    for one in figures.surface:
        assumed = sum(item.assumed for item in one.items)
        said = f"{len(one.items)} {one.kind.title}"
        if one.kind.off:
            said += f", of {one.among}"
        if assumed:
            said += f" ({assumed} by an assumption)"
        where = [terminal(_where(item.location, item.asset)) for item in one.items[:most]] if one.kind.off else []
        more = ", ..." if where and len(one.items) > len(where) else ""
        yield from _wrapped(said + (f": {', '.join(where)}{more}" if where else ""), "  ", width)


def _where(location: Location | None, asset: str) -> str:
    return asset if location is None else place(location)


def _radii(figures: Principles, width: int, most: int | None) -> Iterator[str]:
    falling = [one for one in figures.radii if one.value or one.assets]
    yield from _wrapped(
        f"Blast radius (G4): what falls with each of {count(len(figures.radii), 'asset')}, weighed by the value of crown jewels",
        "",
        width,
    )
    for one in falling[:most]:
        falls = f"{count(len(one.jewels), 'crown jewel')}, {count(one.assets, 'asset')}"
        yield from _wrapped(f"{one.value:>4}  {terminal(named(one.kind, one.asset_name))}: {falls}", "  ", width)
    if most is not None and len(falling) > most:
        yield f"  and {len(falling) - most} more (--all)"


def _duties(figures: Principles, width: int, most: int | None) -> Iterator[str]:
    identities = len({one.identity for one in figures.duties})
    yield from _wrapped(
        f"Segregation of duties (G5): {count(identities, 'identity')} with both sides of a duty",
        "",
        width,
    )
    for one in figures.duties[:most]:
        sides = " and ".join(
            f"{terminal(side.title)} ({terminal(_where(side.location, side.permissions))})" for side in (one.first, one.second)
        )
        yield from _wrapped(f"{terminal(one.identity_name)} {one.duty.title}: {sides}; {one.duty.why}", "  ", width)
    if most is not None and len(figures.duties) > most:
        yield f"  and {len(figures.duties) - most} more (--all)"


def _wrapped(text: str, indent: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False)


# ------------------------------------------------------------------------------------------------------------------------ JSON


def _as_json(figures: Principles) -> Mapping[str, Json]:
    return {
        "version": VERSION,
        "tool": {"name": "breachway", "version": figures.version},
        "defenceInDepth": [
            {
                "actor": one.actor,
                "asset": one.asset,
                "step": one.step,
                "title": one.title,
                "value": one.value,
                "least": one.least,
                "proven": one.proven,
                "defences": list(one.defences),
            }
            for one in figures.depths
        ],
        "attackSurface": [
            {
                "key": one.kind.key,
                "title": one.kind.title,
                "count": len(one.items),
                "among": one.among,
                "items": [
                    {"asset": item.asset, "assumed": item.assumed, "location": _location_json(item.location)}
                    for item in one.items
                ],
            }
            for one in figures.surface
        ],
        "blastRadius": [
            {
                "asset": one.asset,
                "kind": one.kind,
                "value": one.value,
                "assets": one.assets,
                "crownJewels": [f"{figures.jewels[at].asset}:{figures.jewels[at].step}" for at in one.jewels],
            }
            for one in figures.radii
        ],
        "segregationOfDuties": [
            {
                "duty": one.duty.key,
                "title": one.duty.title,
                "why": one.duty.why,
                "identity": one.identity,
                "first": _side_json(one.first),
                "second": _side_json(one.second),
            }
            for one in figures.duties
        ],
    }


def _side_json(side: Side) -> Mapping[str, Json]:
    return {
        "permissions": side.permissions,
        "step": side.step,
        "title": side.title,
        "location": _location_json(side.location),
    }


def _location_json(location: Location | None) -> Mapping[str, Json] | None:
    if location is None:
        return None
    return {"document": location.document, "pointer": location.pointer, "line": location.line, "column": location.column}
