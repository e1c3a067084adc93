from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.mapping.containers.secret_patterns import (
    has_token,
    is_placeholder,
    is_secret_literal,
    secrets_in_command,
    secrets_in_words,
)

AWS_KEY = "AKIA" + "Q" * 16


@pytest.mark.parametrize(
    "name, value",
    [
        ("DB_PASSWORD", "hunter2"),
        ("dbPwd", "x"),
        ("STRIPE_API_KEY", "abc"),
        ("AWS_SECRET_ACCESS_KEY", "abc"),
        ("NOTHING", AWS_KEY),
        ("DATABASE_URL", "postgres://app:hunter2@db:5432/shop"),
        ("KEY", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"),
        ("TOKEN", "1234"),
    ],
)
def test_credentials(name: str, value: str) -> None:
    assert is_secret_literal(name, value)


@pytest.mark.parametrize(
    "name, value",
    [
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "${DB_PASSWORD}"),
        ("DB_PASSWORD", "$(DB_PASSWORD)"),
        ("DB_PASSWORD", "{{ .Values.password }}"),
        ("DB_PASSWORD", "<password>"),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("ALLOW_EMPTY_PASSWORD", "yes"),
        ("TOKEN_TTL", "3600"),
        ("SECRET_NAME", "shop-db"),
        ("TOKEN_URL", "https://login.example.com/token"),
        ("DATABASE_URL", "postgres://app:${DB_PASSWORD}@db:5432/shop"),
        ("DATABASE_URL", "postgres://db:5432/shop"),
        ("MODE", "production"),
    ],
)
def test_what_only_looks_like_credentials(name: str, value: str) -> None:
    assert not is_secret_literal(name, value)


@pytest.mark.parametrize(
    "words, names",
    [
        (["app", "--db-password=x1"], ["db-password"]),
        (["app", "--token", "x1"], ["token"]),
        (["redis-server", "--requirepass", "x1"], ["password"]),
        (["mysql", "-uroot", "-px1"], ["-p"]),
        (["sh", "-c", "mysqladmin ping -px1"], ["-p"]),
        (["curl", "-u", "bob:x1", "https://example.com"], ["-u"]),
        (["curl", "https://bob:x1@example.com"], ["URL"]),
        (["app", "--token", "--verbose"], []),
        (["app", "--password-file=/run/secrets/x"], []),
        (["app", "--token=$TOKEN", "-p", "8080"], []),
        (["docker", "run", "-p80:80"], []),
        (["app", "-u", "1000:1000"], []),
    ],
)
def test_command_lines(words: list[str], names: list[str]) -> None:
    assert list(secrets_in_words(words)) == names


def test_a_bearer_token_in_a_shell_text() -> None:
    assert secrets_in_command("curl -H 'Authorization: Bearer abcdefgh12345' https://example.com") == ("Bearer",)


@pytest.mark.parametrize("text", ["$A", "${A:-b}", "%(a)s", "%A%", "@A@"])
def test_placeholders(text: str) -> None:
    assert is_placeholder(text)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_decided(name: str, value: str) -> None:
    assert is_secret_literal(name, value) in {True, False}
    assert isinstance(secrets_in_command(value), tuple)


@pytest.mark.parametrize(
    "text",
    [
        "eyJ" * 60_000,
        "://" * 60_000,
        "://:" * 50_000,
        "a" * 200_000 + "@",
        "--token" * 40_000,
        "glpat-" * 40_000,
        "Bearer " * 30_000,
    ],
)
def test_long_hostile_texts_are_decided(text: str) -> None:
    assert has_token(text) in {True, False}
    assert isinstance(secrets_in_command(text), tuple)
