"""What every Kubernetes object carries, and the small types that many of them share."""

from dataclasses import dataclass
from typing import Annotated

from breachway.sources.decoding import Key, StringMap, Struct, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerReference(Struct):
    """The object that made this one."""

    kind: Value[str] | None = None
    name: Value[str] | None = None
    controller: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata(Struct):
    """Names and labels.  ``namespace`` is None when the manifest leaves it to whoever applies it."""

    name: Value[str] | None = None
    generate_name: Value[str] | None = None
    namespace: Value[str] | None = None
    labels: StringMap | None = None
    annotations: StringMap | None = None
    owner_references: tuple[OwnerReference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Struct):
    """A whole object: ``kind`` and ``api_version`` as written (``api_version`` is "" in a sloppy manifest)."""

    kind: str = ""
    api_version: str = ""
    metadata: Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelectorRequirement(Struct):
    """One expression: ``operator`` is In, NotIn, Exists or DoesNotExist."""

    key: Value[str] | None = None
    operator: Value[str] | None = None
    values: tuple[Value[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelector(Struct):
    """All of its parts must match; an empty selector matches everything, an absent one nothing."""

    match_labels: StringMap | None = None
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalReference(Struct):
    """The name of an object in the same namespace; ``optional`` where the field knows it."""

    name: Value[str] | None = None
    optional: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespacedReference(Struct):
    """An object by name, perhaps in another namespace."""

    api_group: Value[str] | None = None
    group: Value[str] | None = None
    kind: Value[str] | None = None
    name: Value[str] | None = None
    namespace: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReference(Struct):
    """One key of a Secret or a ConfigMap."""

    name: Value[str] | None = None
    key: Value[str] | None = None
    optional: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReference(Struct):
    """A field of the pod itself, as the downward API gives it."""

    field_path: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyToPath(Struct):
    """Where one key of a projected Secret or ConfigMap lands."""

    key: Value[str] | None = None
    path: Value[str] | None = None
    mode: Value[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceAmounts(Struct):
    """Requests and limits by resource name, as quantities."""

    limits: StringMap | None = None
    requests: StringMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Struct):
    """An address in a status, of a node, a pod or a load balancer."""

    type: Value[str] | None = None
    address: Value[str] | None = None
    ip: Value[str] | None = None
    hostname: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerStatus(Struct):
    """The addresses that a load balancer gave."""

    ingress: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureStatus(Struct):
    """The status of a Service or an Ingress."""

    load_balancer: LoadBalancerStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectReference(Struct):
    """A reference to any object, as ``claimRef`` or ``secrets`` of a ServiceAccount use it."""

    api_version: Value[str] | None = None
    kind: Value[str] | None = None
    name: Value[str] | None = None
    namespace: Value[str] | None = None
    uid: Annotated[Value[str] | None, Key("uid")] = None
