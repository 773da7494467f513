"""BagIt 1.0 (RFC 8493): a payload, and the SHA-256 of every file of it.

lab1/bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
lab1/data/...
"""

import contextlib
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from labkit.errors import LabkitError
from labkit.handin.container import Container, ContainerError, Folder
from labkit.handin.ladder import first
from labkit.store.commits import as_committed

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
TAGS = ("bagit.txt", "bag-info.txt", MANIFEST)
MAX_MANIFEST_BYTES = 1 << 22
#: The first moment a ZIP file can name: an archive of one content has one spelling.
_EPOCH = (1980, 1, 1, 0, 0, 0)
#: What is packed already; packing it again only takes time.
_PACKED = (".png", ".npz", ".safetensors")
#: Paths, and the contents or the files that hold them.
Files = Mapping[str, bytes | Path]
_LINE = re.compile(r"([0-9a-f]{64})  ?\*?(\S.*)")


def write_bag(target: Path, folder: str, payload: Files, info: Mapping[str, str]) -> None:
    """Write a bag as a ZIP file whose bytes depend on nothing but the arguments.

    A `target` that is there is replaced; it is never half written. `folder` is the one at the
    archive's top, paths of the payload are those below ``data/``, and `info` has the fields of
    ``bag-info.txt``.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        _write_bag(part, folder, payload, info)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def bag_bytes(folder: str, payload: Files, info: Mapping[str, str]) -> bytes:
    """A small bag as the bytes that :func:`write_bag` writes."""
    file = io.BytesIO()
    _write_bag(file, folder, payload, info)
    return file.getvalue()


def _write_bag(
    file: Path | IO[bytes], folder: str, payload: Files, info: Mapping[str, str]
) -> None:
    read = {f"data/{name}": source for name, source in payload.items()}
    octets = sum(len(s) if isinstance(s, bytes) else s.stat().st_size for s in read.values())
    fields = {**info, "Payload-Oxum": f"{octets}.{len(read)}"}
    tags = {
        "bagit.txt": DECLARATION,
        "bag-info.txt": "".join(f"{k}: {v}\n" for k, v in fields.items()).encode(),
        MANIFEST: _manifest(read),
    }
    tags[TAG_MANIFEST] = _manifest(tags)
    with zipfile.ZipFile(file, "w") as archive:
        for name, source in sorted({**tags, **read}.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            packed = name.endswith(_PACKED)
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.writestr(entry, _content(source), compresslevel=9)


def refuse_foreign(target: Path) -> None:
    """LabkitError where a folder is there, or a file that is no bag."""
    if target.is_dir():
        raise LabkitError(f"{target}: is a folder; name a file")
    if target.is_file():
        unreadable = zipfile.BadZipFile, OSError, ValueError
        with contextlib.suppress(*unreadable), zipfile.ZipFile(target) as archive:
            if any(name.endswith("/bagit.txt") for name in archive.namelist()):
                return
        raise LabkitError(f"{target}: exists and is no hand-in; nothing was written")


def _content(source: bytes | Path) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()


def _manifest(files: Files) -> bytes:
    """The lines of a manifest; a name's line ends are percent-encoded, as the RFC says."""
    lines = ""
    for name, source in sorted(files.items()):
        encoded = name.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")
        lines += f"{hashlib.sha256(_content(source)).hexdigest()}  {encoded}\n"
    return lines.encode()


@dataclass(frozen=True)
class Bag:
    """A bag inside a container."""

    container: Container
    folder: str  # with a slash; empty if the files lie at the archive's top
    payload: tuple[str, ...]  # every file below ``data/``, without that prefix

    def read(self, name: str, limit: int = 1 << 31) -> bytes:
        """The content of a file below ``data/``."""
        return self.container.read(f"{self.folder}data/{name}", limit)

    def __contains__(self, name: str) -> bool:
        return f"{self.folder}data/{name}" in self.container


def find_bag(path: Path, note: Callable[[str], None] = lambda line: None) -> Bag:
    """The one hand-in of an archive or folder, which may lie in a folder or archive in it.

    What else is there and where the hand-in lies is told to `note`, in a line each. NotAZipError
    or ContainerError where it cannot be read or there is none, LabkitError where there are several.
    """
    container = Folder(path) if path.is_dir() else Container(path)
    try:
        archives = [name for name in container if name.lower().endswith(".zip")]
        if archives and not _tops(container):
            if len(archives) > 1:
                raise _several(path, archives)
            outer, container = container, container.inner(archives[0])
            outer.close()
            note(f"the hand-in is {archives[0]}, inside of {path.name}")
        bag = open_bag(container)
    except BaseException:
        container.close()
        raise
    if bag.folder.count("/") > 1:
        note(f"the hand-in lies in {bag.folder}")
    if container.litter:
        note(f"left by a system, not looked at: {first(container.litter, 3)}")
    if beside := [name for name in container if not name.startswith(bag.folder)]:
        note(f"beside the hand-in, not looked at: {first(beside, 3)}")
    return bag


def _several(where: Path | str, names: list[str]) -> LabkitError:
    told = f"{len(names)} hand-ins, {first(names, 5)}"
    return LabkitError(f"{where}: {told}: unpack it, and give one of them")


def _tops(container: Container) -> list[str]:
    """The folders of hand-ins, with a slash, that lie in no other's."""
    named = [name for name in container if name.rpartition("/")[2] == "bagit.txt"]
    found = [name.removesuffix("bagit.txt") for name in named]
    return [a for a in found if not any(a != b and a.startswith(b) for b in found)]


def open_bag(container: Container) -> Bag:
    """The bag of a container; ContainerError where there is none, LabkitError where several."""
    tops = _tops(container)
    if not tops:
        raise ContainerError("not a hand-in: no bagit.txt in it (`labkit submit` makes one)")
    if len(tops) > 1:
        raise _several("hand-in", [top.rstrip("/") or "." for top in tops])
    prefix = f"{tops[0]}data/"
    payload = tuple(name.removeprefix(prefix) for name in container if name.startswith(prefix))
    return Bag(container, tops[0], payload)


def problems(bag: Bag) -> list[str]:
    """What does not agree with the manifests: files altered, missing or added, a line each.

    A file of which only line ends were changed is no problem: its container restores it.
    """
    found: list[str] = []
    named: set[str] = set()
    inside = {n.removeprefix(bag.folder) for n in bag.container if n.startswith(bag.folder)}
    for manifest_name, below in ((TAG_MANIFEST, ""), (MANIFEST, "data/")):
        if manifest_name not in inside:
            found.append(f"{manifest_name}: missing")
            continue
        for name, digest in _stated(bag, manifest_name, found).items():
            named.add(name)
            if not name.startswith(below):
                found.append(f"{manifest_name}: names {name}")
            elif name not in inside:
                found.append(f"{name}: missing")
            else:
                data = bag.container.read(bag.folder + name)
                plain = as_committed(data, digest)
                if plain is None:
                    found.append(f"{name}: altered since it was handed in")
                elif plain != data:
                    bag.container.restored[bag.folder + name] = plain
    found += [f"{name}: not in {TAG_MANIFEST}" for name in TAGS if name not in named]
    found += [f"{name}: in no manifest" for name in sorted(inside - named - {TAG_MANIFEST})]
    if bag.container.read(f"{bag.folder}bagit.txt", 1000) != DECLARATION:
        found.append("bagit.txt: not the declaration of BagIt 1.0")
    if "bag-info.txt" not in inside:
        return [*found, "bag-info.txt: missing"]
    info = bag.container.read(f"{bag.folder}bag-info.txt", 10_000).decode("utf-8", "replace")
    octets = sum(bag.container.size(f"{bag.folder}data/{name}") for name in bag.payload)
    oxum = f"Payload-Oxum: {octets}.{len(bag.payload)}"
    if oxum not in info.splitlines():
        found.append(f"bag-info.txt: is not of this payload ({oxum})")
    return found


def _stated(bag: Bag, name: str, found: list[str]) -> dict[str, str]:
    """Name to digest as a manifest has them; what is wrong with it goes into `found`."""
    lines = bag.container.read(bag.folder + name, MAX_MANIFEST_BYTES)
    digests: dict[str, str] = {}
    for number, line in enumerate(lines.decode("utf-8", "replace").splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            found.append(f"{name}:{number}: not a digest and a name")
            continue
        path = match[2].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
        if path in digests:
            found.append(f"{name}:{number}: {path} is there twice")
        digests[path] = match[1]
    return digests
