from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from weaknesses import HERE, Case, Judgement, Tally, agrees, conclude, out_of_scope, parse_case, read_column, share, tallies

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def case(identifier: str = "suite/rule/1", *, bad: bool = True, keys: tuple[str, ...] = ("a",), source: str = "suite") -> Case:
    return Case(id=identifier, source=source, platform="k8s", bad=bad, keys=keys, files=())


def found(*keys: str) -> Judgement:
    return Judgement(weak=frozenset(keys))


def test_a_bad_case_agrees_when_one_of_its_weaknesses_is_found() -> None:
    assert agrees(case(keys=("a", "b")), found("b", "c"))
    assert not agrees(case(keys=("a", "b")), found("c"))


def test_a_good_case_agrees_when_none_is_found() -> None:
    assert agrees(case(bad=False), found("other"))
    assert not agrees(case(bad=False), found("a"))


def test_an_undecided_weakness_is_not_a_found_one() -> None:
    assert not agrees(case(), Judgement(unknown=frozenset({"a"})))


def test_a_nameless_file_gets_the_name_that_its_platform_uses() -> None:
    line = {"id": "x", "source": "s", "expect": "bad", "weaknesses": ["a"], "files": {"input": "FROM scratch"}}
    assert parse_case(json.dumps(line | {"platform": "dockerfile"})).files == (("Dockerfile", "FROM scratch"),)
    assert parse_case(json.dumps(line | {"platform": "kubernetes"})).files[0][0] == "input.yaml"


def test_what_is_not_an_artefact_of_a_platform_is_out_of_scope_with_a_reason() -> None:
    text = '{"kind": "KubeletInfo", "apiVersion": "hostdata.kubescape.cloud/v1beta0"}'
    assert "collected" in out_of_scope(replace(case(), files=(("node.json", text),)))
    assert out_of_scope(replace(case(), platform="terraform")) == "terraform"
    assert out_of_scope(replace(case(), files=(("pod.yaml", "apiVersion: v1\nkind: Pod\n"),))) == ""


def test_a_rule_of_several_keys_is_missed_only_when_none_is_found() -> None:
    cases = (case("1", keys=("a", "b")), case("2", keys=("a", "b")))
    result = tallies(cases, {"1": found("b"), "2": found()}, frozenset({"a", "b"}))
    assert result == {("a", "suite"): Tally(false_negative=1), ("b", "suite"): Tally(true_positive=1, false_negative=1)}


def test_precision_and_recall_are_shares_or_a_dash() -> None:
    tally = Tally()
    for bad, weak in ((True, True), (True, False), (False, True), (False, False)):
        tally.add(bad=bad, found=weak)
    assert tally.cells() == ("4", "1", "1", "1", "50.0 %", "50.0 %")
    assert share(0, 0) == "-"


def test_the_goal_needs_the_platform_suite_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    cases = (*(case(str(number)) for number in range(99)), case("suite", source="k8s-psa"))
    judgements = {item.id: found("a") for item in cases}
    assert conclude(every=cases, in_scope=cases, counted=cases, judgements=judgements, disputes={}, seconds=1.0) == 0
    assert "100.0 % agreement over 100 cases" in capsys.readouterr().out.splitlines()[-1]
    judgements["suite"] = found()
    assert conclude(every=cases, in_scope=cases, counted=cases, judgements=judgements, disputes={}, seconds=1.0) == 1
    assert "MISSED" in capsys.readouterr().out.splitlines()[-1]


def test_a_dispute_about_no_case_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    cases = (case("1"),)
    judgements = {"1": found("a")}
    assert conclude(every=cases, in_scope=cases, counted=cases, judgements=judgements, disputes={"gone": "why"}, seconds=1.0) == 1
    assert "gone" in capsys.readouterr().out


def test_the_lists_beside_the_script_are_well_formed(tmp_path: Path) -> None:
    (tmp_path / "list.tsv").write_text("case\treason\nx/1\tbecause\n", encoding="utf-8")
    assert read_column(tmp_path / "list.tsv") == {"x/1": "because"}
    assert len(read_column(HERE / "weakness_keys.tsv")) > 50
    assert all(reason.strip() for reason in read_column(HERE / "weakness_label_disputes.tsv").values())
