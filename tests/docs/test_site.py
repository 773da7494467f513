"""The documentation as a site: built strictly, whole, and nothing in it comes from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
#: What a browser fetches by itself, unlike the ``href`` of a link.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """What a page links to, and what it fetches without being asked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)
        self.fetched += re.findall(r"url\(['\"]?(https?:[^)'\"]+)", text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "a" and (link := named.get("href")):
            self.links.append(link)
        if tag in FETCHED and (address := named.get(FETCHED[tag])):
            self.fetched.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for name in ("mkdocs", "material", "mkdocstrings_handlers.python"):
        pytest.importorskip(name, reason='the site needs `pip install ".[docs]"`')
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _pages(site: Path) -> dict[Path, Page]:
    """Those made from Markdown; a report's page has tests of its own."""
    paths = [*site.glob("*.html"), *(site / "docs").rglob("*.html")]
    return {path: Page(path.read_text("utf-8")) for path in paths}


def test_every_page_is_there(site: Path) -> None:
    names = {path.stem for path in (site / "docs").glob("*.html")}
    assert names == {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert (site / "index.html").is_file()
    assert (site / "reports" / "showcase" / "index.html").is_file()


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for path, page in _pages(site).items():
        assert len(page.fetched) > 3
        for address in page.fetched:
            parts = urlsplit(address)
            assert not parts.netloc, f"{path.name} fetches {address}"
            if parts.scheme != "data" and path.name != "404.html":
                assert (path.parent / unquote(parts.path)).is_file(), f"{path.name}: {address}"
    for path in site.rglob("*.css"):
        assert not re.search(r"@import|url\(['\"]?(https?:)?//", path.read_text("utf-8")), path


def test_what_would_be_fetched_is_seen() -> None:
    fonts = '<link rel="stylesheet" href="https://fonts.example/css"><a href="https://x.example">'
    assert Page(fonts).fetched == ["https://fonts.example/css"]
    assert Page("<style>b{src:url(https://x.example/f)}</style>").fetched


def test_every_link_leads_to_a_file(site: Path) -> None:
    showcase = site / "reports" / "showcase" / "index.html"
    for path, page in {**_pages(site), showcase: Page(showcase.read_text("utf-8"))}.items():
        inside = [urlsplit(link).path for link in page.links if not urlsplit(link).scheme]
        assert inside
        if path.name != "404.html":  # opened at any address, so its links begin at the root
            gone = [link for link in inside if link and not (path.parent / unquote(link)).exists()]
            assert gone == [], path.name


def test_links_to_reports_open_them(site: Path) -> None:
    links = _pages(site)[site / "docs" / "recipes.html"].links
    assert "../reports/showcase/vae-basics/report.html" in links
    assert not [link for link in links if link.endswith("report.md")]


def test_functions_are_there_with_their_words(site: Path) -> None:
    text = (site / "docs" / "api.html").read_text("utf-8")
    for name in ("run", "load", "report", "cell"):
        assert f'id="labkit.{name}"' in text
    assert "what there is less of if not all fits" in text
    assert "A row a cell and epoch" in text  # of the class that they give back
