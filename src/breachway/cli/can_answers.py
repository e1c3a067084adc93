"""The answers of ``breachway can``, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, assert_never

from breachway.graph.gates import IN_FORCE
from breachway.mapping.kubernetes.permissions.access_requests import ResourceRequest, UrlRequest
from breachway.reports.escaping import terminal
from breachway.reports.wording import basis_words, place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breachway.analyses.permissions.standing import Held, Power, Reachable, Standing, Who
    from breachway.evidence import Evidence, Location
    from breachway.mapping.kubernetes.permissions.access_requests import Request
    from breachway.mapping.kubernetes.permissions.authorization import Decision, Permission
    from breachway.mapping.kubernetes.permissions.rules import Rule

_SHOWN_ITEMS = 8


def standing_as_text(standing: Standing, *, verbose: bool) -> str:
    """The three permissions, each with the line that gives it; ``verbose`` adds what every caller may do."""
    who = standing.who
    acting = [f"acts as {identity.user or ', '.join(identity.groups)}" for identity in who.identities]
    lines = [who.title, *(f"  {words}" for words in acting), "", "Holds"]
    lines += [line for item in standing.holds for line in _held(item)] or ["  nothing that the input shows"]
    lines += ["", "May do"]
    lines += _dangerous(standing.powers)
    lines += _rights(standing, verbose=verbose)
    lines += ["", "May reach"]
    lines += _reached(standing.reaches)
    if standing.dangling:
        lines += ["", "References that lead nowhere"]
        lines += [f"  {item.binding} {item.note}{_at(item.location)}" for item in standing.dangling]
    if standing.remarks:
        lines += ["", *(f"Note: {words}." for words in standing.remarks)]
    return _text(lines)


def _held(item: Held) -> list[str]:
    belief = "" if item.probability >= 1.0 else f"  (believed: {item.probability:.0%})"
    where = f"  {item.where}" if item.where else ""
    return [f"  {item.what}{where}{belief}", *_because(item.evidence, "    ")]


def _dangerous(powers: tuple[Power, ...]) -> list[str]:
    lines: list[str] = []
    for power in powers:
        where = f"in {power.scope}" if power.scope else "everywhere"
        lines += [f"  ! {power.title}, {where}", *_because(power.evidence, "      ")]
    return lines


def _rights(standing: Standing, *, verbose: bool) -> list[str]:
    rights = standing.rights
    given = [item for item in rights if verbose or not _by_builtin_binding(item)]
    lines = [line for item in given for line in _right(item)]
    left_out = len(rights) - len(given)
    if left_out:
        lines.append(f"  and what the API server itself gives it: {left_out} rules (--all shows them)")
    return lines or ([] if standing.powers else ["  nothing that the input shows"])


def _by_builtin_binding(item: Permission) -> bool:
    return bool(item.evidence[1].source)


def _right(item: Permission) -> list[str]:
    where = f"in {item.scope}" if item.scope else "everywhere"
    granted = item.evidence[0]
    bound = item.evidence[1]
    return [
        f"  {_listed(item.rule.verbs)}  {rule_objects(item.rule)}  {where}{_at(granted.location)}",
        f"      {item.role}{_source(granted)}, given by {item.binding}{_at(bound.location)} to {item.held_as}",
    ]


def rule_objects(rule: Rule) -> str:
    """What a rule speaks of, as ``kubectl`` writes it: ``pods/exec``, ``deployments.apps``, or paths."""
    if rule.urls:
        return _listed(rule.urls)
    groups = sorted(rule.groups)
    resources = [resource if group == "" else f"{resource}.{group}" for group in groups for resource in sorted(rule.resources)]
    if "*" in rule.resources and "*" in rule.groups:
        resources = ["everything"]
    named = f" named {_listed(rule.names)}" if rule.names else ""
    return _listed(resources) + named


def _listed(items: Iterable[str]) -> str:
    ordered = sorted(set(items))
    more = f", {len(ordered) - _SHOWN_ITEMS} more" if len(ordered) > _SHOWN_ITEMS else ""
    return ", ".join(ordered[:_SHOWN_ITEMS]) + more or "nothing"


def _reached(reaches: tuple[Reachable, ...]) -> list[str]:
    lines: list[str] = []
    for item in reaches:
        if item.probability >= 1.0:
            words = "open"
        elif item.probability <= 0.0:
            words = "closed"
        else:
            words = f"{'closed' if item.probability < IN_FORCE else 'open'}, it is believed ({item.probability:.0%} open)"
        lines += [f"  {item.name}: {words}", *_because(item.evidence[:1], "      ")]
    return lines or ["  nothing that the input shows"]


def _because(evidence: tuple[Evidence, ...], indent: str) -> list[str]:
    return [f"{indent}{item.note}{_known(item)}{_at(item.location)}" for item in dict.fromkeys(evidence)]


def _known(item: Evidence) -> str:
    words = basis_words(item)
    return f" ({words})" if words else ""


def _at(location: Location) -> str:
    return f"  {place(location)}" if location.document else ""


def _source(evidence: Evidence) -> str:
    return f" ({evidence.source})" if evidence.source else ""


def _text(lines: list[str]) -> str:
    return "".join(f"{terminal(line)}\n" for line in lines)


def question(request: Request) -> str:
    """A request in words: ``create pods/exec in shop``."""
    match request:
        case ResourceRequest():
            resource = f"{request.resource}.{request.group}" if request.group else request.resource
            part = f"/{request.subresource}" if request.subresource else ""
            named = f" {request.name}" if request.name else ""
            where = f" in {request.namespace}" if request.namespace else " in the whole cluster"
            return f"{request.verb} {resource}{part}{named}{where}"
        case UrlRequest():
            return f"{request.verb} {request.path}"
        case _:
            assert_never(request)


def decision_as_text(who: Who, request: Request, decision: Decision) -> str:
    """Yes or no, and the rules that allow it."""
    verdict = "yes" if decision.allowed else "no"
    lines = [f"{verdict}: {who.title} may {'' if decision.allowed else 'not '}{question(request)}"]
    if decision.reason:
        lines.append(f"  {decision.reason}")
    lines += [line for item in decision.permissions for line in _right(item)]
    return _text(lines)


def decision_as_json(who: Who, request: Request, decision: Decision) -> str:
    """The same for programs."""
    return _json(
        {
            "who": who.title,
            "question": question(request),
            "allowed": decision.allowed,
            "reason": decision.reason,
            "rules": [_permission(item) for item in decision.permissions],
        }
    )


def standing_as_json(standing: Standing) -> str:
    """All three permissions for programs; the rules that every caller holds are marked ``builtin``."""
    who = standing.who
    return _json(
        {
            "who": who.title,
            "identities": [{"user": item.user, "groups": list(item.groups)} for item in who.identities],
            "holds": [
                {"what": item.what, "where": item.where, "probability": item.probability, "evidence": _evidence(item.evidence)}
                for item in standing.holds
            ],
            "may_do": {
                "dangerous": [
                    {"title": item.title, "defence": item.defence, "scope": item.scope, "evidence": _evidence(item.evidence)}
                    for item in standing.powers
                ],
                "rules": [_permission(item) for item in standing.rights],
            },
            "may_reach": [
                {
                    "kind": item.kind,
                    "name": item.name,
                    "asset": item.asset,
                    "probability": item.probability,
                    "evidence": _evidence(item.evidence),
                }
                for item in standing.reaches
            ],
            "dangling": [{"binding": item.binding, "note": item.note, "at": _place(item.location)} for item in standing.dangling],
            "remarks": list(standing.remarks),
        }
    )


def _permission(item: Permission) -> dict[str, object]:
    rule = item.rule
    return {
        "scope": item.scope,
        "verbs": sorted(rule.verbs),
        "api_groups": sorted(rule.groups),
        "resources": sorted(rule.resources),
        "resource_names": list(rule.names),
        "urls": sorted(rule.urls),
        "role": item.role,
        "binding": item.binding,
        "held_as": item.held_as,
        "builtin": _by_builtin_binding(item),
        "evidence": _evidence(item.evidence),
    }


def _evidence(evidence: tuple[Evidence, ...]) -> list[dict[str, object]]:
    return [
        {"note": item.note, "basis": item.basis.value, "source": item.source, "at": _place(item.location)} for item in evidence
    ]


def _place(location: Location) -> dict[str, object]:
    return {"document": location.document, "pointer": location.pointer, "line": location.line, "column": location.column}


def _json(value: dict[str, object]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
