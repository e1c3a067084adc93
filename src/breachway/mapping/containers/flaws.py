"""Which known flaws a version of a kernel, a runtime or a kubelet has: for certain, or unless its distributor fixed them."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.containers.versions import parse_intervals, parse_kernel, parse_release
from breachway.threats.escape_cves import load_escape_flaws

if TYPE_CHECKING:
    from breachway.mapping.containers.versions import Interval, KernelVersion, Version
    from breachway.threats.escape_cves import EscapeFlaw

LINUX = "linux"


class Match(NamedTuple):
    """A flaw that a version has by upstream's numbers.  ``certain`` is false where something that is not shown may close it."""

    flaw: EscapeFlaw
    certain: bool


class Verdict(NamedTuple):
    """What is known of one version: its text, and the flaws that it may have, the worst first.

    ``behind`` tells that the number itself is older than the fix; a frozen number (Debian's and Ubuntu's kernels) is not, as it
    says nothing either way.
    """

    text: str
    matches: tuple[Match, ...]
    behind: bool

    def by_way(self, *ways: str) -> tuple[Match, ...]:
        """The flaws that are open to an attacker who can do one of these."""
        return tuple(match for match in self.matches if any(way in match.flaw.ways for way in ways))


@cache
def _table(component: str) -> tuple[tuple[EscapeFlaw, tuple[Interval, ...], tuple[Version, ...]], ...]:
    """The flaws of a component that lead out of a container, the worst first, with their ranges."""
    flaws = sorted((item for item in load_escape_flaws() if item.component == component and item.ways), key=_gravity)
    return tuple((flaw, parse_intervals(flaw.affected), _releases(flaw.streams)) for flaw in flaws)


def _gravity(flaw: EscapeFlaw) -> tuple[bool, float, str]:
    return flaw.gravity


def _releases(texts: tuple[str, ...]) -> tuple[Version, ...]:
    return tuple(version for version in map(parse_release, texts) if version is not None)


@lru_cache(maxsize=1024)
def flaws_of(component: str, text: str, needs: frozenset[str] = frozenset()) -> Verdict | None:
    """Judge a version of anything but the kernel; None where the text is no version.

    ``needs`` are the conditions that hold on the host ("windows", "gpu"): a flaw that needs another is left out, and on Windows
    so is every flaw of Linux alone.
    """
    version = parse_release(text)
    if version is None:
        return None
    matches = tuple(
        Match(flaw, flaw.certain and not version.distributed)
        for flaw, intervals, _ in _table(component)
        if (not flaw.needs or flaw.needs in needs) and any(interval.holds(version) for interval in intervals)
    )
    return Verdict(version.text, matches, behind=True)


@lru_cache(maxsize=1024)
def kernel_flaws(text: str, system: str) -> Verdict | None:
    """Judge a kernel's release on the operating system named; None where the text is no version."""
    kernel = parse_kernel(text, system)
    if kernel is None:
        return None
    matches = tuple(
        Match(flaw, flaw.certain and not kernel.distributed and flaw.needs != "config")
        for flaw, intervals, streams in _table(LINUX)
        if any(_kernel_has(kernel, interval, streams) for interval in intervals)
    )
    return Verdict(kernel.release.text, matches, behind=not kernel.frozen)


def _kernel_has(kernel: KernelVersion, interval: Interval, streams: tuple[Version, ...]) -> bool:
    """Whether a kernel may have a flaw, by the rule of the stable releases: a series is fixed from its own fix on.

    A series of the range that never got a fix keeps the flaw.  A frozen number stands for its whole series, and Red Hat's also
    has what later series brought.
    """
    release = kernel.release
    if interval.high is not None and release.order >= interval.high.order:
        return False
    if kernel.backported:
        return True
    series = release.series
    if interval.low is not None and release.order < interval.low.order and not (kernel.frozen and series == interval.low.series):
        return False
    if kernel.frozen:
        return True
    return all(release.order < fix.order for fix in streams if fix.series == series)
