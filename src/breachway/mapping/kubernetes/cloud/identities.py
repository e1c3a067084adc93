"""Which identity of a cloud stands behind a ServiceAccount or a pod, and whether the cloud's side agrees.

Sources: Amazon EKS user guide (IAM roles for service accounts; EKS Pod Identity), Google Kubernetes Engine documentation
(workload identity federation), Microsoft Entra Workload ID documentation, README files of kube2iam, kiam and aad-pod-identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.cloud.beliefs import AGENT_RUNS, TRUST_FITS
from breachway.mapping.cloud.trust import POD_IDENTITY, trusts_account, trusts_service
from breachway.mapping.containers.grounds import observed
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.sources.decoding import Value, value_or
from breachway.sources.kubernetes.cloud_objects import Association, AzureBinding, AzureIdentity, of_kind
from breachway.sources.kubernetes.objects import OtherObject, Workload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Evidence, Location
    from breachway.mapping.cloud.facts import CloudFacts
    from breachway.mapping.containers.grounds import Belief
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.sources.kubernetes.objects import ServiceAccount
    from breachway.sources.terraform.resources import GoogleGrant

_AWS_ROLE = "eks.amazonaws.com/role-arn"
_AWS_AUDIENCE = "eks.amazonaws.com/audience"
_GOOGLE_ACCOUNT = "iam.gke.io/gcp-service-account"
_AZURE_CLIENT = "azure.workload.identity/client-id"
_GOOGLE_USER = "roles/iam.workloadIdentityUser"
_DEFAULT_AUDIENCE = "sts.amazonaws.com"
_POD_IDENTITY_AGENT = "eks-pod-identity-agent"
_NODE_AGENTS = ("kube2iam", "kiam")
_AZURE_AGENT = "aad-pod-identity/nmi"
AZURE_LABEL = "aadpodidbinding"


class Federation(NamedTuple):
    """An identity that an account may take in exchange for its token.

    ``agrees`` says whether the cloud's side lets it: None where nothing shows it, and then ``belief`` is what that rests on.
    """

    platform: str
    name: str
    evidence: tuple[Evidence, ...]
    location: Location
    agrees: bool | None
    belief: Belief = TRUST_FITS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Associated:
    role: Value[str]
    location: Location


class CloudIdentities:
    """Answers by account and by pod."""

    def __init__(self, facts: CloudFacts, declared: Declared) -> None:
        self._facts = facts
        others = declared.of(OtherObject)
        self._images = tuple(_images(declared))
        self._associations: dict[tuple[str, str], list[_Associated]] = {}
        for entry in facts.pod_identities:
            self._associate(entry.namespace, entry.service_account, entry.role_arn)
        for item in others:
            stated = of_kind(item, Association)
            if stated is not None:
                self._associate(stated.spec.namespace, stated.spec.service_account, stated.spec.role_arn)
        self._azure = _azure_identities(others)
        self._bindings = tuple(
            (namespace_of(item.metadata), found) for item in others if (found := of_kind(item, AzureBinding)) is not None
        )

    def _associate(self, namespace: Value[str] | None, account: Value[str] | None, role: Value[str] | None) -> None:
        if namespace is not None and account is not None and role is not None:
            key = (namespace.value, account.value)
            self._associations.setdefault(key, []).append(_Associated(role=role, location=role.location))

    def of_account(self, namespace: str, name: str, account: ServiceAccount | None) -> tuple[Federation, ...]:
        """What an account may become; ``account`` is the object, if the input has it."""
        annotations = account.metadata.annotations if account is not None else None
        found: list[Federation] = []
        if annotations is not None:
            aws, google, azure = (annotations.get(key) for key in (_AWS_ROLE, _GOOGLE_ACCOUNT, _AZURE_CLIENT))
            if aws is not None and aws.value:
                found.append(self._by_web_identity(namespace, name, aws, annotations.get(_AWS_AUDIENCE)))
            if google is not None and google.value:
                found.append(self._by_google(namespace, name, google))
            if azure is not None and azure.value:
                found.append(self._by_azure(namespace, name, azure))
        found += [self._by_association(item) for item in self._associations.get((namespace, name), ())]
        return tuple(found)

    # --------------------------------------------------------------------------------------------------------------- accounts

    def _by_web_identity(self, namespace: str, name: str, role: Value[str], audience: Value[str] | None) -> Federation:
        seen = observed(role.location, f"{_AWS_ROLE}: {role.value}")
        declared = self._facts.role(role.value.rpartition("/")[2])
        if declared is None or not declared.trust:
            return Federation("aws", role.value, seen, role.location, agrees=None)
        told = trusts_account(declared.trust, namespace, name, value_or(audience, _DEFAULT_AUDIENCE))
        word = {True: "trusts", False: "does not trust", None: "may trust"}[told.agrees]
        seen = (*seen, *observed(told.location or declared.location, f"role {declared.name} {word} {namespace}/{name}"))
        return Federation("aws", role.value, seen, role.location, agrees=told.agrees)

    def _by_association(self, item: _Associated) -> Federation:
        """Pod Identity: the role must trust the service, and the agent must run on the nodes."""
        role = item.role.value
        seen = observed(item.location, f"EKS Pod Identity gives the account {role.rpartition('/')[2]}")
        declared = self._facts.role(role.rpartition("/")[2])
        trusted = trusts_service(declared.trust, POD_IDENTITY) if declared is not None and declared.trust else None
        if declared is not None and trusted is not None and trusted.agrees is False:
            seen = (*seen, *observed(declared.location, f"role {declared.name} does not trust {POD_IDENTITY}"))
            return Federation("aws", role, seen, item.location, agrees=False)
        agent = self._running(_POD_IDENTITY_AGENT) or next(
            (addon.location for addon in self._facts.addons if value_or(addon.addon_name, "") == _POD_IDENTITY_AGENT), None
        )
        if agent is None:
            return Federation("aws", role, seen, item.location, agrees=None, belief=AGENT_RUNS)
        seen = (*seen, *observed(agent, "the agent of EKS Pod Identity runs"))
        return Federation("aws", role, seen, item.location, agrees=None if trusted is None else trusted.agrees)

    def _by_google(self, namespace: str, name: str, account: Value[str]) -> Federation:
        seen = observed(account.location, f"{_GOOGLE_ACCOUNT}: {account.value}")
        clusters = self._facts.gke_clusters
        enabled = any(item.workload_identity_config or value_or(item.enable_autopilot, "") == "true" for item in clusters)
        if clusters and not enabled:
            off = observed(clusters[0].location, "workload identity is not enabled on the cluster")
            return Federation("gcp", account.value, (*seen, *off), account.location, agrees=False)
        member = f"[{namespace}/{name}]"
        grants = tuple(item for item in self._facts.google_grants if value_or(item.role, "") == _GOOGLE_USER)
        about = tuple(item for item in grants if _speaks_of(item, account.value))
        for grant in about:
            for value in (*grant.members, *((grant.member,) if grant.member else ())):
                if value.value.startswith("serviceAccount:") and value.value.endswith(member):
                    bound = observed(value.location, f"{_GOOGLE_USER} is bound to {member}")
                    return Federation("gcp", account.value, (*seen, *bound), account.location, agrees=True)
        return Federation("gcp", account.value, seen, account.location, agrees=None)

    def _by_azure(self, namespace: str, name: str, client: Value[str]) -> Federation:
        seen = observed(client.location, f"{_AZURE_CLIENT}: {client.value}")
        subject = f"system:serviceaccount:{namespace}:{name}"
        for item in self._facts.azure_federations:
            if item.subject is not None and item.subject.value == subject:
                trusted = observed(item.subject.location, f"a federated credential trusts {subject}")
                return Federation("azure", client.value, (*seen, *trusted), client.location, agrees=True)
        return Federation("azure", client.value, seen, client.location, agrees=None)

    # ------------------------------------------------------------------------------------------------------------------- pods

    def _running(self, *parts: str) -> Location | None:
        """Where a DaemonSet stands whose image's name holds one of these."""
        return next((place for image, place in self._images if any(part in image for part in parts)), None)

    def node_agent(self) -> Location | None:
        """The DaemonSet of kube2iam or kiam, which gives pods the roles that they name in an annotation."""
        return self._running(*_NODE_AGENTS)

    def azure_agent(self) -> Location | None:
        """The DaemonSet of the retired pod identity of Azure AD."""
        return self._running(_AZURE_AGENT)

    def of_label(self, namespace: str, label: str) -> Iterator[tuple[str, Location]]:
        """The identities of Azure that a binding gives to pods with a label; names the identity by its client."""
        for home, binding in self._bindings:
            selector, named = binding.spec.selector, binding.spec.azure_identity
            if home == namespace and selector is not None and selector.value == label and named is not None:
                identity = self._azure.get((namespace, named.value))
                client = identity.spec.client_id if identity is not None else None
                yield value_or(client, named.value), selector.location


def _images(declared: Declared) -> Iterator[tuple[str, Location]]:
    for workload in declared.of(Workload):
        if workload.kind == "DaemonSet":
            for container in workload.pod_template.spec.containers:
                if container.image is not None:
                    yield container.image.value, container.image.location


def _azure_identities(others: tuple[OtherObject, ...]) -> dict[tuple[str, str], AzureIdentity]:
    return {
        (namespace_of(item.metadata), name_of(item.metadata)): found
        for item in others
        if (found := of_kind(item, AzureIdentity)) is not None
    }


def _speaks_of(grant: GoogleGrant, account: str) -> bool:
    """Whether a grant is on the service account of this address."""
    return value_or(grant.service_account_id, "").rpartition("/")[2] == account
