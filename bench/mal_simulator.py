"""Times one sample of mal-simulator on the model of a folder: all times drawn beforehand, then one round a day.

``python bench/mal_simulator.py FOLDER DAYS`` prints JSON: its seconds, and ours for one of a thousand samples of the same
attacker.  mal-toolbox writes files where it is imported, so it runs in a process of its own in a temporary folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from breachway.analyses.actors import stances
from breachway.graph.generation import generate
from breachway.graph.simulation.reduction import Attacker, reduce
from breachway.graph.simulation.sampling import Sampler
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from breachway.threats.loading import language_files, language_folder, load_language

SAMPLES = 1_000
PROGRAM = """
import json, sys, time
from maltoolbox.language.compiler import MalCompiler
from maltoolbox.language import LanguageGraph
from maltoolbox.model import Model
from maltoolbox.attackgraph import AttackGraph
from malsim.config.agent_settings import AttackerSettings
from malsim.config.sim_settings import MalSimulatorSettings, TTCMode
from malsim.mal_simulator.simulator import MalSimulator

wanted = json.load(open("wanted.json"))
language = LanguageGraph(MalCompiler().compile("everything.mal"))
model = Model("m", language)
by_name = {name: model.add_asset(kind, name, defenses=defences) for name, kind, defences in wanted["assets"]}
for asset in by_name.values():
    for association in asset.lg_asset.associations.values():
        object.__setattr__(association.left_field, "maximum", None)
        object.__setattr__(association.right_field, "maximum", None)
for field, left, right in wanted["links"]:
    by_name[left].add_associated_assets(field, {by_name[right]})
start = time.perf_counter()
graph = AttackGraph(language, model)
generated = time.perf_counter()
settings = MalSimulatorSettings(ttc_mode=TTCMode.PRE_SAMPLE, seed=0)
simulator = MalSimulator(graph, [AttackerSettings("attacker", frozenset(wanted["entries"]))], settings)
state = simulator.agent_states["attacker"]
for day in range(wanted["days"]):
    state = simulator.step({"attacker": list(state.action_surface)})["attacker"]
print(json.dumps({"generate": generated - start, "sample": time.perf_counter() - generated, "taken": len(state.performed_nodes)}))
"""


def measure(folder: str, days: int) -> dict[str, float]:
    """Time both on the first attacker."""
    language = load_language()
    model = build_model(read([folder]))
    start = time.perf_counter()
    graph = generate(language, model)
    generated = time.perf_counter() - start
    stance = stances(graph)[0]
    attacker = Attacker(stance.entries, stance.allowed, stance.alone)
    goals = [node for jewel in model.crown_jewels if (node := graph.find(jewel.asset, jewel.step)) is not None]
    start = time.perf_counter()
    Sampler(reduce(graph, [attacker], goals), [attacker], goals, seed=0).draw(0, SAMPLES)
    ours = (time.perf_counter() - start) / SAMPLES
    fields = {association.name: association.right_field for association in language.associations}
    states: dict[str, dict[str, float]] = {}
    for state in model.defences:
        states.setdefault(state.asset, {})[state.defence] = state.probability
    wanted = {
        "assets": [(asset.id, asset.kind, states.get(asset.id, {})) for asset in model.assets],
        "links": [(fields[link.association], link.left, link.right) for link in model.links],
        "entries": [graph.name(node) for node in stance.entries],
        "days": days,
    }
    with tempfile.TemporaryDirectory() as name:
        _write(Path(name), wanted)
        done = subprocess.run([sys.executable, "-P", "-c", PROGRAM], cwd=name, check=True, capture_output=True, text=True)
    theirs: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {
        "steps": graph.size,
        "generate": generated,
        "sample": ours,
        **{f"their_{key}": value for key, value in theirs.items()},
    }


def _write(folder: Path, wanted: dict[str, object]) -> None:
    files = language_files(language_folder())
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "everything.mal").write_text("".join(f'include "{file.name}"\n' for file in files), encoding="utf-8")
    (folder / "wanted.json").write_text(json.dumps(wanted), encoding="utf-8")


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
