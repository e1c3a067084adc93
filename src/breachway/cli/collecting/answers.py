"""What an API server answers, and the ways in which it does not."""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]

OK = 200
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
METHOD_NOT_ALLOWED = 405
GONE = 410
TOO_MANY_REQUESTS = 429
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
"""Status codes after which the same request may succeed."""


class Answer(NamedTuple):
    """One answer.  ``body`` is empty where an error came without a JSON object; ``retry_after`` is in seconds, or not told."""

    status: int
    body: JsonObject
    retry_after: float | None = None

    @property
    def message(self) -> str:
        """What the server says about an error, in one line; empty if nothing."""
        text = self.body.get("message")
        return " ".join(text.split())[:300] if isinstance(text, str) else ""


class Unanswered(Exception):  # noqa: N818 - the absence of an answer, not a mistake of ours
    """No usable answer came.  ``again`` tells whether asking once more may help; ``reached`` whether anything answered at all."""

    def __init__(self, reason: str, *, hint: str = "", again: bool = True, reached: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.again = again
        self.reached = reached


class TooLargeAnswer(Unanswered):
    """The answer is larger than what is taken from any server; ``limit`` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the answer is larger than {limit // 1024 // 1024} MiB", again=False)
        self.limit = limit


class Server(Protocol):
    """Something that answers GET requests of the Kubernetes API."""

    def get(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> Answer:
        """Ask once.  Raises Unanswered (TooLargeAnswer is one)."""

    def renew(self) -> bool:
        """Obtain the credentials anew, as an exec plugin can; false where they cannot change."""
