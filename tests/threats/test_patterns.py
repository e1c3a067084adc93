"""The table of security patterns fits the language and says all that a report needs."""

from __future__ import annotations

from collections import Counter

from breachway.threats.language import StepKind
from breachway.threats.loading import load_language
from breachway.threats.patterns import PATTERNS, load_controls


def test_every_defence_of_the_table_is_one_of_the_language() -> None:
    known = {
        f"{kind.name}.{step.name}" for kind in load_language().assets for step in kind.steps if step.kind is StepKind.DEFENCE
    }
    assert [one for control in load_controls() for one in control.defences if one not in known] == []


def test_each_pattern_has_controls_and_each_control_its_words() -> None:
    assert {control.pattern for control in load_controls()} == set(PATTERNS)
    for control in load_controls():
        assert control.defences
        assert control.threat[0].isupper() or control.threat.startswith("etcd")
        assert not control.threat.endswith(".")
        assert not control.mitigation.endswith(".")


def test_no_defence_and_no_key_stands_twice() -> None:
    assert [one for one, times in Counter(control.key for control in load_controls()).items() if times > 1] == []
    defences = Counter(one for control in load_controls() for one in control.defences)
    assert [one for one, times in defences.items() if times > 1] == []
    # A class counts for those below it, so the same defence under a class and its ancestor would be told twice.
    lineages = {kind.name: kind.lineage[1:] for kind in load_language().assets}
    for one in defences:
        kind, _, name = one.partition(".")
        assert not [above for above in lineages[kind] if f"{above}.{name}" in defences]


def test_the_example_of_the_mission_is_answered() -> None:
    """Stolen privileged credentials, root on the host, user-namespace mapping."""
    control = next(one for one in load_controls() if "Container.userNamespace" in one.defences)
    assert control.pattern == "authorization"
    assert "root on the host" in control.threat
    assert "user namespace" in control.mitigation
