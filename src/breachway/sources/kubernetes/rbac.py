"""Who may do what through the API: service accounts, roles and bindings."""

from dataclasses import dataclass
from typing import Annotated

from breachway.sources.decoding import Key, Struct, Value
from breachway.sources.kubernetes.metadata import LabelSelector, LocalReference, NamespacedReference, ObjectReference, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount(Resource):
    """The identity that pods run under."""

    automount_service_account_token: Value[bool] | None = None
    secrets: tuple[ObjectReference, ...] = ()
    image_pull_secrets: tuple[LocalReference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule(Struct):
    """Verbs on resources (``res/sub`` for a subresource) or on URLs; ``*`` stands for all.

    ``api_groups`` and ``resources`` are None when absent: a rule without resources but with URLs speaks of URLs only.
    """

    verbs: tuple[Value[str], ...] = ()
    api_groups: tuple[Value[str], ...] | None = None
    resources: tuple[Value[str], ...] | None = None
    resource_names: tuple[Value[str], ...] | None = None
    non_resource_urls: Annotated[tuple[Value[str], ...] | None, Key("nonResourceURLs")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregationRule(Struct):
    """The ClusterRoles whose rules flow into this one, by label."""

    cluster_role_selectors: tuple[LabelSelector, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Resource):
    """A Role, or a ClusterRole (see ``kind``).  ``rules`` is None when absent, as in an aggregated role."""

    rules: tuple[PolicyRule, ...] | None = None
    aggregation_rule: AggregationRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleBinding(Resource):
    """A RoleBinding, or a ClusterRoleBinding (see ``kind``): who gets the rules of which role."""

    subjects: tuple[NamespacedReference, ...] = ()
    role_ref: NamespacedReference | None = None
