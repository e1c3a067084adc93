"""Compare our graph, in the terms of KubeHound, with the pairs that KubeHound's own system tests expect of its test cluster.

Goal: every expected pair is in the view; every pair that we have beyond it, that we hold to be wrong or that holds for another
reason than KubeHound's has a reason in ``kubehound_reasons.tsv`` whose rule is true of it; the control pod has no pair; the vault
pod has none and falls to nobody as long as nodes and rights in the whole cluster are left out.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.reading import read
from kubehound_view import Pair, View, may_bind
from measuring import argument_parser, corpus, table

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTROL, VAULT = "control-pod", "vault-pod"
NODES = ("control-plane", "worker", "worker2")
REASONS = Path(__file__).with_name("kubehound_reasons.tsv")
UNBOUND = "ROLE_BIND_UNBOUND"


class Reason(NamedTuple):
    """A class of differences.  ``side`` is beyond, wrong or another way; the rule itself is :func:`holds`."""

    name: str
    side: str
    tests: frozenset[str]
    reason: str


class Explained(NamedTuple):
    """A difference with the class of its reason, empty where none holds."""

    side: str
    pair: Pair
    reason: str


def expected(text: str) -> frozenset[Pair]:
    """Read ``expected_edges.tsv``."""
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return frozenset(Pair(row["test"], row["source"], row["target"]) for row in rows)


def reasons(text: str) -> tuple[Reason, ...]:
    """Read the list of reasons."""
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return tuple(Reason(row["class"], row["side"], frozenset(row["tests"].split(",")), row["reason"]) for row in rows)


def holds(name: str, pair: Pair, view: View, found: frozenset[Pair]) -> bool:
    """Whether the rule of a class is true of a pair."""
    match name:
        case "subject-without-namespace":
            return pair.source not in view.subjects_at_home()
        case "writable-is-readable":
            return pair._replace(test="EXPLOIT_HOST_WRITE") in found
        case "tokens-of-the-node":
            return view.steps_to_nodes(pair.target) == {"stealPodTokens"}
        case "kernel-setting":
            return view.steps_to_nodes(pair.target) == {"writeKernelInterface"}
        case "from-the-cluster":
            return not view.named(pair.source).scope and bool(view.named(pair.target).scope)
        case "clusterroles-in-a-namespace":
            return _only_clusterroles(view, pair.source)
        case "no-token-secret":
            return (pair.source, pair.target) not in view.token_secrets()
        case "unbound-role":
            return pair.test == UNBOUND
        case "by-another-role":
            return view.way_to(view.named(pair.source), view.named(pair.target)) == "by another role"
        case "by-kube-system":
            return view.way_to(view.named(pair.source), view.named(pair.target)) == "by the cluster"
        case _:
            raise ValueError(f"no rule for the reason {name}")


def _only_clusterroles(view: View, source: str) -> bool:
    found = view.named(source)
    own = [item.role for item in view.bound if item.scope == found.scope]
    kinds = {role.kind for role in own if may_bind(found.role.rules, role, found.scope)}
    return bool(found.scope) and kinds == {"ClusterRole"}


def differences(view: View, wanted: frozenset[Pair], found: frozenset[Pair], known: Iterable[Reason]) -> tuple[Explained, ...]:
    """Everything that is not simply the same on both sides, each with the first reason that is true of it."""
    sides = [("beyond", pair) for pair in found - wanted]
    sides += [("wrong", pair) for pair in wanted & found if pair.test.startswith("TOKEN_") and _not_borne_out(view, pair)]
    sides += [("another way", pair) for pair in wanted & found if pair.test.startswith("ROLE_BIND") and _indirect(view, pair)]
    listed = tuple(known)
    given: list[Explained] = []
    for side, pair in sorted(sides):
        fitting = (item for item in listed if item.side == side and pair.test in item.tests)
        name = next((item.name for item in fitting if holds(item.name, pair, view, found)), "")
        given.append(Explained(side, pair, name))
    return tuple(given)


def _not_borne_out(view: View, pair: Pair) -> bool:
    return (pair.source, pair.target) not in view.token_secrets()


def _indirect(view: View, pair: Pair) -> bool:
    return view.way_to(view.named(pair.source), view.named(pair.target)) != "direct"


def view_of(manifests: Path) -> View:
    """The view of the manifests with the nodes that the corpus says the cluster has."""
    with tempfile.TemporaryDirectory() as folder:
        nodes = Path(folder) / "nodes.yaml"
        nodes.write_text("---\n".join(_node(name) for name in NODES), encoding="utf-8")
        return View(read([str(manifests), str(nodes)]))


def _node(name: str) -> str:
    """A node as kind makes it: the control plane is tainted where there are workers."""
    plane = name == NODES[0]
    labels = '{node-role.kubernetes.io/control-plane: ""}' if plane else "{}"
    taints = "[{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]" if plane else "[]"
    head = f"apiVersion: v1\nkind: Node\nmetadata: {{name: kubehound.test.local-{name}, labels: {labels}}}\n"
    return f"{head}spec: {{taints: {taints}}}\n"


def pairs_of(view: View) -> frozenset[Pair]:
    """The pairs of the view, those to roles that nothing is bound to among them."""
    return view.pairs() | {Pair(UNBOUND, source.name, f"{role.namespace}/{role.name}") for source, role in view.unbound()}


def standing(view: View, found: frozenset[Pair]) -> tuple[str, ...]:
    """What is wrong with the two pods that must stay clean, or with the graph where it says otherwise than the rules."""
    wrong = [f"{CONTROL} has the pair {pair.test} to {pair.target}" for pair in sorted(found) if pair.source == CONTROL]
    wrong += [f"{VAULT} is reached by {pair.test} from {pair.source}" for pair in sorted(found) if pair.target == VAULT]
    on_graph, by_rules = view.bindings_of_roles()
    wrong += [f"graph and rules disagree whether {source} may bind Role {role}" for source, role in sorted(on_graph ^ by_rules)]
    if view.falls_without_nodes(VAULT):
        wrong.append(f"{VAULT} falls on the whole graph without a node and without rights in the whole cluster")
    return tuple(wrong)


def report(wanted: frozenset[Pair], found: frozenset[Pair], explained: tuple[Explained, ...], known: Iterable[Reason]) -> str:
    """Lay out the table of edges, then the differences by reason."""
    rows = []
    for test in sorted({pair.test for pair in wanted | found}):
        theirs = {pair for pair in wanted if pair.test == test}
        ours = {pair for pair in found if pair.test == test}
        rows.append((test, str(len(theirs)), str(len(theirs & ours)), str(len(ours - theirs))))
    lines = [table(("edge", "expected", "found", "beyond"), rows), ""]
    lines += [f"MISSING {pair.test}: {pair.source} -> {pair.target}" for pair in sorted(wanted - found)]
    groups: defaultdict[str, list[Explained]] = defaultdict(list)
    for item in explained:
        groups[item.reason].append(item)
    for reason in known:
        if groups[reason.name]:
            lines.append(f"{reason.side}: {reason.name} ({len(groups[reason.name])} pairs): {reason.reason}")
            lines += [f"    {item.pair.test}: {item.pair.source} -> {item.pair.target}" for item in groups[reason.name]]
    lines += [f"UNEXPLAINED {item.side}: {item.pair.test}: {item.pair.source} -> {item.pair.target}" for item in groups[""]]
    return "\n".join(lines)


def main() -> int:
    """Print the table, each difference with its reason, and the figure."""
    root = corpus(argument_parser(__doc__ or "").parse_args().corpora, "kubehound")
    wanted = expected((root / "expected_edges.tsv").read_text(encoding="utf-8"))
    known = reasons(REASONS.read_text(encoding="utf-8"))
    view = view_of(root / "manifests")
    found = pairs_of(view)
    explained = differences(view, wanted, found, known)
    print(report(wanted, found, explained, known))
    wrong = standing(view, found)
    for line in wrong:
        print(f"WRONG {line}")
    unused = sorted({item.name for item in known} - {item.reason for item in explained})
    for name in unused:
        print(f"UNUSED reason {name}")
    counts = Counter(item.side for item in explained)
    open_ends = sum(not item.reason for item in explained)
    reached = "is reached" if any(VAULT in line for line in wrong) else "is not reached"
    print(
        f"{len(wanted & found)} of {len(wanted)} expected pairs found; {counts['beyond']} beyond, {counts['wrong']} held to be "
        f"wrong, {counts['another way']} held for another reason, {open_ends} of them without a reason; {CONTROL} has "
        f"{sum(pair.source == CONTROL for pair in found)} pairs, {VAULT} {reached}"
    )
    return 0 if wanted <= found and not open_ends and not wrong and not unused else 1


if __name__ == "__main__":
    sys.exit(main())
