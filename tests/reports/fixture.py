"""A believable assessment to render: a shop on Kubernetes, Compose, a Dockerfile and Amazon ECS, with some hostile names."""

from __future__ import annotations

from breachway.analyses.assessment import ActorReach, Assessment, ChokePoint, FlowRow, GoalReach, GraphSize
from breachway.model import Model

from .fixture_assets import (
    ACCOUNT,
    ASSETS,
    CHECKOUT,
    CLUSTER,
    DAEMON,
    DEPLOYER,
    HOSTILE,
    HOSTILE_WORKLOAD,
    INTERNET,
    ORDERS,
    ORDERS_DATA,
    PAYMENTS,
    PROMETHEUS,
    SHOP,
    WEB,
    seen,
)
from .fixture_findings import FIXES, MODEL, WEAKNESSES
from .fixture_language import LANGUAGE
from .fixture_paths import INGRESS, PATHS
from .fixture_risk import PATTERNS, RISKS

ACTORS = (
    ActorReach(
        actor="A1",
        title="External attacker",
        start="the internet",
        entries=1,
        reached_assets=9,
        reached_by_kind=(("Cluster", 1), ("Container", 5), ("NodePool", 1), ("Secret", 2)),
        goals=(
            GoalReach(goal_asset=CLUSTER.id, goal_title="cluster admin", steps=5, expected_days=9.1, path="P1"),
            GoalReach(goal_asset=PAYMENTS.id, goal_title="Secret shop/payments", steps=3, expected_days=8.6, path="P2"),
        ),
        safe_goals=("cloud account 111122223333", "volume shop/orders-data"),
    ),
    ActorReach(
        actor="A2",
        title="Internal attacker",
        start="any one container",
        entries=14,
        reached_assets=12,
        reached_by_kind=(("Cluster", 1), ("Container", 8), ("NodePool", 1), ("Volume", 2)),
        goals=(
            GoalReach(goal_asset=CLUSTER.id, goal_title="cluster admin", steps=4, expected_days=0.6, path="P3"),
            GoalReach(goal_asset=ORDERS_DATA.id, goal_title="volume shop/orders-data", steps=4, expected_days=1.2, path="P4"),
            GoalReach(goal_asset=DAEMON.id, goal_title="root on the development machine", steps=2, expected_days=0.2, path="P6"),
        ),
        safe_goals=(),
    ),
    ActorReach(
        actor="A3",
        title="Malicious insider",
        start="a developer with the rights of the pipeline",
        entries=1,
        reached_assets=3,
        reached_by_kind=(("CloudAccount", 1), ("CloudRole", 2)),
        goals=(GoalReach(goal_asset=ACCOUNT.id, goal_title="cloud account 111122223333", steps=4, expected_days=0.3, path="P5"),),
        safe_goals=("cluster admin",),
    ),
    ActorReach(
        actor="A4",
        title="Inadvertent insider",
        start="a leaked pipeline token",
        entries=1,
        reached_assets=0,
        reached_by_kind=(),
        goals=(),
        safe_goals=("cluster admin", "Secret shop/payments"),
    ),
    ActorReach(
        actor="A5",
        title="Application process",
        start="each workload's own identity",
        entries=14,
        reached_assets=1,
        reached_by_kind=(("Secret", 1),),
        goals=(GoalReach(goal_asset=PAYMENTS.id, goal_title="Secret shop/payments", steps=1, expected_days=0.02, path="P7"),),
        safe_goals=("cluster admin",),
    ),
)

ASSESSMENT = Assessment(
    version="0.1.0",
    model=MODEL,
    language=LANGUAGE,
    size=GraphSize(assets=len(ASSETS), steps=3120, edges=5481),
    actors=ACTORS,
    paths=PATHS,
    fixes=FIXES,
    choke_points=(
        ChokePoint(
            asset=DEPLOYER.id,
            asset_name="shop/deployer",
            step="createPrivilegedPod",
            title="create a privileged pod",
            paths=("P1", "P3"),
        ),
    ),
    weaknesses=WEAKNESSES,
    flows=(
        FlowRow(
            source=INTERNET.id,
            target=CHECKOUT.id,
            ports=("8080/tcp",),
            protection="none seen",
            boundaries=("internet", "production", "shop"),
            evidence=(INGRESS,),
        ),
        FlowRow(
            source=INTERNET.id,
            target=WEB.id,
            ports=("443/tcp",),
            protection="TLS at the Ingress",
            boundaries=("internet", "production", "shop"),
            evidence=(INGRESS,),
        ),
        FlowRow(
            source=CHECKOUT.id,
            target=ORDERS.id,
            ports=("5432/tcp",),
            protection="none seen",
            boundaries=(),
            evidence=(seen("k8s/orders.yaml", 12, "Service orders-db"),),
        ),
        FlowRow(
            source=PROMETHEUS.id,
            target=CHECKOUT.id,
            ports=("9090/tcp",),
            protection="none seen",
            boundaries=("monitoring", "shop"),
            evidence=(seen("k8s/prometheus.yaml", 40, "scrape target"),),
        ),
        FlowRow(source=HOSTILE, target=HOSTILE_WORKLOAD.id, ports=(), protection=HOSTILE, boundaries=(HOSTILE,), evidence=()),
    ),
    fix_set=("F1", "F3", "F4", "F5", "F6"),
    fix_set_verified=False,
    risks=RISKS,
    patterns=PATTERNS,
)

CLEAN = Assessment(
    version="0.1.0",
    model=Model(
        assets=(CLUSTER, INTERNET, SHOP, WEB),
        crown_jewels=MODEL.crown_jewels[:1],
        documents=MODEL.documents[4:6],
        unread=MODEL.unread[:1],
        assumptions=MODEL.assumptions[2:],
    ),
    language=LANGUAGE,
    size=GraphSize(assets=4, steps=120, edges=164),
    actors=tuple(
        ActorReach(
            actor=item.actor,
            title=item.title,
            start=item.start,
            entries=1,
            reached_assets=0,
            reached_by_kind=(),
            goals=(),
            safe_goals=("cluster admin",),
        )
        for item in ACTORS
    ),
    paths=(),
    fixes=(),
    choke_points=(),
    weaknesses=WEAKNESSES[2:3],
    flows=(),
)
