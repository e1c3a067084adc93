"""Who asks the API server, and for what: the two sides of an authorization question.

The forms follow ``SubjectAccessReview`` of ``authorization.k8s.io/v1``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

ACCOUNT_USER = "system:serviceaccount:"
ACCOUNT_GROUP = "system:serviceaccounts"
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"
MASTERS = "system:masters"
NODES = "system:nodes"
NODE_USER = "system:node:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A caller after authentication.  ``extra`` is what an authenticator adds by key; RBAC decides nothing by it."""

    user: str
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRequest:
    """A verb on objects.  ``group`` is "" for the core group, ``name`` "" for a collection, ``namespace`` "" for the cluster."""

    verb: str
    group: str
    resource: str
    subresource: str = ""
    name: str = ""
    namespace: str = ""

    @property
    def full_resource(self) -> str:
        """The resource as rules write it: ``pods/exec``."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlRequest:
    """A verb (the HTTP method in lower case) on a path that is no object: ``/metrics``."""

    verb: str
    path: str


Request: TypeAlias = ResourceRequest | UrlRequest


def service_account(namespace: str, name: str) -> Identity:
    """A ServiceAccount by its token: its user name and the groups that the API server puts it into."""
    return Identity(
        user=f"{ACCOUNT_USER}{namespace}:{name}", groups=(ACCOUNT_GROUP, f"{ACCOUNT_GROUP}:{namespace}", AUTHENTICATED)
    )


def user(name: str, *groups: str) -> Identity:
    """A user that authenticated, in ``groups`` and in the group of everybody who did; a service account in its own too."""
    if name == ANONYMOUS:
        return anonymous()
    namespace, colon, account = name.removeprefix(ACCOUNT_USER).partition(":")
    if name.startswith(ACCOUNT_USER) and colon:
        own = service_account(namespace, account)
        return Identity(user=name, groups=tuple(dict.fromkeys((*groups, *own.groups))))
    return Identity(user=name, groups=tuple(dict.fromkeys((*groups, AUTHENTICATED))))


def member(group: str) -> Identity:
    """Somebody of whom only a group is known; the user name is empty, which no binding can name."""
    if group == UNAUTHENTICATED:
        return Identity(user="", groups=(UNAUTHENTICATED,))
    namespace = group.removeprefix(f"{ACCOUNT_GROUP}:") if group.startswith(f"{ACCOUNT_GROUP}:") else ""
    wider = (ACCOUNT_GROUP,) if namespace else ()
    return Identity(user="", groups=tuple(dict.fromkeys((group, *wider, AUTHENTICATED))))


def anonymous() -> Identity:
    """Who sends no credentials."""
    return Identity(user=ANONYMOUS, groups=(UNAUTHENTICATED,))
