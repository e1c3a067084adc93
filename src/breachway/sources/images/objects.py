"""Images as they are saved: what their configuration says, and what lies in their layers.

A place inside an archive is a document of its own: ``web.tar!sha256:0123456789ab/etc/shadow`` is the file of one layer,
``web.tar!sha256:ba9876543210`` the configuration of an image, ``web.tar!index.json`` a member of the archive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from breachway.evidence import Location


class Setting(NamedTuple):
    """One value of an image's configuration and its place."""

    value: str
    location: Location


class Line(NamedTuple):
    """One line of a file in a layer, cut to a bounded length; lines count from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """The configuration that a container of the image starts with.

    ``location`` stands for what is not said.  ``user`` is None where the key is absent or empty: such an image runs as root.
    ``environment`` are ``NAME=value`` texts; ``exposed`` are ports as ``8080/tcp``.  ``health`` is the place of a health check,
    None where there is none or it is switched off.
    """

    location: Location
    platform: str = ""
    user: Setting | None = None
    environment: tuple[Setting, ...] = ()
    exposed: tuple[Setting, ...] = ()
    entrypoint: tuple[Setting, ...] = ()
    command: tuple[Setting, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    health: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFile:
    """A file of a layer that may hold a credential.

    ``path`` begins with ``/``.  ``lines`` are those of its lines that look like credentials, ``text`` tells whether it is text
    that was looked through.  ``removed_by`` is the layer that deletes it again, empty where the image shows it to its end.
    """

    document: str
    path: str
    size: int
    text: bool
    lines: tuple[Line, ...] = ()
    removed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetuidFile:
    """A program of the final file system that runs as its owner or group; ``mode`` holds the permission bits."""

    document: str
    path: str
    mode: int
    owner: int
    group: int

    @property
    def as_root(self) -> bool:
        """Whether it is setuid and root owns it."""
        return bool(self.mode & 0o4000) and self.owner == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the final file system that stands out.

    ``user`` is its number, -1 where ``/etc/passwd`` does not say.  ``open`` tells an empty password hash; ``second_root`` an
    account other than root with the number 0.
    """

    name: str
    user: int
    open: bool
    second_root: bool
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer: its digest (of the uncompressed content where the configuration gives it), whether it was read to its end."""

    digest: str
    document: str
    entries: int
    read: bool
    files: tuple[LayerFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The distribution that ``os-release`` names: ``debian`` and ``12``, with the place of the version."""

    distribution: str
    version: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageArchive:
    """One image of an archive or a layout folder.

    ``document`` is the label of the archive, ``name`` the short digest that tells the image from others in it.
    ``references`` are the names that the archive gives to it, each with its place; ``digests`` are those of its manifest and
    configuration.  ``complete`` tells whether every layer was read to its end: only then does what was not found mean
    anything.  ``users`` are names and numbers of ``/etc/passwd`` in the final file system, None where no layer that was read
    has one.
    """

    document: str
    name: str
    location: Location
    references: tuple[Setting, ...]
    digests: tuple[str, ...]
    config: ImageConfig
    history: tuple[Setting, ...]
    layers: tuple[Layer, ...]
    complete: bool
    accounts: tuple[Account, ...] = ()
    users: tuple[tuple[str, int], ...] | None = None
    setuid: tuple[SetuidFile, ...] = ()
    release: Release | None = None
