"""Which files of a layer are looked at, and which of their lines may be credentials.

This is a coarse net: what it catches is judged where security meaning is given.  Every expression is linear in its input.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from breachway.sources.images.objects import Line

_MOST_LINES = 40
_LONGEST_LINE = 400
_BINARY_SNIFF = 1024

PASSWD = "/etc/passwd"
SHADOW = "/etc/shadow"
RELEASES = ("/etc/os-release", "/usr/lib/os-release")
KEPT = frozenset({PASSWD, SHADOW, *RELEASES})
"""Files of the system whose text is kept."""

_LIBRARIES = re.compile(
    r"/(?:bin|boot|dev|lib|lib32|lib64|proc|sbin|sys)/|/usr/(?:bin|games|include|lib|lib32|lib64|libexec|sbin|share|src)/|/usr/local/(?:go|include|lib|share)/"
    r"|/etc/(?:ssl/certs|pki/ca-trust|ca-certificates|alternatives)/|/var/(?:cache|lib/(?:apt|dpkg|rpm))/|/go/pkg/"
)
_PACKAGES = re.compile(r"/(?:node_modules|site-packages|dist-packages|testdata|vendor/bundle|gems)/")
_SETTINGS = re.compile(
    r"/\.env(?:\.[^/]*)?\Z|\.env\Z|\.properties\Z|/(?:\.npmrc|\.pypirc|\.netrc|_netrc|\.git-credentials|\.pgpass|\.my\.cnf|\.s3cfg|\.boto|\.dockercfg|kubeconfig"
    r"|credentials(?:\.[^/]*)?|\.yarnrc(?:\.yml)?|wp-config\.php|database\.ya?ml|secrets?\.[^/]*)\Z|/\.(?:docker|kube)/config(?:\.json)?\Z"
    r"|/(?:appsettings|application|settings)[^/]*\.(?:ya?ml|json|toml)\Z",
    re.IGNORECASE,
)
"""Files of settings: in these, a name that means a credential with a value is one; in a program it is mostly not."""
_SECRET_NAMES = re.compile(
    r"/(?:\.env(?:\.[^/]*)?|\.npmrc|\.pypirc|\.netrc|_netrc|id_(?:rsa|dsa|ecdsa|ed25519)|credentials(?:\.json)?|kubeconfig|\.git-credentials|\.dockercfg|\.pgpass"
    r"|\.my\.cnf|\.htpasswd|\.s3cfg|\.boto|service-account\.json)\Z|\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk)\Z|/\.docker/config\.json\Z",
    re.IGNORECASE,
)
_TOKENS = re.compile(
    rb"PRIVATE KEY-----|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|AIza|k_live_|SG\.|npm_|pypi-|dckr_pat_|hvs\.|eyJ|hooks\.slack\.com|://[^\s/:@]{0,100}:[^\s/@]{1,256}@"
)
_ASSIGNED = re.compile(
    rb"passw|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|_auth|\"auth\"|key-data", re.IGNORECASE
)


class Looked(NamedTuple):
    """What looking through a file gave; ``text`` is false for a binary file."""

    text: bool
    lines: tuple[Line, ...]


def is_looked_at(path: str) -> bool:
    """Whether a file may be one of the user's own: those of the system and of packages are passed over."""
    return not _LIBRARIES.match(path) and not _PACKAGES.search(path)


def has_secret_name(path: str) -> bool:
    """Whether a file is kept for its name alone."""
    return _SECRET_NAMES.search(path) is not None


def look_through(path: str, data: bytes) -> Looked:
    """Pick the lines of a file that may be credentials."""
    if b"\0" in data[:_BINARY_SNIFF]:
        return Looked(text=False, lines=())
    found: dict[int, None] = {}
    patterns = (_TOKENS, _ASSIGNED) if _SETTINGS.search(path) else (_TOKENS,)
    for pattern in patterns:
        position, line = 0, 1
        for match in pattern.finditer(data):
            line += data.count(b"\n", position, match.start())
            position = match.start()
            found[line] = None
            if len(found) >= _MOST_LINES:
                break
    if not found:
        return Looked(text=True, lines=())
    lines = data.split(b"\n")
    return Looked(text=True, lines=tuple(Line(number, _shown(lines[number - 1])) for number in sorted(found)))


def _shown(line: bytes) -> str:
    return line[:_LONGEST_LINE].decode("utf-8", "replace").strip()
