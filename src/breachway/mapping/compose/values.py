"""Reading the leaves of a Compose service: flags that may hang on variables, and evidence for what is not said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers.grounds import UNSET_VARIABLE, Finding, believe, defaulted, observed
from breachway.sources.compose.objects import Unknown

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.sources.compose.objects import Flag, Text

ENGINE = "Docker Engine reference: docker run"
COMPOSE = "Compose specification"
PLATFORM = "compose"


class Place(NamedTuple):
    """The asset that rules speak of, the object of the artefact that stands for it, and where that object begins."""

    builder: ModelBuilder
    asset: str
    subject: str
    location: Location

    def silent(self, note: str, source: str = ENGINE) -> tuple[Evidence, ...]:
        """Evidence for a default: the service says nothing."""
        return defaulted(self.location, note, source)

    def unknown(self, location: Location, written: str, keys: tuple[str, ...] = ()) -> Finding:
        """The finding for a setting that hangs on a variable without a value."""
        return believe(self.builder, UNSET_VARIABLE, location, f"{written} hangs on a variable without a value", keys)


def is_true(flag: Flag | None) -> bool:
    """Whether a flag is plainly true."""
    return flag is not None and not isinstance(flag, Unknown) and flag.value


def says(text: Text | None, *values: str) -> tuple[Evidence, ...]:
    """Evidence that a field has one of these values; empty when it has not."""
    if text is None or text.value not in values:
        return ()
    return observed(text.location, f"{text.location.pointer.rpartition('/')[2] or 'value'}: {text.value}")
