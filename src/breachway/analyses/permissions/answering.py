"""All three permissions of somebody, from the model and from the rules of the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.permissions.doing import powers_by_controllers, powers_by_policies, powers_by_rules
from breachway.analyses.permissions.holding import held_by
from breachway.analyses.permissions.joined_model import ids
from breachway.analyses.permissions.reaching import reached_from
from breachway.analyses.permissions.standing import Standing
from breachway.mapping.kubernetes.permissions.access_requests import MASTERS, NODES
from breachway.mapping.kubernetes.permissions.authorization import MASTERS_REASON

if TYPE_CHECKING:
    from breachway.analyses.permissions.joined_model import JoinedModel
    from breachway.analyses.permissions.standing import Held, Who
    from breachway.mapping.kubernetes.permissions.authorization import Authorizer, Permission
    from breachway.threats.language import Language


def standing_of(who: Who, model: JoinedModel, authorizer: Authorizer | None, language: Language) -> Standing:
    """Answer for somebody; ``authorizer`` is None where the input has no Kubernetes."""
    rights = permissions_of(who, authorizer)
    holds = held_by(who, model)
    return Standing(
        who=who,
        holds=holds,
        powers=(*powers_by_rules(rights), *powers_by_controllers(who, model), *powers_by_policies(who, model, language)),
        rights=rights,
        reaches=reached_from(who, model),
        dangling=authorizer.dangling if authorizer else (),
        remarks=_remarks(who, model, holds, authorizer),
    )


def permissions_of(who: Who, authorizer: Authorizer | None) -> tuple[Permission, ...]:
    """The rules that it holds, each once."""
    if authorizer is None:
        return ()
    return tuple({item: None for identity in who.identities for item in authorizer.permissions(identity)})


def _remarks(who: Who, model: JoinedModel, holds: tuple[Held, ...], authorizer: Authorizer | None) -> tuple[str, ...]:
    found: list[str] = []
    if not who.containers:
        found.append("nothing in the input runs as it: where it connects from and what it carries is not known")
    elif who.identities and not any(item.token for item in holds):
        accounts = ", ".join(sorted(model.assets[asset].name for asset in _accounts(who, model)))
        found.append(f"no token of ServiceAccount {accounts} is mounted: it may do this only with one from elsewhere")
    if MASTERS in {group for identity in who.identities for group in identity.groups}:
        found.append(MASTERS_REASON)
    if NODES in {group for identity in who.identities for group in identity.groups}:
        found.append("the Node authorizer gives kubelets more than roles do: what their own pods need")
    bound = set(authorizer.subjects) if authorizer else set()
    for identity in who.identities:
        names = {("User", identity.user), *(("Group", group) for group in identity.groups)}
        if authorizer is not None and not who.containers and not names & bound:
            found.append("no binding names it or a group of it")
    return tuple(found)


def _accounts(who: Who, model: JoinedModel) -> tuple[str, ...]:
    return ids(model.from_left("As", who.workloads))
