"""Names and values that are credentials: one rule for variables, arguments and build instructions of every platform.

Input is hostile, so every expression here matches in linear time: no nested repetition, and every search is bounded or
anchored by a literal.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST = 1 << 16
"""Longer texts are cut: a credential stands near the start of a value, and the rest is data."""

_NAME = re.compile(r"passw|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential", re.IGNORECASE)
_REFERENCE_NAME = re.compile(
    r"(?:_|-|\.|\b)(?:file|path|dir|directory|name|names|url|uri|endpoint|arn|type|algorithm|header|issuer|audience|provider|mode|method|prefix|"
    r"policy|class|store|manager|ref|location|version|region|field|key_?path|cookie)\Z",
    re.IGNORECASE,
)
"""Names that tell where a credential is, or of what kind, and do not hold it: ``POSTGRES_PASSWORD_FILE``, ``TOKEN_URL``."""
_MEASURE_NAME = re.compile(
    r"expir|ttl|timeout|lifetime|length|size|count|rounds|port|interval|age|max|min|cost|ratio|limit|days|hours", re.IGNORECASE
)
_CAMEL_REFERENCE = re.compile(r"[a-z](?:File|Path|Dir|Name|Url|Uri|Endpoint|Arn|Type)\Z")
_SWITCHES = frozenset({"true", "false", "yes", "no", "on", "off", "none", "null", "enabled", "disabled", "required", "optional"})
_PLACEHOLDER = re.compile(
    r"\$[A-Za-z_]\w*\Z|\$\{[^{}]*\}\Z|\$\([^()]*\)\Z|\{\{.*\}\}\Z|<[^<>]*>\Z|%\([^()]*\)s?\Z|%[A-Za-z_]+%\Z|@@?[A-Za-z_]+@@?\Z|\[\[.*\]\]\Z",
    re.DOTALL,
)
_TOKENS = (
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,255}\b"),
    re.compile(r"\bgithub_pat_[A-Za-z0-9_]{22,255}\b"),
    re.compile(r"\bglpat-[A-Za-z0-9_-]{20,100}"),
    re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,255}"),
    re.compile(r"\bAIza[0-9A-Za-z_-]{35}"),
    re.compile(r"\b[sr]k_live_[0-9A-Za-z]{16,255}"),
    re.compile(r"\bSG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}"),
    re.compile(r"\bnpm_[A-Za-z0-9]{36}\b"),
    re.compile(r"\bpypi-[A-Za-z0-9_-]{40,255}"),
    re.compile(r"\bdckr_pat_[A-Za-z0-9_-]{20,100}"),
    re.compile(r"\bhvs\.[A-Za-z0-9_-]{24,255}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{10,2048}\.eyJ[A-Za-z0-9_-]{10,4096}\."),
    re.compile(r"-----BEGIN (?:[A-Z]{2,12} ){0,3}PRIVATE KEY-----"),
    re.compile(r"hooks\.slack\.com/services/T[A-Za-z0-9]{6,16}/B[A-Za-z0-9]{6,16}/[A-Za-z0-9]{16,32}"),
)
"""Formats of tokens that their providers document (clouds, forges, chat, payment, mail, package indexes), and private keys."""
_TOKEN_MARKS = (
    "AKIA", "ASIA", "gh", "glpat-", "xox", "AIza", "k_live_", "SG.", "npm_", "pypi-", "dckr_pat_", "hvs.", "eyJ",
    "-----BEGIN", "hooks.slack",
)  # fmt: skip
_USERINFO = re.compile(r"://([^\s/:@'\"]{0,100}):([^\s/@'\"]{1,256})@")
_OPTION = re.compile(
    r"-{1,2}(?=[\w.-]{0,60}(?:passw|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential))[\w.-]{2,80}\Z|-{0,2}requirepass\Z",
    re.IGNORECASE,
)
_MYSQL_CLIENTS = (
    "mysql",
    "mysqladmin",
    "mysqldump",
    "mysqlshow",
    "mysqlcheck",
    "mariadb",
    "mariadb-admin",
    "mariadb-dump",
    "mysqlimport",
)
_BEARER = re.compile(r"\bBearer\s{1,4}([A-Za-z0-9_.~+/=-]{8,4096})", re.IGNORECASE)


def is_placeholder(value: str) -> bool:
    """Whether the value is filled in later: ``${VAR}``, ``$(VAR)``, ``{{ .Values.x }}``, ``<password>``."""
    return bool(_PLACEHOLDER.match(value.strip()[:_LONGEST]))


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a variable, option or key of this name holds a credential."""
    return bool(_NAME.search(name[:256])) and not _REFERENCE_NAME.search(name[:256]) and not _CAMEL_REFERENCE.search(name[:256])


def has_token(value: str) -> bool:
    """Whether the text holds a token in a provider's format, a private key, or a URL with a password in it."""
    text = value[:_LONGEST]
    if any(mark in text for mark in _TOKEN_MARKS) and any(pattern.search(text) for pattern in _TOKENS):
        return True
    return has_url_password(text)


def has_url_password(text: str) -> bool:
    """Whether a URL in the text carries ``user:password@`` with a literal password."""
    if "://" not in text or "@" not in text:
        return False
    return any(_is_literal(match.group(2)) for match in _USERINFO.finditer(text[:_LONGEST]))


def _is_literal(value: str) -> bool:
    value = value.strip()
    return bool(value) and not is_placeholder(value) and not value.startswith(("${", "$(", "{{", "$")) and "${" not in value


@lru_cache(maxsize=8192)
def is_secret_literal(name: str, value: str) -> bool:
    """Whether ``name=value`` puts a credential where everybody who reads the specification sees it.

    A literal that is not empty and no placeholder, under a name that means a credential or in the form of one.  Switches
    (``yes``), measures (``TOKEN_TTL=3600``), names and places of credentials (``..._FILE=/run/secrets/x``) are none.
    """
    text = value.strip()[:_LONGEST]
    if not text:
        return False
    if has_token(text):
        return True
    if not is_secret_name(name) or not _is_literal(text) or text.lower() in _SWITCHES:
        return False
    if _MEASURE_NAME.search(name[:256]) and text.replace(".", "", 1).rstrip("smhdMKGB").isdigit():
        return False
    return not text.startswith(
        ("/run/secrets/", "/var/run/secrets/", "/etc/secrets/", "file:", "arn:aws", "vault:", "secret:", "ssm:", "op://")
    )


def secrets_in_words(words: Iterable[str]) -> Iterator[str]:
    """Give a name for each credential that a command line carries: that of its option, never the value."""
    known = tuple(part for word in words for part in (word[:_LONGEST].split() if " " in word else (word,)))
    mysql = any(word.rpartition("/")[2] in _MYSQL_CLIENTS for word in known)
    for position, word in enumerate(known):
        text = word[:_LONGEST]
        option, equals, value = text.partition("=")
        following = known[position + 1] if position + 1 < len(known) else ""
        if _OPTION.match(option[:100]) and is_secret_name(_option_name(option)):
            if equals and _counts(value):
                yield _option_name(option)
                continue
            if not equals and following and not following.startswith("-") and _counts(following):
                yield _option_name(option)
                continue
        if mysql and text.startswith("-p") and not text.startswith("--") and _counts(text[2:]):
            yield "-p"
        elif _user_option(text, following):
            yield "-u"
        elif has_token(text):
            yield "token" if not has_url_password(text) else "URL"
        bearer = _BEARER.search(text) if "earer" in text or "EARER" in text else None
        if bearer is not None and _is_literal(bearer.group(1)):
            yield "Bearer"


def secrets_in_command(text: str) -> tuple[str, ...]:
    """Give the names of the credentials that a shell text carries, each once, in order."""
    words = text[:_LONGEST].replace('"', " ").replace("'", " ").replace(";", " ").replace("&&", " ").split()
    found = dict.fromkeys(secrets_in_words(words))
    if _BEARER.search(text[:_LONGEST]) and "Bearer" not in found:
        bearer = _BEARER.search(text[:_LONGEST])
        if bearer is not None and _is_literal(bearer.group(1)):
            found["Bearer"] = None
    return tuple(found)


def _option_name(option: str) -> str:
    plain = option.lstrip("-")
    return "password" if plain.lower() == "requirepass" else plain


def _counts(value: str) -> bool:
    text = value.strip().strip("\"'")
    return _is_literal(text) and text.lower() not in _SWITCHES and not text.startswith(("/", "./", "file:", "@"))


def _user_option(word: str, following: str) -> bool:
    """Whether the word is curl's or wget's ``-u user:password`` (also ``--user=``)."""
    value = following if word in {"-u", "--user"} else word.removeprefix("--user=") if word.startswith("--user=") else ""
    user, colon, password = value.partition(":")
    return bool(colon) and bool(user) and not user.isdecimal() and _counts(password)
