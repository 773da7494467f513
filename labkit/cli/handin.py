"""The verbs of what is handed in or on: `submit`, `join`, `verify`."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from labkit.catalog import resolve
from labkit.cli import AGAINST, SHEET, DataRootOpt, FileArg, ProfileOpt, ResultsOpt, say
from labkit.errors import UserError
from labkit.experiment.lookup import DEFAULT_FILE, read, results_folder, stored
from labkit.handin.join import join as put_together
from labkit.handin.unpack import Unpacked
from labkit.handin.verify import verify as climb


def submit(
    file: FileArg = DEFAULT_FILE,
    profile: ProfileOpt = None,
    results: ResultsOpt = None,
    out: Annotated[
        Path | None, Option("-o", "--out", help="The file to write [<name>.zip].")
    ] = None,
    light: Annotated[
        bool, Option("--light", help="Without samples and weights (at most 10 MB).")
    ] = False,
    full: Annotated[
        bool, Option("--full", help="With samples and all weights, which can be drawn again.")
    ] = False,
) -> None:
    """Pack what is handed in, and say what of the lab is missing."""
    from labkit.handin.submit import submit as pack  # with pandas, which `verify` may not need

    if light and full:
        raise UserError("submit: either --light or --full")
    experiment = read(file, profile)
    store = stored(results_folder(results, experiment.name))
    target = out or Path(f"{experiment.name}.zip")
    for item in pack(experiment, file, store.root, target,
                     "light" if light else "full" if full else "usual"):  # fmt: skip
        typer.echo(item)


def join(
    stores: Annotated[
        list[Path], Argument(help="Results folders, hand-ins, a report's store.zip.")
    ],
    target: Annotated[Path, Option("--as", help="The new results folder.")],
) -> None:
    """Put the cells of several stores, light ones too, into one."""
    for line in put_together(stores, target):
        say(line)
    typer.echo(target)


def verify(
    zip_file: Annotated[
        Path, Argument(metavar="ZIP", help="What `labkit submit` wrote, or that unpacked.")
    ],
    rerun: Annotated[int, Option(min=0, help="Train N cells again.")] = 0,
    cells: Annotated[
        str | None, Option(help="Measure and train again those matching GLOB.")
    ] = None,
    rungs: Annotated[
        int | None, Option(min=1, max=4, help="Climb so far only [3, or 4 with --rerun].")
    ] = None,
    trust_code: Annotated[
        bool, Option("--trust-code", help="Run Python files that were handed in.")
    ] = False,
    sheet: Annotated[Path | None, Option(help="Hold it against this lab sheet, too.")] = None,
    as_json: Annotated[bool, Option("--json", help="As JSON.")] = False,
    data_root: DataRootOpt = None,
) -> None:
    """Check a hand-in: container, report, measures and, with --rerun, training itself."""
    if rerun and rungs is not None and rungs < 4:
        raise UserError(f"--rerun: training again is rung 4, and --rungs {rungs} stops before it")
    if cells is not None and rungs is not None and rungs < 3:
        raise UserError(f"--cells: rungs 3 and 4 look at cells, and --rungs {rungs} stops before")
    if sheet is not None and rungs == 1:
        raise UserError("--sheet: rung 2 reads what was run, and --rungs 1 stops before")
    asked, differences = resolve(SHEET)(sheet) if sheet else None, list[tuple[str, ...]]()

    def look(handin: Unpacked) -> None:
        questions = handin.experiment.content.report.questions
        if asked:
            differences.append(tuple(resolve(AGAINST)(asked, handin.plan, questions)))

    found = climb(
        zip_file, rerun=rerun, cells=cells, highest=rungs, data_root=data_root,
        trust_code=trust_code, say=say, look=look,
    )  # fmt: skip
    found = replace(found, differences=differences[0] if differences else None)
    typer.echo(json.dumps(found.to_json(), indent=1) if as_json else "\n".join(found.lines()))
    if not found.holds or found.differences:
        raise typer.Exit(1)
