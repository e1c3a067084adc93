"""Whether something enters a running container from outside: the moment that flaws of the runtime wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.beliefs import NOT_ENTERED
from breachway.mapping.containers.grounds import Finding, believe, observed

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder


def entering(builder: ModelBuilder, command: Location | None, location: Location, what: str) -> Finding:
    """The finding for ``notEntered``.

    ``command`` is where a check or hook that runs a program inside is stated, None where there is none; ``what`` names it.  The
    platform runs it through the runtime, again and again; without one, people still may.
    """
    if command is not None:
        return Finding(0.0, observed(command, f"{what} runs a program in the container through the runtime"))
    return believe(builder, NOT_ENTERED, location)
