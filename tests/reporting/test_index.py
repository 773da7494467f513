"""The list of a folder's reports: what it says is what they say, and it can do no harm."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import os
import re
import shutil
import struct
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from PIL import Image

from labkit import api
from labkit.reporting.index import NAME, Card, NoReportsError, card, cards, write_index
from labkit.store.store import Store
from tests.builders.commands import labkit
from tests.builders.reports import build_report

REPORTS = Path(__file__).parents[2] / "reports" / "showcase"


@pytest.fixture(scope="module")
def folder(small: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report as a page, one as Markdown under a strange name, and something else."""
    root = tmp_path_factory.mktemp("reports")
    build_report(small.root, out=root / "a page", formats=["html"])
    build_report(small.root, out=root / "plain & <b>", formats=["md"])
    (root / "notes").mkdir()
    (root / "notes" / "todo.txt").write_text("nothing")
    return root


def links(page: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', page)


def test_every_report_with_its_numbers(folder: Path) -> None:
    html, markdown = cards(folder)
    assert (html.name, markdown.name) == ("a page", "plain & <b>")
    assert html.title == markdown.title == "Lab 1 — Generative Models: GAN vs VAE"
    with (folder / "a page" / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    lowest = min((r for r in rows if r["family"] == "gan"), key=lambda r: float(r["proxy_fid"]))
    assert html.best[0][1] == lowest["run"]
    assert float(html.best[0][2]) == pytest.approx(float(lowest["proxy_fid"]), rel=0.01)
    assert html.best == markdown.best
    assert html.cells == "3 cells, all done"
    assert dict(html.said.facts)["Author"] == "Ada Lovelace"
    assert html.said == markdown.said
    assert len(html.said.pictures) == 2


def test_links_are_relative_and_lead_somewhere(folder: Path) -> None:
    path = write_index(folder)
    page = path.read_text("utf-8")
    assert page == write_index(folder).read_text("utf-8")
    found = links(page)
    assert len(found) == 2 + 2 + 2  # a title each, a page, its table, a text, its table
    for link in found:
        assert not link.startswith(("/", "http", "file"))
        assert (folder / unquote(link)).is_file()
    assert "plain &amp; &lt;b&gt;" in page
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert str(folder) not in page


@pytest.fixture
def summary(folder: Path) -> dict[str, Any]:
    """A report's own, to be made worse."""
    found: dict[str, Any] = json.loads((folder / "a page" / NAME).read_bytes())
    return found


def given(root: Path, stated: object) -> Card:
    """The card of a report that says this of itself."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "report.html").write_text("<title>no title of a card</title>")
    (root / NAME).write_text(json.dumps(stated))
    return card(root)


def test_a_summary_is_the_same_in_every_format(folder: Path, summary: dict[str, Any]) -> None:
    assert json.loads((folder / "plain & <b>" / NAME).read_bytes()) == summary
    assert summary["cells"] == {"done": 3}
    assert summary["facts"][0] == ["Author", "Ada Lovelace"]
    assert "Cells" not in dict(summary["facts"])
    page = unescape((folder / "a page" / "report.html").read_text("utf-8"))
    assert all(
        summary[said] and summary[said] in page for said in ("headline", "question", "answer")
    )
    first = base64.b64decode(summary["pictures"][0]["uri"].partition(",")[2])
    with Image.open(io.BytesIO(first)) as picture:
        assert picture.size == (118, 118)  # as stored: 4 of 28 pixels, lines of 2 between them


def test_what_a_summary_says_is_shown_as_text(tmp_path: Path, summary: dict[str, Any]) -> None:
    summary |= {"title": "bold <script>x()", "cells": {"done": 2, "failed": 1, "new": 9}}
    summary["pictures"][0]["alt"] = '" onload=x()'
    summary["best"][0] |= {"run": "<img src=x>", "family": "nobody"}
    summary["best"][1] |= {"run": "<img src=y>", "proxy_fid": 7.5}
    found = given(tmp_path / "in" / "evil", summary)
    assert [best[1:] for best in found.best] == [("<img src=y>", "7.50")]
    assert found.cells == "3 cells: 2 done and 1 failed"
    page = write_index(tmp_path / "in").read_text("utf-8")
    assert "bold &lt;script&gt;x()" in page
    assert 'alt="&#34; onload=x()"' in page
    assert "<img src=y>" not in page
    assert "summary.json" not in page


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def uri(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"format_version": 2},
        {"title": ["a"]},
        {"title": "x" * 501},
        {"facts": [["Author"]]},
        {"facts": [["a", "b"]] * 21},
        {"cells": {"done": -1}},
        {"cells": {"done": "3"}},
        {"best": [{"family": "gan", "dataset": "MNIST", "run": "x", "proxy_fid": math.nan}]},
        {"pictures": [{"uri": "https://example.org/track.png", "alt": ""}]},
        {"pictures": [{"uri": "../../secret.png", "alt": ""}]},
        {"pictures": [{"uri": "data:image/svg+xml,<svg/>", "alt": ""}]},
        {"pictures": [{"uri": "data:image/png;base64,!!", "alt": ""}]},
        {"pictures": [{"uri": uri(b"GIF89a" + bytes(40)), "alt": ""}]},
        {"pictures": [{"uri": uri(PNG), "alt": ""}]},
        {"pictures": [{"uri": uri(PNG + struct.pack(">II", 30_000, 9)), "alt": ""}]},
        {"pictures": [{"uri": uri(PNG + bytes(400_000)), "alt": ""}]},
    ],
)
def test_a_summary_that_is_none_is_not_believed(
    tmp_path: Path, summary: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert not given(tmp_path, summary).plain
    found = given(tmp_path, summary | wrong)
    assert found.plain
    assert (found.title, found.cells, found.best) == (tmp_path.name, "no metrics.csv", [])
    assert found.files == (("report.html", f"{tmp_path.name}/report.html"),)
    assert (found.said.facts, found.said.headline, found.said.pictures) == ((), "", ())


def test_nothing_outside_a_reports_folder_is_read(tmp_path: Path, summary: dict[str, Any]) -> None:
    (tmp_path / "secret.json").write_text(json.dumps(summary))
    (tmp_path / "secret.csv").write_text("run,family,dataset,proxy_fid\nx,gan,MNIST,1.5\n")
    inside = tmp_path / "in" / "evil"
    inside.mkdir(parents=True)
    (inside / "report.md").write_text("# a title\n")
    (inside / NAME).symlink_to(tmp_path / "secret.json")
    (inside / "metrics.csv").symlink_to(tmp_path / "secret.csv")
    found = card(inside)
    assert found.plain
    assert found.title == "evil"
    assert (found.best, found.cells) == ([], "no metrics.csv")
    for wrong in (b"[" * 100_000, b"\xff\xfe", b"", b"null", b" " * 3_000_000):
        (inside / NAME).unlink()
        (inside / NAME).write_bytes(wrong)
        assert card(inside).plain
    (inside / NAME).unlink()
    (inside / NAME).symlink_to(inside / NAME)
    assert card(inside).plain


def test_a_report_without_a_summary_has_a_plain_card(tmp_path: Path) -> None:
    """Of another program, or of an early labkit: the folder's name and the table."""
    old = tmp_path / "in" / "old"
    old.mkdir(parents=True)
    (old / "report.html").write_text("<title>not read</title><img src='x'>")
    (old / "metrics.csv").write_text(
        "run,family,dataset,proxy_fid,status\n<img src=x>,gan,MNIST,nan,done\n"
        "=1+1,gan,MNIST,7.5,failed\nz,gan,MNIST,8,<b>\n"
    )
    found = card(old)
    assert found.title == "old"
    assert [best[1:] for best in found.best] == [("=1+1", "7.50")]
    assert found.cells == "3 cells: 1 done, 1 failed and 1 unknown"
    page = write_index(tmp_path / "in").read_text("utf-8")
    assert "no <code>summary.json</code>" in page
    assert "not read" not in page
    (old / "metrics.csv").write_text("run\n" + "x" * 200_000)
    assert card(old).cells == "no metrics.csv"
    if os.name == "posix":
        old.rename(old.with_name(os.fsdecode(b"a\xff")))
        assert "a%FF/report.html" in write_index(tmp_path / "in").read_text("utf-8")


def test_an_index_is_kept_current_and_nobody_elses_is_touched(
    small: Store, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder / "a page", tmp_path / "one")
    write_index(tmp_path)
    api.report(small.root, tmp_path / "two", format="md")
    assert 'id="two"' in (tmp_path / "index.html").read_text("utf-8")
    (tmp_path / "index.html").write_text("<html>my own</html>")
    api.report(small.root, tmp_path / "three", format="md")
    assert (tmp_path / "index.html").read_text() == "<html>my own</html>"
    (tmp_path / "index.html").unlink()
    api.report(small.root, tmp_path / "three", format="md")
    assert not (tmp_path / "index.html").exists()


def test_the_verb(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "a page", tmp_path / "reports" / "x")
    assert Path(labkit("index", cwd=tmp_path).stdout.strip()) == Path("reports/index.html")
    wrong = labkit("index", "nowhere", cwd=tmp_path, check=2)
    assert wrong.stderr == "labkit: nowhere: no reports there; `labkit report` writes them\n"
    with pytest.raises(NoReportsError):
        write_index(tmp_path)
    (tmp_path / "reports" / "index.html").write_text("<html>my own</html>")
    wrong = labkit("index", cwd=tmp_path, check=2)
    assert "exists and is no page of labkit's" in wrong.stderr
    assert (tmp_path / "reports" / "index.html").read_text() == "<html>my own</html>"


def test_this_projects_own_reports_are_listed() -> None:
    page = (REPORTS / "index.html").read_text("utf-8")
    assert cards(REPORTS)
    assert links(page)
    for found in cards(REPORTS):
        assert f'id="{found.name}"' in page
        for best in found.best:
            assert f"<td>{best[1]}</td>" in page
            assert f'<td class="n">{best[2]}</td>' in page
    for link in links(page):
        assert (REPORTS / unquote(link)).is_file()
