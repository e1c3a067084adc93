"""What ingress-nginx of a version and a configuration lets others do."""

from __future__ import annotations

import pytest

from tests.mapping.kubernetes.clusters import defence, model_of

EXPOSURE = "kubernetes:Exposure:shop/Ingress/web"
WEBHOOK = "kubernetes:Application:edge/Deployment/controller/controller:9443"
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {ingressClassName: nginx, rules: [{host: a.example}]}
"""


def controller(version: str, args: str) -> str:
    return f"""
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: controller, namespace: edge}}
spec:
  template:
    spec:
      containers:
        - name: controller
          image: registry.k8s.io/ingress-nginx/controller:{version}
          args: {args}
          ports: [{{name: http, containerPort: 80}}, {{name: hook, containerPort: 9443}}, {{name: webhook, containerPort: 8443}}]
"""


def configuration(data: str) -> str:
    return f"""
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings, namespace: edge}}
data: {data}
"""


ON = "[/nginx-ingress-controller, --validating-webhook=:9443]"


@pytest.mark.parametrize(
    "version, args, exposed",
    [
        ("v1.11.4", ON, True),
        ("v1.12.0", ON, True),
        ("v1.12.0-beta.0", ON, True),
        ("v0.49.3", ON, True),
        ("v1.11.5", ON, False),
        ("v1.12.1", ON, False),
        ("v1.13.0", ON, False),
        ("v1.11.4", "[/nginx-ingress-controller]", False),
        ("v1.11.4", '[/nginx-ingress-controller, "--validating-webhook="]', False),
        ("v1.11.4", "[/nginx-ingress-controller, --validating-webhook=:7443]", False),
    ],
)
def test_the_webhook_falls_where_the_flag_puts_it(version: str, args: str, *, exposed: bool) -> None:
    model = model_of(INGRESS + controller(version, args))
    state = defence(model, WEBHOOK, "patched")
    assert (state.probability == 0.0) is exposed
    assert any("CVE-2025-1974" in item.note for item in state.evidence) is exposed
    assert any("--validating-webhook" in item.note for item in state.evidence) is exposed
    assert defence(model, WEBHOOK.replace("9443", "80"), "patched").probability == 0.4


def test_without_arguments_the_name_of_the_port_tells() -> None:
    model = model_of(INGRESS + controller("v1.11.4", "[]"))
    assert defence(model, WEBHOOK.replace("9443", "8443"), "patched").probability == 0.0
    assert defence(model, WEBHOOK, "patched").probability == 0.4


NAMED = "[--configmap=$(POD_NAMESPACE)/settings]"
ALLOWED, REFUSED = '{allow-snippet-annotations: "true"}', '{allow-snippet-annotations: "false"}'
CRITICAL = '{allow-snippet-annotations: "true", annotations-risk-level: Critical}'


@pytest.mark.parametrize(
    "version, text, probability",
    [
        ("v1.8.1", "", 0.0),
        ("v1.9.0", "", 1.0),
        ("v1.8.1", configuration(REFUSED), 1.0),
        ("v1.9.0", configuration(ALLOWED), 0.0),
        ("v1.11.5", configuration(ALLOWED), 0.0),
        ("v1.12.1", configuration(ALLOWED), 1.0),
        ("v1.12.1", configuration(CRITICAL), 0.0),
        ("v1.12.1", configuration("{annotations-risk-level: Critical}"), 1.0),
    ],
)
def test_snippets_are_taken_as_configured(version: str, text: str, probability: float) -> None:
    args = NAMED if text else "[--ingress-class=nginx]"
    assert defence(model_of(INGRESS + controller(version, args) + text), EXPOSURE, "noSnippets").probability == probability


def test_a_configuration_that_is_not_in_the_input_leaves_snippets_open_to_doubt() -> None:
    state = defence(model_of(INGRESS + controller("v1.11.5", NAMED)), EXPOSURE, "noSnippets")
    assert state.assumption == "ingress-snippets-disallowed"
    assert defence(model_of(INGRESS + controller("v1.8.1", NAMED)), EXPOSURE, "noSnippets").probability == 0.0
