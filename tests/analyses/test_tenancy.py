from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.analyses.tenancy import tenancy_of
from breachway.analyses.tenancy_ground import ground_of
from breachway.analyses.tenancy_matrix import CellState, Crossing, HolderKind, Outcome
from breachway.graph.generation import generate
from breachway.threats.loading import load_language
from tests.analyses.tenants import cells_of, matrix_of, model_of, naive_cells

if TYPE_CHECKING:
    from breachway.analyses.tenancy_matrix import Tenancy, TenantCell

LIMITS = "resources: {limits: {cpu: 1, memory: 1Gi, ephemeral-storage: 1Gi}}"
KUBELET = """
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
podPidsLimit: 100
"""


def pod(namespace: str, name: str, *, more: str = "", spec: str = "", labels: str = "") -> str:
    return f"""
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}{labels}}}}}
spec:
  automountServiceAccountToken: {"true" if "serviceAccountName" in spec else "false"}
  {spec or "restartPolicy: Always"}
  containers:
    - name: app
      image: registry.example.com/{name}:1
      ports: [{{containerPort: 8080}}]
      {LIMITS}
      {more}
"""


def denied(namespace: str, direction: str = "Ingress") -> str:
    return f"""
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: fence, namespace: {namespace}}}
spec: {{podSelector: {{}}, policyTypes: [{direction}]}}
"""


APART = pod("blue", "web") + pod("green", "db") + denied("blue") + denied("green") + KUBELET


def opened(text: str, source: str, target: str, way: Crossing, config: str = "") -> TenantCell:
    matrix = matrix_of(model_of(text, config))
    cells = [cell for cell in matrix.cells() if (cell.source, cell.target, cell.way) == (source, target, way)]
    assert cells, f"{source} does not reach {target} by {way.value}"
    return matrix.opened(cells)[0]


def steps(cell: TenantCell) -> list[str]:
    assert cell.path is not None
    return [step.step for step in cell.path.steps]


def believed(text: str) -> set[tuple[str, str, Crossing]]:
    return {key for key, (state, _) in cells_of(model_of(text)).items() if state is not CellState.UNLIKELY}


def assessed(text: str, config: str = "", *, most: int = 40) -> Tenancy | None:
    return tenancy_of(generate(load_language(), model_of(text, config)), most=most)


def test_tenants_that_are_kept_apart_reach_nothing_that_is_believed() -> None:
    assert believed(APART) == set()


def test_one_namespace_has_no_neighbours() -> None:
    assert assessed(pod("blue", "web") + pod("blue", "db")) is None


def test_an_allowed_connection_names_the_service_and_what_would_close_it() -> None:
    text = pod("blue", "web") + pod("green", "db") + denied("blue") + KUBELET
    cell = opened(text, "blue", "green", Crossing.NETWORK)
    assert (cell.state, cell.outcome) == (CellState.OPEN, Outcome.CONTACT)
    assert cell.detail == ("green/db: db on 8080",)
    assert steps(cell)[:2] == ["compromise", "open"]
    assert "a policy denies the connection" in cell.barred_by
    assert ("green", "blue", Crossing.NETWORK) not in believed(text)


def test_a_connection_that_only_the_network_plugin_stops_rests_on_it() -> None:
    cell = opened(APART, "blue", "green", Crossing.NETWORK)
    assert cell.state is CellState.UNLIKELY
    assert "network-policy-enforced" in cell.rests_on
    matrix = matrix_of(model_of(APART))
    held = [item for item in matrix.closed(matrix.cells(), ("blue", "green")) if item.way is Crossing.NETWORK]
    assert [item.defence for item in held] == ["a policy denies the connection"]
    assert "NetworkPolicy green/fence isolates it" in [item.note for item in held[0].evidence]


def test_a_closed_connection_names_the_policy() -> None:
    config = "assumptions:\n  network-policy-enforced: confirmed\n  pods-share-no-segment: confirmed\n"
    matrix = matrix_of(model_of(APART, config))
    cells = matrix.cells()
    closed = matrix.paths.closed(matrix.missing(cells))
    found = next(item for item in closed if (item.source, item.target, item.way) == ("blue", "green", Crossing.NETWORK))
    assert found.defence == "a policy denies the connection"
    assert "NetworkPolicy green/fence isolates it" in [item.note for item in found.evidence]
    assert found.evidence[0].location.line > 0


def test_closed_by_egress_names_the_policy_of_the_source() -> None:
    text = pod("blue", "web") + pod("green", "db") + denied("blue", "Egress") + KUBELET
    matrix = matrix_of(model_of(text))
    closed = matrix.paths.closed((("blue", "green", Crossing.NETWORK),))[0]
    assert closed.defence == "outgoing connections are restricted"
    assert [item.note for item in closed.evidence] == ["NetworkPolicy blue/fence restricts egress"]


def test_a_way_that_leads_nowhere_is_closed_without_a_defence() -> None:
    matrix = matrix_of(model_of(APART))
    assert matrix.paths.closed((("blue", "green", Crossing.DATA),))[0].defence == ""


BOUND = """
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: bot, namespace: blue}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: green}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: green}
subjects: [{kind: ServiceAccount, name: bot, namespace: blue}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
---
apiVersion: v1
kind: Secret
metadata: {name: card, namespace: green}
data: {key: eA==}
"""


def test_a_right_in_the_other_namespace_is_identity() -> None:
    text = pod("blue", "web", spec="serviceAccountName: bot") + pod("green", "db") + denied("blue") + denied("green")
    cell = opened(text + BOUND + KUBELET, "blue", "green", Crossing.IDENTITY)
    assert (cell.state, cell.outcome) == (CellState.OPEN, Outcome.DATA)
    assert "readAnySecret" in steps(cell)
    assert cell.path is not None
    assert all(step.evidence and step.evidence[0].location.line > 0 for step in cell.path.steps)
    assert believed(text + BOUND + KUBELET) == {("blue", "green", Crossing.IDENTITY)}


def test_a_right_in_the_own_namespace_is_no_crossing() -> None:
    own = BOUND.replace("namespace: green", "namespace: blue")
    text = pod("blue", "web", spec="serviceAccountName: bot") + pod("green", "db") + denied("blue") + denied("green")
    assert believed(text + own + KUBELET) == set()


PRIVILEGED = "securityContext: {privileged: true, runAsUser: 0}"


def test_an_escape_reaches_whoever_shares_the_machine() -> None:
    text = pod("blue", "web", more=PRIVILEGED) + pod("green", "db") + denied("blue") + denied("green") + KUBELET
    cell = opened(text, "blue", "green", Crossing.NODE)
    assert (cell.state, cell.outcome) == (CellState.OPEN, Outcome.CONTROL)
    assert steps(cell)[-2:] == ["root", "compromise"]
    assert believed(text) == {("blue", "green", Crossing.NODE)}


NODES = """
---
apiVersion: v1
kind: Node
metadata: {name: one, labels: {eks.amazonaws.com/nodegroup: blue, pool: blue}}
---
apiVersion: v1
kind: Node
metadata: {name: two, labels: {eks.amazonaws.com/nodegroup: green, pool: green}}
"""


def test_who_shares_no_machine_neither_escapes_to_it_nor_starves_it() -> None:
    blue = pod("blue", "web", spec="nodeSelector: {pool: blue}").replace(LIMITS, "")
    green = pod("green", "db", spec="nodeSelector: {pool: green}")
    text = blue + green + denied("blue") + denied("green") + NODES
    assert believed(text) == set()
    together = assessed(text.replace("nodeSelector: {pool: green}", "nodeSelector: {pool: blue}"))
    assert together is not None
    assert [item.holders for item in together.machines] == [("blue", "green")]
    opened_there = {(cell.source, cell.way) for cell in together.cells if cell.state is CellState.OPEN}
    assert opened_there == {("blue", Crossing.EXHAUSTION), ("green", Crossing.EXHAUSTION)}


def test_pods_that_were_seen_on_one_node_are_counted() -> None:
    text = (
        pod("blue", "web", spec="nodeName: one")
        + pod("green", "db", spec="nodeName: two")
        + pod("blue", "job", spec="nodeName: two")
    )
    found = assessed(text)
    assert found is not None
    assert found.together is not None
    assert (found.together.machines, found.together.shared) == (2, 1)
    nowhere = assessed(APART)
    assert nowhere is not None
    assert nowhere.together is None


def test_a_sandbox_is_a_stronger_boundary_than_a_shared_kernel() -> None:
    sandbox = "\n---\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: sandbox}\nhandler: runsc\n"
    mounting = "securityContext: {runAsUser: 0, capabilities: {add: [SYS_MODULE]}}"
    text = pod("blue", "web", more=mounting) + pod("green", "db") + denied("blue") + denied("green") + KUBELET + sandbox
    assert ("blue", "green", Crossing.NODE) in believed(text)
    text = text.replace("restartPolicy: Always", "runtimeClassName: sandbox", 1)
    assert ("blue", "green", Crossing.NODE) not in believed(text)
    found = assessed(text)
    assert found is not None
    assert [(item.containers, item.sandboxed) for item in found.machines] == [(2, 1)]


@pytest.mark.parametrize(
    "missing, words",
    [("memory: 1Gi, ", "memory"), ("cpu: 1, ", "processor time"), (", ephemeral-storage: 1Gi", "local disk")],
)
def test_what_is_not_limited_may_starve_the_neighbour(missing: str, words: str) -> None:
    text = pod("blue", "web").replace(missing, "") + pod("green", "db") + denied("blue") + denied("green") + KUBELET
    cell = opened(text, "blue", "green", Crossing.EXHAUSTION)
    assert (cell.state, cell.outcome, cell.detail) == (CellState.OPEN, Outcome.STARVATION, (words,))
    assert steps(cell)[-2:] == ["starve", "deny"]
    assert ("green", "blue", Crossing.EXHAUSTION) not in believed(text)


def test_a_limit_range_closes_exhaustion() -> None:
    bare = pod("blue", "web").replace(LIMITS, "") + pod("green", "db") + denied("blue") + denied("green") + KUBELET
    ranged = """
---
apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: blue}
spec: {limits: [{type: Container, default: {cpu: 1, memory: 1Gi, ephemeral-storage: 1Gi}}]}
"""
    assert believed(bare) == {("blue", "green", Crossing.EXHAUSTION)}
    assert believed(bare + ranged) == set()


def test_a_third_tenant_is_no_bridge() -> None:
    policy = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: fence, namespace: green}
spec:
  podSelector: {}
  ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: middle}}}]}]
"""
    text = pod("blue", "web") + pod("middle", "hop") + pod("green", "db") + denied("blue") + policy + KUBELET
    network = {key[:2] for key in believed(text) if key[2] is Crossing.NETWORK}
    assert network == {("blue", "middle"), ("green", "middle"), ("middle", "green")}


DEPUTY = """
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: bot, namespace: blue}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: argocd-application-controller
  namespace: argocd
  labels: {app.kubernetes.io/name: argocd-application-controller}
spec:
  selector: {matchLabels: {app: argocd}}
  template:
    metadata: {labels: {app: argocd}}
    spec:
      serviceAccountName: argocd-application-controller
      containers: [{name: manager, image: "quay.io/argoproj/argocd:v2.12.0"}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: argocd-application-controller}
subjects: [{kind: ServiceAccount, name: argocd-application-controller, namespace: argocd}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deploy, namespace: argocd}
rules: [{apiGroups: [argoproj.io], resources: [applications], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deploy, namespace: argocd}
subjects: [{kind: ServiceAccount, name: bot, namespace: blue}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deploy}
"""


def test_a_controller_that_obeys_a_tenant_is_a_way_of_that_tenant() -> None:
    text = pod("blue", "web", spec="serviceAccountName: bot") + pod("green", "db") + denied("blue") + denied("green") + KUBELET
    cell = opened(text + DEPUTY, "blue", "green", Crossing.IDENTITY)
    assert cell.state in {CellState.OPEN, CellState.LIKELY}
    assert {"obey", "actAsController"} <= set(steps(cell))
    assert ("blue", "green", Crossing.IDENTITY) not in believed(
        text + DEPUTY.replace("resources: [applications]", "resources: [x]")
    )


def test_rights_in_the_own_namespace_that_a_group_holds_lead_on_from_there() -> None:
    group = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: maker, namespace: blue}
rules: [{apiGroups: [""], resources: [pods], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: maker, namespace: blue}
subjects: [{kind: Group, name: "system:serviceaccounts:blue"}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: maker}
"""
    text = pod("blue", "web", spec="serviceAccountName: bot") + pod("green", "db") + denied("blue") + denied("green") + KUBELET
    account = "\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: bot, namespace: blue}\n"
    assert "runPrivilegedPod" in steps(opened(text + account + group, "blue", "green", Crossing.IDENTITY))


def test_the_platform_is_a_column_and_never_a_row() -> None:
    text = APART + pod("kube-system", "dns") + pod("openshift-dns", "dns")
    found = assessed(text)
    assert found is not None
    assert [(holder.name, holder.kind) for holder in found.holders] == [
        ("blue", HolderKind.TENANT),
        ("green", HolderKind.TENANT),
        ("platform", HolderKind.PLATFORM),
    ]
    assert ("blue", "platform", Crossing.NETWORK) in {(cell.source, cell.target, cell.way) for cell in found.cells}
    assert "platform" not in {cell.source for cell in found.cells}


def test_a_tenant_may_be_called_platform() -> None:
    found = assessed(APART + pod("platform", "web") + pod("kube-system", "dns"))
    assert found is not None
    assert {(holder.name, holder.kind.value) for holder in found.holders if "platform" in holder.name} == {
        ("platform", "tenant"),
        ("the platform", "platform"),
    }


LABELLED = (
    pod("apps", "web", labels=", team: red", spec="serviceAccountName: bot")
    + pod("apps", "db", labels=", team: teal")
    + pod("apps", "cron")
    + BOUND.replace("namespace: green", "namespace: apps").replace("namespace: blue", "namespace: apps")
    + KUBELET
)


def test_tenants_by_a_label_within_one_namespace() -> None:
    config = "tenants:\n  - label: team\n"
    found = assessed(LABELLED, config)
    assert found is not None
    assert [holder.name for holder in found.holders] == ["red", "teal", "no tenant"]
    used = LABELLED.replace("name: db\n      image", "name: db\n      image").replace(
        "image: registry.example.com/db:1", "image: registry.example.com/db:1\n      envFrom: [{secretRef: {name: card}}]"
    )
    assert opened(used, "red", "teal", Crossing.IDENTITY, config).outcome is Outcome.DATA


def test_a_secret_that_two_tenants_use_is_shared_data() -> None:
    env = "envFrom: [{secretRef: {name: card}}]"
    text = pod("apps", "web", labels=", team: red", more=env) + pod("apps", "db", labels=", team: teal", more=env) + KUBELET
    secret = "\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: card, namespace: apps}\ndata: {key: eA==}\n"
    cell = opened(text + secret, "red", "teal", Crossing.DATA, "tenants:\n  - label: team\n")
    assert (cell.state, cell.outcome) == (CellState.OPEN, Outcome.DATA)
    assert steps(cell) == ["compromise", "readFromContainer", "read"]


def mounting(namespace: str, name: str, volume: str, *, read_only: bool = False) -> str:
    more = f"volumeMounts: [{{name: data, mountPath: /data, readOnly: {str(read_only).lower()}}}]"
    return pod(namespace, name, more=more, spec=f"volumes: [{{name: data, {volume}}}]")


def shares(first: str, second: str) -> bool:
    fenced = first + second + denied("blue") + denied("green") + KUBELET
    found = {key for key in believed(fenced) if key[2] is Crossing.DATA}
    assert found in (set(), {("blue", "green", Crossing.DATA), ("green", "blue", Crossing.DATA)})
    return bool(found)


def test_one_export_of_a_file_server_is_shared_data() -> None:
    export = "nfs: {server: files, path: /data}"
    assert shares(mounting("blue", "web", export), mounting("green", "db", export))
    assert not shares(mounting("blue", "web", export), mounting("green", "db", export.replace("/data", "/other")))
    assert not shares(mounting("blue", "web", export), mounting("green", "db", export.replace("files", "other")))


@pytest.mark.parametrize("source", ["csi: {driver: efs.csi.aws.com, volumeHandle: fs-1}", "nfs: {server: files, path: /data}"])
def test_two_claims_on_one_place_are_shared_data(source: str) -> None:
    claims = "".join(
        f"""
---
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {space}}}
spec: {{{source}, claimRef: {{namespace: {space}, name: data}}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data, namespace: {space}}}
spec: {{volumeName: {space}}}
"""
        for space in ("blue", "green")
    )
    claim = "persistentVolumeClaim: {claimName: data}"
    text = mounting("blue", "web", claim) + claims
    assert shares(text, mounting("green", "db", claim))
    apart = text.replace("fs-1", "fs-2", 1).replace("path: /data", "path: /other", 1)
    assert not shares(apart, mounting("green", "db", claim))


def test_one_folder_of_a_machine_is_shared_data_where_somebody_may_write_it() -> None:
    folder = "hostPath: {path: /srv/data}"
    assert shares(mounting("blue", "web", folder), mounting("green", "db", folder, read_only=True))
    assert not shares(mounting("blue", "web", folder, read_only=True), mounting("green", "db", folder, read_only=True))
    assert not shares(mounting("blue", "web", folder), mounting("green", "db", "hostPath: {path: /srv/other}"))
    log = "hostPath: {path: /var/log/pods}"
    assert not shares(mounting("blue", "web", log), mounting("green", "db", log))


def test_more_tenants_than_a_report_works_out_are_counted() -> None:
    found = assessed(APART, most=1)
    assert found is not None
    assert (found.counted_only, found.cells, len(found.tenants)) == (True, (), 2)


def test_a_namespace_that_holds_a_binding_alone_is_no_tenant() -> None:
    text = APART + "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: empty}\n"
    ground = ground_of(model_of(text), load_language())
    assert ground is not None
    assert "empty" not in [holder.name for holder in ground.holders]


# ------------------------------------------------------------------------------------------------------------------- properties


@st.composite
def clusters(draw: st.DrawFn) -> str:
    """Two to four namespaces of a few pods, each with some of what opens a way."""
    text = draw(st.sampled_from(["", KUBELET]))
    spaces = [f"n{number}" for number in range(draw(st.integers(2, 4)))]
    for space in spaces:
        for number in range(draw(st.integers(1, 2))):
            extra = draw(
                st.sampled_from(["", PRIVILEGED, "envFrom: [{secretRef: {name: card}}]", "securityContext: {runAsUser: 1000}"])
            )
            account = draw(st.sampled_from(["", "serviceAccountName: bot", "hostNetwork: true", "hostPID: true"]))
            made = pod(space, f"p{number}", more=extra, spec=account)
            text += made.replace(LIMITS, "") if draw(st.booleans()) else made
        text += denied(space, draw(st.sampled_from(["Ingress", "Egress"]))) if draw(st.booleans()) else ""
        text += f"\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: card, namespace: {space}}}\ndata: {{key: eA==}}\n"
    for number in range(draw(st.integers(0, 2))):
        here, there = draw(st.sampled_from(spaces)), draw(st.sampled_from(spaces))
        verb, resource = draw(st.sampled_from([("create", "pods"), ("list", "secrets"), ("create", "pods/exec")]))
        kind = draw(st.sampled_from(["RoleBinding", "ClusterRoleBinding"]))
        group = f"kind: Group, name: 'system:serviceaccounts:{here}'"
        subject = draw(st.sampled_from([f"kind: ServiceAccount, name: bot, namespace: {here}", group]))
        home = f", namespace: {there}" if kind == "RoleBinding" else ""
        text += f"""
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: role{number}}}
rules: [{{apiGroups: [""], resources: [{resource}], verbs: [{verb}]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata: {{name: bind{number}{home}}}
subjects: [{{{subject}}}]
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: role{number}}}
"""
    return text


@given(
    clusters(),
    st.sampled_from(["", "tenants:\n  - label: app\n", "tenants:\n  - {name: one, namespaces: [n0]}\n  - label: app\n"]),
)
@settings(max_examples=12, deadline=None)
def test_the_matrix_equals_the_one_worked_out_pair_by_pair(text: str, config: str) -> None:
    model = model_of(text, config)
    if ground_of(model, load_language()) is not None:
        cells = cells_of(model)
        assert cells == naive_cells(model)
        for source in {key[0] for key in cells}:
            row = {(cell.source, cell.target, cell.way) for cell in matrix_of(model).cells(source=source)}
            assert row == {key for key in cells if key[0] == source}


@given(clusters())
@settings(max_examples=8, deadline=None)
def test_every_path_starts_on_the_ground_of_one_and_ends_on_that_of_the_other(text: str) -> None:
    matrix = matrix_of(model_of(text))
    owner = {
        asset.id: matrix.ground.holders[held].name
        for asset, held in zip(matrix.graph.model.assets, matrix.ground.owner, strict=True)
        if held >= 0
    }
    cells = matrix.cells()
    for cell in matrix.opened(cells[:30]):
        assert cell.path is not None
        assert cell.path.steps
        assert owner[cell.path.steps[0].asset] == cell.source
        assert owner[cell.path.goal_asset] == cell.target
        for step in cell.path.steps[1:-1]:
            assert owner.get(step.asset) in {None, cell.source, cell.target}
