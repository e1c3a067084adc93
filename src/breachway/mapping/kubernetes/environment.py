"""What a container is given and told: variables, arguments, and the secrets and ConfigMaps among its volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.credentials import Variable
from breachway.mapping.containers.grounds import observed
from breachway.mapping.containers.secret_patterns import is_secret_literal, secrets_in_words
from breachway.sources.decoding import Value, value_or

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.judging import Judge
    from breachway.mapping.kubernetes.secrets import SecretMapper
    from breachway.mapping.kubernetes.views import ContainerView
    from breachway.sources.kubernetes.containers import EnvVar, Probe
    from breachway.sources.kubernetes.objects import Volume

_TLS_OFF = {
    "NODE_TLS_REJECT_UNAUTHORIZED": frozenset({"0"}),
    "PYTHONHTTPSVERIFY": frozenset({"0"}),
    "GIT_SSL_NO_VERIFY": frozenset({"1", "true", "yes", "on"}),
    "NPM_CONFIG_STRICT_SSL": frozenset({"false"}),
    "CURL_INSECURE": frozenset({"1", "true"}),
}
_LIVES_ELSEWHERE = "secrets-store.csi.k8s.io"


class EnvironmentMapper:
    """Maps what containers are given."""

    def __init__(self, secrets: SecretMapper) -> None:
        self._secrets = secrets

    def map_environment(self, judge: Judge, view: ContainerView) -> dict[str, str]:
        """Map the variables, arguments and secret volumes of one container.

        Give the Secret asset of each variable that has one.
        """
        by_variable: dict[str, str] = {}
        for variable in view.container.env:
            asset = self._variable(judge, view, variable)
            if asset and variable.name is not None:
                by_variable[variable.name.value] = asset
        self._env_from(judge, view)
        self._words(judge, view)
        self._volumes(judge, view)
        return by_variable

    def _variable(self, judge: Judge, view: ContainerView, variable: EnvVar) -> str:
        if variable.name is None:
            return ""
        name = variable.name.value
        if variable.value is not None and variable.value_from is None:
            _tls_switch(judge, name, variable.value)
            if is_secret_literal(name, variable.value.value):
                return self._secrets.literal(judge, "secret-literal-in-env", _names(view), variable.value, name)
            return ""
        source = variable.value_from
        if source is None:
            return ""
        namespace = view.pod.template.namespace
        if source.secret_key_ref is not None and source.secret_key_ref.name is not None:
            reference = source.secret_key_ref.name
            found = observed(reference.location, f"{name} comes from Secret {reference.value}")
            asset = self._secrets.referred(
                namespace, reference.value, reference.location, value_or(source.secret_key_ref.key, "") or name
            )
            self._secrets.used(judge.asset, asset, found)
            judge.weak("secret-ref-as-env", found, detail=name)
            judge.weak("workload-mounts-secret", found, detail=reference.value)
            return asset
        if source.config_map_key_ref is not None and source.config_map_key_ref.name is not None:
            reference = source.config_map_key_ref.name
            found = observed(reference.location, f"{name} comes from ConfigMap {reference.value}")
            self._secrets.use_config_map(judge.asset, namespace, reference.value, found)
        return ""

    def _env_from(self, judge: Judge, view: ContainerView) -> None:
        namespace = view.pod.template.namespace
        for source in view.container.env_from:
            if source.secret_ref is not None and source.secret_ref.name is not None:
                reference = source.secret_ref.name
                found = observed(reference.location, f"all keys of Secret {reference.value} are variables")
                self._secrets.used(judge.asset, self._secrets.referred(namespace, reference.value, reference.location), found)
                judge.weak("secret-ref-as-env", found, detail=reference.value)
                judge.weak("workload-mounts-secret", found, detail=reference.value)
            if source.config_map_ref is not None and source.config_map_ref.name is not None:
                reference = source.config_map_ref.name
                found = observed(reference.location, f"all keys of ConfigMap {reference.value} are variables")
                self._secrets.use_config_map(judge.asset, namespace, reference.value, found)

    def _words(self, judge: Judge, view: ContainerView) -> None:
        words = list(_all_words(view))
        for label in dict.fromkeys(secrets_in_words(word.value for word in words)):
            place = next((word for word in words if label.lower() in word.value.lower()), words[0])
            self._secrets.literal(
                judge, "secret-literal-in-args", _names(view), Value(label, place.location), f"argument {label}"
            )
        if any(_opens_daemon(word.value) for word in words):
            place = next(word for word in words if _opens_daemon(word.value))
            judge.weak("docker-daemon-tcp", observed(place.location, "the Docker daemon listens on TCP without TLS"))

    def _volumes(self, judge: Judge, view: ContainerView) -> None:
        mounted = {mount.name.value: mount.location for mount in view.container.volume_mounts if mount.name}
        for volume in view.pod.spec.volumes:
            place = mounted.get(value_or(volume.name, ""))
            if place is not None:
                self._volume(judge, view, volume)

    def _volume(self, judge: Judge, view: ContainerView, volume: Volume) -> None:
        namespace = view.pod.template.namespace
        for reference in _secret_names(volume):
            found = observed(reference.location, f"mounts Secret {reference.value}")
            self._secrets.used(judge.asset, self._secrets.referred(namespace, reference.value, reference.location), found)
            judge.weak("workload-mounts-secret", found, detail=reference.value)
        for reference in _config_map_names(volume):
            found = observed(reference.location, f"mounts ConfigMap {reference.value}")
            self._secrets.use_config_map(judge.asset, namespace, reference.value, found)
        if volume.csi is not None and value_or(volume.csi.driver, "") == _LIVES_ELSEWHERE:
            attributes = volume.csi.volume_attributes
            provider = attributes.get("secretProviderClass") if attributes else None
            if provider is not None:
                found = observed(provider.location, f"mounts the secrets of SecretProviderClass {provider.value}")
                asset = self._secrets.referred(namespace, f"SecretProviderClass/{provider.value}", provider.location)
                self._secrets.used(judge.asset, asset, found)
                judge.weak("workload-mounts-secret", found, detail=provider.value)


def variables_of(view: ContainerView) -> tuple[Variable, ...]:
    """The variables of a container for the rules about software; those that come from elsewhere have no value."""
    return tuple(
        Variable(
            item.name.value, item.value.value if item.value is not None and item.value_from is None else None, item.name.location
        )
        for item in view.container.env
        if item.name is not None
    )


def _names(view: ContainerView) -> str:
    template = view.pod.template
    return f"{template.namespace}/{template.kind}/{template.name}/{view.name}"


def _tls_switch(judge: Judge, name: str, value: Value[str]) -> None:
    wanted = _TLS_OFF.get(name.upper())
    if (wanted is not None and value.value.strip().lower() in wanted) or (
        name.upper() == "PIP_TRUSTED_HOST" and value.value.strip()
    ):
        judge.weak("tls-verification-disabled", observed(value.location, f"{name}={value.value[:60]}"), detail=name)


def _all_words(view: ContainerView) -> Iterator[Value[str]]:
    container = view.container
    yield from container.command
    yield from container.args
    hooks = (container.lifecycle.post_start, container.lifecycle.pre_stop) if container.lifecycle else ()
    probes: tuple[Probe | None, ...] = (container.liveness_probe, container.readiness_probe, container.startup_probe, *hooks)
    for probe in probes:
        if probe is not None and probe.exec is not None:
            yield from probe.exec.command


def _opens_daemon(word: str) -> bool:
    """Whether a word makes dockerd listen for everybody, or points a client at such a daemon."""
    return "tcp://" in word and ":2375" in word and ("-H" in word or "--host" in word or word.startswith("tcp://"))


def _secret_names(volume: Volume) -> Iterator[Value[str]]:
    if volume.secret is not None and volume.secret.secret_name is not None:
        yield volume.secret.secret_name
    for part in volume.projected.sources if volume.projected else ():
        if part.secret is not None and part.secret.name is not None:
            yield part.secret.name


def _config_map_names(volume: Volume) -> Iterator[Value[str]]:
    if volume.config_map is not None and volume.config_map.name is not None:
        yield volume.config_map.name
    for part in volume.projected.sources if volume.projected else ():
        if part.config_map is not None and part.config_map.name is not None:
            yield part.config_map.name


def location_of_words(view: ContainerView) -> Location:
    """Where the command line stands, else the container."""
    words = (*view.container.command, *view.container.args)
    return words[0].location if words else view.container.location
