"""Controllers that obey custom resources: which resources, how they are known in an input, and what they do for an author.

The facts stand in ``controllers.tsv``.  A right to write such a resource is a right to what its controller does: the confused
deputy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache

from breachway.threats.tables import read_table


class Reach(Enum):
    """Where a resource counts: in any namespace, in that of its controller alone, or as an object of the cluster."""

    ANYWHERE = "anywhere"
    OWN = "own"
    CLUSTER = "cluster"


class Gain(Enum):
    """What the author of a resource gets.

    ``APPLY``: whatever the controller's account may do.  ``PODS``: pods of the author's making in the resource's namespace.
    ``SECRETS``: Secrets of every namespace.  ``STORES``: what the stores of the input hand out.  ``NODES``: commands on new
    nodes.  ``EXCEPTIONS``: admission policies are passed by.  ``CLOUD``: the controller's identity in the cloud.  ``DISTURB``:
    pods are moved.  ``FEED``: what the neighbours that apply are given to apply.  ``HINT``: something that leads no further in
    the terms of the language.
    """

    APPLY = "apply"
    PODS = "pods"
    SECRETS = "secrets"
    STORES = "stores"
    NODES = "nodes"
    EXCEPTIONS = "exceptions"
    CLOUD = "cloud"
    DISTURB = "disturb"
    FEED = "feed"
    HINT = "hint"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerInfo:
    """One controller and the resources of one group that steer it.

    ``images`` are last parts of image repositories, ``names`` the names of its workloads; either tells it.  ``namespace`` is
    where it is installed by default.  ``administers`` tells whether its documented installation makes it cluster-admin.
    ``limit`` names the rule that may bound it ("" for none).  ``fields`` are those that steer it.  ``verified`` is false where
    the row is from general knowledge.
    """

    key: str
    title: str
    group: str
    plurals: tuple[str, ...]
    reach: Reach
    gain: Gain
    images: tuple[str, ...]
    names: tuple[str, ...]
    namespace: str
    administers: bool
    limit: str
    fields: tuple[str, ...]
    note: str
    verified: bool


@cache
def load_controllers() -> tuple[ControllerInfo, ...]:
    """Give every known controller, in the order of the table."""
    return tuple(
        ControllerInfo(
            key=row["key"],
            title=row["title"],
            group=row["group"],
            plurals=tuple(row["plurals"].split()),
            reach=Reach(row["reach"]),
            gain=Gain(row["gain"]),
            images=tuple(row["images"].split()),
            names=tuple(row["names"].split()),
            namespace=row["account"].partition("/")[0],
            administers=row["power"] == "cluster-admin",
            limit=row["limit"],
            fields=tuple(row["fields"].split()),
            note=row["note"],
            verified=row["status"] == "verified",
        )
        for row in read_table("controllers.tsv")
    )
