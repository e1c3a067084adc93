"""Credentials in saved images: in files of their layers, in variables and in the commands of their history."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from breachway.evidence import Location
from breachway.mapping.containers.grounds import observed
from breachway.mapping.containers.image_contents import BakedSecret
from breachway.mapping.containers.secret_patterns import has_token, has_url_password, is_secret_literal, secrets_in_command
from breachway.mapping.dockerfile.copy_rules import is_secret_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.sources.images.objects import ImageArchive, LayerFile, Line

_MOST = 200
"""How many credentials of one image become assets of their own."""
_ALWAYS = frozenset({".git-credentials", ".netrc", "_netrc", ".pgpass", ".htpasswd"})
"""Text files whose every line is a credential."""
_KEY = "PRIVATE KEY-----"
_ARGUMENTS = "RUN |"
_ASSIGNMENT = re.compile(r"""([A-Za-z_][\w.-]{1,80})["']?[ \t]{0,4}[:=][ \t]{0,4}["']?([^\s"',;{}\[\]]{1,256})""")
_ALWAYS_SECRET = frozenset({"auth", "client-key-data"})
"""What registries' and clusters' credentials are called in the files of their clients."""
_SETTINGS = (".properties", ".env", ".yml", ".yaml", ".json", ".toml", ".php", "/.kube/config")


def baked_secrets(archive: ImageArchive) -> tuple[BakedSecret, ...]:
    """Give every credential that the image shows, each once."""
    found: dict[str, BakedSecret] = {}
    for secret in (*_in_environment(archive), *_in_files(archive), *_in_history(archive)):
        found.setdefault(secret.name, secret)
        if len(found) >= _MOST:
            break
    return tuple(found.values())


def _in_environment(archive: ImageArchive) -> Iterator[BakedSecret]:
    for variable in archive.config.environment:
        name, _, value = variable.value.partition("=")
        if is_secret_literal(name, value):
            note = f"the configuration of the image gives {name} a literal value"
            yield BakedSecret("image-secret-env", name, observed(variable.location, note), visible=True)


def _in_files(archive: ImageArchive) -> Iterator[BakedSecret]:
    for layer in archive.layers:
        for file in layer.files:
            found = _credential_in(file)
            if found is not None:
                line, what = found
                gone = f"; layer {file.removed_by} deletes the file, this layer keeps it" if file.removed_by else ""
                evidence = observed(Location(file.document, "", line, 1 if line else 0), f"{file.path} holds {what}{gone}")
                yield BakedSecret("secret-in-image-layer", file.path, evidence, visible=not file.removed_by)


def _credential_in(file: LayerFile) -> tuple[int, str] | None:
    """The line of the first credential in a file and what it is; line 0 where the file as a whole is one."""
    for line in file.lines:
        what = _credential_on(line, file.path)
        if what:
            return line.number, what
    if is_secret_file(file.path) and (not file.text or file.path.rpartition("/")[2] in _ALWAYS):
        return 0, "credentials, by its name"
    return None


def _credential_on(line: Line, path: str) -> str:
    text = line.text
    if _KEY in text:
        return "a private key" if text.lstrip("\"' ").startswith("-----BEGIN") else _assigned(text)
    if has_token(text):
        return "a URL with a password" if has_url_password(text) else "a token in the format of its provider"
    return _assigned(text) if is_secret_file(path) or path.endswith(_SETTINGS) else ""


def _assigned(text: str) -> str:
    """The credential that a line sets: ``name=value``, ``name: value``, ``"name": "value"``."""
    if text.startswith("#"):
        return ""
    for match in _ASSIGNMENT.finditer(text):
        name, value = match.groups()
        if name in _ALWAYS_SECRET or is_secret_literal(name, value):
            return f"a value for {name}"
    return ""


def _in_history(archive: ImageArchive) -> Iterator[BakedSecret]:
    for step in archive.history:
        text = step.value
        names = [*_argument_names(text), *secrets_in_command(text)] if "ENV " not in text[:40] else []
        for name in dict.fromkeys(names):
            note = f"the history of the image shows a value for {name}"
            yield BakedSecret("secret-in-image-layer", f"{name} (build history)", observed(step.location, note), visible=False)


def _argument_names(text: str) -> Iterator[str]:
    """Build arguments stand before the command as BuildKit records it: ``RUN |2 NAME=value OTHER=value /bin/sh -c …``."""
    if not text.startswith(_ARGUMENTS):
        return
    count, _, rest = text.removeprefix(_ARGUMENTS).partition(" ")
    for word in rest.split(" ")[: int(count[:3]) if count.isdecimal() else 0]:
        name, equals, value = word.partition("=")
        if equals and is_secret_literal(name, value):
            yield name
