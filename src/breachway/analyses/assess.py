"""The assessment of a model: the graph, what each attacker reaches, the ranked paths, the fixes that were tried, and the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from breachway.analyses.actors import reached_assets, stances
from breachway.analyses.assessment import ActorReach, Assessment, GoalReach, GraphSize, Severity
from breachway.analyses.choke_points import choke_points
from breachway.analyses.decisions import decision_about
from breachway.analyses.fingerprints import evidence_fingerprint
from breachway.analyses.fixes import FixSearch, Ranking, ordered, write_fix
from breachway.analyses.flows import flow_rows
from breachway.analyses.limits import DEFAULT_LIMITS
from breachway.analyses.paths import PathWriter, shown_days
from breachway.analyses.patterns import pattern_controls
from breachway.analyses.risk import risks_of
from breachway.analyses.tenancy import tenancy_of
from breachway.analyses.ways import Alternatives, best_way, covers, search, ways_from_elsewhere
from breachway.analyses.weaknesses import weakness_findings
from breachway.graph.gates import gates_of
from breachway.graph.generation import generate
from breachway.graph.times import own_days
from breachway.threats.catalogue import weakness_by_key
from breachway.threats.loading import load_language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from breachway.analyses.assessment import AttackPath, Fix
    from breachway.analyses.fixes import Trial
    from breachway.analyses.limits import Limits
    from breachway.analyses.ways import Search, Way
    from breachway.graph.layout import AttackGraph
    from breachway.model import CrownJewel, DefenceState, Model
    from breachway.threats.language import Language

_SEVERITIES = tuple(Severity)


class _Rank(NamedTuple):
    """The order of listed paths; the fingerprint makes it total."""

    severity: int
    unbarred: bool
    actor: str
    worth: int
    days: float
    length: int
    fingerprint: str


def assess(
    model: Model,
    language: Language | None = None,
    *,
    version: str = "",
    today: str = "",
    limits: Limits = DEFAULT_LIMITS,
    simulated: bool = False,
) -> Assessment:
    """Assess a model under a language (by default the one that ships with the package).

    ``version`` is that of Breachway, for the report; ``today`` is an ISO date by which decisions of the user end, empty for
    never.  With ``simulated`` the risk of each threat is drawn too.  :class:`LanguageError` when the model does not fit the
    language.
    """
    language = load_language() if language is None else language
    graph = generate(language, model)
    gates = gates_of(graph)
    own = own_days(graph)
    searches = {stance.info.id: search(graph, gates, stance, own=own, limits=limits) for stance in stances(graph)}
    states = {(state.asset, state.defence): state for state in model.defences}
    writer = PathWriter(graph, gates, own, states)
    found = {actor: _all_ways(one, model.crown_jewels, limits, states) for actor, one in searches.items()}
    ranking = _ranking([way for ways in found.values() for way in ways], writer, limits)
    fixes = FixSearch(graph, gates, searches, ranking, limits, _gravity())
    trials = fixes.trials()
    chosen, verified = fixes.fix_set(trials)
    order = ordered(trials, chosen)
    path_ids = [f"P{position + 1}" for position in range(len(ranking.ranked))]
    paths = tuple(
        _path(writer, way, position, path_ids[position], order, model, today) for position, way in enumerate(ranking.ranked)
    )
    written = _fixes(order, path_ids)
    actors = tuple(_actor(one, found[actor], ranking, path_ids, writer) for actor, one in searches.items())
    risks = risks_of(graph, actors, paths) if simulated else None
    return Assessment(
        version=version,
        model=model,
        language=language,
        size=GraphSize(assets=len(model.assets), steps=graph.size, edges=len(graph.children.items)),
        actors=actors,
        paths=paths,
        fixes=written,
        choke_points=choke_points(paths, most=limits.choke_points),
        weaknesses=weakness_findings(model, weakness_by_key(), _used(graph, ranking, path_ids, states), today=today),
        flows=flow_rows(model),
        fix_set=tuple(f"F{position + 1}" for position in range(len(chosen))),
        fix_set_verified=verified,
        tenancy=tenancy_of(graph),
        risks=risks,
        patterns=pattern_controls(graph, _barred(graph, ranking, path_ids), risks),
    )


def _all_ways(
    found: Search, jewels: Sequence[CrownJewel], limits: Limits, states: Mapping[tuple[str, str], DefenceState]
) -> tuple[Way, ...]:
    """The best way to every crown jewel that is reached, and further ones as long as this attacker has few."""
    enumeration = found.derivations()
    best = [way for way in (best_way(found, enumeration, jewel) for jewel in jewels) if way is not None]
    best.sort(key=lambda way: (-way.jewel.value, way.derivation.days, way.jewel.asset, way.jewel.step))
    elsewhere = ways_from_elsewhere(found, best[: limits.jewels_from_elsewhere])
    best = [elsewhere.get(position, way) for position, way in enumerate(best)]
    ways = list(best)
    alternatives = Alternatives(found, states)
    for way in best:
        if sum(bool(one.barriers) for one in ways) >= limits.paths_per_actor:
            break
        further = alternatives.to(way, most=limits.paths_per_goal)
        simpler = next((one for one in further if covers(one, way) and _as_soon(one, way)), None)
        if simpler is not None:
            ways[ways.index(way)] = simpler
        ways.extend([one for one in further if one is not simpler][: limits.paths_per_goal - 1])
    return tuple(ways)


def _as_soon(one: Way, other: Way) -> bool:
    return shown_days(one.derivation.days) <= shown_days(other.derivation.days)


def _ranking(ways: Sequence[Way], writer: PathWriter, limits: Limits) -> Ranking:
    """Choose and order the paths to list.

    When places are few, ways that no defence bars come after all others; further ways to a crown jewel, and ways that pass
    through the loss of another as dear, after the best to each.  Ways through the loss of a dearer one are not listed: that loss
    is the news.  The order is by severity, then what some defence could
    bar, then by actor, value of the crown jewel, time and length.
    """
    seen: set[tuple[str, str, str]] = set()
    values = _values(ways)
    others: list[Way] = []
    marked: list[tuple[bool, bool, _Rank, Way]] = []
    for way in sorted(ways, key=lambda way: not way.barriers):
        pair = (way.stance.info.id, way.jewel.asset, way.jewel.step)
        severity = _SEVERITIES.index(writer.severity(way))
        days = shown_days(way.derivation.days)
        rank = _Rank(severity, not way.barriers, pair[0], -way.jewel.value, days, writer.length(way), writer.fingerprint(way))
        passed = _dearest_passed(way, values)
        if passed > way.jewel.value:
            others.append(way)
        else:
            marked.append((not way.barriers, pair in seen or passed == way.jewel.value, rank, way))
        seen.add(pair)
    marked.sort(key=lambda one: one[:3])
    listed: list[tuple[_Rank, Way]] = []
    counts: dict[str, int] = {}
    for _, _, rank, way in marked:
        if len(listed) < limits.paths and counts.get(rank.actor, 0) < limits.paths_per_actor:
            listed.append((rank, way))
            counts[rank.actor] = counts.get(rank.actor, 0) + 1
        else:
            others.append(way)
    listed.sort(key=lambda one: one[0])
    return Ranking(ranked=tuple(way for _, way in listed), others=tuple(others))


def _values(ways: Sequence[Way]) -> dict[tuple[str, int], int]:
    """By actor and node, the value of the crown jewel that is lost there."""
    return {(way.stance.info.id, way.derivation.goal): way.jewel.value for way in ways}


def _dearest_passed(way: Way, values: Mapping[tuple[str, int], int]) -> int:
    """The value of the dearest other crown jewel whose loss a way goes through; 0 if there is none."""
    goal, actor = way.derivation.goal, way.stance.info.id
    return max((values.get((actor, node), 0) for node, _ in way.derivation.needs if node != goal), default=0)


def _path(
    writer: PathWriter, way: Way, position: int, identifier: str, order: Sequence[Trial], model: Model, today: str
) -> AttackPath:
    cut_by = tuple(f"F{place + 1}" for place, trial in enumerate(order) if position in trial.cuts)
    seen = evidence_fingerprint(item for step in writer.steps(way) for item in step.evidence)
    decision = decision_about(model.decisions, fingerprint=writer.fingerprint(way), evidence=seen, today=today)
    return writer.write(way, identifier=identifier, cut_by=cut_by, decision=decision)


def _fixes(order: Sequence[Trial], path_ids: Sequence[str]) -> tuple[Fix, ...]:
    catalogue = weakness_by_key()
    return tuple(
        write_fix(trial, identifier=f"F{place + 1}", path_ids=path_ids, catalogue=catalogue) for place, trial in enumerate(order)
    )


def _actor(found: Search, ways: Sequence[Way], ranking: Ranking, path_ids: Sequence[str], writer: PathWriter) -> ActorReach:
    """What one attacker reaches; each crown jewel with its best listed path, or else with the best way that is not listed."""
    ids = {id(way): path_ids[position] for position, way in enumerate(ranking.ranked)}
    best: dict[tuple[str, str], Way] = {}
    for way in sorted(ways, key=lambda way: id(way) not in ids):
        best.setdefault((way.jewel.asset, way.jewel.step), way)
    goals = [
        GoalReach(
            goal_asset=way.jewel.asset,
            goal_title=way.jewel.title,
            steps=writer.length(way),
            expected_days=shown_days(way.derivation.days),
            path=ids.get(id(way), ""),
        )
        for way in sorted(best.values(), key=lambda way: (-way.jewel.value, way.derivation.days, way.jewel.asset, way.jewel.step))
    ]
    kinds = reached_assets(found.graph, found.stance, found.reached)
    jewels = found.graph.model.crown_jewels
    return ActorReach(
        actor=found.stance.info.id,
        title=found.stance.info.title,
        start=found.stance.info.start,
        entries=len(found.stance.entries),
        reached_assets=sum(count for _, count in kinds),
        reached_by_kind=kinds,
        goals=tuple(goals),
        safe_goals=tuple(jewel.title for jewel in jewels if (jewel.asset, jewel.step) not in best),
    )


def _gravity() -> dict[str, int]:
    """Weakness key to how grave it is by itself, 0 the gravest; it decides between two fixes that cut as much."""
    return {key: _SEVERITIES.index(Severity(info.severity)) for key, info in weakness_by_key().items()}


def _used(
    graph: AttackGraph, ranking: Ranking, path_ids: Sequence[str], states: Mapping[tuple[str, str], DefenceState]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """By (weakness key, asset), the ids of the ranked paths that go through a defence that the weakness takes away."""
    used: dict[tuple[str, str], dict[str, None]] = {}
    for position, way in enumerate(ranking.ranked):
        for node in way.barriers:
            asset = graph.asset_id(node)
            state = states.get((asset, graph.step(node).name))
            for key in state.weaknesses if state else ():
                used.setdefault((key, asset), {})[path_ids[position]] = None
    return {key: tuple(ids) for key, ids in used.items()}


def _barred(graph: AttackGraph, ranking: Ranking, path_ids: Sequence[str]) -> dict[tuple[str, str], tuple[str, ...]]:
    """By (asset, defence), the ids of the ranked paths that the defence would bar."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for position, way in enumerate(ranking.ranked):
        for node in way.barriers:
            found.setdefault((graph.asset_id(node), graph.step(node).name), {})[path_ids[position]] = None
    return {key: tuple(ids) for key, ids in found.items()}
