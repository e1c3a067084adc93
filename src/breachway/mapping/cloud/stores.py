"""Buckets and tables: those declared, those that policies name, who reads them by their own policy, what lies in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.mapping.cloud.beliefs import PUBLIC_ACCESS_BLOCKED
from breachway.mapping.cloud.functions import map_key
from breachway.mapping.containers.grounds import Finding, believe, defaulted, observed, settle
from breachway.mapping.ecs.beliefs import CONDITIONS_HOLD_BACK
from breachway.mapping.ecs.grants import DEFENCES
from breachway.mapping.ecs.iam import Answer, decide, rule_of
from breachway.mapping.places import INTERNET_ID
from breachway.model import CrownJewel
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.cloud.aws_parts import AwsParts
    from breachway.mapping.ecs.iam import Rule
    from breachway.mapping.ecs.roles import RoleView
    from breachway.sources.ecs.iam import IamPolicy, IamPrincipal, IamStatement
    from breachway.sources.terraform.objects import StateBucket, TerraformRoot
    from breachway.sources.terraform.resources import Bucket, BucketAcl, PublicAccessBlock

_STORE_ARN = re.compile(
    r"arn:aws[a-z-]{0,12}:(s3|dynamodb):[a-z0-9-]{0,25}:[0-9]{0,12}:(?:table/)?([A-Za-z0-9][A-Za-z0-9._-]{1,254})"
)
_STORE_VALUE = 7
_STATE = "Terraform documentation, Sensitive data in state"
_EVERYONE = "internet:Anybody:everyone"
_PUBLIC_ACLS = frozenset({"public-read", "public-read-write"})
_READ = ("s3:GetObject",)
_CHANGE = ("s3:PutObject", "s3:DeleteObject")


def store_id(names: str) -> str:
    """The asset id of a store: ``s3/bucket`` or ``dynamodb/table``."""
    return f"aws:DataStore:{names}"


def map_stores(
    builder: ModelBuilder, statements: Iterable[IamStatement], parts: AwsParts | None, account: str
) -> tuple[tuple[str, str], ...]:
    """Add the buckets and tables that policies name or Terraform declares; gives ARN and asset.

    A policy on every bucket is on one more, which stands for those that are not in the input.
    """
    found: dict[str, str] = {}
    for bucket in parts.buckets if parts else ():
        arn = f"arn:aws:s3:::{bucket.cloud_name}/*"
        note = f"bucket {bucket.cloud_name}"
        found[arn] = _store(builder, f"s3/{bucket.cloud_name}", note, observed(bucket.location, note), account)
    for statement in statements:
        for resource in statement.resources:
            match = _STORE_ARN.match(resource.value)
            if match is None:
                continue
            kind, name = match.groups()
            arn = f"arn:aws:s3:::{name}/*" if kind == "s3" else f"arn:aws:dynamodb:*:{account.rpartition(':')[2]}:table/{name}"
            if arn not in found:
                title = f"{'bucket' if kind == 's3' else 'table'} {name}"
                seen = observed(resource.location, f"a policy names {title}")
                found[arn] = _store(builder, f"{kind}/{name}", title, seen, account)
        actions = [item.value.lower() for item in statement.actions]
        everywhere = next((item for item in statement.resources if item.value == "*"), None)
        if everywhere is not None and any(action.startswith("s3:") for action in actions):
            title = "every bucket of the account"
            seen = observed(everywhere.location, f"a policy names {title}")
            found.setdefault("arn:aws:s3:::every-bucket-of-the-account/object", _store(builder, "s3/*", title, seen, account))
    return tuple(sorted(found.items()))


def stores_by_bucket(stores: tuple[tuple[str, str], ...]) -> dict[str, tuple[tuple[str, str], ...]]:
    """The stores that are buckets, by name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for arn, asset in stores:
        if arn.startswith("arn:aws:s3:::"):
            found.setdefault(arn.removeprefix("arn:aws:s3:::").partition("/")[0], []).append((arn, asset))
    return {name: tuple(items) for name, items in found.items()}


def _store(builder: ModelBuilder, names: str, title: str, found: tuple[Evidence, ...], account: str) -> str:
    store = builder.asset("DataStore", store_id(names), title, platform="aws", evidence=found, boundary=account)
    builder.link("OwnsStore", account, store, found)
    builder.crown_jewel(
        CrownJewel(asset=store, step="readData", title=f"the data in {title}", value=_STORE_VALUE, evidence=found)
    )
    return store


# -------------------------------------------------------------------------------------------------------- policies of buckets


def map_bucket_policies(builder: ModelBuilder, parts: AwsParts, identities: tuple[RoleView, ...], account: str) -> None:
    """Add what the policies and access lists of buckets themselves allow, to everyone or to roles and users by name."""
    blocks = {value_or(item.bucket, ""): item for item in parts.blocks}
    for bucket, policy in parts.bucket_policies:
        if not builder.has(store_id(f"s3/{bucket}")):
            continue
        public = _public(blocks.get(bucket), "block_public_policy", "restrict_public_buckets")
        rules = tuple((statement, rule_of(statement)) for statement in policy.statements)
        for holder, own in _by_holder(builder, rules, identities, public=public is not False):
            denials = tuple(rule for statement, rule in rules if not rule.allow and _speaks_of(statement, holder, identities))
            _Opening(builder, bucket, account, certain=public is True or holder != _EVERYONE).by_policy(
                holder, own, denials, policy
            )
    lists: tuple[Bucket | BucketAcl, ...] = (*parts.buckets, *parts.acls)
    for acl in lists:
        name = value_or(acl.bucket, acl.cloud_name)
        public = _public(blocks.get(name), "block_public_acls", "ignore_public_acls")
        if acl.acl is not None and acl.acl.value in _PUBLIC_ACLS and public is not False and builder.has(store_id(f"s3/{name}")):
            opening = _Opening(builder, name, account, certain=public is True)
            opening.by_list(acl.acl.location, write=acl.acl.value == "public-read-write")


def _public(block: PublicAccessBlock | None, *switches: str) -> bool | None:
    """Whether a bucket may be public; None where no block is in the input, or a switch of it is not known."""
    if block is None:
        return None
    values = [value_or(getattr(block, switch), "false") for switch in switches]
    if "true" in values:
        return False
    return True if all(value == "false" for value in values) else None


def denials_of_buckets(parts: AwsParts | None) -> tuple[Rule, ...]:
    """The statements of bucket policies that refuse everybody something: they bear on every identity's own policies."""
    statements = (item for _, policy in (parts.bucket_policies if parts else ()) for item in policy.statements)
    refusals = (item for item in statements if item.effect is not None and item.effect.value.lower() == "deny")
    return tuple(rule_of(item) for item in refusals if any(_is_everyone(principal) for principal in item.principals))


def _is_everyone(principal: IamPrincipal) -> bool:
    return principal.kind == "*" or (principal.kind == "AWS" and principal.name.value == "*")


def _by_holder(
    builder: ModelBuilder,
    rules: tuple[tuple[IamStatement, Rule], ...],
    identities: tuple[RoleView, ...],
    *,
    public: bool,
) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    """Each holder that a statement allows something, with its statements; "" stands for everyone."""
    by_arn = {view.arn: view.asset for view in identities}
    found: dict[str, list[Rule]] = {}
    for statement, rule in rules:
        if not rule.allow:
            continue
        for principal in statement.principals:
            if _is_everyone(principal):
                if public:
                    found.setdefault("", []).append(rule)
            elif principal.kind == "AWS" and principal.name.value in by_arn:
                found.setdefault(by_arn[principal.name.value], []).append(rule)
    for holder in sorted(found):
        yield holder or everyone(builder, found[holder][0].location), tuple(found[holder])


def _speaks_of(statement: IamStatement, holder: str, identities: tuple[RoleView, ...]) -> bool:
    arn = next((view.arn for view in identities if view.asset == holder), "*")
    return any(item.kind == "*" or item.name.value in {"*", arn} for item in statement.principals)


def everyone(builder: ModelBuilder, location: Location) -> str:
    """Everyone on the internet, as policies mean it by ``*``."""
    found = observed(location, "the principal is everyone")
    builder.asset("Anybody", _EVERYONE, "everyone", platform="internet", evidence=found)
    builder.link("AsAnybody", INTERNET_ID, _EVERYONE, found)
    return _EVERYONE


class _Opening:
    """What one bucket itself allows a holder; ``certain`` is false where a public access block may keep everyone out."""

    def __init__(self, builder: ModelBuilder, bucket: str, account: str, *, certain: bool) -> None:
        self.builder = builder
        self.bucket = bucket
        self.account = account
        self.certain = certain

    def by_policy(self, holder: str, rules: tuple[Rule, ...], denials: tuple[Rule, ...], policy: IamPolicy) -> None:
        """Add what the statements of the bucket's policy about this holder allow."""
        findings: dict[str, Finding] = {}
        for defence, actions in (("noStoreReading", _READ), ("noStoreDeletion", _CHANGE)):
            decisions = [decide(rules, denials, action, f"arn:aws:s3:::{self.bucket}/*") for action in actions]
            allowed = [item for item in decisions if item.answer is Answer.ALLOWED]
            possible = [item for item in decisions if item.possible]
            if allowed:
                findings[defence] = self.off(allowed[0].location or policy.location, "the bucket's own policy allows it")
            elif possible:
                place = possible[0].location or policy.location
                note = "the bucket's policy allows it under a condition"
                findings[defence] = believe(self.builder, CONDITIONS_HOLD_BACK, place, note)
        self.open(holder, observed(policy.location, f"policy of bucket {self.bucket}"), findings)

    def by_list(self, location: Location, *, write: bool) -> None:
        """Add what a public access list allows everyone."""
        opened = self.off(location, "the access list opens the bucket to everyone")
        findings = {"noStoreReading": opened, **({"noStoreDeletion": opened} if write else {})}
        self.open(everyone(self.builder, location), observed(location, "a public access list"), findings)

    def off(self, location: Location, note: str) -> Finding:
        """The state of a defence that the bucket gives up."""
        if self.certain:
            return Finding(0.0, observed(location, note))
        finding = believe(self.builder, PUBLIC_ACCESS_BLOCKED, location)
        return finding._replace(evidence=(*observed(location, note), *finding.evidence))

    def open(self, holder: str, found: tuple[Evidence, ...], findings: dict[str, Finding]) -> None:
        """Add the grant, if it allows anything."""
        if findings:
            grant = _grant(self.builder, self.bucket, holder, found, self.account)
            _settle(self.builder, self.bucket, grant, findings)


def _grant(builder: ModelBuilder, bucket: str, holder: str, found: tuple[Evidence, ...], account: str) -> str:
    grant = builder.asset(
        "PolicyGrant",
        f"aws:PolicyGrant:bucket/{bucket}/{holder.split(':', 2)[-1]}",
        f"policy of bucket {bucket}",
        platform="aws",
        evidence=found,
        boundary=account,
    )
    builder.link("Holds", holder, grant, found)
    builder.link("GrantsOn", grant, account, found)
    return grant


def _settle(builder: ModelBuilder, bucket: str, grant: str, findings: dict[str, Finding]) -> None:
    store = store_id(f"s3/{bucket}")
    for defence, association in (("noStoreReading", "ReadsStore"), ("noStoreDeletion", "ChangesStore")):
        if defence in findings:
            builder.link(association, grant, store, findings[defence].evidence)
    safe = Finding(1.0, builder.evidence_of(grant))
    settle(builder, grant, {name: findings.get(name, safe) for name in DEFENCES})


# ------------------------------------------------------------------------------------------------------- what lies in a store


def map_state(builder: ModelBuilder, roots: tuple[TerraformRoot, ...], parts: AwsParts, account: str) -> None:
    """Add the access keys that Terraform makes: whom they are for, and the bucket whose state holds them in clear text.

    The state holds the values of secrets that Terraform writes, too.
    """
    users = {user.name for user in parts.users}
    states = {root.folder: root.state for root in roots}
    for key in parts.keys:
        secret = map_key(builder, key, account)
        user = value_or(key.user, "")
        if user in users:
            builder.link("Unlocks", secret, f"aws:CloudUser:{user}", observed(key.location, f"an access key of user {user}"))
        state = states.get(key.root_folder)
        if state is not None and key.pgp_key is None:
            _hold(builder, state, secret, observed(key.location, f"Terraform makes a key of user {user}"), account)
    by_arn = {secret.cloud_arn: secret.cloud_name for secret in parts.secrets}
    for version in parts.secret_versions:
        state, name = states.get(version.root_folder), by_arn.get(value_or(version.secret_id, ""))
        if state is not None and name is not None and version.secret_string is not None:
            found = observed(version.secret_string.location, f"Terraform writes the secret {name}")
            _hold(builder, state, f"aws:Secret:{name.lstrip('/')}", found, account)


def _hold(builder: ModelBuilder, state: StateBucket, secret: str, found: tuple[Evidence, ...], account: str) -> None:
    """Say that the bucket of a state holds a secret."""
    seen = defaulted(state.bucket.location, "the state of this configuration holds it in clear text", _STATE)
    name = state.bucket.value
    store = f"gcp:DataStore:gcs/{name}" if state.kind == "gcs" else store_id(f"s3/{name}")
    if state.kind == "gcs":
        builder.asset("DataStore", store, f"bucket {name}", platform="gcp", evidence=seen)
    elif not builder.has(store):
        _store(builder, f"s3/{name}", f"bucket {name}", seen, account)
    builder.link("HoldsSecret", store, secret, (*found, *seen))
