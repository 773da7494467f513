"""Files that survive a power cut: the few operations the store is built on.

A rename is atomic but neither it nor the bytes before it are durable until they
are fsynced: the file first, then the rename, then the folder that now holds it.
Everything the store changes on disk passes through this module, and in it through
four primitives (`_mkdir`, `_write`, `_fsync`, `_replace`), so that tests can stop the
world before any single operation, or make it fail.
"""

import contextlib
import errno
import io
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

#: Virus scanners and synced folders hold files for a moment; wait this long in all.
PATIENCE_S = 2.0
_PASSING = {errno.EACCES, errno.EPERM, errno.EBUSY}
#: How file systems say that they cannot flush a folder; there is no other way, so it is let be.
_CANNOT_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EACCES}

#: How the name of a half-written file ends.
TEMPORARY = ".tmp"

_fsync = os.fsync


def _mkdir(path: Path) -> None:
    path.mkdir(exist_ok=True)


def _write(file: io.FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _replace(source: Path, target: Path) -> None:
    source.replace(target)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the file's name into errors of calls that only know its number."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise


def mkdir(path: Path) -> None:
    """Make a folder and the parents it lacks, each one flushed, unless it is there."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        _mkdir(folder)
        # A folder is as lasting as its name in the folder above it.
        sync_folder(folder.parent)


def write_bytes(path: Path, data: bytes, mode: str = "w") -> None:
    """Write a whole file and flush it to the disk. Not atomic: for files nobody reads yet."""
    # Unbuffered: a write that failed must not be tried again when the file is closed.
    with _naming(path), io.FileIO(path, mode) as file:
        _write(file, data)
        _fsync(file.fileno())


def append_bytes(path: Path, data: bytes) -> None:
    """Append to a file, which may be new, and flush it and its name to the disk."""
    new = not path.exists()
    write_bytes(path, data, "a")
    if new:
        sync_folder(path.parent)


def rename(source: Path, target: Path) -> None:
    """Move a file or folder over `target` in one step, and flush the name it now has.

    What Windows and synced folders refuse for a moment is tried again.
    """
    deadline = time.monotonic() + (PATIENCE_S if os.name == "nt" else 0.0)
    while True:
        try:
            _replace(source, target)
            break
        except OSError as error:
            if error.errno not in _PASSING or time.monotonic() >= deadline:
                raise
        time.sleep(0.05)
    sync_folder(target.parent)


def sync_folder(path: Path) -> None:
    """Flush a folder's list of names; a no-op where folders cannot be opened (Windows)."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        if os.name == "nt":
            return
        raise
    try:
        with _naming(path):
            _fsync(handle)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise
    finally:
        os.close(handle)


def replace_bytes(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old or the new content, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY}")
    try:
        write_bytes(temporary, data)
        rename(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def sync_files(paths: Iterable[Path]) -> None:
    """Flush files that a library wrote without flushing."""
    for path in paths:
        # Windows only flushes handles that may write.
        with _naming(path), path.open("rb+") as file:
            _fsync(file.fileno())


def with_unix_ends(data: bytes) -> bytes:
    """A file's bytes with the line ends that labkit writes: LF where there is CRLF."""
    return data.replace(b"\r\n", b"\n")


def remove_tree(path: Path) -> None:
    """Remove a folder of temporary files; what cannot be removed is left."""
    shutil.rmtree(path, ignore_errors=True)
