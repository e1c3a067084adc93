"""What mal-simulator makes of a model when it draws all times beforehand and its attacker tries the whole surface in every step.

Like mal-toolbox, it runs in a process of its own, in a temporary directory.
"""

from tests.graph.toolbox import BUILDING

PROGRAM = (
    """
import math
from malsim.config.agent_settings import AttackerSettings
from malsim.config.sim_settings import MalSimulatorSettings, TTCMode
from malsim.mal_simulator.simulator import MalSimulator
"""
    + BUILDING
    + """    settings = MalSimulatorSettings(ttc_mode=TTCMode.PRE_SAMPLE, seed=wanted["seed"])
    simulator = MalSimulator(graph, [AttackerSettings("attacker", frozenset(wanted["entries"]))], settings)
    state = simulator.agent_states["attacker"]
    impossible = state.impossible_steps | simulator.sim_state.graph_state.impossible_attack_steps
    values = {**simulator.sim_state.graph_state.ttc_values, **state.ttc_values}
    taken = {node.full_name: 0 for node in state.performed_nodes}
    finite = [value for value in values.values() if math.isfinite(value)]
    patience = math.ceil(max(finite, default=0)) + 2
    round, last = 0, 0
    while state.action_surface and round - last <= patience:
        round += 1
        before = state.performed_nodes
        state = simulator.step({"attacker": list(state.action_surface)})["attacker"]
        for node in state.performed_nodes - before:
            taken[node.full_name] = last = round
    answers.append({
        "times": {
            node.full_name: None if node in impossible or not math.isfinite(value) else value for node, value in values.items()
        },
        "timed": [node.full_name for node in values if node.ttc is not None],
        "in_force": [node.full_name for node in simulator.sim_state.graph_state.pre_enabled_defenses],
        "taken": taken,
    })
json.dump(answers, open(sys.argv[3], "w"))
"""
)
