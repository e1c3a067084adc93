from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from breachway.errors import LanguageError
from breachway.threats.linting import RULES, lint_language, lint_texts
from breachway.threats.loading import language_folder

if TYPE_CHECKING:
    from pathlib import Path

WORDS = 'title info: "go on" user info: "It goes on." stride info: "E" owasp info: "T1" mission info: "C9"'
FACT = 'title info: "it stands" user info: "It stands." owasp info: "D05" mission info: "C9"'


def language(body: str, associations: str = "Thing [owners] * <-- Owns --> * [parts] Part", extra: str = "") -> str:
    """A small language around the steps of the asset Thing; its Part has a step and a defence."""
    return f"""#id: "test"
#version: "0.1.0"
category Test {{
  asset Thing {{
{body}
    // plumbing
    | start -> parts.hit
  }}
  asset Part {{
    # guarded {FACT} -> hit
    | hit {WORDS} -> need
    & need {WORDS}
  }}
{extra}
}}
associations {{
  {associations}
}}
"""


SUB = "asset Sub extends Thing {{ | go {time} {words} }}"

CASES: dict[str, tuple[str, str]] = {
    "syntax-error": (language(f"| go {WORDS} -> parts.(hit"), language(f"| go {WORDS} -> parts.hit")),
    "outside-profile": (
        language(f"| go {WORDS}\n ! seen(parts) found"),
        language(f"| go {WORDS}"),
    ),
    "expression-on-one-line": (
        language(f"| go {WORDS}\n -> (parts \\/\n parts).hit"),
        language(f"| go {WORDS}\n -> (parts \\/ parts).hit"),
    ),
    "transitive-left-of-set": (
        language(
            f"| go {WORDS} -> (next* \\/ next).go",
            "Thing [last] * <-- Follows --> * [next] Thing Thing [o] * <-- Owns --> * [parts] Part",
        ),
        language(
            f"| go {WORDS} -> (next \\/ next*).go",
            "Thing [last] * <-- Follows --> * [next] Thing Thing [o] * <-- Owns --> * [parts] Part",
        ),
    ),
    "one-requirement": (
        language(f"!E bare <- parts, parts -> go\n& go {WORDS}"),
        language(f"!E bare <- parts -> go\n& go {WORDS}"),
    ),
    "time-to-compromise": (
        language(f'| go [Exponential(1.0) + Exponential(2.0)] {WORDS} ttc info: "Judgement: none"'),
        language(f'| go [Exponential(1.0) * Bernoulli(0.5)] {WORDS} ttc info: "Judgement: none"'),
    ),
    "restated-time": (
        language(
            f'| go [Exponential(1.0)] {WORDS} ttc info: "Judgement: none"',
            extra=SUB.format(time="", words=""),
        ),
        language(
            f'| go [Exponential(1.0)] {WORDS} ttc info: "Judgement: none"',
            extra=SUB.format(time="[Exponential(1.0)]", words=""),
        ),
    ),
    "step-kind": (
        language(f"& go {WORDS}", extra=SUB.format(time="", words="")),
        language(f"| go {WORDS}", extra=SUB.format(time="", words="")),
    ),
    "defence-target": (
        language(f"| go {WORDS} -> parts.guarded"),
        language(f"| go {WORDS} -> parts.hit"),
    ),
    "and-over-many": (
        language(f"| go {WORDS} -> parts.need"),
        language(f"| go {WORDS} -> parts.need", "Thing [owner] 0..1 <-- Owns --> * [parts] Part"),
    ),
    "existence-requirement": (
        language(f"| go {WORDS} <- parts -> parts.hit"),
        language(f"E owning <- parts -> go\n& go {WORDS}"),
    ),
    "multiplicity": (
        language("", "Thing [owners] 2..1 <-- Owns --> * [parts] Part"),
        language("", "Thing [owners] 0..1 <-- Owns --> 1..* [parts] Part"),
    ),
    "abstract-asset": (
        language("", extra="abstract asset Idea { }"),
        language("", extra="abstract asset Idea { } asset Real extends Idea { }"),
    ),
    "unknown-name": (
        language(f"| go {WORDS} -> partz.hit"),
        language(f"| go {WORDS} -> parts.hit"),
    ),
    "duplicate-name": (
        language(f"| go {WORDS}\n| go {WORDS}"),
        language(f"| go {WORDS}\n| went {WORDS}"),
    ),
    "unused-association": (
        language("", "Thing [owners] * <-- Owns --> * [parts] Part Thing [a] * <-- Idles --> * [b] Part"),
        language("", "Thing [owners] * <-- Owns --> * [parts] Part"),
    ),
    "unused-variable": (
        language("let all = parts"),
        language(f"let all = parts\n| go {WORDS} -> all().hit"),
    ),
    "name-form": (
        language(f"| Go {WORDS}"),
        language(f"| go {WORDS}"),
    ),
    "unknown-tag": (
        language(f"| go @magic {WORDS}"),
        language(f"| go @escape {WORDS}"),
    ),
    "metadata-missing": (
        language('| go title info: "go on"'),
        language(f"| go {WORDS}"),
    ),
    "metadata-unknown": (
        language(f'| go {WORDS} attack info: "T9999"'),
        language(f'| go {WORDS} attack info: "T1611"'),
    ),
    "plumbing": (
        language(f"// plumbing\n| go {WORDS}"),
        language("// plumbing\n| go"),
    ),
}


def rules(text: str) -> set[str]:
    return {violation.rule for violation in lint_texts([("test.mal", text)])}


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("rule", sorted(CASES))
def test_violating_snippet_breaks_the_rule(rule: str) -> None:
    assert rule in rules(CASES[rule][0])


@pytest.mark.parametrize("rule", sorted(CASES))
def test_passing_snippet_breaks_no_rule(rule: str) -> None:
    assert rules(CASES[rule][1]) == set()


@pytest.mark.parametrize(
    "time",
    [
        "[Bernoulli(0.5)]",
        "[Bernoulli(0.5) * Exponential(1.0)]",
        "[Exponential(1.0) * Bernoulli(1.5)]",
        "[Exponential(0.0)]",
        "[LogNormal(1.0)]",
        "[Enabled]",
        "[Often]",
        "[3.0]",
        "[Binomial(3, 0.5)]",
    ],
)
def test_times_outside_the_profile(time: str) -> None:
    assert "time-to-compromise" in rules(language(f'| go {time} {WORDS} ttc info: "Judgement: none"'))


@pytest.mark.parametrize("time", ["[Exponential(1.0)]", "[Sometimes]", "[Bernoulli(2.0)]"])
def test_defence_has_no_time(time: str) -> None:
    assert "time-to-compromise" in rules(language(f"# set {time} {FACT} -> go\n& go {WORDS}"))


@pytest.mark.parametrize("time", ["[Enabled]", "[Disabled]", "[Bernoulli(0.3)]", ""])
def test_defence_defaults(time: str) -> None:
    assert rules(language(f"# set {time} {FACT} -> go\n& go {WORDS}")) == set()


def test_time_needs_a_source() -> None:
    assert rules(language(f"| go [Exponential(1.0)] {WORDS}")) == {"metadata-missing"}
    assert rules(language(f'| go [Exponential(1.0)] {WORDS} ttc info: "somebody said so"')) == {"metadata-unknown"}
    assert rules(language(f'| go [EasyAndCertain] {WORDS} ttc info: "TFA-23: quick"')) == set()


def test_violation_has_place_and_suggestion() -> None:
    text = language(f"    | go {WORDS}\n      -> partz.hit")
    (violation,) = (each for each in lint_texts([("deep/test.mal", text)]) if each.rule == "unknown-name")
    line = next(number for number, each in enumerate(text.splitlines(), start=1) if "partz" in each)
    assert (violation.location.line, violation.location.column) == (line, 10)
    assert str(violation) == f"deep/test.mal:{line}:10: Thing has no field partz; did you mean parts? [unknown-name]"


@pytest.mark.parametrize(
    "snippet, message",
    [
        ("-> parts.hitt", "Part has no step hitt; did you mean hit?"),
        ("-> parts[Prat].hit", "no asset is named Prat; did you mean Part?"),
        ("-> parts[Thing].start", "Thing is not below Part, so nothing is left"),
        ("+> parts.hit", "go adds (+>) to a step that no ancestor has"),
        ("-> al().hit", "Thing has no variable al; did you mean all?"),
        ("-> parts*.hit", "a transitive step leads from Thing to Part, which it cannot follow again"),
        ("-> (parts \\/ parts.owners).hit", "Part and Thing have no ancestor in common"),
    ],
)
def test_unknown_names_say_what_is_wrong(snippet: str, message: str) -> None:
    found = lint_texts([("test.mal", language(f"let all = parts\n| go {WORDS} {snippet}\n| other {WORDS} -> all().hit"))])
    assert message in {violation.message for violation in found}


@pytest.mark.parametrize(
    "extra, message",
    [
        ("asset Sub extends Thign { }", "Sub extends Thign, which is not declared; did you mean Thing?"),
        ("asset Part { }", "a second asset is named Part"),
        (f"asset Bad extends Thing {{ | go {WORDS} -> parts }}", "Bad has no step parts; did you mean start?"),
        (f"asset Bad extends Thing {{ | go {WORDS} -> all() }}", "the expression does not end in a step"),
        (f"asset Bad extends Thing {{ | go {WORDS} -> (parts - gone).hit }}", "Bad has no field gone"),
        (f"asset Bad extends Thing {{ | go {WORDS} -> parts[Gone].hit }}", "no asset is named Gone"),
        (f"asset Bad extends Thing {{ E is {FACT} <- gone -> go & go {WORDS} }}", "Bad has no field gone"),
    ],
)
def test_names_of_other_declarations(extra: str, message: str) -> None:
    found = lint_texts([("test.mal", language(f"let all = parts\n| other {WORDS} -> all().hit", extra=extra))])
    assert message in {violation.message for violation in found}


@pytest.mark.parametrize(
    "associations, message",
    [
        ("Thing [owners] * <-- Owns --> * [parts] Prat", "no asset is named Prat; did you mean Part?"),
        (
            "Thing [a] * <-- Owns --> * [parts] Part Thing [b] * <-- Owns --> * [others] Part",
            "a second association is named Owns",
        ),
        (
            "Thing [a] * <-- Owns --> * [parts] Part Thing [b] * <-- Has --> * [parts] Part",
            "Thing has a second field parts",
        ),
        (
            "Thing [a] * <-- Owns --> * [parts] Part Sub [b] * <-- Has --> * [parts] Part",
            "Sub has a field parts, and so has Thing",
        ),
    ],
)
def test_names_of_associations(associations: str, message: str) -> None:
    found = lint_texts([("test.mal", language("", associations, extra="asset Sub extends Thing { }"))])
    assert message in {violation.message for violation in found}


def test_circle_of_inheritance_ends() -> None:
    lint_texts([("test.mal", "category A { asset B extends C { | go } asset C extends B { | go } }")])


def test_variables_that_call_each_other_end() -> None:
    assert "unknown-name" in rules(language(f"let a = b()\nlet b = a()\n| go {WORDS} -> a().hit"))


def test_inherited_plumbing_needs_no_words() -> None:
    assert rules(language("", extra="asset Sub extends Thing { | start -> parts.hit }")) == set()


def test_shipped_language_is_clean() -> None:
    assert lint_language(language_folder() / "breachway.mal") == ()


def test_missing_file_and_include(tmp_path: Path) -> None:
    with pytest.raises(LanguageError, match="cannot read"):
        lint_language(tmp_path / "none.mal")
    main = tmp_path / "main.mal"
    main.write_text('#id: "x"\n#version: "1.0.0"\ninclude "gone.mal"\n', encoding="utf-8")
    with pytest.raises(LanguageError, match=r"gone\.mal") as caught:
        lint_language(main)
    assert caught.value.where is not None
    assert caught.value.where.line == 3


def test_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "bad.mal").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LanguageError, match="not UTF-8"):
        lint_language(tmp_path / "bad.mal")
