"""What a project declares at its top level for its services to use: networks, named volumes, secrets and configs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.sources.compose.values import Flag, HostPath, Pair, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network of the project.

    ``name`` is what the engine calls it.  ``implicit`` marks the default network that no file declares.
    """

    key: str
    name: str
    location: Location
    external: Flag | None = None
    internal: Flag | None = None
    attachable: Flag | None = None
    driver: Text | None = None
    driver_options: tuple[Pair, ...] = ()
    implicit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedVolume:
    """A named volume.  ``host`` is the path behind a local volume whose options make it a bind mount (``o: bind``)."""

    key: str
    name: str
    location: Location
    external: Flag | None = None
    driver: Text | None = None
    driver_options: tuple[Pair, ...] = ()
    host: HostPath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A declared secret or config.

    Exactly one of ``file``, ``environment``, ``content`` or ``external`` says where its data comes from.
    """

    key: str
    name: str
    location: Location
    file: HostPath | None = None
    environment: Text | None = None
    content: Text | None = None
    external: Flag | None = None
