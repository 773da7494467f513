"""The verbs as functions: ``labkit.run``, ``labkit.report``, ``labkit.load``.

In a notebook or a script:

    import labkit

    results = labkit.run("experiments.yaml", profile="quick")
    results.table                               # a pandas table, a row a cell
    labkit.report("experiments.yaml", profile="quick")

Arguments are named and mean what they do on the command line, which calls the same functions.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.catalog import DATASETS
from labkit.data.sources import check_full, resolve_source
from labkit.errors import DataError, UserError
from labkit.execution import remembered, runner
from labkit.execution.executors import EXECUTORS
from labkit.execution.progress import PlainDisplay
from labkit.execution.runner import Display, Options, Summary
from labkit.execution.status import survey
from labkit.experiment.lookup import (
    DEFAULT_FILE,
    data_line,
    default_results,
    formats,
    known_device,
    one_of,
    read,
    results_folder,
    stored,
)
from labkit.experiment.plan import Plan
from labkit.reporting.render.folder import update
from labkit.store.store import Store
from labkit.text.language import catalogue, languages, using

if TYPE_CHECKING:
    from labkit.reporting.results import Results


@dataclass(frozen=True)
class Prepared:
    """A run that is decided on: what, where, how."""

    plan: Plan
    store: Store
    options: Options


@dataclass(frozen=True)
class RunOptions(Options):
    """What `labkit run` and :func:`run` may be asked for; see there."""

    file: str | Path = DEFAULT_FILE
    profile: str | None = None
    seeds: str | int | Sequence[int] | None = None
    precision: str | None = None
    source: str | None = None
    no_download: bool = False
    results: str | Path | None = None


def prepare(asked: RunOptions) -> Prepared:
    """Read the experiment file and decide what a run is to do; trains and writes nothing.

    Raises:
        LabkitError: a mistake in the file or the arguments, in one line.
    """
    known_device(asked.device)
    one_of("--executor", asked.executor, EXECUTORS)
    one_of("--source", asked.source, ("auto", "full", "bundled"))
    one_of("--precision", asked.precision, ("auto", "fp32", "bf16"))
    for option, given in (("--data-root", asked.root), ("--results", asked.results)):
        if given is not None and Path(given).exists() and not Path(given).is_dir():
            raise UserError(f"{option} {given}: is not a folder")
    plan, store = _planned(asked)
    if store.plan_path.is_file():
        plan = plan.keeping_own(store.plan())
    return Prepared(plan, store, asked)


def _seeds(seeds: str | int | Sequence[int] | None) -> str | None:
    """Seeds in the words of the command line: ``3`` counts up, ``0,1,2`` and ``7,`` name them."""
    if seeds is None or isinstance(seeds, str):
        return seeds
    return str(seeds) if isinstance(seeds, int) else "".join(f"{seed}," for seed in seeds)


def _planned(asked: RunOptions) -> tuple[Plan, Store]:
    """The plan of a file, remembered or new, and the store it is for."""
    file, seeds = Path(asked.file), _seeds(asked.seeds)
    root = None if asked.root is None else str(asked.root)
    known = [asked.profile, seeds, asked.only, asked.source, asked.precision, root]
    key = remembered.key(file, known)
    plan = remembered.recall(key)
    if plan is not None:
        store = Store(results_folder(asked.results, plan.name))
        if _holds(plan, store, asked):
            return plan, store
    # Needed only where no plan is remembered: pydantic and YAML take their time.
    from labkit.experiment.grid import make_plan

    experiment = read(file, asked.profile)
    store = Store(results_folder(asked.results, experiment.name))
    wanted = asked.source or experiment.content.data.source
    before = _before(store, wanted)
    plan = make_plan(
        experiment,
        seeds=seeds,
        only=asked.only,
        data_root=asked.root,
        source=wanted,
        # What was bundled stays bundled unless asked: no download behind a plan's back.
        download=not asked.no_download and before != "bundled",
        precision=asked.precision,
    )
    if before not in (None, plan.data_source):
        raise UserError(
            f"{store.plan_path}: made with the {before} data, but data.source auto now means "
            f"{plan.data_source} ({plan.data_reason}); choose with --source {before} or "
            f"--source {plan.data_source}"
        )
    remembered.keep(key, plan)
    return plan, store


def _before(store: Store, wanted: str) -> str | None:
    """The source of the data that ``auto`` meant when the store's plan was made."""
    there = wanted == "auto" and store.plan_path.exists()
    return store.plan().data_source if there else None


def _holds(plan: Plan, store: Store, asked: RunOptions) -> bool:
    """Whether a remembered plan's images would still come from the same place."""
    wanted = asked.source or plan.settings["data"]["source"]
    before = _before(store, wanted)
    if before not in (None, plan.data_source):
        return False
    used = {cell.dataset for cell in plan.cells}
    datasets = [name for name in DATASETS if name in used]
    try:
        download = not asked.no_download and before != "bundled"
        found = resolve_source(wanted, datasets, asked.root, download)
    except DataError:
        return False
    return found == (plan.data_source, plan.data_reason)


def execute(prepared: Prepared, display: Display) -> Summary:
    """Train and measure what is to be done.

    Raises:
        LabkitError: the user's own code cannot be used, this machine lacks the device, or a
            data file is damaged.
        OSError: the store cannot be written.
        KeyboardInterrupt: the user stopped; what was finished is kept.
    """
    check_data(prepared)
    plan, store = prepared.plan, prepared.store
    own, device = plan.settings.get("own"), prepared.options.device
    doubtful = own or device not in ("auto", "cpu")
    if doubtful and any(job.state != "done" for job in survey(plan, store)):
        _look_for(device)
        if own:
            # torch: not for a run with nothing to do.
            from labkit.execution.repeatable import try_own_code

            for line in try_own_code(plan.cells):
                display.say(line)
    return runner.run(plan, store, prepared.options, display)


def check_data(prepared: Prepared) -> None:
    """Say at once that a data file is damaged: each cell would fail on it by itself.

    Raises:
        DataError: a full set that is still needed is not as it was published.
    """
    if prepared.plan.data_source == "full":
        todo = runner.select(survey(prepared.plan, prepared.store), prepared.options)
        for dataset in sorted({job.spec.dataset for job in todo}):
            check_full(dataset, prepared.options.root)


def _look_for(device: str) -> None:
    """Say at once that a device is not there: each cell would fail on it by itself."""
    import torch

    kind, _, number = device.partition(":")
    cuda, mps = torch.cuda.device_count(), torch.backends.mps.is_available()
    there = {"cuda": int(number or 0) < cuda, "mps": mps}.get(kind, True)
    if not there:
        found = ["cpu", *(f"cuda:{i}" for i in range(cuda)), *(["mps"] if mps else [])]
        raise UserError(f"--device {device}: not on this machine; it has {', '.join(found)}")


def run(
    file: str | Path = DEFAULT_FILE,
    *,
    profile: str | None = None,
    seeds: str | int | Sequence[int] | None = None,
    jobs: int | None = None,
    only: str | None = None,
    failed: bool = False,
    force: bool = False,
    fail_fast: bool = False,
    device: str = "auto",
    precision: str | None = None,
    data_root: str | Path | None = None,
    source: str | None = None,
    no_download: bool = False,
    results: str | Path | None = None,
    executor: str = "local",
) -> Results:
    """Train and measure every cell that is not done yet, like ``labkit run``.

    Args:
        file: the experiment file.
        profile: a profile of the file.
        seeds: ``3`` counts up from the file's first; ``[0, 1, 2]`` or ``"0,1,2"`` names them.
        jobs: cells side by side; one a core if None.
        only: run the cells whose name matches this pattern.
        failed: run failed cells only.
        force: run done cells again.
        fail_fast: stop at the first failure.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        precision: ``auto``, ``fp32`` or ``bf16``.
        data_root: where the full data sets are.
        source: ``auto``, ``full`` or ``bundled``.
        no_download: never fetch missing data sets.
        results: the results folder; ``results/<name>`` if None.
        executor: ``local`` (processes) or ``inline`` (in this process).

    Returns:
        All results of the plan. Failed cells are among them, with why.

    Raises:
        LabkitError: a mistake in the file or the arguments, in one line.
        KeyboardInterrupt: stopped; what was finished is kept, and the same call goes on.
    """
    asked = RunOptions(
        file, profile=profile, seeds=seeds, jobs=jobs, only=only, failed=failed, force=force,
        fail_fast=fail_fast, device=device, precision=precision, data_root=data_root,
        source=source, no_download=no_download, results=results, executor=executor,
    )  # fmt: skip
    prepared = prepare(asked)
    print(data_line(prepared.plan), file=sys.stderr, flush=True)
    execute(prepared, PlainDisplay())
    return load(prepared.store.root)


def load(results: str | Path) -> Results:
    """The results of a folder: tables, cells, images, answers and claims.

    Args:
        results: a results folder, or the experiment file it belongs to.

    Raises:
        LabkitError: there are no results there.
    """
    # With pandas, as all that reports: not for `labkit run`.
    from labkit.reporting.results import Results

    path = Path(results)
    return Results(stored(path if path.is_dir() or not path.suffix else default_results(path)))


def report(
    source: str | Path = DEFAULT_FILE,
    out: str | Path | None = None,
    *,
    profile: str | None = None,
    results: str | Path | None = None,
    format: str = "all",  # noqa: A002 (the word of the command line)
    layout: str | None = None,
    lang: str = "en",
) -> Path:
    """Write the report of the newest plan, like ``labkit report``.

    Args:
        source: the experiment file; or a results folder, of a training loop of one's own.
        out: the report's folder; ``reports/<name>`` if None.
        profile: a profile of the file.
        results: the results folder; ``results/<name>`` if None.
        format: ``md``, ``html``, ``pdf`` or ``all``, comma-separated.
        layout: ``full`` or ``brief``; the file's if None.
        lang: language of the fixed texts.

    Returns:
        The path of ``report.html``; of the last of the formats if it is not among them.

    Raises:
        LabkitError: there are no results, or a mistake in the arguments, in one line.
    """
    asked = ReportOptions(source, out, profile, results, format, layout, lang)
    made = write_report(asked)
    return next((path for path in made if path.suffix == ".html"), made[-1])


@dataclass(frozen=True)
class ReportOptions:
    """What `labkit report` and :func:`report` may be asked for; see there."""

    source: str | Path = DEFAULT_FILE
    out: str | Path | None = None
    profile: str | None = None
    results: str | Path | None = None
    format: str = "all"
    layout: str | None = None
    lang: str = "en"


def write_report(asked: ReportOptions) -> list[Path]:
    """:func:`report`, with the paths of all the formats, in their order."""
    # With pandas and Jinja, which `labkit run` does without.
    from labkit.reporting import build, index

    one_of("--layout", asked.layout, ("full", "brief"))
    one_of("--lang", asked.lang, languages())
    wanted = formats(asked.format)
    given = Path(asked.source)
    # The results of a training loop of one's own have no experiment file.
    experiment = None if given.is_dir() else read(given, asked.profile)
    store = stored(given if experiment is None else results_folder(asked.results, experiment.name))
    layout, answers, overrides = asked.layout or "full", None, {}
    if experiment is not None:
        answers = given.parent / "answers.md"
        layout = asked.layout or experiment.content.report.layout
        # How a report reads is taken from the file as it is now; what it reports, from the store.
        overrides = experiment.overrides()
    with using(catalogue(asked.lang)):
        made = build.render_report(
            store.root, formats=wanted, answers_file=answers, layout=layout, overrides=overrides
        )
    name = store.root.name if experiment is None else experiment.name
    out = Path(asked.out) if asked.out is not None else Path("reports") / name
    update(out, made)
    index.refresh(out.parent)
    return build.paths(out, made)
