"""The verb `submit`: pack a hand-in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labkit.cli.options import FileArg, ProfileOpt, ResultsOpt
from labkit.experiment.lookup import DEFAULT_FILE, read, results_folder, stored
from labkit.handin.submit import submit as pack


def submit(
    file: FileArg = DEFAULT_FILE,
    profile: ProfileOpt = None,
    results: ResultsOpt = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The file to write [<name>.zip].")
    ] = None,
    light: Annotated[
        bool, typer.Option("--light", help="Without samples and weights (at most 10 MB).")
    ] = False,
) -> None:
    """Pack what is handed in, and say what of the lab is missing."""
    experiment = read(file, profile)
    store = stored(results_folder(results, experiment.name))
    target = out or Path(f"{experiment.name}.zip")
    for item in pack(experiment, file, store.root, target, light):
        typer.echo(item)
