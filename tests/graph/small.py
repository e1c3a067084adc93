"""Attack graphs of any shape: one asset whose steps are the nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hypothesis import strategies as st

from breachway.graph.generation import generate
from breachway.graph.layout import AND, DEFENCE, EXISTS, OR
from breachway.model import Asset, DefenceState, Model
from breachway.threats.language import AssetClass, Distribution, Language, Step, StepInfo, StepKind, Target

if TYPE_CHECKING:
    from breachway.graph.layout import AttackGraph

_KINDS = (StepKind.OR, StepKind.AND, StepKind.DEFENCE, StepKind.EXISTS, StepKind.NOT_EXISTS)


class Shape(NamedTuple):
    """Kinds, edges, own days and (for defences) whether they are in force, by node; and the entries."""

    kinds: tuple[int, ...]
    edges: frozenset[tuple[int, int]]
    days: tuple[float, ...]
    on: tuple[bool, ...]
    entries: tuple[int, ...]


def graph_of(shape: Shape) -> AttackGraph:
    names = [f"n{node:03}" for node in range(len(shape.kinds))]
    info = StepInfo(title="", sentence="")
    steps = tuple(
        Step(
            name=name,
            kind=_KINDS[kind],
            declared_in="Only",
            targets=tuple(Target(None, names[child]) for parent, child in sorted(shape.edges) if parent == node),
            requires=(),
            tags=(),
            ttc=Distribution("Uniform", (0.0, 2 * days)) if days else None,
            default_on=0.0,
            info=info,
        )
        for node, (name, kind, days) in enumerate(zip(names, shape.kinds, shape.days, strict=True))
    )
    only = AssetClass(name="Only", category="", abstract=False, lineage=("Only",), sentence="", steps=steps)
    model = Model(
        assets=(Asset(id="a", kind="Only", name="a", platform="", evidence=()),),
        defences=tuple(
            DefenceState(asset="a", defence=names[node], probability=float(on), evidence=())
            for node, on in enumerate(shape.on)
            if shape.kinds[node] == DEFENCE
        ),
    )
    return generate(Language(id="shape", version="1.0.0", assets=(only,), associations=()), model)


@st.composite
def shapes(draw: st.DrawFn, *, most: int = 12, circles: bool = True) -> Shape:
    count = draw(st.integers(2, most))
    choice = (OR, OR, AND, AND, DEFENCE, EXISTS)
    kinds = (OR, *(draw(st.sampled_from(choice)) for _ in range(count - 1)))
    children = [node for node in range(count) if kinds[node] in (OR, AND)]
    pairs = st.tuples(st.integers(0, count - 1), st.sampled_from(children))
    drawn = draw(st.lists(pairs, max_size=3 * count))
    edges = frozenset((parent, child) for parent, child in drawn if circles or parent < child)
    days = tuple(float(draw(st.integers(0, 6))) if kinds[node] <= AND else 0.0 for node in range(count))
    on = tuple(draw(st.booleans()) for _ in range(count))
    entries = tuple(sorted(draw(st.sets(st.sampled_from(children), min_size=1, max_size=3))))
    return Shape(kinds, edges, days, on, entries)
