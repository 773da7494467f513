"""The verbs before a run: `init`, `recipes`, `data`."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from labkit.catalog import DATASETS, resolve
from labkit.cli import SHEET, DataRootOpt, say
from labkit.data.download import fetch
from labkit.data.places import data_roots, find_full
from labkit.data.sources import is_bundled, load
from labkit.errors import DataError, UserError
from labkit.experiment import starter
from labkit.experiment.lookup import one_of

#: Writes what a student starts from.
STUDENTS_FILE = "labkit.sheet.starting:write_experiment"


def init(
    folder: Annotated[Path, Argument(help="Where to write.")] = Path(),
    recipe: Annotated[str | None, Option(help="See `labkit recipes` [lab1].")] = None,
    own: Annotated[
        bool, Option("--own", help="With my_gan.py, to write the networks yourself.")
    ] = False,
    sheet: Annotated[Path | None, Option(help="The lab sheet that says what is asked.")] = None,
) -> None:
    """Write a commented experiment file, and its schema for editors."""
    if own + (recipe is not None) + (sheet is not None) > 1:
        raise UserError("--own, --recipe and --sheet: choose one of them")
    if sheet is not None:
        written = resolve(STUDENTS_FILE)(resolve(SHEET)(sheet), folder)
    else:
        written = (
            starter.write_own(folder) if own else starter.write_starter(folder, recipe or "lab1")
        )
    for path in written:
        typer.echo(path)


def recipes() -> None:
    """The experiment files that come with labkit."""
    for name, recipe in starter.recipes().items():
        typer.echo(f"{name:<16} {recipe.cost():<27} {recipe.title}")
    say("cells and time with all 60,000 images, a cell per core; quicker with --profile quick")


def data(
    what: Annotated[str, Argument(help="fetch or check.")] = "check",
    data_root: DataRootOpt = None,
) -> None:
    """Fetch the full data sets, or check what is there by SHA-256."""
    one_of("data", what, ("fetch", "check"))
    wrong = False
    for name in DATASETS:
        if what == "fetch" and find_full(name, data_root) is None:
            fetch(name, data_roots(data_root)[0], say=say)
        for source in ("bundled", "full") if is_bundled(name) else ("full",):
            try:
                parts = [load(name, part, source, None, data_root) for part in ("train", "test")]
                sizes = [len(each.images) for each in parts]
            except DataError as error:
                wrong = wrong or find_full(name, data_root) is not None or source == "bundled"
                typer.echo(f"{name} {source}: {error}")
            else:
                typer.echo(f"{name} {source}: {sizes[0]:,} training, {sizes[1]:,} test, intact")
    if wrong:
        raise typer.Exit(1)
