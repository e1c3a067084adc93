"""What the best-known managed policies of AWS allow, as far as the threat language asks (policy reference; recalled)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.ecs.iam import Rule

if TYPE_CHECKING:
    from breachway.evidence import Location

_EVERYTHING = ("*",)
_ACTIONS = {
    "AdministratorAccess": ("*",),
    "AmazonEC2ContainerRegistryFullAccess": ("ecr:*",),
    "AmazonEC2ContainerRegistryPowerUser": (
        "ecr:putimage",
        "ecr:initiatelayerupload",
        "ecr:uploadlayerpart",
        "ecr:batchgetimage",
    ),
    "AmazonEC2ContainerRegistryReadOnly": ("ecr:batchgetimage", "ecr:getdownloadurlforlayer"),
    "AmazonEC2ContainerServiceforEC2Role": (
        "ecs:poll",
        "ecs:discoverpollendpoint",
        "ecs:registercontainerinstance",
        "ecr:batchgetimage",
    ),
    "AmazonECSTaskExecutionRolePolicy": ("ecr:batchgetimage", "logs:createlogstream", "logs:putlogevents"),
    "AmazonECS_FullAccess": ("ecs:*", "iam:passrole", "ec2:describe*"),
    "AmazonS3FullAccess": ("s3:*",),
    "AmazonS3ReadOnlyAccess": ("s3:get*", "s3:list*"),
    "AmazonDynamoDBFullAccess": ("dynamodb:*",),
    "AmazonDynamoDBReadOnlyAccess": ("dynamodb:getitem", "dynamodb:query", "dynamodb:scan", "dynamodb:batchgetitem"),
    "AmazonEKSWorkerNodePolicy": ("ec2:describe*", "eks:describecluster", "eks-auth:assumeroleforpodidentity"),
    "AmazonEKS_CNI_Policy": ("ec2:assignprivateipaddresses", "ec2:attachnetworkinterface", "ec2:describe*"),
    "AmazonSSMFullAccess": ("ssm:*",),
    "AmazonSSMManagedInstanceCore": ("ssm:updateinstanceinformation", "ssmmessages:*"),
    "AmazonSSMReadOnlyAccess": ("ssm:get*", "ssm:describe*", "ssm:list*"),
    "CloudWatchAgentServerPolicy": ("cloudwatch:putmetricdata", "logs:putlogevents"),
    "CloudWatchLogsFullAccess": ("logs:*",),
    "IAMFullAccess": ("iam:*",),
    "ReadOnlyAccess": (
        "s3:get*",
        "s3:list*",
        "ecs:describe*",
        "ecs:list*",
        "dynamodb:getitem",
        "dynamodb:query",
        "dynamodb:scan",
    ),
    "SecretsManagerReadWrite": ("secretsmanager:*",),
}
_EXCEPT = {"PowerUserAccess": ("iam:*", "organizations:*", "account:*")}


def managed_rules(arn: str, location: Location) -> tuple[Rule, ...] | None:
    """The statements of a managed policy by its ARN; None for one that is not known."""
    name = arn.rpartition("/")[2]
    if not arn.startswith("arn:aws") or ":iam::aws:policy/" not in arn:
        return None
    if name in _EXCEPT:
        return (_allow((), _EXCEPT[name], location),)
    actions = _ACTIONS.get(name)
    return None if actions is None else (_allow(actions, (), location),)


def _allow(actions: tuple[str, ...], others: tuple[str, ...], location: Location) -> Rule:
    return Rule(
        allow=True, actions=actions, not_actions=others, resources=_EVERYTHING, not_resources=(), conditions=(), location=location
    )
