"""Workloads by their names, and by the names that their pods have."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.mapping.kubernetes.index import KubernetesIndex, WorkloadEntry


class WorkloadNames:
    """Finds workloads by name."""

    def __init__(self, index: KubernetesIndex) -> None:
        self._by_name: defaultdict[tuple[str, str], list[WorkloadEntry]] = defaultdict(list)
        for entry in index.workloads:
            self._by_name[entry.namespace, entry.name].append(entry)

    def named(self, namespaces: Iterable[str], name: str, kinds: set[str]) -> Iterator[str]:
        """The workloads of certain kinds and one name."""
        for namespace in namespaces:
            yield from (entry.asset_id for entry in self._by_name.get((namespace, name), ()) if entry.kind in kinds)

    def of_pod(self, namespaces: Iterable[str], name: str) -> Iterator[str]:
        """The workloads to which a pod of a name belongs, or may.

        A Pod has its own name, one of a StatefulSet that and a number; what other controllers make has their name and then one or
        two random parts.
        """
        parts = name.split("-")
        for namespace in namespaces:
            for cut in range(len(parts), max(len(parts) - 3, 0), -1):
                for entry in self._by_name.get((namespace, "-".join(parts[:cut])), ()):
                    rest = parts[cut:]
                    if _may_be(entry.kind, rest):
                        yield entry.asset_id


def _may_be(kind: str, rest: list[str]) -> bool:
    match kind:
        case "Pod":
            return not rest
        case "StatefulSet":
            return len(rest) == 1 and rest[0].isdigit()
        case _:
            return bool(rest)
