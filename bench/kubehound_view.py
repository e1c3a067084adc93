"""A view of our graph in the terms of KubeHound's: pairs of names for each of its edges.

Each edge is a chain of steps of our threat language (:data:`CHAINS`), followed on the attack graph as it is.  Binding roles, and
what tells ``get`` from ``list`` on Secrets, is worked out by asking the rules of roles as the API server asks them.  Nothing of
KubeHound's own rules is in the product.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.layout import AND, OR
from breachway.graph.reachability import reach
from breachway.mapping.kubernetes.declared import Declared
from breachway.mapping.kubernetes.nodes.pools import node_pools
from breachway.mapping.kubernetes.permissions.access_requests import ResourceRequest
from breachway.mapping.kubernetes.permissions.builtin_roles import bootstrap_policy
from breachway.mapping.kubernetes.permissions.roles import Roles
from breachway.mapping.kubernetes.permissions.rules import RBAC
from breachway.mapping.kubernetes.versions import NEWEST
from breachway.mapping.model_building import build_model
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import Workload
from breachway.sources.kubernetes.rbac import RoleBinding
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.mapping.kubernetes.permissions.roles import RoleRules
    from breachway.mapping.kubernetes.permissions.rules import Rule
    from breachway.model import Asset
    from breachway.sources.inventory import Inventory

READS = ("readHostRoot", "stealPodTokens", "readOrchestratorKeys", "readStateStore", "readLogsBySymlink", "readUserKeys")
WRITES = ("writeHostRoot", "replaceSystemFiles", "writeStaticPod", "writeKernelInterface", "writeDevice", "controlRuntime")
WITHIN = ("becomeRoot", "root", "use")


class Chain(NamedTuple):
    """Where an edge of KubeHound starts and ends in our language (asset class and step), and the steps that may lie between."""

    start: tuple[str, str]
    through: tuple[str, ...]
    end: tuple[str, str]


CHAINS = {
    "IDENTITY_ASSUME_Container": Chain(
        ("Container", "compromise"), ("compromise", "actAs", "reachToken", "readToken"), ("ServiceAccount", "assume")
    ),
    "IDENTITY_ASSUME_Node": Chain(
        ("NodePool", "root"), ("extraOnRoot", "readNodeIdentity", "assume"), ("PrincipalGroup", "assume")
    ),
    "PERMISSION_DISCOVER": Chain(("Principal", "assume"), (), ("RoleGrant", "use")),
    "POD_CREATE": Chain(
        ("RoleGrant", "use"), ("createPods", "runPod", "attemptPrivilege", "runPrivilegedPod"), ("NodePool", "root")
    ),
    "POD_EXEC": Chain(("RoleGrant", "use"), ("execInPods", "execPods"), ("Container", "compromise")),
    "POD_PATCH": Chain(("RoleGrant", "use"), ("changeRunningPods", "changePods"), ("Container", "compromise")),
    "SHARE_PS_NAMESPACE": Chain(("Container", "compromise"), ("enterSiblings",), ("Container", "compromise")),
    "EXPLOIT_HOST_READ": Chain(("HostMount", "use"), READS, ("NodePool", "")),
    "EXPLOIT_HOST_WRITE": Chain(("HostMount", "use"), WRITES, ("NodePool", "")),
}
_TO_MOUNTS = Chain(("Container", "compromise"), WITHIN[:-1], ("HostMount", "use"))
_TOKENS = Chain(("RoleGrant", "use"), ("readAnySecret", "readSecrets", "readFromStore", "read"), ("ServiceAccount", "assume"))
_ROLE_BIND_TARGETS = "rolebind"
_SECRET_VERBS = {"TOKEN_BRUTEFORCE": "get", "TOKEN_LIST": "list"}
_EXISTING = Chain(("RoleGrant", "use"), ("bindExistingRole", "bindExistingRoles"), ("RoleGrant", "use"))
_BINDABLE = "kubernetes:RoleGrant:bindable/"
_ADMIN = Chain(("RoleGrant", "use"), ("bindRoles", "grantRoles"), ("Cluster", "admin"))


class Pair(NamedTuple):
    """One edge: the names of both ends as KubeHound writes them."""

    test: str
    source: str
    target: str


class Bound(NamedTuple):
    """A permission set: one binding's role in one scope ("" for the cluster)."""

    asset: str
    name: str
    scope: str
    role: RoleRules


class View:
    """The pairs of one input, with what the reasons ask about them."""

    def __init__(self, inventory: Inventory) -> None:
        self.model = build_model(inventory)
        self._graph = generate(load_language(), self.model)
        self._gates = gates_of(self._graph)
        self._lineage = {asset.name: asset.lineage for asset in load_language().assets}
        self.assets = {asset.id: asset for asset in self.model.assets}
        self.links: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for link in self.model.links:
            self.links[link.association].append((link.left, link.right))
        objects = inventory.kubernetes
        self._roles = Roles(objects, NEWEST)
        self.bound = tuple(self._permission_sets(item for item in objects if isinstance(item, RoleBinding)))
        self._by_asset = {item.asset: item for item in self.bound}
        self._volumes = dict(_volume_names(objects))
        pools = node_pools(Declared(objects), objects[0].location, control_plane_seen=False)
        self._nodes = {pool.asset_id: tuple(value_or(n.metadata.name, "") for n in pool.nodes) for pool in pools.pools}
        self._workload_of = {container: workload for workload, container in self.links["Runs"]}
        self._known: dict[tuple[str, str], tuple[Rule, ...]] = {}
        self._rulers = frozenset(grant for grant, _ in self._follow(_ADMIN))

    # ---------------------------------------------------------------------------------------------------------------- pairs

    def pairs(self) -> frozenset[Pair]:
        """All pairs of all edges."""
        found: set[Pair] = set()
        for test in ("IDENTITY_ASSUME_Node", "POD_CREATE", "POD_EXEC", "POD_PATCH", "SHARE_PS_NAMESPACE"):
            for start, end in self._follow(CHAINS[test]):
                found |= {Pair(test, source, target) for source in self._names(start) for target in self._names(end, test)}
        held = {principal for principal, _ in self.links["Holds"]}
        for start, end in self._follow(CHAINS["IDENTITY_ASSUME_Container"]):
            if end in held:
                found.add(Pair("IDENTITY_ASSUME_Container", self.assets[start].name, self._identity(end)))
        for start, end in self._follow(CHAINS["PERMISSION_DISCOVER"]):
            found |= {Pair("PERMISSION_DISCOVER", self._identity(start), name) for name in self._names(end)}
        for test in ("EXPLOIT_HOST_READ", "EXPLOIT_HOST_WRITE"):
            found |= {Pair(test, *ends) for ends in self._mounts(CHAINS[test])}
        for test, verb in _SECRET_VERBS.items():
            found |= {Pair(test, item.name, self._identity(account)) for item, account in self._readers(verb)}
        return frozenset(
            {pair for pair in found if pair.source != pair.target}
            | {Pair(f"ROLE_BIND_CASE_{case}", source.name, target.name) for case, source, target in self._binders()}
        )

    def token_secrets(self) -> frozenset[tuple[str, str]]:
        """Permission sets (by name) and the accounts of which a Secret that holds a token is there to be read."""
        return frozenset(
            (name, self._identity(account)) for grant, account in self._follow(_TOKENS) for name in self._names(grant)
        )

    def subjects_at_home(self) -> frozenset[str]:
        """The names of identities that stand in a namespace."""
        return frozenset(self._identity(account) for _, account in self.links["Accounts"])

    def named(self, name: str) -> Bound:
        """The permission set of a name."""
        return next(item for item in self.bound if item.name == name)

    def steps_to_nodes(self, volume: str) -> frozenset[str]:
        """The steps by which mounts of a volume lead to the node."""
        found: set[str] = set()
        for step in (*READS, *WRITES):
            chain = Chain(("HostMount", "use"), (step,), ("NodePool", ""))
            if any(name == volume for _, name in self._mounts(chain)):
                found.add(step)
        return frozenset(found)

    # --------------------------------------------------------------------------------------------------------------- chains

    def _follow(self, chain: Chain) -> Iterator[tuple[str, str]]:
        """Pairs of assets that the chain joins on the graph, blocked steps left out."""
        for asset in self.model.assets:
            if chain.start[0] in self._lineage[asset.kind]:
                start = self._graph.find(asset.id, chain.start[1])
                if start is not None:
                    for end in sorted(self._ends(start, chain)):
                        yield asset.id, end

    def _ends(self, start: int, chain: Chain) -> set[str]:
        graph, found, seen, todo = self._graph, set[str](), {start}, [start]
        kind, step = chain.end
        while todo:
            node = todo.pop()
            for child in graph.children.of(node).tolist():
                if child in seen or not self._open(node, child):
                    continue
                seen.add(child)
                asset, name = self.model.assets[int(graph.asset_of[child])], graph.step(child).name
                if kind in self._lineage[asset.kind] and step in {"", name}:
                    found.add(asset.id)
                elif name in chain.through:
                    todo.append(child)
        return found

    def _open(self, node: int, child: int) -> bool:
        """Whether one step leads to another by itself."""
        kind = self._graph.kinds[child]
        waits = int(self._gates.waits[child])
        return bool(kind == OR or (kind == AND and (waits == 0 or (waits == 1 and self._gates.necessary[node]))))

    # ---------------------------------------------------------------------------------------------------------------- names

    def _names(self, asset: str, test: str = "") -> tuple[str, ...]:
        kind = self.assets[asset].kind
        if kind == "NodePool":
            return self._nodes.get(asset, ())
        if "RoleGrant" in self._lineage[kind]:
            return (self._by_asset[asset].name,) if asset in self._by_asset else ()
        if kind == "Container" and test in {"POD_EXEC", "POD_PATCH"}:
            return (_last(self.assets[self._workload_of[asset]]),)
        if kind == "Container":
            return (self.assets[asset].name,)
        return (_last(self.assets[asset]),) if kind == "KubernetesWorkload" else (self._identity(asset),)

    def _identity(self, asset: str) -> str:
        return asset.split(":", 2)[2].rpartition("/")[2]

    def _mounts(self, chain: Chain) -> Iterator[tuple[str, str]]:
        used = {mount for _, mount in self._follow(_TO_MOUNTS)}
        owners = {mount: container for container, mount in self.links["MountsHost"]}
        for mount, _ in self._follow(chain):
            for evidence in self.assets[mount].evidence if mount in used else ():
                name = self._volumes.get(evidence.location, "")
                if name:
                    yield self.assets[owners[mount]].name, name

    # ---------------------------------------------------------------------------------------------------------------- roles

    def _permission_sets(self, bindings: Iterable[RoleBinding]) -> Iterator[Bound]:
        for binding in bindings:
            scope = "" if binding.kind == "ClusterRoleBinding" else value_or(binding.metadata.namespace, "default")
            name, reference = value_or(binding.metadata.name, ""), binding.role_ref
            kind, role_name = (value_or(reference.kind, ""), value_or(reference.name, "")) if reference else ("", "")
            role = self._roles.find((kind, scope if kind == "Role" else "", role_name), binding.location)
            asset = f"kubernetes:RoleGrant:{binding.kind}/{scope}/{name}"
            if role is not None and asset in self.assets:
                yield Bound(asset, f"{role_name}::{name}", scope, role)

    def _readers(self, verb: str) -> Iterator[tuple[Bound, str]]:
        """Permission sets that may use a verb on the Secrets of a namespace, with the accounts that stand there and hold any."""
        held = {principal for principal, _ in self.links["Holds"]}
        reading = {
            grant for grant, _ in self._follow(Chain(("RoleGrant", "use"), ("readAnySecret",), ("Namespace", "readSecrets")))
        }
        for item in self.bound:
            request = ResourceRequest(verb=verb, group="", resource="secrets", namespace=item.scope)
            if item.asset in reading and any(rule.admits(request) for rule in item.role.rules):
                for home, account in self.links["Accounts"]:
                    if account in held and item.scope in {"", self.assets[home].name}:
                        yield item, account

    def _binders(self) -> Iterator[tuple[int, Bound, Bound]]:
        """Who may make itself the holder of which permission set, by KubeHound's cases.

        Cases 1 and 2 are from the whole cluster to the whole cluster, by bindings for the cluster or for a namespace; case 3
        is all that ends in a namespace, where a set is not counted to lead to itself.
        """
        for source in self.bound:
            for target in self.bound:
                if target.name.startswith(_ROLE_BIND_TARGETS) and self.way_to(source, target):
                    if not source.scope and not target.scope:
                        yield 1, source, target
                        yield 2, source, target
                    elif source.asset != target.asset:
                        yield 3, source, target

    def way_to(self, source: Bound, target: Bound) -> str:
        """How a set leads to another: by binding it, by binding another role before, or by ruling the cluster; empty if not."""
        if source.scope in {"", target.scope} and may_bind(source.role.rules, target.role, target.scope):
            return "direct"
        if may_bind(self._gained(source, target.scope), target.role, target.scope):
            return "by another role"
        return "by the cluster" if source.asset in self._rulers else ""

    def unbound(self) -> Iterator[tuple[Bound, RoleRules]]:
        """Sets that may bind a Role which nothing is bound to yet."""
        held = {(item.role.kind, item.role.namespace, item.role.name) for item in self.bound}
        for key in self._roles.declared:
            role = self._roles.find(key, self.bound[0].role.location)
            if key[0] == "Role" and key not in held and role is not None:
                for source in self.bound:
                    if may_bind(self._gained(source, key[1]), role, key[1]):
                        yield source, role

    def bindings_of_roles(self) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
        """Which sets may bind which declared Roles by their own rights: as the graph has it, and as the rules are read here."""
        on_graph = {
            (self._by_asset[start].name, end.removeprefix(_BINDABLE).partition("/Role/")[2])
            for start, end in self._follow(_EXISTING)
            if start in self._by_asset and end.startswith(_BINDABLE) and "/Role/" in end
        }
        by_rules: set[tuple[str, str]] = set()
        for kind, namespace, name in self._roles.declared:
            role = self._roles.find((kind, namespace, name), self.bound[0].role.location) if kind == "Role" else None
            for source in self.bound if role is not None and role.rules else ():
                if source.scope in {"", namespace} and role is not None and may_bind(source.role.rules, role, namespace):
                    by_rules.add((source.name, f"{namespace}/{name}"))
        return frozenset(on_graph), frozenset(by_rules)

    def _gained(self, source: Bound, scope: str) -> tuple[Rule, ...]:
        """The rules that a set gives in a scope, with those of every role that it may bind there, one after the other."""
        known = self._known.get((source.asset, scope))
        if known is not None:
            return known
        rules = dict.fromkeys(source.role.rules if source.scope in {"", scope} else ())
        builtin = (key for key in bootstrap_policy(NEWEST).roles if key[0] == "ClusterRole")
        left = {key: None for key in (*self._roles.declared, *builtin) if key[1] in {"", scope}}
        grown = bool(rules)
        while grown:
            grown = False
            for key in tuple(left):
                role = self._roles.find(key, source.role.location)
                if role is not None and may_bind(tuple(rules), role, scope):
                    del left[key]
                    rules.update(dict.fromkeys(role.rules))
                    grown = True
        self._known[source.asset, scope] = tuple(rules)
        return tuple(rules)

    # ------------------------------------------------------------------------------------------------------------ whole graph

    def falls_without_nodes(self, pod: str) -> bool:
        """Whether a pod falls to another container on our whole graph when nodes and the cluster's own steps are left out."""
        graph = self._graph
        shut = {"NodePool", "Cluster"}
        allowed = np.array([self.model.assets[place].kind not in shut for place in graph.asset_of.tolist()], dtype=np.bool_)
        inside = {container for container, workload in self._workload_of.items() if _last(self.assets[workload]) == pod}
        entries = [graph.find(asset, "compromise") for asset in self._workload_of if asset not in inside]
        reached = reach(graph, self._gates, [entry for entry in entries if entry is not None], allowed=allowed).reached
        goals = [graph.find(asset, "compromise") for asset in sorted(inside)]
        return any(bool(reached[goal]) for goal in goals if goal is not None)


def may_bind(rules: tuple[Rule, ...], role: RoleRules, scope: str) -> bool:
    """Whether rules that hold in a scope let their holder bind a role there: create on bindings, and bind on the role."""
    if role.kind == "Role" and role.namespace != scope:
        return False
    bindings = "rolebindings" if scope else "clusterrolebindings"
    roles = "roles" if role.kind == "Role" else "clusterroles"
    asked = (
        ResourceRequest(verb="create", group=RBAC, resource=bindings, namespace=scope),
        ResourceRequest(verb="bind", group=RBAC, resource=roles, name=role.name, namespace=scope),
    )
    return all(any(rule.admits(request) for rule in rules) for request in asked)


def _last(asset: Asset) -> str:
    return asset.name.rpartition("/")[2]


def _volume_names(objects: Iterable[object]) -> Iterator[tuple[object, str]]:
    """The name of each volume that is a path of the host, by the places that evidence may point to."""
    for item in objects:
        if isinstance(item, Workload):
            for volume in item.pod_template.spec.volumes:
                if volume.host_path is not None:
                    name = value_or(volume.name, "")
                    yield volume.host_path.location, name
                    if volume.host_path.path is not None:
                        yield volume.host_path.path.location, name
