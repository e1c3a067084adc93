"""Compare the allowed connections with those that a corpus of topologies gives for each of its folders.

Goal: equal in every topology, or equal with a choice of the corpus that Kubernetes leaves open, which is then named.
"""

from __future__ import annotations

import ipaddress
import sys
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from breachway.mapping.kubernetes.network.connections.ports import EVERY_PORT, PROTOCOLS, PortSet, joined, port_set
from breachway.mapping.kubernetes.network.connections.table import connection_table
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Workload
from breachway.sources.reading import read
from measuring import argument_parser, corpus, table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from breachway.mapping.kubernetes.network.connections.table import ConnectionTable
    from breachway.mapping.kubernetes.network.connections.units import Unit
    from breachway.sources.kubernetes.objects import KubernetesObject

OUTSIDE = "[External]"
CONTROLLER = "{ingress-controller}"
HOST_PODS = "hostNetwork"
EXPLANATIONS = {
    HOST_PODS: (
        "Kubernetes (Network Policies, hostNetwork pods) leaves open whether policies hold for them, and calls it most common "
        "that they do not: so Breachway. The corpus has policies hold for them; evaluated so, all lines are equal"
    )
}
SHOWN = 5
IPV4 = 4

Spans: TypeAlias = list[tuple[str, int, int]]
Ranges: TypeAlias = tuple[tuple[int, int], ...]


class Line(NamedTuple):
    """One connection: names of both ends, ports; and the IPv4 ranges where one end is outside."""

    source: str
    target: str
    ports: PortSet
    ranges: Ranges = ()


class Outcome(NamedTuple):
    """What came of one topology: how many lines agree, what only one side has, and the choice that explains all of that."""

    name: str
    agreeing: int
    missing: tuple[Line, ...]
    extra: tuple[Line, ...]
    explained: str

    @property
    def equal(self) -> bool:
        """Whether both sides agree as they are."""
        return not self.missing and not self.extra

    @property
    def verdict(self) -> str:
        """The last column of the table."""
        if self.equal:
            return "equal"
        return f"explained: {self.explained}" if self.explained else "DIFFERS"


class Collector:
    """Connections in a form that does not depend on how address ranges are cut."""

    def __init__(self) -> None:
        self._inside: defaultdict[tuple[str, str], Spans] = defaultdict(list)
        self._outside: defaultdict[tuple[str, str], list[tuple[int, int, PortSet]]] = defaultdict(list)

    def inside(self, source: str, target: str, ports: PortSet) -> None:
        """Add a connection between two workloads; one of a workload with itself is none."""
        if source != target:
            self._inside[source, target] += flat(ports)

    def outside(self, source: str, target: str, first: int, last: int, ports: PortSet) -> None:
        """Add a connection of which one end is a range of addresses."""
        self._outside[source, target].append((first, last, ports))

    def lines(self) -> frozenset[Line]:
        """What was added."""
        found = {Line(source, target, port_set(spans)) for (source, target), spans in self._inside.items()}
        for (source, target), items in self._outside.items():
            by_ports: defaultdict[PortSet, list[tuple[int, int]]] = defaultdict(list)
            for first, last in _cut(items):
                ports = port_set(span for low, high, held in items if low <= first <= high for span in flat(held))
                if any(ports):
                    by_ports[ports].append((first, last))
            found |= {Line(source, target, ports, joined(sorted(ranges))) for ports, ranges in by_ports.items()}
        return frozenset(found)


def _cut(items: Iterable[tuple[int, int, PortSet]]) -> list[tuple[int, int]]:
    cuts = sorted({cut for first, last, _ in items for cut in (first, last + 1)})
    return [(first, after - 1) for first, after in pairwise(cuts)]


def flat(ports: PortSet) -> Spans:
    """List the ranges of a set, each with its protocol."""
    return [(protocol, first, last) for protocol in PROTOCOLS for first, last in ports.of(protocol)]


def expected(text: str) -> frozenset[Line]:
    """Read ``connections.txt``."""
    found = Collector()
    for line in text.splitlines():
        if not line.strip():
            continue
        ends, _, words = line.rpartition(" : ")
        source, _, target = ends.partition(" => ")
        ports = _ports(words)
        if source.endswith(OUTSIDE):
            found.outside(OUTSIDE, target, *_range(source), ports)
        elif target.endswith(OUTSIDE):
            found.outside(source, OUTSIDE, *_range(target), ports)
        else:
            found.inside(source, target, ports)
    return found.lines()


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.removesuffix(OUTSIDE).partition("-")
    return int(ipaddress.IPv4Address(first)), int(ipaddress.IPv4Address(last))


def _ports(words: str) -> PortSet:
    if words == "All Connections":
        return EVERY_PORT
    spans: Spans = []
    protocol = ""
    for part in words.split(","):
        name, _, numbers = part.rpartition(" ")
        protocol = name or protocol
        first, _, last = numbers.partition("-")
        spans.append((protocol, int(first), int(last or first)))
    return port_set(spans)


def found_lines(evaluated: ConnectionTable, names: tuple[str, ...]) -> frozenset[Line]:
    """Give the table in the corpus's form, which knows IPv4 alone."""
    found = Collector()
    for row in evaluated.rows:
        from_outside, to_outside = (evaluated.plane.outside_class(endpoint) for endpoint in (row.source, row.target))
        for source in _ends(evaluated, row.source, names):
            for target in _ends(evaluated, row.target, names):
                addresses = from_outside or to_outside
                if addresses is None:
                    found.inside(source, target, row.ports)
                    continue
                for item in addresses.ranges:
                    if item.version == IPV4:
                        found.outside(source, target, item.first, item.last, row.ports)
    for entrance in evaluated.entrances:
        found.inside(CONTROLLER, names[entrance.unit], entrance.ports)
    return found.lines()


def _ends(evaluated: ConnectionTable, endpoint: int, names: tuple[str, ...]) -> list[str]:
    if evaluated.plane.outside_class(endpoint) is not None:
        return [OUTSIDE]
    return sorted({names[position] for position in evaluated.plane.members[endpoint]})


def names_of(units: tuple[Unit, ...], objects: tuple[KubernetesObject, ...]) -> tuple[str, ...]:
    """The corpus's name of each unit: a pod that something made goes by its direct maker."""
    made: dict[object, str] = {}
    for item in objects:
        if isinstance(item, Workload) and item.kind == "Pod":
            for owner in item.metadata.owner_references[:1]:
                if value_or(owner.kind, "") == "Node":
                    continue
                space = value_or(item.metadata.namespace, "default")
                made[item.location] = f"{space}/{value_or(owner.name, '')}[{value_or(owner.kind, 'Pod')}]"
    return tuple(made.get(unit.location, f"{unit.namespace}/{unit.name}[{unit.kind}]") for unit in units)


def compare(folder: Path) -> Outcome:
    """Evaluate one topology."""
    objects = read([str(folder / "input")]).kubernetes
    wanted = expected((folder / "connections.txt").read_text(encoding="utf-8"))
    strict, lenient = (_lines(objects, like_others=choice) for choice in (False, True))
    return Outcome(
        folder.name,
        len(wanted & strict),
        tuple(sorted(wanted - strict)),
        tuple(sorted(strict - wanted)),
        HOST_PODS if strict != wanted == lenient else "",
    )


def _lines(objects: tuple[KubernetesObject, ...], *, like_others: bool) -> frozenset[Line]:
    evaluated = connection_table(objects, host_pods_like_others=like_others)
    return found_lines(evaluated, names_of(evaluated.units, objects))


def main() -> int:
    """Print a row for each topology, the lines that one side alone has and nothing explains, and the figure."""
    root = corpus(argument_parser(__doc__ or "").parse_args().corpora, "netpol")
    outcomes = [compare(folder) for folder in sorted(root.iterdir()) if (folder / "connections.txt").exists()]
    rows = [(item.name, str(item.agreeing), str(len(item.missing)), str(len(item.extra)), item.verdict) for item in outcomes]
    print(table(("topology", "agree", "missing", "extra", "verdict"), rows))
    open_ends = [item for item in outcomes if not item.equal and not item.explained]
    for item in open_ends:
        for word, lines in (("missing", item.missing), ("extra", item.extra)):
            for line in lines[:SHOWN]:
                print(f"{item.name}: {word}: {line.source} => {line.target} : {line.ports} {line.ranges or ''}")
    for name in sorted({item.explained for item in outcomes if item.explained}):
        print(f"{name}: {EXPLANATIONS[name]}")
    equal = sum(item.equal for item in outcomes)
    print(
        f"{equal} of {len(outcomes)} topologies equal, {len(outcomes) - equal - len(open_ends)} explained, "
        f"{len(open_ends)} open; {sum(item.agreeing for item in outcomes)} connections agree"
    )
    return 1 if open_ends else 0


if __name__ == "__main__":
    sys.exit(main())
