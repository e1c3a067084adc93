"""Whatever a file holds, reading it gives objects and problems, never an exception."""

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.sources.ecs.recognition import ecs_documents
from breachway.sources.json_positions import read_json
from breachway.sources.kubernetes.recognition import kubernetes_objects
from breachway.sources.nodes import TextTree
from breachway.sources.yaml_positions import read_yaml
from tests.sources.test_kubernetes_objects import DEPLOYMENT

if TYPE_CHECKING:
    from breachway.evidence import Unread

LINES = DEPLOYMENT.splitlines(keepends=True)
KINDS = [
    "Pod", "Deployment", "CronJob", "Job", "Service", "Ingress", "Role", "ClusterRoleBinding", "NetworkPolicy", "Secret", "Node",
    "List", "PodList", "PersistentVolume", "KubeletConfiguration", "EncryptionConfiguration", "ReplicationController", "Other",
]  # fmt: skip
KEYS = [
    "kind", "apiVersion", "metadata", "name", "labels", "spec", "template", "containers", "volumes", "rules", "items", "ingress",
    "from", "selector", "data", "env", "ports", "Statement", "Principal", "containerDefinitions", "taskDefinition", "<<",
]  # fmt: skip
SCALARS = st.sampled_from(["yes", "'true'", "010", "~", "-1", "1e9", "'x'", "v1", *KINDS])


def read(tree: TextTree) -> None:
    problems: list[Unread] = list(tree.problems)
    for node in tree.documents:
        if node is not None:
            kubernetes_objects(node, "iam/a.yaml", problems)
            ecs_documents(node, "iam/a.yaml", problems)
    assert {problem.severity for problem in problems} <= {"file", "object", "field"}
    assert all(problem.location.line >= 1 for problem in problems)


def flow(value: object) -> str:
    """Write a tree of dicts, lists and scalars as YAML in flow style."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(flow(inner) for inner in value) + "]"
        case _:
            return str(value)


TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=250, deadline=None)
@given(st.text(max_size=100))
def test_any_text(text: str) -> None:
    read(read_yaml(text, "iam/a.yaml"))
    read(read_json(text, "iam/a.yaml"))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(KINDS), TREES, TREES, TREES)
def test_any_tree_under_the_keys_of_the_platforms(kind: str, metadata: object, spec: object, rest: object) -> None:
    read(read_yaml(flow({"kind": kind, "apiVersion": "v1", "metadata": metadata, "spec": spec, "items": rest}), "iam/a.yaml"))
    read(read_yaml(flow(rest), "iam/a.yaml"))


@settings(max_examples=250, deadline=None)
@given(
    st.integers(0, len(LINES) - 1),
    st.sampled_from(["drop", "double", "indent", "list", "scalar", "cut"]),
    st.integers(0, len(LINES) - 1),
    SCALARS,
)
def test_a_mutated_manifest(index: int, mutation: str, other: int, scalar: str) -> None:
    lines = list(LINES)
    line = lines[index]
    head = line.partition(":")[0]
    match mutation:
        case "drop":
            del lines[index]
        case "double":
            lines.insert(other, line)
        case "indent":
            lines[index] = " " * (other % 7) + line.lstrip()
        case "list":
            lines[index] = f"{head}: [{scalar}]\n"
        case "scalar":
            lines[index] = f"{head}: {scalar}\n"
        case _:
            lines[index] = line[: other % max(1, len(line))]
    read(read_yaml("".join(lines), "iam/a.yaml"))
