"""The assets of the fixture: a shop on Kubernetes, Compose and Amazon ECS, and one thing with a hostile name."""

from __future__ import annotations

from breachway.evidence import Basis, Evidence, Location
from breachway.model import Asset

HOSTILE = '<script>alert("x")</script>\x1b[31mred\x1b[0m\u202egpj.exe\n# heading | `tick` @octocat [a](javascript:1) \U0001f433'


def seen(document: str, line: int, note: str, *, pointer: str = "") -> Evidence:
    """Something that the artefact says."""
    return Evidence(Location(document, pointer, line, 3), Basis.OBSERVED, note)


def default(document: str, line: int, note: str, source: str = "Kubernetes 1.31, Pod API") -> Evidence:
    """Something that the platform's default says."""
    return Evidence(Location(document, "", line, 1), Basis.DEFAULTED, note, source)


def assumed(document: str, line: int, note: str, assumption: str) -> Evidence:
    """Something that nothing says."""
    return Evidence(Location(document, "", line, 1), Basis.ASSUMED, note, assumption)


def asset(kind: str, name: str, boundary: str = "", *, platform: str = "kubernetes", replicas: int = 1, **facts: str) -> Asset:
    """An asset whose id follows from its names."""
    scope = boundary.split(":", 2)[2] + "/" if boundary.count(":") >= 2 else ""
    return Asset(
        id=f"{platform}:{kind}:{scope}{name}",
        kind=kind,
        name=name,
        platform=platform,
        evidence=(seen(f"k8s/{platform}.yaml", 4, f"{kind} {name}"),),
        boundary=boundary,
        replicas=replicas,
        facts=tuple(sorted(("kind" if fact == "workload" else fact, value) for fact, value in facts.items())),
    )


INTERNET = asset("Internet", "internet", platform="core")
CLUSTER = asset("Cluster", "production", version="1.31")
POOL = asset("NodePool", "default", CLUSTER.id, replicas=3)
SHOP = asset("Namespace", "shop", CLUSTER.id)
OPS = asset("Namespace", "monitoring", CLUSTER.id)
LEGACY = asset("Namespace", "legacy-" + HOSTILE, CLUSTER.id)
CHECKOUT = asset("KubernetesWorkload", "checkout", SHOP.id, replicas=2, workload="Deployment")
CHECKOUT_APP = asset("Container", "server", CHECKOUT.id, image="registry.shop.example/checkout:2.4")
CHECKOUT_PROXY = asset("Container", "envoy", CHECKOUT.id, image="envoyproxy/envoy:v1.30")
WEB = asset("KubernetesWorkload", "web", SHOP.id, replicas=4, workload="Deployment")
WEB_APP = asset("Container", "nginx", WEB.id, image="nginx:1.25")
CART = asset("KubernetesWorkload", "cart", SHOP.id, replicas=2, workload="Deployment")
CART_APP = asset("Container", "server", CART.id, image="registry.shop.example/cart@sha256:ab12")
ORDERS = asset("KubernetesWorkload", "orders-db", SHOP.id, workload="StatefulSet")
ORDERS_APP = asset("Container", "postgres", ORDERS.id, image="postgres:16")
REPORTER = asset("KubernetesWorkload", "nightly-report", SHOP.id, workload="CronJob")
REPORTER_APP = asset("Container", "report", REPORTER.id, image="registry.shop.example/report:latest")
OTHERS = tuple(
    asset("KubernetesWorkload", name, SHOP.id, workload="Deployment")
    for name in ("catalogue", "currency", "email", "payment", "recommendation", "search", "shipping-and-returns-calculator")
)
PROMETHEUS = asset("KubernetesWorkload", "prometheus", OPS.id, workload="StatefulSet")
PROMETHEUS_APP = asset("Container", "prometheus", PROMETHEUS.id, image="prom/prometheus:v2.53")
GRAFANA = asset("KubernetesWorkload", "grafana", OPS.id, workload="Deployment")
HOSTILE_WORKLOAD = asset("KubernetesWorkload", HOSTILE, LEGACY.id, workload="Deployment")
CHECKOUT_ACCOUNT = asset("ServiceAccount", "checkout", SHOP.id)
DEPLOYER = asset("RoleGrant", "deployer", SHOP.id)
PAYMENTS = asset("Secret", "payments", SHOP.id)
ORDERS_DATA = asset("Volume", "orders-data", SHOP.id)
DOCKER_HOST = asset("DockerHost", "development machine", platform="docker")
DAEMON = asset("DockerDaemon", "dockerd", DOCKER_HOST.id, platform="docker")
DEV_SERVICES = tuple(
    asset("ComposeService", name, DOCKER_HOST.id, platform="compose", workload="service")
    for name in ("web", "checkout", "db", "traefik")
)
TRAEFIK_APP = asset("Container", "traefik", DEV_SERVICES[3].id, platform="compose", image="traefik:v3.0")
ACCOUNT = asset("CloudAccount", "111122223333", platform="aws")
ECS_CLUSTER = asset("EcsCluster", "batch", ACCOUNT.id, platform="aws")
TASK = asset("EcsTask", "invoice-render", ECS_CLUSTER.id, platform="aws", workload="task definition")
TASK_APP = asset("Container", "render", TASK.id, platform="aws", image="111122223333.dkr.ecr.example/render:7")
TASK_ROLE = asset("CloudRole", "invoice-render-task", ACCOUNT.id, platform="aws")
REGISTRY = asset("Registry", "registry.shop.example", platform="oci")
IMAGE = asset("Image", "registry.shop.example/checkout:2.4", REGISTRY.id, platform="oci")

ASSETS = tuple(
    sorted(
        (
            *(INTERNET, CLUSTER, POOL, SHOP, OPS, LEGACY, CHECKOUT, CHECKOUT_APP, CHECKOUT_PROXY, WEB, WEB_APP, CART, CART_APP),
            *(ORDERS, ORDERS_APP, REPORTER, REPORTER_APP, *OTHERS, PROMETHEUS, PROMETHEUS_APP, GRAFANA, HOSTILE_WORKLOAD),
            *(CHECKOUT_ACCOUNT, DEPLOYER, PAYMENTS, ORDERS_DATA, DOCKER_HOST, DAEMON, *DEV_SERVICES, TRAEFIK_APP),
            *(ACCOUNT, ECS_CLUSTER, TASK, TASK_APP, TASK_ROLE, REGISTRY, IMAGE),
        ),
        key=lambda item: item.id,
    )
)
