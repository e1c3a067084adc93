from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.mapping.containers.host_paths import classify


@pytest.mark.parametrize(
    "path",
    [
        "/var/run/docker.sock",
        "/run/docker.sock",
        "//var//run/docker.sock",
        "/run/",
        "/var",
        "/",
        "/run/containerd/containerd.sock",
    ],
)
def test_runtime_sockets_and_the_folders_above_them(path: str) -> None:
    assert classify(path).runtime_socket


@pytest.mark.parametrize("path", ["/var/running", "/srv/docker.sock", "docker.sock", "./run/docker.sock", "/var/lib"])
def test_what_is_no_runtime_socket(path: str) -> None:
    assert not classify(path).runtime_socket


@pytest.mark.parametrize("path", ["/etc", "/etc/", "/etc/ssl", "/srv/../etc", "/var/log/pods", "/home/dev/shop", "~/x"])
def test_sensitive_folders_and_what_lies_below(path: str) -> None:
    assert classify(path).sensitive


@pytest.mark.parametrize("path", ["/", "/etcetera", "/srv/etc", "etc", "/opt", "/var"])
def test_what_is_not_sensitive_by_itself(path: str) -> None:
    assert not classify(path).sensitive


@pytest.mark.parametrize(
    "path", ["~/.aws", "/root/.aws/credentials", "/home/dev/.kube/config", "/etc/kubernetes/admin.conf", "${HOME}/.azure"]
)
def test_credentials_of_clouds_and_clusters(path: str) -> None:
    assert classify(path).cloud_credentials


@pytest.mark.parametrize("path", ["/", "/root", "/etc/kubernetes", "~/.awsome", "/etc/kubernetes/manifests"])
def test_folders_that_merely_contain_such_credentials(path: str) -> None:
    assert not classify(path).cloud_credentials


def test_the_root_is_every_class_at_once() -> None:
    kinds = dict(classify("/").kinds)
    assert {"host-root", "runtime-socket", "device", "kernel-interface", "state-store"} <= set(kinds)
    assert classify("/./").root


def test_the_named_pipe_of_the_engine_on_windows() -> None:
    assert classify(r"\\.\pipe\docker_engine").runtime_socket


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="/.avruntehocdk ~$\\\u0000", max_size=40))
def test_any_text_is_classified(path: str) -> None:
    classes = classify(path)
    assert classes == classify(path)
    assert not (classes.root and classes.sensitive)
