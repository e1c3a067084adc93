"""The readers of each platform, loaded when the input has something for them.

The types of a platform take longer to build than a small input takes to read, and most inputs are of one platform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.sources.nodes import Mapping

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf
    from pathlib import Path

    from breachway.evidence import Unread
    from breachway.sources.compose.grouping import Grouping
    from breachway.sources.compose.objects import ComposeProject
    from breachway.sources.dockerfile.objects import Dockerfile, IgnoreFile
    from breachway.sources.documents import Documents
    from breachway.sources.ecs.objects import EcsDocument
    from breachway.sources.images.objects import ImageArchive
    from breachway.sources.kubernetes.lists import ListReader
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.nodes import Node
    from breachway.sources.scans.objects import ImageScan
    from breachway.sources.terraform.objects import TerraformRoot


def looks_like_dockerfile(text: str) -> bool:
    """Whether a text is a Dockerfile, by its instructions."""
    from breachway.sources.dockerfile import reader

    return reader.looks_like_dockerfile(text)


def read_dockerfile(text: str, label: str, problems: list[Unread], ignore_file: IgnoreFile | None = None) -> Dockerfile | None:
    """Read one Dockerfile; None where nothing of it was understood."""
    from breachway.sources.dockerfile import reader

    return reader.read_dockerfile(text, label, problems, ignore_file)


def read_ignore_file(text: str, label: str) -> IgnoreFile:
    """The patterns of a ``.dockerignore``."""
    from breachway.sources.dockerfile.objects import IgnoreFile

    lines = (line.strip() for line in text.split("\n"))
    return IgnoreFile(label, tuple(line for line in lines if line and not line.startswith("#")))


def looks_like_compose(node: Node) -> bool:
    """Whether a document is a Compose file."""
    if not isinstance(node, Mapping) or not {"services", "include"} & node.entries.keys():
        return False
    from breachway.sources.compose import reader

    return reader.looks_like_compose(node)


def group_compose(candidates: MappingOf[str, tuple[Node | None, ...]], named: tuple[str, ...]) -> Grouping:
    """Which Compose files make one project."""
    from breachway.sources.compose.grouping import group

    return group(candidates, named)


def read_compose(labels: tuple[str, ...], documents: Documents, problems: list[Unread]) -> ComposeProject | None:
    """Read one Compose project from its files."""
    from breachway.sources.compose import reader

    return reader.read_compose(labels, documents, problems)


def kubernetes_objects(node: Node, label: str, problems: list[Unread]) -> tuple[KubernetesObject, ...]:
    """The Kubernetes objects of one document."""
    if not isinstance(node, Mapping) or "kind" not in node.entries:
        return ()
    from breachway.sources.kubernetes import recognition

    return recognition.kubernetes_objects(node, label, problems)


def list_reader() -> ListReader:
    """A reader of the lists of one run."""
    from breachway.sources.kubernetes.lists import ListReader

    return ListReader()


def ecs_documents(node: Node, label: str, problems: list[Unread]) -> tuple[EcsDocument, ...]:
    """The ECS and IAM documents of one document."""
    from breachway.sources.ecs import recognition

    return recognition.ecs_documents(node, label, problems)


def read_images(path: Path, label: str, problems: list[Unread], *, named: bool) -> tuple[ImageArchive, ...]:
    """Read the images of an archive or of a layout's folder."""
    from breachway.sources.images import reader

    return reader.read_images(path, label, problems, named=named)


def looks_like_scan(node: Node) -> bool:
    """Whether a document is the report of an image scanner."""
    if not isinstance(node, Mapping) or not {"ArtifactName", "matches"} & node.entries.keys():
        return False
    from breachway.sources.scans import reader

    return reader.looks_like_scan(node)


def read_scan(node: Node, label: str, problems: list[Unread]) -> ImageScan | None:
    """Read the report of a scanner; None where it is of no image."""
    from breachway.sources.scans import reader

    return reader.read_scan(node, label, problems)


def read_terraform(texts: MappingOf[str, str], problems: list[Unread]) -> tuple[TerraformRoot, ...]:
    """The root modules among the files of Terraform, given by label."""
    from breachway.sources.terraform import reader

    return reader.read_terraform(texts, problems)
