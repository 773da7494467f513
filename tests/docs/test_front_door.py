"""What a stranger reads first: short, its links lead somewhere, its figures are the reports'."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_files(page: Path) -> None:
    """As a code host follows them; for the site, MkDocs looks."""
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (page.parent / link).is_file()] == []


@pytest.mark.parametrize(("row", "report"), [("Lab 1", "lab1"), ("with three seeds", "lab1-seeds")])
def test_costs_are_those_of_the_reports(row: str, report: str) -> None:
    folder = ROOT / "reports" / "showcase" / report
    with (folder / "metrics.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    page = (folder / "report.md").read_text("utf-8")
    ((images, *costs),) = re.findall(
        rf"^\| {row}, ([\d,]+) images, .*? \| (.+) \| (.+) \| (.+) \|$", README, re.M
    )
    assert f" {images} training images" in page
    (total,) = re.findall(r"\*\*Training time:\*\* (.+?),", page)
    assert costs == [_span(rows, "gan"), _span(rows, "vae"), f"{len(rows)} cells, {total}"]


def _span(rows: list[dict[str, str]], family: str) -> str:
    """ "5 to 8 min": the quickest and the slowest cell of a family."""
    minutes = [float(row["seconds"]) / 60 for row in rows if row["family"] == family]
    both = f"{min(minutes):.0f}", f"{max(minutes):.0f}"
    return f"{' to '.join(dict.fromkeys(both))} min"
