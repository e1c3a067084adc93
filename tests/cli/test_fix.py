"""``breachway fix`` on a copy of the shop: the set, its proof, the changes, and what happens when they are written."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from breachway.cli.applying import FileChange, apply_changes
from breachway.cli.exit_codes import ExitCode
from breachway.errors import OutputError
from tests.cli.given import breachway

SHOP = Path("examples/shop")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(SHOP, tmp_path / "shop")
    monkeypatch.chdir(tmp_path)
    return Path("shop")


def answer(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shop_as_it_is(*arguments) if arguments[0] == str(SHOP) else printed(*arguments))
    return found


def printed(*arguments: str) -> str:
    outcome = breachway("fix", *arguments, "--format", "json")
    assert outcome.code is ExitCode.CLEAN, outcome.err
    return outcome.out


@cache
def shop_as_it_is(*arguments: str) -> str:
    return printed(*arguments)


def texts(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".orig"}


def test_the_set_is_proven_and_leaves_nothing_when_all_of_it_is_done() -> None:
    found = answer(str(SHOP))
    assert found["proven"]
    assert found["cost"] == found["bound"] == sum(fix["cost"] for fix in found["fixes"])
    closable = [goal for goal in found["goals"] if goal["starts"]]
    assert closable
    assert [goal["title"] for goal in closable if goal["open_when_all_done"]] == []
    assert all(fix["verified"] == fix["edited"] for fix in found["fixes"])
    assert all(fix["keeps"] for fix in found["fixes"])
    assert {reason for goal in found["goals"] for reason in goal["why"] if goal["never_closed"]}


def test_a_budget_buys_the_most_and_more_money_never_less() -> None:
    won = []
    for budget in ("0", "1", "3", "7", "100"):
        found = answer(str(SHOP), "--budget", budget)
        assert found["cost"] <= float(budget)
        assert found["proven"]
        won.append(found["won"])
    assert won == sorted(won)
    assert won[0] == 0
    assert won[-1] == answer(str(SHOP))["worth"]


def test_a_goal_alone_needs_less_than_all() -> None:
    one = answer(str(SHOP), "--goal", "card provider")
    assert {goal["title"] for goal in one["goals"]} == {"the card provider's API key"}
    assert one["cost"] < answer(str(SHOP))["cost"]


def test_what_is_accepted_is_not_taken_and_what_only_it_closes_is_said() -> None:
    first = answer(str(SHOP))
    key = "runtime-socket-mount"
    taken = {fix["id"] for fix in first["fixes"] if key in fix["weaknesses"]}
    assert taken
    found = answer(str(SHOP), "--accept", key)
    assert not taken.intersection(fix["id"] for fix in found["fixes"])
    assert taken <= {one["id"] for one in found["accepted"]}
    by_id = answer(str(SHOP), "--accept", min(taken).lower())
    assert min(taken) in {one["id"] for one in by_id["accepted"]}
    reasons = {reason for goal in found["goals"] for reason in goal["why"]}
    assert any(reason.startswith("left as it is: F") for reason in reasons)


def test_costs_of_the_user_decide(shop: Path) -> None:
    with (shop / "breachway.yaml").open("a", encoding="utf-8") as file:
        file.write("costs:\n  sa-token-automounted: 50\n  rbac-create-workloads: 0.5\n")
    found = answer("shop")
    assert found["proven"]
    assert "rbac-create-workloads" in {key for fix in found["fixes"] for key in fix["weaknesses"]}
    with (shop / "breachway.yaml").open("a", encoding="utf-8") as file:
        file.write("  sa-token-automount: 5\n")
    outcome = breachway("fix", "shop")
    assert outcome.code is ExitCode.USAGE
    assert "sa-token-automounted" in outcome.err


def test_the_text_fits_and_holds_no_secret() -> None:
    for form in (("--diff",), ("--format", "json"), ("--show", "F3")):
        outcome = breachway("fix", str(SHOP), *form)
        assert outcome.code is ExitCode.CLEAN
        for secret in secrets():
            assert secret not in outcome.out
    lines = breachway("fix", str(SHOP)).out.splitlines()
    assert [line for line in lines if len(line) > 80 and not line.lstrip().startswith("run: ")] == []


def secrets() -> list[str]:
    """Values in the shop's files that are evidence of a literal secret."""
    text = (SHOP / "kubernetes" / "checkout.yaml").read_text(encoding="utf-8")
    found = text.partition("PAYMENTS_SIGNING_SECRET")[2].partition("value:")[2].split("\n")[0].strip().strip('"')
    assert len(found) > 8
    return [found]


def test_the_diff_is_what_git_takes_and_gives_what_apply_writes(shop: Path, tmp_path: Path) -> None:
    shutil.copytree("shop", tmp_path / "other" / "shop")
    diff = breachway("fix", "shop", "--format", "diff").out
    assert breachway("fix", "shop", "--apply").code is ExitCode.CLEAN
    done = subprocess.run(["git", "apply"], input=diff.encode(), cwd=tmp_path / "other", capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    others = texts(tmp_path / "other" / "shop")
    assert [text for _, text in sorted(others.items())] == [text for _, text in sorted(texts(shop).items())]


def test_apply_keeps_copies_says_before_and_after_and_has_nothing_left_to_do(shop: Path) -> None:
    before = texts(shop)
    (shop / "compose.yaml").chmod(0o640)
    expected = answer("shop")
    outcome = breachway("fix", "shop", "--apply")
    assert outcome.code is ExitCode.CLEAN
    copies = sorted(shop.rglob("*.orig"))
    assert len(copies) == len(expected["changes"]) > 0
    for copy in copies:
        original = str(copy).removesuffix(".breachway-1.orig")
        assert copy.read_bytes() == before[original] != Path(original).read_bytes()
    assert (shop / "compose.yaml").stat().st_mode & 0o777 == 0o640
    closable = [goal for goal in expected["goals"] if goal["starts"]]
    still_open = [goal for goal in closable if goal["open_when_edited"]]
    told = f"run again on the files: {len(closable) - len(still_open)} of {len(closable)} goals closed, {len(still_open)} open"
    assert told in outcome.err
    after = texts(shop)
    again = breachway("fix", "shop", "--apply")
    assert "no file needs a change" in again.err
    assert texts(shop) == after
    assert len(sorted(shop.rglob("*.orig"))) == len(copies)
    now = answer("shop")
    assert len([goal for goal in now["goals"] if goal["starts"]]) == len(still_open)
    assert now["cost"] == sum(fix["cost"] for fix in expected["fixes"] if not fix["edited"])


def test_comments_and_everything_else_in_the_files_stay(shop: Path) -> None:
    before = (shop / "compose.yaml").read_text(encoding="utf-8").splitlines()
    breachway("fix", "shop", "--apply")
    after = (shop / "compose.yaml").read_text(encoding="utf-8").splitlines()
    gone = [line for line in before if line not in after]
    assert gone == ["      - /var/run/docker.sock:/var/run/docker.sock"]
    assert [line for line in after if line not in before] == []


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--budget", "-1"), "out of range"),
        (("--budget", "nan"), "out of range"),
        (("--budget", "much"), "a number from 0"),
        (("--goal", "card providers"), "the nearest: the card provider's API key"),
        (("--accept", "F9999"), "there is no fix F9999"),
        (("--accept", "runtime-socket"), "runtime-socket-mount"),
        (("--accept", ""), "nothing here is called"),
        (("--show", "F0"), "there is no fix F0"),
    ],
)
def test_bad_arguments_are_told_with_what_would_be_right(arguments: tuple[str, ...], said: str) -> None:
    outcome = breachway("fix", str(SHOP), *arguments)
    assert outcome.code is ExitCode.USAGE
    assert outcome.out == ""
    assert said in outcome.err


def test_good_news_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n", encoding="utf-8")
    outcome = breachway("fix", str(tmp_path))
    assert outcome.code is ExitCode.CLEAN
    assert "No attacker reaches" in outcome.out or "no crown jewel" in outcome.out
    assert "no file needs a change" in breachway("fix", str(tmp_path), "--apply").err


def test_the_standard_input_is_told_as_commands() -> None:
    text = b"---\n".join(path.read_bytes() for path in sorted((SHOP / "kubernetes").glob("*.yaml")))
    outcome = breachway("fix", "-", "--apply", stdin=text)
    assert outcome.code is ExitCode.CLEAN
    assert "run: kubectl patch" in outcome.out
    assert "no file needs a change" in outcome.err


# ------------------------------------------------------------------------------------------------------------- writing the files


def change(path: Path, after: str = "new\n") -> FileChange:
    return FileChange(path, path.read_text(encoding="utf-8"), after)


def files(folder: Path) -> tuple[Path, Path]:
    one, two = folder / "a.yaml", folder / "b.yaml"
    one.write_text("one\n", encoding="utf-8")
    two.write_text("two\n", encoding="utf-8")
    return one, two


def refused(changes: list[FileChange], folder: Path, said: str) -> None:
    with pytest.raises(OutputError, match=said):
        apply_changes(changes, [str(folder)])


def test_a_file_that_changed_since_it_was_read_stops_all(tmp_path: Path) -> None:
    one, two = files(tmp_path)
    changes = [change(one), change(two)]
    two.write_text("another\n", encoding="utf-8")
    refused(changes, tmp_path, "changed since it was read; nothing was written")
    assert one.read_text(encoding="utf-8") == "one\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", "b.yaml"]


def test_a_read_only_file_a_link_and_a_stranger_are_left_alone(tmp_path: Path) -> None:
    one, two = files(tmp_path)
    one.chmod(0o444)
    refused([change(two), change(one)], tmp_path, "read-only; nothing was written")
    link = tmp_path / "c.yaml"
    link.symlink_to(two)
    refused([change(link)], tmp_path, "out of the paths")
    inner = tmp_path / "inner"
    inner.mkdir()
    refused([change(two)], inner, "out of the paths")
    assert (one.read_text(encoding="utf-8"), two.read_text(encoding="utf-8")) == ("one\n", "two\n")


def test_when_one_write_fails_the_others_are_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = files(tmp_path)
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if Path(target).name == "b.yaml":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    refused([change(one), change(two)], tmp_path, "No space left")
    assert (one.read_text(encoding="utf-8"), two.read_text(encoding="utf-8")) == ("one\n", "two\n")
    assert (tmp_path / "a.yaml.breachway-1.orig").read_text(encoding="utf-8") == "one\n"


def test_copies_never_overwrite_each_other_and_line_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"one\r\n")
    first = apply_changes([FileChange(path, "one\r\n", "two\r\n")], [str(tmp_path)])
    second = apply_changes([FileChange(path, "two\r\n", "three\r\n")], [str(tmp_path)])
    assert [copy.name for copy in (*first, *second)] == ["a.yaml.breachway-1.orig", "a.yaml.breachway-2.orig"]
    assert (first[0].read_bytes(), second[0].read_bytes(), path.read_bytes()) == (b"one\r\n", b"two\r\n", b"three\r\n")
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.yaml", *(copy.name for copy in (*first, *second))]
