"""The verbs that show results: `report`, `status`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labkit import api
from labkit.catalog import FORMATS
from labkit.cli.options import FileArg, ProfileOpt, ResultsOpt, say
from labkit.execution.progress import watch
from labkit.execution.status import survey
from labkit.experiment import lookup
from labkit.experiment.lookup import DEFAULT_FILE, read, results_folder, stored


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
    no_reference: Annotated[
        bool, typer.Option("--no-reference", help="Judge by the report's own seeds alone.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The report's folder [reports/<name>].")
    ] = None,
) -> None:
    """Write the report of the newest plan."""
    made = api.report(
        file, out, profile=profile, results=results, format=formats, layout=layout, lang=lang,
        no_reference=no_reference,
    )  # fmt: skip
    for name in lookup.formats(formats):
        typer.echo(made.with_name(FORMATS[name].suffix))


def status(
    file: FileArg = DEFAULT_FILE,
    profile: ProfileOpt = None,
    results: ResultsOpt = None,
) -> None:
    """What is done, running, failed or missing, and why."""
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
