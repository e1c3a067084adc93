"""What a YAML or JSON file is when Breachway does not model it, in words for the list of files not understood."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from breachway.sources.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from breachway.sources.nodes import Node


class Foreign(NamedTuple):
    """What a file is instead.

    ``severity`` is "note" for a file known to be something else, "file" for one that might have been meant to be read.
    """

    severity: str
    reason: str
    hint: str = ""


NOT_UNDERSTOOD = Foreign(
    "file", "not a Kubernetes, Compose or ECS document", "if it is none on purpose, leave it out with a .breachwayignore"
)
EMPTY = Foreign("note", "it holds no document")
HELM_TEMPLATE = Foreign(
    "file", "a Helm template, which is no YAML until it is rendered", "name the chart's folder as a PATH, with helm installed"
)
_TEMPLATE = Foreign("file", "a template, which is no YAML until it is rendered", "render it and model the output")
_HELM_CHART = Foreign("note", "part of a Helm chart", "name the chart's folder as a PATH, with helm installed")
KUSTOMIZATION = Foreign(
    "file",
    "a kustomization: what it patches, renames or generates was not applied",
    "name its folder as a PATH, with kubectl or kustomize installed",
)
_WORKFLOW = Foreign("note", "a GitHub workflow, which is not modelled")
_CLOUDFORMATION = Foreign(
    "file", "a CloudFormation template, which is not modelled", "model the task definitions that it makes, as JSON"
)
_BILL_OF_MATERIALS = Foreign(
    "note",
    "a bill of materials, which names packages and no vulnerabilities of them",
    "scan the image and give the report as JSON: trivy image --format json, or grype -o json",
)

_OTHER_NAMES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), reason)
    for pattern, reason in (
        (
            r"package(?:-lock)?\.json|npm-shrinkwrap\.json|composer\.json|bower\.json|pnpm-(?:lock|workspace)\.yaml",
            "a package manager's file",
        ),
        (r"[tj]sconfig.*\.json|angular\.json|nx\.json|lerna\.json|turbo\.json|deno\.json", "a build tool's file"),
        (
            r"\.[a-z0-9_.-]*(?:lint|prettier|babel|stylelint|commitlint|mocha|nyc|swc|yarn|markdownlint)[a-z0-9_.-]*",
            "a development tool's file",
        ),
        (
            r"\.pre-commit-(?:config|hooks)\.yaml|renovate\.json5?|dependabot\.ya?ml|codecov\.ya?ml|mkdocs\.ya?ml",
            "a development tool's file",
        ),
        (
            r"\.gitlab-ci\.ya?ml|azure-pipelines.*\.ya?ml|\.travis\.ya?ml|bitbucket-pipelines\.ya?ml|cloudbuild\.ya?ml",
            "a pipeline, which is not modelled",
        ),
        (r"(?:openapi|swagger).*\.(?:ya?ml|json)", "an API description"),
        (r"skaffold\.ya?ml|Tiltfile.*|devspace\.ya?ml|\.devcontainer\.json|devcontainer\.json", "a development tool's file"),
    )
)
CONFIGURATION_NAMES = frozenset({"breachway.yaml", "breachway.yml"})
_LANGUAGES = {".bicep": "Bicep", ".nomad": "Nomad"}
_CHART_NAMES = frozenset({"chart.yaml", "chart.yml", "chart.lock", "values.yaml", "values.yml", "values.schema.json"})


def by_name(label: str, charts: frozenset[str]) -> Foreign | None:
    """What the name alone tells, so that the file need not be parsed.  ``charts`` are the folders of Helm charts."""
    folder, name = posixpath.split(label)
    if _inside(folder, ".github/workflows"):
        return _WORKFLOW
    if _inside(folder, ".circleci"):
        return Foreign("note", "a pipeline, which is not modelled")
    if folder in charts and name.lower() in _CHART_NAMES:
        return _HELM_CHART
    if name.endswith((".tf.json", ".tfvars.json")):
        return Foreign("file", "Terraform written as JSON, which is not read", "write it in the native syntax")
    ending = posixpath.splitext(name)[1].lower()
    if ending in _LANGUAGES:
        return Foreign("note", f"a deployment in {_LANGUAGES[ending]}, which is not modelled")
    for pattern, reason in _OTHER_NAMES:
        if pattern.fullmatch(name):
            return Foreign("note", reason)
    return None


def _inside(folder: str, part: str) -> bool:
    return f"/{part}/" in f"/{folder}/"


def template(label: str, text: str, charts: frozenset[str], *, broken: bool) -> Foreign | None:
    """Whether the text is a template rather than YAML: it has ``{{`` and stands in a chart, or does not parse."""
    if "{{" not in text:
        return None
    folder = posixpath.dirname(label)
    in_chart = any(_below(folder, posixpath.join(chart, "templates")) for chart in charts)
    if in_chart or (broken and (".Values" in text or ".Release" in text or "{{-" in text)):
        return HELM_TEMPLATE
    return _TEMPLATE if broken else None


def _below(folder: str, parent: str) -> bool:
    return folder == parent or folder.startswith(f"{parent}/")


def is_kustomization(node: Node) -> bool:
    """Whether a document is a kustomization (or a component of one)."""
    if not isinstance(node, Mapping):
        return False
    kind, version = _scalar(node, "kind"), _scalar(node, "apiVersion")
    return kind in {"Kustomization", "Component"} and version.startswith("kustomize.config.k8s.io/")


def by_content(label: str, node: Node) -> Foreign:
    """What a document is that no reader takes."""
    match node:
        case Mapping():
            return _by_keys(label, node)
        case Sequence():
            first = node.items[0] if node.items else None
            if isinstance(first, Mapping) and {"hosts", "tasks"} & set(first.entries):
                return Foreign("note", "an Ansible playbook, which is not modelled")
            return NOT_UNDERSTOOD
        case Scalar():
            return NOT_UNDERSTOOD


def _by_keys(label: str, node: Mapping) -> Foreign:
    keys = set(node.entries)
    if "AWSTemplateFormatVersion" in keys or _has_aws_resources(node):
        return _CLOUDFORMATION
    if {"resources", "bases", "patches", "configMapGenerator"} & keys and posixpath.basename(label).lower().startswith(
        "kustomization"
    ):
        return KUSTOMIZATION
    if "jobs" in keys and {"on", "true"} & keys:
        return _WORKFLOW
    if posixpath.basename(label) == "daemon.json":
        return Foreign("note", "a configuration of the Docker daemon, which is not modelled")
    if "bomFormat" in keys or "spdxVersion" in keys:
        return _BILL_OF_MATERIALS
    if {"openapi", "swagger"} & keys:
        return Foreign("note", "an API description")
    if _compose_version_1(node):
        return Foreign(
            "file", "a Compose file of version 1, which Docker Compose no longer reads", "put the services below a services: key"
        )
    if "services" in keys:
        return Foreign("file", "it has services, but none with a key that a Compose service has")
    if "kind" in keys or "apiVersion" in keys:
        missing = "apiVersion" if "kind" in keys else "kind"
        return Foreign("file", f"almost a Kubernetes object: it has no {missing}", f"add {missing}")
    return NOT_UNDERSTOOD


def _has_aws_resources(node: Mapping) -> bool:
    resources = node.entries.get("Resources")
    if resources is None or not isinstance(resources.node, Mapping):
        return False
    bodies = (entry.node for entry in resources.node.entries.values())
    return any(isinstance(body, Mapping) and _scalar(body, "Type").startswith("AWS::") for body in bodies)


def _compose_version_1(node: Mapping) -> bool:
    bodies = [entry.node for entry in node.entries.values()]
    return bool(bodies) and all(
        isinstance(body, Mapping)
        and {"image", "build"} & set(body.entries)
        and {"ports", "volumes", "links", "environment", "command"} & set(body.entries)
        for body in bodies
    )


def _scalar(node: Mapping, key: str) -> str:
    entry = node.entries.get(key)
    return entry.node.text if entry is not None and isinstance(entry.node, Scalar) else ""
