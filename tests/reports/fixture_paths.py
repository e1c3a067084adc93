"""The ranked paths of the fixture, one of them with steps that need two others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.assessment import AttackPath, PathStep, Severity
from breachway.evidence import Basis, Evidence, Location

from .fixture_assets import (
    ACCOUNT,
    CART_APP,
    CHECKOUT_ACCOUNT,
    CHECKOUT_APP,
    CLUSTER,
    DAEMON,
    DEPLOYER,
    HOSTILE,
    HOSTILE_WORKLOAD,
    ORDERS_DATA,
    PAYMENTS,
    POOL,
    TASK_APP,
    TASK_ROLE,
    TRAEFIK_APP,
    assumed,
    default,
    seen,
)
from .fixture_language import LANGUAGE

if TYPE_CHECKING:
    from breachway.model import Asset


def step(
    target: Asset, technique: str, days: float, needs: tuple[int, ...], *evidence: Evidence, name: str | None = None
) -> PathStep:
    """A path step in the words of the fixture's language."""
    info = next(item.info for kind in LANGUAGE.assets for item in kind.steps if f"{kind.name}.{item.name}" == technique)
    return PathStep(
        asset=target.id,
        asset_name=target.name if name is None else name,
        step=technique.split(".")[1],
        technique=technique,
        title=info.title,
        sentence=info.sentence,
        days=days,
        needs=needs,
        evidence=evidence,
        attack=info.attack,
        stride=info.stride,
    )


INGRESS = seen("k8s/ingress.yaml", 14, "Ingress shop/web publishes checkout:8080", pointer="/spec/rules/0/http/paths/0")
VULNERABLE = assumed("k8s/checkout.yaml", 21, "checkout:2.4 has an exploitable fault", "image-exploitable")
TOKEN = default(
    "k8s/checkout.yaml", 9, "automountServiceAccountToken is not set; the default is true", "Kubernetes 1.31, ServiceAccount"
)
CREATE = seen("k8s/rbac.yaml", 22, "Role deployer allows create on pods", pointer="/rules/1/verbs/0")
NO_PSS = default(
    "k8s/namespace.yaml", 1, "no Pod Security level is set; the default is privileged", "Kubernetes 1.31, Pod Security"
)
SECRET_ENV = seen(
    "k8s/checkout.yaml", 44, "env PAYMENTS_KEY holds a literal value", pointer="/spec/template/spec/containers/0/env/2"
)
SOCKET = seen("compose.yaml", 31, "/var/run/docker.sock is mounted")
PASS_ROLE = seen("ecs/policy.json", 18, "iam:PassRole on every role", pointer="/Statement/1/Resource")
REGISTER = seen("ecs/policy.json", 11, "ecs:RegisterTaskDefinition and ecs:RunTask are allowed", pointer="/Statement/0/Action")


def _path(
    number: int,
    actor: str,
    entry: str,
    goal: Asset,
    title: str,
    days: float,
    severity: Severity,
    *steps: PathStep,
    **more: tuple[str, ...],
) -> AttackPath:
    return AttackPath(
        id=f"P{number}",
        fingerprint=f"{number:016x}",
        actor=actor,
        entry_title=entry,
        goal_asset=goal.id,
        goal_title=title,
        expected_days=days,
        severity=severity,
        steps=steps,
        cut_by=more.get("cut_by", ()),
        assumptions=more.get("assumptions", ()),
        variants=3 if number == 3 else 0,
        decision="accepted by developer experience: laptops hold no customer data" if number == 6 else "",
    )


EXPLOIT_CHECKOUT = step(CHECKOUT_APP, "Container.exploit", 8.5, (), INGRESS, VULNERABLE, name="shop/checkout/server")
PATHS = (
    _path(
        1,
        "A1",
        "from the internet",
        CLUSTER,
        "cluster admin",
        9.1,
        Severity.CRITICAL,
        EXPLOIT_CHECKOUT,
        step(CHECKOUT_ACCOUNT, "ServiceAccount.readToken", 0.04, (0,), TOKEN, name="shop/checkout"),
        step(DEPLOYER, "RoleGrant.createPrivilegedPod", 0.01, (1,), CREATE, NO_PSS, name="shop/deployer"),
        step(POOL, "NodePool.root", 0.02, (2,), seen("k8s/checkout.yaml", 17, "pods of shop run on pool default")),
        step(
            CLUSTER,
            "Cluster.admin",
            0.5,
            (3,),
            assumed("k8s/nodes.yaml", 3, "control plane and pods share the pool", "control-plane-shared"),
        ),
        cut_by=("F1", "F2"),
        assumptions=("image-exploitable", "control-plane-shared"),
    ),
    _path(
        2,
        "A1",
        "from the internet",
        PAYMENTS,
        "Secret shop/payments",
        8.6,
        Severity.HIGH,
        EXPLOIT_CHECKOUT,
        step(CHECKOUT_APP, "Container.readEnvironment", 0.02, (0,), SECRET_ENV, name="shop/checkout/server"),
        step(PAYMENTS, "Secret.read", 0.0, (1,), SECRET_ENV, name="shop/payments"),
        cut_by=("F3",),
        assumptions=("image-exploitable",),
    ),
    _path(
        3,
        "A2",
        "from any one container",
        CLUSTER,
        "cluster admin",
        0.6,
        Severity.HIGH,
        step(CHECKOUT_ACCOUNT, "ServiceAccount.readToken", 0.04, (), TOKEN, name="shop/checkout"),
        step(DEPLOYER, "RoleGrant.createPrivilegedPod", 0.01, (0,), CREATE, NO_PSS, name="shop/deployer"),
        step(POOL, "NodePool.root", 0.02, (1,), seen("k8s/checkout.yaml", 17, "pods of shop run on pool default")),
        step(
            CLUSTER,
            "Cluster.admin",
            0.5,
            (2,),
            assumed("k8s/nodes.yaml", 3, "control plane and pods share the pool", "control-plane-shared"),
        ),
        cut_by=("F1", "F2"),
        assumptions=("control-plane-shared",),
    ),
    _path(
        4,
        "A2",
        "from any one container",
        ORDERS_DATA,
        "volume shop/orders-data",
        1.2,
        Severity.MEDIUM,
        step(
            CART_APP,
            "Container.exploit",
            0.4,
            (),
            seen("k8s/cart.yaml", 30, "port 8080 is reachable from every pod"),
            name="shop/cart/server",
        ),
        step(
            CART_APP, "Container.readEnvironment", 0.02, (0,), seen("k8s/cart.yaml", 52, "env DB_PASSWORD holds a literal value")
        ),
        step(
            ORDERS_DATA,
            "Volume.connect",
            0.1,
            (0, 1),
            assumed("k8s/policy.yaml", 0, "no NetworkPolicy selects orders-db", "network-plugin-enforces"),
            name="shop/orders-db",
        ),
        step(
            ORDERS_DATA,
            "Volume.read",
            0.0,
            (2,),
            seen("k8s/orders.yaml", 61, "volume orders-data is mounted at /var/lib/postgresql"),
        ),
        cut_by=("F4",),
        assumptions=("network-plugin-enforces",),
    ),
    _path(
        5,
        "A3",
        "a developer with the rights of the pipeline",
        ACCOUNT,
        "cloud account 111122223333",
        0.3,
        Severity.HIGH,
        step(TASK_ROLE, "CloudRole.assume", 0.01, (), seen("ecs/task.json", 6, "taskRoleArn names invoice-render-task")),
        step(TASK_APP, "Container.readEnvironment", 0.05, (), seen("ecs/task.json", 25, "environment DB_URL holds a password")),
        step(TASK_ROLE, "CloudRole.registerTask", 0.02, (0, 1), PASS_ROLE, REGISTER),
        step(ACCOUNT, "CloudRole.assume", 0.1, (2,), seen("ecs/policy.json", 30, "role admin trusts ecs-tasks")),
        cut_by=("F5",),
    ),
    _path(
        6,
        "A2",
        "from any one container",
        DAEMON,
        "root on the development machine",
        0.2,
        Severity.LOW,
        step(TRAEFIK_APP, "Container.escapeSocket", 0.04, (), SOCKET, name="traefik"),
        step(
            DAEMON,
            "DockerDaemon.root",
            0.0,
            (0,),
            default("compose.yaml", 24, "user is not set; the image runs as root", "Docker Engine 27"),
        ),
        cut_by=("F6",),
    ),
    _path(
        7,
        "A5",
        "checkout, by its own rights",
        PAYMENTS,
        "Secret " + HOSTILE,
        0.02,
        Severity.LOW,
        step(
            HOSTILE_WORKLOAD,
            "Secret.read",
            0.02,
            (),
            Evidence(Location(f"k8s/{HOSTILE}.yaml", "", 7, 1), Basis.OBSERVED, HOSTILE),
        ),
    ),
)
