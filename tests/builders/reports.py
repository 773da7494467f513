"""Reports of a store, without what the verb adds to their folder: a list of files, a zip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labkit.reporting.build import paths, render_report
from labkit.reporting.files import write_file


def build_report(store_root: Path, *, out: Path, **asked: Any) -> list[Path]:
    """Write what `render_report` makes into a folder; the paths of the reports, one a format."""
    made = render_report(store_root, **asked)
    for name, data in (each for files in made.values() for each in files.items()):
        write_file(out / name, data)
    return paths(out, made)
