"""Amazon ECS documents as assets: the account, its roles and grants, clusters, instances and tasks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import observed
from breachway.mapping.ecs.grants import Surroundings, implied_execution_grant, map_grants
from breachway.mapping.ecs.hosts import instances_id, map_clusters, map_instances
from breachway.mapping.ecs.openings import Openings
from breachway.mapping.ecs.placement import clusters_named, placements
from breachway.mapping.ecs.roles import AWS, map_account, map_roles, role_name
from breachway.mapping.ecs.services import judge_services
from breachway.mapping.ecs.tasks import TaskMapper
from breachway.model import CrownJewel
from breachway.sources.ecs.objects import IamPolicy, IamRole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.images import ImageMapper
    from breachway.mapping.ecs.placement import Placement
    from breachway.mapping.ecs.roles import RoleView
    from breachway.sources.ecs.objects import EcsDocument, IamStatement

_STORE_ARN = re.compile(
    r"arn:aws[a-z-]{0,12}:(s3|dynamodb):[a-z0-9-]{0,25}:[0-9]{0,12}:(?:table/)?([A-Za-z0-9][A-Za-z0-9._-]{1,254})"
)
_STORE_VALUE = 7


def map_ecs(builder: ModelBuilder, documents: tuple[EcsDocument, ...], images: ImageMapper) -> None:
    """Map the task definitions, services, clusters, policies and roles of one account."""
    if not documents:
        return
    account = map_account(builder, documents)
    number = account.rpartition(":")[2]
    roles = map_roles(builder, documents, account)
    placed = placements(documents)
    clusters = map_clusters(builder, clusters_named(documents), placed, account)
    used = frozenset(
        role_name(arn.value)
        for placement in placed
        for arn in (placement.task.task_role_arn, placement.task.execution_role_arn)
        if arn is not None and arn.value
    )
    instances = _map_instances(builder, placed, roles, used, account)
    openings = Openings(builder, account)
    secrets: dict[str, str] = {}
    for placement in placed:
        mapper = TaskMapper(builder, placement, roles, account, images)
        openings.map_task(placement, mapper.map())
        secrets |= mapper.cloud_secrets
        _imply_execution(builder, placement, mapper.cloud_secrets, roles, account)
    judge_services(builder, placed)
    registries = tuple(
        (f"arn:aws:ecr:*:{number}:repository/*", registry)
        for registry in builder.ids_of_kind("Registry")
        if ".dkr.ecr." in registry
    )
    map_grants(
        builder,
        Surroundings(
            account=account,
            number=number,
            roles=tuple(roles.values()),
            clusters=tuple((f"arn:aws:ecs:*:{number}:cluster/{name}", cluster) for name, cluster in clusters.items()),
            tasks=tuple(
                (f"arn:aws:ecs:*:{number}:task-definition/{item.family}:*", f"ecs:EcsTask:{item.family}") for item in placed
            ),
            secrets=tuple(sorted(secrets.items())),
            stores=_map_stores(builder, documents, account),
            registries=registries,
            instances=instances,
            task_roles=frozenset(
                role_name(item.task.task_role_arn.value) for item in placed if item.task.task_role_arn is not None
            ),
        ),
    )


def _map_instances(
    builder: ModelBuilder, placed: tuple[Placement, ...], roles: dict[str, RoleView], used: frozenset[str], account: str
) -> tuple[str, ...]:
    """Add the instances of every cluster that runs tasks on some."""
    places: dict[str, Location] = {}
    for placement in placed:
        if not placement.fargate:
            for cluster, _ in placement.clusters:
                places.setdefault(cluster, placement.task.location)
    for cluster in sorted(places):
        map_instances(builder, cluster, roles, used, account, places[cluster])
    return tuple(instances_id(cluster) for cluster in sorted(places))


def _imply_execution(
    builder: ModelBuilder, placement: Placement, secrets: dict[str, str], roles: dict[str, RoleView], account: str
) -> None:
    arn = placement.task.execution_role_arn
    if arn is None or not arn.value or not secrets:
        return
    role = roles[role_name(arn.value)]
    if not role.policies:
        implied_execution_grant(builder, account, role.asset, tuple(sorted(secrets.values())), arn.location)


def _map_stores(builder: ModelBuilder, documents: tuple[EcsDocument, ...], account: str) -> tuple[tuple[str, str], ...]:
    """Add the buckets and tables that policies name, and one store for a policy on every bucket; gives ARN and asset."""
    found: dict[str, str] = {}
    for statement in _statements(documents):
        for resource in statement.resources:
            match = _STORE_ARN.match(resource.value)
            if match is None:
                continue
            kind, name = match.groups()
            arn = f"arn:aws:s3:::{name}/*" if kind == "s3" else f"arn:aws:dynamodb:*:{account.rpartition(':')[2]}:table/{name}"
            if arn not in found:
                found[arn] = _store(
                    builder, f"{kind}/{name}", f"{'bucket' if kind == 's3' else 'table'} {name}", resource.location, account
                )
        actions = [item.value.lower() for item in statement.actions]
        everywhere = next((item for item in statement.resources if item.value == "*"), None)
        if everywhere is not None and any(action.startswith("s3:") for action in actions):
            found.setdefault(
                "arn:aws:s3:::every-bucket-of-the-account/object",
                _store(builder, "s3/*", "every bucket of the account", everywhere.location, account),
            )
    return tuple(sorted(found.items()))


def _store(builder: ModelBuilder, names: str, title: str, location: Location, account: str) -> str:
    found = observed(location, f"a policy names {title}")
    store = builder.asset("DataStore", f"{AWS}:DataStore:{names}", title, platform=AWS, evidence=found, boundary=account)
    builder.link("OwnsStore", account, store, found)
    builder.crown_jewel(
        CrownJewel(asset=store, step="readData", title=f"the data in {title}", value=_STORE_VALUE, evidence=found)
    )
    return store


def _statements(documents: tuple[EcsDocument, ...]) -> Iterator[IamStatement]:
    for document in documents:
        policies = document.policies if isinstance(document, IamRole) else (document,) if isinstance(document, IamPolicy) else ()
        for policy in policies:
            yield from policy.statements
