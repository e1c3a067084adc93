"""Charts and kustomizations among the paths, rendered by tools that the tests write; tests/platforms asks the real ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from breachway.cli.exit_codes import ExitCode
from breachway.cli.rendering.inputs import read_inputs
from breachway.cli.rendering.tools import run_tool
from breachway.errors import NothingToReadError, UnreadableInputError, UsageError
from breachway.sources.kubernetes.objects import Workload
from tests.cli.given import breachway

if TYPE_CHECKING:
    from breachway.sources.inventory import Inventory

TEMPLATE = """{{- if .Values.on }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  template:
    spec:
      containers:
        - name: web
          image: "{{ .Values.image }}"
          securityContext:
            privileged: {{ .Values.privileged }}
{{- end }}
"""
RENDERED = """---
# Source: web/templates/deploy.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: release-name-web
spec:
  template:
    spec:
      containers:
        - name: web
          image: "registry.example/web:1"
          securityContext:
            privileged: true
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          image: registry.example/web:1
"""
BUILT = """apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    config.kubernetes.io/origin: |
      path: %s
  name: prod-web
spec:
  template:
    spec:
      containers:
      - image: registry.example/web:2
        name: web
        securityContext:
          privileged: true
      hostNetwork: true
"""
KUSTOMIZATION = """namePrefix: prod-
resources: [deploy.yaml]
patches:
  - path: privileged.yaml
  - target: {kind: Deployment}
    patch: |-
      - op: add
        path: /spec/template/spec/hostNetwork
        value: true
"""
PATCH = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          securityContext:
            privileged: true
"""


def write(folder: Path, **files: str) -> Path:
    """Files by name, with ``__`` for a slash and a last ``_`` for the dot."""
    for name, text in files.items():
        stem, _, ending = name.rpartition("_")
        path = folder / f"{stem.replace('__', '/')}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of tools, the only one on the PATH."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def tool(folder: Path, name: str, body: str) -> Path:
    """A tool in Python; what it was called with goes beside it."""
    record = folder / f"{name}.json"
    path = folder / name
    text = (
        f"#!{sys.executable}\nimport json, os, sys, time\n"
        f"open({str(record)!r}, 'w').write(json.dumps([sys.argv[1:], dict(os.environ)]))\n{body}\n"
    )
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return record


def helm(folder: Path, text: str = RENDERED) -> Path:
    return tool(folder, "helm", f"sys.stdout.write({text!r})")


def chart(folder: Path) -> Path:
    return write(
        folder,
        Chart_yaml="apiVersion: v2\nname: web\nversion: 0.1.0\n",
        values_yaml="on: true\n",
        templates__deploy_yaml=TEMPLATE,
    )


def called(record: Path) -> tuple[list[str], dict[str, str]]:
    arguments, environment = json.loads(record.read_text(encoding="utf-8"))
    return arguments, environment


def lines(found: Inventory) -> dict[str, tuple[str, int]]:
    """The places of some fields of the one Deployment."""
    (workload,) = [item for item in found.kubernetes if isinstance(item, Workload)]
    spec = workload.pod_template.spec
    container = spec.containers[0]
    fields = {"object": workload, "name": workload.metadata.name, "host": spec.host_network, "image": container.image}
    fields["privileged"] = container.security_context.privileged if container.security_context else None
    return {key: (value.location.document, value.location.line) for key, value in fields.items() if value is not None}


# ------------------------------------------------------------------------------------------------------------------------- Helm


def test_evidence_of_a_chart_is_in_its_templates(tools: Path, tmp_path: Path) -> None:
    helm(tools)
    found = read_inputs([str(chart(tmp_path / "chart").relative_to(tmp_path))])
    template = "chart/templates/deploy.yaml"
    assert lines(found) == {
        "object": (template, 2),
        "name": (template, 5),
        "image": (template, 11),
        "privileged": (template, 13),
    }
    assert [item.document for item in found.documents] == [template]
    assert [problem.severity for problem in found.unread] == ["note"]
    assert "rendered with helm: 12 of 12 lines are known" in found.unread[0].reason


def test_helm_is_run_without_the_users_own_and_with_files_by_absolute_paths(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELM_PLUGINS", "/home/me/plugins")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    record = helm(tools)
    chart(tmp_path / "-chart")
    write(tmp_path, values_yaml="a: b\n", other_yaml="c: d\n")
    read_inputs(["./-chart"], values=["values.yaml", "other.yaml"], version="1.29")
    arguments, environment = called(record)
    values = [f"--values={tmp_path}/values.yaml", f"--values={tmp_path}/other.yaml"]
    assert arguments == ["template", f"{tmp_path}/-chart", "--skip-tests", "--kube-version=1.29", *values]
    assert not {"AWS_SECRET_ACCESS_KEY"} & set(environment)
    assert environment["HELM_PLUGINS"] != "/home/me/plugins"
    assert environment["https_proxy"] == "http://127.0.0.1:9"
    assert not Path(environment["KUBECONFIG"]).exists()


def test_what_is_computed_points_to_the_beginning_of_its_document(tools: Path, tmp_path: Path) -> None:
    helm(tools, RENDERED.replace("        - name: web\n", "        - name: web\n          env: [{name: A, value: b}]\n"))
    write(chart(tmp_path / "chart"), templates__deploy_yaml="# licence\n---\n" + TEMPLATE.replace('"{{ .Values.image }}"', "x"))
    found = read_inputs(["chart"])
    assert lines(found)["image"] == ("chart/templates/deploy.yaml", 3)
    assert "11 of 13 lines" in found.unread[0].reason


def test_files_beside_the_templates_are_read_too(tools: Path, tmp_path: Path) -> None:
    helm(tools)
    write(chart(tmp_path / "chart"), Dockerfile_web="FROM scratch\nUSER 1\n")
    found = read_inputs(["chart"])
    assert sorted(item.format for item in found.documents) == ["Dockerfile", "Kubernetes"]


def test_values_need_a_chart_and_a_file(tools: Path, tmp_path: Path) -> None:
    helm(tools)
    chart(tmp_path / "chart")
    write(tmp_path / "plain", a_yaml=DEPLOYMENT)
    with pytest.raises(UsageError, match="without a Helm chart"):
        read_inputs(["plain"], values=["a.yaml"])
    with pytest.raises(UnreadableInputError, match=r"nowhere\.yaml"):
        read_inputs(["chart"], values=["nowhere.yaml"])
    with pytest.raises(UnreadableInputError, match="https"):
        read_inputs(["chart"], values=["https://example.com/values.yaml"])


def test_without_helm_it_says_what_to_install(tools: Path, tmp_path: Path) -> None:
    assert not list(tools.iterdir())
    outcome = breachway("model", str(chart(tmp_path / "chart")))
    assert outcome.code is ExitCode.NOTHING_TO_READ
    assert "there is no helm on the PATH" in outcome.err
    assert "install helm" in outcome.err


def test_a_chart_that_does_not_render_leaves_the_rest(tools: Path, tmp_path: Path) -> None:
    tool(tools, "helm", "sys.stderr.write('Error: no template \\x1b[31mfoo'); sys.exit(1)")
    write(tmp_path / "plain", a_yaml=DEPLOYMENT)
    found = read_inputs(["plain", str(chart(tmp_path / "chart"))])
    assert [item.document for item in found.documents] == ["plain/a.yaml"]
    assert any("not rendered: helm says: Error: no template" in problem.reason for problem in found.unread)


def test_a_link_out_of_the_chart_is_refused_before_helm_runs(tools: Path, tmp_path: Path) -> None:
    record = helm(tools)
    write(tmp_path, secret_yaml="password: a\n")
    (chart(tmp_path / "chart") / "templates" / "x.yaml").symlink_to(tmp_path / "secret.yaml")
    with pytest.raises(NothingToReadError, match=r"templates/x.yaml is a link out of the chart"):
        read_inputs(["chart"])
    assert not record.exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no yaml: [",
        "# Source: web/../../../etc/passwd\na: b\n",
        "---\n# Source: web/templates/none.yaml\n" + DEPLOYMENT,
        "- 1\n",
    ],
)
def test_whatever_helm_prints_is_read_or_said(tools: Path, tmp_path: Path, text: str) -> None:
    helm(tools, text)
    write(chart(tmp_path / "chart"), Dockerfile_web="FROM scratch\n")
    found = read_inputs(["chart"])
    assert found.documents
    assert all(".." not in item.document for item in found.documents)


# ------------------------------------------------------------------------------------------------------------------------ limits


def test_a_tool_that_does_not_end_or_does_not_stop_writing_is_stopped(tools: Path) -> None:
    tool(tools, "slow", "time.sleep(60)")
    assert "took more than 0.5 seconds" in run_tool([str(tools / "slow")], seconds=0.5).reason
    tool(tools, "loud", "while True: sys.stdout.write('x' * 1_000_000)")
    assert run_tool([str(tools / "loud")]).reason
    assert "cannot be run" in run_tool([str(tools / "none")]).reason


# -------------------------------------------------------------------------------------------------------------------- Kustomize


def kubectl(folder: Path, text: str, name: str = "kubectl") -> Path:
    """A tool that prints ``text``, the origin filled in as the path of deploy.yaml relative to where it builds."""
    body = (
        "import re\nkustomization = open(sys.argv[2] + '/kustomization.yaml').read()\n"
        "way = re.search(r\"- '(.*)'\", kustomization)[1]\n"
        f"sys.stdout.write({text!r}.replace('%s', way + '/deploy.yaml'))"
    )
    return tool(folder, name, body)


def kustomized(folder: Path) -> Path:
    return write(folder, kustomization_yaml=KUSTOMIZATION, deploy_yaml=DEPLOYMENT, privileged_yaml=PATCH)


@pytest.mark.parametrize("name, verb", [("kubectl", "kustomize"), ("kustomize", "build")])
def test_evidence_of_a_kustomization_is_in_manifests_and_patches(tools: Path, tmp_path: Path, name: str, verb: str) -> None:
    record = kubectl(tools, BUILT, name)
    kustomized(tmp_path / "app")
    found = read_inputs(["app"])
    assert lines(found) == {
        "object": ("app/deploy.yaml", 1),
        "name": ("app/deploy.yaml", 4),
        "image": ("app/deploy.yaml", 10),
        "privileged": ("app/privileged.yaml", 10),
        "host": ("app/kustomization.yaml", 9),
    }
    assert called(record)[0][0] == verb
    assert found.kubernetes[0].metadata.annotations is None
    assert not found.unread


def test_a_manifest_that_is_not_part_of_it_is_read_as_it_is(tools: Path, tmp_path: Path) -> None:
    kubectl(tools, BUILT)
    write(kustomized(tmp_path / "app"), extra_yaml="apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {}\n")
    found = read_inputs(["app"])
    assert sorted(item.kind for item in found.kubernetes) == ["Deployment", "Service"]


def test_without_kubectl_the_manifests_are_read_and_it_says_what_to_install(tools: Path, tmp_path: Path) -> None:
    assert not list(tools.iterdir())
    kustomized(tmp_path / "app")
    found = read_inputs(["app"])
    assert "app/deploy.yaml" in {item.document for item in found.documents}
    assert any(
        "neither kubectl nor kustomize" in problem.reason and "install kubectl" in problem.hint for problem in found.unread
    )
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty", kustomization_yaml="resources: []\n")
    with pytest.raises(NothingToReadError, match="neither kubectl nor kustomize"):
        read_inputs(["empty"])


@pytest.mark.parametrize(
    "text",
    [
        "resources: [https://example.com/deploy.yaml]",
        "resources: [github.com/example/base?ref=v1]",
        "resources: ['git@example.com:base.git']",
        "resources: [git::https://example.com/base]",
        "resources: [example/base.git]",
        "resources: [../nowhere]",
        "bases: ['ssh://git@example.com/base']",
        "components: [github.com/example/component]",
        "patches: [{path: 'https://example.com/patch.yaml'}]",
        "patchesStrategicMerge: ['https://example.com/patch.yaml']",
        "patchesJson6902: [{target: {kind: Deployment, name: a}, path: 'https://example.com/patch.yaml'}]",
        "configMapGenerator: [{name: a, files: ['key=https://example.com/file']}]",
        "secretGenerator: [{name: a, envs: ['https://example.com/env']}]",
        "crds: ['https://example.com/crd.yaml']",
        "openapi: {path: 'https://example.com/schema.json'}",
        "replacements: [{path: 'https://example.com/replacement.yaml'}]",
        "transformers: ['https://example.com/transformer.yaml']",
        "helmCharts: [{name: a, repo: 'https://example.com'}]",
        "helmChartInflationGenerator: [{chartName: a}]",
        "resources: [../other]",
        "transformers: [transformer.yaml]",
        "transformers:\n  - |-\n    apiVersion: builtin\n    kind: PatchTransformer\n    path: https://example.com/patch.yaml",
        "generators:\n  - |-\n    apiVersion: builtin\n    kind: ConfigMapGenerator\n    files: ['a=https://example.com/file']",
        "- a list",
        "resources: [",
    ],
)
def test_what_reaches_for_the_network_is_refused_before_any_tool_runs(tools: Path, tmp_path: Path, text: str) -> None:
    record = kubectl(tools, BUILT)
    write(tmp_path / "other", kustomization_yaml="resources: [https://example.com/x]")
    write(
        tmp_path / "app",
        kustomization_yaml=text,
        transformer_yaml="apiVersion: builtin\nkind: PatchTransformer\npath: https://a.b/c",
    )
    write(tmp_path / "app", plain_yaml=DEPLOYMENT)
    found = read_inputs(["app"])
    assert [problem for problem in found.unread if "not rendered" in problem.reason and problem.severity == "file"]
    assert "app/plain.yaml" in {item.document for item in found.documents}
    assert not record.exists()


def test_kustomizations_that_name_each_other_end(tools: Path, tmp_path: Path) -> None:
    kubectl(tools, BUILT)
    write(tmp_path / "one", kustomization_yaml="resources: [../two]")
    write(tmp_path / "two", kustomization_yaml="resources: [../one]", deploy_yaml=DEPLOYMENT)
    assert read_inputs(["one"]).kubernetes


def test_the_commands_take_charts(tools: Path, tmp_path: Path) -> None:
    helm(tools)
    folder = str(chart(tmp_path / "chart"))
    values = write(tmp_path, v_yaml="a: b\n") / "v.yaml"
    assert breachway("model", folder, "--values", str(values)).code is ExitCode.CLEAN
    assert breachway("flows", folder, "--values", str(values)).code is ExitCode.CLEAN
    assert breachway("can", folder, "--who", "system:serviceaccount:default:default").code is ExitCode.CLEAN
