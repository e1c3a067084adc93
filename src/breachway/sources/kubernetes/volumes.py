"""Volumes of a pod, and the persistent volumes and claims behind them."""

from dataclasses import dataclass
from typing import Annotated

from breachway.evidence import Location
from breachway.sources.decoding import Key, OtherKeys, StringMap, Struct, Value
from breachway.sources.kubernetes.metadata import (
    FieldReference,
    KeyToPath,
    LabelSelector,
    Metadata,
    ObjectReference,
    Resource,
    ResourceAmounts,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPathSource(Struct):
    """A path of the node; ``type`` says what must be there ("" for no check)."""

    path: Value[str] | None = None
    type: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyDirSource(Struct):
    """A scratch folder that lives as long as the pod; ``medium`` Memory counts against the memory limit."""

    medium: Value[str] | None = None
    size_limit: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource(Struct):
    """A Secret as files."""

    secret_name: Value[str] | None = None
    items: tuple[KeyToPath, ...] = ()
    default_mode: Value[int] | None = None
    optional: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigMapSource(Struct):
    """A ConfigMap as files; also one part of a projected volume, where a Secret has the same shape."""

    name: Value[str] | None = None
    items: tuple[KeyToPath, ...] = ()
    default_mode: Value[int] | None = None
    optional: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSource(Struct):
    """A service account token, bound to the pod; the default life is 3600 seconds."""

    audience: Value[str] | None = None
    expiration_seconds: Value[int] | None = None
    path: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownwardItem(Struct):
    """A field of the pod as a file."""

    path: Value[str] | None = None
    field_ref: FieldReference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownwardSource(Struct):
    """Fields of the pod as files."""

    items: tuple[DownwardItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectedPart(Struct):
    """One source of a projected volume."""

    secret: ConfigMapSource | None = None
    config_map: ConfigMapSource | None = None
    service_account_token: TokenSource | None = None
    downward: Annotated[DownwardSource | None, Key("downwardAPI")] = None
    other: Annotated[tuple[Value[str], ...], OtherKeys()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectedSource(Struct):
    """Several sources in one folder."""

    sources: tuple[ProjectedPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSource(Struct):
    """A PersistentVolumeClaim of the same namespace."""

    claim_name: Value[str] | None = None
    read_only: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CsiSource(Struct):
    """A volume from a CSI driver, inline or persistent."""

    driver: Value[str] | None = None
    read_only: Value[bool] | None = None
    volume_handle: Value[str] | None = None
    volume_attributes: StringMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GitRepoSource(Struct):
    """A Git repository that the kubelet clones on the node."""

    repository: Value[str] | None = None
    revision: Value[str] | None = None
    directory: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NfsSource(Struct):
    """A network file system."""

    server: Value[str] | None = None
    path: Value[str] | None = None
    read_only: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSource(Struct):
    """An OCI image as a read-only folder."""

    reference: Value[str] | None = None
    pull_policy: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSpec(Struct):
    """What a claim asks for."""

    access_modes: tuple[Value[str], ...] = ()
    storage_class_name: Value[str] | None = None
    volume_name: Value[str] | None = None
    volume_mode: Value[str] | None = None
    selector: LabelSelector | None = None
    resources: ResourceAmounts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTemplate(Struct):
    """A claim that is made per pod (StatefulSet) or per volume (ephemeral)."""

    metadata: Metadata
    spec: ClaimSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class EphemeralSource(Struct):
    """A claim that lives as long as the pod."""

    volume_claim_template: ClaimTemplate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume(Struct):
    """A volume of a pod: one source is set; ``other`` names the key of a source that is not typed here.

    A volume with no source at all is an empty directory.
    """

    name: Value[str] | None = None
    host_path: HostPathSource | None = None
    empty_dir: EmptyDirSource | None = None
    secret: SecretSource | None = None
    config_map: ConfigMapSource | None = None
    projected: ProjectedSource | None = None
    downward: Annotated[DownwardSource | None, Key("downwardAPI")] = None
    persistent_volume_claim: ClaimSource | None = None
    csi: CsiSource | None = None
    git_repo: GitRepoSource | None = None
    nfs: NfsSource | None = None
    image: ImageSource | None = None
    ephemeral: EphemeralSource | None = None
    other: Annotated[tuple[Value[str], ...], OtherKeys()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSource(Struct):
    """A disk or folder of one node."""

    path: Value[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistentVolumeSpec(Struct):
    """Where a persistent volume really lies."""

    access_modes: tuple[Value[str], ...] = ()
    capacity: StringMap | None = None
    storage_class_name: Value[str] | None = None
    persistent_volume_reclaim_policy: Value[str] | None = None
    volume_mode: Value[str] | None = None
    claim_ref: ObjectReference | None = None
    host_path: HostPathSource | None = None
    local: LocalSource | None = None
    csi: CsiSource | None = None
    nfs: NfsSource | None = None
    node_affinity: Location | None = None
    mount_options: tuple[Value[str], ...] = ()
    other: Annotated[tuple[Value[str], ...], OtherKeys()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistentVolume(Resource):
    """A volume of the cluster."""

    spec: PersistentVolumeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistentVolumeClaim(Resource):
    """A request for a volume."""

    spec: ClaimSpec
