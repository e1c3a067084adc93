from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.evidence import Basis, Evidence, Location
from breachway.mapping.containers.capabilities import (
    CapabilityRequest,
    NamedCapability,
    all_capabilities,
    docker_default_capabilities,
    effective_capabilities,
    map_capabilities,
)
from breachway.model import Verdict
from tests.mapping.containers.models import new_builder

PLACE = Location("compose.yaml", "/x", 3, 5)
CONTAINER = "compose:Container:shop/app"


def request(
    added: tuple[str, ...] = (), dropped: tuple[str, ...] = (), *, privileged: bool = False, drop_wins: bool = False
) -> CapabilityRequest:
    return CapabilityRequest(
        added=tuple(NamedCapability(name, PLACE) for name in added),
        dropped=tuple(NamedCapability(name, PLACE) for name in dropped),
        privileged=(Evidence(PLACE, Basis.OBSERVED, "privileged: true"),) if privileged else (),
        location=PLACE,
        defaults=docker_default_capabilities(),
        source="a manual",
        drop_wins=drop_wins,
    )


def judged(asked: CapabilityRequest) -> tuple[set[str], dict[str, float]]:
    builder = new_builder()
    builder.asset("Container", CONTAINER, "app", platform="compose", evidence=())
    findings = map_capabilities(builder, CONTAINER, asked, subject="service app")
    keys = {weakness.key for weakness in builder.build().weaknesses if weakness.verdict is Verdict.WEAK}
    return keys, {name: finding.probability for name, finding in findings.items()}


def test_docker_gives_fourteen_capabilities_by_default() -> None:
    assert len(docker_default_capabilities()) == 14
    assert effective_capabilities(request()) == docker_default_capabilities()


@pytest.mark.parametrize("spelling", ["SYS_ADMIN", "sys_admin", "CAP_SYS_ADMIN", "cap_sys_admin"])
def test_one_capability_has_many_spellings(spelling: str) -> None:
    keys, defences = judged(request((spelling,), ("all",)))
    assert {"cap-sys-admin", "cap-beyond-baseline"} <= keys
    assert "caps-not-dropped-all" not in keys
    assert defences["noSysAdmin"] == 0.0
    assert defences["noSysModule"] == defences["noRawSockets"] == 1.0


def test_all_shows_the_two_worst_by_name() -> None:
    keys, defences = judged(request(("ALL",)))
    assert {"cap-all", "cap-sys-admin", "cap-sys-module", "cap-beyond-baseline", "caps-not-dropped-all"} <= keys
    assert "cap-net-admin" not in keys
    assert set(defences.values()) == {0.0}


def test_a_privileged_container_holds_everything_and_shows_no_single_capability() -> None:
    keys, defences = judged(request((), ("ALL",), privileged=True))
    assert not keys
    assert set(defences.values()) == {0.0}


def test_dropping_raw_sockets_alone_keeps_the_defence_for_them() -> None:
    keys, defences = judged(request((), ("cap_net_raw",)))
    assert keys == {"caps-not-dropped-all"}
    assert defences["noRawSockets"] == 1.0


def test_docker_and_the_cri_differ_where_one_is_added_and_dropped() -> None:
    assert "SYS_ADMIN" in effective_capabilities(request(("SYS_ADMIN",), ("SYS_ADMIN",)))
    assert "SYS_ADMIN" not in effective_capabilities(request(("SYS_ADMIN",), ("SYS_ADMIN",), drop_wins=True))
    assert effective_capabilities(request(("ALL",), ("SYS_ADMIN",))) == all_capabilities() - {"SYS_ADMIN"}
    assert effective_capabilities(request(("ALL",), ("ALL",), drop_wins=True)) == frozenset()


NAMES = st.sampled_from((*sorted(all_capabilities()), "ALL"))


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, max_size=4), st.lists(NAMES, max_size=4), st.booleans())
def test_a_defence_stands_exactly_where_the_capability_is_not_held(added: list[str], dropped: list[str], drop_wins: bool) -> None:
    asked = request(tuple(added), tuple(dropped), drop_wins=drop_wins)
    held = effective_capabilities(asked)
    _, defences = judged(asked)
    assert (defences["noSysAdmin"] == 0.0) == ("SYS_ADMIN" in held)
    assert (defences["noRawSockets"] == 0.0) == ("NET_RAW" in held)
