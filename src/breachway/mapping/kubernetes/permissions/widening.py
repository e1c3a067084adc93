"""The verb escalate on named roles: worth something to somebody who holds one of these, and to nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.kubernetes.permissions.making import said
from breachway.mapping.kubernetes.permissions.rules import RBAC, WRITE, Access

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.permissions.roles import RoleRules
    from breachway.mapping.kubernetes.permissions.rules import Rule

_ESCALATE = Access(("escalate",), RBAC, ("roles", "clusterroles"))
_PLURALS = {"Role": "roles", "ClusterRole": "clusterroles"}


def judge_widening(
    builder: ModelBuilder,
    held: Mapping[str, Iterable[tuple[bool, RoleRules]]],
    grants: Mapping[str, Iterable[tuple[str, str, RoleRules]]],
) -> None:
    """Say of each set of rights whether its holder may widen a role that it holds.

    ``held`` are the roles of each principal, with whether they are bound in one namespace; ``grants`` its sets of rights: their
    asset, scope ("" is the cluster) and role.
    """
    for principal, sets in grants.items():
        for grant, scope, role in sets:
            if not any(rule.allows(_ESCALATE) for rule in role.rules):
                continue
            for _, mine in held.get(principal, ()):
                rules = _widens(role.rules, mine, scope)
                if rules:
                    evidence = said(role, rules, f"may widen {mine.subject}, which its holder has")
                    builder.defence(grant, "noEscalate", 0.0, evidence, weaknesses=("rbac-escalate",))


def _widens(rules: tuple[Rule, ...], role: RoleRules, scope: str) -> tuple[Rule, ...]:
    """The rules by which the verb escalate and a change of one role are allowed, where names restrict them."""
    if scope and (role.kind != "Role" or role.namespace != scope):
        return ()
    plural = (_PLURALS[role.kind],)
    found: list[Rule] = []
    for verbs in (("escalate",), WRITE):
        wanted = Access(verbs, RBAC, plural, (role.name,))
        match = next((rule for rule in rules if (rule.allows_named(wanted) if rule.names else rule.allows(wanted))), None)
        if match is None:
            return ()
        found.append(match)
    return tuple(dict.fromkeys(found)) if any(rule.names for rule in found) else ()
