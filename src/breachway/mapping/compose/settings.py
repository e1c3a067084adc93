"""Settings of a Compose service that weaken it without opening a way of attack of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.compose.values import COMPOSE, Place, is_true
from breachway.mapping.containers.grounds import observed, weak
from breachway.mapping.dockerfile.run_rules import turns_tls_off

if TYPE_CHECKING:
    from breachway.sources.compose.objects import Service


def judge_settings(place: Place, service: Service, *, checked: bool) -> None:
    """Judge health checks, restarts, logs, host names, sudo and TLS switches.  ``checked``: the image brings a health check."""
    _judge_health(place, service, checked=checked)
    builder, asset, subject = place.builder, place.asset, place.subject
    if service.restart is not None and service.restart.value == "always":
        weak(builder, "restart-policy-unbounded", asset, observed(service.restart.location, "restart: always"), subject=subject)
    logging = service.logging
    if logging is not None and logging.driver is not None and logging.driver.value == "none":
        weak(builder, "no-log-driver", asset, observed(logging.driver.location, "logging driver: none"), subject=subject)
    if service.extra_hosts:
        first = service.extra_hosts[0]
        weak(builder, "etc-hosts-overridden", asset, observed(first.location, f"extra_hosts: {first.key}"), subject=subject)
    for command in (service.command, service.entrypoint):
        if command is not None and any("sudo" in word.split() for word in command.words):
            weak(builder, "sudo-in-entrypoint", asset, observed(command.location, "starts through sudo"), subject=subject)
            break
    for variable in service.environment:
        value = variable.value
        if value is not None and value.known and turns_tls_off(variable.name, value.value):
            note = observed(variable.location, f"{variable.name}={value.value[:40]}")
            weak(builder, "tls-verification-disabled", asset, note, subject=subject, detail=variable.name)


def _judge_health(place: Place, service: Service, *, checked: bool) -> None:
    check = service.healthcheck
    if check is not None and is_true(check.disabled) and check.disabled is not None:
        evidence = observed(check.disabled.location, "the health check is disabled")
    elif check is None and not checked:
        evidence = place.silent("no healthcheck is set", COMPOSE)
    else:
        return
    weak(place.builder, "no-healthcheck", place.asset, evidence, subject=place.subject)
