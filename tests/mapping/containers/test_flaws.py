"""Known flaws by version."""

from __future__ import annotations

import re

import pytest

from breachway.mapping.containers.flaws import flaws_of, kernel_flaws
from breachway.mapping.containers.host_versions import KERNEL_WAYS, RUNTIME_WAYS
from breachway.mapping.containers.versions import parse_intervals, parse_release
from breachway.threats.escape_cves import load_escape_flaws

FED = {way for item in KERNEL_WAYS for way in item.ways} | {way for _, ways in RUNTIME_WAYS for way in ways}
FED |= {"release-agent", "shim", "desktop", "pod", "sub-path", "git-repo", "loopback", "upgrade", "held-node"}
MODELLED = {"cri-o", "containerd", "docker", "docker-desktop", "kube-apiserver", "kubelet", "linux"}
MODELLED |= {"nvidia-container-toolkit", "runc"}


def test_the_table_is_sound() -> None:
    flaws = load_escape_flaws()
    assert len(flaws) == 122
    assert len({flaw.cve for flaw in flaws}) == 118
    for flaw in flaws:
        assert re.fullmatch(r"CVE-\d{4}-\d{4,7}", flaw.cve)
        assert parse_intervals(flaw.affected), flaw.cve
        assert all(parse_release(text) for text in flaw.streams), flaw.cve
        assert set(flaw.ways) <= FED, flaw.cve
        assert flaw.needs in {"", "windows", "gpu", "config"}, flaw.cve
        assert flaw.note, flaw.cve
        assert not flaw.exploited or re.fullmatch(r"20\d\d-\d\d-\d\d", flaw.exploited)
        assert 0.0 <= flaw.score <= 10.0


def test_every_way_of_a_component_that_hosts_report_is_fed() -> None:
    flaws = load_escape_flaws()
    assert {way for flaw in flaws for way in flaw.ways} == FED
    assert {flaw.component for flaw in flaws if flaw.ways} == MODELLED


def _found(component: str, text: str, *needs: str) -> dict[str, bool]:
    verdict = flaws_of(component, text, frozenset(needs))
    assert verdict is not None
    return {match.flaw.cve: match.certain for match in verdict.matches}


def _kernel(text: str, system: str = "") -> dict[str, bool]:
    verdict = kernel_flaws(text, system)
    assert verdict is not None
    return {match.flaw.cve: match.certain for match in verdict.matches}


@pytest.mark.parametrize(
    "component, text, cve, certain",
    [
        ("runc", "1.1.11", "CVE-2024-21626", True),
        ("runc", "1.1.12", "CVE-2024-21626", None),
        ("runc", "1.0.0-rc92", "CVE-2024-21626", None),
        ("runc", "1.1.5+ds1", "CVE-2024-21626", False),
        ("runc", "1.3.0-rc.2", "CVE-2025-52565", True),
        ("containerd", "1.4.2", "CVE-2020-15257", True),
        ("containerd", "1.4.3", "CVE-2020-15257", None),
        ("containerd", "1.3.8", "CVE-2020-15257", True),
        ("containerd", "1.5.0-beta.3", "CVE-2020-15257", None),
        ("containerd", "1.6.0~ds1", "CVE-2022-23648", False),
        ("cri-o", "1.23.1", "CVE-2022-0811", True),
        ("cri-o", "1.24.0", "CVE-2022-0811", None),
        ("cri-o", "1.27.4-1.rhaos4.14", "CVE-2024-3154", False),
        ("docker", "18.9.1", "CVE-2019-5736", True),
        ("docker", "18.09.2", "CVE-2019-5736", None),
        ("docker-desktop", "4.43.1", "CVE-2025-9074", True),
        ("docker-desktop", "4.44.3", "CVE-2025-9074", None),
        ("kubelet", "v1.22.1", "CVE-2021-25741", True),
        ("kubelet", "v1.22.2", "CVE-2021-25741", None),
        ("kubelet", "v1.21.4-eks-0389ca3", "CVE-2021-25741", False),
        ("kubelet", "v1.27.3-gke.100", "CVE-2024-10220", False),
        ("kubelet", "v1.30.2+k3s1", "CVE-2024-10220", True),
    ],
)
def test_ranges_of_runtimes_and_kubelets(component: str, text: str, cve: str, certain: bool | None) -> None:
    assert _found(component, text).get(cve) is certain


def test_a_condition_of_the_host_narrows() -> None:
    assert "CVE-2023-3676" not in _found("kubelet", "v1.28.0")
    assert _found("kubelet", "v1.28.0", "windows")["CVE-2023-3676"]
    assert _found("nvidia-container-toolkit", "1.16.1") == {}
    assert _found("nvidia-container-toolkit", "1.16.1", "gpu")["CVE-2024-0132"]


@pytest.mark.parametrize(
    "text, system, cve, certain",
    [
        # A series is fixed from its own stable release on.
        ("5.10.101", "", "CVE-2022-0847", True),
        ("5.10.102", "", "CVE-2022-0847", None),
        ("5.16.10", "", "CVE-2022-0847", True),
        ("5.16.11", "", "CVE-2022-0847", None),
        # One that ended before the fix keeps the flaw; one before the flaw never had it.
        ("5.13.19", "", "CVE-2022-0847", True),
        ("5.4.100", "", "CVE-2022-0847", None),
        ("5.17-rc5", "", "CVE-2022-0847", True),
        ("5.17-rc6", "", "CVE-2022-0847", None),
        ("5.17", "", "CVE-2022-0847", None),
        # Ubuntu's and Debian's numbers stand still.
        ("5.15.0-1050-aws", "Ubuntu 22.04.3 LTS", "CVE-2024-1086", False),
        ("6.8.0-45-generic", "Ubuntu 24.04 LTS", "CVE-2024-1086", None),
        ("5.10.0-28-amd64", "Debian GNU/Linux 11", "CVE-2024-1086", False),
        # Amazon's and Google's follow the stable releases.
        ("5.10.205-195.807.amzn2.x86_64", "Amazon Linux 2", "CVE-2024-1086", False),
        ("5.10.210-201.852.amzn2.x86_64", "Amazon Linux 2", "CVE-2024-1086", None),
        ("5.15.133+", "Container-Optimized OS from Google", "CVE-2024-1086", False),
        ("6.1.75", "Bottlerocket OS 1.19.0", "CVE-2024-1086", False),
        ("6.1.75", "Buildroot 2024.02", "CVE-2024-1086", True),
        # Red Hat brings features of later series, and so their flaws.
        ("4.18.0-348.el8.x86_64", "Red Hat Enterprise Linux 8.5", "CVE-2022-0185", False),
        ("4.18.0", "Buildroot", "CVE-2022-0185", None),
        # A setting decides, or the range is recalled.
        ("5.10.30", "", "CVE-2021-3490", False),
        ("6.1.119", "", "CVE-2024-53141", False),
    ],
)
def test_ranges_of_kernels(text: str, system: str, cve: str, certain: bool | None) -> None:
    assert _kernel(text, system).get(cve) is certain


def test_the_worst_come_first() -> None:
    verdict = kernel_flaws("5.10.57", "Buildroot")
    assert verdict is not None
    assert [match.flaw.cve for match in verdict.matches[:3]] == ["CVE-2022-0185", "CVE-2022-0847", "CVE-2024-1086"]


def test_what_is_no_version_has_no_verdict() -> None:
    assert flaws_of("containerd", "unknown") is None
    assert kernel_flaws("", "Ubuntu") is None


def test_an_old_filter_may_let_a_call_through() -> None:
    """Docker 23 and containerd 1.7 refuse virtual sockets, Docker 25 and containerd 2.0 io_uring; earlier ones let them pass."""
    verdict = kernel_flaws("5.15.60", "Buildroot")
    assert verdict is not None
    by_way = {way: {match.flaw.cve: match.certain for match in verdict.by_way(way)} for way in ("unfiltered", "plain")}
    for cve in ("CVE-2022-2602", "CVE-2025-21756"):
        assert (by_way["unfiltered"][cve], by_way["plain"][cve]) == (True, False)


def test_a_flaw_that_stays_inside_is_no_way() -> None:
    assert not {"CVE-2023-0386", "CVE-2019-16884"} & {*_kernel("5.15.80"), *_found("runc", "1.0.0-rc8")}
