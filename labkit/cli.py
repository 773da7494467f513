"""The verbs: parse, call, exit code. What a verb does is written elsewhere.

Exit status: 0 all well; 1 some cells failed or a check did not hold; 2 bad input, with
one line on stderr; 130 interrupted. Data goes to stdout, talk to stderr. Heavy
libraries are imported inside the verbs, so that ``--help`` is immediate.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from labkit import cli_words
from labkit.errors import LabkitError

if TYPE_CHECKING:
    from labkit.plan import Experiment, Plan

app = typer.Typer(
    name="labkit",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From one YAML file to a lab report that can be defended.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

FileArg = Annotated[Path, typer.Argument(help="The experiment file.", show_default=True)]
ProfileOpt = Annotated[str | None, typer.Option("--profile", help="A profile of the file.")]
ResultsOpt = Annotated[
    Path | None, typer.Option("--results", help="The results folder [results/<name>].")
]
DEFAULT_FILE = Path("experiments.yaml")
#: How long an interrupted run may take to stop its workers.
GRACE_S = 3.0


class UserError(LabkitError):
    """A mistake of the user's: one line, exit status 2."""


@app.command()
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
    data_root: Annotated[
        Path | None, typer.Option("--data-root", help="Where the full data sets are.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="auto, full or bundled.")] = None,
    no_download: Annotated[
        bool, typer.Option("--no-download", help="Never fetch missing data sets.")
    ] = False,
    results: ResultsOpt = None,
    executor: Annotated[str, typer.Option("--executor", help="local or inline.")] = "local",
) -> None:
    """Train and measure every cell that is not done yet."""
    from labkit import own, runner
    from labkit.executors import EXECUTORS
    from labkit.store import Store

    _one_of("--executor", executor, EXECUTORS)
    _one_of("--source", source, ("auto", "full", "bundled"))
    _one_of("--precision", precision, ("auto", "fp32", "bf16"))
    experiment = _experiment(file, profile)
    store = Store(_results(results, experiment.name))
    plan = _plan(experiment, store, seeds, only, data_root, source, not no_download, precision)
    options = runner.Options(
        jobs=jobs,
        only=only,
        failed=failed,
        force=force,
        fail_fast=fail_fast,
        device=device,
        threads=plan.settings.get("threads") or 1,
        data_root=data_root,
        executor=executor,
    )
    plan = own.kept(plan, store)
    _say(_data_line(plan))
    if dry_run:
        _dry_run(plan, store, options)
        return
    if experiment.own and any(job.state != "done" for job in runner.survey(plan, store)):
        from labkit.one_cell import try_own_code

        try_own_code(plan.cells)
    view = _view()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        summary = runner.run(plan, store, options, view)
    except KeyboardInterrupt:
        _leave_interrupted()
    parts = [f"{summary.done} of {len(plan.cells)} cells done"]
    if summary.failed:
        parts.append(f"{len(summary.failed)} failed")
    if summary.missing:
        parts.append(f"{summary.missing} not run")
    _say(f"{', '.join(parts)}; results in {store.root}")
    if summary.failed:
        raise typer.Exit(1)


@app.command()
def report(
    file: FileArg = DEFAULT_FILE,
    profile: ProfileOpt = None,
    results: ResultsOpt = None,
    formats: Annotated[
        str, typer.Option("--format", help="md, html, pdf or all (comma-separated).")
    ] = "all",
    layout: Annotated[str | None, typer.Option("--layout", help="full or brief.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of the fixed texts: en.")] = "en",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The report's folder [reports/<name>].")
    ] = None,
) -> None:
    """Write the report of the newest plan."""
    from labkit.reporting.build import build_report

    _one_of("--layout", layout, ("full", "brief"))
    _one_of("--lang", lang, ("en",))
    wanted = _formats(formats)
    experiment = _experiment(file, profile)
    store = _store(_results(results, experiment.name))
    paths = build_report(
        store.root,
        out=out or Path("reports") / experiment.name,
        formats=wanted,
        answers_file=file.parent / "answers.md",
        layout=layout or experiment.content.report.layout,
        # How a report reads is taken from the file as it is now; what it reports, from the store.
        overrides={
            "title": experiment.content.title or experiment.content.name,
            "author": experiment.content.author.model_dump(),
            "report": experiment.content.report.model_dump(),
        },
    )
    for path in paths:
        typer.echo(path)


@app.command()
def status(
    file: FileArg = DEFAULT_FILE,
    profile: ProfileOpt = None,
    results: ResultsOpt = None,
) -> None:
    """What is done, failed or missing, and why."""
    from labkit import runner

    experiment = _experiment(file, profile)
    store = _store(_results(results, experiment.name))
    jobs = runner.survey(store.plan(), store, deep=True)
    width = max(len(job.spec.name) for job in jobs)
    for job in jobs:
        typer.echo(f"{job.spec.name:<{width}}  {job.state:<8} {job.why}".rstrip())
    states = [job.state for job in jobs]
    counts = [f"{states.count(s)} {s}" for s in dict.fromkeys(states)]
    _say(f"{len(jobs)} cells: {', '.join(counts)}")


@app.command()
def compare(
    a: Annotated[Path | None, typer.Argument(help="A results folder or experiment file.")] = None,
    b: Annotated[Path | None, typer.Argument(help="Another, to compare with.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    profile: ProfileOpt = None,
) -> None:
    """The results table; or two results side by side."""
    from labkit.reporting.build import compare_text

    stores = [_store(_as_results(path, profile)) for path in (a or DEFAULT_FILE, b) if path]
    typer.echo(compare_text([store.root for store in stores], csv=csv), nl=False)


@app.command()
def evaluate(
    samples: Annotated[Path, typer.Argument(help="An .npz with `samples`: uint8 N x 28 x 28.")],
    dataset: Annotated[str, typer.Option("--dataset", help="What they imitate.")],
    as_json: Annotated[bool, typer.Option("--json", help="One flat JSON object.")] = False,
) -> None:
    """Measure any model's samples as labkit measures its own."""
    import json

    from labkit.catalog import DATASETS, METRICS
    from labkit.measure.samples_file import evaluate_file

    _one_of("--dataset", dataset, tuple(DATASETS))
    measured = evaluate_file(samples, dataset)
    if as_json:
        typer.echo(json.dumps(measured, indent=1, allow_nan=False))
        return
    typer.echo(f"{samples}: {measured['samples']:,} samples against real {dataset} test images")
    for name, value in measured.items():
        if name in METRICS:
            shown = "not measured" if value is None else f"{value:.{METRICS[name].digits}g}"
            typer.echo(f"{METRICS[name].label:<28} {shown}")
    typer.echo(f"{'Verdict':<28} {measured['verdict']}")


@app.command()
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
    from labkit.handin.submit import submit as pack

    experiment = _experiment(file, profile)
    store = _store(_results(results, experiment.name))
    target = out or Path(f"{experiment.name}.zip")
    for item in pack(experiment, file, store.root, target, light):
        typer.echo(item)


@app.command()
def verify(
    zip_file: Annotated[Path, typer.Argument(metavar="ZIP", help="What `labkit submit` wrote.")],
    rerun: Annotated[int, typer.Option("--rerun", min=0, help="Train N cells again.")] = 0,
    cells: Annotated[
        str | None, typer.Option("--cells", help="Measure and train again those matching GLOB.")
    ] = None,
    rungs: Annotated[
        int | None,
        typer.Option("--rungs", min=1, max=4, help="Climb so far only [3, or 4 with --rerun]."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    data_root: Annotated[
        Path | None, typer.Option("--data-root", help="Where the full data sets are.")
    ] = None,
) -> None:
    """Check a hand-in: container, report, measures and, with --rerun, training itself."""
    import json

    from labkit.handin.container import NotAZipError
    from labkit.handin.verify import verify as climb

    try:
        found = climb(zip_file, rerun=rerun, cells=cells, highest=rungs, data_root=data_root)
    except NotAZipError as error:
        raise UserError(str(error)) from error
    typer.echo(json.dumps(found.to_json(), indent=1) if as_json else "\n".join(found.lines()))
    if not found.holds:
        raise typer.Exit(1)


app.command()(cli_words.reflect)
app.command()(cli_words.check)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to write.")] = Path(),
    recipe: Annotated[str, typer.Option("--recipe", help="See `labkit recipes`.")] = "lab1",
    own: Annotated[
        bool, typer.Option("--own", help="With my_gan.py, to write the networks yourself.")
    ] = False,
) -> None:
    """Write a commented experiment file, and its schema for editors."""
    from labkit import starter

    if own and recipe != "lab1":
        raise UserError("--own and --recipe: choose one of the two")
    for path in starter.write_own(folder) if own else starter.write_starter(folder, recipe):
        typer.echo(path)


@app.command()
def recipes() -> None:
    """The experiment files that come with labkit."""
    from labkit import starter

    for name, recipe in starter.recipes().items():
        typer.echo(f"{name:<16} {recipe.cost():<24} {recipe.title}")
    _say("cells and time with all 60,000 images, a cell per core; quicker with --profile quick")


@app.command()
def data(
    what: Annotated[str, typer.Argument(help="fetch or check.")] = "check",
    data_root: Annotated[
        Path | None, typer.Option("--data-root", help="Where the full data sets are.")
    ] = None,
) -> None:
    """Fetch the full data sets, or check what is there by SHA-256."""
    from labkit.catalog import DATASETS
    from labkit.data import DataError, load
    from labkit.data.download import fetch
    from labkit.data.sources import data_roots, find_full

    _one_of("data", what, ("fetch", "check"))
    wrong = False
    for name in DATASETS:
        if what == "fetch" and find_full(name, data_root) is None:
            fetch(name, data_root or data_roots()[0], say=_say)
        for source in ("bundled", "full"):
            try:
                sizes = [len(load(name, s, source, None, data_root).images) for s in _SPLITS]
            except DataError as error:
                wrong = wrong or find_full(name, data_root) is not None or source == "bundled"
                typer.echo(f"{name} {source}: {error}")
            else:
                typer.echo(f"{name} {source}: {sizes[0]:,} training, {sizes[1]:,} test, intact")
    if wrong:
        raise typer.Exit(1)


_SPLITS = ("train", "test")


def version_callback(wanted: bool) -> None:
    if wanted:
        from labkit import __version__

        typer.echo(f"labkit {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=version_callback, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """The console script. Every mistake of the user's ends here as one line."""
    try:
        app()
    except KeyboardInterrupt:
        _leave_at_once(130)
    except BrokenPipeError:  # `labkit compare --csv | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except (LabkitError, OSError) as error:
        _say(f"labkit: {str(error) or type(error).__name__}")
        raise SystemExit(2) from None


# --------------------------------------------------------------------------- helpers


def _experiment(file: Path, profile: str | None) -> Experiment:
    from labkit.plan import read_experiment

    return read_experiment(file, profile)


def _plan(
    experiment: Experiment,
    store: Any,
    seeds: str | None,
    only: str | None,
    data_root: Path | None,
    source: str | None,
    download: bool,
    precision: str | None,
) -> Plan:
    """A new plan; stops if ``auto`` would silently change where the data comes from."""
    from labkit.plan import make_plan

    wanted = source or experiment.content.data.source
    before = store.plan().data_source if wanted == "auto" and store.plan_path.exists() else None
    plan = make_plan(
        experiment,
        seeds=seeds,
        only=only,
        data_root=data_root,
        source=source,
        # What was bundled stays bundled unless asked: no download behind a plan's back.
        download=download and before != "bundled",
        precision=precision,
    )
    if before not in (None, plan.data_source):
        raise UserError(
            f"{store.plan_path}: made with the {before} data, but data.source auto now means "
            f"{plan.data_source} ({plan.data_reason}); choose with --source {before} or "
            f"--source {plan.data_source}"
        )
    return plan


def _data_line(plan: Plan) -> str:
    if plan.data_source == "bundled":
        return (
            "data: the BUNDLED subset, the first 10,000 of 60,000 training images "
            f"({plan.data_reason})"
        )
    return f"data: the full sets ({plan.data_reason})"


def _dry_run(plan: Plan, store: Any, options: Any) -> None:
    from labkit import runner, speed

    todo = runner.select(runner.survey(plan, store), options)
    width = max((len(job.spec.name) for job in todo), default=0)
    for job in todo:
        seconds = 0.0 if job.state == "measure" else speed.estimate(job.spec, options.device)[0]
        long = f"  {speed.in_words(seconds)}" if seconds else ""
        typer.echo(f"{job.spec.name:<{width}}  {job.state:<8} {job.why}{long}")
    training = [job.spec for job in todo if job.state != "measure"]
    workers = runner.worker_count(options)
    if training:
        _say(f"{len(todo)} of {len(plan.cells)} cells would run: "
             f"{speed.total_in_words(training, workers, options.device)}")  # fmt: skip
    else:
        _say(f"nothing to train; {len(todo)} of {len(plan.cells)} cells would be measured")


def _view() -> Any:
    from labkit.progress import LiveView, PlainView

    return LiveView() if sys.stderr.isatty() else PlainView()


def _results(results: Path | None, name: str) -> Path:
    return results if results is not None else Path("results") / name


def _as_results(path: Path, profile: str | None) -> Path:
    """A results folder as it is, or that of an experiment file."""
    return path if path.is_dir() else _results(None, _experiment(path, profile).name)


def _store(root: Path) -> Any:
    from labkit.store import Store

    store = Store(root)
    if not store.plan_path.is_file():
        raise UserError(f"{root}: no results there; `labkit run` makes them")
    return store


def _formats(text: str) -> list[str]:
    from labkit.catalog import FORMATS

    names = [name.strip() for name in text.split(",")]
    for name in names:
        _one_of("--format", name, (*FORMATS, "all"))
    if "all" in names:
        return [name for name, entry in FORMATS.items() if not entry.extra]
    return names


def _one_of(option: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        from labkit.experiment_model import nearest

        raise UserError(f"{option} {value}: {nearest(value, allowed)}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _interrupt(number: int, frame: Any) -> NoReturn:
    """Stop the workers in order; a second signal, or `GRACE_S` seconds, end it at once."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: _leave_interrupted())
    patience = threading.Timer(GRACE_S, _leave_interrupted)
    patience.daemon = True
    patience.start()
    raise KeyboardInterrupt


def _leave_interrupted() -> NoReturn:
    again = shlex.join(["labkit", *sys.argv[1:]])
    _say(f"interrupted; what was finished is kept. To go on: {again}")
    _leave_at_once(130)


def _leave_at_once(code: int) -> NoReturn:
    """End without waiting for worker processes or threads; the store needs no goodbye."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
