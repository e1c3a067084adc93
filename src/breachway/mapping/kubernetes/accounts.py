"""ServiceAccounts, the tokens that pods hold, and the cloud roles that stand behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.cloud.beliefs import AGENT_RUNS
from breachway.mapping.cloud.facts import NO_CLOUD
from breachway.mapping.containers.grounds import believe, defaulted, observed
from breachway.mapping.kubernetes.cloud.identities import AZURE_LABEL, CloudIdentities
from breachway.mapping.kubernetes.declared import name_of, namespace_of
from breachway.mapping.kubernetes.index import namespace_id, service_account_id
from breachway.mapping.kubernetes.judging import API, PLATFORM, Judge
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import ServiceAccount

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.cloud.facts import CloudFacts
    from breachway.mapping.kubernetes.cloud.identities import Federation
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.secrets import SecretMapper
    from breachway.mapping.kubernetes.views import PodView
    from breachway.sources.decoding import Value

DEFAULT_ACCOUNT = "default"
_AZURE_USE = "azure.workload.identity/use"
_NODE_AGENT_ROLE = "iam.amazonaws.com/role"
_LONG_LIFE = 86_400


def cloud_role_id(platform: str, name: str) -> str:
    """The asset id of an identity in a cloud; an AWS role goes by its name, however the ARN is written."""
    return f"{platform}:CloudRole:{name.rpartition('/')[2] if platform == 'aws' else name}"


class AccountMapper:
    """Maps ServiceAccounts and says who holds their tokens."""

    def __init__(self, builder: ModelBuilder, declared: Declared, facts: CloudFacts = NO_CLOUD) -> None:
        self._builder = builder
        self._declared = declared
        self._cloud = CloudIdentities(facts, declared)
        self._federated: dict[tuple[str, str], tuple[Federation, ...]] = {}
        self.known: dict[tuple[str, str], str] = {}

    def map_declared(self) -> None:
        """Add the accounts of the input."""
        for account in self._declared.of(ServiceAccount):
            namespace, name = namespace_of(account.metadata), name_of(account.metadata)
            self._add(namespace, name, observed(account.location, f"ServiceAccount {namespace}/{name}"))

    def _add(self, namespace: str, name: str, evidence: tuple[Evidence, ...]) -> str:
        asset = service_account_id(namespace, name)
        home = namespace_id(namespace)
        self.known[namespace, name] = asset
        self._builder.asset("ServiceAccount", asset, f"{namespace}/{name}", platform=PLATFORM, evidence=evidence, boundary=home)
        self._builder.link("Accounts", home, asset, evidence)
        self._federate(namespace, name, asset, evidence)
        return asset

    def _federate(self, namespace: str, name: str, asset: str, evidence: tuple[Evidence, ...]) -> None:
        """Tie an account to its identities of the cloud, and say whether the cloud takes its tokens."""
        found = self._cloud.of_account(namespace, name, self._declared.find(ServiceAccount, namespace, name))
        self._federated[namespace, name] = found
        if not found:
            location = evidence[0].location
            self._builder.defence(asset, "cloudRefuses", 1.0, observed(location, "no identity of a cloud is tied to the account"))
        for item in found:
            if item.agrees is False:
                self._builder.defence(asset, "cloudRefuses", 1.0, item.evidence)
                continue
            role = self._cloud_role(item.platform, item.name, item.evidence)
            self._builder.link("FederatesTo", asset, role, item.evidence)
            if item.agrees:
                self._builder.defence(asset, "cloudRefuses", 0.0, item.evidence)
            else:
                finding = believe(self._builder, item.belief, item.location)
                seen = (*item.evidence, *finding.evidence)
                self._builder.defence(asset, "cloudRefuses", finding.probability, seen, assumption=finding.assumption)

    def _cloud_role(self, platform: str, name: str, evidence: tuple[Evidence, ...]) -> str:
        short = name.rpartition("/")[2]
        return self._builder.asset("CloudRole", cloud_role_id(platform, name), short, platform=platform, evidence=evidence)

    def map_token_secrets(self, secrets: SecretMapper) -> None:
        """Tie Secrets that hold a token to the account they speak for."""
        for account, secret, found in secrets.tokens:
            namespace, _, name = account.rpartition(":")[2].partition("/")
            owner = self.known.get((namespace, name)) or self._add(namespace, name, found)
            self._builder.link("HasTokenSecret", owner, secret, found)
            self._builder.link("Unlocks", secret, owner, found)

    # ------------------------------------------------------------------------------------------------------------------- pods

    def map_identity(self, judge: Judge, pod: PodView) -> tuple[str, str, bool]:
        """Say as whom a workload acts; give the account's name, its asset, and whether the pods hold a token of it."""
        spec, namespace = pod.spec, pod.template.namespace
        named = spec.service_account_name or spec.service_account
        name = value_or(named, "") or DEFAULT_ACCOUNT
        found = (
            observed(named.location, f"serviceAccountName: {name}")
            if named is not None
            else defaulted(spec.location, "serviceAccountName is not set; the default is the account default", API)
        )
        asset = self.known.get((namespace, name)) or self._add(namespace, name, found)
        self._builder.link("As", judge.asset, asset, found)
        mounted = self._token(judge, pod, self._declared.find(ServiceAccount, namespace, name))
        if mounted and name == DEFAULT_ACCOUNT:
            judge.weak("default-service-account", found)
        if named is not None and name != DEFAULT_ACCOUNT and self._declared.find(ServiceAccount, namespace, name) is None:
            judge.weak(
                "nonexistent-service-account", observed(named.location, f"no ServiceAccount {namespace}/{name} in the input")
            )
        self._carry(judge, pod, name, asset)
        return name, asset, mounted

    def _token(self, judge: Judge, pod: PodView, account: ServiceAccount | None) -> bool:
        """Whether a token for the API server is in the pods.

        The pod decides, then the account, then the default, which is yes.
        """
        key, defence = "sa-token-automounted", "tokenNotMounted"
        own = pod.spec.automount_service_account_token
        inherited = account.automount_service_account_token if account else None
        projected = _projected_token(judge, pod)
        if own is not None and own.value:
            judge.weak(key, observed(own.location, "automountServiceAccountToken: true"), defence)
            return True
        if own is None and inherited is None:
            note = "automountServiceAccountToken is set neither on the pod nor on its account; the default is true"
            judge.weak(key, defaulted(pod.location, note, API), defence)
            return True
        if own is None and inherited is not None and inherited.value:
            judge.weak(key, observed(inherited.location, "automountServiceAccountToken: true on the account"), defence)
            return True
        decided = own or inherited
        if projected is not None:
            judge.off(observed(projected, "a projected volume holds a token for the API server"), defence)
            return True
        if decided is not None:
            judge.safe(key, observed(decided.location, "automountServiceAccountToken: false"), defence)
        return False

    def _carry(self, judge: Judge, pod: PodView, account: str, asset: str) -> None:
        """Cloud roles arrive by a token or an agent of their own, whether or not the API token is mounted."""
        federated = self._federated.get((pod.template.namespace, account), ())
        carried = [item for item in federated if item.platform != "azure" or pod.labels.get(_AZURE_USE) == "true"]
        if any(item.agrees is not False for item in carried):
            found = observed(pod.location, f"its pods get a token of {account} for the cloud")
            self._builder.link("CarriesCloudToken", judge.asset, asset, found)
        annotations = pod.template.workload.pod_template.metadata.annotations
        value: Value[str] | None = (
            annotations.get(_NODE_AGENT_ROLE) if annotations and _NODE_AGENT_ROLE in pod.annotations else None
        )
        if value is not None and value.value:
            found = observed(value.location, f"{_NODE_AGENT_ROLE}: {value.value}")
            self._by_agent(judge, "aws", value.value, found, self._cloud.node_agent())
        label = pod.labels.get(AZURE_LABEL, "")
        for client, place in self._cloud.of_label(pod.template.namespace, label) if label else ():
            found = observed(place, f"pods labelled {AZURE_LABEL}: {label} get the identity {client}")
            self._by_agent(judge, "azure", client, found, self._cloud.azure_agent())

    def _by_agent(self, judge: Judge, platform: str, name: str, found: tuple[Evidence, ...], agent: Location | None) -> None:
        """A role that an agent on the nodes hands out: observed where it runs, else on the assumption that it does."""
        seen = (
            observed(agent, "the agent that hands it out runs")
            if agent
            else believe(self._builder, AGENT_RUNS, found[0].location).evidence
        )
        self._builder.link("Carries", judge.asset, self._cloud_role(platform, name, found), (*found, *seen))


def _projected_token(judge: Judge, pod: PodView) -> Location | None:
    """Judge the life of projected tokens; give the place of one that the API server itself accepts (no other audience)."""
    found: Location | None = None
    for volume in pod.spec.volumes:
        for part in volume.projected.sources if volume.projected else ():
            token = part.service_account_token
            if token is None:
                continue
            life = token.expiration_seconds
            if life is not None and life.value > _LONG_LIFE:
                note = observed(life.location, f"expirationSeconds: {life.value}, more than a day")
                judge.weak("sa-token-long-expiry", note, detail=value_or(volume.name, ""))
            if token.audience is None or not token.audience.value:
                found = found or token.location
    return found
