"""``breachway.yaml``: what it may say, its errors with line and hint, and its schema."""

from __future__ import annotations

import datetime
from contextlib import suppress

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.errors import UsageError
from breachway.sources.configuration.objects import ActorKind, AssetSelector, Configuration, DecisionKind
from breachway.sources.configuration.reader import read_configuration
from breachway.sources.configuration.schema import configuration_schema
from breachway.sources.configuration.shapes import shapes

FULL = """
crown_jewels:
  - asset: Secret shop/payments
    value: 9
    title: card payments
  - asset: {kind: Volume, name: "orders-*"}
exposure:
  - asset: Service shop/web
    exposed: false
    reason: behind the VPN
tenants:
  - name: shop
    namespaces: [shop, shop-*]
  - label: team
assumptions:
  A1: confirmed
  A2: 0.4
  A3: {probability: refuted, reason: checked}
decisions:
  - weakness: privileged-container
    asset: Container logging/*
    decision: accept
    owner: platform
    reason: the agent needs it
    expires: 2027-01-31
  - fingerprint: 0123456789abcdef
    decision: false-positive
    owner: platform
    reason: no such thing
registries:
  trusted: registry.example.com
kubernetes:
  version: 1.30
fetches:
  - asset: Deployment shop/previews
    requested_by: Deployment shop/web
    reason: it renders any page
actors:
  - name: web developers
    kind: developer
    starts: [User alice, Group web]
"""


def test_everything_it_may_say() -> None:
    found = read_configuration(FULL, "breachway.yaml")
    first, second = found.crown_jewels
    assert (first.asset.kind, first.asset.name, first.value, first.title) == ("Secret", "shop/payments", 9, "card payments")
    assert (first.location.document, first.location.line, first.location.pointer) == ("breachway.yaml", 3, "/crown_jewels/0")
    assert (second.asset, second.value) == (AssetSelector(kind="Volume", name="orders-*"), 8)
    assert found.exposure[0].exposed is False
    assert [tenant.label for tenant in found.tenants] == ["", "team"]
    assert {belief.id: (belief.probability, belief.settled) for belief in found.assumptions} == {
        "A1": (1.0, True),
        "A2": (0.4, False),
        "A3": (0.0, True),
    }
    assert [decision.decision for decision in found.decisions] == [DecisionKind.ACCEPT, DecisionKind.FALSE_POSITIVE]
    assert found.decisions[0].expires == datetime.date(2027, 1, 31)
    assert found.registries.trusted == ("registry.example.com",)
    assert found.kubernetes.version == "1.30"
    assert [(fetch.asset.text, fetch.requested_by[0].text) for fetch in found.fetches] == [
        ("Deployment shop/previews", "Deployment shop/web")
    ]
    assert found.actors[0].kind is ActorKind.DEVELOPER
    assert [start.text for start in found.actors[0].starts] == ["User alice", "Group web"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "~\n", "crown_jewels:\n", "{}\n"])
def test_it_may_be_empty(text: str) -> None:
    assert read_configuration(text, "b.yaml") == Configuration(document="b.yaml")


@pytest.mark.parametrize(
    "text, line, column, message, hint",
    [
        ("crown_jewel: []", 1, 1, "unknown key", "did you mean crown_jewels?"),
        ("crown_jewels:\n  - asset: x\n    value: 11", 3, 5, "from 1 to 10", "for example 8"),
        ("crown_jewels:\n  - asset: x\n    value: 2.5", 3, 5, "a whole number", "for example 8"),
        ("crown_jewels: {}", 1, 1, "expected a list", ""),
        ("crown_jewels:\n  - value: 3", 2, 5, "asset is missing", "asset: Secret shop/payments"),
        ("kubernetes:\n  version: two", 1, 1, "a Kubernetes version", 'version: "1.33"'),
        ("decisions:\n  - {decision: acept, owner: a, reason: b}", 2, 6, "expected one of accept", "did you mean accept?"),
        (
            "decisions:\n  - {decision: accept, owner: a, reason: b}",
            2,
            5,
            "a fingerprint or a weakness",
            "weakness: privileged-container",
        ),
        (
            "decisions:\n  - {decision: accept, owner: a, reason: b, weakness: w, expires: 2027-13-01}",
            2,
            58,
            "expected a date",
            "2027-01-31",
        ),
        ("a: [", 2, 1, "", ""),
        ("a: 1\n\tb: 2", 2, 1, "tab", "space"),
        ("assumptions: {A: maybe}", 1, 15, "confirmed or refuted", "confirmed"),
        ("assumptions: {A: 1.5}", 1, 15, "from 0 to 1", "confirmed"),
        ("assumptions: {A: {probability: 1, id: B}}", 1, 35, "unknown key", "probability"),
        ("- x", 1, 1, "expected a mapping", "crown_jewels"),
        ("actors:\n  - {name: a, kind: developer, starts: [{knd: x}]}", 2, 42, "unknown key", "did you mean kind?"),
        ("exposure: [{asset: x, exposed: perhaps}]", 1, 23, "true or false", ""),
        ("exposure: [{asset: '', exposed: true}]", 1, 13, "selects nothing", "Secret shop/payments"),
        ("tenants: [{name: x}]", 1, 11, "namespaces or a label", "namespaces"),
        ("tenants: [{namespaces: [x]}]", 1, 11, "needs a name", "name"),
        ("kubernetes: {version: '1.2', version: '1.3'}", 1, 30, "again", ""),
        ("a: 1\n---\nb: 2", 3, 1, "more than one", "keep one"),
    ],
)
def test_errors_say_where_and_what_would_be_right(text: str, line: int, column: int, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_configuration(text, "breachway.yaml")
    error = raised.value
    assert error.where is not None
    assert (error.where.document, error.where.line, error.where.column) == ("breachway.yaml", line, column)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    "selector, expected",
    [
        ("Secret shop/payments", True),
        ("secret shop/*", True),
        ("Secret *", True),
        ("Volume shop/payments", False),
        ("shop/*", True),
        ("other/*", False),
        ("kubernetes:Secret:shop/payments", True),
        ("kubernetes:Secret:*", True),
        ("compose:*", False),
    ],
)
def test_selectors(selector: str, *, expected: bool) -> None:
    found = AssetSelector.from_text(selector)
    assert found.matches(identifier="kubernetes:Secret:shop/payments", kind="Secret", name="shop/payments") is expected


def test_the_schema_is_valid_and_accepts_the_full_example() -> None:
    schema = configuration_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = yaml.safe_load(FULL)
    document["decisions"][0]["expires"] = "2027-01-31"
    jsonschema.validate(document, schema)
    wrong: tuple[dict[str, object], ...] = (
        {"crown_jewel": []},
        {"crown_jewels": [{"value": 3}]},
        {"assumptions": {"A": "maybe"}},
        {"actors": [{"name": "a"}]},
    )
    for document in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, schema)


def test_every_key_is_described() -> None:
    pending: list[type] = [Configuration]
    while pending:
        for shape in shapes(pending.pop()):
            assert shape.about.description.endswith("."), shape.name
            if shape.kind.__module__ == Configuration.__module__ and hasattr(shape.kind, "__dataclass_fields__"):
                pending.append(shape.kind)


KEYS = st.sampled_from([shape.name for shape in shapes(Configuration)])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["asset", "name", "kind", "value", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=3))
def test_no_document_raises_anything_but_a_usage_error(document: dict[str, object]) -> None:
    with suppress(UsageError):
        read_configuration(yaml.safe_dump(document), "b.yaml")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_no_text_raises_anything_but_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        read_configuration(text, "b.yaml")
