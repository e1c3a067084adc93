"""What ``breachway can`` answers: what somebody holds, may do and may reach, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breachway.evidence import Evidence
    from breachway.mapping.kubernetes.permissions.access_requests import Identity
    from breachway.mapping.kubernetes.permissions.authorization import Dangling, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Somebody that was asked for: as whom it acts, and the assets of the model that stand for it (ids, sorted).

    ``namespace`` is where it is at home, empty where that means nothing.
    """

    title: str
    namespace: str = ""
    identities: tuple[Identity, ...] = ()
    principals: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A credential, and where it is found ("" where that needs no saying).

    ``probability`` is the belief that it is really there; ``token`` tells that the API server knows its holder by it.
    """

    what: str
    where: str
    probability: float
    evidence: tuple[Evidence, ...]
    token: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """A dangerous right in the words of the catalogue; ``scope`` is a namespace, "" for everywhere, or the name of a policy."""

    title: str
    defence: str
    scope: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """Something on the network; ``probability`` is the belief that it is open, 0 where it is known to be closed."""

    kind: str
    name: str
    asset: str
    probability: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All three permissions of somebody.

    ``dangling`` are references of the cluster's bindings that lead nowhere; ``remarks`` say what else belongs to the answer, and
    what it could not see.
    """

    who: Who
    holds: tuple[Held, ...]
    powers: tuple[Power, ...]
    rights: tuple[Permission, ...]
    reaches: tuple[Reachable, ...]
    dangling: tuple[Dangling, ...]
    remarks: tuple[str, ...]
