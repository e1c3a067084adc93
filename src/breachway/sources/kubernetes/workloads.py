"""Turns every kind that carries a pod template into one type: :class:`~breachway.sources.kubernetes.pods.Workload`."""

from dataclasses import dataclass

from breachway.evidence import Location, Unread
from breachway.sources.decoding import StringMap, Struct, Value, decode
from breachway.sources.dialects import KUBERNETES
from breachway.sources.kubernetes.metadata import LabelSelector, Resource
from breachway.sources.kubernetes.pods import PodSpec, PodStatus, PodTemplate, UpdateStrategy, Workload
from breachway.sources.kubernetes.volumes import ClaimTemplate
from breachway.sources.nodes import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class _JobSpec(Struct):
    """The part of a CronJob that says what its jobs are."""

    parallelism: Value[int] | None = None
    template: PodTemplate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _JobTemplate(Struct):
    """The wrapping around it."""

    spec: _JobSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class _ControllerSpec(Struct):
    """The fields of all controllers, of which each kind has some."""

    replicas: Value[int] | None = None
    parallelism: Value[int] | None = None
    template: PodTemplate | None = None
    job_template: _JobTemplate | None = None
    strategy: UpdateStrategy | None = None
    update_strategy: UpdateStrategy | None = None
    volume_claim_templates: tuple[ClaimTemplate, ...] = ()
    service_name: Value[str] | None = None
    schedule: Value[str] | None = None
    suspend: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _SelectingSpec(_ControllerSpec):
    """Since apps/v1 a selector has expressions."""

    selector: LabelSelector | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlainSelectingSpec(_ControllerSpec):
    """A ReplicationController and a DeploymentConfig select by plain labels."""

    selector: StringMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerShape(Resource):
    """What is read of a Deployment or of anything like it."""

    spec: _SelectingSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlainController(Resource):
    spec: _PlainSelectingSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template(Resource):
    template: PodTemplate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodShape(Resource):
    """What is read of a Pod."""

    spec: PodSpec
    status: PodStatus | None = None


def pod(node: Mapping, location: Location, problems: list[Unread]) -> Workload | None:
    """Read a bare Pod."""
    found = decode(PodShape, node, location, KUBERNETES, problems)
    if found is None:
        return None
    return Workload(
        location=location,
        kind=found.kind,
        api_version=found.api_version,
        metadata=found.metadata,
        pod_template=PodTemplate(location=location, metadata=found.metadata, spec=found.spec),
        status=found.status,
    )


def pod_template(node: Mapping, location: Location, problems: list[Unread]) -> Workload | None:
    """Read a PodTemplate object."""
    found = decode(_Template, node, location, KUBERNETES, problems)
    if found is None or found.template is None:
        problems.append(_without_template(location))
        return None
    return Workload(
        location=location,
        kind=found.kind,
        api_version=found.api_version,
        metadata=found.metadata,
        pod_template=found.template,
    )


def controller(node: Mapping, location: Location, problems: list[Unread]) -> Workload | None:
    """Read a Deployment or anything else with a template (or a job template) in its spec and a selector with expressions."""
    found = decode(ControllerShape, node, location, KUBERNETES, problems)
    return None if found is None else _workload(found, found.spec, found.spec.selector, problems)


def plainly_selecting(node: Mapping, location: Location, problems: list[Unread]) -> Workload | None:
    """Read a ReplicationController or a DeploymentConfig."""
    found = decode(_PlainController, node, location, KUBERNETES, problems)
    if found is None:
        return None
    labels = found.spec.selector
    selector = None if labels is None else LabelSelector(location=labels.location, match_labels=labels)
    return _workload(found, found.spec, selector, problems)


def carries_template(node: Mapping) -> bool:
    """Tell whether an object of any kind has containers at ``spec.template.spec``."""
    inner = node
    for key in ("spec", "template", "spec"):
        entry = inner.entries.get(key)
        if entry is None or not isinstance(entry.node, Mapping):
            return False
        inner = entry.node
    containers = inner.entries.get("containers")
    return containers is not None and isinstance(containers.node, Sequence)


def _workload(found: Resource, spec: _ControllerSpec, selector: LabelSelector | None, problems: list[Unread]) -> Workload | None:
    job = spec.job_template
    template = spec.template or (job.spec.template if job is not None else None)
    if template is None:
        problems.append(_without_template(found.location))
        return None
    return Workload(
        location=found.location,
        kind=found.kind,
        api_version=found.api_version,
        metadata=found.metadata,
        pod_template=template,
        replicas=spec.replicas or spec.parallelism or (job.spec.parallelism if job is not None else None),
        selector=selector,
        strategy=spec.strategy or spec.update_strategy,
        volume_claim_templates=spec.volume_claim_templates,
        service_name=spec.service_name,
        schedule=spec.schedule,
        suspend=spec.suspend,
    )


def _without_template(location: Location) -> Unread:
    return Unread(location, "object", "no pod template can be read, so the object was left out")
