"""When releases of distributions got their last free fixes.

From the release pages of each distribution (with the long-term support of Debian's LTS team, without paid extensions); recalled.
Only releases that had ended when this was written are listed, so that the answer does not hang on the day of the run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breachway.sources.image_reference import ImageReference

_ENDED: dict[str, dict[str, str]] = {
    "alpine": {
        "3.10": "2021-05-01", "3.11": "2021-11-01", "3.12": "2022-05-01", "3.13": "2022-11-01", "3.14": "2023-05-01",
        "3.15": "2023-11-01", "3.16": "2024-05-23", "3.17": "2024-11-22", "3.18": "2025-05-09", "3.2": "2017-05-01",
        "3.3": "2017-11-01", "3.4": "2018-05-01", "3.5": "2018-11-01", "3.6": "2019-05-01", "3.7": "2019-11-01",
        "3.8": "2020-05-01", "3.9": "2020-11-01",
    },
    "amzn": {"1": "2023-12-31", "2018": "2023-12-31"},
    "centos": {"5": "2017-03-31", "6": "2020-11-30", "7": "2024-06-30", "8": "2021-12-31"},
    "debian": {"10": "2024-06-30", "7": "2018-05-31", "8": "2020-06-30", "9": "2022-06-30"},
    "fedora": {
        "33": "2021-11-30", "34": "2022-06-07", "35": "2022-12-13", "36": "2023-05-16", "37": "2023-12-05", "38": "2024-05-21",
        "39": "2024-11-26", "40": "2025-05-13",
    },
    "ubuntu": {
        "12.04": "2017-04-28", "14.04": "2019-04-25", "16.04": "2021-04-30", "18.04": "2023-05-31", "19.04": "2020-01-23",
        "19.10": "2020-07-17", "20.04": "2025-05-31", "20.10": "2021-07-22", "21.04": "2022-01-20", "21.10": "2022-07-14",
        "22.10": "2023-07-20", "23.04": "2024-01-25", "23.10": "2024-07-11", "24.10": "2025-07-10",
    },
}  # fmt: skip
_CODE_NAMES = {
    "bionic": ("ubuntu", "18.04"), "buster": ("debian", "10"), "focal": ("ubuntu", "20.04"), "jessie": ("debian", "8"),
    "stretch": ("debian", "9"), "trusty": ("ubuntu", "14.04"), "wheezy": ("debian", "7"), "xenial": ("ubuntu", "16.04"),
}  # fmt: skip
_DISTRIBUTIONS = {
    "alpine": "alpine",
    "amazonlinux": "amzn",
    "centos": "centos",
    "debian": "debian",
    "fedora": "fedora",
    "ubuntu": "ubuntu",
}
"""Official images of distributions, by the ID in their os-release."""
_VERSION = re.compile(r"(?:centos)?([0-9]{1,4}(?:\.[0-9]{1,2})?)(?![0-9])")
_ON_ALPINE = re.compile(r"alpine([0-9]\.[0-9]{1,2})\Z")


def ended_on(distribution: str, version: str) -> str:
    """The day (ISO) on which a release got its last fixes; empty where it had not, or is not known."""
    releases = _ENDED.get(distribution, {})
    parts = version.split(".")
    return releases.get(".".join(parts[:2])) or releases.get(parts[0], "")


def release_of(reference: ImageReference) -> tuple[str, str]:
    """The distribution and version that the tag of an official image names; both empty where it names none.

    ``debian:9-slim`` and ``alpine:3.12`` are releases themselves; ``python:3.8-buster`` and ``node:14-alpine3.12`` say theirs.
    """
    if reference.registry != "docker.io" or not reference.repository.startswith("library/"):
        return "", ""
    distribution = _DISTRIBUTIONS.get(reference.name, "")
    version = _VERSION.match(reference.tag)
    if distribution and version:
        return distribution, version[1]
    for part in reference.tag.split("-"):
        alpine = _ON_ALPINE.match(part)
        if alpine:
            return "alpine", alpine[1]
        if part in _CODE_NAMES:
            return _CODE_NAMES[part]
    return "", ""
