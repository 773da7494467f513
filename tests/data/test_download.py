"""Downloads against a server on this machine."""

from __future__ import annotations

import gzip
import hashlib
import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from labkit.catalog import DATASETS
from labkit.data import DataError, download, idx, resolve_source


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A served folder holding a tiny gzipped MNIST whose hashes are the catalog's."""
    folder = tmp_path / "mirror" / "MNIST"
    folder.mkdir(parents=True)
    for name in DATASETS["MNIST"].files:
        data = idx.encode(np.ones((3, 28, 28) if "images" in name else (3,), np.uint8))
        (folder / f"{name}.gz").write_bytes(gzip.compress(data))
        monkeypatch.setitem(DATASETS["MNIST"].files, name, hashlib.sha256(data).hexdigest())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/MNIST/"
    monkeypatch.setattr(download, "mirrors", lambda dataset: [base])
    yield folder
    server.shutdown()
    server.server_close()


def test_auto_downloads_and_then_finds(mirror: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    assert resolve_source("auto", ["MNIST"], root) == ("full", "downloaded MNIST")
    assert resolve_source("auto", ["MNIST"], root, download=False)[0] == "full"


def test_what_is_there_and_damaged_is_fetched_again(mirror: Path, tmp_path: Path) -> None:
    folder = download.fetch("MNIST", tmp_path / "root")
    whole = (folder / "t10k-labels-idx1-ubyte").read_bytes()
    (folder / "t10k-labels-idx1-ubyte").write_bytes(whole[:-1])
    download.fetch("MNIST", tmp_path / "root")
    assert (folder / "t10k-labels-idx1-ubyte").read_bytes() == whole


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("altered", "t10k-labels-idx1-ubyte has SHA-256"),
        ("not gzip", "what it sent is no whole gzip file"),
        ("cut short", "what it sent is no whole gzip file"),
        ("absent", "answered with status 404"),
    ],
)
def test_a_bad_mirror_delivers_nothing(
    mirror: Path, tmp_path: Path, kind: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mirror / "t10k-labels-idx1-ubyte.gz"
    if kind == "altered":
        path.write_bytes(gzip.compress(b"something else"))
    elif kind == "not gzip":
        path.write_bytes(b"<html>please log in</html>")
    elif kind == "cut short":
        path.write_bytes(path.read_bytes()[:-9])
    else:
        path.unlink()
    root = tmp_path / "root"
    with pytest.raises(DataError, match=f"no mirror delivered t10k-labels.*: {why}"):
        download.fetch("MNIST", root)
    assert not (root / "MNIST" / "raw" / "t10k-labels-idx1-ubyte").exists()
    with pytest.raises(DataError, match=r"no full MNIST .* no mirror delivered t10k-labels"):
        resolve_source("auto", ["MNIST"], root)
    monkeypatch.setenv("LABKIT_DATA", str(root))
    source, reason = resolve_source("auto", ["MNIST"])
    assert source == "bundled"
    assert "no mirror delivered" in reason


def test_a_good_mirror_after_a_bad_one(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:  # a port nobody listens on
        taken.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    (good,) = download.mirrors("MNIST")
    monkeypatch.setattr(download, "mirrors", lambda dataset: [dead, good])
    download.fetch("MNIST", tmp_path / "root")


def test_a_silent_mirror_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # accepts, and never answers
        base = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setattr(download, "mirrors", lambda dataset: [base])
        monkeypatch.setattr(download, "TIMEOUT_S", 0.2)
        with pytest.raises(DataError, match="timed out"):
            download.fetch("MNIST", tmp_path)


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ("not-an-address/", "not-an-address/: not an address"),
        ("http://127.0.0.1:port/", "127.0.0.1:port: its answer is not HTTP"),
    ],
)
def test_a_mirror_nobody_can_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str, why: str
) -> None:
    monkeypatch.setattr(download, "mirrors", lambda dataset: [base])
    with pytest.raises(DataError, match=why):
        download.fetch("MNIST", tmp_path)


def test_what_answers_without_speaking_http_is_no_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(server: socket.socket) -> None:
        with server.accept()[0] as connection:
            connection.recv(1000)
            connection.sendall(b"220 mail ready\r\n")

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        base = f"http://127.0.0.1:{server.getsockname()[1]}/"
        monkeypatch.setattr(download, "mirrors", lambda dataset: [base])
        with pytest.raises(DataError, match="its answer is not HTTP"):
            download.fetch("MNIST", tmp_path)


def test_an_endless_mirror_is_cut_off(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="more than 10 bytes"):
        download.fetch("MNIST", tmp_path)


def test_the_mirrors_are_torchvisions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABKIT_MIRROR", raising=False)
    for name in DATASETS:
        assert download.mirrors(name)
        assert all(base.startswith("http") for base in download.mirrors(name))
    monkeypatch.setenv("LABKIT_MIRROR", "http://localhost:1/data")
    assert download.mirrors("MNIST")[0] == "http://localhost:1/data/MNIST/"
