"""The verbs that show results: `report`, `status`, `compare`, `index`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labkit.cli.options import FileArg, ProfileOpt, ResultsOpt, say
from labkit.experiment.lookup import (
    DEFAULT_FILE,
    UserError,
    default_results,
    read,
    results_folder,
    stored,
)


def report(
    file: FileArg = DEFAULT_FILE,
    profile: ProfileOpt = None,
    results: ResultsOpt = None,
    formats: Annotated[
        str, typer.Option("--format", help="md, html, pdf or all (comma-separated).")
    ] = "all",
    layout: Annotated[str | None, typer.Option("--layout", help="full or brief.")] = None,
    lang: Annotated[
        str, typer.Option("--lang", help="Language of the fixed texts: en, or a catalogue's.")
    ] = "en",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The report's folder [reports/<name>].")
    ] = None,
) -> None:
    """Write the report of the newest plan."""
    from labkit.api import ReportOptions, write_report

    asked = ReportOptions(file, out, profile, results, formats, layout, lang)
    for path in write_report(asked):
        typer.echo(path)


def status(
    file: FileArg = DEFAULT_FILE,
    profile: ProfileOpt = None,
    results: ResultsOpt = None,
) -> None:
    """What is done, running, failed or missing, and why."""
    from labkit.execution.status import survey
    from labkit.execution.watch import watch

    store = stored(results_folder(results, read(file, profile).name))
    jobs = survey(store.plan(), store, deep=True)
    running, _ = watch(store, [job.spec for job in jobs if job.state != "done"])
    now = {progress.spec.name: progress.where for progress in running}
    width = max(len(job.spec.name) for job in jobs)
    states = ["running" if job.spec.name in now else job.state for job in jobs]
    for job, state in zip(jobs, states, strict=True):
        why = now.get(job.spec.name, job.why)
        typer.echo(f"{job.spec.name:<{width}}  {state:<8} {why}".rstrip())
    counts = [f"{states.count(s)} {s}" for s in dict.fromkeys(states)]
    say(f"{len(jobs)} cells: {', '.join(counts)}")


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
    from labkit.reporting.compare.page import build_comparison, compare_text

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
    from labkit.reporting.index import write_index

    typer.echo(write_index(folder))
