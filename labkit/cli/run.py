"""The verb `run`: train and measure the cells of an experiment file."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from typing import Annotated, Any, NoReturn

import typer

from labkit import api
from labkit.cli.options import DataRootOpt, FileArg, ProfileOpt, ResultsOpt, leave, say
from labkit.execution import eta, runner
from labkit.execution.progress import LiveDisplay, PlainDisplay
from labkit.execution.status import survey
from labkit.experiment.lookup import DEFAULT_FILE, data_line
from labkit.text.numbers import duration

#: Seconds that an interrupted run may take to stop its workers.
GRACE_S = 3.0


def run(
    file: FileArg = DEFAULT_FILE,
    profile: ProfileOpt = None,
    seeds: Annotated[
        str | None, typer.Option("--seeds", help="3 (count up from the file's first) or 0,1,2.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("-j", "--jobs", min=1, help="Cells side by side [cores].")
    ] = None,
    only: Annotated[str | None, typer.Option("--only", help="Run cells matching GLOB.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Run failed cells only.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run done cells again.")] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at a failure.")] = False,
    dry_run: Annotated[
        bool, typer.Option("-n", "--dry-run", help="Say what would run, why, about how long.")
    ] = False,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    precision: Annotated[
        str | None, typer.Option("--precision", help="auto, fp32 or bf16.")
    ] = None,
    data_root: DataRootOpt = None,
    source: Annotated[str | None, typer.Option("--source", help="auto, full or bundled.")] = None,
    no_download: Annotated[
        bool, typer.Option("--no-download", help="Never fetch missing data sets.")
    ] = False,
    results: ResultsOpt = None,
    executor: Annotated[str, typer.Option("--executor", help="local or inline.")] = "local",
) -> None:
    """Train and measure every cell that is not done yet."""
    asked = api.RunOptions(
        file=file, profile=profile, seeds=seeds, jobs=jobs, only=only, failed=failed, force=force,
        fail_fast=fail_fast, device=device, precision=precision, data_root=data_root,
        source=source, no_download=no_download, results=results, executor=executor,
    )  # fmt: skip
    prepared = api.prepare(asked)
    say(data_line(prepared.plan))
    if dry_run:
        api.check_data(prepared)
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
    if summary.failed:
        parts.append(f"{len(summary.failed)} failed")
    if summary.missing:
        parts.append(f"{summary.missing} not run")
    say(f"{', '.join(parts)}; results in {prepared.store.root}")
    if summary.failed:
        raise typer.Exit(1)


def _say_what_would_run(prepared: api.Prepared) -> None:
    plan, options = prepared.plan, prepared.options
    todo = runner.select(survey(plan, prepared.store), options)
    width = max((len(job.spec.name) for job in todo), default=0)
    for job in todo:
        seconds = 0.0 if job.state == "measure" else eta.estimate(job.spec, options.device)[0]
        long = f"  {duration(seconds)}" if seconds else ""
        typer.echo(f"{job.spec.name:<{width}}  {job.state:<8} {job.why}{long}")
    training = [job.spec for job in todo if job.state != "measure"]
    if training:
        long = eta.total_in_words(
            training, runner.worker_count(options, runner.threads(plan)), options.device
        )
        say(f"{len(todo)} of {len(plan.cells)} cells would run: {long}")
        from labkit.claims.seeds_needed import seeds_tell  # the claims: a run needs none of them

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
