"""Weaknesses of ECS services that are not those of their tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import observed, weak
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.ecs.placement import Placement


def judge_services(builder: ModelBuilder, placed: tuple[Placement, ...]) -> None:
    """Judge the platform version of services on Fargate."""
    for placement in placed:
        for service in placement.services:
            version = service.platform_version
            if placement.fargate and version is not None and version.value.upper() != "LATEST":
                name = value_or(service.service_name, placement.family)
                evidence = observed(version.location, f"platformVersion: {version.value}")
                asset = f"ecs:EcsTask:{placement.family}"
                weak(builder, "ecs-fargate-platform-outdated", asset, evidence, subject=f"service {name}")
