"""Secrets: objects of the cluster, literals in specifications, and credentials in ConfigMaps; who is given them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Finding, observed
from breachway.mapping.containers.secret_patterns import has_token, is_placeholder, is_secret_literal, is_secret_name
from breachway.mapping.containers.secrets import map_secret
from breachway.mapping.kubernetes.declared import entries, name_of, namespace_of
from breachway.mapping.kubernetes.index import CLUSTER_ID, namespace_id, secret_id, service_account_id
from breachway.mapping.kubernetes.judging import PLATFORM, Judge
from breachway.model import CrownJewel
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import ConfigMap, Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.sources.decoding import Value

TOKEN_TYPE = "kubernetes.io/service-account-token"
_BOOTSTRAP_TYPE = "bootstrap.kubernetes.io/token"
_CREDENTIAL_TYPES = frozenset(
    {
        "kubernetes.io/basic-auth",
        "kubernetes.io/dockercfg",
        "kubernetes.io/dockerconfigjson",
        "kubernetes.io/ssh-auth",
        "kubernetes.io/tls",
    }
)
_ACCOUNT = "kubernetes.io/service-account.name"
_JEWEL_VALUE = 7
_KEY_VARIABLES = frozenset(
    {"AZURE_BATCH_KEY", "AZURE_STORAGE_KEY", "AZURE_COSMOS_KEY", "OCI_CLI_KEY_CONTENT", "DD_API_KEY", "DD_APP_KEY"}
)
"""Variables by which clients of clouds take a key, and whose names do not say that it is secret."""
_LONGEST = 1 << 18
"""How much of one entry of a ConfigMap is searched for credentials."""
_LINE = re.compile(r"[ \t]*(?:export[ \t]+|-[ \t]+|set[ \t]+)?[\"']?([A-Za-z_][\w.-]{1,99})[\"']?[ \t]*[:=][ \t]*([^\r\n]*)")
_MARKS = re.compile(r"passw|pwd|secret|token|key|credential|://|-----BEGIN|AKIA|ASIA", re.IGNORECASE)


class SecretMapper:
    """Maps secrets; ``at_rest`` gives the finding for encryption at rest of an object that stands at a place."""

    def __init__(self, builder: ModelBuilder, at_rest: Callable[[Location], Finding]) -> None:
        self._builder = builder
        self._at_rest = at_rest
        self.known: dict[tuple[str, str], str] = {}
        self.tokens: list[tuple[str, str, tuple[Evidence, ...]]] = []
        self._in_config_maps: dict[tuple[str, str], tuple[str, ...]] = {}

    # ----------------------------------------------------------------------------------------------------------------- objects

    def map_declared(self, declared: Declared) -> None:
        """Map the Secret and ConfigMap objects of the input."""
        for secret in declared.of(Secret):
            self._map_secret(secret)
        for config_map in declared.of(ConfigMap):
            self._map_config_map(config_map)

    def _map_secret(self, secret: Secret) -> None:
        namespace, name = namespace_of(secret.metadata), name_of(secret.metadata)
        values = [*(secret.data.entries if secret.data else ()), *(secret.string_data.entries if secret.string_data else ())]
        plain = [(key, value) for key, value in values if value.value.strip() and not _sealed(value.value)]
        named = f"Secret {namespace}/{name}"
        asset = self._add(namespace, name, observed(secret.location, named))
        judge = Judge(self._builder, asset, named)
        if plain:
            found = observed(plain[0][1].location, f"the manifest holds the value of {plain[0][0]}")
            judge.weak("secret-manifest-with-data", found, "notInRepository")
        self._by_type(judge, secret, namespace)
        telling = any(is_secret_name(key) or has_token(value.value) for key, value in plain)
        if telling or (plain and value_or(secret.type, "") in _CREDENTIAL_TYPES):
            self._jewel(asset, named, observed(plain[0][1].location, f"holds {plain[0][0]}"))
        self._by_keys(asset, named, secret)

    def _by_keys(self, asset: str, named: str, secret: Secret) -> None:
        """Judge a Secret of a live cluster, of which only keys and lengths are known: no file holds its values."""
        held = [item.key for item in secret.collected_keys if item.key is not None and value_or(item.length, 0) > 0]
        telling = next((key for key in held if is_secret_name(key.value)), None)
        if telling is None and held and value_or(secret.type, "") in _CREDENTIAL_TYPES:
            telling = held[0]
        if telling is not None:
            self._jewel(asset, named, observed(telling.location, f"holds {telling.value}"))

    def _by_type(self, judge: Judge, secret: Secret, namespace: str) -> None:
        kind = value_or(secret.type, "")
        if secret.type is None:
            return
        found = observed(secret.type.location, f"type: {kind}")
        if kind == TOKEN_TYPE:
            judge.weak("sa-token-secret-longlived", found)
            account = entries(secret.metadata.annotations).get(_ACCOUNT, "")
            if account:
                self.tokens.append((service_account_id(namespace, account), judge.asset, found))
        elif kind == _BOOTSTRAP_TYPE:
            self._builder.link("Bootstraps", CLUSTER_ID, judge.asset, found)

    def _add(self, namespace: str, name: str, evidence: tuple[Evidence, ...]) -> str:
        """Add a Secret object, kept by its namespace; its value stands in no file unless another rule says so."""
        asset, home = secret_id(namespace, name), namespace_id(namespace)
        self.known[namespace, name] = asset
        at_rest = {"encryptedAtRest": self._at_rest(evidence[0].location)}
        map_secret(
            self._builder, asset, f"{namespace}/{name}", platform=PLATFORM, evidence=evidence, boundary=home, exposed=at_rest
        )
        self._builder.link("KeepsSecret", home, asset, evidence)
        return asset

    def _jewel(self, asset: str, title: str, evidence: tuple[Evidence, ...]) -> None:
        self._builder.crown_jewel(CrownJewel(asset=asset, step="read", title=title, value=_JEWEL_VALUE, evidence=evidence))

    def _map_config_map(self, config_map: ConfigMap) -> None:
        namespace, name = namespace_of(config_map.metadata), name_of(config_map.metadata)
        found: list[str] = []
        for key, value in config_map.data.entries if config_map.data else ():
            word = _credential_in(key, value.value)
            if word:
                found.append(self._configured(namespace, name, key, word, value.location))
        for key, value in config_map.binary_data.entries if config_map.binary_data else ():
            if is_secret_name(key) and value.value.strip():
                found.append(self._configured(namespace, name, key, key, value.location))
        if found:
            self._in_config_maps[namespace, name] = tuple(found)

    def _configured(self, namespace: str, name: str, key: str, word: str, location: Location) -> str:
        """A credential in a ConfigMap: readable to whoever may read ConfigMaps, and kept with the code."""
        asset = secret_id(namespace, f"ConfigMap/{name}/{key}")
        evidence = observed(location, f"{word} is set in the ConfigMap")
        home = namespace_id(namespace)
        label = f"{key} of ConfigMap {namespace}/{name}"
        gone = Finding(0.0, evidence, ("secret-in-configmap",))
        map_secret(
            self._builder,
            asset,
            label,
            platform=PLATFORM,
            evidence=evidence,
            boundary=home,
            exposed={"notInConfiguration": gone, "notInRepository": gone, "encryptedAtRest": self._at_rest(location)},
            title=label,
        )
        Judge(self._builder, asset, f"ConfigMap {namespace}/{name}").weak("secret-in-configmap", evidence, detail=key)
        self._builder.link("Configures", home, asset, evidence)
        return asset

    # -------------------------------------------------------------------------------------------------------------- references

    def referred(self, namespace: str, name: str, location: Location, word: str = "") -> str:
        """The Secret that a workload names; added when the input does not hold it.

        ``word`` is the key or variable it is used as.
        """
        asset = self.known.get((namespace, name))
        evidence = observed(location, f"refers to Secret {namespace}/{name}")
        if asset is None:
            asset = self._add(namespace, name, evidence)
        if word and is_secret_name(word):
            self._jewel(asset, f"Secret {namespace}/{name}", evidence)
        return asset

    def used(self, container: str, asset: str, evidence: tuple[Evidence, ...]) -> None:
        """Say that a container is given a secret."""
        self._builder.link("Uses", container, asset, evidence)

    def use_config_map(self, container: str, namespace: str, name: str, evidence: tuple[Evidence, ...]) -> None:
        """Say that a container is given a ConfigMap, with the credentials in it."""
        for asset in self._in_config_maps.get((namespace, name), ()):
            self.used(container, asset, evidence)

    def literal(self, judge: Judge, key: str, names: str, word: Value[str], label: str) -> str:
        """Add a credential that stands in a specification.

        ``names`` are the container's own, ``label`` the variable or option.
        """
        namespace = names.partition("/")[0]
        asset = secret_id(names, label)
        evidence = observed(word.location, f"{label} is set to a literal")
        gone = Finding(0.0, evidence, (key,))
        title = f"{label} of {judge.subject}"
        map_secret(
            self._builder,
            asset,
            title,
            platform=PLATFORM,
            evidence=evidence,
            boundary=namespace_id(namespace),
            exposed={"notInSpecification": gone, "notInRepository": gone, "encryptedAtRest": self._at_rest(word.location)},
            title=title,
        )
        Judge(self._builder, asset, judge.subject).weak(key, evidence, detail=label)
        self.used(judge.asset, asset, evidence)
        return asset


def _sealed(value: str) -> bool:
    """Whether a value of a manifest is encrypted (SOPS) or filled in later."""
    return value.startswith("ENC[") or is_placeholder(value)


def _credential_in(key: str, text: str) -> str:
    """The name of the first credential in one entry of a ConfigMap.

    The entry itself, or a line ``name=value`` or ``name: value`` of it.
    """
    if "\n" not in text.strip() and (
        is_secret_literal(key, text) or (key.upper() in _KEY_VARIABLES and is_secret_literal("key_secret", text))
    ):
        return key
    searched = text[:_LONGEST]
    if not _MARKS.search(searched):
        return ""
    for line in searched.splitlines():
        if not _MARKS.search(line):
            continue
        found = _LINE.match(line[:4096])
        if found is None:
            if has_token(line):
                return key
            continue
        value = found[2].strip().rstrip(",;").strip().strip("\"'")
        if value and is_secret_literal(found[1], value):
            return found[1]
    return ""
