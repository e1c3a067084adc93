"""ECS and IAM documents in the forms in which they are registered and described."""

import json

import pytest

from breachway.evidence import Unread
from breachway.sources.decoding import value_or
from breachway.sources.ecs.objects import EcsCluster, EcsDocument, EcsService, IamPolicy, IamRole, TaskDefinition
from breachway.sources.ecs.recognition import ecs_documents
from breachway.sources.json_positions import read_json

TASK = """\
{
  "family": "checkout",
  "taskRoleArn": "arn:aws:iam::123456789012:role/checkout-task",
  "executionRoleArn": "checkout-execution",
  "networkMode": "host",
  "pidMode": "host",
  "ipcMode": "none",
  "requiresCompatibilities": ["EC2"],
  "cpu": 256,
  "memory": "1 GB",
  "volumes": [
    {"name": "docker", "host": {"sourcePath": "/var/run/docker.sock"}},
    {"name": "shared", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "DISABLED",
      "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"}}}
  ],
  "runtimePlatform": {"operatingSystemFamily": "LINUX"},
  "containerDefinitions": [
    {
      "name": "app",
      "image": "registry.example/checkout:1",
      "privileged": true,
      "user": "0:0",
      "readonlyRootFilesystem": false,
      "essential": true,
      "linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]},
        "devices": [{"hostPath": "/dev/fuse"}], "initProcessEnabled": true},
      "dockerSecurityOptions": ["no-new-privileges"],
      "environment": [{"name": "PASSWORD", "value": "hunter2"}],
      "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::bucket/env"}],
      "secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key"}],
      "command": ["serve"],
      "entryPoint": ["/app"],
      "portMappings": [{"containerPort": 80, "hostPort": 8080, "protocol": "tcp"}],
      "mountPoints": [{"sourceVolume": "docker", "containerPath": "/sock", "readOnly": true}],
      "healthCheck": {"command": ["CMD", "true"]},
      "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/checkout"}},
      "repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:registry"},
      "cpu": 10,
      "memory": 300
    }
  ]
}
"""
STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [STATEMENT]}


def documents(text: str, label: str = "a.json") -> tuple[tuple[EcsDocument, ...], list[Unread]]:
    tree = read_json(text, label)
    problems = list(tree.problems)
    return tuple(item for node in tree.documents if node for item in ecs_documents(node, label, problems)), problems


def only(value: object, label: str = "a.json") -> EcsDocument:
    (found,), problems = documents(value if isinstance(value, str) else json.dumps(value), label)
    assert problems == []
    return found


def test_a_task_definition_in_full() -> None:
    task = only(TASK)
    assert isinstance(task, TaskDefinition)
    assert task.family is not None
    assert task.family == ("checkout", ("a.json", "/family", 2, 3))
    assert (value_or(task.cpu, ""), value_or(task.memory, "")) == ("256", "1 GB")
    assert value_or(task.pid_mode, "") == "host"
    assert [value.value for value in task.requires_compatibilities] == ["EC2"]
    docker, shared = task.volumes
    assert docker.host is not None
    assert value_or(docker.host.source_path, "") == "/var/run/docker.sock"
    assert shared.efs_volume_configuration is not None
    assert shared.efs_volume_configuration.authorization_config is not None
    (container,) = task.container_definitions
    assert container.privileged is not None
    assert container.privileged.location == ("a.json", "/containerDefinitions/0/privileged", 21, 7)
    assert container.linux_parameters is not None
    assert container.linux_parameters.capabilities is not None
    assert [value.value for value in container.linux_parameters.capabilities.add] == ["SYS_PTRACE"]
    assert value_or(container.linux_parameters.devices[0].host_path, "") == "/dev/fuse"
    assert value_or(container.readonly_root_filesystem, default=True) is False
    assert [value.value for value in container.docker_security_options] == ["no-new-privileges"]
    assert value_or(container.port_mappings[0].host_port, 0) == 8080
    assert value_or(container.mount_points[0].read_only, default=False)
    assert container.log_configuration is not None
    assert container.log_configuration.options is not None
    assert container.log_configuration.options.as_dict() == {"awslogs-group": "/ecs/checkout"}


@pytest.mark.parametrize(
    "text, pointer",
    [
        (f'{{"taskDefinition": {TASK}, "tags": []}}', "/taskDefinition"),
        (f'{{"taskDefinitions": [{TASK}]}}', "/taskDefinitions/0"),
        (f"[{TASK}]", "/0"),
        (TASK.replace('"containerDefinitions"', '"ContainerDefinitions"').replace('"family"', '"Family"'), ""),
    ],
)
def test_every_form_of_a_task_definition(text: str, pointer: str) -> None:
    task = only(text)
    assert isinstance(task, TaskDefinition)
    assert (value_or(task.family, ""), task.location.pointer) == ("checkout", pointer)
    assert len(task.container_definitions) == 1


def test_a_bare_list_of_containers_is_a_task_without_a_family() -> None:
    task = only([{"name": "a", "image": "b", "essential": True}])
    assert isinstance(task, TaskDefinition)
    assert task.family is None
    assert value_or(task.container_definitions[0].image, "") == "b"


def test_services_and_clusters() -> None:
    service_form = {
        "serviceName": "web",
        "cluster": "prod",
        "taskDefinition": "web:3",
        "desiredCount": 2,
        "launchType": "FARGATE",
        "enableExecuteCommand": True,
        "platformVersion": "1.3.0",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}},
    }
    for form in (service_form, {"service": service_form}, {"services": [service_form], "failures": []}):
        service = only(form)
        assert isinstance(service, EcsService)
        assert value_or(service.enable_execute_command, default=False)
        assert service.network_configuration is not None
        assert service.network_configuration.awsvpc_configuration is not None
        assert value_or(service.network_configuration.awsvpc_configuration.assign_public_ip, "") == "ENABLED"
    cluster = only({"clusters": [{"clusterName": "prod", "settings": [{"name": "containerInsights", "value": "disabled"}]}]})
    assert isinstance(cluster, EcsCluster)
    assert value_or(cluster.settings[0].value, "") == "disabled"


def test_a_policy_document_is_named_by_its_file() -> None:
    policy = only(POLICY, "deploy/iam/checkout-task.json")
    assert isinstance(policy, IamPolicy)
    assert (policy.name, policy.role) == ("checkout-task", "checkout-task")
    (statement,) = policy.statements
    assert value_or(statement.effect, "") == "Allow"
    assert [action.value for action in statement.actions] == ["s3:GetObject"]
    assert [resource.value for resource in statement.resources] == ["*"]
    elsewhere = only(POLICY, "deploy/bucket-access.json")
    assert isinstance(elsewhere, IamPolicy)
    assert (elsewhere.name, elsewhere.role) == ("bucket-access", "")


def test_a_statement_in_full() -> None:
    policy = only(
        {
            "Statement": {
                "Sid": "a",
                "Effect": "Deny",
                "NotAction": ["iam:*", "s3:*"],
                "NotResource": "arn:aws:s3:::b",
                "Principal": {"AWS": ["1", "2"], "Service": "ecs-tasks.amazonaws.com"},
                "NotPrincipal": "*",
                "Condition": {"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}},
            }
        }
    )
    assert isinstance(policy, IamPolicy)
    (statement,) = policy.statements
    assert [value.value for value in statement.not_actions] == ["iam:*", "s3:*"]
    assert [(p.kind, p.name.value) for p in statement.principals] == [
        ("AWS", "1"),
        ("AWS", "2"),
        ("Service", "ecs-tasks.amazonaws.com"),
    ]
    assert [(p.kind, p.name.value) for p in statement.not_principals] == [("*", "*")]
    (condition,) = statement.conditions
    assert (condition.operator, condition.key, [value.value for value in condition.values]) == (
        "StringEquals",
        "aws:SourceVpc",
        ["vpc-1", "vpc-2"],
    )


def test_roles() -> None:
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}
    detail = {
        "RoleName": "task",
        "Arn": "arn:aws:iam::123456789012:role/task",
        "AssumeRolePolicyDocument": trust,
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": POLICY}],
        "AttachedManagedPolicies": [{"PolicyName": "Admin", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}],
        "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:b"},
    }
    for form in ({"Role": detail}, {"Roles": [detail]}, {"RoleDetailList": [detail]}, detail):
        role = only(form)
        assert isinstance(role, IamRole)
        assert (role.name, len(role.trust), len(role.policies)) == ("task", 1, 1)
        assert (role.policies[0].name, role.policies[0].role) == ("inline", "task")
        assert [value.value for value in role.managed_policy_arns] == ["arn:aws:iam::aws:policy/AdministratorAccess"]
        assert value_or(role.permissions_boundary, "") == "arn:b"


def test_answers_of_the_api_about_policies() -> None:
    inline = only({"RoleName": "task", "PolicyName": "inline", "PolicyDocument": POLICY})
    assert isinstance(inline, IamPolicy)
    assert (inline.name, inline.role, inline.location.pointer) == ("inline", "task", "/PolicyDocument")
    version = only({"PolicyVersion": {"Document": POLICY, "VersionId": "v1", "IsDefaultVersion": True}})
    assert isinstance(version, IamPolicy)
    attached = only({"AttachedPolicies": [{"PolicyName": "a", "PolicyArn": "arn:a"}]}, "iam/task.json")
    assert isinstance(attached, IamRole)
    assert (attached.name, [value.value for value in attached.managed_policy_arns]) == ("task", ["arn:a"])


@pytest.mark.parametrize(
    "value, pointer, reason",
    [
        ({"Statement": ["x"]}, "/Statement/0", "expected a statement, found a single value"),
        ({"Statement": [{"Action": {"a": 1}}]}, "/Statement/0/Action", "expected a string or a list of strings, found a mapping"),
        ({"Statement": [{"Action": [["a"]]}]}, "/Statement/0/Action/0", "expected a string, found a list"),
        ({"Statement": [{"Effect": []}]}, "/Statement/0/Effect", "expected a string, found a list"),
        ({"Statement": [{"Condition": 1}]}, "/Statement/0/Condition", "expected a mapping, found a single value"),
        ({"Statement": [{"Condition": {"a": 1}}]}, "/Statement/0/Condition/a", "expected a mapping, found a single value"),
        ({"PolicyDocument": {}}, "/PolicyDocument", "a policy document without Statement"),
        ({"PolicyDocument": "x"}, "/PolicyDocument", "expected a policy document, found a single value"),
        ({"AssumeRolePolicyDocument": 1}, "/AssumeRolePolicyDocument", "expected a policy document, found a single value"),
        ({"services": [1]}, "/services/0", "expected a mapping, found a single value"),
        ({"containerDefinitions": {}}, "/containerDefinitions", "expected a list, found a mapping"),
        (
            {"containerDefinitions": [{"privileged": "true"}]},
            "/containerDefinitions/0/privileged",
            'expected true or false, found the string "true"',
        ),
    ],
)
def test_wrong_types_are_said(value: object, pointer: str, reason: str) -> None:
    _, problems = documents(json.dumps(value))
    assert [(problem.location.pointer, problem.reason) for problem in problems] == [(pointer, reason)]


@pytest.mark.parametrize("value", [{}, [], [1], "x", {"services": {"web": {"image": "a"}}}, {"cluster": "a"}, {"tasks": []}])
def test_what_is_no_ecs_is_left_in_peace(value: object) -> None:
    assert documents(json.dumps(value)) == ((), [])
