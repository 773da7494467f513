"""Render the committed reports again from the ``store.zip`` beside each: `make reports`.

    python scripts/render_reports.py           # pages, tables and pictures, where they lie
    python scripts/render_reports.py --check   # elsewhere; say where answers or tables differ

Pages and pictures are committed once a release. Answers and tables must follow from the code at
any time, so a test makes the check.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

import labkit
from labkit.catalog import FORMATS
from labkit.handin.store_zip import NAME
from labkit.reporting.files import TABLES

ROOT = Path(__file__).parents[1]
#: The section of a report's Markdown that holds the answers, up to the next one.
_ANSWERS = re.compile(r"^## [^\n]*Reflection Questions.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
#: The same of a page, its tables, and where its lines end.
_PAGE_ANSWERS = re.compile(r'<section id="reflection".*?(?=<section id="method"|\Z)', re.DOTALL)
_PAGE_TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
_LINE = re.compile(r"</(?:tr|p|li|h\d|caption|summary|figcaption)>")
_SHORT = re.compile(r"^\*\*In short\*\*.*?(?=^\*\*|^## |\Z)", re.MULTILINE | re.DOTALL)


def stores(reports: Path) -> list[Path]:
    """Every ``store.zip`` below a folder of reports, in order."""
    return sorted(reports.rglob(NAME))


def render(store: Path) -> None:
    """Write the report beside a ``store.zip`` anew, in the formats it is there in."""
    there = [name for name, made in FORMATS.items() if (store.parent / made.suffix).is_file()]
    labkit.report(store, store.parent, format=",".join(there or ["md"]))


def differences(store: Path) -> Iterator[str]:
    """Where tables and answers beside a ``store.zip`` are not those it gives now, a line each."""
    made = [FORMATS[name].suffix for name in ("md", "html")]
    there = [name for name in (*TABLES, *made) if (store.parent / name).is_file()]
    with TemporaryDirectory() as scratch:
        again = labkit.report(store, scratch, format="md,html").parent
        for name in there:
            path = store.parent / name
            given, now = (file.read_text("utf-8") for file in (path, again / name))
            if name in made:
                given, now = answers_and_tables(given), answers_and_tables(now)
            if given != now:
                yield f"{path}: {_first(given.splitlines(), now.splitlines())}"


def answers_and_tables(text: str) -> str:
    """The lines of a report, Markdown or page, that say what was found."""
    if text.startswith("<!doctype html>"):
        parts = [*_PAGE_ANSWERS.findall(text), *_PAGE_TABLE.findall(text)]
        lines = (re.sub(r"<[^>]*>", " ", line) for line in _LINE.split(" ".join(parts)))
        return "\n".join(said for line in lines if (said := " ".join(unescape(line).split())))
    tables = [line for line in text.splitlines() if line.startswith("|")]
    return "\n".join([*_SHORT.findall(text), *_ANSWERS.findall(text), *tables])


def _first(given: list[str], made: list[str]) -> str:
    both = zip(given, made, strict=False)
    unlike = next(((a, b) for a, b in both if a != b), None)
    if unlike is None:
        return f"{len(given)} lines, should be {len(made)}"
    return f"“{unlike[0][:200]}”, should be “{unlike[1][:200]}”"


def main() -> int:
    found, wrong = stores(ROOT / "reports"), 0
    for store in found:
        if "--check" in sys.argv[1:]:
            for line in differences(store):
                print(line)
                wrong = 1
        else:
            render(store)
            print(store.parent)
    print(f"{len(found)} reports have a {NAME}", file=sys.stderr)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
