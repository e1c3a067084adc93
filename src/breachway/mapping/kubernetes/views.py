"""A pod and its containers as the rules see them: what is set where, and which of two settings counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from breachway.mapping.kubernetes.declared import entries
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.containers import SecurityContext
from breachway.sources.kubernetes.pods import PodSecurityContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.replicas import Template
    from breachway.mapping.kubernetes.settings import ClusterSettings
    from breachway.sources.kubernetes.containers import Container
    from breachway.sources.kubernetes.pods import PodSpec

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PodView:
    """The pod template of one workload.  ``context`` is empty where the pod has none."""

    template: Template
    spec: PodSpec
    context: PodSecurityContext
    annotations: Mapping[str, str]
    labels: Mapping[str, str]
    windows: bool
    user_namespace: bool
    settings: ClusterSettings

    @property
    def location(self) -> Location:
        """What could have said otherwise where the pod is silent."""
        return self.spec.location


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerView:
    """One container in its pod.

    ``role`` is "regular", "init" or "ephemeral"; a sidecar among the init containers is "regular".
    """

    container: Container
    role: str
    name: str
    subject: str
    context: SecurityContext
    pod: PodView

    @property
    def location(self) -> Location:
        """What could have said otherwise where the container's security context is silent."""
        return self.context.location

    @property
    def privileged(self) -> bool:
        """Whether the container is privileged, which Windows does not know."""
        return value_or(self.context.privileged, default=False) and not self.pod.windows


def pod_view(template: Template, settings: ClusterSettings) -> PodView:
    """See the pod of a workload."""
    spec = template.workload.pod_template.spec
    metadata = template.workload.pod_template.metadata
    selector = entries(spec.node_selector)
    named = value_or(spec.os.name, "") if spec.os else ""
    return PodView(
        template=template,
        spec=spec,
        context=spec.security_context or PodSecurityContext(location=spec.location),
        annotations=entries(metadata.annotations),
        labels=entries(metadata.labels),
        windows="windows" in {named.lower(), selector.get("kubernetes.io/os", ""), selector.get("beta.kubernetes.io/os", "")},
        user_namespace=value_or(spec.host_users, default=True) is False and settings.user_namespaces,
        settings=settings,
    )


def container_views(pod: PodView) -> tuple[ContainerView, ...]:
    """See every container of a pod, init and ephemeral ones included."""
    spec = pod.spec
    listed = [(item, "regular") for item in spec.containers]
    listed += [(item, "regular" if value_or(item.restart_policy, "") == "Always" else "init") for item in spec.init_containers]
    listed += [(item, "ephemeral") for item in spec.ephemeral_containers]
    return tuple(_container_view(pod, item, role, position) for position, (item, role) in enumerate(listed))


def _container_view(pod: PodView, container: Container, role: str, position: int) -> ContainerView:
    name = value_or(container.name, "") or f"unnamed-{position}"
    return ContainerView(
        container=container,
        role=role,
        name=name,
        subject=f"{pod.template.subject}, container {name}",
        context=container.security_context or SecurityContext(location=container.location),
        pod=pod,
    )


def first(*values: T | None) -> T | None:
    """The first setting that is there: the container's before the pod's."""
    return next((value for value in values if value is not None), None)
