"""What an error says: labkit's own words, the same in every language of the system."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from pathlib import Path

import pytest

from labkit.errors import REASONS, behind, misshapen, one_line, reason


@pytest.mark.parametrize("number", REASONS)
def test_a_known_number_is_told_in_our_words_alone(number: int) -> None:
    assert reason(OSError(number, "Das Gerät ist voll", "a.txt")) in REASONS.values()


def test_what_the_system_really_raises(tmp_path: Path) -> None:
    def told(path: Path) -> str:
        with pytest.raises(OSError, match=r".") as caught:
            path.read_bytes()
        return reason(caught.value)

    (tmp_path / "file").touch()
    assert told(tmp_path / "none") == "no such file or folder"
    assert told(tmp_path / "file" / "x") == "a part of the path is a file, not a folder"
    assert told(tmp_path / ("x" * 300)) == "the name is too long"
    if os.name != "nt":
        assert told(tmp_path) == "is a folder, not a file"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(9999, "Etwas\nNeues"), "refused by the system (system: Etwas)"),
        (OSError("only words"), "refused by the system (system: only words)"),
        (OSError(), "refused by the system (system: OSError)"),
        # Numbers of other lists than the system's, some of them the same.
        (socket.gaierror(errno.EPERM, "nodename"), "no such host, or no network"),
        (ssl.SSLError(errno.EPERM, "odd"), "no secure connection (OpenSSL: "),
        (TimeoutError("timed out"), "timed out"),
        (ConnectionResetError("closed"), "the connection broke off"),
    ],
)
def test_what_has_no_known_number(error: OSError, said: str) -> None:
    assert reason(error).startswith(said)


def test_one_line_names_file_and_reason() -> None:
    assert one_line(OSError(errno.ENOSPC, "voll", "a.txt")) == (
        "OSError: a.txt: no space left on the device"
    )
    assert one_line(OSError(errno.EIO, "E/A")) == "OSError: the device failed to read or write"
    assert one_line(ValueError("out of\nluck")) == "ValueError: out of"


def test_words_of_others_are_one_short_printable_line() -> None:
    assert behind("json", ValueError("a\tb\x1b[31m\nc")) == " (json: a b [31m)"
    assert behind("json", ValueError()) == " (json: ValueError)"
    assert len(behind("json", "x" * 1000)) == len(" (json: )") + 200


def test_what_is_wrong_with_a_value() -> None:
    assert misshapen(KeyError("seed")) == "'seed' is missing"
    assert misshapen(TypeError("int")) == "a value that cannot be used (TypeError: int)"
