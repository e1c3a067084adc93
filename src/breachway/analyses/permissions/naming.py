"""From the words after ``--who`` to somebody: a service account, a user, a group, or a workload or container by its name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from breachway.analyses.permissions.joined_model import ids
from breachway.analyses.permissions.standing import Who
from breachway.errors import UsageError
from breachway.mapping.kubernetes.index import service_account_id
from breachway.mapping.kubernetes.permissions.access_requests import (
    ACCOUNT_USER,
    ANONYMOUS,
    NODE_USER,
    NODES,
    member,
    service_account,
    user,
)
from breachway.mapping.kubernetes.permissions.subjects import group_id, user_id

if TYPE_CHECKING:
    from breachway.analyses.permissions.joined_model import JoinedModel
    from breachway.model import Asset

_WORKLOADS = ("KubernetesWorkload", "EcsTask", "ComposeService")
_CLOUD = ("CloudRole", "CloudUser")
_SHOWN = 5
_EXACT = 2
"""How many of the names of an asset belong to it alone."""


def find_who(words: str, model: JoinedModel) -> Who:
    """Give whom the words name.  Raises UsageError when they name nothing of the model, or more than one thing."""
    if words.startswith(ACCOUNT_USER):
        return _account(words, model)
    kind, colon, name = words.partition(":")
    if colon and name and kind == "user":
        return _account(name, model) if name.startswith(ACCOUNT_USER) else _user(name, model)
    if words == ANONYMOUS:
        return _user(words, model)
    if colon and name and kind == "group":
        known = (group_id(name),) if group_id(name) in model.assets else ()
        return Who(title=f"group {name}", identities=(member(name),), principals=known)
    return _asset(words, model)


def _user(name: str, model: JoinedModel) -> Who:
    known = (user_id(name),) if user_id(name) in model.assets else ()
    groups = (NODES,) if name.startswith(NODE_USER) else ()
    return Who(title=f"user {name}", identities=(user(name, *groups),), principals=known)


def _account(words: str, model: JoinedModel) -> Who:
    namespace, _, name = words.removeprefix(ACCOUNT_USER).partition(":")
    if not namespace or not name:
        raise UsageError(f"{words} is no service account", hint="write system:serviceaccount:NAMESPACE:NAME")
    asset = service_account_id(namespace, name)
    if asset not in model.assets:
        accounts = sorted(item.id for item in model.assets.values() if item.kind == "ServiceAccount")
        near = get_close_matches(asset, accounts, n=1, cutoff=0.8)
        where = near[0].rpartition(":")[2].replace("/", ":") if near else ""
        hint = f"did you mean {ACCOUNT_USER}{where}?" if where else "the input neither defines, uses nor binds it"
        raise UsageError(f"there is no ServiceAccount {namespace}/{name}", hint=hint)
    workloads = ids(model.from_right("As", (asset,)))
    return Who(
        title=f"ServiceAccount {namespace}/{name}",
        namespace=namespace,
        identities=(service_account(namespace, name),),
        principals=(asset,),
        workloads=workloads,
        containers=ids(model.from_left("Runs", workloads)),
    )


def _asset(words: str, model: JoinedModel) -> Who:
    found = _matching(words, model)
    if not found:
        raise UsageError(f"nothing in the input is called {words}", hint=_suggestion(words, model))
    if len(found) > 1:
        shown = ", ".join(asset.id for asset in found[:_SHOWN]) + (" ..." if len(found) > _SHOWN else "")
        raise UsageError(f"{words} is the name of {len(found)} things", hint=f"give one of {shown}")
    asset = found[0]
    if asset.kind == "ServiceAccount":
        return _account(ACCOUNT_USER + asset.id.rpartition(":")[2].replace("/", ":", 1), model)
    if asset.kind in _CLOUD:
        accounts = ids(model.from_right("FederatesTo", (asset.id,)))
        workloads = ids(
            (
                *model.from_right("Carries", (asset.id,)),
                *model.from_right("CarriesCloudToken", accounts),
                *model.from_right("TaskRoleOf", (asset.id,)),
            )
        )
        containers = ids(model.from_left("Runs", workloads))
        return Who(title=f"role {asset.name}", principals=(asset.id,), workloads=workloads, containers=containers)
    if asset.kind == "Container":
        workloads = ids(model.from_right("Runs", (asset.id,)))
        return _running(f"container {asset.name}", workloads, (asset.id,), model)
    title = f"{asset.id.split('/')[-2]} {asset.name}" if asset.kind == "KubernetesWorkload" else asset.name
    return _running(title, (asset.id,), ids(model.from_left("Runs", (asset.id,))), model)


def _running(title: str, workloads: tuple[str, ...], containers: tuple[str, ...], model: JoinedModel) -> Who:
    accounts = ids(model.from_left("As", workloads))
    named = [account.rpartition(":")[2].partition("/") for account in accounts]
    carried = (
        *ids(model.from_left("Carries", workloads)),
        *ids(model.from_left("TaskRoleOf", workloads)),
        *ids(model.from_left("FederatesTo", (*accounts, *ids(model.from_left("CarriesCloudToken", workloads))))),
    )
    return Who(
        title=title,
        namespace=named[0][0] if named else "",
        identities=tuple(service_account(namespace, name) for namespace, _, name in named),
        principals=tuple(dict.fromkeys((*accounts, *carried))),
        workloads=workloads,
        containers=containers,
    )


def _matching(words: str, model: JoinedModel) -> list[Asset]:
    """What goes by these words, by the most exact of the names that fit; a workload goes before its containers."""
    nameable = [
        asset
        for _, asset in sorted(model.assets.items())
        if asset.kind in _WORKLOADS or asset.kind in {"Container", "ServiceAccount", *_CLOUD}
    ]
    best = [asset for asset in nameable if words in _names(asset)[:_EXACT]] or [
        asset for asset in nameable if words in _names(asset)[_EXACT:]
    ]
    for kinds in (_WORKLOADS, ("Container",)):
        chosen = [asset for asset in best if asset.kind in kinds]
        if chosen:
            return chosen
    return best


def _names(asset: Asset) -> tuple[str, ...]:
    """How people may name an asset, the most exact first."""
    tail = asset.id.split(":", 2)[-1]
    parts = tail.split("/")
    if asset.kind == "ServiceAccount":
        # A workload by this name is meant first.
        return (asset.id, "", tail)
    return (asset.id, tail, asset.name, f"{parts[0]}/{parts[-1]}", parts[-1])


def _suggestion(words: str, model: JoinedModel) -> str:
    names = sorted({_names(asset)[3] for asset in model.assets.values() if asset.kind in {*_WORKLOADS, "Container"}})
    near = get_close_matches(words, names, n=1) or get_close_matches(
        words, sorted({name.rpartition("/")[2] for name in names}), n=1
    )
    if near:
        return f"did you mean {near[0]}?"
    return "give system:serviceaccount:NAMESPACE:NAME, user:NAME, group:NAME, or the name of a workload or container"
