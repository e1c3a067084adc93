"""What never reaches the disk: the values of Secrets, and the copies of objects that tools keep inside objects.

The API has no way to list the keys of Secrets without their values, so the values pass through this process's memory, and end
there: of each only the key and the length are kept.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breachway.cli.collecting.answers import JsonObject, JsonValue

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
SECRET_KEYS = "collectedKeys"
"""The field in place of ``data``: a list of ``{key, length}``, the length in bytes of what the value decodes to."""

_KEPT_FIELDS = ("apiVersion", "kind", "type", "immutable")
_KEPT_METADATA = ("name", "namespace", "uid", "labels", "ownerReferences", "creationTimestamp")
_KEPT_ANNOTATIONS = (
    "cert-manager.io/",
    "kubernetes.io/service-account.",
    "kubed.appscode.com/",
    "reflector.v1.k8s.emberstack.com/",
    "reloader.stakater.com/",
    "replicator.v1.mittwald.de/",
)
"""Prefixes of annotations whose values name objects.  Other annotations of a Secret may repeat it: Rancher's, for one, do."""


def without_values(item: JsonObject, *, secret: bool) -> JsonObject:
    """The object as it may be written down; ``secret`` tells a Secret of the core group."""
    return _secret(item) if secret else _other(item)


def _other(item: JsonObject) -> JsonObject:
    metadata = item.get("metadata")
    if not isinstance(metadata, dict):
        return item
    kept = {key: value for key, value in metadata.items() if key != "managedFields"}
    annotations = kept.get("annotations")
    if isinstance(annotations, dict) and LAST_APPLIED in annotations:
        kept["annotations"] = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
    return {**item, "metadata": kept}


def _secret(item: JsonObject) -> JsonObject:
    kept = {key: item[key] for key in _KEPT_FIELDS if key in item}
    metadata = item.get("metadata")
    if isinstance(metadata, dict):
        rest: JsonObject = {key: metadata[key] for key in _KEPT_METADATA if key in metadata}
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            rest["annotations"] = {key: annotations[key] for key in annotations if key.startswith(_KEPT_ANNOTATIONS)}
        kept["metadata"] = rest
    data = item.get("data")
    keys: list[JsonValue] = []
    for key, value in data.items() if isinstance(data, dict) else ():
        keys.append({"key": key, "length": _length(value)})
    kept[SECRET_KEYS] = keys
    return kept


def _length(value: JsonValue) -> int:
    text = value if isinstance(value, str) else ""
    try:
        return len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return len(text)
