"""Projects of Google Cloud in Terraform: service accounts, and what roles that are bound to them allow.

Source: Google Cloud documentation, IAM basic and predefined roles reference.  A role that is not listed here is said and not
modelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.cloud.aws_parts import of_type
from breachway.mapping.cloud.stores import everyone
from breachway.mapping.containers.grounds import Finding, believe, observed, settle
from breachway.mapping.containers.secrets import map_secret
from breachway.mapping.ecs.beliefs import CONDITIONS_HOLD_BACK
from breachway.mapping.ecs.grants import DEFENCES
from breachway.mapping.kubernetes.index import CLUSTER_ID
from breachway.model import CrownJewel
from breachway.sources.decoding import value_or
from breachway.sources.terraform.resources import GoogleGrant, GoogleServiceAccount, GoogleStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.sources.decoding import Value
    from breachway.sources.terraform.objects import TerraformRoot

_ADMIN_VALUE = 9
_STORE_VALUE = 7
_STORE_READERS = frozenset({"storage.objectViewer", "storage.objectUser", "storage.objectAdmin", "storage.admin", "editor"})
_STORE_WRITERS = frozenset({"storage.objectUser", "storage.objectAdmin", "storage.objectCreator", "storage.admin", "editor"})
_SECRET_READERS = frozenset({"secretmanager.secretAccessor", "secretmanager.admin"})
_BECOMERS = frozenset({"iam.serviceAccountTokenCreator", "iam.serviceAccountKeyAdmin", "iam.serviceAccountAdmin"})
_MACHINE_OWNERS = frozenset(
    {"compute.admin", "compute.instanceAdmin", "compute.instanceAdmin.v1", "compute.osAdminLogin", "editor"}
)
_CLUSTER_OWNERS = frozenset({"owner", "editor", "container.admin"})
_BY_OTHERS = frozenset({"iam.workloadIdentityUser"})
_HARMLESS = frozenset(
    {
        "artifactregistry.reader", "autoscaling.metricsWriter", "container.defaultNodeServiceAccount", "logging.logWriter",
        "monitoring.metricWriter", "monitoring.viewer", "stackdriver.resourceMetadata.writer",
    }
)  # fmt: skip
_KNOWN = (
    _STORE_READERS | _STORE_WRITERS | _SECRET_READERS | _BECOMERS | _MACHINE_OWNERS | _CLUSTER_OWNERS | _BY_OTHERS | _HARMLESS
)
_EVERYONE = frozenset({"allUsers", "allAuthenticatedUsers"})


class _Holdings(NamedTuple):
    """What there is to be granted, by asset: buckets and secrets by their name, service accounts by their address."""

    account: str
    stores: dict[str, str]
    secrets: dict[str, str]
    identities: dict[str, str]


def map_google(builder: ModelBuilder, roots: tuple[TerraformRoot, ...]) -> None:
    """Map the service accounts, stores, secrets and grants of Google Cloud."""
    accounts = of_type(roots, GoogleServiceAccount)
    stores = of_type(roots, GoogleStore)
    grants = of_type(roots, GoogleGrant)
    if not accounts and not stores and not grants:
        return
    everything: tuple[GoogleServiceAccount | GoogleStore | GoogleGrant, ...] = (*accounts, *stores, *grants)
    first = everything[0]
    projects = (value_or(item.project, "") for item in everything)
    project = next((found for found in projects if found and "${" not in found), "project")
    holdings = _holdings(builder, project, accounts, stores, first.location)
    unknown: set[str] = set()
    for grant in grants:
        role = value_or(grant.role, "").removeprefix("roles/")
        if role not in _KNOWN:
            unknown.add(value_or(grant.role, "a role that is not known"))
        elif role not in _BY_OTHERS | _HARMLESS:
            _Grant(builder, holdings, grant, role).map()
    if unknown:
        builder.note(f"Roles of Google Cloud that are bound and not modelled: {', '.join(sorted(unknown))}.")


def _holdings(
    builder: ModelBuilder,
    project: str,
    accounts: tuple[GoogleServiceAccount, ...],
    stores: tuple[GoogleStore, ...],
    location: Location,
) -> _Holdings:
    found = observed(location, f"resources of project {project}")
    name = f"Google Cloud project {project}" if project != "project" else "the Google Cloud project"
    account = builder.asset("CloudAccount", f"gcp:CloudAccount:{project}", name, platform="gcp", evidence=found)
    title = "administration of the Google Cloud project"
    builder.crown_jewel(CrownJewel(asset=account, step="admin", title=title, value=_ADMIN_VALUE, evidence=found))
    identities: dict[str, str] = {}
    for item in accounts:
        address = f"{item.cloud_name}@{value_or(item.project, project)}.iam.gserviceaccount.com"
        seen = observed(item.location, f"service account {address}")
        role = builder.asset("CloudRole", f"gcp:CloudRole:{address}", address, platform="gcp", evidence=seen, boundary=account)
        builder.link("OwnsRole", account, role, seen)
        identities[address] = role
    holdings = _Holdings(account, {}, {}, identities)
    for store in stores:
        _keep(builder, holdings, store)
    return holdings


def _keep(builder: ModelBuilder, holdings: _Holdings, item: GoogleStore) -> None:
    account, name = holdings.account, item.cloud_name
    if item.resource_type == "google_secret_manager_secret":
        seen = observed(item.location, f"secret {name}")
        asset = f"gcp:Secret:{name}"
        title = f"secret {name}"
        map_secret(builder, asset, title, platform="gcp", evidence=seen, boundary=account, exposed={}, title=title)
        builder.link("OwnsSecret", account, asset, seen)
        holdings.secrets[name] = asset
        return
    seen = observed(item.location, f"bucket {name}")
    own = f"gcp:DataStore:gcs/{name}"
    asset = builder.asset("DataStore", own, f"bucket {name}", platform="gcp", evidence=seen, boundary=account)
    builder.link("OwnsStore", account, asset, seen)
    title = f"the data in bucket {name}"
    builder.crown_jewel(CrownJewel(asset=asset, step="readData", title=title, value=_STORE_VALUE, evidence=seen))
    holdings.stores[name] = asset


class _Grant:
    """One binding of one role to its members: one grant, which all of them hold."""

    def __init__(self, builder: ModelBuilder, holdings: _Holdings, grant: GoogleGrant, role: str) -> None:
        self.builder = builder
        self.holdings = holdings
        self.grant = grant
        self.role = role
        self.place = grant.role.location if grant.role is not None else grant.location
        self.found = observed(self.place, f"role {role}")
        self.findings: dict[str, Finding] = {}

    def map(self) -> None:
        """Add the grant if anybody in the model holds it."""
        holders = tuple(self.holders())
        if not holders:
            return
        name = f"gcp:PolicyGrant:{self.grant.terraform_address}"
        account = self.holdings.account
        asset = self.builder.asset(
            "PolicyGrant", name, f"role {self.role}", platform="gcp", evidence=self.found, boundary=account
        )
        self.builder.link("GrantsOn", asset, account, self.found)
        for holder, seen in holders:
            self.builder.link("Holds", holder, asset, seen)
        self.allow(asset)
        kept = Finding(1.0, observed(self.place, f"role {self.role} allows nothing of the kind"))
        settle(self.builder, asset, {defence: self.findings.get(defence, kept) for defence in DEFENCES})
        if self.role in _CLUSTER_OWNERS and self.on_project and self.builder.has(CLUSTER_ID) and not self.grant.condition:
            for holder, seen in holders:
                if self.builder.kind_of(holder) == "CloudRole":
                    self.builder.link("AdministersCluster", holder, CLUSTER_ID, (*seen, *self.found))

    @property
    def on_project(self) -> bool:
        """Whether the role is bound on the whole project."""
        return self.grant.resource_type.startswith("google_project")

    def holders(self) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
        """The members that are in the model: service accounts, everyone, ServiceAccounts of a workload pool."""
        for member in (*self.grant.members, *((self.grant.member,) if self.grant.member is not None else ())):
            kind, _, name = member.value.partition(":")
            seen = observed(member.location, f"{self.role} is bound to {member.value}")
            if member.value in _EVERYONE:
                yield everyone(self.builder, member.location), seen
            elif kind == "serviceAccount" and name.endswith("]"):
                account = f"kubernetes:ServiceAccount:{name.partition('[')[2].rstrip(']')}"
                if self.builder.has(account):
                    yield account, seen
            elif kind == "serviceAccount":
                yield self.identity(name, member), seen

    def identity(self, address: str, member: Value[str]) -> str:
        """The asset of a service account."""
        seen = observed(member.location, f"service account {address}")
        return self.builder.asset("CloudRole", f"gcp:CloudRole:{address}", address, platform="gcp", evidence=seen)

    def allow(self, asset: str) -> None:
        """Join the grant with what its role is about, within the resource that it is bound on."""
        stores, secrets, identities = self.holdings.stores, self.holdings.secrets, self.holdings.identities
        bucket, target = value_or(self.grant.bucket, ""), value_or(self.grant.service_account_id, "").rpartition("/")[2]
        on_stores = stores.values() if self.on_project else tuple(filter(None, (stores.get(bucket),)))
        on_identities = identities.values() if self.on_project else tuple(filter(None, (identities.get(target),)))
        machines = tuple(right for right in self.builder.ids_of_kind("NodePool") if self.on_project)
        if self.role == "owner":
            self.findings["noAdministration"] = self.off()
        if self.role in _STORE_READERS:
            self.join(asset, "noStoreReading", "ReadsStore", on_stores)
        if self.role in _STORE_WRITERS:
            self.join(asset, "noStoreDeletion", "ChangesStore", on_stores)
        if self.role in _SECRET_READERS and self.on_project:
            self.join(asset, "noCloudSecretReading", "ReadsCloudSecret", secrets.values())
        if self.role in _BECOMERS:
            self.join(asset, "noRoleAssumption", "MayAssume", on_identities)
        if self.role in _MACHINE_OWNERS:
            self.join(asset, "noInstanceCommand", "Commands", machines)

    def join(self, asset: str, defence: str, association: str, targets: Iterable[str]) -> None:
        """Tie the grant to the targets, and take the defence away if there are any."""
        for target in targets:
            self.builder.link(association, asset, target, self.found)
            self.findings[defence] = self.off()

    def off(self) -> Finding:
        """The state of a defence that the role takes away, unless a condition keeps it."""
        if self.grant.condition:
            return believe(self.builder, CONDITIONS_HOLD_BACK, self.place, f"{self.role} is bound under a condition")
        return Finding(0.0, self.found)
