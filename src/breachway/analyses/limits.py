"""How much the analyses look at and list, so that a large deployment stays quick to assess and a report short to read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of an assessment.

    ``paths`` ranked paths are listed, at most ``paths_per_actor`` for one attacker and ``paths_per_goal`` for one attacker and
    crown jewel.  ``attempts`` derivations are looked at in search of one from a single entry, ``alike`` parents of one kind at
    each step. For the ``jewels_from_elsewhere`` dearest of an attacker's crown jewels, ways from other ground than their own are
    searched for.  ``fixes`` edits are tried by running the model again, ``rounds`` times in the search for a set that leaves
    nothing.
    """

    paths: int = 24
    paths_per_actor: int = 7
    paths_per_goal: int = 3
    attempts: int = 48
    alike: int = 3
    jewels_from_elsewhere: int = 40
    fixes: int = 60
    rounds: int = 12
    choke_points: int = 10


DEFAULT_LIMITS = Limits()
