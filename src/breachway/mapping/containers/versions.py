"""Versions of what runs on a host, as nodes and people write them, and how they compare.

A version has the upstream release in front and what a distribution or a builder put behind it.  The upstream part decides
whether a flaw is in the source; what stands behind decides whether somebody may have fixed it without saying so in the number.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_NUMBERS = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,5})")
_CANDIDATE = re.compile(r"[-~.]?(alpha|beta|pre|rc|dev)[.\-]?(\d{1,9}(?:\.\d{1,14})*)?(?=$|[^a-z0-9])")
_CANDIDATE_RANKS = {"dev": 0, "alpha": 1, "beta": 2, "pre": 3, "rc": 4}
_EDITION = re.compile(r"-[ce]e(?=$|[-+~])")
_REBUILT = re.compile(r"[+\-](?:k3s|rke2r|k0s|rke2)[.\-]?\d{0,4}\Z|\+unknown\Z|-dirty\Z")
"""Builds that take upstream's source as it is: k3s, RKE2, k0s, and what a build without git says."""

_FROZEN_KERNEL = re.compile(r"\.el\d|-1[0-9]0\d{3}\.|\.azl|\.fc\d")
_RED_HAT_KERNEL = re.compile(r"\.el\d")
_SAFE_TEXT = re.compile(r"[^A-Za-z0-9._+~-]")
_FINAL = (9,)
_LONGEST = 64


class Version(NamedTuple):
    """``numbers`` of the release without trailing zeros; ``candidate`` sorts a release candidate before its release.

    ``suffix`` is what a distribution or a builder added, empty for upstream's own; ``text`` is the version as it was written,
    with nothing in it but characters that versions have.
    """

    numbers: tuple[int, ...]
    candidate: tuple[int, ...]
    suffix: str
    text: str

    @property
    def order(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What upstream's own order compares."""
        return self.numbers, self.candidate

    @property
    def series(self) -> tuple[int, int]:
        """The major and minor number."""
        major, minor, *_ = (*self.numbers, 0)
        return major, minor

    @property
    def distributed(self) -> bool:
        """Whether somebody else than upstream built it, so that fixes may be in it that the number does not show."""
        return bool(self.suffix) and _REBUILT.match(self.suffix) is None


@lru_cache(maxsize=4096)
def parse_release(text: str) -> Version | None:
    """Read ``1.6.4~ds1``, ``v1.27.3-gke.100``, ``5.10.0-28-amd64``, ``1.1.0-rc.1`` and the like; None for anything else."""
    plain = text.strip()[:_LONGEST]
    found = _NUMBERS.match(plain)
    if found is None:
        return None
    numbers = [int(part) for part in found[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    rest = _EDITION.sub("", plain[found.end() :], count=1)
    ahead = _CANDIDATE.match(rest)
    candidate: tuple[int, ...] = _FINAL
    if ahead is not None:
        parts = tuple(int(part) for part in (ahead[2] or "0").split("."))
        candidate = (_CANDIDATE_RANKS[ahead[1]], *parts)
        rest = rest[ahead.end() :]
    return Version(tuple(numbers), candidate, rest, _SAFE_TEXT.sub("", plain))


class KernelVersion(NamedTuple):
    """A kernel's version.

    ``frozen`` tells that its last number does not grow with upstream's stable releases (Debian, Ubuntu, Red Hat, SUSE), so that
    it says nothing of the fixes inside.  ``backported`` tells that features of later series are in it too (Red Hat).
    ``ubuntu_build`` is the build number of Ubuntu's own kernel with its flavour, (0, "") for any other.
    """

    release: Version
    distributed: bool
    frozen: bool
    backported: bool
    ubuntu_build: tuple[int, str]


_DISTRIBUTIONS = (
    "almalinux", "amazon linux", "azure linux", "bottlerocket", "centos", "container-optimized os", "debian", "fedora",
    "flatcar", "mariner", "oracle linux", "photon", "red hat", "rhcos", "rocky", "sles", "suse", "talos", "ubuntu",
)  # fmt: skip
"""Systems whose makers build their own kernels, by words of ``osImage``; some put no suffix behind the number."""

_UBUNTU = re.compile(r"-(\d{1,6})-([a-z]{1,20})\Z")


def parse_kernel(text: str, system: str = "") -> KernelVersion | None:
    """Read the release of a kernel as ``uname -r`` prints it, on the named operating system; None where there is no number."""
    release = parse_release(text)
    if release is None:
        return None
    red_hat = _RED_HAT_KERNEL.search(release.suffix) is not None
    third = (*release.numbers, 0, 0, 0)[2]
    build = _UBUNTU.match(release.suffix)
    ubuntu = build is not None and ("ubuntu" in system.lower() or build[2] in {"generic", "lowlatency"})
    return KernelVersion(
        release=release,
        distributed=release.distributed or any(name in system.lower() for name in _DISTRIBUTIONS),
        frozen=red_hat
        or _FROZEN_KERNEL.search(release.suffix) is not None
        or (third == 0 and re.match(r"-\d", release.suffix) is not None),
        backported=red_hat,
        ubuntu_build=(int(build[1]), build[2]) if ubuntu and build is not None else (0, ""),
    )


class Interval(NamedTuple):
    """Versions from ``low`` (inclusive; None for the first one) to ``high`` (inclusive where ``closed``; None for no end)."""

    low: Version | None
    high: Version | None
    closed: bool

    def holds(self, version: Version) -> bool:
        """Whether a version lies in it, by upstream's order."""
        if self.low is not None and version.order < self.low.order:
            return False
        if self.high is None:
            return True
        return version.order <= self.high.order if self.closed else version.order < self.high.order


def parse_intervals(text: str) -> tuple[Interval, ...]:
    """Read ranges of a table: ``>=1.0.0-rc93 <1.1.12; =1.28.0; *``.  ValueError names what is no version."""
    return tuple(_interval(part.strip()) for part in text.split(";") if part.strip())


def _interval(text: str) -> Interval:
    low = high = None
    closed = False
    for word in text.split():
        if word == "*":
            continue
        mark, number = (word[:2], word[2:]) if word[:2] in {">=", "<="} else (word[:1], word[1:])
        version = parse_release(number)
        if version is None or mark not in {">=", "<=", "<", "="}:
            message = f"no range of versions: {text}"
            raise ValueError(message)
        if mark in {">=", "="}:
            low = version
        if mark in {"<", "<=", "="}:
            high, closed = version, mark != "<"
    return Interval(low, high, closed)
