"""The verbs before a run: `init`, `recipes`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labkit.cli.options import say
from labkit.errors import UserError
from labkit.experiment import starter


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write.")] = Path(),
    recipe: Annotated[str, typer.Option("--recipe", help="See `labkit recipes`.")] = "lab1",
    own: Annotated[
        bool, typer.Option("--own", help="With my_gan.py, to write the networks yourself.")
    ] = False,
) -> None:
    """Write a commented experiment file, and its schema for editors."""
    if own and recipe != "lab1":
        raise UserError("--own and --recipe: choose one of the two")
    for path in starter.write_own(folder) if own else starter.write_starter(folder, recipe):
        typer.echo(path)


def recipes() -> None:
    """The experiment files that come with labkit."""
    for name, recipe in starter.recipes().items():
        typer.echo(f"{name:<16} {recipe.cost():<27} {recipe.title}")
    say("cells and time with all 60,000 images, a cell per core; quicker with --profile quick")
