"""The command lines of the control plane's programs, as pods or lists of arguments give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from breachway.mapping.kubernetes.views import container_views
from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.evidence import Location
    from breachway.mapping.kubernetes.views import ContainerView, PodView
    from breachway.sources.decoding import Value

PROGRAMS = ("kube-apiserver", "etcd", "kubelet", "kube-controller-manager", "kube-scheduler")


class Flag(NamedTuple):
    """One flag with its value ("true" for a bare one) and its place."""

    name: str
    value: str
    location: Location

    @property
    def items(self) -> tuple[str, ...]:
        """The value as a list separated by commas."""
        return tuple(item.strip() for item in self.value.split(",") if item.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program of the control plane and its flags.  ``location`` stands for what is not said."""

    name: str
    flags: tuple[Flag, ...]
    location: Location
    subject: str

    def get(self, name: str) -> Flag | None:
        """The flag ``name`` without its dashes; the last one counts, as Go's flag packages have it."""
        return next((flag for flag in reversed(self.flags) if flag.name == name), None)


def programs_in(pod: PodView) -> tuple[Program, ...]:
    """The programs of the control plane that a pod runs."""
    found = (_program(view) for view in container_views(pod))
    return tuple(program for program in found if program is not None)


def _program(view: ContainerView) -> Program | None:
    words = (*view.container.command, *view.container.args)
    names = [_basename(word.value) for word in words[:3] if not word.value.startswith("-")]
    name = next((item for item in names if item in PROGRAMS), "")
    if not name and view.container.args and not view.container.command:
        name = next((item for item in (view.name, _image_name(view)) if item in PROGRAMS), "")
    if not name:
        return None
    return Program(
        name=name,
        flags=parse_flags(words),
        location=words[0].location if words else view.container.location,
        subject=view.subject,
    )


def _image_name(view: ContainerView) -> str:
    """The program that an image is named after: its entry point is the program, and the arguments are its flags."""
    reference = parse_image_reference(view.container.image.value) if view.container.image else None
    return reference.name.removesuffix("-amd64").removesuffix("-arm64") if reference else ""


def _basename(word: str) -> str:
    return word.strip().split(" ", 1)[0].rpartition("/")[2]


def parse_flags(words: Iterable[Value[str]]) -> tuple[Flag, ...]:
    """Read ``--name=value``, ``--name value`` and ``--name``; a word that is a whole shell line is split."""
    parts = [(part, word.location) for word in words for part in (word.value.split() if " --" in word.value else (word.value,))]
    flags: list[Flag] = []
    for position, (part, location) in enumerate(parts):
        if not part.startswith("-"):
            continue
        name, equals, value = part.lstrip("-").partition("=")
        following = parts[position + 1][0] if position + 1 < len(parts) else ""
        if not equals:
            value = following if following and not following.startswith("-") else "true"
        flags.append(Flag(name, value.strip("\"'"), location))
    return tuple(flags)


def is_false(flag: Flag | None) -> bool:
    """Whether a switch is turned off."""
    return flag is not None and flag.value.lower() in {"false", "0", "f"}


def is_true(flag: Flag | None) -> bool:
    """Whether a switch is turned on."""
    return flag is not None and flag.value.lower() in {"true", "1", "t"}
