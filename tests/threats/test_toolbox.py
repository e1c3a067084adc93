"""Our resolved language equals mal-toolbox's language graph: kinds, tags, targets by class, and requirements of every step."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple, assert_never

import pytest

from breachway.threats.compiling import compile_language
from breachway.threats.language import (
    Collect,
    Expression,
    FieldStep,
    Language,
    SetDifference,
    SetIntersection,
    SetUnion,
    StepKind,
    Subtype,
    Transitive,
)
from breachway.threats.loading import language_folder
from tests.threats.test_compiling import BASE, write

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import json, sys
from maltoolbox.language import LanguageGraph
graph = LanguageGraph.from_mal_spec(sys.argv[1])
print(json.dumps({
    f"{asset.name}.{step.name}": {
        "kind": step.type,
        "tags": sorted(set(step.tags)),
        "targets": sorted({f"{child.asset.name}.{child.name}" for child in step.children}),
        "requires": len(step.requires),
    }
    for asset in graph.assets.values()
    for step in asset.attack_steps.values()
}))
"""

KINDS = {
    StepKind.OR: "or",
    StepKind.AND: "and",
    StepKind.DEFENCE: "defense",
    StepKind.EXISTS: "exist",
    StepKind.NOT_EXISTS: "notExist",
}


class Summary(NamedTuple):
    kind: str
    tags: tuple[str, ...]
    targets: tuple[str, ...]
    requires: int


def reached(language: Language, asset: str, expression: Expression) -> str:
    """The class that an expression leads to, computed apart from the code under test."""
    lineage = {each.name: each.lineage for each in language.assets}
    match expression:
        case FieldStep(name):
            ends = [(each.left_asset, each.right_field, each.right_asset) for each in language.associations]
            ends += [(each.right_asset, each.left_field, each.left_asset) for each in language.associations]
            return next(other for own, field, other in ends if own in lineage[asset] and field == name)
        case Collect(left, right):
            return reached(language, reached(language, asset, left), right)
        case Subtype(_, below):
            return below
        case Transitive(inner):
            return next(name for name in lineage[asset] if name in lineage[reached(language, asset, inner)])
        case SetUnion(left, right) | SetIntersection(left, right) | SetDifference(left, right):
            return next(
                name for name in lineage[reached(language, asset, left)] if name in lineage[reached(language, asset, right)]
            )
        case _:
            assert_never(expression)


def ours(language: Language) -> dict[str, Summary]:
    roots = {f"{asset.name}.{step.name}": f"{step.declared_in}.{step.name}" for asset in language.assets for step in asset.steps}
    return {
        f"{asset.name}.{step.name}": Summary(
            KINDS[step.kind],
            step.tags,
            tuple(
                sorted(
                    {
                        roots[f"{asset.name if target.via is None else reached(language, asset.name, target.via)}.{target.step}"]
                        for target in step.targets
                    }
                )
            ),
            len(step.requires),
        )
        for asset in language.assets
        for step in asset.steps
    }


def theirs(main: Path, language: Language, folder: Path) -> dict[str, Summary]:
    roots = {f"{asset.name}.{step.name}": f"{step.declared_in}.{step.name}" for asset in language.assets for step in asset.steps}
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, str(main)], cwd=folder, capture_output=True, text=True, check=True
    )
    return {
        name: Summary(
            each["kind"], tuple(each["tags"]), tuple(sorted({roots[target] for target in each["targets"]})), each["requires"]
        )
        for name, each in json.loads(done.stdout.splitlines()[-1]).items()
    }


@pytest.mark.parametrize("which", ["shipped", "cars"])
def test_equal_to_mal_toolbox(which: str, tmp_path: Path) -> None:
    main = language_folder() / "breachway.mal" if which == "shipped" else write(tmp_path, BASE)
    language = compile_language(main)
    assert ours(language) == theirs(main, language, tmp_path)
