"""A Dockerfile as typed values: stages, and their instructions with variables expanded as BuildKit does.

``Expanded`` keeps three things apart: what is written, what it becomes, and which variables nothing in the file gives a value
to (a build argument without a default).  Such a value is unknown, never empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.sources.image_reference import ImageReference


class Expanded(NamedTuple):
    """A text with variables: ``unset`` names those without a value, which stay in ``value`` as they are written."""

    written: str
    value: str
    location: Location
    unset: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the file alone decides the value."""
        return not self.unset


class Heredoc(NamedTuple):
    """An inline file: ``content`` ends with a newline unless it is empty."""

    name: str
    content: str
    location: Location


class RunMount(NamedTuple):
    """One ``RUN --mount=``; ``options`` are the other comma-separated pairs in order (a flag has an empty value)."""

    kind: str
    options: tuple[tuple[str, str], ...]

    def option(self, *names: str) -> str:
        """The value of the first option that has one of ``names``, empty if none has."""
        return next((value for key, value in self.options if key in names), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command run while building.  ``script`` is everything a shell or program is given, heredocs included.

    ``words`` holds the exec form (empty in the shell form).  ``security`` and ``network`` are the flags, empty if not given.
    """

    location: Location
    script: str
    words: tuple[str, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    mounts: tuple[RunMount, ...] = ()
    security: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """COPY, or ADD where ``add`` is true.  ``heredocs`` are sources written inline (they are not in ``sources``).

    ``origin`` is ``--from`` as expanded, and ``origin_stage`` its index when it names an earlier stage.
    """

    location: Location
    add: bool
    sources: tuple[Expanded, ...]
    destination: Expanded
    heredocs: tuple[Heredoc, ...] = ()
    origin: Expanded | None = None
    origin_stage: int | None = None
    checksum: str = ""
    chmod: str = ""
    chown: str = ""
    excludes: tuple[str, ...] = ()

    @property
    def remote_sources(self) -> tuple[Expanded, ...]:
        """The sources that ADD fetches over the network: an http(s) URL or a git repository."""
        return tuple(source for source in self.sources if self.add and is_remote(source.value))


def is_remote(source: str) -> bool:
    """Whether ADD would fetch ``source`` over the network."""
    return source.startswith(("http://", "https://", "git@", "git://", "ssh://"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arg:
    """A build argument.

    ``default`` is None where the Dockerfile gives none; ``inherited`` marks a default taken from a global ARG.
    """

    location: Location
    name: str
    default: Expanded | None
    inherited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Env:
    """One variable that stays in the image's configuration."""

    location: Location
    name: str
    value: Expanded


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label of the image."""

    location: Location
    name: str
    value: Expanded


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """USER ``name[:group]`` (also numeric)."""

    location: Location
    user: Expanded

    @property
    def name(self) -> str:
        """The user without the group."""
        return self.user.value.partition(":")[0]

    @property
    def root(self) -> bool | None:
        """True for root or uid 0, None where a variable without a value decides."""
        if not self.user.known:
            return None
        name = self.name
        return name == "root" or (name.isdecimal() and int(name[:20]) == 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expose:
    """One exposed port or range; ``protocol`` is tcp, udp or sctp.

    A port that is no number (a variable) has 0 as first and last.
    """

    location: Location
    port: Expanded
    first: int
    last: int
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cmd:
    """CMD: exec form in ``words``, else ``text`` runs under the stage's shell."""

    location: Location
    text: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrypoint:
    """ENTRYPOINT: exec form in ``words``, else ``text`` runs under the stage's shell."""

    location: Location
    text: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck:
    """HEALTHCHECK; ``disabled`` for NONE."""

    location: Location
    disabled: bool
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workdir:
    """WORKDIR."""

    location: Location
    path: Expanded


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """One path that VOLUME declares."""

    location: Location
    path: Expanded


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """SHELL: the words that the shell form of later instructions runs under."""

    location: Location
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Onbuild:
    """An instruction that runs in images built from this one."""

    location: Location
    instruction: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherInstruction:
    """STOPSIGNAL, MAINTAINER, or a word that is no instruction."""

    location: Location
    instruction: str
    text: str


Instruction: TypeAlias = (
    Run
    | Copy
    | Arg
    | Env
    | Label
    | User
    | Expose
    | Cmd
    | Entrypoint
    | Healthcheck
    | Workdir
    | Volume
    | Shell
    | Onbuild
    | OtherInstruction
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One FROM and what follows it.

    ``base`` is what FROM names; ``base_stage`` the index of the earlier stage it means, ``image`` the parsed reference when it
    is an image, both None for ``scratch`` or where a variable is unset.  ``lineage`` lists the stages this one is built on,
    oldest first, itself last; ``user``, ``healthcheck``, ``environment`` ... are in force at its end, inherited along the
    lineage.  ``user`` None means that no USER stands in the lineage, so the outermost base image decides (root when that is
    ``scratch``).
    """

    index: int
    name: str
    location: Location
    base: Expanded
    scratch: bool
    base_stage: int | None
    image: ImageReference | None
    platform: Expanded | None
    instructions: tuple[Instruction, ...]
    lineage: tuple[int, ...]
    user: User | None
    healthcheck: Healthcheck | None
    cmd: Cmd | None
    entrypoint: Entrypoint | None
    workdir: Workdir | None
    shell: Shell | None
    environment: tuple[Env, ...]
    exposed: tuple[Expose, ...]
    volumes: tuple[Volume, ...]


class Directive(NamedTuple):
    """A parser directive of the head of the file (``# syntax=``, ``# escape=``, ``# check=``)."""

    name: str
    value: str
    location: Location


class IgnoreFile(NamedTuple):
    """The ``.dockerignore`` (or ``<name>.dockerignore``) beside a Dockerfile, with its patterns in order."""

    document: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """One Dockerfile.  ``global_args`` stand before the first FROM.  ``ignore`` is None where no ignore file stands beside it."""

    document: str
    stages: tuple[Stage, ...]
    global_args: tuple[Arg, ...]
    directives: tuple[Directive, ...]
    ignore: IgnoreFile | None

    @property
    def final(self) -> Stage:
        """The stage that is built when no target is named.  A Dockerfile object has at least one stage."""
        return self.stages[-1]

    def stage(self, target: str) -> Stage | None:
        """The stage that ``--target`` names (by name in any case, or by index); the final one for no target."""
        if not target:
            return self.final
        named = next((stage for stage in self.stages if stage.name.lower() == target.lower()), None)
        if named is None and target.isdecimal() and len(target) <= len(str(len(self.stages))) and int(target) < len(self.stages):
            return self.stages[int(target)]
        return named

    def directive(self, name: str) -> Directive | None:
        """The directive of that name, if the file has it."""
        return next((directive for directive in self.directives if directive.name == name), None)

    def lineage(self, stage: Stage) -> tuple[Stage, ...]:
        """The stages whose layers end in ``stage``, oldest first."""
        return tuple(self.stages[index] for index in stage.lineage)
