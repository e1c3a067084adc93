"""Rules over COPY and ADD: what comes into the image unverified, and what should not."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec

from breachway.mapping.dockerfile.hits import Hit
from breachway.sources.dockerfile.objects import is_remote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breachway.sources.dockerfile.objects import Copy, Dockerfile

_SECRET_NAMES = frozenset(
    {
        ".env", ".npmrc", ".pypirc", ".netrc", "_netrc", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "credentials",
        "kubeconfig", ".git-credentials", ".dockercfg", ".pgpass", ".my.cnf", ".htpasswd", ".s3cfg", ".boto",
        "credentials.json", "service-account.json",
    }
)  # fmt: skip
_SECRET_ENDINGS = (".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk")
_PUBLIC_MARKS = ("public", ".pub", "ca.pem", "ca-bundle", "cacert", "cert.pem", "chain.pem", "root.pem")
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst", ".gz", ".bz2", ".xz")
_WHOLE = frozenset({".", "./", "/", "*", "./*", "./."})
_MUST_HIDE = (".env", ".git/config")


def is_secret_file(path: str) -> bool:
    """Whether a file of this name holds credentials: keys, tokens, passwords.  Examples, templates and public halves do not."""
    folders, _, base = path.rstrip("/").lower().rpartition("/")
    if base in _SECRET_NAMES or (
        base.startswith(".env.") and not base.endswith((".example", ".sample", ".template", ".dist", ".md"))
    ):
        return True
    if base == "config.json":
        return folders.rpartition("/")[2] == ".docker"
    return base.endswith(_SECRET_ENDINGS) and not any(mark in base for mark in _PUBLIC_MARKS)


def source_hits(copy: Copy) -> Iterator[Hit]:
    """Find what endangers the build, in any stage."""
    for source in copy.sources:
        if not copy.add:
            continue
        if is_remote(source.value):
            if not copy.checksum:
                yield Hit("add-remote-unverified", copy.location, f"ADD {source.written} without a checksum", detail=source.value)
        elif not source.value.lower().endswith(_ARCHIVES):
            yield Hit("add-instead-of-copy", copy.location, f"ADD {source.written} of a local file", detail=source.written)


def content_hits(copy: Copy, dockerfile: Dockerfile) -> Iterator[Hit]:
    """Find what comes into the image from the build context and should stay outside."""
    if copy.origin is not None:
        return
    for source in copy.sources:
        if not is_remote(source.value) and is_secret_file(source.value) and not _ignored(dockerfile, source.value):
            yield Hit("secret-file-copied", copy.location, f"copies {source.written}", detail=source.value)
    whole = next((source for source in copy.sources if source.value.strip() in _WHOLE), None)
    if whole is not None:
        missing = unhidden(dockerfile, copy.excludes)
        if missing:
            lack = (
                "no .dockerignore" if dockerfile.ignore is None else f".dockerignore does not leave out {' and '.join(missing)}"
            )
            yield Hit("copy-whole-context", copy.location, f"copies the whole build context, and {lack}")


def unhidden(dockerfile: Dockerfile, excludes: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Which of ``.env`` and ``.git`` a copy of the whole context would take along."""
    patterns = (*(dockerfile.ignore.patterns if dockerfile.ignore is not None else ()), *excludes)
    spec = _spec(patterns)
    return tuple(name.partition("/")[0] for name in _MUST_HIDE if not spec.match_file(name))


@lru_cache(maxsize=256)
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    """Compile the patterns of a .dockerignore: rooted at the context, where Git's float (moby/patternmatcher)."""
    rooted = []
    for pattern in patterns:
        bang, rest = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
        rest = rest.strip()
        if rest and not rest.startswith("#"):
            rooted.append(f"{bang}/{rest.removeprefix('./').lstrip('/')}")
    return GitIgnoreSpec.from_lines(rooted)


def _ignored(dockerfile: Dockerfile, path: str) -> bool:
    return dockerfile.ignore is not None and _spec(dockerfile.ignore.patterns).match_file(path.removeprefix("./").lstrip("/"))
