"""The verbs that compare results and list reports: `compare`, `index`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labkit.cli.options import ProfileOpt
from labkit.errors import UserError
from labkit.experiment.lookup import DEFAULT_FILE, default_results, stored
from labkit.reporting.compare.page import build_comparison, compare_text
from labkit.reporting.index import write_index


def compare(
    a: Annotated[Path | None, typer.Argument(help="A results folder or experiment file.")] = None,
    b: Annotated[Path | None, typer.Argument(help="Another, to compare with.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write two results as a page to this file.")
    ] = None,
    profile: ProfileOpt = None,
) -> None:
    """The results table; or two results side by side, as text or as a page."""
    if out and (csv or not b):
        raise UserError("compare -o: two results are needed, and no --csv")
    given = [path for path in (a or DEFAULT_FILE, b) if path]
    stores = [stored(default_results(path, profile)) for path in given]
    if out:
        typer.echo(build_comparison(stores[0].root, stores[1].root, out))
        return
    typer.echo(compare_text([store.root for store in stores], csv=csv), nl=False)


def index(
    folder: Annotated[Path, typer.Argument(help="The folder that the reports lie in.")] = Path(
        "reports"
    ),
) -> None:
    """Write index.html: the reports of a folder, with pictures and headline numbers."""
    typer.echo(write_index(folder))
