"""Devices of the host: which of them open its files or its memory to a container that is given them."""

from __future__ import annotations

from pathlib import PurePosixPath

_HARMLESS = (
    "bus", "char", "cuse", "dri", "full", "fuse", "gpiochip", "hidraw", "hugepages", "hwrng", "i2c", "infiniband", "input",
    "kfd", "kvm", "mali", "media", "mqueue", "net", "null", "nvidia", "ppp", "pts", "random", "rtc", "serial", "shm", "snd",
    "spidev", "tpm", "tty", "udmabuf", "urandom", "usb", "vchiq", "vcio", "vfio", "vhost", "video", "watchdog", "zero",
)  # fmt: skip
"""Beginnings of names under /dev of devices that hold no file system and show no memory of the host."""


def opens_host(device: str) -> bool:
    """Whether a device (a path, or a rule of the device control group) gives the host's disks or memory.

    One of an unknown name is taken for a disk.  Of rules, those for character devices other than memory (major 1) do not.
    """
    kind, _, numbers = device.strip().partition(" ")
    if kind in {"a", "b", "c"}:
        return kind != "c" or numbers.startswith(("1:", "*"))
    parts = PurePosixPath(device).parts
    if parts[:2] != ("/", "dev"):
        return True
    return len(parts) < 3 or not parts[2].startswith(_HARMLESS)  # noqa: PLR2004 - /dev itself holds them all
