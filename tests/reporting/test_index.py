"""The list of a folder's reports: what it says is what they say, and it can do no harm."""

from __future__ import annotations

import base64
import csv
import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest

from labkit import api
from labkit.reporting.build import build_report
from labkit.reporting.index import NoReportsError, card, cards, write_index
from labkit.store import Store
from tests.run.test_cli import labkit

REPORTS = Path(__file__).parents[2] / "reports" / "showcase"
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n rest").decode()


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
    assert html.best[0].run == lowest["run"]
    assert float(html.best[0].value) == pytest.approx(float(lowest["proxy_fid"]), rel=0.01)
    assert html.best == markdown.best
    assert html.cells == "3 cells, all done"
    assert dict(html.facts)["Author"] == "Ada Lovelace"
    assert html.facts == markdown.facts
    assert [shot.alt for shot in html.shots[:2]] == [shot.alt for shot in markdown.shots[:2]]
    assert len(html.shots) >= 2


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


def test_anybodys_files(tmp_path: Path) -> None:
    evil = tmp_path / "in" / "evil"
    evil.mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(base64.b64decode(PIXEL))
    (evil / "report.html").write_text(
        "<title>bold &lt;script&gt;x()</title><svg><title>no</title></svg>"
        f'<img src="https://example.org/track.png"><img src="data:image/png;base64,{PIXEL}" '
        'alt="&quot; onload=x()"><img src="data:image/png;base64,!!">'
        '<img src="data:image/svg+xml,<svg/>">'
    )
    (evil / "metrics.csv").write_text(
        "run,family,dataset,proxy_fid,status\n<img src=x>,gan,MNIST,nan,done\n"
        "=1+1,gan,MNIST,7.5,failed\n"
    )
    found = card(evil)
    assert [shot.alt for shot in found.shots] == ['" onload=x()']
    assert [(best.run, best.value) for best in found.best] == [("=1+1", "7.50")]
    assert found.cells == "2 cells: 1 done and 1 failed"
    page = write_index(tmp_path / "in").read_text("utf-8")
    assert "&lt;script&gt;" in page
    assert 'alt="&#34; onload=x()"' in page
    (evil / "report.html").unlink()
    (evil / "report.md").write_text("# \\*T\\*\n\n![up](../../secret.png)\n")
    assert card(evil).title == "*T*"
    assert card(evil).shots == ()
    (evil / "metrics.csv").write_text("run\n" + "x" * 200_000)
    assert card(evil).cells == "no metrics.csv"
    (evil / "report.html").write_text("<title>Ben</title><![foo[ x ]]>")
    assert card(evil).title == "Ben"
    if os.name == "posix":
        evil.rename(evil.with_name(os.fsdecode(b"a\xff")))
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
    for found in cards(REPORTS):
        assert f'id="{found.name}"' in page
        for best in found.best:
            assert f"<td>{best.run}</td>" in page
            assert f'<td class="n">{best.value}</td>' in page
    for link in links(page):
        assert (REPORTS / unquote(link)).is_file()
