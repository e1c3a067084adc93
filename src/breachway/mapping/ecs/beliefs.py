"""What ECS documents leave open, and what is taken to be so."""

from __future__ import annotations

from breachway.mapping.containers.grounds import Belief

BRIDGE_METADATA_BLOCKED = Belief(
    "ecs-bridge-metadata-blocked",
    "instances keep bridge-mode tasks from the metadata service (tokens required and a hop limit of 1, or a firewall rule)",
    0.3,
    "launch templates are not in the input; the optimized images did not do so for years",
    "tasks in bridge mode on instances",
)
AWSVPC_METADATA_BLOCKED = Belief(
    "ecs-awsvpc-metadata-blocked",
    "the agent keeps awsvpc tasks from the metadata service (ECS_AWSVPC_BLOCK_IMDS)",
    0.2,
    "the agent's default is false, and a hop limit does not help in this mode; its configuration is not in the input",
    "tasks in awsvpc mode on instances",
)
INSTANCE_ACCESS_CONTROL = Belief(
    "ecs-instance-mandatory-access-control",
    "the instances enforce AppArmor or SELinux on containers",
    0.3,
    "the agent's defaults are ECS_APPARMOR_CAPABLE=false and ECS_SELINUX_CAPABLE=false; its configuration is not in the input",
    "container instances",
)
INSTANCE_ROLE_BY_NAME = Belief(
    "ecs-instance-role-by-name",
    "a role that no task uses and whose name says so is the role of the container instances",
    0.8,
    "its trust policy is not in the input; the name is all there is",
    "roles of instances",
)
SECURITY_GROUPS_SEPARATE = Belief(
    "ecs-security-groups-separate",
    "security groups keep tasks of different services from each other",
    0.5,
    "security groups are not in the input: even odds",
    "tasks of different services",
)
SAME_GROUP_SEPARATES = Belief(
    "ecs-same-security-group-separates",
    "tasks that share their security groups cannot connect to each other",
    0.4,
    "the default group allows its own members; other groups allow what their rules say, which are not in the input",
    "tasks of one service",
)
SOURCES_RESTRICTED = Belief(
    "ecs-security-group-restricts-sources",
    "the security group of a public task lets only known addresses in",
    0.4,
    "the rules of the group are not in the input; public services mostly let everybody in",
    "tasks with a public address",
)
LOAD_BALANCER_INTERNAL = Belief(
    "ecs-load-balancer-internal",
    "the load balancer in front of a service is internal",
    0.4,
    "the load balancer is not in the input; most services behind one face the internet",
    "services behind a load balancer",
)
TASK_NOT_PUBLIC = Belief(
    "ecs-task-not-public",
    "a task whose service is not in the input cannot be reached from the internet",
    0.4,
    "nothing says where the task runs; one that maps ports serves somebody, and below one half what would follow is looked at",
    "tasks without a service in the input",
)
FARGATE_ONLY = Belief(
    "ecs-cluster-fargate-only",
    "a cluster has no capacity but Fargate",
    0.5,
    "the capacity of the cluster is not in the input: even odds",
    "clusters without instances in the input",
)
CONDITIONS_HOLD_BACK = Belief(
    "policy-conditions-hold-back",
    "the conditions of a statement keep an attacker who holds the role from using it",
    0.5,
    "conditions on networks, tags or regions are not evaluated: even odds",
    "policy statements with conditions",
)
ROLE_IS_NARROW = Belief(
    "role-without-policy-is-narrow",
    "a role whose policies are not in the input gives no rights over the account, its tasks or its secrets",
    0.7,
    "most task roles are for a few data stores; the policies are not in the input",
    "roles without a policy in the input",
)
