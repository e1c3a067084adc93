"""What admission may refuse a pod for: what breaks each control, what that opens, which constraints of Gatekeeper stop it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from breachway.threats.tables import read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlBreach:
    """One way to break one control of the Pod Security Standards.

    ``since`` is the first version of the standard that has the check.  ``opens`` is what the breach gains by itself: ``node``
    (root on the node), ``windows`` (the same on a Windows node), ``network``, ``memory`` or ``none``.  ``specimen`` is JSON that
    is laid over a pod's specification or over a container (``place``).  ``field`` is a word that a policy about the control
    holds.
    """

    control: str
    title: str
    level: str
    since: str
    opens: str
    field: str
    place: str
    specimen: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatekeeperConstraint:
    """A constraint kind of the Gatekeeper library: the control that it refuses, and the parameter that opens it again.

    ``parameter`` is empty where none does; ``field`` is a word that the template of the kind holds.
    """

    kind: str
    control: str
    parameter: str
    field: str
    why: str


@cache
def load_breaches() -> tuple[ControlBreach, ...]:
    """Give every breach, those of one control together."""
    return tuple(
        ControlBreach(
            control=row["control"],
            title=row["title"],
            level=row["level"],
            since=row["since"],
            opens=row["opens"],
            field=row["field"],
            place=row["place"],
            specimen=row["specimen"],
            why=row["why"],
        )
        for row in read_table("admission_controls.tsv")
    )


@cache
def load_gatekeeper_constraints() -> dict[str, GatekeeperConstraint]:
    """Give the constraints by kind."""
    return {
        row["kind"]: GatekeeperConstraint(
            kind=row["kind"],
            control=row["control"],
            parameter=row["parameter"],
            field=row["field"],
            why=row["why"],
        )
        for row in read_table("gatekeeper_constraints.tsv")
    }
