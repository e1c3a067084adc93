"""Custom resources that tie a cluster to its cloud, decoded from objects of kinds that are not typed otherwise.

Karpenter's ``EC2NodeClass``, the ``PodIdentityAssociation`` of AWS Controllers for Kubernetes, and the ``AzureIdentity`` and
``AzureIdentityBinding`` of the retired pod identity of Azure AD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

from breachway.sources.decoding import Key, Struct, Value, decode
from breachway.sources.dialects import KUBERNETES

if TYPE_CHECKING:
    from breachway.evidence import Unread
    from breachway.sources.kubernetes.objects import OtherObject


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeClassMetadata(Struct):
    """How instances of a node class answer at 169.254.169.254."""

    http_endpoint: Annotated[Value[str] | None, Key("httpEndpoint")] = None
    http_tokens: Annotated[Value[str] | None, Key("httpTokens")] = None
    http_put_response_hop_limit: Annotated[Value[str] | None, Key("httpPutResponseHopLimit")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeClassSpec(Struct):
    """A node class; ``role`` is a name, ``instance_profile`` that of a profile."""

    role: Value[str] | None = None
    instance_profile: Value[str] | None = None
    metadata_options: NodeClassMetadata | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeClass(Struct):
    """An ``EC2NodeClass`` (or the older ``AWSNodeTemplate``)."""

    spec: NodeClassSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationSpec(Struct):
    """Which account gets which role."""

    namespace: Value[str] | None = None
    service_account: Value[str] | None = None
    role_arn: Annotated[Value[str] | None, Key("roleARN")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Association(Struct):
    """A ``PodIdentityAssociation``."""

    spec: AssociationSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureIdentitySpec(Struct):
    """An identity of Azure; ``client_id`` names it."""

    client_id: Annotated[Value[str] | None, Key("clientID")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureIdentity(Struct):
    """An ``AzureIdentity``."""

    spec: AzureIdentitySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureBindingSpec(Struct):
    """Pods whose label ``aadpodidbinding`` equals ``selector`` get the identity."""

    azure_identity: Value[str] | None = None
    selector: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureBinding(Struct):
    """An ``AzureIdentityBinding``."""

    spec: AzureBindingSpec


C = TypeVar("C", NodeClass, Association, AzureIdentity, AzureBinding)

KINDS: dict[tuple[str, str], type[NodeClass | Association | AzureIdentity | AzureBinding]] = {
    ("karpenter.k8s.aws", "EC2NodeClass"): NodeClass,
    ("karpenter.k8s.aws", "AWSNodeTemplate"): NodeClass,
    ("eks.services.k8s.aws", "PodIdentityAssociation"): Association,
    ("aadpodidentity.k8s.io", "AzureIdentity"): AzureIdentity,
    ("aadpodidentity.k8s.io", "AzureIdentityBinding"): AzureBinding,
}
"""By API group and kind."""


def of_kind(item: OtherObject, cls: type[C]) -> C | None:
    """The object as ``cls``; None where it is of another kind or does not fit."""
    group = item.api_version.rpartition("/")[0]
    if KINDS.get((group, item.kind)) is not cls:
        return None
    problems: list[Unread] = []
    return decode(cls, item.node, item.location, KUBERNETES, problems)
