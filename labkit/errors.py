"""Errors with messages for people: labkit's words first, those of libraries in brackets.

The messages of a library or the system change with its version and language, so nothing is
decided by them.
"""

import difflib
import errno
import os
import re
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

#: Characters of the longest message about an experiment file.
MAX_MESSAGE = 500
#: Error numbers of a full disk or quota.
FULL = (errno.ENOSPC, errno.EDQUOT)


class LabkitError(Exception):
    """A mistake in a file, a table or a command; one line says what, where and what is allowed.

    The command line prints it and ends with status 2. Any other exception is a bug and keeps
    its traceback.
    """


class UserError(LabkitError):
    """Something that does not exist was asked for; one line says what does."""


class DataError(LabkitError):
    """A data file is missing, cut short or altered; one line says which and how."""


class PlanError(LabkitError):
    """A mistake in an experiment file or in what was asked of it, as one line."""

    def __init__(self, message: str) -> None:
        line = "".join(c if c.isprintable() else " " for c in message)
        super().__init__(line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…")


#: The meaning of the system's error numbers, the same on every system and in every language.
REASONS = {
    errno.ENOENT: "no such file or folder",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EISDIR: "is a folder, not a file",
    errno.EEXIST: "exists already",
    errno.ENOTEMPTY: "the folder is not empty",
    errno.EACCES: "not allowed",
    errno.EPERM: "not allowed",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "no space left on the device",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "too large for the file system",
    errno.EIO: "the device failed to read or write",
    errno.EBUSY: "in use by another program",
    errno.ETXTBSY: "in use by another program",
    errno.EXDEV: "lies on another file system",
    errno.ESTALE: "the network folder has changed underneath",
    errno.ENOLCK: "the file system has no locks",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "links that lead in a circle",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
    errno.ENOMEM: "no memory left",
    errno.EPIPE: "the reader has gone",
    errno.ETIMEDOUT: "timed out",
    errno.ECONNREFUSED: "the connection was refused",
    errno.ECONNRESET: "the connection broke off",
    errno.ENETUNREACH: "no network",
    errno.EHOSTUNREACH: "no way to the host",
}


def reason(error: OSError) -> str:
    """Why the system refused, without the path, e.g. ``no space left on the device``."""
    import socket
    import ssl

    if isinstance(error, socket.gaierror):
        return "no such host, or no network"
    if isinstance(error, ssl.SSLError):  # its numbers are OpenSSL's
        return f"no secure connection{behind('OpenSSL', getattr(error, 'reason', None) or error)}"
    if isinstance(error, TimeoutError):
        return REASONS[errno.ETIMEDOUT]
    if isinstance(error, ConnectionResetError):  # http.client's has no number
        return REASONS[errno.ECONNRESET]
    known = REASONS.get(error.errno or 0)
    return known or f"refused by the system{behind('system', error.strerror or error)}"


def one_line(error: BaseException) -> str:
    """Any error as one line: its type and its message, or the file and the system's reason."""
    kind = type(error).__name__
    if isinstance(error, OSError) and error.errno:
        return f"{kind}: {f'{error.filename}: ' if error.filename else ''}{reason(error)}"
    return f"{kind}: {error}".splitlines()[0]


def misshapen(error: Exception) -> str:
    """Why a value read from JSON cannot be used, from the error it caused."""
    if isinstance(error, LabkitError):
        return str(error)
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    return f"a value that cannot be used{behind(type(error).__name__, error)}"


def behind(source: str, words: object) -> str:
    """A library's message as one printable line in brackets: `` (PyYAML: no key)``."""
    lines = str(words).strip().splitlines() or [type(words).__name__]
    said = "".join(each if each.isprintable() else " " for each in lines[0])
    return f" ({source}: {said if len(said) <= 200 else said[:197] + '...'})"


def placeless(text: str, *roots: Path) -> str:
    """An error's text without the folders of this machine, for reports and hand-ins."""
    package = Path(__file__).resolve().parent.parent
    places = {str(place) for place in (package, sys.prefix, *roots)} | set(sys.path)
    places |= {sysconfig.get_paths()[name] for name in ("purelib", "platlib", "stdlib")}
    for place in sorted(places - {"", os.sep}, key=len, reverse=True):
        text = text.replace(f"{place}{os.sep}", "")
    # Other absolute paths are cut to their last name.
    return re.sub(r"(?<![\w:./\\])(?:[A-Za-z]:)?(?:[/\\][^/\\\s\"':]+)+(?=[/\\])[/\\]", "", text)


def closest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that a misspelt one was meant to be, whatever its case; None if none is near.

    They must be alike by `cutoff`, of 1, as difflib measures it.
    """
    folded = {each.lower(): each for each in known}
    close = difflib.get_close_matches(word.lower()[:80], folded, 1, cutoff)
    return folded[close[0]] if close else None


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Advice on a misspelt word: the closest allowed one, or all of them."""
    close = closest(word, allowed)
    return f"did you mean '{close}'?" if close else f"allowed: {', '.join(allowed)}"
