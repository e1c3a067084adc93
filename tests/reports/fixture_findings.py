"""What else the fixture knows: fixes, weaknesses, and the model around them."""

from __future__ import annotations

from breachway.analyses.assessment import Fix, Severity, WeaknessFinding
from breachway.evidence import Assumption, Basis, Evidence, Location, Unread
from breachway.model import Asset, CrownJewel, DefenceState, DocumentSummary, EntryPoint, Link, Model, Verdict, Weakness

from .fixture_assets import (
    ACCOUNT,
    ASSETS,
    CHECKOUT,
    CHECKOUT_ACCOUNT,
    CHECKOUT_APP,
    CLUSTER,
    DAEMON,
    DEPLOYER,
    GRAFANA,
    HOSTILE,
    HOSTILE_WORKLOAD,
    IMAGE,
    INTERNET,
    ORDERS,
    ORDERS_DATA,
    PAYMENTS,
    POOL,
    TASK_ROLE,
    TRAEFIK_APP,
    WEB,
    WEB_APP,
    assumed,
    default,
    seen,
)
from .fixture_paths import CREATE, INGRESS, PASS_ROLE, SECRET_ENV, SOCKET, TOKEN, VULNERABLE


def _fix(number: int, title: str, change: str, where: Location, cuts: tuple[str, ...], closes: int, caution: str = "") -> Fix:
    return Fix(
        id=f"F{number}",
        fingerprint=f"f{number:015x}",
        title=title,
        weakness=(
            "rbac-create-pods",
            "token-automounted",
            "secret-in-env",
            "no-network-policy",
            "pass-role-any",
            "runtime-socket-mount",
        )[number - 1],
        change=change,
        caution=caution,
        locations=(where,),
        defences=((DEPLOYER.id, "createNotGranted"),),
        cuts=cuts,
        closes=closes,
    )


FIXES = (
    _fix(
        1,
        "Take create on pods from Role shop/deployer",
        "remove create from the verbs of rule 2",
        CREATE.location,
        ("P1", "P3"),
        2,
    ),
    _fix(
        2,
        "Do not mount the token in checkout",
        "set automountServiceAccountToken: false",
        TOKEN.location,
        ("P1", "P3"),
        2,
        "check whether checkout calls the Kubernetes API",
    ),
    _fix(3, "Keep the payment key out of the environment", "mount Secret payments as a file", SECRET_ENV.location, ("P2",), 1),
    _fix(
        4,
        "Let only orders talk to orders-db",
        "add a NetworkPolicy that selects app=orders-db and allows ingress from app=orders",
        Location("k8s/orders.yaml", "", 1, 1),
        ("P4",),
        1,
        "the network plugin must enforce NetworkPolicy",
    ),
    _fix(
        5, "Name the roles that may be passed", 'replace "Resource": "*" by the task\'s own role', PASS_ROLE.location, ("P5",), 1
    ),
    _fix(
        6,
        "Do not mount the engine's socket",
        "remove the volume /var/run/docker.sock",
        SOCKET.location,
        ("P6",),
        1,
        "Traefik reads its routes from it",
    ),
)


def _weakness(
    key: str, title: str, target: Asset, subject: str, severity: Severity, evidence: Evidence, **more: str
) -> WeaknessFinding:
    return WeaknessFinding(
        key=key,
        title=title,
        sentence=more.get("sentence", "It widens what an attacker can do once inside."),
        fix=more.get("fix", "Set the field to the safe value."),
        stage=more.get("stage", "container-config"),
        severity=severity,
        asset=target.id,
        subject=subject,
        detail=more.get("detail", ""),
        fingerprint=f"{key[:6]}{sum(map(ord, target.id + subject + more.get('detail', ''))):010x}",
        unknown="unknown" in more,
        decision=more.get("decision", ""),
        evidence_fingerprint=f"{len(evidence.note):016x}",
        evidence=(evidence,),
        paths=tuple(more.get("paths", "").split()),
    )


WEAKNESSES = (
    _weakness(
        "rbac-create-pods",
        "A role may create pods",
        DEPLOYER,
        "Role shop/deployer",
        Severity.HIGH,
        CREATE,
        stage="orchestrator",
        paths="P1 P3",
    ),
    _weakness(
        "token-automounted",
        "Token mounted without need",
        CHECKOUT,
        "Deployment shop/checkout",
        Severity.MEDIUM,
        TOKEN,
        paths="P1 P3",
    ),
    _weakness(
        "token-automounted",
        "Token mounted without need",
        WEB,
        "Deployment shop/web",
        Severity.MEDIUM,
        default("k8s/web.yaml", 9, "automountServiceAccountToken is not set; the default is true"),
    ),
    _weakness(
        "secret-in-env",
        "Secret in an environment variable",
        CHECKOUT_APP,
        "Deployment shop/checkout",
        Severity.HIGH,
        SECRET_ENV,
        stage="secrets",
        detail="PAYMENTS_KEY",
        paths="P2",
    ),
    _weakness(
        "no-network-policy",
        "No network policy selects the pods",
        ORDERS,
        "StatefulSet shop/orders-db",
        Severity.MEDIUM,
        assumed("k8s/policy.yaml", 0, "no NetworkPolicy selects orders-db", "network-plugin-enforces"),
        stage="networking",
        paths="P4",
    ),
    _weakness(
        "runtime-socket-mount",
        "Engine socket mounted",
        TRAEFIK_APP,
        "service traefik",
        Severity.CRITICAL,
        SOCKET,
        stage="escape",
        paths="P6",
    ),
    _weakness(
        "pass-role-any",
        "Any role may be passed",
        TASK_ROLE,
        "policy ecs/policy.json",
        Severity.HIGH,
        PASS_ROLE,
        stage="orchestrator",
        paths="P5",
    ),
    _weakness(
        "image-tag-mutable",
        "Image by a tag that can move",
        IMAGE,
        "Dockerfile checkout",
        Severity.LOW,
        seen("checkout/Dockerfile", 1, "FROM node:20"),
        decision="accepted by platform team until 2027-01-31: rebuilt daily",
        stage="registry-supply-chain",
    ),
    _weakness(
        "seccomp-unconfined",
        "No seccomp profile",
        GRAFANA,
        "Deployment monitoring/grafana",
        Severity.MEDIUM,
        assumed("k8s/grafana.yaml", 12, "the runtime's default is not known", "seccomp-default"),
        stage="escape",
        unknown="yes",
    ),
    _weakness(
        "may-run-as-root",
        "May run as root",
        HOSTILE_WORKLOAD,
        HOSTILE,
        Severity.MEDIUM,
        Evidence(Location("k8s/we ird & co.yaml", "/a~1b", 7, 1), Basis.OBSERVED, HOSTILE),
        detail=HOSTILE,
    ),
)

MODEL = Model(
    assets=ASSETS,
    links=(Link(association="Encloses", left=CLUSTER.id, right=POOL.id, evidence=(seen("k8s/nodes.yaml", 3, "Node pool"),)),),
    defences=(
        DefenceState(
            asset=CHECKOUT_ACCOUNT.id,
            defence="tokenNotMounted",
            probability=0.0,
            evidence=(TOKEN,),
            weaknesses=("token-automounted",),
        ),
    ),
    weaknesses=(
        Weakness(
            key="rbac-create-pods", asset=DEPLOYER.id, verdict=Verdict.WEAK, subject="Role shop/deployer", evidence=(CREATE,)
        ),
        Weakness(
            key="privileged-container",
            asset=WEB_APP.id,
            verdict=Verdict.SAFE,
            subject="Deployment shop/web",
            evidence=(seen("k8s/web.yaml", 28, "privileged: false"),),
        ),
    ),
    assumptions=(
        Assumption(
            id="control-plane-shared",
            statement="pods of shop may run on the nodes that hold the control plane",
            probability=0.3,
            rationale="no taint is shown in the artefacts",
            subject="Cluster production",
            defence_on=False,
            evidence=(assumed("k8s/nodes.yaml", 3, "no Node object shows a taint", "control-plane-shared"),),
        ),
        Assumption(
            id="image-exploitable",
            statement="an application that faces the internet has a fault that can be exploited",
            probability=0.5,
            rationale="no vulnerability report was given",
            subject="every exposed container",
            defence_on=False,
            evidence=(VULNERABLE,),
        ),
        Assumption(
            id="network-plugin-enforces",
            statement="the network plugin enforces NetworkPolicy",
            probability=0.9,
            rationale="most plugins do; flannel alone does not",
            subject="Cluster production",
            defence_on=True,
            evidence=(assumed("k8s/policy.yaml", 1, "no network plugin is named", "network-plugin-enforces"),),
        ),
    ),
    crown_jewels=(
        CrownJewel(
            asset=CLUSTER.id, step="admin", title="cluster admin", value=10, evidence=(seen("k8s/nodes.yaml", 3, "the cluster"),)
        ),
        CrownJewel(
            asset=PAYMENTS.id,
            step="read",
            title="Secret shop/payments",
            value=9,
            evidence=(seen("breachway.yaml", 4, "crown_jewels"),),
        ),
        CrownJewel(
            asset=ORDERS_DATA.id,
            step="read",
            title="volume shop/orders-data",
            value=8,
            evidence=(seen("k8s/orders.yaml", 61, "data of PostgreSQL"),),
        ),
        CrownJewel(
            asset=ACCOUNT.id,
            step="admin",
            title="cloud account 111122223333",
            value=10,
            evidence=(seen("ecs/task.json", 6, "account of the role"),),
        ),
        CrownJewel(asset=DAEMON.id, step="root", title="root on the development machine", value=4, evidence=(SOCKET,)),
    ),
    entry_points=(
        EntryPoint(actor="A1", asset=INTERNET.id, step="attack", title="from the internet", evidence=(INGRESS,)),
        EntryPoint(actor="A2", asset=CHECKOUT_APP.id, step="compromise", title="from any one container", evidence=(VULNERABLE,)),
    ),
    documents=(
        DocumentSummary(document="checkout/Dockerfile", format="Dockerfile", kinds=(("stage", 2),)),
        DocumentSummary(document="compose.yaml", format="Compose", kinds=(("service", 4),)),
        DocumentSummary(document="ecs/policy.json", format="IAM policy", kinds=(("statement", 2),)),
        DocumentSummary(document="ecs/task.json", format="ECS task definition", kinds=(("container", 1),)),
        DocumentSummary(document="k8s/cart.yaml", format="Kubernetes", kinds=(("Deployment", 1), ("Service", 1))),
        DocumentSummary(
            document="k8s/checkout.yaml", format="Kubernetes", kinds=(("Deployment", 1), ("Service", 1), ("ServiceAccount", 1))
        ),
        DocumentSummary(document="k8s/ingress.yaml", format="Kubernetes", kinds=(("Ingress", 1),)),
        DocumentSummary(document="k8s/namespace.yaml", format="Kubernetes", kinds=(("Namespace", 1),)),
        DocumentSummary(
            document="k8s/orders.yaml", format="Kubernetes", kinds=(("PersistentVolumeClaim", 1), ("StatefulSet", 1))
        ),
        DocumentSummary(document="k8s/rbac.yaml", format="Kubernetes", kinds=(("Role", 1), ("RoleBinding", 1))),
    ),
    unread=(
        Unread(
            Location("charts/values.yaml", "", 0, 0),
            "file",
            "no object of a known format",
            "render the chart first: helm template",
        ),
        Unread(Location("k8s/legacy.yaml", "", 17, 3), "file", "a tab cannot indent YAML", "replace the tab by spaces"),
        Unread(Location("k8s/cart.yaml", "/spec/replicas", 8, 13), "field", 'replicas is "two", not a number', "write a number"),
        Unread(Location(f"k8s/{HOSTILE}", "", 3, 1), "note", f"unknown kind {HOSTILE}"),
    ),
    notes=("The namespace of 2 objects is not set; they are taken to be in default.",),
)
