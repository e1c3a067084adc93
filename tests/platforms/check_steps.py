"""Steps that the threat language takes by a role, taken for real: with the role they work, without it they are refused.

Each case gives rules to a ServiceAccount, asks our catalogue whether they give the grant, and tries the step with the account's
own token.
"""

from __future__ import annotations

import base64
import subprocess
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

from breachway.mapping.kubernetes.permissions.access_requests import service_account
from breachway.mapping.kubernetes.permissions.grants import GRANTS
from breachway.mapping.kubernetes.permissions.roles import Roles
from breachway.mapping.kubernetes.versions import KubernetesVersion
from breachway.sources.reading import read
from tests.platforms.kube_api_server import Answer, ApiServer, api_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RBAC = "rbac.authorization.k8s.io"
ROLES = f"/apis/{RBAC}/v1/namespaces/steps/roles"
BINDINGS = f"/apis/{RBAC}/v1/namespaces/steps/rolebindings"
CORE = "/api/v1/namespaces/steps"
SIGNING = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
REFUSED = 403
_PATIENCE = 30.0


class Step(NamedTuple):
    """``rules`` let the step happen and give the grant ``defence``; with ``short`` of them the server refuses it."""

    defence: str
    rules: str
    short: str
    method: str
    path: str
    body: dict[str, Any]
    headers: tuple[tuple[str, str], ...] = ()


def wide_role(name: str) -> dict[str, Any]:
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    return {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules}


def admin_binding(name: str) -> dict[str, Any]:
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
    subjects = [{"apiGroup": RBAC, "kind": "User", "name": "attacker"}]
    metadata = {"name": name}
    return {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": metadata, "roleRef": reference, "subjects": subjects}


POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "made"},
    "spec": {
        "containers": [{"name": "c", "image": "x", "securityContext": {"privileged": True}}],
        "automountServiceAccountToken": False,
    },
}
REVIEW = {
    "apiVersion": "authorization.k8s.io/v1",
    "kind": "SelfSubjectAccessReview",
    "spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}},
}
TOKEN = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
MINT = "{apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]}"
ROLE_WRITE = f"{{apiGroups: [{RBAC}], resources: [roles], verbs: [create]}}"
BINDING_WRITE = f"{{apiGroups: [{RBAC}], resources: [rolebindings], verbs: [create]}}"
ESCALATE = f"{{apiGroups: [{RBAC}], resources: [roles], verbs: [escalate]}}"
BIND = f"{{apiGroups: [{RBAC}], resources: [clusterroles], verbs: [bind]}}"
EXEC = "{apiGroups: [''], resources: [pods/exec], verbs: [VERB]}"
APPROVAL = "{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}"
SIGNER = "{apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve], resourceNames: ['kubernetes.io/*']}"
ALL_SIGNERS = "{apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve]}"
PEOPLE = "{apiGroups: [''], resources: [users, groups], verbs: [impersonate]}"
ONE_PERSON = "{apiGroups: [''], resources: [users], verbs: [impersonate], resourceNames: [alice]}"
AS_MASTER = (("Impersonate-User", "root"), ("Impersonate-Group", "system:masters"))
AS_ALICE = (("Impersonate-User", "alice"),)
ASK_SELF = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
MINTING = f"{CORE}/serviceaccounts/target/token"
MINT_TARGET, MINT_OTHER = (f"{MINT[:-1]}, resourceNames: [{name}]}}" for name in ("target", "other"))
PODS = "{apiGroups: [''], resources: [pods], verbs: [create]}"
PODS_READ = "{apiGroups: [''], resources: [pods], verbs: [get, list, watch]}"

RELABEL = "{apiGroups: [''], resources: [namespaces], verbs: [patch]}"
MERGE = (("Content-Type", "application/merge-patch+json"),)
VOLUMES = "{apiGroups: [''], resources: [persistentvolumes], verbs: [create]}"
VOLUME = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "host-root"},
    "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/"}},
}
SECRETS = "{apiGroups: [''], resources: [secrets], verbs: [list]}"
NAMED_SECRET = "{apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [gone]}"
ACCOUNTS = "{apiGroups: [''], resources: [serviceaccounts], verbs: [impersonate]}"
AS_ACCOUNT = (("Impersonate-User", "system:serviceaccount:steps:target"),)

SECRETS_MADE = "{apiGroups: [''], resources: [secrets], verbs: [create]}"
TOKEN_SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "made", "annotations": {"kubernetes.io/service-account.name": "target"}},
    "type": "kubernetes.io/service-account-token",
}
ACCOUNTS_CHANGED = "{apiGroups: [''], resources: [serviceaccounts], verbs: [patch], resourceNames: [target]}"
CLOUD_ROLE = {"metadata": {"annotations": {"example.com/role": "any"}}}
PODS_CHANGED = "{apiGroups: [''], resources: [pods], verbs: [patch]}"
EVICTION = "{apiGroups: [''], resources: [pods/eviction], verbs: [create]}"
EVICTED = {"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": "gone"}}
RELABEL_STATUS = "{apiGroups: [''], resources: [namespaces/status], verbs: [patch]}"
LABEL = {"metadata": {"labels": {"by-status": "yes"}}}
NETWORK = "/apis/networking.k8s.io/v1/namespaces/steps"
HOOKS = "/apis/admissionregistration.k8s.io/v1"
POLICIES = "{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [delete]}"
ROUTES = "{apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [create]}"
SERVICES = "{apiGroups: [''], resources: [services], verbs: [create]}"
EXTERNAL = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "outside"},
    "spec": {"externalIPs": ["192.0.2.1"], "ports": [{"port": 443}]},
}
VALIDATING, MUTATING = (
    f"{{apiGroups: [admissionregistration.k8s.io], resources: [{kind}webhookconfigurations], verbs: [create]}}"
    for kind in ("validating", "mutating")
)
HOOKS_DELETED = VALIDATING.replace("create", "delete")
CLASSES = "{apiGroups: [storage.k8s.io], resources: [storageclasses], verbs: [create]}"
API_SERVICES = "{apiGroups: [apiregistration.k8s.io], resources: [apiservices], verbs: [create]}"
ASKING = "{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests], verbs: [create, get]}"
LOG_PATHS = "{nonResourceURLs: ['/logs/*'], verbs: [get]}"
OTHER_PATHS = "{nonResourceURLs: ['/metrics', '/log*x'], verbs: [get]}"

STEPS = [
    Step("noPodCreation", PODS, PODS_READ, "POST", f"{CORE}/pods", POD),
    Step("noTokenCreation", MINT, MINT_OTHER, "POST", MINTING, TOKEN),
    Step("noNamedTokenCreation", MINT_TARGET, "", "POST", MINTING, TOKEN),
    Step("noEscalate", f"{ROLE_WRITE}, {ESCALATE}", ROLE_WRITE, "POST", ROLES, wide_role("escalated")),
    Step("noBind", f"{BINDING_WRITE}, {BIND}", BINDING_WRITE, "POST", BINDINGS, admin_binding("bound")),
    Step("noPodExec", EXEC.replace("VERB", "create"), PODS, "POST", f"{CORE}/pods/gone/exec?command=id", {}),
    Step("noPodExec", EXEC.replace("VERB", "get"), PODS_READ, "GET", f"{CORE}/pods/gone/exec?command=id", {}),
    Step("noIdentityImpersonation", PEOPLE, ONE_PERSON, "POST", ASK_SELF, REVIEW, AS_MASTER),
    Step("noNamedImpersonation", ONE_PERSON, "", "POST", ASK_SELF, REVIEW, AS_ALICE),
    Step("noCertificateApproval", f"{APPROVAL}, {ALL_SIGNERS}", APPROVAL, "PUT", f"{SIGNING}/wanted/approval", {}),
    Step("noCertificateApproval", f"{APPROVAL}, {SIGNER}", APPROVAL, "PUT", f"{SIGNING}/wanted/approval", {}),
    Step("noNamespaceChange", RELABEL, PODS, "PATCH", "/api/v1/namespaces/steps", {"metadata": {"labels": {"a": "b"}}}, MERGE),
    Step("noPersistentVolumeCreation", VOLUMES, PODS, "POST", "/api/v1/persistentvolumes", VOLUME),
    Step("noSecretReading", SECRETS, NAMED_SECRET, "GET", f"{CORE}/secrets", {}),
    Step("noNamedSecretReading", NAMED_SECRET, "", "GET", f"{CORE}/secrets/gone", {}),
    Step("noImpersonation", ACCOUNTS, PEOPLE, "POST", ASK_SELF, REVIEW, AS_ACCOUNT),
    Step("noSecretCreation", SECRETS_MADE, SECRETS, "POST", f"{CORE}/secrets", TOKEN_SECRET),
    Step("noAccountChange", ACCOUNTS_CHANGED, ACCOUNTS, "PATCH", f"{CORE}/serviceaccounts/target", CLOUD_ROLE, MERGE),
    Step("noPodChange", PODS_CHANGED, PODS_READ, "PATCH", f"{CORE}/pods/gone", {}, MERGE),
    Step("noPodDisplacement", EVICTION, PODS_READ, "POST", f"{CORE}/pods/gone/eviction", EVICTED),
    Step("noNamespaceChange", RELABEL_STATUS, PODS, "PATCH", "/api/v1/namespaces/steps/status", LABEL, MERGE),
    Step("noPolicyWriting", POLICIES, PODS, "DELETE", f"{NETWORK}/networkpolicies/gone", {}),
    Step("noRouteWriting", ROUTES, POLICIES, "POST", f"{NETWORK}/ingresses", {}),
    Step("noExternalAddresses", SERVICES, PODS, "POST", f"{CORE}/services", EXTERNAL),
    Step("noValidatingWebhookChange", VALIDATING, MUTATING, "POST", f"{HOOKS}/validatingwebhookconfigurations", {}),
    Step("noWebhookChange", MUTATING, VALIDATING, "POST", f"{HOOKS}/mutatingwebhookconfigurations", {}),
    Step("noAdmissionPolicyChange", HOOKS_DELETED, VALIDATING, "DELETE", f"{HOOKS}/validatingwebhookconfigurations/gone", {}),
    Step("noStorageClassCreation", CLASSES, VOLUMES, "POST", "/apis/storage.k8s.io/v1/storageclasses", {}),
    Step("noApiServiceChange", API_SERVICES, PODS, "POST", "/apis/apiregistration.k8s.io/v1/apiservices", {}),
    Step("noCertificateRequest", ASKING, APPROVAL, "POST", SIGNING, {}),
    Step("noServerLogReading", LOG_PATHS, OTHER_PATHS, "GET", "/logs/", {}),
    Step(
        "noNodeProxy",
        "{apiGroups: [''], resources: [nodes/proxy], verbs: [get]}",
        "{apiGroups: [''], resources: [nodes], verbs: ['*']}",
        "GET",
        "/api/v1/nodes/gone/proxy/pods",
        {},
    ),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with api_server(tmp_path_factory.mktemp("steps")) as server:
        server.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "steps"}})
        server.create(account("target"))
        # What the controller of accounts would make; pods run as it.
        server.create(account("default"))
        yield server


def account(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "steps"}}


def token_of(server: ApiServer, name: str) -> str:
    server.create(account(name))
    made = server.call("POST", f"{CORE}/serviceaccounts/{name}/token", TOKEN)
    assert made.status == 201, made.body
    return str(made.body["status"]["token"])


def give(server: ApiServer, name: str, rules: str) -> dict[str, Any]:
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": yaml.safe_load(f"[{rules}]")}
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "steps"}],
    }
    server.create(role)
    server.create(binding)
    return role


def give_in_namespace(server: ApiServer, name: str, rules: str) -> None:
    """Bind the rules, and one more by which it shows when the authorizer has seen them, in the namespace alone."""
    seen = "{apiGroups: [seen.example.com], resources: [things], verbs: [get]}"
    role = yaml.safe_load(f"[{rules}, {seen}]" if rules else f"[{seen}]")
    server.create({"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": role})
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": "steps"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "steps"}],
    }
    server.create(binding)
    attributes = {"verb": "get", "group": "seen.example.com", "resource": "things", "namespace": "steps"}
    spec = {"user": service_account("steps", name).user, "resourceAttributes": attributes}
    question = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    deadline = time.monotonic() + _PATIENCE
    while not server.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", question).body["status"]["allowed"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def attempt(server: ApiServer, step: Step, token: str) -> Answer:
    body = dict(step.body) or None
    if step.path.endswith("/approval"):
        body = wanted_certificate(server)
    return server.call(step.method, step.path, body, token, dict(step.headers))


def wanted_certificate(server: ApiServer) -> dict[str, Any]:
    """A request for a client certificate, approved: what the approver sends."""
    known = server.call("GET", f"{SIGNING}/wanted")
    if known.status != 200:
        key = subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True).stdout
        asked = ["openssl", "req", "-new", "-key", "/dev/stdin", "-subj", "/O=system:nodes/CN=system:node:rogue"]
        request = subprocess.run(asked, input=key, check=True, capture_output=True).stdout
        spec = {
            "request": base64.b64encode(request).decode(),
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"],
        }
        item = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "wanted"}}
        server.create({**item, "spec": spec})
        known = server.call("GET", f"{SIGNING}/wanted")
    condition = {"type": "Approved", "status": "True", "reason": "Asked", "message": "by a test"}
    return {**known.body, "status": {"conditions": [condition]}}


@pytest.mark.parametrize("number", range(len(STEPS)), ids=[f"{number}-{step.defence}" for number, step in enumerate(STEPS)])
def test_a_grant_of_the_catalogue_lets_the_step_happen(cluster: ApiServer, tmp_path: Path, number: int) -> None:
    step = STEPS[number]
    rich, poor = f"rich-{number}", f"poor-{number}"
    may, may_not = token_of(cluster, rich), token_of(cluster, poor)
    # The lesser one first: once the other is seen, so is it.
    lesser, role = give(cluster, poor, step.short), give(cluster, rich, step.rules)
    assert step.defence in grants(tmp_path, role)
    assert step.defence not in grants(tmp_path, lesser)
    deadline = time.monotonic() + _PATIENCE
    answer = attempt(cluster, step, may)
    while answer.status == REFUSED and time.monotonic() < deadline:
        # The authorizer sees a new binding a moment after it was made.
        time.sleep(0.1)
        answer = attempt(cluster, step, may)
    assert answer.status != REFUSED, answer.body
    assert attempt(cluster, step, may_not).status == REFUSED


@pytest.mark.parametrize("number", range(len(STEPS)), ids=[f"{number}-{step.defence}" for number, step in enumerate(STEPS)])
def test_a_grant_in_one_namespace_lets_the_step_happen_only_where_we_say_so(
    cluster: ApiServer, tmp_path: Path, number: int
) -> None:
    step = STEPS[number]
    name = f"local-{number}"
    token = token_of(cluster, name)
    give_in_namespace(cluster, name, step.rules)
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}}
    role |= {"rules": yaml.safe_load(f"[{step.rules}]")}
    happens = attempt(cluster, step, token).status != REFUSED
    assert happens is (step.defence in grants(tmp_path, role, namespaced=True))


def grants(folder: Path, role: dict[str, Any], *, namespaced: bool = False) -> set[str]:
    """What our catalogue says that a role gives where it is bound."""
    file = folder / f"{role['metadata']['name']}.yaml"
    file.write_text(yaml.safe_dump(role), encoding="utf-8")
    inventory = read([str(file)])
    found = Roles(inventory.kubernetes, KubernetesVersion(1, 20))
    rules = found.find(found.declared[0], inventory.kubernetes[0].location)
    assert rules is not None
    return {entry.defence for entry in GRANTS if entry.given_by(rules.rules, namespaced=namespaced)}


def test_a_token_makes_its_holder_who_we_say(cluster: ApiServer) -> None:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token_of(cluster, "holder")}}
    answer = cluster.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    known = answer.body["status"]["user"]
    ours = service_account("steps", "holder")
    assert (known["username"], sorted(known["groups"])) == (ours.user, sorted(ours.groups))


def test_who_sends_no_token_is_anonymous(cluster: ApiServer) -> None:
    answer = cluster.call("GET", "/api/v1/pods", token="")
    assert answer.status == REFUSED
    assert 'User "system:anonymous"' in answer.body["message"]
    assert cluster.call("GET", "/version", token="").status == 200


def test_who_writes_the_status_of_a_namespace_writes_its_labels(cluster: ApiServer) -> None:
    cluster.call("PATCH", "/api/v1/namespaces/steps/status", LABEL, more=dict(MERGE))
    assert cluster.call("GET", "/api/v1/namespaces/steps").body["metadata"]["labels"]["by-status"] == "yes"
