"""The questions that are put both to Breachway and to the API server, made from the roles and bindings themselves."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from breachway.mapping.kubernetes.permissions.access_requests import (
    AUTHENTICATED,
    Identity,
    ResourceRequest,
    UrlRequest,
    anonymous,
    service_account,
    user,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.mapping.kubernetes.permissions.access_requests import Request

_ALWAYS_ASKED = (("", "pods", ""), ("", "pods", "exec"), ("", "secrets", ""), ("apps", "deployments", ""))
_ANY_VERB = ("get", "create")
_STRANGERS = ("widgets.example.com", "widgets")


def identities(items: Iterable[dict[str, Any]]) -> tuple[Identity, ...]:
    """Everybody whom a binding names, a member of two groups, and four whom none may name."""
    found: dict[Identity, None] = {}
    groups: list[str] = []
    for item in items:
        for subject in item.get("subjects") or ():
            match subject["kind"]:
                case "ServiceAccount":
                    home = subject.get("namespace") or item["metadata"].get("namespace", "default")
                    found[service_account(home, subject["name"])] = None
                    found[service_account(home, f"not-{subject['name']}")] = None
                    found[service_account("elsewhere", subject["name"])] = None
                case "User":
                    found[user(subject["name"])] = None
                case "Group":
                    groups.append(subject["name"])
                    found[Identity(user="somebody", groups=(subject["name"],))] = None
    found[Identity(user="member-of-many", groups=(*sorted(set(groups))[:3], AUTHENTICATED))] = None
    found |= dict.fromkeys((anonymous(), user("stranger"), user("root", "system:masters"), service_account("default", "default")))
    return tuple(found)


def requests(items: Iterable[dict[str, Any]]) -> tuple[Request, ...]:
    """Every verb × resource × name × namespace that the rules speak of, and some that they do not."""
    things = tuple(items)
    rules = [rule for item in things for rule in item.get("rules") or ()]
    places = {item["metadata"]["namespace"] for item in things if item["metadata"].get("namespace")}
    namespaces = ("", "elsewhere", *sorted(places))
    verbs = sorted({verb for rule in rules for verb in rule["verbs"]} | set(_ANY_VERB))
    names = _names(rules)
    found: dict[Request, None] = {}
    for (group, resource, subresource), verb, namespace in product(_resources(rules), verbs, namespaces):
        for name in ("", *names.get(resource, ()), "other"):
            found[
                ResourceRequest(
                    verb=verb, group=group, resource=resource, subresource=subresource, name=name, namespace=namespace
                )
            ] = None
    for path, verb in product(_paths(rules), verbs):
        found[UrlRequest(verb=verb, path=path)] = None
    return tuple(found)


def _resources(rules: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    found = set(_ALWAYS_ASKED)
    for rule in rules:
        for group, resource in product(rule.get("apiGroups") or (), rule.get("resources") or ()):
            main, _, sub = resource.partition("/")
            group_asked = _STRANGERS[0] if group == "*" else group
            found.add((group_asked, _STRANGERS[1] if main == "*" else main, sub))
            found.add((group_asked, _STRANGERS[1] if main == "*" else main, "status"))
            found.add(("other.example.com", main, sub))
    return sorted(found)


def _names(rules: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The names in rules, by the resource (without its part) that they restrict."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        for resource in rule.get("resources") or ():
            found.setdefault(resource.partition("/")[0], set()).update(rule.get("resourceNames") or ())
    return {resource: sorted(names) for resource, names in found.items()}


def _paths(rules: list[dict[str, Any]]) -> list[str]:
    found = {"/", "/healthz", "/metrics", "/api", "/version/"}
    for rule in rules:
        for url in rule.get("nonResourceURLs") or ():
            stem = url.rstrip("*")
            found |= {url, stem, f"{stem}x", f"{stem}/x", stem.rstrip("/") or "/"}
    return sorted(found)


def review(identity: Identity, request: Request) -> dict[str, Any]:
    """The question as a SubjectAccessReview."""
    spec: dict[str, Any] = {"user": identity.user, "groups": list(identity.groups)}
    match request:
        case ResourceRequest():
            spec["resourceAttributes"] = {
                "verb": request.verb,
                "group": request.group,
                "resource": request.resource,
                "subresource": request.subresource,
                "name": request.name,
                "namespace": request.namespace,
            }
        case UrlRequest():
            spec["nonResourceAttributes"] = {"verb": request.verb, "path": request.path}
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
