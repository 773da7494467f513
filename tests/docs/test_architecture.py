"""docs/architecture.md names every module of the package, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "labkit"


def _named() -> set[str]:
    """What stands in the first column of the table of modules."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]+) \|", page, re.M)
    return {name for row in rows for name in re.findall(r"`([\w./]+)`", row)}


def test_the_table_and_the_package_agree() -> None:
    files = {path.name for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    folders = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    named = _named()
    assert files | folders <= named
    assert [name for name in named if not (PACKAGE / name).exists()] == []
