"""Takes one dump through every stage and prints, as JSON, the seconds of each and what was found.

``python bench/stages.py FOLDER``; :mod:`scale` runs it in a process of its own for each size.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from typing import TYPE_CHECKING

from breachway.analyses.actors import reached_by, stances
from breachway.analyses.assess import assess
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from breachway.analyses.assessment import Assessment


def measure(folder: str) -> dict[str, dict[str, float]]:
    """Do all the stages, as ``breachway model`` does them, and give their seconds and some counts.

    ``generate`` and ``reach`` are done once more inside ``assess``, so that the sum of the stages is more than a run needs.
    """
    clock = [time.perf_counter() - time.process_time()]  # about when the process began: its imports are the first stage
    stages: dict[str, float] = {}

    def lap(stage: str) -> None:
        clock.append(time.perf_counter())
        stages[stage] = clock[-1] - clock[-2]

    language = load_language()
    lap("start")
    inventory = read([folder])
    lap("read")
    model = build_model(inventory)
    lap("map")
    graph = generate(language, model)
    lap("generate")
    gates = gates_of(graph)
    reached = [int(reached_by(graph, gates, stance).sum()) for stance in stances(graph)]
    lap("reach")
    assessment = assess(model, language)
    lap("assess")
    return {"stages": stages, "counts": {**counts(assessment), "reached": sum(reached), "unread": len(inventory.unread)}}


def counts(assessment: Assessment) -> dict[str, float]:
    """The size of what was modelled and found."""
    size = assessment.size
    found = {"assets": size.assets, "steps": size.steps, "edges": size.edges, "paths": len(assessment.paths)}
    pods = sum(count for document in assessment.model.documents for kind, count in document.kinds if kind == "Pod")
    return {**found, "pods": pods, "goals": sum(len(actor.goals) for actor in assessment.actors)}


if __name__ == "__main__":
    gc.disable()  # as the command line does
    print(json.dumps(measure(sys.argv[1])))
