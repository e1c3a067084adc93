"""Reads a Dockerfile: stages, what each is based on, and what is in force at the end of each.

Scopes as BuildKit has them: ARGs before the first FROM are seen by FROM lines, and by a stage that declares them again; ENV and
ARG of a stage are seen by the stages built on it; ENV wins over ARG.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from breachway.evidence import Location, Unread
from breachway.sources.dockerfile.expansion import expand
from breachway.sources.dockerfile.instructions import InstructionReader
from breachway.sources.dockerfile.objects import (
    Arg,
    Cmd,
    Directive,
    Dockerfile,
    Entrypoint,
    Env,
    Expanded,
    Expose,
    Healthcheck,
    Instruction,
    OtherInstruction,
    Shell,
    Stage,
    User,
    Volume,
    Workdir,
)
from breachway.sources.dockerfile.parsing import ParsedInstruction, parse_instructions
from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from breachway.sources.dockerfile.objects import IgnoreFile

T = TypeVar("T")

_DIRECTIVE = re.compile(r"#[ \t]*([a-zA-Z][a-zA-Z0-9]*)[ \t]*=[ \t]*(.+?)[ \t]*\Z")
_SCRATCH = "scratch"
_INSTRUCTIONS = frozenset(
    {
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    }
)
_FROM = re.compile(r"FROM[ \t]+(?:--platform=\S+[ \t]+)?[^\s:=][^\s]*(?:[ \t]+AS[ \t]+\S+)?[ \t]*\Z", re.IGNORECASE)
_HEAD_LINES = 100


def looks_like_dockerfile(text: str) -> bool:
    """Whether a text begins as a Dockerfile does: comments and ARGs, then a FROM line."""
    for line in text.split("\n", _HEAD_LINES)[:_HEAD_LINES]:
        stripped = line.strip()
        if not stripped or stripped.startswith("#") or stripped.upper().startswith("ARG "):
            continue
        return _FROM.match(stripped) is not None
    return False


def read_dockerfile(text: str, document: str, problems: list[Unread], ignore: IgnoreFile | None = None) -> Dockerfile | None:
    """Read the text; None (and a problem of severity "file") where it has no FROM."""
    before = len(problems)
    parsed = parse_instructions(text, document, problems)
    reader = _Reader(document, read_directives(text, document), problems)
    for instruction in parsed:
        reader.take(instruction)
    if not reader.stages:
        if len(problems) == before:
            problems.append(Unread(Location(document, "", 1, 1), "file", "no FROM instruction: this builds no image"))
        return None
    return Dockerfile(
        document=document,
        stages=tuple(reader.finished()),
        global_args=tuple(reader.global_args),
        directives=reader.directives,
        ignore=ignore,
    )


def read_directives(text: str, document: str) -> tuple[Directive, ...]:
    """The parser directives: ``# name=value`` lines before anything else."""
    found: list[Directive] = []
    for number, line in enumerate(text.split("\n", 20)[:20], 1):
        match = _DIRECTIVE.match(line)
        name = match.group(1).lower() if match else ""
        if match is None or name not in {"syntax", "escape", "check"}:
            if number == 1 and line.startswith("#!"):
                continue
            break
        found.append(Directive(name, match.group(2), Location(document, "", number, 1)))
    return tuple(found)


class _Draft:
    """A stage while its instructions are read."""

    def __init__(self, head: Stage, reader: InstructionReader) -> None:
        self.head = head
        self.reader = reader
        self.instructions: list[Instruction] = []


class _Reader:
    def __init__(self, document: str, directives: tuple[Directive, ...], problems: list[Unread]) -> None:
        self.document = document
        self.directives = directives
        self.problems = problems
        self.escape = "`" if any(found.name == "escape" and found.value == "`" for found in directives) else "\\"
        self.global_args: list[Arg] = []
        self.global_values: dict[str, Expanded] = {}
        self.stages: list[Stage] = []
        self.names: dict[str, int] = {}
        self.drafts: list[_Draft] = []
        self._global_reader = InstructionReader(document, self.escape, {}, {}, 0)

    def take(self, parsed: ParsedInstruction) -> None:
        if parsed.name == "FROM":
            self._from(parsed)
        elif self.drafts:
            self._instruction(parsed)
        elif parsed.name == "ARG":
            for word in parsed.words:
                arg = self._global_reader.arg(word, self._global_reader.location(parsed))
                self.global_args.append(arg)
                if arg.default is not None:
                    self.global_values[arg.name] = arg.default
        else:
            reason = f"{parsed.name[:20]} before the first FROM; only ARG may stand there"
            self.problems.append(Unread(Location(self.document, "", parsed.line, 1), "field", _printable(reason)))

    def _instruction(self, parsed: ParsedInstruction) -> None:
        draft = self.drafts[-1]
        read = draft.reader.read(parsed)
        draft.instructions.extend(read)
        if any(isinstance(found, OtherInstruction) for found in read) and parsed.name not in _INSTRUCTIONS:
            reason = f'"{parsed.name[:30]}" is no Dockerfile instruction; the build would fail'
            self.problems.append(Unread(Location(self.document, "", parsed.line, 1), "field", _printable(reason)))

    def _from(self, parsed: ParsedInstruction) -> None:
        self._close()
        location = Location(self.document, "", parsed.line, 1)
        base = self._expanded(parsed.words[0] if parsed.words else "", location)
        if not base.value:
            self.problems.append(Unread(location, "field", "FROM without a base image"))
        index = len(self.stages)
        names = parsed.words[2:3] if len(parsed.words) > 1 and parsed.words[1].upper() == "AS" else ()
        base_stage = self.names.get(base.value.lower()) if base.known else None
        scratch = base_stage is None and base.value == _SCRATCH
        platform = next((flag.partition("=")[2] for flag in parsed.flags if flag.startswith("--platform=")), None)
        head = Stage(
            index=index,
            name=names[0] if names else "",
            location=location,
            base=base,
            scratch=scratch,
            base_stage=base_stage,
            image=parse_image_reference(base.value) if base.known and base_stage is None and not scratch else None,
            platform=None if platform is None else self._expanded(platform, location),
            instructions=(),
            lineage=(index,),
            user=None,
            healthcheck=None,
            cmd=None,
            entrypoint=None,
            workdir=None,
            shell=None,
            environment=(),
            exposed=(),
            volumes=(),
        )
        reader = InstructionReader(self.document, self.escape, self.global_values, dict(self.names), index)
        if base_stage is not None:
            parent = self.drafts[base_stage].reader
            reader.args, reader.env, reader.partial = dict(parent.args), dict(parent.env), dict(parent.partial)
        self.drafts.append(_Draft(head, reader))
        self.stages.append(head)
        if names:
            self.names[names[0].lower()] = index

    def _expanded(self, written: str, location: Location) -> Expanded:
        values = {name: value.value for name, value in self.global_values.items()}
        partial = {name: value.unset for name, value in self.global_values.items() if value.unset}
        value, unset = expand(written, values, self.escape, partial)
        return Expanded(written, value, location, unset)

    def _close(self) -> None:
        """Finish the last stage: what is in force at its end, inherited where it says nothing."""
        if not self.drafts:
            return
        draft = self.drafts[-1]
        head, read = draft.head, tuple(draft.instructions)
        below = self.stages[head.base_stage] if head.base_stage is not None else None
        environment = {env.name: env for env in (below.environment if below else ())}
        environment |= {env.name: env for env in _all(read, Env)}
        entrypoint = _last(read, Entrypoint)
        cmd = _last(read, Cmd)
        if cmd is None and entrypoint is None and below is not None:
            cmd = below.cmd  # an ENTRYPOINT of the stage itself drops the CMD that it inherits
        self.stages[-1] = Stage(
            index=head.index,
            name=head.name,
            location=head.location,
            base=head.base,
            scratch=head.scratch,
            base_stage=head.base_stage,
            image=head.image,
            platform=head.platform,
            instructions=read,
            lineage=(*(below.lineage if below else ()), head.index),
            user=_last(read, User) or (below.user if below else None),
            healthcheck=_last(read, Healthcheck) or (below.healthcheck if below else None),
            cmd=cmd,
            entrypoint=entrypoint or (below.entrypoint if below else None),
            workdir=_last(read, Workdir) or (below.workdir if below else None),
            shell=_last(read, Shell) or (below.shell if below else None),
            environment=tuple(environment.values()),
            exposed=(*(below.exposed if below else ()), *_all(read, Expose)),
            volumes=(*(below.volumes if below else ()), *_all(read, Volume)),
        )

    def finished(self) -> list[Stage]:
        self._close()
        return self.stages


def _all(instructions: tuple[Instruction, ...], kind: type[T]) -> tuple[T, ...]:
    return tuple(found for found in instructions if isinstance(found, kind))


def _last(instructions: tuple[Instruction, ...], kind: type[T]) -> T | None:
    return next((found for found in reversed(instructions) if isinstance(found, kind)), None)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
