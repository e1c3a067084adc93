"""The tenancy matrix as JSON: the ways that are not closed, each with its path where a path was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.analyses.tenancy_matrix import Tenancy

if TYPE_CHECKING:
    from collections.abc import Callable

    from breachway.analyses.assessment import AttackPath
    from breachway.evidence import Evidence
    from breachway.reports.json_text import Json

_NONE = Tenancy(holders=(), cells=())


def tenancy_as_json(
    found: Tenancy | None, path: Callable[[AttackPath], Json], evidence: Callable[[tuple[Evidence, ...]], Json]
) -> dict[str, Json]:
    """The matrix; without two tenants every list is empty.  ``path`` and ``evidence`` write those as the report does."""
    tenancy = found or _NONE
    return {
        "counted_only": tenancy.counted_only,
        "holders": [
            {
                "name": holder.name,
                "kind": holder.kind.value,
                "workloads": holder.workloads,
                "footholds": holder.footholds,
            }
            for holder in tenancy.holders
        ],
        "cells": [
            {
                "source": cell.source,
                "target": cell.target,
                "way": cell.way.value,
                "state": cell.state.value,
                "outcome": cell.outcome.value,
                "further": cell.further.value if cell.further is not None else "",
                "detail": cell.detail,
                "barred_by": cell.barred_by,
                "rests_on": cell.rests_on,
                "paths": [path(cell.path)] if cell.path is not None else [],
            }
            for cell in tenancy.cells
        ],
        "closed": [
            {
                "source": item.source,
                "target": item.target,
                "way": item.way.value,
                "defence": item.defence,
                "evidence": evidence(item.evidence),
            }
            for item in tenancy.closed
        ],
        "machines": [
            {
                "asset": item.asset,
                "name": item.name,
                "holders": item.holders,
                "containers": item.containers,
                "sandboxed": item.sandboxed,
                "evidence": evidence(item.evidence),
            }
            for item in tenancy.machines
        ],
        "seen_together": {
            "machines": tenancy.together.machines if tenancy.together is not None else 0,
            "shared": tenancy.together.shared if tenancy.together is not None else 0,
        },
    }
