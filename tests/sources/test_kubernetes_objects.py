"""Kubernetes objects: which kinds become which types, and what is said of those that cannot be used."""

import textwrap

import pytest

from breachway.evidence import Unread
from breachway.sources.decoding import Value, value_or
from breachway.sources.json_positions import read_json
from breachway.sources.kubernetes.cluster import Node as ClusterNode
from breachway.sources.kubernetes.objects import (
    AdmissionConfiguration,
    ConfigMap,
    EncryptionConfiguration,
    Gateway,
    HttpRoute,
    Ingress,
    KubeletConfiguration,
    KubernetesObject,
    LimitRange,
    Namespace,
    NetworkPolicy,
    OpenShiftRoute,
    OtherObject,
    PeerAuthentication,
    PersistentVolume,
    PersistentVolumeClaim,
    PodDisruptionBudget,
    ResourceQuota,
    Role,
    RoleBinding,
    Secret,
    Service,
    ServiceAccount,
    WebhookConfiguration,
    Workload,
)
from breachway.sources.kubernetes.recognition import kubernetes_objects, looks_like_kubernetes
from breachway.sources.yaml_positions import read_yaml

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec:
  replicas: 3
  selector:
    matchLabels: {app: web}
    matchExpressions:
      - {key: tier, operator: In, values: [front]}
  strategy: {type: Recreate}
  template:
    metadata:
      labels: {app: web}
    spec:
      hostPID: true
      hostIPC: yes
      automountServiceAccountToken: false
      securityContext:
        runAsUser: 010
        supplementalGroups: [0, 5]
        sysctls: [{name: kernel.msgmax, value: "1"}]
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: app
          image: registry.example/web:1
          command: [/web]
          args: [--port, 80]
          env:
            - name: PASSWORD
              value: hunter2
            - name: TOKEN
              valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}
          envFrom:
            - secretRef: {name: all}
          ports:
            - {name: http, containerPort: 80, hostPort: 8080, hostIP: 127.0.0.1}
          volumeMounts:
            - {name: sock, mountPath: /sock, readOnly: true, mountPropagation: Bidirectional, subPath: a}
          resources:
            limits: {cpu: 500m, memory: 1Gi}
          securityContext:
            privileged: yes
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {add: [SYS_ADMIN], drop: [ALL]}
            seLinuxOptions: {type: spc_t}
            appArmorProfile: {type: Unconfined}
            windowsOptions: {hostProcess: true}
            procMount: Unmasked
          livenessProbe:
            httpGet: {host: 169.254.169.254, path: /, port: http}
          lifecycle:
            preStop: {tcpSocket: {host: example.com, port: 80}}
      initContainers:
        - {name: init, image: busybox, restartPolicy: Always}
      volumes:
        - name: sock
          hostPath: {path: /run/containerd/containerd.sock, type: Socket}
        - name: token
          projected:
            sources:
              - serviceAccountToken: {expirationSeconds: 600, audience: vault}
              - downwardAPI: {items: [{path: p, fieldRef: {fieldPath: metadata.name}}]}
              - clusterTrustBundle: {name: x}
        - name: scratch
          emptyDir: {sizeLimit: 1Gi, medium: Memory}
        - name: other
          fc: {wwns: [a]}
      tolerations: [{operator: Exists}]
      affinity: {nodeAffinity: {}}
"""


def objects(text: str) -> tuple[tuple[KubernetesObject, ...], list[Unread]]:
    tree = read_yaml(text, "a.yaml")
    problems = list(tree.problems)
    found = tuple(item for node in tree.documents if node is not None for item in kubernetes_objects(node, "a.yaml", problems))
    return found, problems


def only(text: str) -> KubernetesObject:
    (found,), problems = objects(text)
    assert problems == []
    return found


def workload(text: str) -> Workload:
    found = only(text)
    assert isinstance(found, Workload)
    return found


def test_a_deployment_in_full() -> None:
    found = workload(DEPLOYMENT)
    assert (found.kind, found.api_version, found.location) == ("Deployment", "apps/v1", ("a.yaml", "", 1, 1))
    assert found.metadata.name == Value("web", found.metadata.location._replace(pointer="/metadata/name", line=4, column=3))
    assert value_or(found.replicas, 0) == 3
    assert found.strategy is not None
    assert value_or(found.strategy.type, "") == "Recreate"
    assert found.selector is not None
    assert [value_or(test.operator, "") for test in found.selector.match_expressions] == ["In"]
    spec = found.pod_template.spec
    assert value_or(spec.host_pid, default=False)
    assert value_or(spec.host_ipc, default=False)
    assert not value_or(spec.automount_service_account_token, default=True)
    assert spec.host_network is None
    assert spec.security_context is not None
    assert value_or(spec.security_context.run_as_user, -1) == 8
    assert [group.value for group in spec.security_context.supplemental_groups] == [0, 5]
    assert spec.affinity is not None
    assert spec.affinity.location.pointer == "/spec/template/spec/affinity"


def test_a_container_in_full() -> None:
    (container,) = workload(DEPLOYMENT).pod_template.spec.containers
    assert [value.value for value in container.args] == ["--port", "80"]
    password, token = container.env
    assert password.value is not None
    assert password.value.location == ("a.yaml", "/spec/template/spec/containers/0/env/0/value", 33, 15)
    assert token.value_from is not None
    assert token.value_from.secret_key_ref is not None
    assert value_or(token.value_from.secret_key_ref.key, "") == "k"
    (port,) = container.ports
    assert (value_or(port.host_port, 0), value_or(port.host_ip, "")) == (8080, "127.0.0.1")
    (mount,) = container.volume_mounts
    assert value_or(mount.read_only, default=False)
    assert value_or(mount.mount_propagation, "") == "Bidirectional"
    context = container.security_context
    assert context is not None
    assert context.privileged is not None
    assert context.privileged.value
    assert context.privileged.location.line == 45
    assert context.capabilities is not None
    assert [value.value for value in context.capabilities.add] == ["SYS_ADMIN"]
    assert context.se_linux_options is not None
    assert context.app_armor_profile is not None
    assert context.windows_options is not None
    assert value_or(context.windows_options.host_process, default=False)
    assert container.liveness_probe is not None
    assert container.liveness_probe.http_get is not None
    assert value_or(container.liveness_probe.http_get.host, "") == "169.254.169.254"
    assert container.lifecycle is not None
    assert container.lifecycle.pre_stop is not None
    assert container.lifecycle.pre_stop.tcp_socket is not None
    assert container.resources is not None
    assert container.resources.limits is not None
    assert container.resources.limits.as_dict() == {"cpu": "500m", "memory": "1Gi"}


def test_volumes_of_every_sort() -> None:
    socket, token, scratch, other = workload(DEPLOYMENT).pod_template.spec.volumes
    assert socket.host_path is not None
    assert value_or(socket.host_path.type, "") == "Socket"
    assert token.projected is not None
    bound, downward, unknown = token.projected.sources
    assert bound.service_account_token is not None
    assert value_or(bound.service_account_token.expiration_seconds, 0) == 600
    assert downward.downward is not None
    assert [key.value for key in unknown.other] == ["clusterTrustBundle"]
    assert scratch.empty_dir is not None
    assert value_or(scratch.empty_dir.medium, "") == "Memory"
    assert [key.value for key in other.other] == ["fc"]


TEMPLATE = "{spec: {containers: [{name: c, image: i}]}}"


@pytest.mark.parametrize(
    "header, spec",
    [
        ("apps/v1 Deployment", f"template: {TEMPLATE}"),
        ("extensions/v1beta1 Deployment", f"template: {TEMPLATE}"),
        ("apps/v1 ReplicaSet", f"template: {TEMPLATE}"),
        ("v1 ReplicationController", f"template: {TEMPLATE}\n  selector: {{app: a}}"),
        ("apps/v1 StatefulSet", f"template: {TEMPLATE}"),
        ("apps/v1 DaemonSet", f"template: {TEMPLATE}"),
        ("batch/v1 Job", f"template: {TEMPLATE}\n  parallelism: 2"),
        ("batch/v1 CronJob", f"jobTemplate: {{spec: {{template: {TEMPLATE}}}}}\n  schedule: '* * * * *'"),
        ("v1 Pod", "containers: [{name: c, image: i}]"),
        ("argoproj.io/v1alpha1 Rollout", f"template: {TEMPLATE}"),
        ("serving.knative.dev/v1 Service", f"template: {TEMPLATE}"),
        ("apps.openshift.io/v1 DeploymentConfig", f"template: {TEMPLATE}\n  selector: {{app: a}}"),
        ("v1 DeploymentConfig", f"template: {TEMPLATE}"),
        ("apps.kruise.io/v1alpha1 CloneSet", f"template: {TEMPLATE}"),
        ("apps.kruise.io/v1beta1 StatefulSet", f"template: {TEMPLATE}"),
    ],
)
def test_every_kind_that_carries_a_pod_template_is_a_workload(header: str, spec: str) -> None:
    version, kind = header.split()
    found = workload(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nspec:\n  {spec}\n")
    assert (found.kind, found.api_version) == (kind, version)
    assert [value_or(container.image, "") for container in found.pod_template.spec.containers] == ["i"]
    if "selector" in spec:
        assert found.selector is not None
        assert found.selector.match_labels is not None
        assert found.selector.match_labels.as_dict() == {"app": "a"}
    assert value_or(found.replicas, 0) == (2 if kind == "Job" else 0)


def test_a_pod_template_object_and_a_pod_with_its_own_metadata() -> None:
    assert workload(f"apiVersion: v1\nkind: PodTemplate\nmetadata: {{name: x}}\ntemplate: {TEMPLATE}\n").replicas is None
    pod = workload("kind: Pod\nmetadata: {name: x, labels: {a: b}}\nspec: {containers: []}\nstatus: {podIP: 10.0.0.1}\n")
    assert pod.pod_template.metadata is pod.metadata
    assert pod.status is not None
    assert value_or(pod.status.pod_ip, "") == "10.0.0.1"


@pytest.mark.parametrize(
    "header, kind",
    [
        ("v1 Service", Service),
        ("networking.k8s.io/v1 Ingress", Ingress),
        ("extensions/v1beta1 Ingress", Ingress),
        ("gateway.networking.k8s.io/v1 Gateway", Gateway),
        ("gateway.networking.k8s.io/v1 HTTPRoute", HttpRoute),
        ("route.openshift.io/v1 Route", OpenShiftRoute),
        ("v1 ServiceAccount", ServiceAccount),
        ("rbac.authorization.k8s.io/v1 Role", Role),
        ("rbac.authorization.k8s.io/v1 ClusterRole", Role),
        ("rbac.authorization.k8s.io/v1 RoleBinding", RoleBinding),
        ("rbac.authorization.k8s.io/v1 ClusterRoleBinding", RoleBinding),
        ("networking.k8s.io/v1 NetworkPolicy", NetworkPolicy),
        ("security.istio.io/v1 PeerAuthentication", PeerAuthentication),
        ("v1 Namespace", Namespace),
        ("v1 Secret", Secret),
        ("v1 ConfigMap", ConfigMap),
        ("v1 PersistentVolume", PersistentVolume),
        ("v1 PersistentVolumeClaim", PersistentVolumeClaim),
        ("v1 Node", ClusterNode),
        ("v1 LimitRange", LimitRange),
        ("v1 ResourceQuota", ResourceQuota),
        ("policy/v1 PodDisruptionBudget", PodDisruptionBudget),
        ("admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration", WebhookConfiguration),
        ("admissionregistration.k8s.io/v1 MutatingWebhookConfiguration", WebhookConfiguration),
        ("kubelet.config.k8s.io/v1beta1 KubeletConfiguration", KubeletConfiguration),
        ("apiserver.config.k8s.io/v1 EncryptionConfiguration", EncryptionConfiguration),
        ("apiserver.config.k8s.io/v1 AdmissionConfiguration", AdmissionConfiguration),
        ("networking.istio.io/v1 Gateway", OtherObject),
        ("config.openshift.io/v1 Ingress", OtherObject),
        ("crd.projectcalico.org/v1 NetworkPolicy", OtherObject),
        ("monitoring.coreos.com/v1 ServiceMonitor", OtherObject),
        ("batch.volcano.sh/v1alpha1 Job", OtherObject),
    ],
)
def test_kinds_are_told_apart_by_their_group(header: str, kind: type) -> None:
    version, name = header.split()
    found = only(f"apiVersion: {version}\nkind: {name}\nmetadata: {{name: x}}\n")
    assert type(found) is kind
    assert (found.kind, found.api_version, value_or(found.metadata.name, "")) == (name, version, "x")


def test_a_rollout_that_borrows_its_template_is_no_workload_of_its_own() -> None:
    found = only("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: x}\nspec: {workloadRef: {name: web}}\n")
    assert isinstance(found, OtherObject)
    assert "spec" in found.node.entries


def test_a_known_kind_needs_no_api_version() -> None:
    assert only("kind: Namespace\nmetadata: {name: x}\n").api_version == ""


def test_rbac() -> None:
    role = only(
        "kind: ClusterRole\nmetadata: {name: x}\nrules:\n"
        "  - {verbs: ['*'], nonResourceURLs: [/metrics]}\n"
        "  - {verbs: [get], apiGroups: [''], resources: [pods/exec], resourceNames: []}\n"
    )
    assert isinstance(role, Role)
    assert role.rules is not None
    urls, pods = role.rules
    assert urls.resources is None
    assert urls.non_resource_urls is not None
    assert [url.value for url in urls.non_resource_urls] == ["/metrics"]
    assert pods.resource_names == ()
    assert pods.api_groups is not None
    assert [group.value for group in pods.api_groups] == [""]
    aggregated = only("kind: ClusterRole\naggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\n")
    assert isinstance(aggregated, Role)
    assert aggregated.rules is None
    assert aggregated.aggregation_rule is not None
    binding = only(
        "kind: RoleBinding\nroleRef: {kind: ClusterRole, name: edit}\nsubjects: [{kind: ServiceAccount, name: a, namespace: b}]\n"
    )
    assert isinstance(binding, RoleBinding)
    assert binding.role_ref is not None
    assert value_or(binding.subjects[0].namespace, "") == "b"


def test_a_network_policy_tells_absent_from_empty() -> None:
    policy = only(
        "kind: NetworkPolicy\nspec:\n  podSelector: {}\n  ingress:\n    - from:\n        - podSelector: {}\n"
        "        - ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}\n    - {}\n    - {from: []}\n  egress: []\n"
    )
    assert isinstance(policy, NetworkPolicy)
    assert policy.spec.pod_selector is not None
    assert policy.spec.policy_types is None
    assert policy.spec.egress == ()
    assert policy.spec.ingress is not None
    some, everyone, empty = policy.spec.ingress
    assert everyone.from_ is None
    assert empty.from_ == ()
    assert some.from_ is not None
    pods, block = some.from_
    assert pods.pod_selector is not None
    assert pods.namespace_selector is None
    assert block.ip_block is not None
    assert [value.value for value in block.ip_block.except_] == ["10.0.0.0/8"]


def test_services_and_routes() -> None:
    service = only(
        "kind: Service\nspec: {type: NodePort, clusterIP: None, externalIPs: [1.2.3.4], selector: {app: a},"
        " ports: [{port: 80, targetPort: http, nodePort: 30080}]}\n"
    )
    assert isinstance(service, Service)
    assert value_or(service.spec.cluster_ip, "") == "None"
    assert [value.value for value in service.spec.external_ips] == ["1.2.3.4"]
    assert value_or(service.spec.ports[0].target_port, 0) == "http"
    gateway = only(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
        "spec: {listeners: [{port: 443, allowedRoutes: {namespaces: {from: All}}}]}\n"
    )
    assert isinstance(gateway, Gateway)
    allowed = gateway.spec.listeners[0].allowed_routes
    assert allowed is not None
    assert allowed.namespaces is not None
    assert value_or(allowed.namespaces.from_, "") == "All"


def test_the_cluster_and_its_configuration() -> None:
    node = only(
        "kind: Node\nspec: {providerID: 'aws:///x', taints: [{key: a, effect: NoSchedule}]}\n"
        "status: {nodeInfo: {kubeletVersion: v1.30.1, osImage: Linux}, addresses: [{type: InternalIP, address: 10.0.0.1}]}\n"
    )
    assert isinstance(node, ClusterNode)
    assert value_or(node.spec.provider_id, "") == "aws:///x"
    assert node.status.node_info is not None
    assert value_or(node.status.node_info.kubelet_version, "") == "v1.30.1"
    kubelet = only(
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
        "authentication: {anonymous: {enabled: yes}, x509: {clientCAFile: /ca}}\nreadOnlyPort: 10255\n"
    )
    assert isinstance(kubelet, KubeletConfiguration)
    assert kubelet.authentication is not None
    assert kubelet.authentication.x509 is not None
    assert value_or(kubelet.authentication.x509.client_ca_file, "") == "/ca"
    encryption = only(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n"
        "resources: [{resources: [secrets], providers: [{identity: {}}, {aescbc: {}}]}]\n"
    )
    assert isinstance(encryption, EncryptionConfiguration)
    assert [p.provider[0].value for p in encryption.resources[0].providers] == ["identity", "aescbc"]


def test_lists_are_flattened_with_their_own_pointers() -> None:
    text = textwrap.dedent("""\
        apiVersion: v1
        kind: List
        items:
          - kind: Namespace
            metadata: {name: a}
          - kind: List
            items:
              - {kind: Namespace, metadata: {name: b}}
          - 3
          - {metadata: {name: c}}
        """)
    found, problems = objects(text)
    assert [(value_or(item.metadata.name, ""), item.location.pointer, item.location.line) for item in found] == [
        ("a", "/items/0", 4),
        ("b", "/items/1/items/0", 8),
    ]
    assert [(p.severity, p.location.pointer, p.reason) for p in problems] == [
        ("object", "/items/2", "expected an object with a kind, found a single value"),
        ("object", "/items/3", "expected an object with a kind, found a mapping"),
    ]


def test_items_of_a_typed_list_need_no_kind() -> None:
    (node,) = read_json('{"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "a"}}]}', "a.json").documents
    assert node is not None
    (pod,) = kubernetes_objects(node, "a.json", [])
    assert isinstance(pod, Workload)
    assert pod.kind == "Pod"


@pytest.mark.parametrize(
    "text, pointer, line, words",
    [
        ("apiVersion: v1\nkind: [Pod]\n", "/kind", 2, "expected kind to be a string, found a list"),
        ("apiVersion: v1\nkind:\n", "/kind", 2, 'expected kind to be a string, found ""'),
        ("kind: Pod\napiVersion: {}\n", "/apiVersion", 2, "expected apiVersion to be a string"),
        ("kind: Pod\nmetadata: web\n", "/metadata", 2, "expected metadata to be a mapping, found a single value"),
        ("kind: Deployment\nmetadata: {name: a}\nspec: {}\n", "", 1, "no pod template"),
        ("kind: Deployment\nmetadata: {name: a}\n", "", 1, "no pod template"),
        ("kind: PodTemplate\nmetadata: {name: a}\n", "", 1, "no pod template"),
        ("kind: List\nitems: {}\n", "/items", 2, "expected a list of objects, found a mapping"),
    ],
)
def test_an_object_that_cannot_be_used_is_said(text: str, pointer: str, line: int, words: str) -> None:
    found, problems = objects(text)
    assert found == ()
    (problem,) = problems
    assert (problem.severity, problem.location.pointer, problem.location.line) == ("object", pointer, line)
    assert words in problem.reason


def test_wrong_types_lose_their_field_and_nothing_else() -> None:
    text = DEPLOYMENT.replace("hostPID: true", 'hostPID: "true"').replace("privileged: yes", "privileged: maybe")
    (found,), problems = objects(text)
    assert [(p.severity, p.location.line, p.reason) for p in problems] == [
        ("field", 18, 'expected true or false, found the string "true"'),
        ("field", 45, 'expected true or false, found "maybe"'),
    ]
    assert isinstance(found, Workload)
    assert found.pod_template.spec.host_pid is None
    context = found.pod_template.spec.containers[0].security_context
    assert context is not None
    assert context.privileged is None
    assert value_or(context.read_only_root_filesystem, default=False)


@pytest.mark.parametrize("text", ["a: 1", "[1]", "x", "kind: Unknown", "services: {a: {image: b}}", "kind: [a]"])
def test_what_is_no_kubernetes_is_left_in_peace(text: str) -> None:
    assert objects(text) == ((), [])
    (node,) = read_yaml(text, "a.yaml").documents
    assert node is not None
    assert not looks_like_kubernetes(node)


@pytest.mark.parametrize("field", ["data", "stringData", "metadata"])
def test_no_problem_of_a_secret_repeats_its_value(field: str) -> None:
    _, problems = objects(f"apiVersion: v1\nkind: Secret\n{field}: hunter2\n{field}x: hunter2\n")
    assert len(problems) == 1
    assert "hunter2" not in problems[0].reason


def test_values_of_a_secret_are_kept_as_text() -> None:
    secret = only("kind: Secret\ntype: Opaque\ndata: {a: aHVudGVyMg==}\nstringData:\n  b: 007\n")
    assert isinstance(secret, Secret)
    assert secret.string_data is not None
    assert secret.string_data.get("b") == Value("007", secret.location._replace(pointer="/stringData/b", line=5, column=3))
    assert secret.data is not None
    assert list(secret.data.as_dict()) == ["a"]


def test_an_empty_list_gives_nothing() -> None:
    assert objects("apiVersion: v1\nkind: List\nitems:\n") == ((), [])
    assert objects("apiVersion: v1\nkind: PodList\nitems: []\n") == ((), [])


def test_a_template_of_the_wrong_type_is_said_twice_over() -> None:
    found, problems = objects("kind: Deployment\nspec: {template: [a]}\n")
    assert found == ()
    assert [(p.severity, p.location.pointer) for p in problems] == [("field", "/spec/template"), ("object", "")]
