"""The verb for a class of hand-ins: `grade`."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from labkit.catalog import resolve
from labkit.cli import SHEET, DataRootOpt, say
from labkit.execution.runner import Options, worker_count
from labkit.grade.build import RECORDS
from labkit.grade.build import grade as of_class
from labkit.grade.guarded import SECONDS, Limits
from labkit.grade.kept import Asked, Kept


def grade(
    folder: Annotated[Path, Argument(help="The hand-ins, as a learning platform exports them.")],
    out: Annotated[Path, Option("-o", "--out", help="Where grades go.")] = Path("grades"),
    rungs: Annotated[
        int, Option(min=1, max=3, help="Climb so far with each; 3 measures again.")
    ] = 2,
    sample: Annotated[
        int | None, Option(min=1, help="Measure K cells of each again, chosen by chance.")
    ] = None,
    rerun: Annotated[int, Option(min=0, help="Train N cells of each again.")] = 0,
    sheet: Annotated[
        Path | None, Option(help="The lab sheet they are held against.", metavar="LAB.YAML")
    ] = None,
    blind: Annotated[bool, Option("--blind", help="A page without names.")] = False,
    jobs: Annotated[int | None, Option("-j", min=1, help="Hand-ins side by side.")] = None,
    seconds: Annotated[
        float, Option(min=1, help="Work that rungs 1 and 2 of one hand-in may take.")
    ] = SECONDS,
    data_root: DataRootOpt = None,
) -> None:
    """Look at a class of hand-ins, and write a page, a table and what platforms import."""
    workers = worker_count(Options(jobs=jobs, device="cpu"))
    asked = Asked(rungs, sample, rerun)
    kept = Kept(out / RECORDS, asked, Limits(seconds), workers, data_root, say)
    held = resolve(SHEET)(sheet) if sheet else None
    for line in of_class(kept, folder, out, held, blind).lines:
        typer.echo(line)
