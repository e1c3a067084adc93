"""From parsed instructions to typed ones, with the variables that are in force where they stand."""

from __future__ import annotations

import re
from collections import ChainMap
from typing import TYPE_CHECKING

from breachway.evidence import Location
from breachway.sources.dockerfile.expansion import expand
from breachway.sources.dockerfile.objects import (
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expanded,
    Expose,
    Healthcheck,
    Heredoc,
    Instruction,
    Label,
    Onbuild,
    OtherInstruction,
    Run,
    RunMount,
    Shell,
    User,
    Volume,
    Workdir,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from breachway.sources.dockerfile.parsing import ParsedInstruction

_PORT = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp))?\Z", re.IGNORECASE)
_HIGHEST_PORT = 65535


class InstructionReader:
    """Reads the instructions of one stage in order.

    ``variables`` holds what ARG and ENV have given so far (ENV wins over ARG); ``global_args`` the values of ARGs before the
    first FROM, which an ARG without a default takes over.  ``stages`` maps the names of earlier stages, in lower case, to their
    index.
    """

    def __init__(
        self, document: str, escape: str, global_args: Mapping[str, Expanded], stages: Mapping[str, int], index: int
    ) -> None:
        self.document = document
        self.escape = escape
        self.global_args = global_args
        self.stages = stages
        self.index = index
        self.args: dict[str, str] = {}
        self.env: dict[str, str] = {}
        self.partial: dict[str, tuple[str, ...]] = {}

    def location(self, parsed: ParsedInstruction) -> Location:
        """The first line of the instruction."""
        return Location(self.document, "", parsed.line, 1)

    def expanded(self, written: str, location: Location) -> Expanded:
        """Expand one word here."""
        value, unset = expand(written, ChainMap(self.env, self.args), self.escape, self.partial)
        return Expanded(written, value, location, unset)

    def read(self, parsed: ParsedInstruction) -> tuple[Instruction, ...]:
        """The typed instructions of one line: one for each variable, port or path that it names."""
        location = self.location(parsed)
        match parsed.name:
            case "RUN":
                return (_run(parsed, location),)
            case "COPY" | "ADD":
                return (self._copy(parsed, location),)
            case "ARG":
                return tuple(self.arg(word, location) for word in parsed.words)
            case "ENV":
                return self._envs(parsed, location)
            case "LABEL":
                pairs = zip(parsed.words[::2], parsed.words[1::2], strict=False)
                return tuple(Label(location=location, name=name, value=self.expanded(value, location)) for name, value in pairs)
            case "EXPOSE":
                return tuple(port for word in parsed.words for port in self._exposed(word, location))
            case "VOLUME":
                return tuple(Volume(location=location, path=self.expanded(word, location)) for word in parsed.words)
            case _:
                return self._single(parsed, location)

    def _single(self, parsed: ParsedInstruction, location: Location) -> tuple[Instruction, ...]:
        text = " ".join(parsed.words)
        words = parsed.words if parsed.exec_form else ()
        match parsed.name:
            case "USER" if text:
                return (User(location=location, user=self.expanded(text, location)),)
            case "WORKDIR" if text:
                return (Workdir(location=location, path=self.expanded(text, location)),)
            case "CMD":
                return (Cmd(location=location, text=text, words=words),)
            case "ENTRYPOINT":
                return (Entrypoint(location=location, text=text, words=words),)
            case "HEALTHCHECK":
                disabled = parsed.words[:1] == ("NONE",)
                return (Healthcheck(location=location, disabled=disabled, text=" ".join(parsed.words[1:])),)
            case "SHELL":
                return (Shell(location=location, words=words),)
            case "ONBUILD":
                return (Onbuild(location=location, instruction=parsed.trigger, text=text),)
            case _:
                return (OtherInstruction(location=location, instruction=parsed.name, text=text),)

    def arg(self, word: str, location: Location) -> Arg:
        """One ARG; without a default it takes over that of a global ARG of the same name."""
        name, sign, default = word.partition("=")
        value: Expanded | None = self.expanded(default, location) if sign else self.global_args.get(name)
        if value is None:
            self.args.pop(name, None)
            self.partial.pop(name, None)
        else:
            self.args[name] = value.value
            self._remember(name, value)
        return Arg(location=location, name=name, default=value, inherited=not sign and value is not None)

    def _remember(self, name: str, value: Expanded) -> None:
        if value.unset:
            self.partial[name] = value.unset
        else:
            self.partial.pop(name, None)

    def _envs(self, parsed: ParsedInstruction, location: Location) -> tuple[Instruction, ...]:
        pairs = tuple(zip(parsed.words[::2], parsed.words[1::2], strict=False))
        envs = tuple(
            Env(location=location, name=self.expanded(name, location).value, value=self.expanded(value, location))
            for name, value in pairs
        )
        for env in envs:  # all values of one line see the variables as they were before it
            self.env[env.name] = env.value.value
            self._remember(env.name, env.value)
        return envs

    def _copy(self, parsed: ParsedInstruction, location: Location) -> Copy:
        flags = _flags(parsed.flags)
        names = {f"<<{mark}{name}" for name, _ in parsed.heredocs for mark in ("", "-")}
        inline = {form for name in names for form in (name, name.replace("<<", "<<'") + "'", name.replace("<<", '<<"') + '"')}
        words = tuple(word for word in parsed.words if word not in inline)
        origin = self.expanded(flags["from"], location) if "from" in flags else None
        return Copy(
            location=location,
            add=parsed.name == "ADD",
            sources=tuple(self.expanded(word, location) for word in words[:-1]),
            destination=self.expanded(words[-1] if words else "", location),
            heredocs=_heredocs(parsed, location),
            origin=origin,
            origin_stage=None if origin is None else self._stage(origin.value),
            checksum=self.expanded(flags.get("checksum", ""), location).value,
            chmod=self.expanded(flags.get("chmod", ""), location).value,
            chown=self.expanded(flags.get("chown", ""), location).value,
            excludes=tuple(flag.partition("=")[2] for flag in parsed.flags if flag.startswith("--exclude=")),
        )

    def _stage(self, name: str) -> int | None:
        if name.isdecimal() and len(name) <= len(str(self.index)):
            return int(name) if int(name) < self.index else None
        return self.stages.get(name.lower())

    def _exposed(self, word: str, location: Location) -> tuple[Expose, ...]:
        port = self.expanded(word, location)
        return tuple(_expose(port._replace(value=part), location) for part in port.value.split() or [port.value])


def _expose(port: Expanded, location: Location) -> Expose:
    match = _PORT.match(port.value)
    first = int(match.group(1)) if match else 0
    last = int(match.group(2) or first) if match else 0
    if not 0 < first <= last <= _HIGHEST_PORT:
        first = last = 0
    protocol = (match.group(3) or "tcp").lower() if match else "tcp"
    return Expose(location=location, port=port, first=first, last=last, protocol=protocol)


def _flags(flags: tuple[str, ...]) -> dict[str, str]:
    pairs = (flag.removeprefix("--").partition("=") for flag in flags)
    return {name: value for name, _, value in pairs}


def _run(parsed: ParsedInstruction, location: Location) -> Run:
    flags = _flags(parsed.flags)
    command = " ".join(parsed.words)
    contents = "".join(content for _, content in parsed.heredocs)
    alone = len(parsed.heredocs) == 1 and command.startswith("<<") and " " not in command
    return Run(
        location=location,
        script=contents if alone else f"{command}\n{contents}" if contents else command,
        words=parsed.words if parsed.exec_form else (),
        heredocs=_heredocs(parsed, location),
        mounts=tuple(_mount(flag.partition("=")[2]) for flag in parsed.flags if flag.startswith("--mount")),
        security=flags.get("security", ""),
        network=flags.get("network", ""),
    )


def _mount(text: str) -> RunMount:
    pairs = [part.partition("=") for part in text.split(",") if part]
    options = tuple((name.strip().lower(), value) for name, _, value in pairs if name.strip().lower() != "type")
    kind = next((value for name, _, value in pairs if name.strip().lower() == "type"), "bind")
    return RunMount(kind, options)


def _heredocs(parsed: ParsedInstruction, location: Location) -> tuple[Heredoc, ...]:
    """The heredocs with the line of their first content line, counted back from the end of the instruction."""
    line = parsed.last_line + 1 - sum(content.count("\n") + 1 for _, content in parsed.heredocs)
    found: list[Heredoc] = []
    for name, content in parsed.heredocs:
        found.append(Heredoc(name, content, location._replace(line=max(line, parsed.line))))
        line += content.count("\n") + 1
    return tuple(found)
