from __future__ import annotations

import re

import pytest

from breachway.threats.controllers import ControllerInfo, Gain, Reach, load_controllers

LIMITS = {"", "flux-default-account", "argo-projects", "eso-conditions"}


def test_keys_and_resources_are_distinct() -> None:
    rows = load_controllers()
    assert len({row.key for row in rows}) == len(rows) >= 50
    resources = [(row.group, plural) for row in rows for plural in row.plurals]
    assert len(set(resources)) == len(resources)


@pytest.mark.parametrize("row", load_controllers(), ids=lambda row: row.key)
def test_a_row_is_whole(row: ControllerInfo) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.key)
    assert "." in row.group
    assert all(re.fullmatch(r"[a-z0-9-]+", plural) for plural in row.plurals)
    assert row.images
    assert row.names
    assert row.namespace
    assert row.fields
    assert len(row.note) > 20
    assert not row.note.endswith(".")
    assert row.limit in LIMITS
    # Only what acts with its account's rights can be worth as much as cluster-admin.
    assert not row.administers or row.gain is Gain.APPLY
    assert row.gain is not Gain.SECRETS or row.reach is Reach.CLUSTER
