"""The five kinds of attacker, as data: who they are and which steps are not theirs to take."""

from __future__ import annotations

from dataclasses import dataclass

NO_INTENT = ("abuse", "escape", "exploit")
"""Tags of steps that nobody takes by mistake or as a matter of function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorInfo:
    """An attacker.  ``forbidden_tags`` are tags of steps that this actor does not take.

    ``start`` says where it stands at first.
    """

    id: str
    title: str
    sentence: str
    start: str
    forbidden_tags: tuple[str, ...]


ACTORS = (
    ActorInfo(
        id="A1",
        title="external attacker",
        sentence="Somebody without any right here, who sends requests to whatever the deployment opens to the outside.",
        start="the internet, and every endpoint that is exposed to it",
        forbidden_tags=(),
    ),
    ActorInfo(
        id="A2",
        title="internal attacker",
        sentence="Somebody whose code already runs in one of the containers, through a flaw that nobody knew of.",
        start="any one container; each is tried",
        forbidden_tags=(),
    ),
    ActorInfo(
        id="A3",
        title="malicious insider",
        sentence="A developer or an administrator who turns the rights of the job against the deployment.",
        start="the rights of a developer or an administrator",
        forbidden_tags=(),
    ),
    ActorInfo(
        id="A4",
        title="inadvertent insider",
        sentence="The same people, by a slip: a key in a repository, a kubeconfig in a chat, a grant too wide.",
        start="what the slip itself hands over",
        forbidden_tags=NO_INTENT,
    ),
    ActorInfo(
        id="A5",
        title="application process",
        sentence="The software as deployed, doing no harm on purpose: how far its own credentials and connections reach.",
        start="each workload's own identity",
        forbidden_tags=NO_INTENT,
    ),
)
