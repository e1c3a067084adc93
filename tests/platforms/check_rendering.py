"""The real helm and kubectl render charts and kustomizations: their objects, places in the files, and nothing is fetched.

Not named test_*, so that plain pytest leaves it alone: ``make check-platforms`` runs it.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from breachway.cli.rendering.inputs import read_inputs
from breachway.errors import NothingToReadError
from breachway.sources.kubernetes.objects import Workload
from breachway.sources.reading import read

if TYPE_CHECKING:
    from breachway.sources.inventory import Inventory

ROOT = Path(__file__).parent.parent.parent

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "values.yaml": "replicas: 2\nimage: registry.example/web:1\nsecurity: {privileged: false}\nsidecars: [a, b]\n",
    "templates/_names.tpl": '{{- define "web.labels" -}}\napp: web\ntier: front\n{{- end }}\n',
    "templates/deploy.yaml": """# Source of the web.
{{- if gt (int .Values.replicas) 0 }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
  labels:
    {{- include "web.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      hostNetwork: true
      containers:
        - name: web
          image: {{ .Values.image | quote }}
          securityContext:
            {{- toYaml .Values.security | nindent 12 }}
        {{- range .Values.sidecars }}
        - name: {{ . }}
          image: registry.example/sidecar:1
        {{- end }}
{{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}-web
spec:
  type: NodePort
  ports: [{port: 80}]
""",
    "templates/lookup.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: looked}
data:
  found: {{ len (lookup "v1" "Namespace" "" "") | quote }}
""",
    "templates/test.yaml": """apiVersion: v1
kind: Pod
metadata: {name: "{{ .Release.Name }}-probe", annotations: {"helm.sh/hook": test}}
spec: {containers: []}
""",
}
BASE = {
    "kustomization.yaml": "resources: [deploy.yaml]\nconfigMapGenerator:\n  - {name: settings, literals: [A=b]}\n",
    "deploy.yaml": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          envFrom: [{configMapRef: {name: settings}}]
        - name: log
          image: registry.example/log:1
""",
}
OVERLAY = {
    "kustomization.yaml": """namePrefix: prod-
resources: [../base]
patches:
  - path: privileged.yaml
  - target: {kind: Deployment}
    patch: |-
      - op: add
        path: /spec/template/spec/hostNetwork
        value: true
""",
    "privileged.yaml": """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: log
          securityContext:
            privileged: true
""",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def bin_folder() -> Path:
    built = subprocess.run([ROOT / ".ci/helm"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(built.stdout.strip())


@pytest.fixture(autouse=True)
def _here(bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)


def places(found: Inventory) -> dict[str, str]:
    """The text of the line that each field of the workloads points to, with its file."""
    told: dict[str, str] = {}
    for item in found.kubernetes:
        if not isinstance(item, Workload):
            continue
        spec = item.pod_template.spec
        values = {"hostNetwork": spec.host_network, "name": item.metadata.name}
        for container in spec.containers:
            name = container.name.value if container.name else ""
            privileged = container.security_context.privileged if container.security_context else None
            values |= {f"{name}.image": container.image, f"{name}.privileged": privileged}
        for key, value in values.items():
            if value is not None:
                line = Path(value.location.document).read_text(encoding="utf-8").splitlines()[value.location.line - 1]
                told[key] = f"{value.location.document}: {line.strip()}"
    return told


def names(found: Inventory) -> list[tuple[str, str]]:
    return sorted((item.kind, item.metadata.name.value if item.metadata.name else "") for item in found.kubernetes)


def test_a_chart_gives_what_helm_prints_with_places_in_its_templates(tmp_path: Path, bin_folder: Path) -> None:
    write(tmp_path / "chart", CHART)
    write(tmp_path, {"more.yaml": "security: {privileged: true}\n"})
    found = read_inputs(["chart"], values=["more.yaml"])
    printed = subprocess.run(
        [bin_folder / "helm", "template", "chart", "--skip-tests", "--values", "more.yaml"],
        capture_output=True,
        text=True,
        check=True,
    )
    write(tmp_path / "printed", {"all.yaml": printed.stdout})
    assert names(found) == names(read(["printed"]))
    template = "chart/templates/deploy.yaml"
    assert places(found) == {
        "hostNetwork": f"{template}: hostNetwork: true",
        "name": f"{template}: name: {{{{ .Release.Name }}}}-web",
        "web.image": f"{template}: image: {{{{ .Values.image | quote }}}}",
        "web.privileged": f"{template}: {{{{- toYaml .Values.security | nindent 12 }}}}",
        "a.image": f"{template}: image: registry.example/sidecar:1",
        "b.image": f"{template}: image: registry.example/sidecar:1",
    }
    service = next(item for item in found.kubernetes if item.kind == "Service")
    assert service.location.document == template
    assert service.location.line > 26
    assert all(re.match(r"chart/templates/", item.document) for item in found.documents)


def test_lookups_find_nothing_and_a_broken_chart_is_said(tmp_path: Path) -> None:
    write(tmp_path / "chart", CHART)
    text = str(read_inputs(["chart"]).kubernetes)
    assert "looked" in text
    assert "value='0'" in text
    write(tmp_path / "chart", {"templates/broken.yaml": "a: {{ .Values.x.y.z }}\n"})
    with pytest.raises(NothingToReadError, match="helm says"):
        read_inputs(["chart"])


def test_a_chart_with_a_dependency_that_is_not_there_fetches_nothing(tmp_path: Path) -> None:
    with Listener() as listener:
        dependency = f"dependencies:\n  - {{name: x, version: 1.0.0, repository: 'http://127.0.0.1:{listener.port}'}}\n"
        write(tmp_path / "chart", {**CHART, "Chart.yaml": CHART["Chart.yaml"] + dependency})
        with pytest.raises(NothingToReadError, match="not rendered"):
            read_inputs(["chart"])
    assert listener.requests == []


def test_a_kustomization_gives_what_kubectl_prints_with_places_in_manifests_and_patches(tmp_path: Path, bin_folder: Path) -> None:
    write(tmp_path / "base", BASE)
    write(tmp_path / "overlay", OVERLAY)
    found = read_inputs(["overlay"])
    printed = subprocess.run([bin_folder / "kubectl", "kustomize", "overlay"], capture_output=True, text=True, check=True)
    write(tmp_path / "printed", {"all.yaml": printed.stdout})
    assert names(found) == names(read(["printed"]))
    assert places(found) == {
        "hostNetwork": "overlay/kustomization.yaml: value: true",
        "name": "base/deploy.yaml: name: web",
        "web.image": "base/deploy.yaml: image: registry.example/web:1",
        "log.image": "base/deploy.yaml: image: registry.example/log:1",
        "log.privileged": "overlay/privileged.yaml: privileged: true",
    }


@pytest.mark.parametrize(
    "text",
    [
        "resources: ['%s/base']",
        "resources: ['%s/deploy.yaml']",
        "components: ['%s/base?ref=main']",
        "patches: [{path: '%s/patch.yaml', target: {kind: Deployment}}]",
        "configMapGenerator: [{name: a, files: ['%s/file']}]",
        "openapi: {path: '%s/schema.json'}",
        "transformers:\n  - |-\n    apiVersion: builtin\n    kind: PatchTransformer\n    path: %s/patch.yaml",
    ],
)
def test_a_kustomization_reaches_for_no_network(tmp_path: Path, text: str) -> None:
    with Listener() as listener:
        write(
            tmp_path / "app",
            {"kustomization.yaml": text % f"http://127.0.0.1:{listener.port}", "plain.yaml": BASE["deploy.yaml"]},
        )
        found = read_inputs(["app"])
    assert listener.requests == []
    assert [problem for problem in found.unread if "not rendered" in problem.reason]


class Listener:
    """A server on the loopback that notes who asks."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        noted = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(404)
                self.end_headers()

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                noted.append(f"{self.path} {code} {size}")

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
