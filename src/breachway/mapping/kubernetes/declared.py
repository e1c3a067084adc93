"""The objects of the input by type and by name, and how Kubernetes names them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.sources.decoding import StringMap
    from breachway.sources.kubernetes.metadata import Metadata, Resource
    from breachway.sources.kubernetes.objects import KubernetesObject

R = TypeVar("R", bound="Resource")

DEFAULT_NAMESPACE = "default"


def name_of(metadata: Metadata) -> str:
    """The object's name, or the prefix from which the API makes one."""
    if metadata.name is not None and metadata.name.value:
        return metadata.name.value
    return metadata.generate_name.value if metadata.generate_name is not None else "unnamed"


def namespace_of(metadata: Metadata) -> str:
    """The object's namespace; where the manifest leaves it open it is ``default``."""
    return metadata.namespace.value if metadata.namespace is not None and metadata.namespace.value else DEFAULT_NAMESPACE


def labels_of(metadata: Metadata) -> Mapping[str, str]:
    """The object's labels."""
    return metadata.labels.as_dict() if metadata.labels is not None else {}


def pairs(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Labels as sorted pairs."""
    return tuple(sorted(labels.items()))


def entries(values: StringMap | None) -> Mapping[str, str]:
    """The entries of a map that may be absent."""
    return values.as_dict() if values is not None else {}


class Declared:
    """All objects of the input."""

    def __init__(self, objects: Iterable[KubernetesObject]) -> None:
        self._by_type: dict[type, list[Resource]] = defaultdict(list)
        for item in objects:
            self._by_type[type(item)].append(item)
        self._named: dict[type, dict[tuple[str, str], Resource]] = {}

    def of(self, cls: type[R]) -> tuple[R, ...]:
        """The objects of one type, in the order of the input."""
        return tuple(item for item in self._by_type.get(cls, ()) if isinstance(item, cls))

    def find(self, cls: type[R], namespace: str, name: str) -> R | None:
        """The object of a namespaced type by its names; the last one where several documents declare it."""
        table = self._named.get(cls)
        if table is None:
            table = {(namespace_of(item.metadata), name_of(item.metadata)): item for item in self._by_type.get(cls, ())}
            self._named[cls] = table
        found = table.get((namespace, name))
        return found if isinstance(found, cls) else None
