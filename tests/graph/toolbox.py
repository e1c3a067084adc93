"""What mal-toolbox makes of a language and a model, held against our generator.

mal-toolbox writes files into the working directory as it is imported, so it runs in a process of its own, in a temporary
directory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breachway.graph.generation import generate
from breachway.graph.layout import EXISTS, NOT_EXISTS
from breachway.threats.compiling import compile_language
from breachway.threats.language import Language, StepKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.graph.layout import AttackGraph
    from breachway.model import Model

BUILDING = """
import json, sys
from maltoolbox.language.compiler import MalCompiler
from maltoolbox.language import LanguageGraph
from maltoolbox.model import Model
from maltoolbox.attackgraph import AttackGraph
language = LanguageGraph(MalCompiler().compile(sys.argv[1]))
answers = []
for wanted in json.load(open(sys.argv[2])):
    model = Model("m", language)
    assets = [model.add_asset(kind, name, defenses=defences) for name, kind, defences in wanted["assets"]]
    by_name = {asset.name: asset for asset in assets}
    for asset in assets:
        for association in asset.lg_asset.associations.values():
            object.__setattr__(association.left_field, "maximum", None)
            object.__setattr__(association.right_field, "maximum", None)
    for field, left, right in wanted["links"]:
        by_name[left].add_associated_assets(field, {by_name[right]})
    graph = AttackGraph(language, model)
"""
"""How a program in a process of its own begins: for each model it is asked about, what mal-toolbox makes of it."""

_CHILD = (
    BUILDING
    + """    answers.append({
        "nodes": sorted([n.full_name, n.type, n.existence_status, (n.ttc or {}).get("arguments") if n.type == "defense" else None]
                        for n in graph.nodes.values()),
        "edges": sorted([n.full_name, c.full_name] for n in graph.nodes.values() for c in n.children),
    })
json.dump(answers, open(sys.argv[3], "w"))
"""
)

_TYPES = {
    StepKind.OR: "or",
    StepKind.AND: "and",
    StepKind.DEFENCE: "defense",
    StepKind.EXISTS: "exist",
    StepKind.NOT_EXISTS: "notExist",
}


def toolbox_graphs(files: Sequence[Path], language: Language, models: Sequence[Model]) -> list[dict[str, Any]]:
    """Give, for each model, the nodes [name, type, existence, defence arguments] and the edges that mal-toolbox generates."""
    return answers_of(_CHILD, files, [described(language, model) for model in models])


def described(language: Language, model: Model) -> dict[str, Any]:
    """A model as the child process builds it: assets [name, kind, defences] and links [field, left, right]."""
    fields = {association.name: association.right_field for association in language.associations}
    states: dict[str, dict[str, float]] = {}
    for state in model.defences:
        states.setdefault(state.asset, {})[state.defence] = state.probability
    return {
        "assets": [(asset.id, asset.kind, states.get(asset.id, {})) for asset in model.assets],
        "links": [(fields[link.association], link.left, link.right) for link in model.links],
    }


def answers_of(program: str, files: Sequence[Path], questions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run a program with a language file, questions and a file for its answers, in a temporary directory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in files:
            (folder / file.name).write_bytes(file.read_bytes())
        (folder / "everything.mal").write_text("".join(f'include "{file.name}"\n' for file in files), encoding="utf-8")
        (folder / "models.json").write_text(json.dumps(questions), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-P", "-c", program, "everything.mal", "models.json", "answers.json"],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=300,
        )
        answers: list[dict[str, Any]] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return answers


def assert_equal_to_toolbox(language_files: Sequence[Path], *models: Model) -> None:
    """Fail unless our graph of each model equals mal-toolbox's: nodes, kinds, existence states, defence values and edges."""
    language = compile_language(tuple(language_files))
    for model, theirs in zip(models, toolbox_graphs(language_files, language, models), strict=True):
        graph = generate(language, model)
        names = [graph.name(node) for node in range(graph.size)]
        assert sorted(names) == [node[0] for node in theirs["nodes"]]
        nodes = {node[0]: node[1:] for node in theirs["nodes"]}
        for node, name in enumerate(names):
            kind, existence, arguments = nodes[name]
            assert _TYPES[graph.step(node).kind] == kind, name
            if graph.kinds[node] in (EXISTS, NOT_EXISTS):
                assert bool(graph.level[node]) == existence, name
            if kind == "defense" and arguments:
                assert abs(float(graph.level[node]) - arguments[0]) < 1e-6, name
        assert edges_by_name(graph) == [tuple(edge) for edge in theirs["edges"]]


def edges_by_name(graph: AttackGraph) -> list[tuple[str, str]]:
    """Give every edge as a pair of names, sorted."""
    names = [graph.name(node) for node in range(graph.size)]
    starts, items = graph.children.starts.tolist(), graph.children.items.tolist()
    return sorted((names[node], names[child]) for node in range(graph.size) for child in items[starts[node] : starts[node + 1]])
