"""The humans of the model: who may push to the repository, and the users and groups that permissions name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Assumption, Basis, Evidence, Location
from breachway.mapping.containers.grounds import observed
from breachway.mapping.containers.images import MANY_PUBLISHERS
from breachway.model import EntryPoint

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder

PLATFORM = "people"
DEVELOPER = "people:Person:developer"
REPOSITORY = "source:SourceRepository:."
REVIEW_ASSUMPTION = "changes-reviewed"
_REVIEWED = 0.5
_WORKLOADS = ("ComposeService", "EcsTask", "KubernetesWorkload")


def map_people(builder: ModelBuilder, root: Location) -> None:
    """Add the developer of the repository that ``root`` is in, and a person for each user or group that a binding names."""
    _developer(builder, root)
    for principal in builder.ids_of_kind("KubernetesUser", "PrincipalGroup", "CloudUser"):
        name = principal.split(":", 2)[2]
        if name.startswith(("system:", "eks:", "kubeadm:")):
            continue
        evidence = builder.evidence_of(principal)
        kind = "members of group" if builder.kind_of(principal) == "PrincipalGroup" else "user"
        person = builder.asset("Person", f"people:Person:{name}", f"{kind} {name}", platform=PLATFORM, evidence=evidence)
        builder.link("ActsAs", person, principal, evidence)
        builder.entry_point(
            EntryPoint(actor="A3", asset=person, step="act", title=f"{kind} {name}, by own rights", evidence=evidence)
        )
        builder.entry_point(
            EntryPoint(
                actor="A4", asset=person, step="leakCredentials", title=f"a leaked credential of {kind} {name}", evidence=evidence
            )
        )


def _developer(builder: ModelBuilder, root: Location) -> None:
    seen = (Evidence(root, Basis.DEFAULTED, "somebody keeps these files and may change them"),)
    developer = builder.asset("Person", DEVELOPER, "a developer of this repository", platform=PLATFORM, evidence=seen)
    repository = builder.asset("SourceRepository", REPOSITORY, "the repository of these files", platform="source", evidence=seen)
    assumed = Evidence(root, Basis.ASSUMED, "a second person reviews each change", REVIEW_ASSUMPTION)
    builder.assume(
        Assumption(
            id=REVIEW_ASSUMPTION,
            statement="Every change is reviewed by a second person before it is deployed",
            probability=_REVIEWED,
            rationale="A judgement: branch protection is common and is not shown by the files themselves.",
            subject=repository,
            defence_on=True,
            evidence=(assumed,),
        )
    )
    for source in builder.ids_of_kind("SourceRepository"):
        builder.link("Contributes", developer, source, seen)
        builder.defence(source, "changesReviewed", _REVIEWED, (assumed,), assumption=REVIEW_ASSUMPTION)
    for workload in builder.ids_of_kind(*_WORKLOADS):
        builder.link("Deploys", repository, workload, builder.evidence_of(workload)[:1])
    for secret in builder.ids_of_kind("Secret"):
        # One of the two: that a literal is in a specification and that the specification is in the repository is one slip.
        for defence, association in (("notInRepository", "StoresSecret"), ("notInSpecification", "DescribesSecret")):
            state = builder.defence_of(secret, defence)
            if state is not None and state.probability < 1.0:
                builder.link(association, repository, secret, state.evidence)
                break
    _registries(builder, developer)
    builder.entry_point(EntryPoint(actor="A3", asset=developer, step="act", title="a developer, by own rights", evidence=seen))
    builder.entry_point(
        EntryPoint(actor="A4", asset=developer, step="leakRepository", title="the repository, shown to strangers", evidence=seen)
    )


def _registries(builder: ModelBuilder, developer: str) -> None:
    """Join the developer to the registries of one owner; what is built here and kept there says whose they are."""
    own = _own_registries(builder)
    for registry in builder.ids_of_kind("Registry"):
        if registry.rsplit(":Registry:", 1)[-1] in MANY_PUBLISHERS:
            continue
        builder.link("MightPush", developer, registry, builder.evidence_of(registry)[:1])
        if registry in own:
            builder.defence(registry, "pushersRestricted", 0.0, own[registry])


def _own_registries(builder: ModelBuilder) -> dict[str, tuple[Evidence, ...]]:
    """The registries that keep an image which is built here: by its reference, or by the name of the Dockerfile's folder."""
    made = {image for _, image in builder.pairs("Makes")}
    folders = {build.rpartition("/")[0].rpartition("/")[2]: build for build in builder.ids_of_kind("Build")}
    found: dict[str, tuple[Evidence, ...]] = {}
    for registry, image in builder.pairs("Keeps"):
        name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
        place = builder.evidence_of(image)[0].location
        if image in made:
            note = "an image that is built here is kept there, and nothing leaves pushing to a pipeline alone"
            found[registry] = observed(place, note)
        elif name and name in folders and registry not in found:
            folder = builder.evidence_of(folders[name])[:1]
            note = f"the name of what {name}/Dockerfile builds, and nothing leaves pushing to a pipeline alone"
            found[registry] = (*observed(place, note), *folder)
    return found
