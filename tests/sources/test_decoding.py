"""Decoding nodes by the annotations of a class."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from breachway.evidence import Location, Unread
from breachway.sources.decoding import Key, OtherKeys, StringMap, Struct, Value, decode, root, value_or
from breachway.sources.dialects import AWS, KUBERNETES, integer_of_go, number_of_go
from breachway.sources.json_positions import read_json
from breachway.sources.nodes import Mapping, Node, Scalar, Sequence
from breachway.sources.yaml_positions import read_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner(Struct):
    """A nested mapping."""

    flag: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(Struct):
    """One field of every sort."""

    run_as_user: Value[int] | None = None
    flag: Value[bool] | None = None
    text: Value[str] | None = None
    share: Value[float] | None = None
    port: Value[int | str] | None = None
    kind: str = ""
    host_pid: Annotated[Value[bool] | None, Key("hostPID")] = None
    always: Inner
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()
    names: tuple[Value[str], ...] | None = None
    labels: StringMap | None = None
    affinity: Location | None = None
    raw: Node | None = None
    others: Annotated[tuple[Value[str], ...], OtherKeys()] = ()


def sample(text: str) -> tuple[Sample, list[Unread]]:
    (node,) = read_yaml(text, "a.yaml").documents
    assert node is not None
    problems: list[Unread] = []
    decoded = decode(Sample, node, root("a.yaml", node), KUBERNETES, problems)
    assert decoded is not None
    return decoded, problems


def clean(text: str) -> Sample:
    decoded, problems = sample(text)
    assert problems == []
    return decoded


def test_a_leaf_stands_where_its_key_stands() -> None:
    decoded = clean("a: 1\nrunAsUser: 7\n")
    assert decoded.run_as_user == Value(7, Location("a.yaml", "/runAsUser", 2, 1))


def test_nesting_grows_the_pointer() -> None:
    decoded = clean("inners:\n  - flag: true\n  - {}\n  - flag: no\n")
    assert [inner.location for inner in decoded.inners] == [
        ("a.yaml", "/inners/0", 2, 5),
        ("a.yaml", "/inners/1", 3, 5),
        ("a.yaml", "/inners/2", 4, 5),
    ]
    assert decoded.inners[2].flag == Value(False, Location("a.yaml", "/inners/2/flag", 4, 5))  # noqa: FBT003 - the value itself


def test_absent_null_and_empty_are_told_apart() -> None:
    assert clean("{}").names is None
    assert clean("names:\n").names is None
    assert clean("names: []").names == ()
    assert clean("inner:\n").inner is None
    assert clean("inner: {}").inner == Inner(location=Location("a.yaml", "/inner", 1, 1))
    assert clean("affinity:\n").affinity is None
    assert clean("affinity: {}").affinity == ("a.yaml", "/affinity", 1, 1)


def test_a_nested_mapping_that_is_always_there_takes_the_place_of_its_parent() -> None:
    assert clean("{}").always == Inner(location=Location("a.yaml", "", 1, 1))
    assert clean("always:\n").always.flag is None


def test_a_key_can_be_named_apart_and_the_rule_then_does_not_hold() -> None:
    assert clean("hostPID: true").host_pid is not None
    assert clean("hostPid: true").host_pid is None


def test_keys_that_no_field_takes_are_collected() -> None:
    assert [(other.value, other.location.line) for other in clean("x/y: 1\nflag: on\nz:\n").others] == [("x/y", 1), ("z", 3)]
    assert clean("x/y: 1").others[0].location.pointer == "/x~1y"


def test_string_maps_keep_order_and_take_plain_scalars_as_written() -> None:
    labels = clean("labels:\n  b: 1.10\n  a/x: 'yes'\n  n:\n").labels
    assert labels is not None
    assert labels.as_dict() == {"b": "1.10", "a/x": "yes", "n": ""}
    assert list(labels.as_dict()) == ["b", "a/x", "n"]
    assert labels.get("a/x") == Value("yes", Location("a.yaml", "/labels/a~1x", 3, 3))
    assert labels.get("none") is None


def test_a_raw_node_is_kept() -> None:
    assert isinstance(clean("raw: [1]").raw, Sequence)


@pytest.mark.parametrize("text", ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "!!bool 'yes'"])
def test_a_plain_yes_is_true(text: str) -> None:
    assert value_or(clean(f"flag: {text}").flag, default=False)


@pytest.mark.parametrize("text", ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
def test_a_plain_no_is_false(text: str) -> None:
    assert not value_or(clean(f"flag: {text}").flag, default=True)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("0", 0),
        ("7", 7),
        ("-7", -7),
        ("+7", 7),
        ("010", 8),
        ("-010", -8),
        ("0o10", 8),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("80.0", 80),
        ("1e3", 1000),
        ("08", 8),
    ],
)
def test_whole_numbers_are_read_as_gos_loader_reads_them(text: str, expected: int) -> None:
    assert clean(f"runAsUser: {text}").run_as_user == Value(expected, Location("a.yaml", "/runAsUser", 1, 1))


@pytest.mark.parametrize(
    "text", ["", "_", "1.5", "0x", "a", "1e999", "1e19", "9223372036854775808", "9" * 41, "--1", "1-", "0b2", "²", "٣"]
)
def test_what_is_no_whole_number(text: str) -> None:
    assert integer_of_go(Scalar(text, plain=True, line=1, column=1)) is None


@pytest.mark.parametrize("text", ["a", "", "1e", "1e999", "nan", "inf", "9" * 41])
def test_what_is_no_number(text: str) -> None:
    assert number_of_go(Scalar(text, plain=True, line=1, column=1)) is None


def test_a_number_or_a_string() -> None:
    assert value_or(clean("port: 80").port, "") == 80
    assert value_or(clean("port: '80'").port, 0) == "80"
    assert value_or(clean("port: web").port, 0) == "web"
    assert value_or(clean("share: 0.5").share, 0.0) == 0.5


@pytest.mark.parametrize(
    "text, pointer, line, reason, hint",
    [
        ("flag: maybe", "/flag", 1, 'expected true or false, found "maybe"', ""),
        ('a: 1\nflag: "true"', "/flag", 2, 'expected true or false, found the string "true"', "remove the quotes"),
        ("flag: [true]", "/flag", 1, "expected true or false, found a list", ""),
        ("runAsUser: '0'", "/runAsUser", 1, 'expected a whole number, found the string "0"', "remove the quotes"),
        ("runAsUser: 1.5", "/runAsUser", 1, 'expected a whole number, found "1.5"', ""),
        ("text: {a: b}", "/text", 1, "expected a string, found a mapping", ""),
        ("kind: []", "/kind", 1, "expected a string, found a list", ""),
        ("inner: 3", "/inner", 1, "expected a mapping, found a single value", ""),
        ("inner: []", "/inner", 1, "expected a mapping, found a list", ""),
        ("inners: {}", "/inners", 1, "expected a list, found a mapping", ""),
        ("inners:\n  - x", "/inners/0", 2, "expected a mapping, found a single value", ""),
        ("inners:\n  -", "/inners/0", 2, "an empty item in a list", ""),
        ("names:\n  - [a]", "/names/0", 2, "expected a string, found a list", ""),
        ("labels: x", "/labels", 1, "expected a mapping, found a single value", ""),
        ("labels:\n  a: [b]", "/labels/a", 2, "expected a string, found a list", ""),
        ('text: x\nflag: "\\e[31m"', "/flag", 2, 'expected true or false, found the string "�[31m"', ""),
        ("flag: " + "x" * 50, "/flag", 1, f'expected true or false, found "{"x" * 40}…"', ""),
    ],
)
def test_a_wrong_type_is_a_problem_of_its_field_alone(text: str, pointer: str, line: int, reason: str, hint: str) -> None:
    decoded, problems = sample(text + "\nportless: 1")
    assert [(p.severity, p.location.pointer, p.location.line, p.reason, p.hint) for p in problems] == [
        ("field", pointer, line, reason, hint)
    ]
    assert decoded.flag is None
    assert decoded.run_as_user is None


def test_a_root_that_is_no_mapping_gives_nothing_and_a_problem() -> None:
    problems: list[Unread] = []
    node = Sequence((), 1, 1)
    assert decode(Sample, node, root("a.yaml", node), KUBERNETES, problems) is None
    assert [problem.reason for problem in problems] == ["expected a mapping, found a list"]


def test_json_decodes_alike() -> None:
    (node,) = read_json('{"flag": true, "runAsUser": 1e3, "port": "web", "names": null}', "a.json").documents
    assert node is not None
    problems: list[Unread] = []
    decoded = decode(Sample, node, root("a.json", node), KUBERNETES, problems)
    assert decoded is not None
    assert (value_or(decoded.flag, default=False), value_or(decoded.run_as_user, 0), decoded.names) == (True, 1000, None)
    assert problems == []


def test_the_aws_dialect_takes_both_cases() -> None:
    for key in ("runAsUser", "RunAsUser"):
        (node,) = read_json(f'{{"{key}": 3}}', "a.json").documents
        assert isinstance(node, Mapping)
        decoded = decode(Sample, node, root("a.json", node), AWS, [])
        assert decoded is not None
        assert value_or(decoded.run_as_user, 0) == 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(Struct):
    """A class that no artefact can be decoded into: a fault of ours."""

    wrong: set[int] | None = None


def test_an_annotation_that_means_nothing_is_a_fault_of_ours() -> None:
    with pytest.raises(TypeError, match="no decoder"):
        decode(Unreadable, Mapping({}, 1, 1), Location("a", "", 1, 1), KUBERNETES, [])
