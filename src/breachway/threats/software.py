"""Well-known software, recognised by its image: what it is, where it listens, and whether it asks who is there.

The facts stand in ``software.tsv``.  A row applies to an unchanged image of that software; switches in the environment or on the
command line turn authentication on or off, and the mapping rooms look for those.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from breachway.threats.tables import read_table


class Habit(Enum):
    """What an unconfigured image does: always, never, or depending on its version or configuration."""

    YES = "yes"
    NO = "no"
    DEPENDS = "depends"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftwareInfo:
    """One product.

    ``images`` are the last parts of image repositories (``postgres``, ``portainer/agent``), where ``*`` stands for any text.
    ``role`` is one of datastore, cache, queue, storage, directory, identity, ci, registry, admin, dashboard, monitoring, ml,
    proxy and mesh. ``off_switches`` and ``on_switches`` are variables (``NAME`` or ``NAME=value``) and arguments (``--flag``)
    that turn authentication off or on.  ``management_ports`` is empty when the interface is on the usual ports.
    ``executes_by_design`` means that a client who is let in may run code as a matter of function.  ``verified`` is false where
    the row is from general knowledge and not yet checked against a source.
    """

    name: str
    images: tuple[str, ...]
    role: str
    ports: tuple[int, ...]
    authenticates: Habit
    off_switches: tuple[str, ...]
    on_switches: tuple[str, ...]
    management_interface: bool
    management_ports: tuple[int, ...]
    holds_data: bool
    data_paths: tuple[str, ...]
    executes_by_design: bool
    encrypts: Habit
    credential_env_names: tuple[str, ...]
    verified: bool


@cache
def load_software() -> tuple[SoftwareInfo, ...]:
    """Give every known product, in the order of the table; an earlier row wins."""
    return tuple(
        SoftwareInfo(
            name=row["name"],
            images=tuple(row["images"].split()),
            role=row["role"],
            ports=tuple(int(port) for port in row["ports"].split()),
            authenticates=Habit(row["authenticates"]),
            off_switches=tuple(row["off_switches"].split()),
            on_switches=tuple(row["on_switches"].split()),
            management_interface=row["management"] == "yes",
            management_ports=tuple(int(port) for port in row["management_ports"].split()),
            holds_data=row["holds_data"] == "yes",
            data_paths=tuple(row["data_paths"].split()),
            executes_by_design=row["executes_by_design"] == "yes",
            encrypts=Habit(row["encrypts"]),
            credential_env_names=tuple(row["credential_names"].split()),
            verified=row["status"] == "verified",
        )
        for row in read_table("software.tsv")
    )


_LONGEST_REFERENCE = 1024
"""Characters; a repository has at most 255, a host and a tag at most 253 and 128 (OCI distribution specification)."""


@cache
def _exact_names() -> dict[str, SoftwareInfo]:
    names: dict[str, SoftwareInfo] = {}
    for software in load_software():
        for image in software.images:
            if "*" not in image:
                names.setdefault(image, software)
    return names


@cache
def _patterns() -> tuple[tuple[str, SoftwareInfo], ...]:
    return tuple((image, software) for software in load_software() for image in software.images if "*" in image)


@lru_cache(maxsize=4096)
def identify(image: str) -> SoftwareInfo | None:
    """Recognise the software of an image reference (``registry:5000/team/redis:7@sha256:...``), or give None.

    The longest known tail of the repository wins, so ``prom/redis_exporter`` is never taken for Redis itself.  A text longer
    than any reference that a registry accepts is none.
    """
    if len(image) > _LONGEST_REFERENCE:
        return None
    repository = image.split("@", 1)[0].strip().lower()
    head, slash, last = repository.rpartition("/")
    repository = f"{head}{slash}{last.split(':', 1)[0]}"
    parts = [part for part in repository.split("/") if part]
    tails = ["/".join(parts[start:]) for start in range(len(parts))]
    exact = _exact_names()
    for tail in tails:
        if tail in exact:
            return exact[tail]
    for pattern, software in _patterns():
        depth = pattern.count("/") + 1
        if any(fnmatchcase(tail, pattern) for tail in tails if tail.count("/") + 1 == depth or pattern.endswith("/*")):
            return software
    return None
