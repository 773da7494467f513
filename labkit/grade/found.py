"""What lies in a folder of hand-ins, as learning platforms export them.

Moodle and Gradescope make a folder a student, Canvas and Blackboard put all files side by side,
and all of them put names into paths. Here everything becomes a row: each archive, each hand-in that
was unpacked, each archive in an archive, and whatever is none of these.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.errors import LabkitError, UserError
from labkit.handin.container import MAX_ENTRIES, Container, ContainerError, is_litter
from labkit.handin.ladder import first, printable

#: How platforms name a student's folder or file: a name, a number, or both.
_NAMES = (
    re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_.+"),  # Moodle
    re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<number>\d+)_\d+_.+"),  # Canvas
    re.compile(r"submission_(?P<number>\d+)"),  # Gradescope
    re.compile(r".+_(?P<name>[^_]+)_attempt_\d{4}-\d\d-\d\d.*"),  # Blackboard
)
_MOODLE = _NAMES[0]
#: The instructor's own files beside the hand-ins.
_NOT_HANDED_IN = (".csv", ".yaml", ".yml", ".html", ".xlsx", ".ods")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Found:
    """Something in the folder that is a hand-in, or stands where one should."""

    file: str  # its path in the folder; of an archive's member, behind the archive's
    path: Path  # the archive or folder on the disk
    member: str = ""  # the archive's member that is the hand-in
    student: str = ""
    identifier: str = ""
    problem: str = ""  # why it is not even tried

    def state(self) -> str:
        """Size and time of change of it all: equal where nothing was touched."""
        about = [(name, path.stat()) for name, path in _files(self.path)]
        seen = repr([(name, each.st_size, each.st_mtime_ns) for name, each in about])
        return hashlib.sha256(
            f"{self.member}\n{seen}".encode("utf-8", "surrogateescape")
        ).hexdigest()

    def digest(self) -> str:
        """SHA-256 of the archive; of a folder, of its files' names and contents."""
        whole = hashlib.sha256(self.member.encode("utf-8", "surrogateescape"))
        for name, path in _files(self.path):
            if self.path.is_dir():
                whole.update(f"{name}\0{path.stat().st_size}\0".encode("utf-8", "surrogateescape"))
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    whole.update(block)
        return whole.hexdigest()


def hand_ins(folder: Path, out: Path) -> list[Found]:
    """Everything handed in below a folder, but for what lies in `out`, by path.

    UserError where there is no such folder.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; name the one that the hand-ins lie in")
    found: list[Found] = []
    for unit in sorted(folder.iterdir()):
        ours = unit.suffix.lower() in _NOT_HANDED_IN and unit.is_file()
        litter = is_litter(unit.name) or is_litter(f"{unit.name}/inside")
        if ours or litter or unit.resolve() == out.resolve():
            continue
        found += [_named(each) for each in _of_unit(folder, unit)]
    return sorted(found, key=lambda each: each.file)


def _of_unit(folder: Path, unit: Path) -> Iterator[Found]:
    """What one student, or one archive of a class, handed in; a row at least."""
    name = _name(folder, unit)
    if unit.is_symlink():
        yield Found(name, unit, problem="is a link, which is not followed")
    elif not unit.is_dir():
        yield from _of_file(folder, unit)
    else:
        inside, others = _inside(unit)
        for path in inside:
            yield from _of_file(folder, path)
        if not inside:
            there = first([printable(each, 60) for each in others], 3) or "nothing"
            yield Found(name, unit, problem=f"no hand-in in it; it holds {there}")


def _inside(unit: Path) -> tuple[list[Path], list[str]]:
    """The archives and unpacked hand-ins in a student's folder, and names of other files."""
    found: list[Path] = []
    others: list[str] = []
    looked = 0
    for at, folders, files in os.walk(unit):
        looked += len(folders) + len(files)
        if looked > MAX_ENTRIES:
            break
        if "bagit.txt" in files:
            found.append(Path(at))
            folders.clear()
            continue
        folders.sort()
        for name in sorted(files):
            if name.lower().endswith(".zip") and not is_litter(name):
                found.append(Path(at, name))
            elif not is_litter(name):
                others.append(name)
    return found, others


def _of_file(folder: Path, path: Path) -> Iterator[Found]:
    """An archive or unpacked hand-in; where an archive holds several, each of them."""
    one = Found(_name(folder, path), path)
    kind = path.lstat().st_mode
    if stat.S_ISDIR(kind):
        yield one
    elif not stat.S_ISREG(kind):
        yield replace(one, problem="is a link or a device, not a file")
    elif path.suffix.lower() != ".zip":
        yield replace(one, problem="not a ZIP file; a hand-in is what `labkit submit` writes")
    else:
        members = _archives(path)
        several = [replace(one, file=f"{one.file}/{name}", member=name) for name in members]
        yield from several if len(several) > 1 else [one]


def _name(folder: Path, path: Path) -> str:
    """A path in the folder as text; bytes that are none stand as ``\\xe4``."""
    name = path.relative_to(folder).as_posix()
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _archives(path: Path) -> list[str]:
    """The archives in an archive that is no hand-in itself; none where it cannot be read."""
    try:
        with closing(Container(path)) as container:
            names = list(container)
    except (ContainerError, LabkitError, OSError):
        return []  # whoever opens it to look at it says why
    bags = any(name.count("/") < 2 and name.endswith("bagit.txt") for name in names)
    return [] if bags else [name for name in names if name.lower().endswith(".zip")]


def _named(one: Found) -> Found:
    """The same with whom the platform names in its path."""
    parts = one.file.split("/")
    for part in parts:
        for pattern in _NAMES:
            if match := pattern.fullmatch(part):
                known = match.groupdict()
                number = known.get("number") or ""
                moodle = f"Participant {number}" if pattern is _MOODLE else number
                student = known.get("name") or number
                return replace(one, student=printable(student), identifier=moodle)
    student = parts[0] if len(parts) > 1 else Path(parts[0]).stem
    return replace(one, student=printable(student))


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """The regular files of a folder, or the one file, by name; links are not followed."""
    if not path.is_dir():
        yield "", path
        return
    for at, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            file = Path(at, name)
            if stat.S_ISREG(file.lstat().st_mode):
                yield file.relative_to(path).as_posix(), file
