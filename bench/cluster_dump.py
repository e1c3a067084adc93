"""Write a believable dump of a live cluster of any size: what ``kubectl get -A -o json`` prints, a page of a list a file.

30 pods a node, of which 7 belong to DaemonSets; 20 namespaces a thousand pods; Deployments with their ReplicaSets, of which one
in a hundred is being rolled out; StatefulSets, CronJobs with the Jobs and pods that they left; shared ClusterRoles; policies.
The same size gives the same bytes.  ``python bench/cluster_dump.py 1000 FOLDER``
"""

from __future__ import annotations

import argparse
import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from dumped_objects import (
    DAEMONS,
    LEVELS,
    Workload,
    bound_account,
    cluster_roles,
    config_maps,
    controller,
    cron_parts,
    namespace_object,
    network_policies,
    node,
    pod,
    replica_set,
    secrets,
    service,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Object: TypeAlias = dict[str, object]

PODS_PER_NODE = 30
NAMESPACES_PER_THOUSAND = 20
PAGE = 500
_MARKS = ("@POD@", "@NODE@", "@UID@", "@ADDRESS@", "@NUMBER@")


class Dumped(NamedTuple):
    """What was written: files, objects by resource, and characters in all."""

    files: int
    objects: dict[str, int]
    characters: int


class _Pages:
    """Writes one resource, :data:`PAGE` objects a file."""

    def __init__(self, folder: Path, resource: str) -> None:
        self._folder = folder
        self._resource = resource
        self._texts: list[str] = []
        self.files = 0
        self.objects = 0
        self.characters = 0

    def add(self, text: str) -> None:
        """Take an object that is laid out already."""
        self._texts.append(text)
        self.objects += 1
        if len(self._texts) == PAGE:
            self.close()

    def close(self) -> None:
        """Write what is left."""
        if not self._texts:
            return
        self.files += 1
        tail = '    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n'
        text = '{\n    "apiVersion": "v1",\n    "items": [\n' + ",\n".join(self._texts) + "\n" + tail
        (self._folder / f"{self._resource}-{self.files:04d}.json").write_text(text, encoding="utf-8")
        self.characters += len(text)
        self._texts.clear()


class _Dump:
    """The resources of one dump, and the next free place for a pod."""

    def __init__(self, folder: Path, nodes: int) -> None:
        self._folder = folder
        self._nodes = nodes
        self._pages: dict[str, _Pages] = {}
        self._pods = 0

    def put(self, resource: str, things: Iterable[Object]) -> None:
        """Write objects."""
        for thing in things:
            self._page(resource).add(laid_out(thing))

    def put_pods(self, template: Object, names: Iterable[str], *, on_each_node: bool = False) -> None:
        """Write a pod for each name from one text; the per-pod fields are filled in."""
        text = laid_out(template)
        for position, name in enumerate(names):
            number = self._pods
            self._pods += 1
            place = position if on_each_node else number * 7 % self._nodes
            address = f"10.{128 + number // 65536}.{number // 256 % 256}.{number % 256}"
            fills = (name, f"node-{place:05d}", f"{number:012x}", address, str(position))
            filled = text
            for mark, fill in zip(_MARKS, fills, strict=True):
                filled = filled.replace(mark, fill)
            self._page("pods").add(filled)

    def close(self) -> Dumped:
        """Finish every file."""
        for page in self._pages.values():
            page.close()
        counts = {resource: page.objects for resource, page in sorted(self._pages.items())}
        pages = self._pages.values()
        return Dumped(sum(page.files for page in pages), counts, sum(page.characters for page in pages))

    def _page(self, resource: str) -> _Pages:
        return self._pages.setdefault(resource, _Pages(self._folder, resource))


def laid_out(thing: Object) -> str:
    """Lay an object out as kubectl does inside a list."""
    return textwrap.indent(json.dumps(thing, indent=4, sort_keys=True), " " * 8)


def dump(pods: int, folder: Path) -> Dumped:
    """Write the dump of a cluster with at least ``pods`` pods (the last workload is written whole)."""
    folder.mkdir(parents=True, exist_ok=True)
    nodes = -(-pods // PODS_PER_NODE)
    namespaces = max(1, pods * NAMESPACES_PER_THOUSAND // 1000)
    written = _Dump(folder, nodes)
    written.put("nodes", (node(number) for number in range(nodes)))
    written.put("clusterroles", cluster_roles())
    for daemon in DAEMONS:
        written.put("daemonsets", [controller(daemon, replicas=nodes)])
        written.put_pods(pod(daemon, revision="6c9d5f7b44"), _random_names(daemon.name, nodes), on_each_node=True)
    written.put("namespaces", (namespace_object(name, "") for name in ("kube-system", "monitoring", "logging")))
    wanted = pods - len(DAEMONS) * nodes
    made = 0
    for index in range(namespaces):
        share = wanted * (index + 1) // namespaces
        _namespace(written, index)
        number = 0
        while made < share:
            made += _workload(written, index, number, most=share - made)
            number += 1
    return written.close()


def _namespace(written: _Dump, index: int) -> None:
    name = f"team-{index:04d}"
    written.put("namespaces", [namespace_object(name, LEVELS[index % len(LEVELS)])])
    written.put("configmaps", config_maps(name))
    written.put("secrets", secrets(name))
    for number in range(5):
        for resource, thing in bound_account(name, number, index):
            written.put(resource, [thing])
    if index % 2 == 0:
        written.put("networkpolicies", network_policies(name))


def _workload(written: _Dump, index: int, number: int, *, most: int) -> int:
    """Write one workload with what it made, and give how many pods these are."""
    at = Workload.of(index, number)
    replicas = min(at.replicas, most)
    match at.kind:
        case "CronJob":
            cron, jobs = cron_parts(at, replicas)
            written.put("cronjobs", [cron])
            for name, job, template in jobs:
                written.put("jobs", [job])
                written.put_pods(template, [f"{name}-x7k2p"])
            return replicas
        case "StatefulSet":
            written.put("statefulsets", [controller(at, replicas=replicas)])
            written.put_pods(pod(at, revision="5d8c7b9f66"), (f"{at.name}-{ordinal}" for ordinal in range(replicas)))
        case _:
            written.put("deployments", [controller(at, replicas=replicas)])
            _revisions(written, at, replicas)
    written.put("services", [service(at)])
    return replicas


def _revisions(written: _Dump, at: Workload, replicas: int) -> None:
    """The ReplicaSets of a Deployment: the current one, older ones at nought, and for one in a hundred one still running."""
    current = f"{7 * at.number + 11 * at.index:08x}c4"
    before = replicas // 2 if at.rolling else 0
    written.put("replicasets", [replica_set(at, current, replicas - before)])
    written.put_pods(pod(at, revision=current), _random_names(f"{at.name}-{current}", replicas - before))
    for age in range(max((at.index + at.number) % 4, int(at.rolling))):
        old, older = at.aged(age + 1), f"{7 * at.number + 11 * at.index:08x}d{age}"
        running = before if age == 0 else 0
        written.put("replicasets", [replica_set(old, older, running)])
        written.put_pods(pod(old, revision=older), _random_names(f"{at.name}-{older}", running))


def _random_names(prefix: str, count: int) -> Iterator[str]:
    alphabet = "bcdfghjklmnpqrstvwxz2456789"
    for number in range(count):
        mixed = (number * 7919 + 104729) % len(alphabet) ** 5
        suffix = "".join(alphabet[mixed // len(alphabet) ** place % len(alphabet)] for place in range(5))
        yield f"{prefix}-{suffix}"


def main() -> None:
    """Write a dump from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pods", type=int)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    written = dump(arguments.pods, arguments.folder)
    print(f"{written.files} files, {written.characters / 1e6:.1f} million characters: {written.objects}")


if __name__ == "__main__":
    main()
