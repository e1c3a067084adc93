"""Functions of the cloud, and the secrets among their variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Finding, observed
from breachway.mapping.containers.secret_patterns import is_secret_literal, is_secret_name
from breachway.mapping.containers.secrets import map_secret

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder
    from breachway.sources.decoding import Value
    from breachway.sources.terraform.resources import AccessKey, LambdaFunction

_KEY = re.compile(r"\$\{(aws_iam_access_key\.[\w-]{1,200}(?:\[[^\]]{0,100}\])?)\.(secret|ses_smtp_password_v4|id)\}")
_SENSITIVE = frozenset({"secret", "ses_smtp_password_v4"})


def key_secret_id(key: AccessKey) -> str:
    """The asset id of an access key that Terraform makes, by the user it is for."""
    user = key.user.value if key.user is not None else key.cloud_name
    return f"aws:Secret:access-key/{user}"


def map_functions(
    builder: ModelBuilder, functions: tuple[LambdaFunction, ...], keys: tuple[AccessKey, ...], account: str
) -> tuple[tuple[str, str], ...]:
    """Add the functions with their secrets; gives each by its ARN."""
    by_address = {key.terraform_address: key for key in keys}
    found = []
    for function in functions:
        evidence = observed(function.location, f"function {function.cloud_name}")
        asset = builder.asset(
            "CloudFunction",
            f"aws:CloudFunction:{function.cloud_name}",
            f"function {function.cloud_name}",
            platform="aws",
            evidence=evidence,
            boundary=account,
        )
        builder.link("OwnsFunction", account, asset, evidence)
        for environment in function.environment:
            for name, value in environment.variables.entries if environment.variables else ():
                secret = _secret(builder, function, name, value, by_address, account)
                if secret:
                    note = f"{name} is a variable of function {function.cloud_name}"
                    builder.link("GivenSecret", asset, secret, observed(value.location, note))
        found.append((function.cloud_arn, asset))
    return tuple(found)


def _secret(
    builder: ModelBuilder,
    function: LambdaFunction,
    name: str,
    value: Value[str],
    keys: dict[str, AccessKey],
    account: str,
) -> str:
    """The secret that a variable holds, "" for none: whatever its value comes from, the function's configuration shows it."""
    key = _KEY.fullmatch(value.value)
    if key is not None:
        made = keys.get(key.group(1))
        if made is None or key.group(2) not in _SENSITIVE:
            return ""
        return map_key(builder, made, account)
    literal = is_secret_literal(name, value.value)
    if not literal and not (is_secret_name(name) and "${" in value.value):
        return ""
    stands = Finding(0.0, observed(value.location, f"the value of {name} stands in this file"))
    secret = f"aws:Secret:function/{function.cloud_name}/{name}"
    return map_secret(
        builder,
        secret,
        f"{name} of function {function.cloud_name}",
        platform="aws",
        evidence=observed(value.location, f"{name} of function {function.cloud_name}"),
        boundary=account,
        exposed={"notInRepository": stands} if literal else {},
    )


def map_key(builder: ModelBuilder, key: AccessKey, account: str) -> str:
    """Add the secret half of an access key."""
    user = key.user.value if key.user is not None else key.cloud_name
    evidence = observed(key.location, f"access key of user {user}")
    return map_secret(
        builder, key_secret_id(key), f"access key of {user}", platform="aws", evidence=evidence, boundary=account, exposed={}
    )
