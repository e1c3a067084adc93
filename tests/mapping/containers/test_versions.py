"""Versions as nodes write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.mapping.containers.versions import Interval, parse_intervals, parse_kernel, parse_release

ORDERED = (
    "1.0.0-rc8",
    "1.0.0-rc8.0.20190930",
    "1.0.0-rc9",
    "1.0.0-rc10",
    "1.0.0-rc95",
    "1.0.0",
    "1.1.0~rc1",
    "1.1.0-rc.2",
    "1.1",
    "1.1.12",
    "1.2.0-alpha.3",
    "1.2.0-beta.0",
    "1.2.0-rc.1",
    "1.2",
    "1.10",
    "2.0.0-beta.0",
    "2.0.0",
)


def test_upstream_orders_candidates_before_their_release() -> None:
    versions = [version for version in map(parse_release, ORDERED) if version is not None]
    assert len(versions) == len(ORDERED)
    assert [item.text for item in sorted(versions, key=lambda item: item.order)] == list(ORDERED)


@pytest.mark.parametrize(
    "text, numbers, distributed",
    [
        ("1.6.4~ds1", (1, 6, 4), True),
        ("v1.27.3-gke.100", (1, 27, 3), True),
        ("v1.28.5-eks-5e0fdde", (1, 28, 5), True),
        ("1.24.1-1.rhaos4.11.gitd4b1a26.el8", (1, 24, 1), True),
        ("1.7.12-0ubuntu2~22.04.1", (1, 7, 12), True),
        ("4.14.355-275.572.amzn2.x86_64", (4, 14, 355), True),
        ("5.15.133+", (5, 15, 133), True),
        ("v1.27.3+k3s1", (1, 27, 3), False),
        ("v1.30.4+rke2r1", (1, 30, 4), False),
        ("1.7.11-k3s2", (1, 7, 11), False),
        ("18.09.1-ce", (18, 9, 1), False),
        ("18.9.1", (18, 9, 1), False),
        ("v1.31.0-rc.1", (1, 31), False),
        ("v2.0.0", (2,), False),
    ],
)
def test_what_stands_behind_the_number_tells_who_built_it(text: str, numbers: tuple[int, ...], distributed: bool) -> None:
    version = parse_release(text)
    assert version is not None
    assert (version.numbers, version.distributed) == (numbers, distributed)


@pytest.mark.parametrize("text", ["", "unknown", "latest", "-1.2", "rc1"])
def test_what_is_no_version_is_none(text: str) -> None:
    assert parse_release(text) is None
    assert parse_kernel(text) is None


@pytest.mark.parametrize(
    "text, system, expected",
    [
        ("5.10.57", "Buildroot 2021.02.12", (False, False, False)),
        ("6.1.82", "Bottlerocket OS 1.19.4", (True, False, False)),
        ("5.15.0-1050-aws", "Ubuntu 22.04.3 LTS", (True, True, False)),
        ("5.10.0-28-amd64", "Debian GNU/Linux 11", (True, True, False)),
        ("6.12.38+deb13-amd64", "Debian GNU/Linux 13", (True, False, False)),
        ("4.18.0-553.el8_10.x86_64", "Red Hat Enterprise Linux 8.10", (True, True, True)),
        ("5.14.21-150500.55.19-default", "SUSE Linux Enterprise Server 15 SP5", (True, True, False)),
        ("5.10.205-195.807.amzn2.x86_64", "Amazon Linux 2", (True, False, False)),
        ("6.6.43-talos", "Talos (v1.7.6)", (True, False, False)),
        ("6.8-rc2", "", (False, False, False)),
    ],
)
def test_kernels_of_distributions(text: str, system: str, expected: tuple[bool, bool, bool]) -> None:
    kernel = parse_kernel(text, system)
    assert kernel is not None
    assert (kernel.distributed, kernel.frozen, kernel.backported) == expected


def test_ranges_hold_their_ends() -> None:
    ranges = parse_intervals(">=1.0.0-rc93 <1.1.12; =1.28.0")
    texts = ("1.0.0-rc92", "1.0.0-rc93", "1.1.11", "1.1.12-rc.1", "1.1.12", "1.28.0", "1.28.1")
    inside = [text for text in texts if _holds(ranges, text)]
    assert inside == ["1.0.0-rc93", "1.1.11", "1.1.12-rc.1", "1.28.0"]
    (closed,) = parse_intervals("<=1.16.1")
    assert [closed.holds(version) for version in map(parse_release, ("1.16.1", "1.16.2")) if version] == [True, False]
    (everything,) = parse_intervals("*")
    version = parse_release("0.1")
    assert version is not None
    assert everything.holds(version)


def _holds(intervals: tuple[Interval, ...], text: str) -> bool:
    version = parse_release(text)
    assert version is not None
    return any(interval.holds(version) for interval in intervals)


@pytest.mark.parametrize("text", ["1.2.3", "<x", "~1.2", ">=1.2 <oops"])
def test_a_range_that_is_none_is_a_fault_of_the_table(text: str) -> None:
    with pytest.raises(ValueError, match="no range of versions"):
        parse_intervals(text)


@given(st.text(max_size=120))
@settings(deadline=None, max_examples=200)
def test_hostile_versions_stay_short_and_plain(text: str) -> None:
    version = parse_release(text)
    if version is not None:
        assert len(version.text) <= 64
        assert all(letter.isascii() and (letter.isalnum() or letter in "._+~-") for letter in version.text)


@given(st.lists(st.integers(0, 999), min_size=1, max_size=4), st.lists(st.integers(0, 999), min_size=1, max_size=4))
@settings(deadline=None, max_examples=200)
def test_releases_compare_by_their_numbers(first: list[int], second: list[int]) -> None:
    one, other = parse_release(".".join(map(str, first))), parse_release(".".join(map(str, second)))
    assert one is not None
    assert other is not None
    width = max(len(first), len(second))
    padded = [item + [0] * (width - len(item)) for item in (first, second)]
    assert (one.order < other.order) == (padded[0] < padded[1])
