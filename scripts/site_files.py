"""Which files the documentation's site is made of; a hook of MkDocs (``mkdocs.yml``).

Every page keeps its place in the repository: the README is the site's first page, what is in
``docs/`` and ``reports/`` stays in such a folder. So a relative link leads to the same on a code
host and in the site, and MkDocs finds the broken ones.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
#: Pages that lie at the repository's root.
AT_ROOT = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
REPORTS = ROOT / "reports" / "showcase"
#: A link to a report: a code host shows its Markdown, a browser its page.
_REPORT = re.compile(r"(reports/showcase/[\w-]+/report)\.md\b")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replace what MkDocs found in ``docs/`` by the same at its place in the repository.

    Beside it the pages at the root, and of the reports all but their Markdown and its pictures,
    which ``report.html`` has in itself.
    """
    docs = [file for file in files if file.src_dir == config.docs_dir]
    for file in docs:
        files.remove(file)
    reports = (path for path in REPORTS.rglob("*") if path.suffix in {".html", ".csv", ".zip"})
    for path in (
        *AT_ROOT,
        *(f"docs/{file.src_uri}" for file in docs),
        *sorted(path.relative_to(ROOT).as_posix() for path in reports),
    ):
        files.append(File(path, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Let links to a report's Markdown lead to its page."""
    return _REPORT.sub(r"\1.html", markdown)


def on_post_build(config: MkDocsConfig) -> None:
    """Put the reports' Markdown beside their pages, as text: the index of reports links to it."""
    for path in REPORTS.glob("*/report.md"):
        shutil.copy(path, Path(config.site_dir) / path.relative_to(ROOT))
