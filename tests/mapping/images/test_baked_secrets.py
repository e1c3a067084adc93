"""Which files, variables and commands of an image hold a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.evidence import Location
from breachway.mapping.images.baked_secrets import baked_secrets
from breachway.sources.images.interest import look_through
from breachway.sources.images.objects import ImageArchive, ImageConfig, Layer, LayerFile, Setting
from breachway.sources.images.reader import read_images
from tests.sources.image_archives import PRIVATE_KEY, Image, docker_archive, layer

if TYPE_CHECKING:
    from pathlib import Path

PLACE = Location("web.tar", "", 1, 1)


def notes(tmp_path: Path, files: dict[str, str | bytes], history: tuple[str, ...] = ()) -> list[str]:
    image = Image(layers=(layer(files),), history=history)
    (archive,) = read_images(docker_archive(tmp_path / "web.tar", image), "web.tar", [])
    return [secret.evidence[0].note for secret in baked_secrets(archive)]


@pytest.mark.parametrize(
    "path, text, what",
    [
        ("root/.ssh/id_rsa", PRIVATE_KEY, "a private key"),
        (
            "app/account.json",
            '{\n"private_key": "-----BEGIN PRIVATE KEY-----\\nMIIE"}\n',
            "a value for private_key",
        ),
        ("app/start.sh", "git clone https://ci:s3cretvalue@git.example.com/x\n", "a URL with a password"),
        ("app/notes.txt", "key AKIA" + "ABCDEFGH12345678" + "\n", "a token in the format of its provider"),
        ("app/.env", "export DB_PASSWORD='correct horse'\n", "a value for DB_PASSWORD"),
        ("root/.npmrc", "//registry.example.com/:_authToken=0a1b2c3d4e5f\n", "a value for _authToken"),
        ("root/.docker/config.json", '{"auths": {"r.example.com": {\n"auth": "dXNlcjpwYXNz"}}}\n', "a value for auth"),
        ("root/.docker/config.json", '{"auths":{"r.example.com":{"auth":"dXNlcjpwYXNz"}}}', "a value for auth"),
        ("root/.kube/config", "    client-key-data: LS0tLS1CRUdJTg==\n", "a value for client-key-data"),
        ("srv/application.yml", "spring:\n  datasource:\n    password: correct-horse\n", "a value for password"),
        ("root/.netrc", "machine a login b password c\n", "credentials, by its name"),
        ("app/store.p12", b"\x30\x82\0\0", "credentials, by its name"),
    ],
)
def test_files_that_hold_one(tmp_path: Path, path: str, text: str | bytes, what: str) -> None:
    assert notes(tmp_path, {path: text}) == [f"/{path} holds {what}"]


@pytest.mark.parametrize(
    "path, text",
    [
        ("app/.env", "DB_PASSWORD=\nAPI_TOKEN=${API_TOKEN}\n# SECRET=abcdefgh12345\nTOKEN_TTL=3600\n"),
        ("app/.env.example", "DB_PASSWORD=\n"),
        ("app/cert.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
        ("app/check.py", 'MARK = "-----END PRIVATE KEY-----"\npassword = read_password()\n'),
        ("app/empty.key", ""),
        ("usr/lib/ssl/test.key", PRIVATE_KEY),
        ("root/.docker/config.json", '{"credsStore": "desktop"}\n'),
    ],
)
def test_files_that_hold_none(tmp_path: Path, path: str, text: str) -> None:
    assert notes(tmp_path, {path: text}) == []


@pytest.mark.parametrize(
    "step, names",
    [
        ("RUN |2 VERSION=1 NPM_TOKEN=0a1b2c3d4e5f /bin/sh -c npm ci", ["NPM_TOKEN"]),
        ("/bin/sh -c curl -u ci:s3cretvalue https://example.com", ["-u"]),
        ("/bin/sh -c #(nop)  ENV API_TOKEN=0a1b2c3d4e5f", []),
        ("RUN |x NPM_TOKEN=0a1b2c3d4e5f /bin/sh -c npm ci", []),
        ("RUN |1 NPM_TOKEN= /bin/sh -c npm ci", []),
    ],
)
def test_commands_of_the_history(tmp_path: Path, step: str, names: list[str]) -> None:
    assert notes(tmp_path, {}, (step,)) == [f"the history of the image shows a value for {name}" for name in names]


@settings(max_examples=150, deadline=None)
@given(
    data=st.binary(max_size=400), text=st.text(max_size=200), path=st.sampled_from(["/app/.env", "/app/a.json", "/x.pem", "/b"])
)
def test_any_content_is_survived(data: bytes, text: str, path: str) -> None:
    looked = look_through(path, data + b"\npassword=" + text.encode() + b"\n-----BEGIN PRIVATE KEY-----")
    file = LayerFile(document="web.tar!l" + path, path=path, size=1, text=looked.text, lines=looked.lines)
    archive = ImageArchive(
        document="web.tar",
        name="sha256:0",
        location=PLACE,
        references=(),
        digests=(),
        config=ImageConfig(location=PLACE, environment=(Setting(text, PLACE),)),
        history=(Setting(text, PLACE), Setting("RUN |1 " + text, PLACE)),
        layers=(Layer(digest="sha256:1", document="web.tar!l", entries=1, read=True, files=(file,)),),
        complete=True,
    )
    for secret in baked_secrets(archive):
        assert all(evidence.note for evidence in secret.evidence)
