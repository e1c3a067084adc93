"""Roles of the cloud that any account of a namespace may take: an annotation on one is then all that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.cloud.trust import trusts_account
from breachway.mapping.containers.grounds import observed
from breachway.mapping.kubernetes.accounts import cloud_role_id

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.cloud.facts import CloudFacts
    from breachway.mapping.kubernetes.index import KubernetesIndex

_AUDIENCE = "sts.amazonaws.com"
_NOBODY = "-"
"""A name that no account has: a trust policy that takes it takes every name."""


def link_claimable_roles(builder: ModelBuilder, facts: CloudFacts, index: KubernetesIndex) -> None:
    """Join each namespace to the roles whose trust policy takes every account of it; a policy that is not decided joins none."""
    for role in facts.roles:
        if not role.name or not role.trust:
            continue
        for name in sorted(index.namespaces):
            told = trusts_account(role.trust, name, _NOBODY, _AUDIENCE)
            if told.agrees:
                seen = observed(told.location or role.location, f"role {role.name} trusts every account of namespace {name}")
                asset = builder.asset("CloudRole", cloud_role_id("aws", role.name), role.name, platform="aws", evidence=seen)
                builder.link("MayClaim", index.namespaces[name].asset_id, asset, seen)
