"""Everything that was read: the typed objects of each platform, what each document held, and what was not understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breachway.evidence import Unread
    from breachway.model import DocumentSummary
    from breachway.sources.compose.objects import ComposeProject
    from breachway.sources.dockerfile.objects import Dockerfile
    from breachway.sources.ecs.objects import EcsDocument
    from breachway.sources.images.objects import ImageArchive
    from breachway.sources.kubernetes.objects import KubernetesObject
    from breachway.sources.kubernetes.replicas import Replica
    from breachway.sources.scans.objects import ImageScan
    from breachway.sources.terraform.objects import TerraformRoot


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What ``breachway.sources.reading.read`` found, each tuple sorted by document, then by position in it.

    ``ecs`` holds task definitions, services, clusters, IAM policies and roles, one object each; ``terraform`` one
    object for each root module.
    """

    documents: tuple[DocumentSummary, ...] = ()
    unread: tuple[Unread, ...] = ()
    kubernetes: tuple[KubernetesObject, ...] = ()
    replicas: tuple[Replica, ...] = ()
    compose: tuple[ComposeProject, ...] = ()
    dockerfiles: tuple[Dockerfile, ...] = ()
    ecs: tuple[EcsDocument, ...] = ()
    images: tuple[ImageArchive, ...] = ()
    scans: tuple[ImageScan, ...] = ()
    terraform: tuple[TerraformRoot, ...] = ()
