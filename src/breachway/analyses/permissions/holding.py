"""What somebody holds (B1): tokens, secrets, keys and roles of clouds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.permissions.joined_model import ids
from breachway.analyses.permissions.standing import Held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.analyses.permissions.joined_model import JoinedModel
    from breachway.analyses.permissions.standing import Who
    from breachway.evidence import Evidence
    from breachway.model import Asset

_TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token"


def held_by(who: Who, model: JoinedModel) -> tuple[Held, ...]:
    """Everything that the artefacts hand to it, tokens first; what is certainly absent is left out."""
    found: dict[tuple[str, str], Held] = {}
    for item in (*_tokens(who, model), *_secrets(who, model), *_cloud(who, model), *_keys(who, model)):
        known = found.get((item.what, item.where))
        if item.probability > 0.0 and (known is None or known.probability < item.probability):
            found[item.what, item.where] = item
    return tuple(found.values())


def _tokens(who: Who, model: JoinedModel) -> Iterator[Held]:
    for workload in who.workloads:
        for account in model.from_left("As", (workload,)):
            belief, reasons = model.off(workload, "tokenNotMounted")
            name = model.assets[workload].name
            yield _token(f"token of ServiceAccount {account.asset.name}", f"{_TOKEN_FILE} in {name}", belief, reasons)
    for principal in who.principals:
        for secret in model.from_left("HasTokenSecret", (principal,)):
            yield _token(f"token in Secret {secret.asset.name}", "does not expire", 1.0, secret.evidence)


def _secrets(who: Who, model: JoinedModel) -> Iterator[Held]:
    for container in who.containers:
        name = model.assets[container].name
        for secret in model.from_left("Uses", (container,)):
            yield _held(_titled(secret.asset), f"container {name}", 1.0, secret.evidence)
        for image in model.from_right("RunBy", (container,)):
            for baked in model.from_left("Bakes", (image.asset.id,)):
                yield _held(_titled(baked.asset), f"image {image.asset.name}", 1.0, baked.evidence)


def _cloud(who: Who, model: JoinedModel) -> Iterator[Held]:
    for workload in who.workloads:
        for role in (*model.from_left("Carries", (workload,)), *model.from_left("TaskRoleOf", (workload,))):
            yield _held(f"role {role.asset.name}", f"handed to {model.assets[workload].name}", 1.0, role.evidence)
        for account in sorted(set(ids(model.from_left("CarriesCloudToken", (workload,)))) - set(who.principals)):
            belief, reasons = model.off(account, "cloudRefuses")
            for role in model.from_left("FederatesTo", (account,)):
                note = f"handed to {model.assets[workload].name}"
                yield _held(f"role {role.asset.name}", note, belief, (*reasons, *role.evidence))
    for principal in who.principals:
        for role in model.from_left("FederatesTo", (principal,)):
            belief, reasons = model.off(principal, "cloudRefuses")
            yield _held(f"role {role.asset.name}", "in exchange for its token", belief, (*reasons, *role.evidence))
    for container in who.containers:
        belief, reasons = model.off(container, "metadataBlocked")
        for host in ids(model.from_left("RunsOn", (container,))):
            for role in model.from_left("RunsAs", (host,)):
                yield _held(
                    f"role {role.asset.name} of the machine", "from the metadata service", belief, (*reasons, *role.evidence)
                )


def _keys(who: Who, model: JoinedModel) -> Iterator[Held]:
    for principal in who.principals:
        for secret in model.from_right("Unlocks", (principal,)):
            yield _held(_titled(secret.asset), f"lets in as {model.assets[principal].name}", 1.0, secret.evidence)


def _titled(secret: Asset) -> str:
    """A Secret object with its kind; other secrets have names that say what they are."""
    return f"Secret {secret.name}" if secret.id == f"kubernetes:Secret:{secret.name}" else secret.name


def _token(what: str, where: str, probability: float, evidence: tuple[Evidence, ...]) -> Held:
    return Held(what=what, where=where, probability=probability, evidence=evidence, token=True)


def _held(what: str, where: str, probability: float, evidence: tuple[Evidence, ...]) -> Held:
    return Held(what=what, where=where, probability=probability, evidence=evidence)
