"""Saved images: the formats, the layers on top of each other, and what is found in them."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from breachway.sources.images.reader import read_images
from breachway.sources.reading import read
from tests.sources.image_archives import (
    PASSWD,
    PRIVATE_KEY,
    SHADOW,
    Image,
    digest_of,
    docker_archive,
    docker_manifest,
    layer,
    oci_archive,
    oci_folder,
    oci_members,
    plain_image,
    tar_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.evidence import Unread
    from breachway.sources.images.objects import ImageArchive


def only(path: Path, label: str = "web.tar") -> ImageArchive:
    problems: list[Unread] = []
    (image,) = read_images(path, label, problems)
    assert problems == []
    return image


def of_layers(tmp_path: Path, *layers: bytes) -> ImageArchive:
    return only(docker_archive(tmp_path / "web.tar", Image(layers=layers), "shop/web:1"))


@pytest.mark.parametrize("form", ["docker", "docker.gz", "docker-25", "oci", "oci-folder"])
def test_every_format_gives_the_same_image(tmp_path: Path, form: str) -> None:
    image = Image(
        layers=(layer({"etc/passwd": PASSWD, "root/.ssh/id_rsa": PRIVATE_KEY}), layer({"root/.ssh/.wh.id_rsa": ""})),
        config={
            "User": "app",
            "Env": ["A=b"],
            "ExposedPorts": {"8080/tcp": {}},
            "Entrypoint": ["/run"],
            "Cmd": ["-x"],
            "Labels": {"team": "shop"},
            "Healthcheck": {"Test": ["CMD", "true"]},
        },
        history=("COPY . .",),
    )
    match form:
        case "docker":
            path = docker_archive(tmp_path / "web.tar", image, "shop/web:1")
        case "docker.gz":
            path = docker_archive(tmp_path / "web.tar", image, "shop/web:1")
            path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        case "docker-25":
            path = tmp_path / "web.tar"
            path.write_bytes(tar_of({**oci_members(image, squeeze=False), **docker_manifest(image, "shop/web:1")}))
        case "oci":
            path = oci_archive(tmp_path / "web.tar", image, "shop/web:1")
        case _:
            path = oci_folder(tmp_path / "web", image, "shop/web:1")
    found = only(path)
    assert [reference.value for reference in found.references] == ["shop/web:1"]
    assert digest_of(image.configuration()) in found.digests
    assert found.config.user is not None
    assert found.config.user.value == "app"
    assert found.config.user.location.pointer == "/config/User"
    assert found.config.user.location.document == f"web.tar!{found.name}"
    assert [item.value for item in (*found.config.environment, *found.config.exposed)] == ["A=b", "8080/tcp"]
    assert [item.value for item in (*found.config.entrypoint, *found.config.command)] == ["/run", "-x"]
    assert found.config.labels == (("team", "shop"),)
    assert found.config.health is not None
    assert found.config.platform == "linux/amd64"
    assert [step.value for step in found.history] == ["COPY . ."]
    assert found.complete
    assert found.users == (("root", 0), ("app", 1000))
    assert [entry.digest for entry in found.layers] == [digest_of(data) for data in image.layers]
    (key,) = found.layers[0].files
    assert key.path == "/root/.ssh/id_rsa"
    assert key.document == f"web.tar!{digest_of(image.layers[0])[:19]}/root/.ssh/id_rsa"
    assert key.removed_by == digest_of(image.layers[1])[:19]


def test_a_health_check_that_is_switched_off_is_none(tmp_path: Path) -> None:
    image = plain_image(Healthcheck={"Test": ["NONE"]})
    assert only(docker_archive(tmp_path / "web.tar", image)).config.health is None


def test_a_folder_that_is_emptied_takes_its_files_along(tmp_path: Path) -> None:
    found = of_layers(
        tmp_path,
        layer({"a/x/.npmrc": "//r/:_authToken=abcdef0123456789\n", "b/.env": "API_TOKEN=abcdef0123456789\n"}),
        layer({"a/.wh..wh..opq": "", ".wh.b": ""}),
    )
    assert {file.path: bool(file.removed_by) for file in found.layers[0].files} == {"/a/x/.npmrc": True, "/b/.env": True}


def test_lines_of_settings_and_tokens_anywhere_are_kept(tmp_path: Path) -> None:
    found = of_layers(
        tmp_path,
        layer(
            {
                "app/.env": "A=1\nDB_PASSWORD=hunter22\n",
                "app/main.py": "x = 1\npassword = read()\n",
                "app/deploy.sh": "x\ny\ncurl https://ci:s3cretvalue@git.example.com\n",
                "usr/lib/python3/test/key.pem": PRIVATE_KEY,
                "srv/node_modules/tls/test.pem": PRIVATE_KEY,
                "app/store.p12": b"\x30\x82\0\0binary",
            }
        ),
    )
    files = {file.path: [line.number for line in file.lines] for file in found.layers[0].files}
    assert files == {"/app/.env": [2], "/app/deploy.sh": [3], "/app/store.p12": []}


def test_accounts_are_those_of_the_final_file_system(tmp_path: Path) -> None:
    found = of_layers(
        tmp_path,
        layer({"etc/passwd": PASSWD, "etc/shadow": "root::1:::::\n"}),
        layer({"etc/passwd": PASSWD + "toor:x:0:0::/:/bin/sh\n+::::::\n", "etc/shadow": SHADOW + "app2::1:::::\n"}),
    )
    assert [(account.name, account.open, account.second_root, account.location.line) for account in found.accounts] == [
        ("toor", False, True, 3),
        ("app2", True, False, 3),
    ]


def test_setuid_programs_that_later_layers_change_do_not_count(tmp_path: Path) -> None:
    modes = {"opt/a": 0o4755, "opt/b": 0o4755, "opt/c": 0o2755, "opt/d": 0o4755, "opt/e": 0o4644}
    found = of_layers(
        tmp_path,
        layer(dict.fromkeys(modes, "x"), modes),
        layer({"opt/a": "x", "opt/.wh.b": ""}, {"opt/a": 0o755}),
    )
    assert [(file.path, file.as_root) for file in found.setuid] == [("/opt/c", False), ("/opt/d", True)]


def test_the_release_is_read_through_the_usual_link(tmp_path: Path) -> None:
    found = of_layers(tmp_path, layer({"usr/lib/os-release": 'NAME="D"\nID=debian\nVERSION_ID="12"\n'}))
    assert found.release is not None
    assert (found.release.distribution, found.release.version, found.release.location.line) == ("debian", "12", 3)


def test_an_index_of_platforms_gives_each_and_skips_attestations(tmp_path: Path) -> None:
    members = oci_members(plain_image(), "shop/web:1")
    other = oci_members(plain_image(User="0"), "shop/web:1")
    merged = {**members, **other}
    first, second = members["index.json"].decode(), other["index.json"].decode()
    inner = first[first.index("[") + 1 : first.rindex("]")] + "," + second[second.index("[") + 1 : second.rindex("]")]
    attestation = '{"digest":"sha256:' + "0" * 64 + '","annotations":{"vnd.docker.reference.type":"attestation-manifest"}}'
    merged["index.json"] = f'{{"manifests":[{inner},{attestation}]}}'.encode()
    path = tmp_path / "web.tar"
    path.write_bytes(tar_of(merged))
    problems: list[Unread] = []
    users = [image.config.user.value for image in read_images(path, "web.tar", problems) if image.config.user]
    assert users == ["1000", "0"]
    assert problems == []


def test_a_bare_tag_names_no_image(tmp_path: Path) -> None:
    assert only(oci_archive(tmp_path / "web.tar", plain_image(), "1.4")).references == ()


def test_an_artefact_that_is_no_image_is_a_note(tmp_path: Path) -> None:
    members = oci_members(plain_image(), "charts/web:1")
    kind = b"application/vnd.oci.image.config.v1+json"
    changed = {name: data.replace(kind, b"application/vnd.cncf.helm.config.v1+json") for name, data in members.items()}
    path = tmp_path / "chart.tar"
    manifest = next(name for name, data in members.items() if kind in data)
    changed["index.json"] = changed["index.json"].replace(
        manifest.rpartition("/")[2].encode(), digest_of(changed[manifest]).removeprefix("sha256:").encode()
    )
    changed["blobs/sha256/" + digest_of(changed[manifest]).removeprefix("sha256:")] = changed[manifest]
    path.write_bytes(tar_of(changed))
    problems: list[Unread] = []
    assert read_images(path, "chart.tar", problems) == ()
    assert [problem.severity for problem in problems] == ["note"]


def test_a_run_reads_archives_in_folders_and_layouts_once(tmp_path: Path) -> None:
    docker_archive(tmp_path / "web.tar", plain_image(), "shop/web:1")
    (tmp_path / "backup.tar").write_bytes(tar_of({"notes.txt": b"hello"}))
    (tmp_path / "chart.tar.gz").write_bytes(gzip.compress(tar_of({"web/Chart.yaml": b"name: web"}), mtime=0))
    (tmp_path / "empty.tar").write_bytes(b"")
    oci_folder(tmp_path / "layout", plain_image(), "shop/api:1")
    (tmp_path / "layout" / "manifest.json").write_text("[]", encoding="utf-8")
    inventory = read([str(tmp_path)])
    assert [image.references[0].value for image in inventory.images] == ["shop/api:1", "shop/web:1"]
    assert [problem for problem in inventory.unread if problem.severity != "note"] == []
    assert [(summary.format, dict(summary.kinds)) for summary in inventory.documents] == [("Image", {"Image": 1, "Layer": 1})] * 2


def test_an_archive_without_a_tar_name_is_known_by_its_content(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "web.image", plain_image(), "shop/web:1")
    assert len(read([str(path)]).images) == 1
