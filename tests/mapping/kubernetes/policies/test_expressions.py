"""The languages of policies, on what they mean and on what is hostile."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.mapping.kubernetes.admission.policies.cel_evaluation import Evaluation
from breachway.mapping.kubernetes.admission.policies.kyverno_expressions import conditions_hold, search
from breachway.mapping.kubernetes.admission.policies.kyverno_patterns import looks_like
from breachway.mapping.kubernetes.admission.policies.rulings import EvaluationError, Unsupported
from breachway.mapping.kubernetes.admission.policies.specimens import specimens
from breachway.mapping.kubernetes.admission.policies.trees import glob

if TYPE_CHECKING:
    from breachway.mapping.kubernetes.admission.policies.trees import Json

POD: dict[str, Json] = {
    "number": 3,
    "half": 0.5,
    "names": ["a", "b"],
    "spec": {"containers": [{"name": "a", "securityContext": {"privileged": True}}, {"name": "b"}]},
}


@pytest.mark.parametrize(
    "text, value",
    [
        ("1 + 2 * 3 == 7", True),
        ("!(true && false) || false", True),
        ("object.spec.containers.size() == 2", True),
        ("size(object.spec.containers) > 1 ? 'many' : 'one'", "many"),
        ("object.spec.containers.map(c, c.name)", ["a", "b"]),
        ("object.spec.containers.filter(c, has(c.securityContext)).map(c, c.name)", ["a"]),
        ("object.spec.containers.exists_one(c, c.name == 'a')", True),
        ("object.spec.?hostPID.orValue(false)", False),
        ("object.?spec.?containers[?0].?name.orValue('none')", "a"),
        ("object.spec.?volumes.hasValue()", False),
        ("object.spec.containers.exists(c, c.securityContext.privileged)", True),
        ("'x' in ['x', 'y'] && !('z' in {'a': 1})", True),
        ("object.spec.containers[1].name.startsWith('b')", True),
        ("cel.bind(n, 3, n * n)", 9),
        ("object.?spec.optMap(s, s.containers.size()).orValue(0)", 2),
        ('r"\\d" == "\\\\d"', True),
        ("-1 < 0 && 'a' < 'b' && 0x10 == 16", True),
        ("// a comment\n true", True),
        ("'Text'.lowerAscii() + 'Text'.upperAscii()", "textTEXT"),
        ("' a '.trim() == 'a' && 'abc'.endsWith('c') && 'abc'.contains('b')", True),
        ("'a,b'.split(',')", ["a", "b"]),
        ("string(3) + string('x')", "3x"),
        ("int(3) - 1", 2),
        ("dyn([1]) + [2]", [1, 2]),
        ("{'a': 1}.all(k, k == 'a') && {'a': 1}['a'] == 1 && {'a': 1}[?'b'].hasValue() == false", True),
        ("[1, 2, 3].map(x, x > 1, x * 10)", [20, 30]),
        ("optional.of(1).or(optional.none()).value()", 1),
        ("optional.none().or(optional.of(2)).orValue(0)", 2),
        ("object.?spec.optFlatMap(s, s.?containers).hasValue()", True),
        ("has(object.?spec.containers)", True),
        ("size('abc') + size([1]) + size({'a': 1})", 5),
        ("3 >= 3 && 2.5 <= 2.5 && 'b' >= 'a' && 1 != 2", True),
        ("[[1], [2]].exists(x, x == [2])", True),
    ],
)
def test_expressions_have_the_values_of_the_language(text: str, value: Json) -> None:
    assert Evaluation({"object": POD}).value(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "object.spec.nothing",
        "object.spec.containers.exists(c, c.x)",
        "object.spec + 1",
        "1 < 'a'",
        "1",
        "object.spec.containers[9].name == 'a'",
        "has(object.spec.containers.x)",
        "object.spec.containers.all(true, true)",
        "'a'.all(x, true)",
        "optional.none().value()",
        "optional.none().size()",
        "[optional.of(1)] == [1]",
        "{1: 2} == {}",
        "1.size() == 0",
        "'a'.matches('a')",
        "quantity('1') > 0",
        "variables.missing",
        "nobody && object.?spec.hasValue()",
        "'x' + 1 == 'x1'",
        "9223372036854775807 + 1 > 0",
        "'a'.optMap(x, x)",
    ],
)
def test_what_ends_in_an_error_or_is_unknown_has_no_value(text: str) -> None:
    with pytest.raises((EvaluationError, Unsupported)):
        assert Evaluation({"object": POD}).holds(text)


def test_errors_are_absorbed_by_what_decides() -> None:
    evaluation = Evaluation({"object": POD})
    assert evaluation.holds("object.spec.nothing || true")
    assert not evaluation.holds("object.spec.nothing && false")
    assert not evaluation.holds("object.spec.containers.all(c, !c.securityContext.privileged)")
    with pytest.raises(EvaluationError):
        evaluation.holds("object.spec.containers.exists(c, c.securityContext.privileged == false)")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "1 +",
        "f(",
        "[1, 2",
        "'open",
        "a.?b()",
        "x" * 30_000,
        "(" * 500 + "1" + ")" * 500,
        "+".join(["1"] * 5_000),
        "a ? b",
    ],
)
def test_text_that_is_no_expression_or_too_much_of_one_is_unknown(text: str) -> None:
    with pytest.raises(Unsupported):
        Evaluation({}).value(text)


def test_an_expression_that_runs_for_long_and_one_that_names_itself_are_stopped() -> None:
    long: Json = list(range(300))
    with pytest.raises(Unsupported):
        Evaluation({"l": long}).value("l.all(a, l.all(b, l.all(c, a + b + c > 0 || true)))")
    with pytest.raises(Unsupported):
        Evaluation({}, (("a", "variables.a"),)).value("variables.a")


def test_an_expression_cannot_grow_without_bound() -> None:
    for start, sign in (("9999999", "*"), ("'text'", "+"), ("[1, 2]", "+")):
        grown = start
        for _ in range(20):
            grown = f"cel.bind(x, {grown}, x {sign} x)"
        with pytest.raises((EvaluationError, Unsupported)):
            Evaluation({}).value(grown)


@given(st.text(alphabet="abc.?()[]{}'\"!&|=<>+-*/%, 0123x\\\n", max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_value_an_error_or_unknown(text: str) -> None:
    with suppress(EvaluationError, Unsupported):
        Evaluation({"a": POD, "b": [1, "x"], "c": None}).value(text)


@pytest.mark.parametrize(
    "pattern, fits",
    [
        ({"spec": {"=(hostPID)": "false"}}, True),
        ({"spec": {"hostPID": "false"}}, False),
        ({"spec": {"hostPID": "!true"}}, True),
        ({"spec": {"X(volumes)": "null"}}, True),
        ({"spec": {"X(containers)": "null"}}, False),
        ({"spec": {"containers": [{"name": "?*"}]}}, True),
        ({"spec": {"containers": [{"name": "a | b"}]}}, True),
        ({"spec": {"containers": [{"name": "a"}]}}, False),
        ({"spec": {"containers": [{"=(securityContext)": {"=(privileged)": False}}]}}, False),
        ({"spec": {"containers": [{"(name)": "b", "securityContext": {"privileged": True}}]}}, False),
        ({"spec": {"containers": [{"(name)": "c", "image": "x"}]}}, True),
        ({"spec": {"^(containers)": [{"name": "b"}]}}, True),
        ({"spec": {"^(containers)": [{"name": "z"}]}}, False),
        ({"<(kind)": "Service", "spec": {"hostPID": "?*"}}, True),
        ({"spec": {"containers": "*"}}, True),
        ({"spec": {"nothing": "*"}}, False),
        ({"spec": {"nothing": None, "hostPID": "!true"}}, True),
        ({"spec": []}, False),
        ({"number": "> 2", "half": 0.5}, True),
        ({"number": "< 2"}, False),
        ({"number": ">= 3 & <= 3"}, True),
        ({"number": 3, "names": "a | b"}, True),
        ({"number": 4}, False),
        ({"names": "a"}, False),
    ],
)
def test_patterns_have_their_anchors(pattern: Json, *, fits: bool) -> None:
    assert looks_like(POD, pattern) is fits


@pytest.mark.parametrize(
    "pattern",
    [
        {"spec": {"containers": ["a"]}},
        {"spec": {"containers": [{"name": "{{ x }}"}]}},
        {"s*": 1},
        {"+(spec)": 1},
        {"number": "1-5"},
        {"number": "> 5Gi"},
    ],
)
def test_patterns_that_are_not_worked_out_are_unknown(pattern: Json) -> None:
    with pytest.raises(Unsupported):
        looks_like(POD, pattern)


def test_paths_project_and_flatten() -> None:
    variables: dict[str, Json] = {"request": {"object": POD}, "n": 3}
    assert search("request.object.spec.[initContainers, containers][].name", variables) == ["a", "b"]
    assert search("request.object.spec.containers[*].securityContext.privileged", variables) == [True]
    assert search("request.object.spec.containers[0].name", variables) == "a"
    assert search("nothing || `[1]`", variables) == [1]
    assert search("length(request.object.spec.containers)", variables) == 2
    assert search("request.object.spec.containers[].[name, securityContext][].privileged", variables) == [True]
    assert search("n[*].x || nothing[] || 'text'", variables) == "text"
    assert search("length(keys)", {"keys": "abc"}) == 3
    assert search("keys(request)", variables) == ["object"]
    assert search("nothing.[a, b] || @.n", variables) == 3
    for path in (
        "nothing",
        "a[?b]",
        "sum(n)",
        "n |",
        "`x`",
        "n" * 3_000,
        "",
        ".n",
        "n || ",
        "keys(n)",
        "length(n, n)",
        "n.[a",
        "n.[1]",
        "request.object.spec.containers[].name[0]",
    ):
        with pytest.raises(Unsupported):
            search(path, variables)


@pytest.mark.parametrize(
    "operator, key, value, holds",
    [
        ("Equals", "CREATE", "CREATE", True),
        ("NotEquals", "CREATE", "DELETE", True),
        ("AnyIn", ["a", "b"], ["b"], True),
        ("AllIn", ["a", "b"], ["b"], False),
        ("AnyNotIn", ["a", "b"], ["b"], True),
        ("AllNotIn", ["a", "b"], ["b"], False),
        ("AnyNotIn", [], ["b"], False),
        ("AnyIn", "SYS_ADMIN", ["SYS_*"], True),
        ("GreaterThan", 3, 2, True),
        ("LessThanOrEquals", 3, 2, False),
        ("LessThan", 1, 2, True),
        ("GreaterThanOrEquals", 2, 2, True),
        ("In", "a", ["a"], True),
        ("NotIn", "a", ["a"], False),
        ("Equals", True, 1, False),
    ],
)
def test_conditions(operator: str, key: Json, value: Json, *, holds: bool) -> None:
    condition: Json = {"key": key, "operator": operator, "value": value}
    assert conditions_hold({"all": [condition]}, {}) is holds
    assert conditions_hold({"any": [condition]}, {}) is holds
    assert conditions_hold([condition], {}) is holds


def test_conditions_that_are_not_worked_out_are_unknown() -> None:
    unknown: list[dict[str, Json]] = [
        {"key": "a", "operator": "DurationGreaterThan", "value": "1h"},
        {"key": "1Gi", "operator": "GreaterThan", "value": "1Mi"},
        {"key": "a {{ b }} c", "operator": "Equals", "value": "x"},
    ]
    for condition in unknown:
        with pytest.raises(Unsupported):
            conditions_hold([condition], {})
    assert conditions_hold([{"any": [{"key": 1, "operator": "Equals", "value": 1}]}], {})
    assert not conditions_hold({"any": [{"key": ["{{ n }}"], "operator": "AllIn", "value": ["b"]}]}, {"n": "a"})


def test_globs_end() -> None:
    assert glob("a*b?c", "axxbyc")
    assert not glob("a*b", "axxc")
    assert not glob("*a" * 50 + "b", "a" * 2_000)


def test_every_specimen_differs_from_its_twin_in_one_field() -> None:
    for specimen in specimens():
        for broken, twin in specimen.variants:
            assert broken != twin, (specimen.control, specimen.where)
            assert str(broken).count(specimen.breach.field) > 0
