"""The clusters and the machines that tasks run on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Finding, believe, defaulted, observed, settle, weak
from breachway.mapping.containers.host_versions import HOST_DEFENCES, HostSoftware, settle_host
from breachway.mapping.ecs import beliefs
from breachway.mapping.ecs.confinement import FARGATE, GUIDE
from breachway.mapping.ecs.iam import Answer, decide_any
from breachway.model import CrownJewel
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.ecs.placement import Placement
    from breachway.mapping.ecs.roles import RoleView
    from breachway.sources.ecs.objects import EcsCluster

ECS = "ecs"
_EC2 = "ec2.amazonaws.com"
_AGENT_POLICY = "AmazonEC2ContainerServiceforEC2Role"
_ROOT_VALUE = 8


def cluster_id(name: str) -> str:
    """The id of a cluster."""
    return f"{ECS}:EcsCluster:{name}"


def instances_id(cluster: str) -> str:
    """The id of the pool of instances of a cluster."""
    return f"{ECS}:EcsInstances:{cluster}"


def map_clusters(
    builder: ModelBuilder, declared: dict[str, EcsCluster], placed: tuple[Placement, ...], account: str
) -> dict[str, str]:
    """Add every cluster that is declared or run in; gives their ids by name."""
    places: dict[str, Location] = {name: cluster.location for name, cluster in declared.items()}
    instances: dict[str, Location] = {}
    for placement in placed:
        for name, location in placement.clusters:
            places.setdefault(name, location)
            if not placement.fargate:
                instances.setdefault(name, placement.task.location)
    for name in sorted(places):
        found = (
            observed(places[name], f"cluster {name}")
            if name in declared
            else defaulted(places[name], f"tasks run in cluster {name}", GUIDE)
        )
        cluster = builder.asset("EcsCluster", cluster_id(name), name, platform=ECS, evidence=found, boundary=account)
        settle(builder, cluster, {"fargateOnly": _fargate_only(builder, declared.get(name), instances.get(name), places[name])})
        if name in declared:
            _judge_insights(builder, cluster, declared[name])
    return {name: cluster_id(name) for name in sorted(places)}


def _fargate_only(builder: ModelBuilder, declared: EcsCluster | None, instances: Location | None, place: Location) -> Finding:
    if instances is not None:
        return Finding(0.0, observed(instances, "a task runs on instances of this cluster"))
    if declared is not None and declared.capacity_providers:
        others = [item for item in declared.capacity_providers if not item.value.upper().startswith("FARGATE")]
        first = (others or list(declared.capacity_providers))[0]
        return Finding(0.0 if others else 1.0, observed(first.location, f"capacity provider {first.value}"))
    return believe(builder, beliefs.FARGATE_ONLY, place)


def _judge_insights(builder: ModelBuilder, cluster: str, declared: EcsCluster) -> None:
    setting = next((item for item in declared.settings if value_or(item.name, "") == "containerInsights"), None)
    value = setting.value if setting is not None else None
    if value is not None and value.value in {"enabled", "enhanced"}:
        return
    note = "containerInsights is not set; the default is disabled"
    evidence = (
        observed(value.location, f"containerInsights: {value.value}")
        if value is not None
        else defaulted(declared.location, note, GUIDE)
    )
    weak(builder, "ecs-container-insights-off", cluster, evidence, subject=f"cluster {cluster.rpartition(':')[2]}")


def map_instances(
    builder: ModelBuilder, cluster: str, roles: dict[str, RoleView], used: frozenset[str], account: str, location: Location
) -> str:
    """Add the instances of a cluster with the role that they run as."""
    found = defaulted(location, f"cluster {cluster} runs tasks on EC2 instances", GUIDE)
    host = builder.asset(
        "EcsInstances",
        instances_id(cluster),
        f"instances of {cluster}",
        platform=ECS,
        evidence=found,
        boundary=cluster_id(cluster),
    )
    running = _instance_roles(roles, used)
    settle(
        builder,
        host,
        {
            "agentNotImpersonable": _may_poll(builder, running, location),
        },
    )
    settle_host(builder, host, HostSoftware(location=location), subject=f"instances of cluster {cluster}")
    builder.link("HasCapacity", cluster_id(cluster), host, found)
    builder.link("OwnsCapacity", account, host, found)
    for role, note, certain in running:
        if certain:
            evidence = observed(role.location, note)
        else:
            evidence = believe(builder, beliefs.INSTANCE_ROLE_BY_NAME, role.location, note).evidence
        builder.link("RunsAs", host, role.asset, evidence)
    title = f"root on the instances of {cluster}"
    builder.crown_jewel(CrownJewel(asset=host, step="root", title=title, value=_ROOT_VALUE, evidence=found))
    return host


def _may_poll(builder: ModelBuilder, running: tuple[tuple[RoleView, str, bool], ...], location: Location) -> Finding:
    """Whether the instances' role lets its holder poll as the agent; a role that is not shown in full may, as agents need it."""
    known = [role for role, _, _ in running if role.declared and all(policy.rules is not None for policy in role.policies)]
    if not known or len(known) < len(running):
        source = f"AWS managed policy {_AGENT_POLICY}"
        return Finding(0.0, defaulted(location, "the instance role may poll as the agent, or the agent would not work", source))
    for role in known:
        rules = tuple(rule for policy in role.policies for rule in policy.rules or ())
        decision = decide_any(rules, role.denials, "ecs:Poll")
        if decision.answer is Answer.ALLOWED:
            return Finding(0.0, observed(decision.location or role.location, f"role {role.name} may poll as the agent"))
        if decision.answer is Answer.CONDITIONAL:
            place = decision.location or role.location
            return believe(builder, beliefs.CONDITIONS_HOLD_BACK, place, f"role {role.name} may poll under a condition")
    return Finding(1.0, observed(known[0].location, f"role {known[0].name} may not poll as the agent"))


def _instance_roles(roles: dict[str, RoleView], used: frozenset[str]) -> tuple[tuple[RoleView, str, bool], ...]:
    """The roles of instances: those that EC2 may take, else those that no task uses and whose name says so."""
    found: list[tuple[RoleView, str, bool]] = []
    for name, role in roles.items():
        services = {item.name.value for statement in role.trust for item in statement.principals if item.kind == "Service"}
        agent = any(policy.name == _AGENT_POLICY for policy in role.policies)
        if _EC2 in services or agent:
            found.append((role, "EC2 instances may take this role" if _EC2 in services else f"it has {_AGENT_POLICY}", True))
        elif not role.trust and name not in used and "instance" in name.lower():
            found.append((role, f"role {name} is taken for the role of the instances by its name", False))
    return tuple(found)


def map_microvm(builder: ModelBuilder, family: str, location: Location, account: str) -> str:
    """Add the virtual machine that Fargate gives each task of a family.

    What leaves the container gets no further than its own task.
    """
    found = defaulted(location, "Fargate runs each task in a virtual machine of its own", FARGATE)
    host = builder.asset(
        "HostPool", f"{ECS}:HostPool:fargate/{family}", f"Fargate, {family}", platform=ECS, evidence=found, boundary=account
    )
    kept = Finding(1.0, defaulted(location, "AWS patches the machines of Fargate, and a task has one of its own", FARGATE))
    settle(builder, host, dict.fromkeys(HOST_DEFENCES, kept))
    return host
