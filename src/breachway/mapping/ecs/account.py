"""Amazon ECS documents as assets: the account, its roles and grants, clusters, instances and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.cloud.functions import map_functions
from breachway.mapping.cloud.stores import denials_of_buckets, map_bucket_policies, map_stores, stores_by_bucket
from breachway.mapping.containers.grounds import observed
from breachway.mapping.containers.secrets import map_secret
from breachway.mapping.ecs.grants import Surroundings, implied_execution_grant, map_grants
from breachway.mapping.ecs.hosts import instances_id, map_clusters, map_instances
from breachway.mapping.ecs.openings import Openings
from breachway.mapping.ecs.placement import clusters_named, placements
from breachway.mapping.ecs.roles import map_account, map_roles, map_users, role_name
from breachway.mapping.ecs.services import judge_services
from breachway.mapping.ecs.tasks import TaskMapper
from breachway.sources.ecs.objects import IamPolicy, IamRole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.cloud.aws_parts import AwsParts
    from breachway.mapping.containers.images import ImageMapper
    from breachway.mapping.ecs.placement import Placement
    from breachway.mapping.ecs.roles import RoleView
    from breachway.sources.ecs.objects import EcsDocument, IamStatement
    from breachway.sources.terraform.resources import CloudSecret


_SSM_POLICY = "AmazonSSMManagedInstanceCore"


def map_ecs(builder: ModelBuilder, documents: tuple[EcsDocument, ...], images: ImageMapper, parts: AwsParts | None = None) -> str:
    """Map the task definitions, services, clusters, policies and roles of one account; gives the account, "" for none.

    ``parts`` is what Terraform says of the account.
    """
    if parts is not None:
        documents = (*documents, *parts.roles, *parts.policies)
    if not documents and parts is None:
        return ""
    location = documents[0].location if documents or parts is None else parts.location
    account = map_account(builder, documents, location, number=parts.number if parts else "")
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
    users = map_users(builder, parts.users if parts else (), account)
    if parts is not None:
        secrets |= {item.cloud_arn: _declared_secret(builder, item, account) for item in parts.secrets}
    stores = map_stores(builder, _statements(documents, parts), parts, account)
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
            stores=stores,
            by_bucket=stores_by_bucket(stores),
            denials=denials_of_buckets(parts),
            registries=registries,
            instances=(*instances, *_managed_pools(builder, roles)),
            task_roles=frozenset(
                role_name(item.task.task_role_arn.value) for item in placed if item.task.task_role_arn is not None
            ),
            users=tuple(users.values()),
            functions=map_functions(builder, parts.functions, parts.keys, account) if parts else (),
        ),
    )
    if parts is not None:
        map_bucket_policies(builder, parts, (*roles.values(), *users.values()), account)
    return account


def _managed_pools(builder: ModelBuilder, roles: dict[str, RoleView]) -> tuple[str, ...]:
    """The pools of a cluster whose machines take commands of Systems Manager, by the policy that their role has for it."""
    taking = {view.asset for view in roles.values() if any(policy.name == _SSM_POLICY for policy in view.policies)}
    pairs = builder.pairs("RunsAs") if taking else ()
    return tuple(pool for pool, role in pairs if role in taking and builder.kind_of(pool) == "NodePool")


def _declared_secret(builder: ModelBuilder, secret: CloudSecret, account: str) -> str:
    """Add a secret that Terraform declares in the store of the cloud."""
    named = f"secret {secret.cloud_name}"
    asset = f"aws:Secret:{secret.cloud_name.lstrip('/')}"
    found = observed(secret.location, named)
    map_secret(builder, asset, named, platform="aws", evidence=found, boundary=account, exposed={}, title=named)
    builder.link("OwnsSecret", account, asset, found)
    return asset


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


def _statements(documents: tuple[EcsDocument, ...], parts: AwsParts | None) -> Iterator[IamStatement]:
    for user in parts.users if parts else ():
        for policy in user.policies:
            yield from policy.statements
    for document in documents:
        policies = document.policies if isinstance(document, IamRole) else (document,) if isinstance(document, IamPolicy) else ()
        for policy in policies:
            yield from policy.statements
