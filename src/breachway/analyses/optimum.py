"""The cheapest set of changes that meets every way, proven: a hitting set, solved as a mixed-integer programme by HiGHS.

The ways of a model are too many to list, so the caller lists those it knows, asks for the cheapest set, runs the model with that
set, and adds a way that is still open.  Each answer is a lower bound for the whole problem, since it meets fewer demands; the
first that leaves no way open is the optimum.
"""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_EVEN = 1e-6


class Cover(NamedTuple):
    """The positions chosen, what they cost together, and the least that any choice can cost as far as it is proven."""

    chosen: tuple[int, ...]
    cost: float
    bound: float

    @property
    def proven(self) -> bool:
        """No cheaper set exists."""
        return self.cost - self.bound <= _EVEN * max(1.0, abs(self.cost))


def cheapest_cover(sets: Sequence[frozenset[int]], costs: Sequence[float], *, seconds: float = 30.0) -> Cover:
    """Choose positions of ``costs`` (all above nought) that meet every set at the least cost.

    The same demands give the same choice.  After ``seconds`` the best set so far is
    given, with the bound that is proven by then.  :class:`ValueError` when a set is empty: nothing meets it.
    """
    if any(not one for one in sets):
        message = "a set without members cannot be met"
        raise ValueError(message)
    needed = _least(sets)
    used = sorted({position for one in needed for position in one})
    if not used:
        return Cover((), 0.0, 0.0)
    place = {position: at for at, position in enumerate(used)}
    prices = np.array([costs[position] for position in used], dtype=np.float64)
    solved, bound = _solve([[place[position] for position in sorted(one)] for one in needed], prices, seconds)
    placed = [frozenset(place[position] for position in one) for one in needed]
    chosen = tuple(used[at] for at in _thinned(solved, placed, prices))
    cost = float(sum(costs[position] for position in chosen))
    return Cover(chosen, cost, min(cost, bound))


class Best(NamedTuple):
    """The positions chosen, the groups all of whose sets they meet, and the most that any choice wins as far as it is proven."""

    chosen: tuple[int, ...]
    closed: tuple[int, ...]
    bound: float


def best_within(
    groups: Sequence[tuple[float, Sequence[frozenset[int]]]], costs: Sequence[float], budget: float, *, seconds: float = 30.0
) -> Best:
    """Choose positions that cost at most ``budget`` together and meet all sets of groups of the greatest worth.

    A group is its worth (above nought) and its sets; one without sets is won for nothing.
    """
    needed = [_least(sets) for _, sets in groups]
    used = sorted({position for sets in needed for one in sets for position in one if costs[position] <= budget + _EVEN})
    place = {position: at for at, position in enumerate(used)}
    worth = [value for value, _ in groups]
    rows = [(at, [place[one] for one in sorted(demand) if one in place]) for at, sets in enumerate(needed) for demand in sets]
    if not rows:
        return Best((), tuple(range(len(groups))), float(sum(worth)))
    chosen, bound = _solve_within(rows, worth, [costs[position] for position in used], budget, seconds)
    kept = [used[at] for at in chosen]
    closed = tuple(at for at, sets in enumerate(needed) if all(one.intersection(kept) for one in sets))
    held = set(kept)
    for position in sorted(kept, key=lambda one: (-costs[one], -one)):
        if all((held - {position}) & one for at in closed for one in needed[at]):
            held.discard(position)
    return Best(tuple(sorted(held)), closed, bound)


def _solve_within(
    rows: Sequence[tuple[int, list[int]]], worth: Sequence[float], prices: Sequence[float], budget: float, seconds: float
) -> tuple[list[int], float]:
    """Columns: what is chosen, then which groups are won.  Each row says that a group is won only if one of its set is chosen."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    size, width = len(prices), len(prices) + len(worth)
    data = [*prices] + [value for _, members in rows for value in (*(1.0 for _ in members), -1.0)]
    columns = [*range(size)] + [column for group, members in rows for column in (*members, size + group)]
    starts = np.cumsum([0, size, *(len(members) + 1 for _, members in rows)])
    matrix = csr_array((np.array(data, dtype=np.float64), np.array(columns), starts), shape=(len(rows) + 1, width))
    low = np.concatenate([[-np.inf], np.zeros(len(rows))])
    high = np.concatenate([[budget + _EVEN / 10], np.full(len(rows), np.inf)])
    result = milp(
        np.concatenate([np.zeros(size), -np.array(worth, dtype=np.float64)]),
        constraints=LinearConstraint(matrix, lb=low, ub=high),
        integrality=np.ones(width, dtype=np.int64),
        bounds=Bounds(0.0, 1.0),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if result.x is None:
        return [], float(sum(worth))
    bound = -float(result.mip_dual_bound)
    whole = all(value == round(value) for value in worth)
    return np.flatnonzero(result.x[:size] > 0.5).tolist(), float(floor(bound + _EVEN)) if whole else bound  # noqa: PLR2004 - between 0 and 1


def _least(sets: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    """Leave out repeated sets and those that another one lies within; in a fixed order."""
    kept: list[frozenset[int]] = []
    for one in sorted(set(sets), key=lambda one: (len(one), sorted(one))):
        if not any(other <= one for other in kept):
            kept.append(one)
    return kept


def _solve(
    rows: list[list[int]], prices: np.ndarray[tuple[int], np.dtype[np.float64]], seconds: float
) -> tuple[list[int], float]:
    # The solver is heavy to import, so only where it is asked.
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    columns = np.array([at for row in rows for at in row])
    starts = np.cumsum([0, *(len(row) for row in rows)])
    matrix = csr_array((np.ones(len(columns)), columns, starts), shape=(len(rows), len(prices)))
    result = milp(
        prices,
        constraints=LinearConstraint(matrix, lb=1.0),
        integrality=np.ones(len(prices), dtype=np.int64),
        bounds=Bounds(0.0, 1.0),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if result.x is None:
        return list(range(len(prices))), 0.0
    bound = float(result.mip_dual_bound)
    whole = bool(np.all(prices == np.round(prices)))
    # With whole prices no set costs a fraction, so the bound may be rounded up.
    return np.flatnonzero(result.x > 0.5).tolist(), float(ceil(bound - _EVEN)) if whole else bound  # noqa: PLR2004 - between 0 and 1


def _thinned(chosen: list[int], sets: list[frozenset[int]], prices: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[int]:
    """Leave out what the rest makes needless, the dearest and last first."""
    kept = set(chosen)
    for at in sorted(chosen, key=lambda at: (-prices[at], -at)):
        if all((kept - {at}) & one for one in sets if at in one):
            kept.discard(at)
    return sorted(kept)
