"""The report on paper: how many pages, the same twice, and what is said where nothing prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from labkit.reporting.files import ReportError
from labkit.reporting.render import pdf
from labkit.store.store import Store
from tests.builders.reports import build_report

needs_poppler = pytest.mark.skipif(not shutil.which("pdfinfo"), reason="poppler-utils is missing")


def written(store: Store, out: Path, layout: str = "full") -> Path:
    (path,) = build_report(store.root, out=out, formats=["pdf"], layout=layout)
    assert path == out / "report.pdf"
    return path


def said(program: str, path: Path, *more: str) -> str:
    return subprocess.run([program, path, *more], check=True, capture_output=True, text=True).stdout


def pages(path: Path) -> int:
    found = re.search(r"^Pages:\s+(\d+)", said("pdfinfo", path), re.MULTILINE)
    assert found
    return int(found[1])


@needs_poppler
def test_the_same_store_gives_the_same_pdf_with_its_fonts_inside(
    small: Store, tmp_path: Path
) -> None:
    one, two = written(small, tmp_path / "a", "brief"), written(small, tmp_path / "b", "brief")
    assert one.read_bytes() == two.read_bytes()
    fonts = said("pdffonts", one).splitlines()[2:]
    assert fonts
    assert all(re.search(r"\byes +(yes|no) +(yes|no) +\d+ +0$", line) for line in fonts), fonts
    text = said("pdftotext", one, "-")
    assert "Lab 1 — Generative Models: GAN vs VAE" in text
    assert "Computed from your table by labkit" in text
    assert re.search(r"^1 ?/ ?\d$", text, re.MULTILINE)


def test_the_pdf_does_not_hold_the_second_it_was_made_in(
    small: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where HarfBuzz cannot cut fonts, fontTools does, and dates them."""
    if not pdf.weasyprint_works():
        pytest.skip("WeasyPrint is missing")
    one = written(small, tmp_path / "a", "brief").read_bytes()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_400)
    assert written(small, tmp_path / "b", "brief").read_bytes() == one
    assert "SOURCE_DATE_EPOCH" not in os.environ


@needs_poppler
@pytest.mark.slow
@pytest.mark.parametrize(("layout", "most"), [("brief", 2), ("full", 15)])
@pytest.mark.parametrize("with_browser", [False, True])
def test_lab1_keeps_within_its_pages(
    lab1: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str, most: int,
    with_browser: bool,
) -> None:  # fmt: skip
    if with_browser:
        if not pdf.browser():
            pytest.skip("no Chrome, Edge or Chromium is installed")
        monkeypatch.setattr(pdf, "weasyprint_works", lambda: False)
    assert 1 < pages(written(lab1, tmp_path, layout)) <= most


@needs_poppler
@pytest.mark.slow
def test_a_browser_prints_the_same_text_and_pages_twice(
    small: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not pdf.browser():
        pytest.skip("no Chrome, Edge or Chromium is installed")
    monkeypatch.setattr(pdf, "weasyprint_works", lambda: False)
    seen = []
    for name in ("a", "b"):
        path = written(small, tmp_path / name, "brief")
        said("pdftoppm", path, "-r", "50", "-png", str(tmp_path / name / "page"))
        images = [p.read_bytes() for p in sorted((tmp_path / name).glob("page*.png"))]
        seen.append((said("pdftotext", path, "-"), images))
    assert seen[0] == seen[1]
    assert len(seen[0][1]) == pages(path)


def test_where_nothing_prints_one_line_says_how_to(
    small: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "weasyprint_works", lambda: False)
    monkeypatch.setattr(pdf, "browser", lambda: None)
    with pytest.raises(ReportError, match=r"pip install weasyprint.*Ctrl\+P") as caught:
        written(small, tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "report.pdf").exists()


@pytest.mark.skipif(not Path("/bin/false").exists(), reason="needs a program that fails")
def test_a_browser_that_fails_is_one_line_too(
    small: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "weasyprint_works", lambda: False)
    monkeypatch.setattr(pdf, "browser", lambda: "/bin/false")
    with pytest.raises(ReportError, match="/bin/false could not print the report; open report"):
        written(small, tmp_path)


def test_weasyprint_that_fails_is_one_line_too(
    small: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weasyprint = pytest.importorskip("weasyprint")

    def fail(*args: object, **rest: object) -> bytes:
        raise RuntimeError("no glyph\nfor this")

    monkeypatch.setattr(weasyprint.HTML, "write_pdf", fail)
    with pytest.raises(ReportError) as caught:
        written(small, tmp_path)
    said = str(caught.value)
    assert said.startswith("WeasyPrint could not print the report; open report.html in any browser")
    assert said.endswith("(WeasyPrint: no glyph)")


def test_a_weasyprint_that_is_too_old_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", ModuleType("weasyprint"))
    monkeypatch.setitem(sys.modules, "weasyprint.urls", ModuleType("weasyprint.urls"))
    assert not pdf.weasyprint_works()


def test_nothing_is_fetched_and_no_colour_is_left_open(small: Store, tmp_path: Path) -> None:
    from labkit.reporting.build import read_report
    from labkit.reporting.render.files import Drawings, html

    report = read_report(small, None, "full", {})
    page = html(report, Drawings(report, ("svg",)), paper=True)
    assert "<script" not in page
    drawn = re.findall(r"<svg .*?</svg>", page, re.DOTALL)
    assert drawn
    assert all("var(" not in svg for svg in drawn)
    links = re.findall(r'(?:src|href)="([^"]{1,40})', page)
    assert links
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
