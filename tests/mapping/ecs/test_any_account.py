"""Whatever ECS and IAM documents say, the mapping gives a whole model and raises nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mapping.containers.models import faults, model_of_path

if TYPE_CHECKING:
    import pytest

WORDS = st.sampled_from(
    (
        *(
            "",
            "shop",
            "host",
            "task",
            "bridge",
            "awsvpc",
            "none",
            "root",
            "0",
            "FARGATE",
            "EC2",
            "ENABLED",
            "LATEST",
            "*",
            "?",
            "a:b:c",
        ),
        *(
            "arn:aws:iam::111122223333:role/x/shop",
            "arn:",
            "arn:aws:s3:::b/*",
            "arn:aws:ecs:::",
            "s3:*",
            "iam:PassRole",
            "ecs:RunTask",
        ),
        *(
            "/",
            "/var/run/docker.sock",
            "redis",
            "postgres:16",
            "a b",
            "80-90",
            "9999999",
            "ecs-tasks.amazonaws.com",
            "ALL",
            "SYS_ADMIN",
        ),
        *("--token", "x", "sudo", "\u0661", "\x00", "://a:b@c"),
    )
)
LISTS = st.lists(WORDS, max_size=3)
NUMBERS = st.sampled_from((0, 1, -1, 80, 8443, 10**12))
FLAGS = st.booleans()


def a(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=fields)


CONTAINERS = a(
    name=WORDS,
    image=WORDS,
    privileged=FLAGS,
    user=WORDS,
    command=LISTS,
    environment=st.lists(a(name=WORDS, value=WORDS), max_size=2),
    secrets=st.lists(a(name=WORDS, valueFrom=WORDS), max_size=2),
    portMappings=st.lists(a(containerPort=NUMBERS, containerPortRange=WORDS, protocol=WORDS), max_size=2),
    mountPoints=st.lists(a(sourceVolume=WORDS, readOnly=FLAGS), max_size=2),
    linuxParameters=a(capabilities=a(add=LISTS, drop=LISTS), devices=st.lists(a(hostPath=WORDS), max_size=1)),
    repositoryCredentials=a(credentialsParameter=WORDS),
)
TASKS = st.fixed_dictionaries(
    {"containerDefinitions": st.lists(CONTAINERS, max_size=2)},
    optional={
        "family": WORDS,
        "taskRoleArn": WORDS,
        "executionRoleArn": WORDS,
        "networkMode": WORDS,
        "pidMode": WORDS,
        "requiresCompatibilities": LISTS,
        "volumes": st.lists(a(name=WORDS, host=a(sourcePath=WORDS), efsVolumeConfiguration=a(fileSystemId=WORDS)), max_size=2),
    },
)
STATEMENTS = a(Effect=st.sampled_from(("Allow", "Deny", "x")), Action=LISTS, NotAction=LISTS, Resource=LISTS, NotResource=LISTS)
ROLES = st.fixed_dictionaries(
    {"RoleName": WORDS, "AssumeRolePolicyDocument": a(Statement=st.lists(STATEMENTS, max_size=1))},
    optional={
        "RolePolicyList": st.lists(a(PolicyName=WORDS, PolicyDocument=a(Statement=st.lists(STATEMENTS, max_size=2))), max_size=2)
    },
)
SERVICES = st.fixed_dictionaries(
    {"serviceName": WORDS, "taskDefinition": WORDS},
    optional={
        "cluster": WORDS,
        "launchType": WORDS,
        "desiredCount": NUMBERS,
        "loadBalancers": st.lists(a(containerName=WORDS, containerPort=NUMBERS), max_size=1),
        "networkConfiguration": a(awsvpcConfiguration=a(assignPublicIp=WORDS, securityGroups=LISTS)),
    },
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=st.lists(st.one_of(TASKS, ROLES, SERVICES), min_size=1, max_size=4))
def test_any_account(documents: list[dict[str, object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    task = {"family": "shop", "containerDefinitions": [{"name": "app", "image": "nginx"}]}
    Path("account.json").write_text(json.dumps([task, *documents]), encoding="utf-8")
    assert faults(model_of_path("account.json")) == []
