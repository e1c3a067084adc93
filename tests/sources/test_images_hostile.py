"""Archives that are damaged, endless or lie: each is said, nothing is raised, nothing is written."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breachway.errors import NothingToReadError
from breachway.sources.images.limits import ArchiveError, Budget, Limits
from breachway.sources.images.reader import read_images
from breachway.sources.images.streams import FileStream
from breachway.sources.images.tar_entries import entries
from breachway.sources.reading import read
from tests.sources.image_archives import (
    PRIVATE_KEY,
    Image,
    digest_of,
    docker_archive,
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

SMALL = Limits(content=4 * 1024 * 1024, free=256 * 1024)


def said(path: Path, limits: Limits = SMALL) -> list[str]:
    problems: list[Unread] = []
    read_images(path, "web.tar", problems, limits=limits)
    return [problem.reason for problem in problems]


def test_what_is_no_image_is_said_when_it_was_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.tar"
    path.write_bytes(tar_of({"notes.txt": b"hello"}))
    assert "no saved image" in said(path)[0]
    with pytest.raises(NothingToReadError, match="no saved image"):
        read([str(path)])
    problems: list[Unread] = []
    assert read_images(path, "notes.tar", problems, named=False) == ()
    assert problems == []


@pytest.mark.parametrize("size", [0, 1, 511, 512, 600, 1500])
def test_truncated_at_the_start(tmp_path: Path, size: int) -> None:
    path = docker_archive(tmp_path / "web.tar", plain_image(), "shop/web:1")
    path.write_bytes(path.read_bytes()[:size])
    assert said(path)


def test_a_truncated_layer_keeps_what_came_before(tmp_path: Path) -> None:
    image = Image(layers=(layer({"root/.ssh/id_rsa": PRIVATE_KEY, "big": "x" * 5000})[:2048],))
    problems: list[Unread] = []
    (found,) = read_images(docker_archive(tmp_path / "web.tar", image, "a:1"), "web.tar", problems)
    assert not found.complete
    assert [file.path for file in found.layers[0].files] == ["/root/.ssh/id_rsa"]
    assert [problem.severity for problem in problems] == ["object"]


def test_a_gzip_bomb_stops_early(tmp_path: Path) -> None:
    bomb = gzip.compress(tar_of({"zeros": bytes(2 * 1024 * 1024)}), mtime=0)
    path = docker_archive(tmp_path / "web.tar", Image(layers=(bomb,)), "a:1")
    (reason,) = said(path)
    assert "more than 100 times its size" in reason


def test_content_beyond_the_limit_stops(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"f{number}": os.urandom(512 * 1024) for number in range(12)}
    path = docker_archive(tmp_path / "web.tar", Image(layers=(gzip.compress(layer(files), mtime=0),)), "a:1")
    assert any("4 MiB of content" in reason for reason in said(path))


def test_a_bomb_inside_a_long_name_is_not_read(tmp_path: Path) -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    path = docker_archive(tmp_path / "web.tar", Image(layers=(header.tobuf(tarfile.GNU_FORMAT) + bytes(4096),)), "a:1")
    assert any("8,589,934,592 bytes" in reason for reason in said(path))


def test_very_many_entries_stop(tmp_path: Path) -> None:
    block = tarfile.TarInfo("a").tobuf(tarfile.USTAR_FORMAT)
    path = docker_archive(tmp_path / "web.tar", Image(layers=(block * 100_000,)), "a:1")
    (reason,) = said(path, Limits(entries=5_000))
    assert "more than 5,000 files" in reason


def test_very_many_files_of_interest_are_counted(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"k/{number}.key": PRIVATE_KEY for number in range(30)}
    path = docker_archive(tmp_path / "web.tar", Image(layers=(layer(files),)), "a:1")
    assert said(path, Limits(found=10)) == ["20 more files of interest than the 10 that are kept"]


def test_names_that_lead_out_stay_inside(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"../../etc/id_rsa": PRIVATE_KEY, "/abs/id_rsa": PRIVATE_KEY, "a/../../x/id_rsa": PRIVATE_KEY}
    problems: list[Unread] = []
    path = docker_archive(tmp_path / "web.tar", Image(layers=(layer(files),)), "a:1")
    (found,) = read_images(path, "web.tar", problems)
    assert [file.path for file in found.layers[0].files] == ["/abs/id_rsa", "/etc/id_rsa", "/x/id_rsa"]
    assert [(problem.severity, problem.reason[:1]) for problem in problems] == [("note", "2")]
    assert [found.name for found in tmp_path.iterdir()] == ["web.tar"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            header = tarfile.TarInfo("etc/shadow")
            header.type, header.linkname = kind, "../../../../etc/shadow"
            archive.addfile(header)
    (found,) = read_images(docker_archive(tmp_path / "web.tar", Image(layers=(stream.getvalue(),)), "a:1"), "web.tar", [])
    assert found.complete
    assert found.accounts == ()


def test_links_between_layers_lead_to_members_only(tmp_path: Path) -> None:
    data = layer({"etc/passwd": "root::0:0::/:/bin/sh\n"})
    config = Image(layers=(data, data)).configuration()
    name = digest_of(config).removeprefix("sha256:") + ".json"
    manifest = f'[{{"Config":"{name}","RepoTags":["a:1"],"Layers":["x/layer.tar","y/layer.tar","z/layer.tar"]}}]'.encode()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, body in ((name, config), ("x/layer.tar", data), ("manifest.json", manifest)):
            header = tarfile.TarInfo(path)
            header.size = len(body)
            archive.addfile(header, io.BytesIO(body))
        for path, target in (("y/layer.tar", "../x/layer.tar"), ("z/layer.tar", "../z/layer.tar")):
            header = tarfile.TarInfo(path)
            header.type, header.linkname = tarfile.SYMTYPE, target
            archive.addfile(header)
    (tmp_path / "web.tar").write_bytes(stream.getvalue())
    problems: list[Unread] = []
    (found,) = read_images(tmp_path / "web.tar", "web.tar", problems)
    assert [entry.read for entry in found.layers] == [True, True, False]
    assert len(problems) == 1


def test_a_layout_is_not_left_by_links(tmp_path: Path) -> None:
    image = Image(layers=(layer({"root/.ssh/id_rsa": PRIVATE_KEY}),))
    folder = oci_folder(tmp_path / "layout", image, "a:1")
    (tmp_path / "outside").write_bytes(gzip.compress(image.layers[0], mtime=0))
    blob = folder / "blobs" / "sha256" / digest_of(gzip.compress(image.layers[0], mtime=0)).removeprefix("sha256:")
    blob.unlink()
    blob.symlink_to(tmp_path / "outside")
    problems: list[Unread] = []
    (found,) = read_images(folder, "layout", problems)
    assert found.layers[0].files == ()
    assert not found.complete


def test_digests_that_are_paths_lead_nowhere(tmp_path: Path) -> None:
    members = oci_members(plain_image(), "a:1")
    members["index.json"] = b'{"manifests":[{"digest":"sha256:../../../etc/passwd"},{"digest":5},{}]}'
    (tmp_path / "web.tar").write_bytes(tar_of(members))
    assert read_images(tmp_path / "web.tar", "web.tar", []) == ()


@pytest.mark.parametrize("magic, name", [(b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh9", "bzip2"), (b"\xfd7zXZ\x00", "xz")])
def test_other_compressions_are_said(tmp_path: Path, magic: bytes, name: str) -> None:
    path = docker_archive(tmp_path / "web.tar", Image(layers=(magic + bytes(600),)), "a:1")
    assert any(name in reason for reason in said(path))


def test_a_missing_configuration_and_a_missing_layer_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar_of({"manifest.json": b'[{"Config":"x.json","RepoTags":null,"Layers":["l.tar"]}]'}))
    assert "configuration" in said(tmp_path / "a.tar")[0]
    image = plain_image()
    oci_archive(tmp_path / "b.tar", image, "a:1")
    members = {name: data for name, data in oci_members(image, "a:1").items() if not data.startswith(b"\x1f\x8b")}
    (tmp_path / "b.tar").write_bytes(tar_of(members))
    assert "is not in the archive" in said(tmp_path / "b.tar")[0]


def test_indexes_that_hold_themselves_end(tmp_path: Path) -> None:
    inner = b'{"manifests":[{"digest":"sha256:' + b"1" * 64 + b'"}]}'
    (tmp_path / "a.tar").write_bytes(tar_of({"oci-layout": b"{}", "index.json": inner, "blobs/sha256/" + "1" * 64: inner}))
    assert read_images(tmp_path / "a.tar", "a.tar", []) == ()


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_and_foreign_names_are_read(tmp_path: Path, form: int) -> None:
    names = ["d" * 90 + "/" + "e" * 90 + "/id_rsa", "schlüssel/" * 20 + "id_rsa"]
    stream = io.BytesIO()
    with tarfile.open(
        fileobj=stream, mode="w", format=form, pax_headers={"comment": "all"} if form == tarfile.PAX_FORMAT else {}
    ) as archive:
        for name in names:
            header = tarfile.TarInfo(name)
            header.size = len(PRIVATE_KEY)
            archive.addfile(header, io.BytesIO(PRIVATE_KEY.encode()))
        header = tarfile.TarInfo("link")
        header.type, header.linkname = tarfile.SYMTYPE, "x" * 300
        archive.addfile(header)
    (found,) = read_images(docker_archive(tmp_path / "web.tar", Image(layers=(stream.getvalue(),)), "a:1"), "web.tar", [])
    assert {file.path for file in found.layers[0].files} == {"/" + name for name in names}
    assert found.layers[0].entries == 3
    assert found.complete


def test_records_of_a_pax_header_that_lie_are_passed_over(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type = tarfile.XHDTYPE
    records = b"12 size=12x\n999 path=far\n"
    header.size = len(records)
    extension = header.tobuf(tarfile.USTAR_FORMAT) + records.ljust(512, b"\0")
    data = extension + layer({"root/.ssh/id_rsa": PRIVATE_KEY})
    (found,) = read_images(docker_archive(tmp_path / "web.tar", Image(layers=(data,)), "a:1"), "web.tar", [])
    assert [file.path for file in found.layers[0].files] == ["/root/.ssh/id_rsa"]


def test_a_sparse_file_of_the_old_format_stops_the_layer(tmp_path: Path) -> None:
    header = tarfile.TarInfo("holes")
    header.type = tarfile.GNUTYPE_SPARSE
    path = docker_archive(tmp_path / "web.tar", Image(layers=(header.tobuf(tarfile.GNU_FORMAT) + bytes(1024),)), "a:1")
    assert "sparse" in said(path)[0]


def test_a_damaged_and_a_cut_gzip_layer_are_said(tmp_path: Path) -> None:
    squeezed = gzip.compress(layer({"a": os.urandom(4096)}), mtime=0)
    path = docker_archive(tmp_path / "web.tar", Image(layers=(squeezed[:3000], squeezed[:1000] + b"\xff" * 2000)), "a:1")
    reasons = said(path)
    assert len(reasons) == 2
    assert all("cut off" in reason or "damaged" in reason for reason in reasons)


def test_more_images_than_the_limit_are_said(tmp_path: Path) -> None:
    path = oci_archive(tmp_path / "web.tar", plain_image(), "a:1")
    assert "more than 0 images" in said(path, Limits(images=0))[0]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_is_survived(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.tar"
    whole = bytearray(docker_archive(path, Image(layers=(layer({"etc/passwd": "root::0:0::/:\n"}),)), "a:1").read_bytes())
    for position, value in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=6)):
        whole[position] = value
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    read_images(path, "web.tar", [], limits=SMALL)


@settings(max_examples=60, deadline=None)
@given(block=st.binary(min_size=0, max_size=2048))
def test_any_bytes_are_survived(tmp_path_factory: pytest.TempPathFactory, block: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.tar"
    path.write_bytes(block)
    with path.open("rb") as file, suppress(ArchiveError):
        assert sum(1 for _ in entries(FileStream(file, Budget(SMALL)))) < 5
