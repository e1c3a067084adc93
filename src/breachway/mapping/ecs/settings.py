"""Settings of an ECS container that weaken it without opening a way of attack of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import observed

if TYPE_CHECKING:
    from breachway.mapping.ecs.confinement import TaskPlace
    from breachway.sources.ecs.objects import ContainerDefinition


def judge_settings(place: TaskPlace, container: ContainerDefinition) -> None:
    """Judge the health check, the logs and sudo."""
    if container.health_check is None:
        place.weak("no-healthcheck", place.silent("no healthCheck is set"))
    if container.log_configuration is None:
        place.weak("no-log-driver", place.silent("no logConfiguration is set"))
    for word in (*container.entry_point, *container.command):
        if "sudo" in word.value.split():
            place.weak("sudo-in-entrypoint", observed(word.location, "starts through sudo"))
            return
