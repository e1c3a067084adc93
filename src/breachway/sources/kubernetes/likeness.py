"""Whether a pod says what the template of its maker says.

The API server's own admission plugins, the scheduler and the controllers add to each pod what its template does not say: a name,
a node, the volume with the token, tolerations.  These additions (Kubernetes 1.20 to 1.34) are taken off both sides here, and
defaults that one side writes out and the other leaves to the platform.  All else counts: a pod that differs in anything more (an
injected sidecar, another image during a rollout, a debugging container) says something that its maker does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.sources.contents import content_of, mark_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from breachway.sources.contents import Content
    from breachway.sources.kubernetes.pods import PodTemplate

OWN_LABELS = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/job-name",
        "controller-revision-hash",
        "controller-uid",
        "job-name",
        "pod-template-generation",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
"""Labels that controllers put on each pod or revision."""

POD_LABELS = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-completion-index",
        "statefulset.kubernetes.io/pod-name",
    }
)
"""Those of them that tell one pod of a maker from another, so that a selector can."""

_OWN_ANNOTATIONS = (
    "batch.kubernetes.io/job-completion-index",
    "cni.projectcalico.org/",
    "k8s.ovn.org/",
    "k8s.v1.cni.cncf.io/network-status",
    "k8s.v1.cni.cncf.io/networks-status",
    "kubernetes.io/created-by",
    "kubernetes.io/limit-ranger",
    "kubernetes.io/psp",
    "openshift.io/scc",
)
"""Beginnings of annotations that say of one pod what happened to it."""

_DEFAULTS: dict[str, Content] = {
    "dns_policy": "ClusterFirst",
    "enable_service_links": True,
    "host_ipc": False,
    "host_network": False,
    "host_pid": False,
    "restart_policy": "Always",
    "security_context": {},
    "share_process_namespace": False,
}
_OF_ONE_POD = ("hostname", "node_name", "service_account", "subdomain")
_CONTAINER_LISTS = ("containers", "ephemeral_containers", "init_containers")
_TAINTS = "node.kubernetes.io/"
_TOKEN_VOLUME = re.compile(r"kube-api-access-[a-z0-9]+|[a-z0-9.-]+-token-[a-z0-9]{5}")
_TOKEN_PLACE = "/var/run/secrets/kubernetes.io/serviceaccount"
_ROOT_CERTIFICATES = frozenset({"kube-root-ca.crt", "openshift-service-ca.crt"})


def template_mark(template: PodTemplate, kind: str) -> bytes:
    """A mark that a pod has in common with the template that it was made from; ``kind`` is that of its controller."""
    metadata = content_of(template.metadata)
    return likeness(metadata, content_of(template.spec), kind)


def likeness(metadata: dict[str, Content], spec: dict[str, Content], kind: str) -> bytes:
    """The same from contents of the metadata and the spec of a template, or of a pod."""
    content: dict[str, Content] = {
        "labels": _own_removed(metadata.get("labels", ()), lambda key: key in OWN_LABELS),
        "annotations": _own_removed(metadata.get("annotations", ()), lambda key: key.startswith(_OWN_ANNOTATIONS)),
        "spec": _spec(spec, kind),
    }
    return mark_of(content)


def _own_removed(entries: Content, own: Callable[[str], bool]) -> Content:
    if not isinstance(entries, tuple):
        return ()
    return tuple(sorted(pair for pair in entries if isinstance(pair, tuple) and not own(str(pair[0]))))


def _spec(spec: dict[str, Content], kind: str) -> dict[str, Content]:
    account = spec.get("service_account_name") or spec.get("service_account") or "default"
    found = {name: value for name, value in spec.items() if name not in _OF_ONE_POD and _DEFAULTS.get(name) != value}
    found["service_account_name"] = account
    if kind == "DaemonSet":
        found.pop("affinity", None)  # its controller names the node there
    tolerations = tuple(one for one in _structs(spec, "tolerations") if not _is_added(one))
    found["tolerations"] = tolerations
    tokens = {str(one["name"]) for one in _structs(spec, "volumes") if _is_token(one)}
    found["volumes"] = tuple(one for one in _structs(spec, "volumes") if one.get("name") not in tokens)
    for name in _CONTAINER_LISTS:
        found[name] = tuple(_container(one, tokens) for one in _structs(spec, name))
    return {name: found[name] for name in sorted(found)}


def _structs(content: dict[str, Content], name: str) -> list[dict[str, Content]]:
    listed = content.get(name, ())
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, tuple) else []


def _is_added(toleration: dict[str, Content]) -> bool:
    """Whether the admission plugin DefaultTolerationSeconds or the controller of DaemonSets adds it; no value goes with these."""
    key = toleration.get("key")
    return isinstance(key, str) and key.startswith(_TAINTS) and toleration.get("operator") == "Exists"


def _is_token(volume: dict[str, Content]) -> bool:
    """Whether the admission plugin ServiceAccount adds it: the token, the cluster's certificate and the namespace."""
    name = volume.get("name")
    if not isinstance(name, str) or not _TOKEN_VOLUME.fullmatch(name):
        return False
    secret, projected = volume.get("secret"), volume.get("projected")
    if isinstance(secret, dict):
        return secret.get("secret_name") == name
    return isinstance(projected, dict) and all(_is_token_part(part) for part in _structs(projected, "sources"))


def _is_token_part(part: dict[str, Content]) -> bool:
    token, certificates = part.get("service_account_token"), part.get("config_map")
    if isinstance(token, dict):
        return "audience" not in token and part.keys() == {"service_account_token"}
    if isinstance(certificates, dict):
        return certificates.get("name") in _ROOT_CERTIFICATES and part.keys() == {"config_map"}
    return part.keys() == {"downward"}


def _container(container: dict[str, Content], tokens: set[str]) -> dict[str, Content]:
    found = {name: value for name, value in container.items() if value != {}}
    found["volume_mounts"] = tuple(
        one
        for one in _structs(container, "volume_mounts")
        if one.get("name") not in tokens or one.get("mount_path") != _TOKEN_PLACE
    )
    found["ports"] = tuple({**one, "protocol": one.get("protocol", "TCP")} for one in _structs(container, "ports"))
    return {name: found[name] for name in sorted(found)}
