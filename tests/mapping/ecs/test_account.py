from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from tests.mapping.containers.models import faults, found, model_of_path, probability

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from breachway.model import Model

ModelOf: TypeAlias = "Callable[..., Model]"

TASK_ROLE = "arn:aws:iam::111122223333:role/shop-task"
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def task(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    container = {"name": "app", "image": "registry.example.com/shop/app:1", "portMappings": [{"containerPort": 8080}]}
    return {
        "family": "shop",
        "taskRoleArn": TASK_ROLE,
        "containerDefinitions": [{**container, **fields.pop("container", {})}],
        **fields,
    }


def role(name: str, *statements: dict[str, Any], trust: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "RoleName": name,
        "Arn": f"arn:aws:iam::111122223333:role/{name}",
        "AssumeRolePolicyDocument": trust or TRUST,
        "RolePolicyList": [{"PolicyName": "rights", "PolicyDocument": {"Statement": list(statements)}}],
    }


def allow(*actions: str, on: str = "*", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


@pytest.fixture
def model_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelOf:
    monkeypatch.chdir(tmp_path)

    def build(*documents: dict[str, Any]) -> Model:
        (tmp_path / "account.json").write_text(json.dumps(list(documents), indent=1), encoding="utf-8")
        model = model_of_path("account.json")
        assert faults(model) == []
        return model

    return build


def linked(model: Model, association: str, left: str) -> set[str]:
    return {link.right for link in model.links if (link.association, link.left) == (association, left)}


GRANT = "aws:PolicyGrant:shop-task/rights"


def test_a_task_on_instances(model_of: ModelOf) -> None:
    model = model_of(task(networkMode="host", pidMode="host", container={"privileged": True}))
    container = "ecs:Container:shop/app"
    assert linked(model, "RunsOn", container) == {"ecs:EcsInstances:default"}
    assert linked(model, "TaskRoleOf", "ecs:EcsTask:shop") == {"aws:CloudRole:shop-task"}
    for defence in ("notPrivileged", "noHostPid", "noHostNetwork", "metadataBlocked", "noSysAdmin", "seccompFiltered"):
        assert probability(model, container, defence) == 0.0
    assert probability(model, "ecs:EcsTask:shop", "noTaskRole") == 0.0
    assert probability(model, "ecs:EcsInstances:default", "agentNotImpersonable") == 0.0
    assert probability(model, "ecs:EcsCluster:default", "fargateOnly") == 0.0


def test_a_task_on_fargate_has_no_host_to_escape_to(model_of: ModelOf) -> None:
    model = model_of(task(requiresCompatibilities=["FARGATE"], networkMode="awsvpc", container={"privileged": True}))
    container = "ecs:Container:shop/app"
    assert linked(model, "RunsOn", container) == {"ecs:HostPool:fargate/shop"}
    for defence in ("notPrivileged", "sandboxedRuntime", "metadataBlocked", "noHostPid"):
        assert probability(model, container, defence) == 1.0
    assert probability(model, "ecs:HostPool:fargate/shop", "kernelPatched") == 1.0
    assert not found(model, "privileged-container")


def test_pass_role_with_register_and_run(model_of: ModelOf) -> None:
    model = model_of(
        task(),
        role("shop-task", allow("iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask")),
        role("admin", allow("*")),
        role("function", allow("s3:GetObject"), trust={"Statement": [{"Principal": {"Service": "lambda.amazonaws.com"}}]}),
    )
    assert probability(model, GRANT, "noTaskLaunch") == 0.0
    assert linked(model, "MayPass", GRANT) == {"aws:CloudRole:admin", "aws:CloudRole:shop-task"}
    assert linked(model, "LaunchesIn", GRANT) == {"ecs:EcsCluster:default"}
    assert probability(model, GRANT, "noAdministration") == 1.0
    assert probability(model, "aws:PolicyGrant:admin/rights", "noAdministration") == 0.0
    assert found(model, "ecs-task-role-admin")


def test_pass_role_for_another_service_launches_nothing(model_of: ModelOf) -> None:
    condition = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    model = model_of(task(), role("shop-task", allow("iam:PassRole", Condition=condition), allow("ecs:RunTask")))
    assert probability(model, GRANT, "noTaskLaunch") == 1.0
    assert not linked(model, "MayPass", GRANT)


def test_running_with_overrides_needs_a_passed_role_and_no_registration(model_of: ModelOf) -> None:
    model = model_of(task(), role("shop-task", allow("iam:PassRole", on=TASK_ROLE), allow("ecs:StartTask")))
    assert probability(model, GRANT, "noTaskLaunch") == 0.0
    assert not linked(model, "LaunchesIn", GRANT)


def test_registering_without_a_role_still_runs_privileged_tasks(model_of: ModelOf) -> None:
    model = model_of(task(), role("shop-task", allow("ecs:RegisterTaskDefinition", "ecs:CreateService")))
    assert probability(model, GRANT, "noTaskLaunch") == 0.0
    assert not linked(model, "MayPass", GRANT)
    assert linked(model, "LaunchesIn", GRANT) == {"ecs:EcsCluster:default"}


def test_updating_a_service_with_a_definition_of_one_s_own(model_of: ModelOf) -> None:
    both = model_of(task(), role("shop-task", allow("ecs:RegisterTaskDefinition", "ecs:UpdateService")))
    one = model_of(task(), role("shop-task", allow("ecs:UpdateService")))
    assert probability(both, GRANT, "noServiceReplacement") == 0.0
    assert probability(one, GRANT, "noServiceReplacement") == 1.0


def test_a_denial_in_another_policy_of_the_role(model_of: ModelOf) -> None:
    held = role("shop-task", allow("*"))
    held["RolePolicyList"].append(
        {"PolicyName": "fence", "PolicyDocument": {"Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}}
    )
    model = model_of(task(), held)
    assert probability(model, GRANT, "noPermissionChange") == 1.0
    assert not linked(model, "MayPass", GRANT)


def test_a_condition_is_an_assumption(model_of: ModelOf) -> None:
    model = model_of(
        task(), role("shop-task", allow("iam:PutRolePolicy", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    )
    state = next(state for state in model.defences if (state.asset, state.defence) == (GRANT, "noPermissionChange"))
    assert state.assumption == "policy-conditions-hold-back"


def test_what_may_be_written_may_not_be_read_for_that(model_of: ModelOf) -> None:
    held = role("shop-task", allow("s3:GetObject", on="arn:aws:s3:::pictures/*"))
    held["RolePolicyList"][0]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::thumbnails/*"}
    )
    model = model_of(task(), held)
    assert linked(model, "ReadsStore", GRANT) == {"aws:DataStore:s3/pictures"}
    assert linked(model, "ChangesStore", GRANT) == {"aws:DataStore:s3/thumbnails"}


def test_stores_by_name_and_by_wildcard(model_of: ModelOf) -> None:
    model = model_of(
        task(),
        role("shop-task", allow("s3:GetObject", on="arn:aws:s3:::invoices/2026/*")),
        role("reports", allow("s3:*", "dynamodb:Scan")),
        role("writer", allow("dynamodb:PutItem", on="arn:aws:dynamodb:eu-west-1:111122223333:table/orders")),
    )
    assert linked(model, "ReadsStore", GRANT) == {"aws:DataStore:s3/invoices"}
    everything = {"aws:DataStore:s3/*", "aws:DataStore:s3/invoices", "aws:DataStore:dynamodb/orders"}
    assert linked(model, "ReadsStore", "aws:PolicyGrant:reports/rights") == everything
    assert probability(model, "aws:PolicyGrant:writer/rights", "noStoreReading") == 1.0
    assert linked(model, "ChangesStore", "aws:PolicyGrant:writer/rights") == {"aws:DataStore:dynamodb/orders"}
    assert not linked(model, "ChangesStore", GRANT)
    assert probability(model, "aws:PolicyGrant:writer/rights", "noStoreDeletion") == 0.0


def test_secrets_that_the_task_is_given(model_of: ModelOf) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
    given = {"secrets": [{"name": "DB", "valueFrom": f"{arn}:password::"}, {"name": "KEY", "valueFrom": "/shop/key"}]}
    model = model_of(
        task(container=given, executionRoleArn="shop-execution"),
        role("shop-task", allow("secretsmanager:GetSecretValue", on="arn:aws:secretsmanager:*:*:secret:db-*")),
    )
    secret = f"aws:Secret:{arn}"
    assert secret in linked(model, "Uses", "ecs:Container:shop/app")
    assert linked(model, "ReadsCloudSecret", GRANT) == {secret}
    execution = linked(model, "ReadsCloudSecret", "aws:PolicyGrant:shop-execution/secrets of its tasks")
    assert execution == {secret, "aws:Secret:arn:aws:ssm:*:111122223333:parameter/shop/key"}


def test_instances_run_as_the_role_that_ec2_may_take(model_of: ModelOf) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    model = model_of(task(), role("machines", allow("ecs:Poll"), trust=trust))
    assert linked(model, "RunsAs", "ecs:EcsInstances:default") == {"aws:CloudRole:machines"}


def test_openings_of_services(model_of: ModelOf) -> None:
    service = {
        "serviceName": "web",
        "cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/main",
        "taskDefinition": "shop:7",
        "launchType": "FARGATE",
        "enableExecuteCommand": True,
        "loadBalancers": [{"targetGroupArn": "x", "containerName": "app", "containerPort": 8080}],
        "networkConfiguration": {
            "awsvpcConfiguration": {"assignPublicIp": "ENABLED", "subnets": ["subnet-1"], "securityGroups": ["sg-1"]}
        },
    }
    model = model_of(task(requiresCompatibilities=["FARGATE"]), service)
    application = "ecs:Application:shop/app:8080"
    assert linked(model, "Publishes", "ecs:Exposure:web/public address") == {application}
    assert linked(model, "Publishes", "ecs:Exposure:web/load balancer app:8080") == {application}
    assert probability(model, "ecs:Exposure:web/public address", "notPublic") == 0.0
    assert linked(model, "RunsTask", "ecs:EcsCluster:main") == {"ecs:EcsTask:shop"}
    assert probability(model, "ecs:EcsTask:shop", "execDisabled") == 0.0


def test_no_documents_give_no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "compose.yaml").write_text("name: x\nservices: {a: {image: 'nginx:1'}}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert not [asset for asset in model_of_path(".").assets if asset.platform == "aws"]


def test_an_instance_role_that_is_shown_in_full_and_may_not_poll(model_of: ModelOf) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    with_poll = model_of(task(), role("machines", allow("ecs:Poll"), trust=trust))
    without = model_of(task(), role("machines", allow("logs:PutLogEvents"), trust=trust))
    unknown = model_of(task())
    states = [probability(model, "ecs:EcsInstances:default", "agentNotImpersonable") for model in (with_poll, without, unknown)]
    assert states == [0.0, 1.0, 0.0]
