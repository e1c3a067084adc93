"""Controllers that obey custom resources: what is known of them, and what only a role's words suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from breachway.mapping.bindings import load_bindings
from breachway.mapping.building import ModelBuilder
from breachway.mapping.kubernetes.cluster import map_kubernetes
from breachway.mapping.kubernetes.permissions.bindings import map_rbac
from breachway.sources.kubernetes.recognition import kubernetes_objects
from breachway.sources.yaml_positions import read_yaml
from tests.mapping.kubernetes.clusters import defence, links, wrong_links

if TYPE_CHECKING:
    from breachway.evidence import Unread
    from breachway.model import Model

BASE = """apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: shop}
"""
GRANT = "kubernetes:RoleGrant:RoleBinding/shop/robot"


def role(rules: str) -> str:
    return f"""---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: robot, namespace: shop}}
rules: [{rules}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: robot, namespace: shop}}
subjects: [{{kind: ServiceAccount, name: robot}}]
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: robot}}
"""


def writes(group: str, resources: str, verbs: str = "create") -> str:
    return f"{{apiGroups: ['{group}'], resources: [{resources}], verbs: [{verbs}]}}"


def controller(image: str, namespace: str, name: str, more: str = "") -> str:
    return f"""---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{app: x}}}}
  template:
    metadata: {{labels: {{app: x}}}}
    spec:
      serviceAccountName: {name}
      containers: [{{name: c, image: "{image}"{more}}}]
"""


def modelled(text: str) -> Model:
    tree = read_yaml(BASE + text, "given.yaml")
    problems: list[Unread] = list(tree.problems)
    objects = tuple(
        item for node in tree.documents if node is not None for item in kubernetes_objects(node, "given.yaml", problems)
    )
    assert not problems
    builder = ModelBuilder(load_bindings())
    builder.asset("Internet", "internet:Internet:internet", "the internet", platform="internet", evidence=())
    map_rbac(builder, objects, map_kubernetes(builder, objects))
    model = builder.build()
    assert wrong_links(model) == []
    return model


FLUX = writes("kustomize.toolkit.fluxcd.io", "kustomizations")
FLUX_RUNS = controller("ghcr.io/fluxcd/kustomize-controller:v1", "flux-system", "kustomize-controller")
FLUX_ASSET = "kubernetes:Controller:flux-kustomize"


def test_a_controller_that_nothing_shows_is_an_assumption_that_opens_no_path() -> None:
    model = modelled(role(FLUX))
    state = defence(model, FLUX_ASSET, "notRunning")
    assert (state.probability, state.assumption) == (0.7, "controller-runs-flux-kustomize")
    assert "controller-runs-flux-kustomize" in {item.id for item in model.assumptions}


def test_resources_of_its_group_make_it_likely() -> None:
    resource = (
        "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: all, namespace: flux-system}\n"
    )
    state = defence(modelled(role(FLUX) + resource), FLUX_ASSET, "notRunning")
    assert state.probability == pytest.approx(0.1)
    assert state.assumption == "controller-runs-flux-kustomize"


def test_its_workload_is_evidence_that_it_runs() -> None:
    model = modelled(role(FLUX) + FLUX_RUNS)
    state = defence(model, FLUX_ASSET, "notRunning")
    assert (state.probability, state.assumption) == (0.0, "")
    assert links(model, "ObeysAs") == [(FLUX_ASSET, "kubernetes:ServiceAccount:flux-system/kustomize-controller")]
    assert links(model, "Steers") == [(GRANT, FLUX_ASSET)]


def test_its_own_roles_count_before_the_documented_ones() -> None:
    bound = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: k}
subjects: [{kind: ServiceAccount, name: kustomize-controller, namespace: flux-system}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
"""
    known = defence(modelled(role(FLUX) + FLUX_RUNS + bound), FLUX_ASSET, "noDefaultPower")
    unknown = defence(modelled(role(FLUX) + FLUX_RUNS), FLUX_ASSET, "noDefaultPower")
    assert (known.probability, known.assumption) == (1.0, "")
    assert unknown.probability == pytest.approx(0.2)
    assert unknown.assumption == "controller-administers-flux-kustomize"


def test_a_wildcard_speaks_of_the_controllers_that_are_there_alone() -> None:
    wide = role(writes("*", "'*'"))
    assert links(modelled(wide), "Steers") == []
    assert links(modelled(wide + FLUX_RUNS), "Steers") == [(GRANT, FLUX_ASSET)]


def test_reading_and_other_resources_of_the_group_steer_nothing() -> None:
    for rules in (writes("kustomize.toolkit.fluxcd.io", "kustomizations", "get, list"), writes("apps", "kustomizations")):
        model = modelled(role(rules) + FLUX_RUNS)
        assert links(model, "Steers") == []
        assert defence(model, GRANT, "noControllerSteering").probability == 1.0


def test_a_controller_of_the_same_image_is_told_by_its_name() -> None:
    text = "".join(
        controller("quay.io/argoproj/argocd:v2", "argocd", name) for name in ("argocd-server", "argocd-application-controller")
    )
    model = modelled(role(writes("argoproj.io", "applications")).replace("namespace: shop", "namespace: argocd") + text)
    assert links(model, "ObeysAs") == [
        ("kubernetes:Controller:argocd-application", "kubernetes:ServiceAccount:argocd/argocd-application-controller")
    ]


def test_applications_outside_of_the_controllers_namespace_count_where_it_is_told_so() -> None:
    rules = role(writes("argoproj.io", "applications"))
    plain = controller("quay.io/argoproj/argocd:v2", "argocd", "argocd-application-controller")
    told = plain.replace('v2"}]', 'v2", args: [--application-namespaces, "team, shop"]}]')
    assert [bool(links(modelled(rules + text), "Steers")) for text in (plain, told)] == [False, True]


@pytest.mark.parametrize(
    "project, bounded",
    [
        ("destinations: [{namespace: shop, server: here}]", 1.0),
        ("destinations: [{namespace: '*', server: here}]", 0.0),
        ("destinations: [{namespace: kube-system, server: here}]", 0.0),
        ("destinations: [{namespace: shop}], clusterResourceWhitelist: [{group: '*', kind: '*'}]", 0.0),
    ],
)
def test_projects_bound_argo_cd_when_none_is_wide(project: str, bounded: float) -> None:
    head = "---\napiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: default, namespace: argocd}\n"
    text = f"{head}spec: {{{project}}}\n"
    runs = controller("quay.io/argoproj/argocd:v2", "argocd", "argocd-application-controller")
    rules = role(writes("argoproj.io", "applications")).replace("namespace: shop", "namespace: argocd")
    assert defence(modelled(rules + runs + text), "kubernetes:Controller:argocd-application", "bounded").probability == bounded


def test_odd_custom_resources_are_no_reason_to_fail() -> None:
    odd = """---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: x}
spec: [1]
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: default, namespace: argocd}
spec: {destinations: [all, {namespace: [a]}]}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: s}
spec: {provider: {kubernetes: none}, conditions: {}}
"""
    rules = f"{writes('argoproj.io', 'applications')}, {writes('external-secrets.io', 'externalsecrets')}"
    model = modelled(role(rules) + odd)
    assert links(model, "ReadsSecretsOf") == []


def test_what_makes_pods_gives_a_pod_in_the_scope_and_no_controller_of_its_own() -> None:
    runs = controller("quay.io/argoproj/workflow-controller:v3", "argo", "workflow-controller")
    model = modelled(role(writes("argoproj.io", "workflows")) + runs)
    state = defence(model, GRANT, "noPodMakingResources")
    assert state.probability == 0.0
    assert [item.note for item in state.evidence] == [
        "Role shop/robot may write workflows of argoproj.io",
        "Argo Workflows controller runs as Deployment argo/workflow-controller",
    ]
    assert links(model, "Steers") == []


@pytest.mark.parametrize(
    "image, known",
    [
        ("kustomize-controller", True),
        ("mirror.example.com/a/b/fluxcd/kustomize-controller:v1@sha256:" + "0" * 64, True),
        ("ghcr.io/fluxcd/my-kustomize-controller:v1", False),
        ("ghcr.io/kustomize-controller/other:v1", False),
        ("not an image", False),
    ],
)
def test_an_image_is_known_by_the_end_of_its_repository(image: str, known: bool) -> None:
    model = modelled(role(FLUX) + controller(image, "elsewhere", "anything"))
    assert (defence(model, FLUX_ASSET, "notRunning").probability == 0.0) is known
