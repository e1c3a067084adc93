"""Whom a managed cluster lets in beside its own roles: access entries, the older aws-auth ConfigMap, legacy authorization.

Sources: Amazon EKS user guide (grant IAM users access with access entries; the aws-auth ConfigMap is deprecated), Google
Kubernetes Engine documentation (hardening: leave legacy authorization off).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import observed
from breachway.mapping.kubernetes.accounts import cloud_role_id
from breachway.mapping.kubernetes.declared import Declared, name_of, namespace_of
from breachway.mapping.kubernetes.index import CLUSTER_ID
from breachway.mapping.kubernetes.permissions.subjects import group_id, user_id
from breachway.sources.decoding import Value, value_or
from breachway.sources.kubernetes.objects import ConfigMap
from breachway.sources.nodes import Mapping, Scalar, Sequence
from breachway.sources.yaml_positions import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Evidence
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.cloud.facts import CloudFacts
    from breachway.sources.kubernetes.objects import KubernetesObject

_ADMIN_POLICY = "AmazonEKSClusterAdminPolicy"
_MASTERS = "system:masters"
_NODE_GROUPS = frozenset({"system:bootstrappers", "system:nodes"})


def map_cloud_access(builder: ModelBuilder, objects: tuple[KubernetesObject, ...], facts: CloudFacts) -> None:
    """Tie identities of AWS to the users and groups that the cluster takes them for, once all of these are in the model."""
    for entry in facts.access_entries:
        if entry.principal_arn is not None:
            found = observed(entry.principal_arn.location, f"access entry of {_short(entry.principal_arn.value)}")
            groups = tuple(item.value for item in entry.kubernetes_groups)
            _know(builder, entry.principal_arn.value, value_or(entry.user_name, ""), groups, found)
    for policy in facts.access_policies:
        arn, granted = policy.principal_arn, policy.policy_arn
        scope = next(iter(policy.access_scope), None)
        if arn is None or granted is None:
            continue
        name = _short(granted.value)
        if name == _ADMIN_POLICY and (scope is None or value_or(scope.kind, "cluster") == "cluster"):
            _administer(builder, arn.value, observed(granted.location, f"{name} for {_short(arn.value)}"))
        else:
            builder.note(f"The access policy {name} of {_short(arn.value)} is not modelled: what it allows is not in the input.")
    _map_legacy_authorization(builder, facts)
    for config_map in Declared(objects).of(ConfigMap):
        if (namespace_of(config_map.metadata), name_of(config_map.metadata)) == ("kube-system", "aws-auth"):
            _map_config_map(builder, config_map)


def _map_legacy_authorization(builder: ModelBuilder, facts: CloudFacts) -> None:
    """Attribute-based authorization of GKE lets every ServiceAccount do everything, whatever its roles say."""
    legacy = facts.gke_clusters[0].enable_legacy_abac if len(facts.gke_clusters) == 1 else None
    if legacy is not None and legacy.value == "true":
        found = observed(legacy.location, "enable_legacy_abac: true; every ServiceAccount may do everything")
        for account in builder.ids_of_kind("ServiceAccount"):
            builder.link("AdministersCluster", account, CLUSTER_ID, found)


def _map_config_map(builder: ModelBuilder, config_map: ConfigMap) -> None:
    for key, arn_key in (("mapRoles", "rolearn"), ("mapUsers", "userarn")):
        text = config_map.data.get(key) if config_map.data else None
        for arn, user, groups in _entries(text, arn_key) if text is not None else ():
            if text is not None and not _NODE_GROUPS & set(groups):
                _know(builder, arn, user, groups, observed(text.location, f"{key} of aws-auth names {_short(arn)}"))


def _entries(text: Value[str], arn_key: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """ARN, user and groups of each entry; the text is YAML in a string."""
    for document in read_yaml(text.value, text.location.document).documents:
        for item in document.items if isinstance(document, Sequence) else ():
            if not isinstance(item, Mapping):
                continue
            groups = item.entries.get("groups")
            listed = groups.node.items if groups is not None and isinstance(groups.node, Sequence) else ()
            named = tuple(part.text for part in listed if isinstance(part, Scalar))
            arn = _text(item, arn_key)
            if arn:
                yield arn, _text(item, "username"), named


def _text(item: Mapping, key: str) -> str:
    entry = item.entries.get(key)
    return entry.node.text if entry is not None and isinstance(entry.node, Scalar) else ""


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]


def _identity(builder: ModelBuilder, arn: str, found: tuple[Evidence, ...]) -> str:
    """The asset of an identity of AWS, by its ARN."""
    user = ":user/" in arn
    asset = f"aws:CloudUser:{_short(arn)}" if user else cloud_role_id("aws", arn)
    return builder.asset("CloudUser" if user else "CloudRole", asset, _short(arn), platform="aws", evidence=found)


def _know(builder: ModelBuilder, arn: str, user: str, groups: tuple[str, ...], found: tuple[Evidence, ...]) -> None:
    """Tie an identity to those of its user and groups that hold anything: a group that no binding names gives nothing."""
    if _MASTERS in groups:
        _administer(builder, arn, found)
    for known in (user_id(user), *(group_id(group) for group in groups)):
        if known != user_id("") and builder.has(known):
            builder.link("KnownInCluster", _identity(builder, arn, found), known, found)


def _administer(builder: ModelBuilder, arn: str, found: tuple[Evidence, ...]) -> None:
    builder.link("AdministersCluster", _identity(builder, arn, found), CLUSTER_ID, found)
