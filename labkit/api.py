"""The verbs as functions: ``labkit.run``, ``labkit.report``, ``labkit.load``.

In a notebook or a script:

    import labkit

    results = labkit.run("experiments.yaml", profile="quick")
    results.table                               # a pandas table, a row a cell
    labkit.report("experiments.yaml", profile="quick")

Arguments are named and mean what they do on the command line, which calls the same functions.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.catalog import DATASETS
from labkit.data.sources import check_full, resolve_source
from labkit.errors import DataError, UserError, one_line
from labkit.execution import budget, remembered, runner
from labkit.execution.budget import Choice
from labkit.execution.executors import EXECUTORS
from labkit.execution.progress import PlainDisplay
from labkit.execution.runner import Options, Summary
from labkit.execution.status import as_measured, survey
from labkit.experiment import lookup
from labkit.experiment.lookup import DEFAULT_FILE, one_of, results_folder, stored
from labkit.experiment.plan import Plan
from labkit.experiment.precision import decide
from labkit.store.store import Store
from labkit.text.language import several
from labkit.text.numbers import duration, listing, memory_size

if TYPE_CHECKING:
    from labkit.reporting.results import Results


@dataclass(frozen=True)
class RunOptions(Options):
    """The arguments of `labkit run` and :func:`run`, described there."""

    file: str | Path = DEFAULT_FILE
    profile: str | None = None
    seeds: str | int | Sequence[int] | None = None
    precision: str | None = None
    source: str | None = None
    no_download: bool = False
    results: str | Path | None = None
    within: str | None = None
    fewer: str | None = None


@dataclass(frozen=True)
class Prepared:
    """A run ready to start."""

    plan: Plan
    store: Store
    options: RunOptions


#: From this size on a setting is tried for the memory it takes.
LARGE = 50_000
#: Asks the user which of some ways to stay within a budget to take.
Ask = Callable[[float, Sequence[Choice]], Choice]


def prepare(asked: RunOptions, ask: Ask | None = None) -> Prepared:
    """Read the experiment file and plan a run; train and write nothing.

    Where not all of it fits a budget and `fewer` does not say what there is to be less of, `ask`
    is called; without it that is a UserError.
    """
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", asked.device):
        raise UserError(f"--device {asked.device}: allowed: auto, cpu, cuda, cuda:1, mps")
    one_of("--executor", asked.executor, tuple(EXECUTORS))
    asked = _placed(asked)
    one_of("--source", asked.source, ("auto", "full", "bundled"))
    one_of("--precision", asked.precision, ("auto", "fp32", "bf16"))
    for option, given in (("--data-root", asked.root), ("--results", asked.results)):
        if given is not None and Path(given).exists() and not Path(given).is_dir():
            raise UserError(f"{option} {given}: is not a folder")
    one_of("--fewer", asked.fewer, budget.FEWER)
    plan, store, before = _planned(asked)
    if before is not None:
        plan = as_measured(plan.keeping_own(before), before, store)
    found = Prepared(plan, store, asked)
    return found if asked.within is None else _within(found, asked.within, ask)


def _placed(asked: RunOptions) -> RunOptions:
    """The options with what the experiment file says of a cluster, before what the user says."""
    for option, given, executor in (
        ("--scheduler", asked.scheduler, "dask"), ("--sbatch", asked.sbatch, "slurm"),
    ):  # fmt: skip
        if given is not None and asked.executor != executor:
            raise UserError(f"{option}: only with --executor {executor}")
    if asked.executor != "slurm":
        return asked
    said = lookup.read(asked.file, asked.profile).content.cluster
    named = [f"--{n}={v}" for n, v in said.model_dump(exclude={"extra"}).items() if v]
    try:
        more = shlex.split(said.extra), shlex.split(asked.sbatch or "")
    except ValueError as error:
        raise UserError(f"--sbatch or cluster.extra: {one_line(error)}") from None
    return replace(asked, sbatch=shlex.join([*named, *more[0], *more[1]]))


def _within(whole: Prepared, time: str, ask: Ask | None) -> Prepared:
    """The run cut to its budget, in the way chosen before or now; as it is if all of it fits."""
    plan, store, asked = whole.plan, whole.store, whole.options
    seconds, fewer = budget.seconds(time), asked.fewer
    earlier = store.plan().settings.get("within", {}) if store.plan_path.is_file() else {}
    kinds = [kind for kind in budget.FEWER[1:] if kind in earlier and fewer in (None, kind)]
    if kinds and earlier["seconds"] == seconds:  # begun so; its cells go on as they are
        return replace(whole, plan=plan.within(earlier))
    todo = [job.spec for job in runner.select(survey(plan, store), asked) if job.state != "measure"]
    workers = runner.worker_count(asked, runner.threads(plan))
    if not todo or budget.total(todo, workers, asked.device) <= seconds:
        return whole
    ways = budget.choices(todo, seconds, workers, asked.device)
    chosen = next((way for way in ways if way.fewer == fewer), None)
    if fewer is None and ask is not None and ways:
        chosen = ask(seconds, ways)
    if chosen is None:
        all_of_it = duration(budget.total(todo, workers, asked.device))
        raise UserError(f"--within {time}: all takes about {all_of_it}; {budget.offered(ways)}")
    some_cells = frozenset(cell.fingerprint for cell in chosen.cells)
    among = some_cells if chosen.fewer == "cells" else None
    return replace(whole, plan=chosen.made(plan, seconds), options=replace(asked, among=among))


def _planned(asked: RunOptions) -> tuple[Plan, Store, Plan | None]:
    """The plan of a file, remembered or made; its store, and the plan there if there is one."""
    file = Path(asked.file)
    known = {**vars(asked), "data_root": asked.root}
    key = remembered.key(file, [str(value) for value in known.values()])
    if (plan := remembered.recall(key)) is not None:
        store, before = _opened(plan.name, asked)
        if _holds(plan, before, asked):
            return plan, store, before
    # Imports pydantic and YAML, which take time; not needed with a remembered plan.
    from labkit.experiment.grid import make_plan

    experiment = lookup.read(file, asked.profile)
    store, before = _opened(experiment.name, asked)
    wanted = asked.source or experiment.content.data.source
    source, download = _source(before, wanted, asked)
    plan = make_plan(
        experiment, seeds=_seeds(asked.seeds), only=asked.only, data_root=asked.root,
        source=wanted, download=download, precision=asked.precision, device=asked.device,
        before=before,
    )  # fmt: skip
    if source not in (None, plan.data_source):
        raise UserError(
            f"{store.plan_path}: made with the {source} data, but data.source auto now means "
            f"{plan.data_source} ({plan.data_reason}); choose with --source {source} or "
            f"--source {plan.data_source}"
        )
    remembered.keep(key, plan)
    return plan, store, before


def _seeds(seeds: str | int | Sequence[int] | None) -> str | None:
    """Seeds as on the command line: ``3`` is a count, ``0,1,2`` and ``7,`` are lists."""
    if seeds is None or isinstance(seeds, str):
        return seeds
    return str(seeds) if isinstance(seeds, int) else "".join(f"{seed}," for seed in seeds)


def _opened(name: str, asked: RunOptions) -> tuple[Store, Plan | None]:
    """The store of a run's results, and its newest plan."""
    store = Store(results_folder(asked.results, name))
    return store, (store.plan() if store.plan_path.is_file() else None)


def _source(before: Plan | None, wanted: str, asked: RunOptions) -> tuple[str | None, bool]:
    """The source of images in the store's plan, if ``auto`` is wanted, and whether to download.

    A plan with bundled data keeps it: no download unless `source` asks for it.
    """
    source = before.data_source if before and wanted == "auto" else None
    return source, not asked.no_download and source != "bundled"


def _holds(plan: Plan, before: Plan | None, asked: RunOptions) -> bool:
    """Whether a remembered plan's images and precision would be the same now."""
    settings, families = plan.settings, {cell.family for cell in plan.cells}
    precision = decide(asked.precision or settings["precision"], before, asked.device, families)
    if precision != (plan.cells[0].precision, settings.get("precision_reason", "")):
        return False
    source, download = _source(before, wanted := asked.source or settings["data"]["source"], asked)
    if source not in (None, plan.data_source):
        return False
    used = {cell.dataset for cell in plan.cells}
    try:
        found = resolve_source(wanted, [n for n in DATASETS if n in used], asked.root, download)
    except DataError:
        return False
    return found == (plan.data_source, plan.data_reason)


def execute(prepared: Prepared, display: PlainDisplay) -> Summary:
    """Train and measure the cells that are not done, and show on `display` how far it is.

    LabkitError where the user's own code cannot be used, this machine lacks the device, or a
    data file is damaged; KeyboardInterrupt where the user stopped: what was finished is kept.
    """
    check(prepared)
    plan, store = prepared.plan, prepared.store
    own, device = plan.settings.get("own"), prepared.options.device
    to_check = own or (device not in ("auto", "cpu") and _here(prepared))
    if to_check and any(job.state != "done" for job in survey(plan, store)):
        # Refuse a device that this machine lacks, before every cell fails on it.
        import torch

        kind, _, number = device.partition(":")
        cuda, mps = torch.cuda.device_count(), torch.backends.mps.is_available()
        if _here(prepared) and not {"cuda": int(number or 0) < cuda, "mps": mps}.get(kind, True):
            found = ["cpu", *(f"cuda:{i}" for i in range(cuda)), *(["mps"] if mps else [])]
            raise UserError(f"--device {device}: not on this machine; it has {', '.join(found)}")
        if own:
            from labkit.execution.trials import try_own_code  # with torch, as above

            for line in try_own_code(plan.cells):
                display.say(line)
    return runner.run(plan, store, prepared.options, display)


def _here(prepared: Prepared) -> bool:  # whether cells run on this machine
    return prepared.options.executor in ("local", "inline")


def check(prepared: Prepared) -> None:
    """Refuse what cannot be trained here, before a cell begins.

    DataError where a full data set that is still needed is not the published one, UserError where
    a setting is larger than this machine's memory.
    """
    todo = runner.select(survey(prepared.plan, prepared.store), prepared.options)
    if prepared.plan.data_source == "full":
        for dataset in sorted({job.spec.dataset for job in todo}):
            check_full(dataset, prepared.options.root)
    for spec in (job.spec for job in todo if job.state != "measure"):
        large = {k: v for k, v in spec.params.items() if isinstance(v, int) and v >= LARGE}
        if large and hasattr(os, "sysconf") and _here(prepared):
            from labkit.execution.trials import memory  # torch: only where it may not fit

            needs, has = memory(spec), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
            if needs > has:
                said = listing(f"{name} {value}" for name, value in large.items())
                raise UserError(
                    f"{spec.name}: {said} would take about {memory_size(needs)} of memory; this "
                    f"machine has {memory_size(has)}"
                )


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
    scheduler: str | None = None,
    sbatch: str | None = None,
    within: str | None = None,
    fewer: str | None = None,
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
        executor: ``local`` (processes), ``inline`` (in this process), ``dask`` or ``slurm``.
        scheduler: for Dask, the address of a scheduler; a cluster of this machine if None.
        sbatch: for SLURM, more options of ``sbatch``.
        within: a time such as ``90m`` that the training may take, by the estimates.
        fewer: what there is less of if not all fits: ``cells``, ``images`` or ``epochs``.

    Returns:
        All results of the plan. Failed cells are among them, with why.

    Raises:
        LabkitError: a mistake in the file or the arguments, in one line.
        KeyboardInterrupt: stopped; what was finished is kept, and the same call goes on.
    """
    prepared = prepare(RunOptions(**locals()))
    print(lookup.data_line(prepared.plan), file=sys.stderr, flush=True)
    execute(prepared, PlainDisplay())
    return load(prepared.store.root)


def load(results: str | Path) -> Results:
    """The results of a folder: tables, cells, images, answers and claims.

    Args:
        results: a results folder, or the experiment file it belongs to.

    Raises:
        LabkitError: there are no results there.
    """
    # Imports pandas, which `labkit run` does not need.
    from labkit.reporting.results import Results

    path = Path(results)
    is_folder = path.is_dir() or not path.suffix
    return Results(stored(path if is_folder else lookup.default_results(path)))


def report(
    source: str | Path = DEFAULT_FILE,
    out: str | Path | None = None,
    *,
    profile: str | None = None,
    results: str | Path | None = None,
    format: str = "all",  # noqa: A002 (the word of the command line)
    layout: str | None = None,
    lang: str | None = None,
    no_reference: bool = False,
    no_store: bool = False,
) -> Path:
    """Write the report of the newest plan, like ``labkit report``.

    Args:
        source: the experiment file; a results folder; or the ``store.zip`` of a report, which is
            then rendered again.
        out: the report's folder; ``reports/<name>`` if None.
        profile: a profile of the file.
        results: the results folder; ``results/<name>`` if None.
        format: ``md``, ``html``, ``pdf`` or ``all``, comma-separated.
        layout: ``full`` or ``brief``; the file's if None.
        lang: ``en``, ``zh`` or ``en,zh`` (both); as the file or ``store.zip`` says if None.
        no_reference: judge by the report's own seeds alone.
        no_store: leave ``store.zip`` out.

    Returns:
        The path of ``report.html``; of the last of the formats if it is not among them.

    Raises:
        LabkitError: there are no results, or a mistake in the arguments, in one line.
    """
    from labkit.handin import store_zip  # pandas and Jinja, which `labkit run` does not need

    one_of("--layout", layout, ("full", "brief"))
    spoken = lookup.languages(lang)
    wanted, given = lookup.formats(format), Path(source)
    with ExitStack() as stack:
        if given.is_file() and given.suffix.lower() == ".zip":
            asked = stack.enter_context(store_zip.opened(given))
        elif given.is_dir() or not given.suffix:  # e.g. of the user's own training loop
            root = stored(given).root
            asked = store_zip.Asked(root, root.absolute().name)
        else:
            experiment = lookup.read(given, profile)
            root = stored(results_folder(results, experiment.name)).root
            # The report's options are those of the current file; the results are the store's.
            asked = store_zip.Asked(
                root, experiment.name, given.parent / "answers.md", experiment.overrides(),
                experiment.content.report.layout, several(experiment.content.report.language),
            )  # fmt: skip
        asked = replace(asked, layout=layout or asked.layout, languages=spoken or asked.languages)
        if no_reference:
            options = {**(asked.overrides or {}).get("report", {}), "reference": False}
            asked = replace(asked, overrides={**(asked.overrides or {}), "report": options})
        target = Path(out) if out is not None else Path("reports") / asked.name
        paths = store_zip.write_report(asked, wanted, target, zipped=not no_store)
    return next((path for path in paths if path.suffix == ".html"), paths[-1])
