"""Models of small inputs for the tests of the Compose, Dockerfile and ECS mappings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from breachway.mapping.bindings import load_bindings
from breachway.mapping.building import ModelBuilder
from breachway.mapping.compose.projects import map_compose
from breachway.mapping.containers.images import ImageMapper
from breachway.mapping.dockerfile.builds import map_dockerfiles
from breachway.mapping.ecs.account import map_ecs
from breachway.mapping.places import INTERNET_ID
from breachway.model import Verdict
from breachway.sources.dockerfile.objects import IgnoreFile
from breachway.sources.dockerfile.reader import read_dockerfile
from breachway.sources.reading import read
from breachway.threats.language import StepKind
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from breachway.evidence import Unread
    from breachway.model import Model
    from breachway.sources.dockerfile.objects import Dockerfile
    from breachway.sources.inventory import Inventory

TECHNIQUES = Path(__file__).parents[2] / "techniques"
TRUSTED = (
    "registry.example.com",
    "registry.example.com:5000",
    "docker.io/library",
    "docker.io/nginxinc",
    "registry.k8s.io",
    "gcr.io",
    "k8s.gcr.io",
    "cgr.dev",
    "localhost:5000",
)


def new_builder() -> ModelBuilder:
    builder = ModelBuilder(load_bindings())
    builder.asset("Internet", INTERNET_ID, "the internet", platform="internet", evidence=())
    return builder


def model_of_inventory(inventory: Inventory, trusted: tuple[str, ...] | None = TRUSTED) -> Model:
    builder = new_builder()
    images = ImageMapper(builder, trusted)
    built = map_dockerfiles(builder, inventory.dockerfiles, images)
    map_compose(builder, inventory.compose, images, built)
    map_ecs(builder, inventory.ecs, images)
    return builder.build(inventory.documents, inventory.unread)


def model_of_path(path: str, trusted: tuple[str, ...] | None = TRUSTED) -> Model:
    return model_of_inventory(read([path]), trusted)


def dockerfile_of(text: str, ignore: tuple[str, ...] | None = None, document: str = "Dockerfile") -> Dockerfile:
    problems: list[Unread] = []
    patterns = None if ignore is None else IgnoreFile(document=".dockerignore", patterns=ignore)
    found = read_dockerfile(text, document, problems, patterns)
    assert found is not None, problems
    return found


def model_of_dockerfile(text: str, ignore: tuple[str, ...] | None = None) -> Model:
    builder = new_builder()
    map_dockerfiles(builder, (dockerfile_of(text, ignore),), ImageMapper(builder, TRUSTED))
    return builder.build()


def found(model: Model, key: str) -> set[tuple[str, int]]:
    """Asset and line of each piece of evidence of a weakness that was found for certain."""
    return {
        (weakness.asset, weakness.evidence[0].location.line)
        for weakness in model.weaknesses
        if weakness.key == key and weakness.verdict is Verdict.WEAK
    }


def expected(folder: Path) -> set[tuple[str, int]]:
    """What ``expect.tsv`` of a technique says: an asset and a line in each row."""
    rows = [line.split("\t") for line in (folder / "expect.tsv").read_text(encoding="utf-8").splitlines()]
    return {(asset, int(line)) for asset, line in rows}


def probability(model: Model, asset: str, defence: str) -> float:
    return next(state.probability for state in model.defences if (state.asset, state.defence) == (asset, defence))


def faults(model: Model) -> list[str]:
    """Where the model is not one of the language.

    Defences that are missing or unknown, links whose ends are of the wrong class.
    """
    language = load_language()
    classes = {known.name: known for known in language.assets}
    associations = {known.name: known for known in language.associations}
    kinds = {asset.id: asset.kind for asset in model.assets}
    stated = {(state.asset, state.defence) for state in model.defences}
    wrong: list[str] = []
    for asset in model.assets:
        wanted = {step.name for step in classes[asset.kind].steps if step.kind is StepKind.DEFENCE}
        wrong += [f"{asset.id}.{name} is not set" for name in sorted(wanted) if (asset.id, name) not in stated]
        wrong += (
            [f"{asset.id} lies in {asset.boundary}, which is not there"] if asset.boundary and asset.boundary not in kinds else []
        )
    for state in model.defences:
        if state.defence not in {step.name for step in classes[kinds[state.asset]].steps}:
            wrong.append(f"{state.asset} has no defence {state.defence}")
        if not state.evidence or (0 < state.probability < 1 and not state.assumption):
            wrong.append(f"{state.asset}.{state.defence} stands on nothing")
    for link in model.links:
        association = associations[link.association]
        for end, kind in ((link.left, association.left_asset), (link.right, association.right_asset)):
            if kind not in classes[kinds.get(end, "Internet")].lineage or end not in kinds:
                wrong.append(f"{link.association} does not take {end}")
    wrong += [f"jewel {jewel.asset}" for jewel in model.crown_jewels if jewel.asset not in kinds]
    wrong += [f"entry {entry.asset}" for entry in model.entry_points if entry.asset not in kinds]
    return wrong
