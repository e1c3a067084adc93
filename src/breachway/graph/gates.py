"""Which steps must be taken, and how many of its parents each AND step waits for, under one state of the defences.

Necessity is a greatest fixpoint: a defence is necessary when it is in force, an existence step when nothing exists (``!E``:
when something does), an OR step when all its parents are, an AND step when any is; attack steps without parents are necessary.
A parent that is not necessary is no obstacle: an AND step does not wait for it.

Blocking needs no rule of its own.  Whatever is blocked is necessary (by induction over how it came to be blocked), is never
reached, and so is waited for in vain by every AND step below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.graph.layout import AND, DEFENCE, EXISTS, NOT_EXISTS, OR, gather

if TYPE_CHECKING:
    from breachway.graph.layout import AttackGraph, Bools, Floats, Ints

IN_FORCE = 0.5
"""A defence counts as in force from this probability on, where one answer is wanted and not a distribution."""


class Gates(NamedTuple):
    """``necessary`` by node; ``waits`` is the number of necessary parents of each AND step, 0 elsewhere."""

    necessary: Bools
    waits: Ints
    plain: bool
    """No attack step is unnecessary, so that putting a defence in force changes nothing but what its children wait for."""


def gates_of(graph: AttackGraph, level: Floats | None = None) -> Gates:
    """Work out necessity; ``level`` takes the place of :attr:`AttackGraph.level`."""
    level = graph.level if level is None else level
    kinds = graph.kinds
    holds = level >= IN_FORCE
    loose = ((kinds == DEFENCE) & ~holds) | ((kinds == EXISTS) & holds) | ((kinds == NOT_EXISTS) & ~holds)
    fixed = (kinds != OR) & (kinds != AND)
    unmet = np.diff(graph.parents.starts)
    unmet[fixed] = 0
    newest = np.flatnonzero(loose)
    plain = True
    while newest.size:
        below = gather(graph.children, newest).items
        counts = np.bincount(below, minlength=graph.size).astype(np.int32)
        unmet -= counts
        freed = (counts > 0) & ~loose & ~fixed & ((kinds == OR) | (unmet == 0))
        newest = np.flatnonzero(freed)
        loose[newest] = True
        plain = plain and not newest.size
    return Gates(~loose, _waits(graph, ~loose), plain)


def gates_with(graph: AttackGraph, gates: Gates, level: Floats, enabled: Ints) -> Gates:
    """Give the gates after the defence nodes ``enabled`` were put in force; ``level`` already says so."""
    if not gates.plain or (graph.kinds[gather(graph.children, enabled).items] != AND).any():
        return gates_of(graph, level)
    fresh = enabled[~gates.necessary[enabled]]
    necessary = gates.necessary.copy()
    necessary[fresh] = True
    waits = gates.waits.copy()
    np.add.at(waits, gather(graph.children, fresh).items, 1)
    return Gates(necessary, waits, plain=True)


def _waits(graph: AttackGraph, necessary: Bools) -> Ints:
    rows = np.repeat(np.arange(graph.size, dtype=np.int32), np.diff(graph.parents.starts))
    waits = np.bincount(rows[necessary[graph.parents.items]], minlength=graph.size).astype(np.int32)
    waits[graph.kinds != AND] = 0
    return waits
