"""What makes a folder a result: ``COMMIT.json``, and whether it still tells the truth.

A commit names every file of its folder with size and SHA-256, what the folder is the
result of, and what it was measured from. It is written last, so a folder that has one
was whole once; `damage` says whether it still is.
"""

import hashlib
import io
import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labkit.errors import LabkitError, behind, reason
from labkit.experiment.spec import sha256_of
from labkit.store import atomic
from labkit.store.file_names import ERROR, HEARTBEAT, HEAVY, LOG

FORMAT = 1
COMMIT = "COMMIT.json"
#: Beside a commit whose folder does without some of its files: which, see `left_out`.
LIGHT = "LIGHT.json"
#: Files up to this size are checked by content whenever they count.
SMALL_BYTES = 1 << 16


#: What is wrong with a file that somebody's tool has only written in another convention.
LINE_ENDS = "only its line ends were changed (CRLF for LF, as git's core.autocrlf does)"
#: What undoes that where labkit may not; tried with git.
RESTORE = (
    "in the results folder: git rm -r -q --cached . && "
    "git -c core.autocrlf=false checkout HEAD -- ."
)


class StoreError(LabkitError):
    """The store cannot be read or written; one line says which file and why."""


def now() -> str:
    """The time of a commit, UTC. The one clock of the store, so that tests can set it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


#: Files of an attempt that are not part of what is committed.
_TRANSIENT = (HEARTBEAT, "heartbeat.tmp", f".*{atomic.TEMPORARY}", COMMIT, LIGHT)


def seal(folder: Path, kind: str, fingerprint: str, inputs: str = "") -> None:
    """Write ``COMMIT.json`` over everything in the folder, and flush all of it."""
    # A worker that died while it noted a failure may have left the note.
    left = [*_TRANSIENT, *(() if kind == "failed" else (ERROR,))]
    for path in [path for pattern in left for path in folder.glob(pattern)]:
        path.unlink(missing_ok=True)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    atomic.sync_files(paths)
    files = {
        path.relative_to(folder).as_posix(): {"sha256": _sha256(path), "bytes": path.stat().st_size}
        for path in paths
    }
    content = {
        "format": FORMAT,
        "kind": kind,
        "fingerprint": fingerprint,
        "inputs": inputs,
        "time": now(),
        "files": files,
    }
    for sub in sorted(path for path in folder.rglob("*") if path.is_dir()):
        atomic.sync_folder(sub)
    write_json(folder / COMMIT, signed(content))
    atomic.sync_folder(folder)


def signed(content: Mapping[str, Any]) -> dict[str, Any]:
    """A commit's content with the SHA-256 of itself, so that a flipped bit in it is seen too."""
    bare = {key: value for key, value in content.items() if key != "self"}
    return {**bare, "self": sha256_of(bare)}


def damage(folder: Path, fingerprint: str = "", inputs: str = "", deep: bool = False) -> str:
    """What is wrong with a committed folder: an empty string if nothing is.

    `fingerprint` and `inputs`, if known, say what it should be the result of and measured from.
    The SHA-256 is checked of small files and of those changed after the commit, of all if `deep`.
    What a light folder does without is no damage.
    """
    try:
        commit, committed_at = read_commit(folder), (folder / COMMIT).stat().st_mtime_ns
    except FileNotFoundError:
        return "missing" if not folder.exists() else f"{COMMIT} is missing"
    except OSError as error:
        return f"{COMMIT}: {reason(error)}"
    except StoreError as error:
        return str(error).removeprefix(f"{folder}{os.sep}")
    if fingerprint and commit["fingerprint"] != fingerprint:
        return f"{COMMIT}: of another cell"
    # Commits made before inputs were noted name none.
    if inputs and commit.get("inputs", inputs) != inputs:
        return "measured of a training that has been replaced since"
    absent = {}
    for name, stated in commit["files"].items():
        try:
            found = (folder / name).stat()
            if found.st_size != stated["bytes"]:
                if _ends_changed(folder / name, stated):
                    return f"{name}: {LINE_ENDS}"
                return f"{name}: {found.st_size:,} bytes, committed with {stated['bytes']:,}"
            suspect = found.st_size <= SMALL_BYTES or found.st_mtime_ns > committed_at
            if (deep or suspect) and _sha256(folder / name) != stated["sha256"]:
                return f"{name}: altered since it was committed"
        except FileNotFoundError as error:
            absent[name] = reason(error)
        except OSError as error:
            return f"{name}: {reason(error)}"
    known = left_out(folder, commit["kind"]) if absent else ()
    for name, why in absent.items():
        if name not in known:
            return f"{name}: {why}"
    # As it was written it has none.
    ends = b"\r\n" in (folder / COMMIT).read_bytes()
    return f"{COMMIT}: {LINE_ENDS}" if ends else ""


def may_lack(kind: str, name: str, light: bool) -> bool:
    """Whether a commit of this kind still says what came of its cell without one of its files.

    Of a failure only the error counts, and a log names folders of the user's machine. A `light`
    one is also without weights, samples and pictures.
    """
    if kind == "failed":
        return name != ERROR
    return name == LOG or (light and (name in HEAVY or name.startswith("images/")))


def left_out(folder: Path, kind: str) -> frozenset[str]:
    """The files that a committed folder was put down without on purpose; mostly none.

    ``LIGHT.json`` lists them. Anybody may have written it: what no folder of the kind may lack is
    not taken from it.
    """
    try:
        listed = read_json(folder / LIGHT)["left_out"]
        return frozenset(name for name in listed if may_lack(kind, name, light=True))
    except (OSError, StoreError, LookupError, TypeError, AttributeError):
        return frozenset()


def light_bytes(names: Iterable[str]) -> bytes:
    """What ``LIGHT.json`` holds where these files are left out."""
    return json_bytes({"format": FORMAT, "left_out": sorted(names)})


def as_committed(data: bytes, sha256: str) -> bytes | None:
    """The bytes with this SHA-256: these, or these with LF for CRLF; None if neither has it."""
    for each in (data, atomic.with_unix_ends(data)):
        if hashlib.sha256(each).hexdigest() == sha256:
            return each
    return None


def _ends_changed(path: Path, stated: Mapping[str, Any]) -> bool:
    """Whether a file is what was committed but for CRLF where LF was."""
    if not stated["bytes"] < path.stat().st_size <= 2 * stated["bytes"]:
        return False
    return as_committed(path.read_bytes(), stated["sha256"]) is not None


def restore_line_ends(folder: Path) -> None:
    """Write again, as they were committed, the files of which only line ends were changed.

    Nothing can be lost by it: their SHA-256 is then the one in the commit.
    """
    path = folder / COMMIT
    about, data = path.stat(), path.read_bytes()
    for name, stated in read_commit(folder)["files"].items():
        file = folder / name
        if file.is_file() and _ends_changed(file, stated):
            atomic.replace_bytes(file, atomic.with_unix_ends(file.read_bytes()))
    if (plain := atomic.with_unix_ends(data)) != data:
        atomic.replace_bytes(path, plain)
        # What was changed after the commit is told by the clock.
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def read_commit(folder: Path) -> dict[str, Any]:
    """The ``COMMIT.json`` of a folder: ``fingerprint``, ``time``, ``files``, ...

    StoreError where it is not a commit of this format, or not as it was written.
    """
    path = folder / COMMIT
    commit = read_json(path)
    if not isinstance(commit, dict) or commit.get("format") != FORMAT:
        raise StoreError(f"{path}: not of format {FORMAT}")
    keys = commit.keys() - {"inputs", "self"}  # which the first commits lack
    texts = [commit.get(name, "") for name in ("kind", "fingerprint", "time", "inputs")]
    whole = (
        keys == {"format", "kind", "fingerprint", "time", "files"}
        and all(isinstance(text, str) for text in texts)
        and ("inputs" in commit) == ("self" in commit)
        and _are_files(commit["files"])
        and ("self" not in commit or signed(commit) == commit)
    )
    if not whole:
        raise StoreError(f"{path}: altered since it was written")
    return commit


def _are_files(files: Any) -> bool:
    """Whether this maps names below a folder to sizes and hashes."""
    return isinstance(files, dict) and all(
        isinstance(stated, dict)
        and stated.keys() == {"sha256", "bytes"}
        and isinstance(stated["sha256"], str)
        and type(stated["bytes"]) is int
        and not name.startswith("/")
        and not {"", ".", ".."} & set(name.replace("\\", "/").split("/"))
        for name, stated in files.items()
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_ENCODER = json.JSONEncoder(indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)


def json_bytes(value: Any) -> bytes:
    """JSON as the store writes it: one spelling for each value, a line a value."""
    text = io.StringIO()  # of a plan of 10,000 cells the pieces alone are 100 MB
    text.writelines(_ENCODER.iterencode(value))
    text.write("\n")
    return text.getvalue().encode()


def write_json(path: Path, value: Any) -> None:
    """Write a file that is not there yet, flushed."""
    atomic.write_bytes(path, json_bytes(value))


def read_json(path: Path) -> Any:
    """The value in a JSON file; StoreError where it is not JSON, OSError where it is not there."""
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path}: not JSON{behind('json', error)}") from error
