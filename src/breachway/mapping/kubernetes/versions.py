"""The minor version of Kubernetes that decides a default."""

from __future__ import annotations

import re
from typing import NamedTuple

_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})")


class KubernetesVersion(NamedTuple):
    """A minor version; compares by its numbers."""

    major: int
    minor: int

    @property
    def text(self) -> str:
        """The version as people write it."""
        return f"{self.major}.{self.minor}"


NEWEST = KubernetesVersion(1, 37)
"""The newest version whose defaults are known here; what an unknown version counts as."""


def parse_version(text: str) -> KubernetesVersion | None:
    """Read ``1.33``, ``v1.29.3`` or ``v1.31.2+k3s1``; None for anything else."""
    found = _VERSION.match(text.strip())
    return KubernetesVersion(int(found[1]), int(found[2])) if found else None
