"""The humans of the model: who may push to the repository, and the users and groups that permissions name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Assumption, Basis, Evidence, Location
from breachway.model import EntryPoint

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder

PLATFORM = "people"
DEVELOPER = "people:Person:developer"
REPOSITORY = "source:SourceRepository:."
REVIEW_ASSUMPTION = "changes-reviewed"
_REVIEWED = 0.5
_PUBLIC_REGISTRIES = frozenset(
    {
        "docker.io",
        "gcr.io",
        "ghcr.io",
        "k8s.gcr.io",
        "lscr.io",
        "mcr.microsoft.com",
        "public.ecr.aws",
        "quay.io",
        "registry.k8s.io",
    }
)
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
        for defence, association in (("notInRepository", "StoresSecret"), ("notInSpecification", "DescribesSecret")):
            state = builder.defence_of(secret, defence)
            if state is not None and state.probability < 1.0:
                builder.link(association, repository, secret, state.evidence)
    for registry in builder.ids_of_kind("Registry"):
        host = registry.rsplit(":Registry:", 1)[-1]
        if host not in _PUBLIC_REGISTRIES:
            builder.link("MayPush", developer, registry, builder.evidence_of(registry)[:1])
    builder.entry_point(EntryPoint(actor="A3", asset=developer, step="act", title="a developer, by own rights", evidence=seen))
    builder.entry_point(
        EntryPoint(actor="A4", asset=developer, step="leakRepository", title="the repository, shown to strangers", evidence=seen)
    )
