"""The verbs of an experiment file: `run` its cells, their `status`, and the `report`."""

import shlex
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer import Argument, Option

from labkit import api
from labkit.catalog import FORMATS
from labkit.cli import DataRootOpt, FileArg, ProfileOpt, ResultsOpt, leave, say
from labkit.errors import UserError
from labkit.execution import eta, runner, slurm_array
from labkit.execution.budget import Choice
from labkit.execution.progress import LiveDisplay, PlainDisplay, watch
from labkit.execution.status import survey
from labkit.experiment import lookup
from labkit.experiment.lookup import DEFAULT_FILE
from labkit.text.numbers import duration

#: Seconds that an interrupted run may take to stop its workers.
GRACE_S = 3.0


def run(
    file: FileArg = DEFAULT_FILE,
    profile: ProfileOpt = None,
    seeds: Annotated[
        str | None, Option(help="3 (count up from the file's first) or 0,1,2.")
    ] = None,
    jobs: Annotated[
        int | None, Option("-j", "--jobs", min=1, help="Cells side by side [cores].")
    ] = None,
    only: Annotated[str | None, Option(help="Run cells matching GLOB.")] = None,
    failed: Annotated[bool, Option("--failed", help="Run failed cells only.")] = False,
    force: Annotated[bool, Option("--force", help="Run done cells again.")] = False,
    fail_fast: Annotated[bool, Option("--fail-fast", help="Stop at a failure.")] = False,
    dry_run: Annotated[
        bool, Option("-n", "--dry-run", help="Say what would run, why, about how long.")
    ] = False,
    device: Annotated[str, Option(help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    precision: Annotated[str | None, Option(help="auto, fp32 or bf16.")] = None,
    data_root: DataRootOpt = None,
    source: Annotated[str | None, Option(help="auto, full or bundled.")] = None,
    no_download: Annotated[
        bool, Option("--no-download", help="Never fetch missing data sets.")
    ] = False,
    results: ResultsOpt = None,
    executor: Annotated[str, Option(help="local, inline, dask or slurm.")] = "local",
    scheduler: Annotated[
        str | None, Option(help="Dask: ADDRESS of a scheduler [a cluster of this machine].")
    ] = None,
    sbatch: Annotated[str | None, Option(help="SLURM: more options of sbatch.")] = None,
    within: Annotated[str | None, Option(help="Train no longer than about 90m, 1h30m.")] = None,
    fewer: Annotated[
        str | None, Option(help="What gives way to that: cells, images or epochs.")
    ] = None,
) -> None:
    """Train and measure every cell that is not done yet."""
    given = {name: value for name, value in locals().items() if name != "dry_run"}
    asks = sys.stdin.isatty() and sys.stderr.isatty()
    prepared = api.prepare(api.RunOptions(**given), _ask if asks else None)
    say(lookup.data_line(prepared.plan))
    if dry_run:
        say(lookup.precision_line(prepared.plan))
        api.check(prepared)
        _say_what_would_run(prepared)
        return
    display = LiveDisplay() if sys.stderr.isatty() else PlainDisplay()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        summary = api.execute(prepared, display)
    except KeyboardInterrupt:
        _interrupted()
    parts = [f"{summary.done} of {len(prepared.plan.cells)} cells done"]
    parts += [f"{len(summary.failed)} failed"] if summary.failed else []
    parts += [f"{summary.missing} not run"] if summary.missing else []
    say(f"{', '.join(parts)}; results in {prepared.store.root}")
    if summary.failed:
        raise typer.Exit(1)


def _ask(seconds: float, ways: Sequence[Choice]) -> Choice:
    """Let the user choose one of the ways to stay within a time."""
    say(f"all of it takes longer than {duration(seconds)} on this machine; there may be")
    for i, way in enumerate(ways, 1):
        say(f"  {i}  {way.text}")
    numbers = {str(i): way for i, way in enumerate(ways, 1)}
    answer = typer.prompt(f"which ({', '.join(numbers)}; anything else stops)", err=True)
    if answer not in numbers:
        raise UserError("stopped; nothing was trained")
    return numbers[answer]


def _say_what_would_run(prepared: api.Prepared) -> None:
    plan, options = prepared.plan, prepared.options
    todo = runner.select(survey(plan, prepared.store), options)
    width = max((len(job.spec.name) for job in todo), default=0)
    for job in todo:
        seconds = 0.0 if job.state == "measure" else eta.estimate(job.spec, options.device)[0]
        long = f"  {duration(seconds)}" if seconds else ""
        typer.echo(f"{job.spec.name:<{width}}  {job.state:<8} {job.why}{long}")
    if training := [job.spec for job in todo if job.state != "measure"]:
        from labkit.claims.seeds_needed import seeds_tell  # the claims: a run needs none of them

        workers = runner.worker_count(options, runner.threads(plan))
        long = eta.total_in_words(training, workers, options.device)
        say(f"{len(todo)} of {len(plan.cells)} cells would run: {long}")
        say(seeds_tell(len(plan.seeds)))
    else:
        say(f"nothing to train; {len(todo)} of {len(plan.cells)} cells would be measured")


def _interrupt(number: int, frame: Any) -> NoReturn:
    """Stop the workers in order; exit at once at a second signal or after `GRACE_S` seconds."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: _interrupted())
    patience = threading.Timer(GRACE_S, _interrupted)
    patience.daemon = True
    patience.start()
    raise KeyboardInterrupt


def _interrupted() -> NoReturn:
    """Say how to go on, and exit."""
    again = shlex.join(["labkit", *sys.argv[1:]])
    say(f"interrupted; what was finished is kept. To go on: {again}")
    leave()


def report(
    file: Annotated[
        Path, Argument(help="The experiment file, a results folder, or a report's store.zip.")
    ] = DEFAULT_FILE,
    profile: ProfileOpt = None,
    results: ResultsOpt = None,
    formats: Annotated[
        str, Option("--format", help="md, html, pdf (comma-separated); all: md and html.")
    ] = "all",
    layout: Annotated[str | None, Option(help="full or brief.")] = None,
    lang: Annotated[str | None, Option(help="en, zh, or both: en,zh [the file's].")] = None,
    no_reference: Annotated[
        bool, Option("--no-reference", help="Judge by the report's own seeds alone.")
    ] = False,
    no_store: Annotated[
        bool, Option("--no-store", help="Leave out store.zip, which renders it again.")
    ] = False,
    out: Annotated[
        Path | None, Option("-o", "--out", help="The report's folder [reports/<name>].")
    ] = None,
) -> None:
    """Write the report of the newest plan."""
    made = api.report(
        file, out, profile=profile, results=results, format=formats, layout=layout, lang=lang,
        no_reference=no_reference, no_store=no_store,
    )  # fmt: skip
    for name in lookup.formats(formats):
        if (path := made.with_name(FORMATS[name].suffix)).exists():
            typer.echo(path)


def status(
    file: FileArg = DEFAULT_FILE, profile: ProfileOpt = None, results: ResultsOpt = None
) -> None:
    """What is done, running, failed or missing, and why."""
    store = lookup.stored(lookup.results_folder(results, lookup.read(file, profile).name))
    jobs = survey(store.plan(), store, deep=True)
    running, _ = watch(store, [job.spec for job in jobs if job.state != "done"])
    now = {progress.spec.name: progress.where for progress in running}
    given = slurm_array.states(store.root)
    width = max(len(job.spec.name) for job in jobs)
    states = [
        "running" if job.spec.name in now
        else job.state if job.state == "done" else given.get(job.spec.fingerprint, job.state)
        for job in jobs
    ]  # fmt: skip
    for job, state in zip(jobs, states, strict=True):
        why = now.get(job.spec.name, job.why)
        typer.echo(f"{job.spec.name:<{width}}  {state:<8} {why}".rstrip())
    counts = [f"{states.count(s)} {s}" for s in dict.fromkeys(states)]
    say(f"{len(jobs)} cells: {', '.join(counts)}")
