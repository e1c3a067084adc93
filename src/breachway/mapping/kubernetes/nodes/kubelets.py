"""What guards the kubelets: configuration files, or command lines where a kubelet runs as a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import defaulted, observed
from breachway.mapping.kubernetes import assumptions
from breachway.mapping.kubernetes.judging import Judge
from breachway.mapping.kubernetes.nodes.flags import is_false
from breachway.sources.decoding import value_or
from breachway.sources.kubernetes.objects import KubeletConfiguration

if TYPE_CHECKING:
    from breachway.evidence import Evidence, Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.nodes.flags import Flag, Program
    from breachway.mapping.kubernetes.nodes.pools import NodePools

_FILE = "kubelet configuration reference"
_FLAGS = "kubelet command-line reference"
_WEAK_CIPHER_MARKS = ("_RC4_", "_3DES_", "_64_", "_CBC_", "NULL", "EXPORT")


def map_kubelets(builder: ModelBuilder, declared: Declared, programs: tuple[Program, ...], pools: NodePools) -> None:
    """Set the kubelets' defences of every pool.  A file does not say which nodes use it, so it counts for all of them."""
    kubelets = tuple(program for program in programs if program.name == "kubelet")
    for pool in pools.pools:
        judge = Judge(builder, pool.asset_id, f"node pool {pool.name}")
        for configuration in declared.of(KubeletConfiguration):
            _configuration(Judge(builder, pool.asset_id, "KubeletConfiguration"), configuration)
        for program in kubelets:
            _command_line(Judge(builder, pool.asset_id, program.subject), program)
        if not kubelets and not declared.of(KubeletConfiguration):
            judge.assume(pool.location, assumptions.KUBELET_AUTHENTICATES, "kubeletAuthenticates")
            judge.assume(pool.location, assumptions.KUBELET_AUTHORIZES, "kubeletAuthorizes")
            judge.assume(pool.location, assumptions.READ_ONLY_PORT_CLOSED, "kubeletReadOnlyPortClosed")


def _configuration(judge: Judge, item: KubeletConfiguration) -> None:
    authentication, authorization = item.authentication, item.authorization
    anonymous = authentication.anonymous.enabled if authentication and authentication.anonymous else None
    found = (
        observed(anonymous.location, f"authentication.anonymous.enabled: {_word(on=anonymous.value)}")
        if anonymous
        else _default(item.location, "authentication.anonymous is not set; the file's default is false")
    )
    judge.decide("kubelet-anonymous-auth", found, "kubeletAuthenticates", weak=value_or(anonymous, default=False))
    mode = authorization.mode if authorization else None
    found = (
        observed(mode.location, f"authorization.mode: {mode.value}")
        if mode
        else _default(item.location, "authorization.mode is not set; the file's default is Webhook")
    )
    judge.decide("kubelet-authz-always-allow", found, "kubeletAuthorizes", weak=value_or(mode, "Webhook") == "AlwaysAllow")
    port = item.read_only_port
    found = (
        observed(port.location, f"readOnlyPort: {port.value}")
        if port
        else _default(item.location, "readOnlyPort is not set; the file's default is 0")
    )
    judge.decide("kubelet-read-only-port", found, "kubeletReadOnlyPortClosed", weak=value_or(port, 0) > 0)
    authority = authentication.x509.client_ca_file if authentication and authentication.x509 else None
    if authority is None or not authority.value:
        judge.weak("kubelet-no-client-ca", _default(item.location, "authentication.x509.clientCAFile is not set"))
    for name in item.allowed_unsafe_sysctls:
        judge.weak(
            "kubelet-unsafe-sysctls-allowed", observed(name.location, f"allowedUnsafeSysctls: {name.value}"), detail=name.value
        )
    limit = item.pod_pids_limit
    if limit is None or limit.value <= 0:
        found = (
            observed(limit.location, f"podPidsLimit: {limit.value}")
            if limit
            else _default(item.location, "podPidsLimit is not set; the default is no limit")
        )
        judge.weak("no-pids-limit", found)
    _hardening(judge, item)


def _hardening(judge: Judge, item: KubeletConfiguration) -> None:
    key = "kubelet-hardening-flags"
    kernel = item.protect_kernel_defaults
    if kernel is None or not kernel.value:
        place = kernel.location if kernel else item.location
        judge.weak(key, _default(place, "protectKernelDefaults is not true"), detail="protectKernelDefaults")
    idle = item.streaming_connection_idle_timeout
    if idle is not None and _is_zero(idle.value):
        judge.weak(
            key, observed(idle.location, f"streamingConnectionIdleTimeout: {idle.value}"), detail="streamingConnectionIdleTimeout"
        )
    for name, switch in (
        ("makeIPTablesUtilChains", item.make_iptables_util_chains),
        ("rotateCertificates", item.rotate_certificates),
    ):
        if switch is not None and not switch.value:
            judge.weak(key, observed(switch.location, f"{name}: false"), detail=name)
    for cipher in item.tls_cipher_suites:
        if _is_weak_cipher(cipher.value):
            judge.weak(key, observed(cipher.location, f"tlsCipherSuites: {cipher.value}"), detail="tlsCipherSuites")


def _command_line(judge: Judge, program: Program) -> None:
    """A kubelet whose flags are seen.  Without a configuration file the old defaults of the flags count."""
    file = program.get("config") is not None
    anonymous, mode, port = program.get("anonymous-auth"), program.get("authorization-mode"), program.get("read-only-port")
    weak = (anonymous is None and not file) or (anonymous is not None and not is_false(anonymous))
    judge.decide(
        "kubelet-anonymous-auth", _said(program, anonymous, "anonymous-auth", file=file), "kubeletAuthenticates", weak=weak
    )
    weak = (mode is None and not file) or (mode is not None and "AlwaysAllow" in mode.items)
    judge.decide(
        "kubelet-authz-always-allow", _said(program, mode, "authorization-mode", file=file), "kubeletAuthorizes", weak=weak
    )
    weak = (port is None and not file) or (port is not None and port.value != "0")
    judge.decide(
        "kubelet-read-only-port", _said(program, port, "read-only-port", file=file), "kubeletReadOnlyPortClosed", weak=weak
    )
    if program.get("client-ca-file") is None and not file:
        judge.weak("kubelet-no-client-ca", _said(program, None, "client-ca-file", file=file))
    unsafe = program.get("allowed-unsafe-sysctls")
    if unsafe is not None and unsafe.items:
        judge.weak(
            "kubelet-unsafe-sysctls-allowed", _said(program, unsafe, "allowed-unsafe-sysctls", file=file), detail=unsafe.value
        )
    _flag_hardening(judge, program)


def _flag_hardening(judge: Judge, program: Program) -> None:
    key = "kubelet-hardening-flags"
    for name in ("protect-kernel-defaults", "make-iptables-util-chains", "rotate-certificates", "rotate-server-certificates"):
        flag = program.get(name)
        if is_false(flag) and flag is not None:
            judge.weak(key, _flag(flag), detail=name)
    idle, ciphers = program.get("streaming-connection-idle-timeout"), program.get("tls-cipher-suites")
    if idle is not None and _is_zero(idle.value):
        judge.weak(key, _flag(idle), detail=idle.name)
    if ciphers is not None and any(_is_weak_cipher(name) for name in ciphers.items):
        judge.weak(key, _flag(ciphers), detail=ciphers.name)


def _flag(flag: Flag) -> tuple[Evidence, ...]:
    return observed(flag.location, f"--{flag.name}={flag.value}")


def _said(program: Program, flag: Flag | None, name: str, *, file: bool) -> tuple[Evidence, ...]:
    if flag is not None:
        return _flag(flag)
    note = "the configuration file decides, and its default is the safe one" if file else "the flag's default leaves it open"
    return defaulted(program.location, f"--{name} is not set; {note}", _FLAGS)


def _default(location: Location, note: str) -> tuple[Evidence, ...]:
    return defaulted(location, note, _FILE)


def _is_weak_cipher(name: str) -> bool:
    return any(mark in name for mark in _WEAK_CIPHER_MARKS) or (name.startswith("TLS_RSA_") and "_GCM_" not in name)


def _is_zero(text: str) -> bool:
    return not any(mark in "123456789" for mark in text)


def _word(*, on: bool) -> str:
    return "true" if on else "false"
