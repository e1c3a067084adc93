from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from breachway.cli.exit_codes import ExitCode
from tests.cli.given import breachway

if TYPE_CHECKING:
    from pathlib import Path

WORKLOADS = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: app, image: a, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: app, image: b}]}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: ops, labels: {app: job}}
spec: {containers: [{name: app, image: c}]}
"""
POLICIES = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress, Egress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{port: 5432}]
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: fence}
spec:
  priority: 5
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}}
  egress:
    - action: Deny
      to: [{networks: [10.0.0.0/8]}]
    - action: Allow
      to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}]
      ports: [{namedPort: http}]
    - action: Deny
      to: [{namespaces: {}}]
"""
ENTRY = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> str:
    for name, text in (("workloads", WORKLOADS), ("policies", POLICIES), ("entry", ENTRY)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return str(tmp_path)


def rows(folder: str, *arguments: str) -> list[tuple[str, str, str, str, str]]:
    outcome = breachway("flows", folder, "--format", "csv", *arguments)
    assert (outcome.code, outcome.err) == (ExitCode.CLEAN, "")
    return [(row[0], row[1], row[2], row[3], row[4]) for row in list(csv.reader(io.StringIO(outcome.out)))[1:]]


def test_each_connection_comes_with_the_line_that_allows_it(folder: str) -> None:
    outcome = breachway("flows", folder, "--to", "shop/db")
    assert outcome.code is ExitCode.CLEAN
    assert " ".join(outcome.out.split()) == (
        "3 workloads, 2 policies; 1 workload held back by none. 1 line below. "
        "Pod shop/web to Pod shop/db: TCP 5432 out no policy selects it "
        f"in {folder}/policies.yaml:8 NetworkPolicy shop/db, rule 1, allows it"
    )


def test_from_a_workload_under_an_admin_policy(folder: str) -> None:
    assert rows(folder, "--from", "job", "--to", "shop/") == [("Pod ops/job", "Pod shop/web", "TCP", "8080", "8080")]
    text = breachway("flows", folder, "--from", "ops/job", "--to", "web").out
    assert "AdminNetworkPolicy fence, rule 2, allows it" in text.replace("\n           ", " ")


def test_addresses_are_ends_too(folder: str) -> None:
    assert rows(folder, "--from", "Pod ops/job", "--to", "10.1.2.3") == []
    reached = {target for _, target, *_ in rows(folder, "--from", "Pod ops/job", "--to", "outside")}
    assert reached == {"0.0.0.0-9.255.255.255", "11.0.0.0-255.255.255.255", "::/0"}
    assert rows(folder, "--from", "db") == []


def test_what_an_ingress_opens(folder: str) -> None:
    assert rows(folder, "--from", "ingress") == [("ingress controller", "Pod shop/web", "TCP", "8080", "8080")]


def test_json_and_markdown(folder: str) -> None:
    found = json.loads(breachway("flows", folder, "--to", "db", "--format", "json").out)
    (row,) = found["connections"]
    assert (row["from"]["names"], row["ports"]) == (["Pod shop/web"], [{"protocol": "TCP", "first": 5432, "last": 5432}])
    assert [(reason["policy"], reason["line"]) for reason in row["in"]] == [("NetworkPolicy shop/db", 8)]
    table = breachway("flows", folder, "--to", "db", "--format", "markdown").out
    assert "| Pod shop/web | Pod shop/db | TCP 5432 |" in table


@pytest.mark.parametrize(
    "name, hint",
    [
        ("shop/wbe", "did you mean shop/web"),
        ("jbo", "did you mean ops/job"),
        ("zzzzzz", "outside or ingress"),
        ("10.0.0.0/99", "CIDR"),
    ],
)
def test_an_unknown_end_is_said_with_a_hint(folder: str, name: str, hint: str) -> None:
    outcome = breachway("flows", folder, "--from", name)
    assert outcome.code is ExitCode.USAGE
    assert name in outcome.err
    assert hint in outcome.err


def test_without_workloads_there_is_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    outcome = breachway("flows", str(tmp_path))
    assert outcome.code is ExitCode.NOTHING_TO_READ
    assert "hint: breachway flows reads manifests" in outcome.err


def test_lines_are_short_and_escapes_are_shown(tmp_path: Path) -> None:
    hostile = WORKLOADS.replace("name: web, namespace: shop", 'name: "=w\\u001b[31m|b", namespace: shop')
    (tmp_path / "w.yaml").write_text(hostile, encoding="utf-8")
    for form in ("text", "json", "markdown", "csv"):
        outcome = breachway("flows", str(tmp_path), "--format", form)
        assert outcome.code is ExitCode.CLEAN
        assert "\x1b" not in outcome.out
        assert form != "text" or max(map(len, outcome.out.splitlines())) <= 80


def test_a_plugin_that_enforces_nothing_is_said(folder: str) -> None:
    flannel = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: flannel, namespace: kube-system}
spec:
  selector: {matchLabels: {app: flannel}}
  template:
    metadata: {labels: {app: flannel}}
    spec: {hostNetwork: true, containers: [{name: a, image: "ghcr.io/flannel-io/flannel:v0.26.1"}]}
"""
    outcome = breachway("flows", folder, "-", stdin=flannel.encode())
    assert outcome.code is ExitCode.CLEAN
    assert "the network plugin flannel enforces no policy" in outcome.err


def test_the_output_goes_to_a_file(folder: str, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    outcome = breachway("flows", folder, "--format", "csv", "--output", str(target))
    assert (outcome.code, outcome.out) == (ExitCode.CLEAN, "")
    assert target.read_text(encoding="utf-8").startswith("from,to,protocol")


def test_the_help_fits_80_columns() -> None:
    outcome = breachway("flows", "--help")
    assert "examples:" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
