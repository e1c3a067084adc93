"""Reading YAML: positions, limits, and what is said of a text that is not YAML."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.evidence import Unread
from breachway.sources.nodes import Mapping, Node, Scalar, Sequence
from breachway.sources.tree_building import DEEPEST, MOST_EXPANDED, MOST_REPORTED
from breachway.sources.yaml_positions import read_yaml


def only(text: str) -> Node:
    """The root of a text that holds one document and no problem."""
    tree = read_yaml(text, "a.yaml")
    assert tree.problems == ()
    (node,) = tree.documents
    assert node is not None
    return node


def mapping(text: str) -> Mapping:
    node = only(text)
    assert isinstance(node, Mapping)
    return node


def only_problem(text: str) -> Unread:
    (problem,) = read_yaml(text, "a.yaml").problems
    return problem


def test_each_key_and_value_knows_its_line_and_column() -> None:
    root = mapping("a: 1\nb:\n  - x\n  - é: 'z'\n")
    assert (root.line, root.column) == (1, 1)
    assert root.entries["a"].node == Scalar("1", plain=True, line=1, column=4)
    assert (root.entries["b"].line, root.entries["b"].column) == (2, 1)
    items = root.entries["b"].node
    assert isinstance(items, Sequence)
    assert items.items[0] == Scalar("x", plain=True, line=3, column=5)
    inner = items.items[1]
    assert isinstance(inner, Mapping)
    assert (inner.line, inner.column) == (4, 5)
    assert inner.entries["é"].node == Scalar("z", plain=False, line=4, column=8)


@pytest.mark.parametrize(
    "text, expected, plain",
    [
        ("yes", "yes", True),
        ('"yes"', "yes", False),
        ("!!str yes", "yes", False),
        ("! yes", "yes", False),
        ("!!bool 'yes'", "yes", True),
        ("010", "010", True),
        ("|\n  two\n  lines\n", "two\nlines\n", False),
    ],
)
def test_scalars_keep_their_text_and_whether_they_are_plain(text: str, expected: str, plain: bool) -> None:
    node = mapping(f"k: {text}").entries["k"].node
    assert isinstance(node, Scalar)
    assert (node.text, node.plain, node.tag) == (expected, plain, "")


def test_a_tag_of_the_author_is_kept() -> None:
    root = mapping("a: !reset null\nb: !override [x]\nc: !Sub {d: e}\n")
    assert [entry.node.tag for entry in root.entries.values()] == ["!reset", "!override", "!Sub"]


def test_a_stream_holds_several_documents_and_empty_ones_are_none() -> None:
    tree = read_yaml("a: 1\n---\n---\nb: 2\n", "a.yaml")
    assert [node is None for node in tree.documents] == [False, True, False]
    assert tree.problems == ()
    assert read_yaml("", "a.yaml").documents == ()


def test_keys_that_are_no_strings_become_their_text() -> None:
    assert list(mapping("1: a\ntrue: b\n~: c\n").entries) == ["1", "true", "~"]


def test_a_duplicate_key_names_both_lines_and_the_last_one_counts() -> None:
    tree = read_yaml("m:\n  a/b: 1\n  c: 2\n  a/b: 3\n", "a.yaml")
    (problem,) = tree.problems
    assert problem.severity == "field"
    assert problem.location == ("a.yaml", "/m/a~1b", 4, 3)
    assert problem.reason == 'the key "a/b" stands here again, first on line 2; the last one counts'
    (root,) = tree.documents
    assert isinstance(root, Mapping)
    inner = root.entries["m"].node
    assert isinstance(inner, Mapping)
    assert inner.entries["a/b"].node == Scalar("3", plain=True, line=4, column=8)


def test_an_alias_is_the_node_of_its_anchor() -> None:
    root = mapping("a: &x {p: 1}\nb: *x\nc: &y text\nd: *y\n")
    assert root.entries["b"].node is root.entries["a"].node
    assert root.entries["b"].line == 2
    assert root.entries["d"].node == Scalar("text", plain=True, line=3, column=4)


def test_merge_keys_give_way_to_own_keys_and_to_earlier_ones() -> None:
    text = "x: &x {p: x, q: x}\ny: &y {q: y, r: y}\nz:\n  r: own\n  <<: [*x, *y]\n"
    merged = mapping(text).entries["z"].node
    assert isinstance(merged, Mapping)
    values = {key: entry.node.text for key, entry in merged.entries.items() if isinstance(entry.node, Scalar)}
    assert values == {"p": "x", "q": "x", "r": "own"}
    assert merged.entries["p"].line == 1


def test_a_quoted_merge_key_is_a_key() -> None:
    assert list(mapping('"<<": 1\n').entries) == ["<<"]


def test_a_merge_of_no_mapping_is_a_problem() -> None:
    assert "merge key" in only_problem("<<: 3\na: 1\n").reason


@pytest.mark.parametrize(
    "text, line, column",
    [
        ("a:\n\tb: 1\n", 2, 1),
        ("a: 1\n\tb: 2\n", 2, 1),
        ("\ta: 1\n", 1, 1),
        ("a:\n  - x\n  \t- y\n", 3, 3),
        ("kind: Pod\nspec:\n  containers:\n  \tname: a\n", 4, 3),
    ],
)
def test_a_tab_cannot_indent(text: str, line: int, column: int) -> None:
    problem = only_problem(text)
    assert problem.severity == "file"
    assert problem.location == ("a.yaml", "", line, column)
    assert problem.reason == "a tab cannot indent YAML"
    assert problem.hint == "replace the tab by spaces"


@pytest.mark.parametrize(
    "text, line, column, words",
    [
        ("a: b: c\n", 1, 5, "a second ': '"),
        ("a: @x\n", 1, 4, 'no value may begin with "@"'),
        ("a: 'x\n", 2, 1, "no end"),
        ("a:\n  b: 1\n c: 2\n", 3, 2, "does not fit the mapping around it"),
        ("- a\nb: 1\n", 2, 1, "does not fit the list around it"),
        ("a:\n - [1\nb: 2\n", 3, 2, "not closed"),
        ("k: v\x00\n", 1, 5, "a character that YAML does not allow"),
        ("a: *n\n", 1, 4, "no anchor &n"),
        ("a: &a [*a]\n", 1, 8, "inside its own anchor"),
        ("a: \ud800\n", 1, 4, "surrogate"),
    ],
)
def test_what_is_no_yaml_is_said_with_line_and_column(text: str, line: int, column: int, words: str) -> None:
    problem = only_problem(text)
    assert problem.severity == "file"
    assert (problem.location.line, problem.location.column) == (line, column)
    assert words in problem.reason


def test_documents_before_a_fault_are_kept_and_the_rest_is_said_to_be_lost() -> None:
    tree = read_yaml("a: 1\n---\nb: 2\n---\nc: [\n---\nd: 1\n", "a.yaml")
    assert len(tree.documents) == 2
    (problem,) = tree.problems
    assert problem.reason.endswith("the 2 documents before it were read, the rest of the file was not")


def test_a_template_is_called_one() -> None:
    tree = read_yaml("a: {{ .Values.a }}\n", "a.yaml")
    assert [problem.hint for problem in tree.problems] == ["a template? render it first"]
    assert "template" in only_problem("{{- if .Values.a }}\na: 1\n{{- end }}\n").hint


@pytest.mark.parametrize("level", ["[", "{a: ", "- ", "? ", "[{a: "])
def test_fifty_thousand_levels_stop_at_the_limit(level: str) -> None:
    problem = only_problem(level * 50_000)
    assert problem.severity == "file"
    assert f"more than {DEEPEST} levels" in problem.reason


def test_fifty_thousand_closed_levels_stop_at_the_limit() -> None:
    assert f"more than {DEEPEST} levels" in only_problem("a: 1\n---\n" + "[" * 50_000 + "]" * 50_000).reason


def test_the_limit_itself_is_allowed() -> None:
    assert read_yaml("[" * DEEPEST + "]" * DEEPEST, "a.yaml").problems == ()


def test_depth_counts_through_aliases() -> None:
    half = DEEPEST // 2 + 1
    text = "a: &a " + "[" * half + "]" * half + "\nb: " + "[" * half + "*a" + "]" * half + "\n"
    assert f"more than {DEEPEST} levels" in only_problem(text).reason


def test_an_alias_bomb_is_refused_where_it_goes_off() -> None:
    levels = (f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12))
    problem = only_problem("a0: &a0 [x, x]\n" + "".join(levels))
    assert problem.severity == "file"
    assert f"more than {MOST_EXPANDED:,} nodes" in problem.reason
    assert problem.location.line > 1


def test_a_bomb_of_merge_keys_is_refused() -> None:
    keys = ", ".join(f"k{number}: v" for number in range(1000))
    text = f"a: &a {{{keys}}}\nb:\n" + "".join(f"  - <<: [{', '.join(['*a'] * 20)}]\n" for _ in range(100))
    assert f"more than {MOST_EXPANDED:,} nodes" in only_problem(text).reason


def test_anchors_end_with_their_document() -> None:
    tree = read_yaml("a: &x 1\n---\nb: *x\n", "a.yaml")
    assert len(tree.documents) == 1
    assert "no anchor &x" in tree.problems[0].reason


def test_the_parser_in_python_serves_where_the_one_in_c_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert mapping("a: 'x'\nb: y\n").entries["a"].node == Scalar("x", plain=False, line=1, column=4)
    assert only_problem("a:\n\tb: 1\n").reason == "a tab cannot indent YAML"
    assert "a character that YAML does not allow" in only_problem("a: \x00\n").reason
    assert f"more than {DEEPEST} levels" in only_problem("[" * 50_000).reason


def test_many_merges_and_duplicates_cost_little_each() -> None:
    tree = read_yaml("a: &a {k: v}\nb:\n" + "  <<: *a\n" * 20_000 + "  c: 1\n" * 20_000, "a.yaml")
    assert len(tree.documents) == 1
    assert len(tree.problems) == MOST_REPORTED + 1
    assert tree.problems[-1].reason == "18,999 more keys of this file stand twice or are no scalars"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    tree = read_yaml(text, "a.yaml")
    assert all(problem.location.line >= 1 and problem.location.column >= 1 for problem in tree.problems)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!|>'\"%@#?,. \t\n<", max_size=60))
def test_no_text_of_yaml_marks_raises(text: str) -> None:
    tree = read_yaml(text, "a.yaml")
    assert sum(problem.severity == "file" for problem in tree.problems) <= 1
