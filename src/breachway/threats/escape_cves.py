"""Known flaws of kernels, container runtimes and kubelets: which versions have them, and what an attacker needs to use them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from breachway.threats.tables import read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class EscapeFlaw:
    """One flaw of one component.

    ``affected`` are ranges of upstream versions (``>=1.0.0-rc93 <1.1.12; =1.28.0``); ``streams`` are the stable releases of the
    Linux kernel in which a series of its own got the fix.  ``ways`` say what an attacker must be able to do: "plain" (run any
    code), "unfiltered" (make any system call), "net-admin" and "net-raw" (hold that capability), "release-agent" (make any
    call, on control groups v1), "entered" (wait in a container that is entered), "image" and "image-read" (choose an image),
    "pod" (write a pod), "sub-path" (write to a volume of which a part is mounted), "git-repo" (write a pod with a
    volume that the node clones), "loopback" (send raw packets), "upgrade" (hold
    a right to exec or forward), "held-node" (be root on a node), "shim" (stand in the host's network),
    "desktop" (run any code on Docker Desktop).  Without a way the flaw leads out of no container.  ``needs`` narrows it:
    "windows", "gpu", or "config" (a
    build option, a kernel parameter or an old filter of calls: no artefact shows it).  ``exploited`` is the day on
    which CISA listed it as exploited, empty if it did not; ``score`` is the CVSS base score, 0.0 where there is none.
    ``certain`` is false where the range is recalled and not read at its source.
    """

    cve: str
    component: str
    affected: str
    streams: tuple[str, ...]
    ways: tuple[str, ...]
    needs: str
    exploited: str
    score: float
    certain: bool
    note: str

    @property
    def gravity(self) -> tuple[bool, float, str]:
        """The worst first: exploited ones, then by score, then by name."""
        return (not self.exploited, -self.score, self.cve)


@cache
def load_escape_flaws() -> tuple[EscapeFlaw, ...]:
    """Give every flaw, in the order of the table."""
    return tuple(
        EscapeFlaw(
            cve=row["cve"],
            component=row["component"],
            affected=row["affected"],
            streams=tuple(row["streams"].split()),
            ways=tuple(row["ways"].split()),
            needs=row["needs"],
            exploited=row["exploited"],
            score=float(row["score"] or 0.0),
            certain=row["checked"] == "read",
            note=row["note"],
        )
        for row in read_table("escape_cves.tsv")
    )
