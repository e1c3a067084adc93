"""Standard input, and what is said when nothing could be read."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, BinaryIO

from breachway.errors import NothingToReadError
from breachway.sources.discovery import STDIN, printable
from breachway.sources.text import LARGEST_JSON, Refusal, error_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breachway.evidence import Unread

_PIPE_HINT = "pipe manifests into it: kubectl get all -A -o yaml | breachway model -"


def standard_input(stdin: BinaryIO) -> bytes | Refusal:
    """Read it whole, up to the limit of a text; a refusal where it cannot be read or holds nothing."""
    try:
        data = stdin.read(LARGEST_JSON + 1)
    except (OSError, ValueError) as error:
        words = error_words(error) if isinstance(error, OSError) else "it is closed"
        return Refusal(f"it cannot be read: {words}", _PIPE_HINT)
    return data or Refusal("it is empty", _PIPE_HINT)


def nothing_to_read(paths: Sequence[str], unread: tuple[Unread, ...]) -> NothingToReadError:
    """The error of a run in which nothing was understood; ``unread`` is what was met and why."""
    named = ", ".join(printable(posixpath.normpath(path)) if path != STDIN else "the standard input" for path in paths)
    if unread:
        first = next((problem for problem in unread if problem.severity == "file"), unread[0])
        more = f" (and {len(unread) - 1} more)" if len(unread) > 1 else ""
        return NothingToReadError(f"nothing that can be modelled: {first.reason}{more}", hint=first.hint, where=first.location)
    return NothingToReadError(
        f"nothing that can be modelled in {named}",
        hint="Breachway reads Kubernetes manifests, Compose files, Dockerfiles, ECS task definitions, Terraform, saved images "
        "and scans",
    )
