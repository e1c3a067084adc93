"""Collecting a model: evidence of thousands of objects about one thing is joined as that of two is, and in linear time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.evidence import Basis, Evidence, Location
from breachway.mapping.building import ModelBuilder
from breachway.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

IMAGE = "image:Image:web"
STATEMENTS = st.lists(st.tuples(st.sampled_from(["asset", "link", "defence", "judge"]), st.lists(st.integers(0, 60), max_size=4)))


def evidence(*lines: int) -> tuple[Evidence, ...]:
    return tuple(Evidence(Location("a.yaml", "", line, 1), Basis.OBSERVED, f"line {line}") for line in lines)


def once(lines: Sequence[int]) -> tuple[Evidence, ...]:
    return evidence(*dict.fromkeys(lines))


@given(statements=STATEMENTS.filter(lambda found: len(found) > 3))
@settings(deadline=None)
def test_evidence_is_kept_once_in_the_order_of_the_statements(statements: list[tuple[str, list[int]]]) -> None:
    builder = ModelBuilder({})
    said: dict[str, list[int]] = {"asset": [0], "link": [], "defence": [], "judge": []}
    builder.asset("Image", IMAGE, "web", platform="image", evidence=evidence(0))
    for what, lines in statements:
        said[what] += lines
        found = once(lines)
        match what:
            case "asset":
                builder.asset("Image", IMAGE, "web", platform="image", evidence=found)
            case "link":
                builder.link("Keeps", "image:Registry:here", IMAGE, found)
            case "defence":
                builder.defence(IMAGE, "pinnedByDigest", 0.0, found)
            case _:
                builder.judge("image-not-digest-pinned", IMAGE, Verdict.WEAK, found, subject="image web")
    model = builder.build()
    told = {what for what, _ in statements}
    assert model.assets[0].evidence == once(said["asset"])
    assert [link.evidence for link in model.links] == ([once(said["link"])] if "link" in told else [])
    assert [state.evidence for state in model.defences] == ([once(said["defence"])] if "defence" in told else [])
    assert [item.evidence for item in model.weaknesses] == ([once(said["judge"])] if "judge" in told else [])


def test_a_weaker_statement_drops_the_evidence_of_the_stronger() -> None:
    builder = ModelBuilder({})
    builder.asset("Image", IMAGE, "web", platform="image", evidence=evidence(0))
    for line in range(40):
        builder.defence(IMAGE, "pinnedByDigest", 1.0, evidence(line))
    for line in range(39, 0, -1):
        builder.defence(IMAGE, "pinnedByDigest", 0.0, evidence(line))
    (state,) = builder.build().defences
    assert state.evidence == evidence(*range(39, 0, -1))


def test_what_many_objects_speak_of_is_joined_without_a_search_for_each() -> None:
    compared = 0

    class Note(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, str(other))

        __hash__ = str.__hash__

    builder = ModelBuilder({})
    builder.asset("Image", IMAGE, "web", platform="image", evidence=evidence(0))
    place = Location("a.yaml", "", 1, 1)
    for number in range(2_000):
        builder.link("Keeps", "image:Registry:here", IMAGE, (Evidence(place, Basis.OBSERVED, Note(f"use {number}")),))
    assert len(builder.build().links[0].evidence) == 2_000
    assert compared < 10_000
