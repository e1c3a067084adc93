"""Reads saved images: ``docker save`` archives and OCI layouts, as a tar file (also gzipped) or as a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Location, Unread
from breachway.sources.images.configuration import read_config
from breachway.sources.images.interest import PASSWD, RELEASES, SHADOW
from breachway.sources.images.layers import Contents, final_setuid, final_text, read_layer, remover
from breachway.sources.images.limits import ArchiveError, Budget, Limits
from breachway.sources.images.manifests import Finder
from breachway.sources.images.objects import Account, ImageArchive, Layer, LayerFile, Release
from breachway.sources.images.stores import ArchiveStore, FolderStore
from breachway.sources.images.system_files import odd_accounts, release_in, users_in

if TYPE_CHECKING:
    from pathlib import Path

    from breachway.sources.images.configuration import Configured
    from breachway.sources.images.manifests import ImageParts
    from breachway.sources.images.streams import Stream

_SHORT = len("sha256:") + 12
_SAVE = "docker save -o web.tar web:1, or skopeo copy … oci-archive:web.tar"


def read_images(
    path: Path, label: str, problems: list[Unread], *, named: bool = True, limits: Limits | None = None
) -> tuple[ImageArchive, ...]:
    """Read every image of an archive or of the folder of a layout, under the label ``label``.

    Empty where it holds none: that is a problem only when the user ``named`` the file.  Nothing is raised and nothing is written.
    """
    budget = Budget(limits or Limits())
    try:
        store = FolderStore(path, budget) if path.is_dir() else ArchiveStore(path, budget, strict=not named)
    except ArchiveError as error:
        problems.append(Unread(Location(label, "", 0, 0), "file", error.reason, error.hint))
        return ()
    finder = Finder(store, label, problems, budget.limits)
    parts = finder.images()
    if parts is None:
        if named:
            problems.append(_no_image(label, store.damage))
        return ()
    if store.damage is not None:
        problems.append(Unread(Location(label, "", 0, 0), "object", store.damage.reason, store.damage.hint))
    return _Reader(store, label, problems, budget, finder).images(parts)


def _no_image(label: str, damage: ArchiveError | None) -> Unread:
    place = Location(label, "", 0, 0)
    if damage is not None:
        return Unread(place, "file", damage.reason, damage.hint or _SAVE)
    return Unread(place, "file", "it is no saved image: it has neither manifest.json nor index.json", _SAVE)


class _Reader:
    """Reads the images of one store once it is known which layers they have."""

    def __init__(
        self, store: ArchiveStore | FolderStore, label: str, problems: list[Unread], budget: Budget, finder: Finder
    ) -> None:
        self.store, self.label, self.problems, self.budget, self.finder = store, label, problems, budget, finder
        self.contents: dict[str, Contents] = {}
        self.names: dict[str, str] = {}

    def images(self, parts: tuple[ImageParts, ...]) -> tuple[ImageArchive, ...]:
        known: list[tuple[ImageParts, Configured]] = []
        for part in parts:
            node = self.finder.parsed(part.config)
            if node is None:
                self._say(part.location, "object", "the configuration of an image is not in the archive, or is too large")
                continue
            configured = read_config(node, f"{self.label}!{_name_of(part)}")
            known.append((part, configured))
            for index, path in enumerate(part.layers):
                digests = configured.layer_digests
                digest = digests[index] if index < len(digests) else path.removeprefix("/").replace("blobs/sha256/", "sha256:")
                self.names.setdefault(path, digest)
        wanted = tuple(self.names)[: self.budget.limits.layers]
        self.store.layers(frozenset(wanted), self._take)
        return tuple(self._image(part, configured) for part, configured in known)

    def _take(self, path: str, stream: Stream) -> None:
        place = f"{self.label}!{self.names[path][:_SHORT]}"
        self.contents[self.store.same(path)] = read_layer(stream, place, self.budget)
        found = self.contents[self.store.same(path)]
        where = Location(place, "", 0, 0)
        if found.stopped is not None:
            reason = found.stopped.reason
            self._say(where, "object", f"the layer was not read to its end: {reason}", found.stopped.hint)
        if found.outside:
            self._say(where, "note", f"{found.outside:,} names in the layer lead out of the image; taken as below its root")
        if found.left_out:
            limit = self.budget.limits.found
            self._say(where, "object", f"{found.left_out:,} more files of interest than the {limit:,} that are kept")

    def _image(self, part: ImageParts, configured: Configured) -> ImageArchive:
        contents = tuple(self.contents.get(self.store.same(path)) for path in part.layers)
        layers = tuple(self._layer(path, contents, index, part) for index, path in enumerate(part.layers))
        accounts, users = _accounts(contents, layers)
        return ImageArchive(
            document=self.label,
            name=_name_of(part),
            location=part.location,
            references=part.references,
            digests=part.digests,
            config=configured.config,
            history=configured.history,
            layers=layers,
            complete=all(layer.read for layer in layers),
            accounts=accounts,
            users=users,
            setuid=final_setuid(contents),
            release=_release(contents, layers),
        )

    def _layer(self, path: str, contents: tuple[Contents | None, ...], index: int, part: ImageParts) -> Layer:
        digest, found = self.names[path], contents[index]
        document = f"{self.label}!{digest[:_SHORT]}"
        if found is None:
            self._say(part.location, "object", f"the layer {digest[:_SHORT]} is not in the archive")
            return Layer(digest=digest, document=document, entries=0, read=False)
        return Layer(
            digest=digest,
            document=document,
            entries=found.entries,
            read=found.stopped is None and not found.left_out,
            files=tuple(self._file(file, contents, index, part) for file in found.files),
        )

    def _file(self, file: LayerFile, contents: tuple[Contents | None, ...], index: int, part: ImageParts) -> LayerFile:
        above = remover(contents, index, file.path)
        if above is None:
            return file
        return LayerFile(
            document=file.document,
            path=file.path,
            size=file.size,
            text=file.text,
            lines=file.lines,
            removed_by=self.names[part.layers[above]][:_SHORT],
        )

    def _say(self, place: Location, severity: str, reason: str, hint: str = "") -> None:
        self.problems.append(Unread(place, severity, reason, hint))


def _name_of(part: ImageParts) -> str:
    """The short digest of the configuration, which names the image to Docker."""
    return f"sha256:{part.config.rpartition('/')[2].removesuffix('.json').removeprefix('sha256:')}"[:_SHORT]


def _accounts(
    contents: tuple[Contents | None, ...], layers: tuple[Layer, ...]
) -> tuple[tuple[Account, ...], tuple[tuple[str, int], ...] | None]:
    passwd, shadow = final_text(contents, PASSWD), final_text(contents, SHADOW)
    if passwd is None:
        return (), None
    shadow_place = f"{layers[shadow[0]].document}{SHADOW}" if shadow is not None else ""
    found = odd_accounts(
        passwd[1], f"{layers[passwd[0]].document}{PASSWD}", shadow[1] if shadow is not None else "", shadow_place
    )
    return found, users_in(passwd[1])


def _release(contents: tuple[Contents | None, ...], layers: tuple[Layer, ...]) -> Release | None:
    for path in RELEASES:
        text = final_text(contents, path)
        if text is not None:
            return release_in(text[1], f"{layers[text[0]].document}{path}")
    return None
