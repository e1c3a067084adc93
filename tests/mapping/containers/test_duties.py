"""Images of servers that run clients, and devices that open the host."""

from __future__ import annotations

import pytest

from breachway.mapping.containers.devices import opens_host
from breachway.mapping.containers.duties import is_client


@pytest.mark.parametrize(
    "words,ends,expected",
    [
        ((), False, False),
        ((), True, True),
        (("pg_dump", "-U", "postgres"), False, True),
        (("sh", "-c", "pg_dump -U postgres | gzip > /backup/all.gz"), False, True),
        (("/bin/bash", "-c", "while true; do sleep 30; done"), False, True),
        (("sleep infinity",), False, True),
        (("postgres", "-c", "max_connections=200"), False, False),
        (("-c", "max_connections=200"), False, False),
        (("--default-authentication-plugin=mysql_native_password",), False, False),
        (("sh", "-c", "exec gosu mysql mysqld"), False, False),
        (("sh", "-c", "redis-server & tail -f /var/log/redis.log"), False, False),
        (("redis-server --requirepass x",), True, False),
        (("migrate",), False, False),
        (("migrate",), True, True),
    ],
)
def test_which_containers_are_clients(words: tuple[str, ...], *, ends: bool, expected: bool) -> None:
    assert is_client(words, ends=ends) is expected


@pytest.mark.parametrize(
    "device,opens",
    [
        ("/dev", True),
        ("/dev/sda1", True),
        ("/dev/nvme0n1", True),
        ("/dev/mapper/root", True),
        ("/dev/mem", True),
        ("/dev/net/tun", False),
        ("/dev/dri", False),
        ("/dev/nvidia0", False),
        ("/dev/fuse", False),
        ("vendor.example/gpu=all", True),
        ("b 8:* rwm", True),
        ("c 13:* rmw", False),
        ("c 1:1 rwm", True),
        ("a *:* rwm", True),
    ],
)
def test_which_devices_open_the_host(device: str, *, opens: bool) -> None:
    assert opens_host(device) is opens
