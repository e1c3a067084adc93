"""Image references: registry, repository, tag and digest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.sources.image_reference import parse_image_reference

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "text, registry, repository, tag, digest",
    [
        ("nginx", "docker.io", "library/nginx", "", ""),
        ("nginx:1.25", "docker.io", "library/nginx", "1.25", ""),
        ("bitnami/redis:7", "docker.io", "bitnami/redis", "7", ""),
        ("docker.io/nginx", "docker.io", "library/nginx", "", ""),
        ("index.docker.io/library/nginx:1", "docker.io", "library/nginx", "1", ""),
        ("localhost/app", "localhost", "app", "", ""),
        ("registry:5000/app", "registry:5000", "app", "", ""),
        ("registry:5000/team/app:2", "registry:5000", "team/app", "2", ""),
        ("ghcr.io/a/b/c@" + DIGEST, "ghcr.io", "a/b/c", "", DIGEST),
        ("ghcr.io/a/b:1@" + DIGEST, "ghcr.io", "a/b", "1", DIGEST),
        ("[::1]:5000/a:b", "[::1]:5000", "a", "b", ""),
    ],
)
def test_parts(text: str, registry: str, repository: str, tag: str, digest: str) -> None:
    found = parse_image_reference(text)
    assert found is not None
    assert (found.registry, found.repository, found.tag, found.digest) == (registry, repository, tag, digest)


@pytest.mark.parametrize(
    "text",
    ["", " ", "Nginx", "a b", "$IMAGE", "${A}/b:1", "nginx:", "nginx@", "nginx@12", "nginx@sha256:", "a//b", ":1", "@" + DIGEST],
)
def test_what_is_no_reference(text: str) -> None:
    assert parse_image_reference(text) is None


@pytest.mark.parametrize(
    "text, moving, pinned",
    [
        ("a", True, False),
        ("a:latest", True, False),
        ("a:1", False, False),
        ("a@" + DIGEST, False, True),
        ("a:latest@" + DIGEST, False, True),
        ("a@sha512:" + "0" * 128, False, True),
        ("a@sha384:" + "0" * 96, False, True),
        ("a@blake3:" + "0" * 64, False, True),
        ("a@sha256:12", False, False),
        ("a@sha256:" + "a" * 63, False, False),
        ("a@sha256:" + "A" * 64, False, False),
        ("a@sha512:" + "0" * 64, False, False),
        ("a@sha256+b64u:" + "0" * 64, False, False),
        ("a@md5:" + "0" * 32, False, False),
    ],
)
def test_pinning(text: str, *, moving: bool, pinned: bool) -> None:
    found = parse_image_reference(text)
    assert found is not None
    assert (found.moving, found.pinned) == (moving, pinned)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[a-z0-9./:@_-]{0,60}", fullmatch=True))
def test_the_canonical_form_reads_back_as_itself(text: str) -> None:
    found = parse_image_reference(text)
    if found is not None:
        again = parse_image_reference(found.canonical)
        assert again is not None
        assert again.canonical == found.canonical
