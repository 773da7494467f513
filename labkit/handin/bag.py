"""BagIt 1.0 (RFC 8493): a payload, and the SHA-256 of every file of it.

lab1/bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
lab1/data/...
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import LabkitError
from labkit.handin.container import Container, ContainerError

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
TAGS = ("bagit.txt", "bag-info.txt", MANIFEST)
MAX_MANIFEST_BYTES = 1 << 22
#: The first moment a ZIP file can name: an archive of one content has one spelling.
_EPOCH = (1980, 1, 1, 0, 0, 0)
#: What is packed already; packing it again only takes time.
_PACKED = (".png", ".npz", ".safetensors")
_LINE = re.compile(r"([0-9a-f]{64})  ?\*?(\S.*)")


class ForeignFileError(LabkitError):
    """A file or folder of somebody's own stands where a hand-in should go."""


def write_bag(
    target: Path, folder: str, payload: Mapping[str, bytes | Path], info: Mapping[str, str]
) -> None:
    """Write a bag as a ZIP file whose bytes depend on nothing but the arguments.

    Args:
        target: replaced if it is there; never half written.
        folder: the one folder at the archive's top.
        payload: path below ``data/`` to content, or to the file that holds it.
        info: the fields of ``bag-info.txt``, one line each.
    """
    read = {f"data/{name}": source for name, source in sorted(payload.items())}
    hashes = {name: hashlib.sha256(_content(source)).hexdigest() for name, source in read.items()}
    octets = sum(len(s) if isinstance(s, bytes) else s.stat().st_size for s in read.values())
    fields = {**info, "Payload-Oxum": f"{octets}.{len(read)}"}
    tags = {
        "bagit.txt": DECLARATION,
        "bag-info.txt": "".join(f"{k}: {v}\n" for k, v in fields.items()).encode(),
        MANIFEST: manifest(hashes),
    }
    tags[TAG_MANIFEST] = manifest({n: hashlib.sha256(d).hexdigest() for n, d in tags.items()})
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        with zipfile.ZipFile(part, "w") as archive:
            for name, source in sorted({**tags, **read}.items()):
                entry = zipfile.ZipInfo(f"{folder}/{name}", _EPOCH)
                entry.create_system, entry.external_attr = 3, 0o100644 << 16
                packed = name.endswith(_PACKED)
                entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
                archive.writestr(entry, _content(source), compresslevel=9)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def refuse_foreign(target: Path) -> None:
    """Nothing, if a bag may be written there.

    Raises:
        ForeignFileError: a folder is there, or a file that is no bag.
    """
    if target.is_dir():
        raise ForeignFileError(f"{target}: is a folder; name a file")
    if target.is_file():
        try:
            with zipfile.ZipFile(target) as archive:
                found = any(name.endswith("/bagit.txt") for name in archive.namelist())
        except (zipfile.BadZipFile, OSError, ValueError):
            found = False
        if not found:
            raise ForeignFileError(f"{target}: exists and is no hand-in; nothing was written")


def _content(source: bytes | Path) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()


def manifest(hashes: Mapping[str, str]) -> bytes:
    """The lines of a manifest; a name's line ends are percent-encoded, as the RFC says."""
    return "".join(
        f"{digest}  {_encoded(name)}\n" for name, digest in sorted(hashes.items())
    ).encode()


def _encoded(name: str) -> str:
    return name.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


@dataclass(frozen=True)
class Bag:
    """A bag inside a container."""

    container: Container
    folder: str
    """The folder at the archive's top, with a slash; empty if the files lie at the top."""
    payload: tuple[str, ...]
    """Every file below ``data/``, without that prefix."""

    def read(self, name: str, limit: int = 1 << 31) -> bytes:
        return self.container.read(f"{self.folder}data/{name}", limit)

    def __contains__(self, name: str) -> bool:
        return f"{self.folder}data/{name}" in self.container


def open_bag(container: Container) -> Bag:
    """Find the bag.

    Raises:
        ContainerError: there is no ``bagit.txt``, or more than one.
    """
    found = [name for name in container if name.rpartition("/")[2] == "bagit.txt"]
    tops = [name for name in found if name.count("/") <= 1]
    if len(tops) != 1:
        raise ContainerError("not a hand-in: no bagit.txt at its top (`labkit submit` makes one)")
    folder = tops[0].removesuffix("bagit.txt")
    prefix = f"{folder}data/"
    payload = tuple(name.removeprefix(prefix) for name in container if name.startswith(prefix))
    return Bag(container, folder, payload)


def problems(bag: Bag) -> list[str]:
    """What does not agree with the manifests: files altered, missing or added."""
    found: list[str] = []
    stated: set[str] = set()
    for manifest_name, below in ((TAG_MANIFEST, ""), (MANIFEST, "data/")):
        for name, digest in _stated(bag, manifest_name, found).items():
            stated.add(bag.folder + name)
            if not name.startswith(below):
                found.append(f"{manifest_name}: names {name}")
            elif bag.folder + name not in bag.container:
                found.append(f"{name}: missing")
            elif hashlib.sha256(bag.container.read(bag.folder + name)).hexdigest() != digest:
                found.append(f"{name}: altered since it was handed in")
    missing_tags = [name for name in TAGS if bag.folder + name not in stated]
    found += [f"{name}: not in {TAG_MANIFEST}" for name in missing_tags]
    extra = set(bag.container) - stated - {bag.folder + TAG_MANIFEST}
    found += [f"{name.removeprefix(bag.folder)}: in no manifest" for name in sorted(extra)]
    if bag.container.read(f"{bag.folder}bagit.txt", 1000) != DECLARATION:
        found.append("bagit.txt: not the declaration of BagIt 1.0")
    found += _info_problems(bag)
    return found


def _info_problems(bag: Bag) -> list[str]:
    if f"{bag.folder}bag-info.txt" not in bag.container:
        return ["bag-info.txt: missing"]
    text = bag.container.read(f"{bag.folder}bag-info.txt", 10_000).decode("utf-8", "replace")
    octets = sum(bag.container.size(f"{bag.folder}data/{name}") for name in bag.payload)
    oxum = f"Payload-Oxum: {octets}.{len(bag.payload)}"
    return [] if oxum in text.splitlines() else [f"bag-info.txt: is not of this payload ({oxum})"]


def _stated(bag: Bag, name: str, found: list[str]) -> dict[str, str]:
    """Name to digest as a manifest has them; what is wrong with it goes into `found`."""
    if bag.folder + name not in bag.container:
        found.append(f"{name}: missing")
        return {}
    lines = bag.container.read(bag.folder + name, MAX_MANIFEST_BYTES)
    stated: dict[str, str] = {}
    for number, line in enumerate(lines.decode("utf-8", "replace").splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            found.append(f"{name}:{number}: not a digest and a name")
            continue
        path = match[2].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
        if path in stated:
            found.append(f"{name}:{number}: {path} is there twice")
        stated[path] = match[1]
    return stated
