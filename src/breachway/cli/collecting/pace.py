"""How fast requests are sent, and how often one is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.cli.collecting.answers import TRANSIENT, UNAUTHORIZED, Answer, Server, Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable

_ATTEMPTS = 6
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_LONGEST_ASKED_WAIT = 120.0
"""The longest ``Retry-After`` that is obeyed, in seconds; a server that asks for more is asked again after this."""


class Clock(NamedTuple):
    """Time as three functions: now (seconds, only differences count), sleep, and a random number from 0 to 1."""

    now: Callable[[], float]
    sleep: Callable[[float], None]
    chance: Callable[[], float]


class PatientServer:
    """A server asked at most ``rate`` times a second, and again after failures that pass.

    After a refusal of the credentials they are renewed once, if they can be.
    """

    def __init__(self, server: Server, clock: Clock, *, rate: float, notice: Callable[[str], None]) -> None:
        self._server = server
        self._clock = clock
        self._interval = 1.0 / rate
        self._next = clock.now()
        self._notice = notice

    def get(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> Answer:
        """Ask until there is an answer that asking again would not change.

        Raises Unanswered when the last attempt failed too, TooLargeAnswer at once.
        """
        renewed = False
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            self._hold_back()
            try:
                answer = self._server.get(path, query)
            except Unanswered as failure:
                if last or not failure.again:
                    raise
                self._wait(attempt, None, failure.reason)
                continue
            if answer.status == UNAUTHORIZED and not renewed and not last:
                renewed = True
                if self._server.renew():
                    continue
            if last or answer.status not in TRANSIENT:
                return answer
            self._wait(attempt, answer.retry_after, f"the server answered {answer.status}")
        # The last attempt returned or raised.
        raise Unanswered("no attempt was made", again=False)

    def _hold_back(self) -> None:
        wait = self._next - self._clock.now()
        if wait > 0:
            self._clock.sleep(wait)
        self._next = max(self._next, self._clock.now()) + self._interval

    def _wait(self, attempt: int, asked: float | None, reason: str) -> None:
        """Wait before the next attempt: doubling, scattered so that many clients do not return together."""
        seconds = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (attempt - 1)) * (0.5 + self._clock.chance() / 2)
        if asked is not None:
            seconds = max(seconds, min(asked, _LONGEST_ASKED_WAIT))
        self._notice(f"{reason}; attempt {attempt + 1} of {_ATTEMPTS} in {seconds:.1f} s")
        self._clock.sleep(seconds)
