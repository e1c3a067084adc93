"""The merge rules field by field: the same thing is replaced, another is added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.sources.compose_input import MAIN, project_of

if TYPE_CHECKING:
    from breachway.sources.compose.objects import Service

OVERRIDE = "shop/compose.override.yaml"
TOP = {
    "networks": {"n": None, "m": None},
    "volumes": {"vol": None},
    "secrets": {"s": {"file": "s"}},
    "configs": {"c": {"file": "c"}},
}


def merged(base: dict[str, object], over: dict[str, object]) -> Service:
    files = {
        MAIN: yaml.safe_dump({"services": {"web": {"image": "x", **base}, "db": {"image": "y"}}, **TOP}),
        OVERRIDE: yaml.safe_dump({"services": {"web": over}}),
    }
    project, problems = project_of(files, MAIN, OVERRIDE)
    assert problems == []
    service = project.service("web")
    assert service is not None
    return service


def test_ports_of_one_identity_in_either_form() -> None:
    service = merged(
        {"ports": ["80:80", {"target": 90, "published": "91"}], "expose": ["1", "2"]},
        {"ports": [{"target": 80, "published": "80"}, "91:90", "127.0.0.1:80:80"], "expose": ["2", "3"]},
    )
    assert [(port.published_first, port.target_first, port.host_ip, port.location.document) for port in service.ports] == [
        (80, 80, "", OVERRIDE),
        (91, 90, "", OVERRIDE),
        (80, 80, "127.0.0.1", OVERRIDE),
    ]
    assert [port.first for port in service.expose] == [1, 2, 3]


def test_mounts_devices_and_grants_by_their_target() -> None:
    service = merged(
        {
            "volumes": ["./a:/a", {"type": "volume", "source": "vol", "target": "/v"}, "/only"],
            "devices": ["/dev/a:/dev/x", {"source": "/dev/b", "target": "/dev/y"}],
            "secrets": ["s"],
            "configs": [{"source": "c", "target": "/t"}],
            "tmpfs": "/run:size=1m",
        },
        {
            "volumes": ["vol:/a:ro", "./v:/v", "/only"],
            "devices": ["/dev/c:/dev/x:r", {"source": "/dev/d", "target": "/dev/y", "permissions": "r"}],
            "secrets": ["s"],
            "configs": [{"source": "c", "target": "/t", "mode": 256}],
            "tmpfs": ["/run:size=2m", "/tmp"],
        },
    )
    assert [(mount.kind.value, mount.target.value) for mount in service.mounts] == [
        ("volume", "/a"),
        ("bind", "/v"),
        ("anonymous", "/only"),
        ("tmpfs", "/run"),
        ("tmpfs", "/tmp"),
    ]
    assert [(device.host, device.permissions) for device in service.devices] == [("/dev/c", "r"), ("/dev/d", "r")]
    assert len(service.secrets) == 1
    assert [grant.mode for grant in service.configs] == ["256"]


def test_lists_and_mappings_of_names_meet() -> None:
    service = merged(
        {
            "networks": ["n"],
            "depends_on": ["db"],
            "extra_hosts": ["a:1.1.1.1"],
            "dns": "1.1.1.1",
            "sysctls": ["a=1"],
            "labels": ["l=1"],
        },
        {
            "networks": {"n": {"aliases": ["z"]}, "m": None},
            "depends_on": {"db": {"condition": "service_healthy"}},
            "extra_hosts": {"b": "2.2.2.2"},
            "dns": ["2.2.2.2", "1.1.1.1"],
            "sysctls": {"a": 2, "b": 3},
            "labels": {"l": "2"},
        },
    )
    assert [(net.network, net.aliases) for net in service.networks] == [("n", ("z",)), ("m", ())]
    assert [dependency.condition for dependency in service.depends_on] == ["service_healthy"]
    assert [pair.key for pair in service.extra_hosts] == ["a", "b"]
    assert [text.value for text in service.dns] == ["1.1.1.1", "2.2.2.2"]
    assert [(pair.key, pair.value.value if pair.value else "") for pair in service.sysctls] == [("a", "2"), ("b", "3")]
    assert len(service.labels) == 1


def test_nested_mappings_merge_and_a_new_log_driver_replaces() -> None:
    service = merged(
        {
            "build": "./web",
            "deploy": {"replicas": 1, "resources": {"limits": {"memory": "1M"}}},
            "logging": {"driver": "json-file", "options": {"max-size": "1m"}},
            "security_opt": ["label:disable", "seccomp=a.json"],
            "ulimits": {"nofile": {"soft": 1, "hard": 2}},
            "healthcheck": {"test": ["CMD", "a"], "disable": False},
        },
        {
            "build": {"dockerfile": "prod.Dockerfile", "args": ["A=1"]},
            "deploy": {"resources": {"limits": {"cpus": "1"}}},
            "logging": {"driver": "syslog"},
            "security_opt": ["label=disable", "no-new-privileges:true"],
            "ulimits": {"nproc": 5},
            "healthcheck": {"test": ["NONE"]},
        },
    )
    assert service.build is not None
    assert (service.build.dockerfile, len(service.build.args)) == ("shop/web/prod.Dockerfile", 1)
    assert service.deploy is not None
    assert service.deploy.limit_memory is not None
    assert service.deploy.limit_cpus is not None
    assert service.logging is not None
    assert service.logging.options == ()
    assert [text.value for text in service.security_opt] == ["label=disable", "seccomp=a.json", "no-new-privileges:true"]
    assert [(pair.key, pair.value.value if pair.value else "") for pair in service.ulimits] == [("nofile", "2"), ("nproc", "5")]
    assert service.healthcheck is not None
    assert service.healthcheck.test is None


def test_null_in_an_override_says_nothing() -> None:
    service = merged({"privileged": True, "cap_add": ["A"], "command": "x"}, {"privileged": None, "cap_add": None})
    assert service.privileged is not None
    assert len(service.cap_add) == 1


@pytest.mark.parametrize(
    "context, remote, dockerfile",
    [
        ("https://github.com/a/b.git#main", True, ""),
        ("git@github.com:a/b.git", True, ""),
        (".", False, "shop/Dockerfile"),
        ("../api", False, "api/Dockerfile"),
    ],
)
def test_build_contexts(context: str, dockerfile: str, *, remote: bool) -> None:
    build = merged(
        {"build": {"context": context, "secrets": ["s", {"source": "s", "target": "t"}], "ssh": ["default"]}}, {}
    ).build
    assert build is not None
    assert (build.remote is not None) is remote
    assert build.dockerfile == dockerfile
    assert [grant.target for grant in build.secrets] == ["", "t"]


def test_hooks_providers_and_devices_by_capability() -> None:
    service = merged(
        {
            "post_start": [{"command": "chown x", "user": "root", "privileged": True}],
            "provider": {"type": "awesomecloud"},
            "deploy": {"resources": {"reservations": {"devices": [{"driver": "nvidia", "capabilities": ["gpu"]}]}}},
        },
        {},
    )
    assert [(hook.phase, hook.user.value if hook.user else "") for hook in service.hooks] == [("post_start", "root")]
    assert service.provider is not None
    assert service.networks == ()
    assert service.deploy is not None
    assert service.deploy.devices[0].capabilities == ("gpu",)
