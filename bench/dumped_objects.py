"""The objects of :mod:`cluster_dump`, with the fields that an API server adds: uids, status, defaults, token volumes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Object: TypeAlias = dict[str, object]

LEVELS = ("restricted", "baseline", "", "baseline", "")
IMAGES = ("api", "web", "worker", "search", "billing", "reports", "gateway", "notifier")
_CREATED = "2026-01-12T08:15:30Z"
_ACCOUNTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What follows from the place of a workload: the ``number``-th (from 0) of the ``index``-th namespace."""

    index: int
    number: int
    namespace: str
    name: str
    kind: str
    replicas: int
    account: str
    release: int
    rolling: bool = False
    paths: tuple[str, ...] = ()
    host: bool = False

    @classmethod
    def of(cls, index: int, number: int) -> Workload:
        """Derive it: one in eight is a StatefulSet, one in nine a CronJob, the rest are Deployments of 1 to 6 replicas."""
        kind = "StatefulSet" if number % 8 == 5 else "CronJob" if number % 9 == 7 else "Deployment"
        mixed = index * 13 + number
        return cls(
            index=index,
            number=number,
            namespace=f"team-{index:04d}",
            name=f"{IMAGES[mixed % len(IMAGES)]}-{number:02d}",
            kind=kind,
            replicas={"StatefulSet": 3, "CronJob": 2}.get(kind, 1 + mixed % 6),
            account=f"account-{number % _ACCOUNTS:02d}",
            release=mixed % 40,
            rolling=kind == "Deployment" and mixed % 100 == 17,
            paths=("/var/log",) if mixed % 60 == 19 else (),
        )

    def aged(self, revisions: int) -> Workload:
        """What the workload was before: an older image."""
        return replace(self, release=self.release + 100 * revisions, rolling=False)

    @property
    def careless(self) -> bool:
        """Whether its container runs as root; one in twelve does."""
        return (self.index * 13 + self.number) % 12 == 5 or self.host


def _daemon(number: int, namespace: str, name: str, *paths: str, host: bool = False) -> Workload:
    return Workload(
        index=0,
        number=number,
        namespace=namespace,
        name=name,
        kind="DaemonSet",
        replicas=1,
        account=name,
        release=number,
        paths=paths,
        host=host,
    )


DAEMONS = (
    _daemon(0, "kube-system", "kube-proxy", "/run/xtables.lock", "/lib/modules", host=True),
    _daemon(1, "kube-system", "cilium", "/sys/fs/bpf", "/var/run/cilium", "/etc/cni/net.d", host=True),
    _daemon(2, "kube-system", "csi-node", "/var/lib/kubelet/plugins", "/dev"),
    _daemon(3, "kube-system", "node-local-dns", "/run/xtables.lock", host=True),
    _daemon(4, "monitoring", "node-exporter", "/proc", "/sys"),
    _daemon(5, "logging", "fluent-bit", "/var/log", "/var/lib/docker/containers"),
    _daemon(6, "monitoring", "process-watcher"),
)


def _meta(name: str, namespace: str = "", **more: object) -> Object:
    mark = sum(map(ord, f"{namespace}/{name}")) % 65536
    found: Object = {"creationTimestamp": _CREATED, "name": name, "resourceVersion": f"{100000 + mark}"}
    found["uid"] = f"5f0c{mark:04x}-9c4e-4f0b-8a51-{mark * 977:012x}"
    if namespace:
        found["namespace"] = namespace
    return {**found, **more}


def _owner(kind: str, name: str, namespace: str, version: str = "apps/v1") -> list[Object]:
    uid = _meta(name, namespace)["uid"]
    made_by: Object = {"apiVersion": version, "blockOwnerDeletion": True, "controller": True}
    return [{**made_by, "kind": kind, "name": name, "uid": uid}]


def _security(at: Workload) -> Object:
    if at.careless:
        return {"privileged": True} if at.host else {"runAsUser": 0}
    confined: Object = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    return {**confined, "runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}


def _probe(delay: int) -> Object:
    times: Object = {"failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1}
    return {**times, "httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"}, "initialDelaySeconds": delay}


def _environment(at: Workload) -> list[Object]:
    password: Object = {"secretKeyRef": {"key": "password", "name": f"database-{at.number % 3}"}}
    region: Object = {"configMapKeyRef": {"key": "region", "name": "settings"}}
    pod_name: Object = {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}
    return [
        {"name": "DATABASE_PASSWORD", "valueFrom": password},
        {"name": "REGION", "valueFrom": region},
        {"name": "POD_NAME", "valueFrom": pod_name},
        {"name": "LOG_LEVEL", "value": "info"},
    ]


def _container(at: Workload, token: str) -> Object:
    mounts: list[Object] = [{"mountPath": f"/host{path}", "name": f"host-{place}"} for place, path in enumerate(at.paths)]
    if token:
        mounts.append({"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": token, "readOnly": True})
    return {
        "env": [] if at.kind == "DaemonSet" else _environment(at),
        "image": f"registry.example.com/{at.name.rpartition('-')[0] or at.name}:1.{at.release}.0",
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": _probe(15),
        "name": "app",
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "readinessProbe": _probe(5),
        "resources": {"limits": {"cpu": "200m", "memory": "256Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}},
        "securityContext": _security(at),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [{"mountPath": "/var/cache/app", "name": "scratch"}, *mounts],
    }


def _token_volume(token: str) -> Object:
    sources: list[Object] = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
    ]
    return {"name": token, "projected": {"defaultMode": 420, "sources": sources}}


def _spec(at: Workload, token: str = "") -> Object:
    """The pod template's spec, with the defaults that the API server writes; ``token`` is the volume that admission adds."""
    volumes: list[Object] = [{"emptyDir": {}, "name": "scratch"}]
    volumes += [{"hostPath": {"path": path, "type": ""}, "name": f"host-{place}"} for place, path in enumerate(at.paths)]
    volumes += [_token_volume(token)] if token else []
    found: Object = {
        "automountServiceAccountToken": at.number % 4 == 1,
        "containers": [_container(at, token)],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Never" if at.kind == "CronJob" else "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {"fsGroup": 2000},
        "serviceAccount": at.account,
        "serviceAccountName": at.account,
        "terminationGracePeriodSeconds": 30,
        "volumes": volumes,
    }
    return {**found, "hostNetwork": True} if at.host else found


def _labels(at: Workload) -> dict[str, object]:
    return {"app": at.name, "app.kubernetes.io/part-of": at.namespace, "tier": "web" if at.number % 12 == 3 else "internal"}


def controller(at: Workload, *, replicas: int) -> Object:
    """A Deployment, StatefulSet or DaemonSet."""
    labels = _labels(at)
    template: Object = {"metadata": {"creationTimestamp": None, "labels": labels}, "spec": _spec(at)}
    spec: Object = {"revisionHistoryLimit": 3, "selector": {"matchLabels": {"app": at.name}}, "template": template}
    status: Object = {"observedGeneration": 4, "replicas": replicas}
    if at.kind == "DaemonSet":
        status = {"currentNumberScheduled": replicas, "desiredNumberScheduled": replicas, "numberReady": replicas}
    else:
        spec["replicas"] = replicas
    if at.kind == "StatefulSet":
        spec["serviceName"] = at.name
    metadata = _meta(at.name, at.namespace, generation=4, labels=labels)
    if at.kind == "Deployment":
        metadata["annotations"] = {"deployment.kubernetes.io/revision": "4"}
    return {"apiVersion": "apps/v1", "kind": at.kind, "metadata": metadata, "spec": spec, "status": status}


def replica_set(at: Workload, revision: str, replicas: int) -> Object:
    """One revision of a Deployment."""
    labels = {**_labels(at), "pod-template-hash": revision}
    metadata = _meta(f"{at.name}-{revision}", at.namespace, labels=labels)
    metadata["annotations"] = {"deployment.kubernetes.io/desired-replicas": str(replicas)}
    metadata["ownerReferences"] = _owner("Deployment", at.name, at.namespace)
    template: Object = {"metadata": {"creationTimestamp": None, "labels": labels}, "spec": _spec(at)}
    selector: Object = {"matchLabels": {"app": at.name, "pod-template-hash": revision}}
    spec: Object = {"replicas": replicas, "selector": selector, "template": template}
    status: Object = {"observedGeneration": 1, "replicas": replicas}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec, "status": status}


def cron_parts(at: Workload, runs: int) -> tuple[Object, tuple[tuple[str, Object, Object], ...]]:
    """A CronJob, and each Job that it left with its name and pod."""
    template: Object = {"metadata": {"creationTimestamp": None, "labels": _labels(at)}, "spec": _spec(at)}
    job_template: Object = {"metadata": {"creationTimestamp": None}, "spec": {"template": template}}
    spec: Object = {"concurrencyPolicy": "Forbid", "jobTemplate": job_template, "schedule": f"{at.number % 60} 3 * * *"}
    cron: Object = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": _meta(at.name, at.namespace), "spec": spec}
    return cron, tuple(_run(at, f"{at.name}-{28900000 + run}") for run in range(runs))


def _run(at: Workload, name: str) -> tuple[str, Object, Object]:
    uid = str(_meta(name, at.namespace)["uid"])
    labels = {**_labels(at), "controller-uid": uid, "job-name": name}
    metadata = _meta(name, at.namespace, labels=labels)
    metadata["ownerReferences"] = _owner("CronJob", at.name, at.namespace, "batch/v1")
    template: Object = {"metadata": {"creationTimestamp": None, "labels": labels}, "spec": _spec(at)}
    spec: Object = {"parallelism": 1, "selector": {"matchLabels": {"controller-uid": uid}}, "template": template}
    status: Object = {"startTime": _CREATED, "succeeded": 1}
    job: Object = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec, "status": status}
    made = pod(at, revision="", owner=_owner("Job", name, at.namespace, "batch/v1"), extra_labels=labels, phase="Succeeded")
    return name, job, made


def pod(
    at: Workload,
    *,
    revision: str,
    owner: list[Object] | None = None,
    extra_labels: dict[str, object] | None = None,
    phase: str = "Running",
) -> Object:
    """A pod as the API server keeps it; ``@…@`` marks what is each pod's own."""
    labels, maker = {**_labels(at), **(extra_labels or {})}, owner
    match at.kind:
        case "Deployment":
            labels["pod-template-hash"] = revision
            maker = _owner("ReplicaSet", f"{at.name}-{revision}", at.namespace)
        case "StatefulSet":
            labels |= {"apps.kubernetes.io/pod-index": "@NUMBER@", "controller-revision-hash": f"{at.name}-{revision}"}
            labels["statefulset.kubernetes.io/pod-name"] = "@POD@"
        case "DaemonSet":
            labels |= {"controller-revision-hash": revision, "pod-template-generation": "2"}
    metadata: Object = {"creationTimestamp": _CREATED, "labels": labels, "name": "@POD@", "namespace": at.namespace}
    metadata |= {"generateName": f"{at.name}-", "resourceVersion": "81@NUMBER@", "uid": "0d3f5a7e-51c2-4c39-9f4b-@UID@"}
    metadata["ownerReferences"] = maker or _owner(at.kind, at.name, at.namespace)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _scheduled(at), "status": _status(at, phase)}


def _scheduled(at: Workload) -> Object:
    """The spec of a pod: the template's, with what admission and the scheduler add."""
    spec = _spec(at, token="kube-api-access-@UID@" if at.number % 4 == 1 else "")
    stays: list[Object] = [
        {"effect": "NoExecute", "key": f"node.kubernetes.io/{name}", "operator": "Exists", "tolerationSeconds": 300}
        for name in ("not-ready", "unreachable")
    ]
    spec |= {"enableServiceLinks": True, "nodeName": "@NODE@", "preemptionPolicy": "PreemptLowerPriority", "priority": 0}
    spec["tolerations"] = stays
    if at.kind == "StatefulSet":
        spec |= {"hostname": "@POD@", "subdomain": at.name}
    if at.kind == "DaemonSet":
        terms: list[Object] = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["@NODE@"]}]}]
        required: Object = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        spec["affinity"] = {"nodeAffinity": required}
    return spec


def _status(at: Workload, phase: str) -> Object:
    kinds = ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    conditions: list[Object] = [
        {"lastProbeTime": None, "lastTransitionTime": _CREATED, "status": "True", "type": kind} for kind in kinds
    ]
    image = f"registry.example.com/{at.name.rpartition('-')[0] or at.name}"
    container: Object = {
        "containerID": "containerd://9f1e0000000000000000000000000000000000000000000000000000@UID@",
        "image": f"{image}:1.{at.release}.0",
        "imageID": f"{image}@sha256:{at.release:064x}",
        "lastState": {},
        "name": "app",
        "ready": phase == "Running",
        "restartCount": 0,
        "started": phase == "Running",
        "state": {"running": {"startedAt": _CREATED}},
    }
    addresses: Object = {"hostIP": "10.0.0.1", "podIP": "@ADDRESS@", "podIPs": [{"ip": "@ADDRESS@"}]}
    times: Object = {"phase": phase, "qosClass": "Burstable", "startTime": _CREATED}
    return {**addresses, **times, "conditions": conditions, "containerStatuses": [container]}


def node(number: int) -> Object:
    """A node, with the images that its runtime keeps."""
    name = f"node-{number:05d}"
    labels: Object = {"kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    labels["node.kubernetes.io/instance-type"] = "m5.2xlarge"
    images: list[Object] = [
        {"names": [f"registry.example.com/{image}:1.{release}.0"], "sizeBytes": 73400320}
        for release in range(3)
        for image in IMAGES
    ]
    info: Object = {"architecture": "amd64", "containerRuntimeVersion": "containerd://1.7.22", "kernelVersion": "6.1.0-26-amd64"}
    info |= {"kubeProxyVersion": "v1.31.4", "kubeletVersion": "v1.31.4", "operatingSystem": "linux"}
    info["osImage"] = "Debian GNU/Linux 12 (bookworm)"
    address = f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"
    addresses: list[Object] = [{"address": address, "type": "InternalIP"}, {"address": name, "type": "Hostname"}]
    amounts: Object = {"cpu": "8", "ephemeral-storage": "101430960Ki", "memory": "32386464Ki", "pods": "110"}
    status: Object = {"addresses": addresses, "allocatable": amounts, "capacity": amounts, "images": images, "nodeInfo": info}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": _meta(name, labels=labels),
        "spec": {"podCIDR": "10.244.0.0/24"},
        "status": status,
    }


def namespace_object(name: str, level: str) -> Object:
    """A namespace; ``level`` is what Pod Security admission enforces, "" for nothing."""
    labels: Object = {"kubernetes.io/metadata.name": name}
    if level:
        labels["pod-security.kubernetes.io/enforce"] = level
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": _meta(name, labels=labels), "status": {"phase": "Active"}}


def cluster_roles() -> Iterator[Object]:
    """The roles that the namespaces share."""
    rules: dict[str, list[Object]] = {
        "app-reader": [{"apiGroups": [""], "resources": ["pods", "services", "configmaps"], "verbs": ["get", "list", "watch"]}],
        "app-configurator": [{"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["get", "list", "update"]}],
        "app-operator": [
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "patch"]},
            {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
        ],
        "app-deployer": [{"apiGroups": ["apps", "batch"], "resources": ["*"], "verbs": ["*"]}],
    }
    for name, found in rules.items():
        yield {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": _meta(name), "rules": found}


def bound_account(namespace: str, number: int, index: int) -> Iterator[tuple[str, Object]]:
    """A ServiceAccount and the binding to one of the shared roles; most may only read."""
    account = f"account-{number:02d}"
    yield "serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _meta(account, namespace)}
    others = ("configurator", "operator", "deployer")
    role = f"app-{others[(index + number) // 7 % len(others)] if (index + number) % 7 == 0 else 'reader'}"
    subject: Object = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
    group = "rbac.authorization.k8s.io"
    reference: Object = {"apiGroup": group, "kind": "ClusterRole", "name": role}
    binding: Object = {"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": _meta(f"{account}-{role}", namespace)}
    yield "rolebindings", {**binding, "roleRef": reference, "subjects": [subject]}


def config_maps(namespace: str) -> Iterator[Object]:
    """Settings, and the certificate of the cluster that every namespace has."""
    head: Object = {"apiVersion": "v1", "kind": "ConfigMap"}
    yield {**head, "data": {"level": "info", "region": "eu"}, "metadata": _meta("settings", namespace)}
    body = "-----BEGIN CERTIFICATE-----\n" + "MIIDBTCCAe2gAwIBAgIICc\n" * 16 + "-----END CERTIFICATE-----\n"
    yield {**head, "data": {"ca.crt": body}, "metadata": _meta("kube-root-ca.crt", namespace)}


def secrets(namespace: str) -> Iterator[Object]:
    """Three Secrets by their keys alone."""
    for number in range(3):
        metadata = _meta(f"database-{number}", namespace)
        yield {"apiVersion": "v1", "data": {"password": ""}, "kind": "Secret", "metadata": metadata, "type": "Opaque"}


def network_policies(namespace: str) -> Iterator[Object]:
    """Nothing comes in, but for the internal tier from its own namespace."""
    head: Object = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    closed: Object = {"podSelector": {}, "policyTypes": ["Ingress"]}
    yield {**head, "metadata": _meta("default-deny", namespace), "spec": closed}
    within: Object = {"ingress": [{"from": [{"podSelector": {}}]}], "podSelector": {"matchLabels": {"tier": "internal"}}}
    yield {**head, "metadata": _meta("within-team", namespace), "spec": {**within, "policyTypes": ["Ingress"]}}


def service(at: Workload) -> Object:
    """The Service before a workload; one in thirty is a load balancer."""
    ports: list[Object] = [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}]
    kind = "LoadBalancer" if (at.index * 13 + at.number) % 30 == 3 else "ClusterIP"
    spec: Object = {"clusterIP": "10.96.0.1", "ports": ports, "selector": {"app": at.name}, "type": kind}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _meta(at.name, at.namespace), "spec": spec}
