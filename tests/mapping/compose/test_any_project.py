"""Whatever a Compose file says, the mapping gives a whole model and raises nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mapping.containers.models import faults, model_of_path

if TYPE_CHECKING:
    import pytest

WORDS = st.sampled_from(
    (
        *(
            "",
            "host",
            "none",
            "service:a",
            "service:b",
            "container:x",
            "bridge",
            "default",
            "root",
            "0",
            "app:app",
            "${X}",
            "true",
            "-1",
        ),
        *(
            "/",
            "/var/run/docker.sock",
            "~/.aws",
            "./x",
            "data",
            "ALL",
            "SYS_ADMIN",
            "no-new-privileges",
            "seccomp=unconfined",
            ":",
            "=",
        ),
        *("postgres", "docker:dind", "redis:7", "k8s.gcr.io/x", "a b", "x@sha256:1", "UPPER/x", "tcp://a:2375", "tcp://:2375"),
        *(
            "-agentlib:jdwp=address=,x",
            "--inspect=",
            "--password",
            "--password=x",
            "curl -u a:b",
            "sudo",
            "sshd",
            "-H",
            "80:80",
            "\u0661:\u0662",
        ),
        *("127.0.0.1:1:2", "[::1]:1:2", "1-3:4-6", "53:53/udp", "999999:1", "a: b", "* *", "\x00", "éè", "://:@", "$(X)"),
    )
)
LISTS = st.lists(WORDS, max_size=3)
NAMES = st.dictionaries(
    st.sampled_from(("DB_PASSWORD", "DOCKER_HOST", "DOCKER_TLS_CERTDIR", "JAVA_OPTS", "DEBUG", "X")), WORDS, max_size=3
)
SERVICES = st.fixed_dictionaries(
    {},
    optional={
        "image": WORDS,
        "build": st.one_of(WORDS, st.fixed_dictionaries({"context": WORDS}, optional={"target": WORDS, "entitlements": LISTS})),
        "privileged": WORDS,
        "user": WORDS,
        "pid": WORDS,
        "ipc": WORDS,
        "network_mode": WORDS,
        "networks": LISTS,
        "cap_add": LISTS,
        "cap_drop": LISTS,
        "security_opt": LISTS,
        "devices": LISTS,
        "ports": LISTS,
        "expose": LISTS,
        "volumes": LISTS,
        "volumes_from": LISTS,
        "environment": NAMES,
        "command": st.one_of(WORDS, LISTS),
        "entrypoint": LISTS,
        "secrets": LISTS,
        "sysctls": NAMES,
        "mem_limit": WORDS,
        "pids_limit": WORDS,
        "read_only": WORDS,
        "use_api_socket": WORDS,
        "healthcheck": st.fixed_dictionaries({}, optional={"test": WORDS, "disable": WORDS}),
        "logging": st.fixed_dictionaries({}, optional={"driver": WORDS}),
        "profiles": LISTS,
    },
)
PROJECTS = st.fixed_dictionaries(
    {
        "services": st.dictionaries(st.sampled_from(("a", "b", "c")), SERVICES, max_size=3).map(
            lambda found: {"z": {"image": "nginx"}, **found}
        )
    },
    optional={
        "networks": st.dictionaries(
            WORDS, st.fixed_dictionaries({}, optional={"internal": WORDS, "external": WORDS}), max_size=2
        ),
        "volumes": st.dictionaries(WORDS, st.just({}), max_size=2),
        "secrets": st.dictionaries(WORDS, st.fixed_dictionaries({}, optional={"file": WORDS, "content": WORDS}), max_size=2),
    },
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(project=PROJECTS)
def test_any_project(project: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("compose.yaml").write_text(json.dumps({"name": "x", **project}), encoding="utf-8")
    assert faults(model_of_path("compose.yaml")) == []
