"""A light record of an object that adds nothing to what was read: one of many pods that their maker's template describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from breachway.evidence import Location


class Replica(NamedTuple):
    """A Pod, ReplicaSet or Job that was understood in full and says the same as an object that was read, or that runs nothing.

    ``owner`` is the controller that made it, ``maker`` the object behind that one where the name of the owner tells it (a
    Deployment behind its ReplicaSet), else the owner: kind and name each.  ``node`` is "" for what runs on none.
    """

    kind: str
    namespace: str
    name: str
    node: str
    owner: tuple[str, str]
    maker: tuple[str, str]
    location: Location


def maker_behind(owner: tuple[str, str], revision: str) -> tuple[str, str]:
    """The Deployment behind a ReplicaSet, which carries the hash of the template in its name; else the owner itself."""
    kind, name = owner
    if kind == "ReplicaSet" and revision and name.endswith(f"-{revision}"):
        return "Deployment", name.removesuffix(f"-{revision}")
    return owner
