"""Generate a believable Kubernetes deployment of any size: shared roles, policies, secrets, replicas; 20 namespaces a thousand.

The same size gives the same bytes.  ``python bench/generator.py 1000 FOLDER`` writes one file a workload and one a namespace.
"""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path
from typing import NamedTuple

WORKLOADS_PER_NAMESPACE = 50
WORKLOADS_PER_ACCOUNT = 5
LEVELS = ("restricted", "baseline", "", "baseline", "")
IMAGES = ("api", "web", "worker", "search", "billing", "reports", "gateway", "notifier")
ROLES = ("reader", "configurator", "operator", "deployer")
SEPARATOR = "---\n"

NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: {namespace}
  labels:
    tenant: tenant-{tenant}
"""
ENFORCED = "    pod-security.kubernetes.io/enforce: {level}\n"
ROLE_RULES = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
  namespace: {namespace}
rules:
  - apiGroups: [""]
    resources: ["pods", "services", "configmaps"]
    verbs: ["get", "list", "watch"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: configurator
  namespace: {namespace}
rules:
  - apiGroups: [""]
    resources: ["configmaps", "secrets"]
    verbs: ["get", "list", "update"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: operator
  namespace: {namespace}
rules:
  - apiGroups: ["apps"]
    resources: ["deployments"]
    verbs: ["get", "list", "patch"]
  - apiGroups: [""]
    resources: ["pods/exec"]
    verbs: ["create"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: deployer
  namespace: {namespace}
rules:
  - apiGroups: ["apps", "batch"]
    resources: ["*"]
    verbs: ["*"]
  - apiGroups: [""]
    resources: ["pods"]
    verbs: ["create", "delete", "get", "list"]
"""
ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {account}
  namespace: {namespace}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {account}-{role}
  namespace: {namespace}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {role}
subjects:
  - kind: ServiceAccount
    name: {account}
    namespace: {namespace}
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata:
  name: database-{number}
  namespace: {namespace}
type: Opaque
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: {namespace}
data:
  region: eu
  level: info
"""
POLICIES = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: {namespace}
spec:
  podSelector: {{}}
  policyTypes: ["Ingress"]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: within-team
  namespace: {namespace}
spec:
  podSelector:
    matchLabels:
      tier: internal
  policyTypes: ["Ingress"]
  ingress:
    - from:
        - podSelector: {{}}
"""
WORKLOAD = """\
apiVersion: {version}
kind: {kind}
metadata:
  name: {name}
  namespace: {namespace}
  labels:
    app: {name}
spec:
"""
SELECTOR = """\
  selector:
    matchLabels:
      app: {name}
  template:
"""
POD_TEMPLATE = """\
metadata:
  labels:
    app: {name}
    tier: {tier}
spec:
  serviceAccountName: {account}
  automountServiceAccountToken: {token}
{restart}  containers:
    - name: app
      image: registry.example.com/{image}:1.{release}.0
      ports:
        - containerPort: 8080
      env:
        - name: DATABASE_PASSWORD
          valueFrom:
            secretKeyRef:
              name: database-{database}
              key: password
        - name: REGION
          valueFrom:
            configMapKeyRef:
              name: settings
              key: region
      resources:
        requests:
          cpu: 50m
          memory: 64Mi
        limits:
          cpu: 200m
          memory: 256Mi
      securityContext:
"""
CAREFUL = """\
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        runAsUser: 10001
        capabilities:
          drop: ["ALL"]
        seccompProfile:
          type: RuntimeDefault
"""
CARELESS = "        runAsUser: 0\n"
HOST_LOGS = """\
      volumeMounts:
        - name: host
          mountPath: /host
  volumes:
    - name: host
      hostPath:
        path: /var/log
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {namespace}
spec:
  selector:
    app: {name}
  ports:
    - port: 80
      targetPort: 8080
"""
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  namespace: {namespace}
spec:
  rules:
    - host: {namespace}.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {name}
                port:
                  number: 80
"""


class Place(NamedTuple):
    """Where one generated workload stands, and what follows from its number."""

    number: int
    namespace: str
    name: str
    account: str
    kind: str


def place(number: int) -> Place:
    """Derive a workload from its number (from 0)."""
    within = number % WORKLOADS_PER_NAMESPACE
    match within:
        case 7 | 31:
            kind = "StatefulSet"
        case 11 | 23 | 41:
            kind = "CronJob"
        case 47:
            kind = "DaemonSet"
        case _:
            kind = "Deployment"
    return Place(
        number=number,
        namespace=f"team-{number // WORKLOADS_PER_NAMESPACE:03d}",
        name=f"{IMAGES[number % len(IMAGES)]}-{within:02d}",
        account=f"account-{within // WORKLOADS_PER_ACCOUNT:02d}",
        kind=kind,
    )


def namespace_documents(index: int) -> str:
    """Write one namespace: its level, roles, accounts and bindings, secrets, configuration and, for every second, policies."""
    namespace = f"team-{index:03d}"
    level = LEVELS[index % len(LEVELS)]
    label = ENFORCED.format(level=level) if level else ""
    documents = [NAMESPACE.format(namespace=namespace, tenant=index % 7) + label, ROLE_RULES.format(namespace=namespace)]
    for number in range(WORKLOADS_PER_NAMESPACE // WORKLOADS_PER_ACCOUNT):
        role = ROLES[(index + number) // 3 % len(ROLES)] if (index + number) % 3 == 0 else "reader"
        documents.append(ACCOUNT.format(namespace=namespace, account=f"account-{number:02d}", role=role))
    documents += [SECRET.format(namespace=namespace, number=number) for number in range(3)]
    documents.append(SETTINGS.format(namespace=namespace))
    if index % 2 == 0:
        documents.append(POLICIES.format(namespace=namespace))
    return SEPARATOR.join(documents)


def pod_template(at: Place) -> str:
    """Write the pod template of a workload: one in twelve is careless, one in sixty reads the host's logs."""
    base = POD_TEMPLATE.format(
        name=at.name,
        tier="web" if at.number % 50 == 3 else "internal",
        account=at.account,
        token="true" if at.number % 4 == 1 else "false",
        restart="  restartPolicy: Never\n" if at.kind == "CronJob" else "",
        image=IMAGES[at.number % len(IMAGES)],
        release=at.number % 40,
        database=at.number % 3,
    )
    return base + (CARELESS if at.number % 12 == 5 else CAREFUL) + (HOST_LOGS if at.number % 60 == 17 else "")


def workload_documents(number: int) -> str:
    """Write one workload with its Service and, for one in fifty, its Ingress."""
    at = place(number)
    version = "batch/v1" if at.kind == "CronJob" else "apps/v1"
    head = WORKLOAD.format(version=version, kind=at.kind, name=at.name, namespace=at.namespace)
    if at.kind == "CronJob":
        schedule = f'  schedule: "{number % 60} 3 * * *"\n  jobTemplate:\n    spec:\n      template:\n'
        return head + schedule + textwrap.indent(pod_template(at), " " * 8)
    match at.kind:
        case "StatefulSet":
            scale = f"  serviceName: {at.name}\n  replicas: 3\n"
        case "DaemonSet":
            scale = ""
        case _:
            scale = f"  replicas: {1 + number % 5}\n"
    documents = [
        head + scale + SELECTOR.format(name=at.name) + textwrap.indent(pod_template(at), " " * 4),
        SERVICE.format(name=at.name, namespace=at.namespace),
    ]
    if number % 50 == 3:
        documents.append(INGRESS.format(name=at.name, namespace=at.namespace))
    return SEPARATOR.join(documents)


def generate(workloads: int, folder: Path) -> int:
    """Write a deployment of ``workloads`` workloads under ``folder`` and give the number of files."""
    namespaces = -(-workloads // WORKLOADS_PER_NAMESPACE)
    for index in range(namespaces):
        home = folder / f"team-{index:03d}"
        home.mkdir(parents=True)
        (home / "namespace.yaml").write_text(namespace_documents(index), encoding="utf-8")
    for number in range(workloads):
        at = place(number)
        (folder / at.namespace / f"{at.name}.yaml").write_text(workload_documents(number), encoding="utf-8")
    return namespaces + workloads


def main() -> None:
    """Generate from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", type=int)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    print(f"{generate(arguments.workloads, arguments.folder)} files")


if __name__ == "__main__":
    main()
