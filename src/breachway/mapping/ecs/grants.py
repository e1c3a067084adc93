"""What each policy of a role lets its holder do: one PolicyGrant for each policy, its defences by exact matching."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from breachway.mapping.containers.grounds import Finding, believe, defaulted, observed, settle, weak
from breachway.mapping.ecs import beliefs
from breachway.mapping.ecs.iam import (
    ECS_TASKS,
    REFUSED,
    Answer,
    Decision,
    Rule,
    covers_action,
    decide,
    decide_any,
    is_admin,
    principals_allowed,
    role_trusted,
    wide_service,
)
from breachway.mapping.ecs.roles import AWS, PolicyView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.ecs.roles import RoleView

_PERMISSION_CHANGES = (
    "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey",
    "iam:CreateLoginProfile", "iam:CreatePolicyVersion", "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile",
)  # fmt: skip
_RUN = ("ecs:RunTask", "ecs:StartTask", "ecs:CreateService")
_OVERRIDE = ("ecs:RunTask", "ecs:StartTask")
_READ_STORE = ("s3:GetObject", "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:Query")
_CHANGE_STORE = ("s3:DeleteObject", "s3:PutObject", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:DeleteTable")
_READ_SECRET = ("secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath")
_BUCKET_ARN = "arn:aws:s3:::"
_COMMAND = ("ssm:SendCommand", "ssm:StartSession")
_READ_FUNCTION = ("lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:ListFunctions")
DEFENCES = (
    "noAdministration", "noCloudSecretReading", "noFunctionReading", "noImagePush", "noInstanceCommand", "noPermissionChange",
    "noRoleAssumption", "noServiceReplacement", "noStoreDeletion", "noStoreReading", "noTaskDescription", "noTaskExec",
    "noTaskLaunch",
)  # fmt: skip
_SAFE = {
    "noAdministration": "does not allow everything",
    "noCloudSecretReading": "reads none of the secrets in the input",
    "noFunctionReading": "reads the configuration of no function in the input",
    "noImagePush": "pushes no image",
    "noInstanceCommand": "runs no commands on instances",
    "noPermissionChange": "changes no permissions",
    "noRoleAssumption": "assumes none of the roles in the input",
    "noServiceReplacement": "replaces no service's task definition",
    "noStoreDeletion": "changes no data store in the input",
    "noStoreReading": "reads no data store in the input",
    "noTaskDescription": "reads no task definition",
    "noTaskExec": "starts no shell in a task",
    "noTaskLaunch": "launches no task of its holder's making",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a grant may touch, each by its ARN (tasks, secrets, stores, clusters) or asset id.

    ``by_bucket`` has the stores of S3; ``denials`` are those of resources, which bear on everybody.
    """

    account: str
    number: str
    roles: tuple[RoleView, ...]
    clusters: tuple[tuple[str, str], ...]
    tasks: tuple[tuple[str, str], ...]
    secrets: tuple[tuple[str, str], ...]
    stores: tuple[tuple[str, str], ...]
    registries: tuple[tuple[str, str], ...]
    instances: tuple[str, ...]
    task_roles: frozenset[str]
    users: tuple[RoleView, ...] = ()
    functions: tuple[tuple[str, str], ...] = ()
    denials: tuple[Rule, ...] = ()
    by_bucket: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def of_bucket(self, name: str, targets: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """Those of the targets that are in a bucket."""
        return self.by_bucket.get(name, ()) if targets is self.stores else ()


def map_grants(builder: ModelBuilder, around: Surroundings) -> None:
    """Add the grants of every role and user."""
    for role in (*around.roles, *around.users):
        for policy in role.policies:
            _GrantMapper(builder, around, role, policy).map()
        if not role.policies:
            _map_unknown(builder, around, role)


def _grant(builder: ModelBuilder, around: Surroundings, role: RoleView, name: str, location: Location) -> str:
    found = observed(location, f"policy {name} of {role.kind} {role.name}")
    grant = builder.asset(
        "PolicyGrant",
        f"{AWS}:PolicyGrant:{role.path}/{name}",
        f"policy {name}" if name == role.name else f"policy {name} of {role.name}",
        platform=AWS,
        evidence=found,
        boundary=around.account,
    )
    builder.link("Holds", role.asset, grant, found)
    builder.link("GrantsOn", grant, around.account, found)
    return grant


def _map_unknown(builder: ModelBuilder, around: Surroundings, role: RoleView) -> None:
    grant = _grant(builder, around, role, "not in the input", role.location)
    finding = believe(builder, beliefs.ROLE_IS_NARROW, role.location, f"no policy of {role.kind} {role.name} is in the input")
    settle(builder, grant, dict.fromkeys(DEFENCES, finding))


class _GrantMapper:
    """Maps one policy of one role."""

    def __init__(self, builder: ModelBuilder, around: Surroundings, role: RoleView, policy: PolicyView) -> None:
        self.builder = builder
        self.around = around
        self.role = role
        self.policy = policy
        self.rules: tuple[Rule, ...] = policy.rules or ()
        self.denials = (*role.denials, *around.denials)
        self.grant = _grant(builder, around, role, policy.name, policy.location)
        self.is_task_role = role.name in around.task_roles

    def map(self) -> None:
        if self.policy.rules is None:
            note = f"the content of {self.policy.name} is not in the input"
            settle(
                self.builder,
                self.grant,
                dict.fromkeys(DEFENCES, believe(self.builder, beliefs.ROLE_IS_NARROW, self.policy.location, note)),
            )
            return
        self.set("noAdministration", is_admin(self.rules, self.denials), "allows everything")
        self.set("noPermissionChange", self.permission_change(), "changes permissions")
        self.map_launch()
        around = self.around
        self.reach("noTaskExec", "ExecsIn", ("ecs:ExecuteCommand",), around.clusters, "starts a shell in tasks")
        self.reach("noCloudSecretReading", "ReadsCloudSecret", _READ_SECRET, around.secrets, "reads secrets")
        self.reach("noImagePush", "PushesTo", ("ecr:PutImage",), around.registries, "pushes images")
        self.reach("noStoreReading", "ReadsStore", _READ_STORE, around.stores, "reads data stores")
        self.reach("noStoreDeletion", "ChangesStore", _CHANGE_STORE, around.stores, "changes data stores")
        self.reach("noFunctionReading", "ReadsFunction", _READ_FUNCTION, around.functions, "reads the configuration of functions")
        self.reach("noTaskDescription", "Describes", ("ecs:DescribeTaskDefinition",), around.tasks, "reads task definitions")
        self.map_assumption()
        self.set("noInstanceCommand", self.any(_COMMAND), "runs commands on instances", ())
        if self.any(_COMMAND).possible:
            for host in around.instances:
                self.link("Commands", host, "runs commands on instances")
        self.judge_task_role()

    def any(self, actions: Iterable[str]) -> Decision:
        return _best(decide_any(self.rules, self.denials, action) for action in actions)

    def on(self, actions: Iterable[str], resource: str) -> Decision:
        return _best(decide(self.rules, self.denials, action, resource) for action in actions)

    def link(self, association: str, target: str, note: str, decision: Decision = REFUSED) -> None:
        self.builder.link(association, self.grant, target, observed(decision.location or self.policy.location, note))

    def set(self, defence: str, decision: Decision, note: str, keys: tuple[str, ...] | None = None) -> None:
        """Set a defence by a decision; ``keys`` None gives the weakness of a task role with too much power."""
        location = decision.location or self.policy.location
        named = self.keys() if keys is None else keys
        match decision.answer:
            case Answer.ALLOWED:
                finding = Finding(0.0, observed(location, note), named)
            case Answer.CONDITIONAL:
                finding = believe(self.builder, beliefs.CONDITIONS_HOLD_BACK, location, f"{note}, under a condition", named)
            case Answer.REFUSED:
                finding = Finding(1.0, observed(location, _SAFE[defence]), named)
            case _:
                assert_never(decision.answer)
        settle(self.builder, self.grant, {defence: finding})

    def keys(self) -> tuple[str, ...]:
        return ("ecs-task-role-admin",) if self.is_task_role else ()

    def permission_change(self) -> Decision:
        decisions = [REFUSED]
        for action in _PERMISSION_CHANGES:
            own = tuple(
                rule for rule in self.rules if not rule.resources or not all("${aws:" in resource for resource in rule.resources)
            )
            decisions.append(decide_any(own, self.denials, action))
        return _best(decisions)

    def reach(
        self, defence: str, association: str, actions: tuple[str, ...], targets: tuple[tuple[str, str], ...], note: str
    ) -> None:
        """Link the grant to each target that one of the actions is allowed on, and set the defence by the strongest answer.

        What a condition decides must not stand beside what none does: it is a grant of its own.
        """
        decided = [(asset, self.on(actions, arn)) for arn, asset in self.candidates(actions, targets)]
        certain = [(asset, decision) for asset, decision in decided if decision.answer is Answer.ALLOWED]
        doubtful = [(asset, decision) for asset, decision in decided if decision.answer is Answer.CONDITIONAL]
        for asset, decision in certain or doubtful:
            self.link(association, asset, note, decision)
        self.set(defence, _best(decision for _, decision in certain or doubtful), note, ())
        if certain and doubtful:
            grant = self.conditional_grant()
            place = doubtful[0][1].location or self.policy.location
            finding = believe(self.builder, beliefs.CONDITIONS_HOLD_BACK, place, f"{note}, under a condition")
            settle(self.builder, grant, {defence: finding})
            for asset, decision in doubtful:
                found = observed(decision.location or self.policy.location, note)
                self.builder.link(association, grant, asset, found)

    def candidates(self, actions: tuple[str, ...], targets: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """The targets that some allowing rule may speak of, so that a policy on one bucket is not asked about all of them."""
        speaking = [rule for rule in self.rules if rule.allow and any(covers_action(rule, action) for action in actions)]
        names = [_bucket(pattern) for rule in speaking for pattern in rule.resources or ("*",)]
        if "" in names:
            return targets
        return tuple(item for name in sorted(set(names)) for item in self.around.of_bucket(name, targets))

    def conditional_grant(self) -> str:
        """The part of the policy that conditions decide."""
        grant = _grant(self.builder, self.around, self.role, f"{self.policy.name}, under conditions", self.policy.location)
        kept = Finding(1.0, observed(self.policy.location, "allows nothing else under a condition"))
        settle(self.builder, grant, dict.fromkeys(DEFENCES, kept))
        return grant

    def map_launch(self) -> None:
        """Decide on launching tasks.

        With a passed role the role's credentials are the attacker's; without any, a privileged task escapes to its instance.
        """
        register = self.any(("ecs:RegisterTaskDefinition",))
        run = self.any(_RUN)
        override = self.any(_OVERRIDE)
        update = self.any(("ecs:UpdateService",))
        passed = REFUSED
        if override.possible or (register.possible and run.possible):
            passed = self.map_passed_roles()
        crafted = _both(register, run)
        if crafted.possible:
            for _, cluster in self.around.clusters:
                self.link("LaunchesIn", cluster, "registers and runs tasks", crafted)
        launch = _best((crafted, _both(passed, override)))
        self.set("noTaskLaunch", launch, "runs tasks with a definition or a role of its choice")
        replace = _both(register, update)
        if replace.possible:
            for _, cluster in self.around.clusters:
                self.link("LaunchesIn", cluster, "updates services to task definitions of its own", replace)
        self.set("noServiceReplacement", replace, "points services at task definitions of its own", ())

    def map_passed_roles(self) -> Decision:
        decisions = [REFUSED]
        for role in self.around.roles:
            if principals_allowed(role.trust, ECS_TASKS) is False:
                continue
            decision = decide(self.rules, self.denials, "iam:PassRole", role.arn, passed_to=ECS_TASKS)
            if decision.possible:
                self.link("MayPass", role.asset, f"passes role {role.name} to tasks", decision)
                decisions.append(decision)
        return _best(decisions)

    def map_assumption(self) -> None:
        decisions = [REFUSED]
        assuming = any(rule.allow and covers_action(rule, "sts:AssumeRole") for rule in self.rules)
        for role in self.around.roles if assuming else ():
            if role is self.role or not role.declared:
                continue
            if role_trusted(role.trust, self.around.number, self.role.arn) is False:
                continue
            decision = decide(self.rules, self.denials, "sts:AssumeRole", role.arn)
            if decision.possible:
                self.link("MayAssume", role.asset, f"assumes role {role.name}", decision)
                decisions.append(decision)
        self.set("noRoleAssumption", _best(decisions), "assumes other roles")

    def judge_task_role(self) -> None:
        if not self.is_task_role:
            return
        wide = wide_service(self.rules)
        found = ((wide.location, "allows a whole service on every resource"),) if wide is not None else ()
        for action in ("iam:PassRole", "ecs:RunTask", "sts:AssumeRole"):
            decision = decide(self.rules, self.denials, action, "*")
            if decision.answer is Answer.ALLOWED and decision.location is not None and not found:
                found = ((decision.location, f"allows {action} on every resource"),)
        for location, note in found:
            weak(self.builder, "ecs-task-role-admin", self.grant, observed(location, note), subject=f"task role {self.role.name}")


def _bucket(pattern: str) -> str:
    """The one bucket that a resource of a policy is about; "" for one that may be about more, or about something else."""
    name = pattern.removeprefix(_BUCKET_ARN).partition("/")[0] if pattern.startswith(_BUCKET_ARN) else ""
    return "" if not name or {"*", "?", "$"} & set(name) else name


def _best(decisions: Iterable[Decision]) -> Decision:
    """The most permissive of several decisions."""
    best = REFUSED
    for decision in decisions:
        if decision.answer is Answer.ALLOWED:
            return decision
        if decision.possible and not best.possible:
            best = decision
    return best


def _both(first: Decision, second: Decision) -> Decision:
    """What two requests allow that are needed together: no more than the weaker of them."""
    if not first.possible or not second.possible:
        return REFUSED
    return first if first.answer is Answer.CONDITIONAL else second


def implied_execution_grant(builder: ModelBuilder, account: str, role: str, secrets: tuple[str, ...], location: Location) -> None:
    """The secrets that an execution role must be able to read, or the tasks that name them would not start."""
    source = "Amazon ECS developer guide: task execution IAM role"
    found = defaulted(location, "the execution role reads the secrets that the task is given", source)
    grant = f"{AWS}:PolicyGrant:{role.rpartition(':')[2]}/secrets of its tasks"
    fresh = not builder.has(grant)
    builder.asset("PolicyGrant", grant, "secrets of its tasks", platform=AWS, evidence=found, boundary=account)
    builder.link("Holds", role, grant, found)
    builder.link("GrantsOn", grant, account, found)
    for secret in secrets:
        builder.link("ReadsCloudSecret", grant, secret, found)
    if fresh:
        settle(builder, grant, {name: Finding(0.0 if name == "noCloudSecretReading" else 1.0, found) for name in DEFENCES})
