"""From a checked experiment file to a `Plan`: the list of cells one run resolves to.

experiment = read_experiment(Path("experiments.yaml"), profile="quick")
plan = make_plan(experiment)
[cell.name for cell in plan.cells]    # ["MNIST_GAN_hinge_z32", ...]
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from labkit.calibration import feature_hash
from labkit.catalog import DATASETS, FAMILIES, REGISTRIES, Param
from labkit.data.sources import data_hash, resolve_source
from labkit.errors import DataError, PlanError
from labkit.experiment import fingerprint
from labkit.experiment import precision as arithmetic
from labkit.experiment.plan import Plan, matches, snapshot_epochs
from labkit.experiment.reader import Experiment, parse_experiment, read_experiment
from labkit.experiment.spec import OWN_CODE, CellSpec, canonical_json, seedless
from labkit.plugins import registry as own_code

__all__ = ["Experiment", "make_plan", "parse_experiment", "read_experiment"]

MAX_CELLS = 10_000
MAX_NAME = 120


def make_plan(
    experiment: Experiment,
    *,
    seeds: str | None = None,
    only: str | None = None,
    data_root: Path | None = None,
    source: str | None = None,
    download: bool = True,
    precision: str | None = None,
    device: str = "auto",
    before: Plan | None = None,
    images: tuple[str, str] | None = None,
) -> Plan:
    """Expand an experiment to cells and decide where the images come from.

    Args:
        seeds: ``"3"`` counts up from the file's first seed; ``"0,1,2"`` is taken as it is.
        only: a glob on cell names. It removes no cell; with `seeds`, cells that match get
            the file's seeds and these, the others only the file's.
        data_root: where to look for the full data sets first.
        source, precision: as in the file, instead of the file's.
        download: whether missing data may be fetched.
        device, before: where the cells are to train, and the newest plan of the store they go
            into, if there is one: what precision ``auto`` stands for.
        images: the source of images and the reason for it; no folder is then looked into.

    PlanError for too many cells, two equal ones, or a `seeds`, `only` or source that cannot be.
    """
    content = experiment.content
    asked = tuple(content.seed_list())
    wanted = parse_seeds(seeds, asked[0]) if seeds is not None else asked
    most = max(len(asked), len(wanted)) if only is None else len(asked + wanted)
    families = {block.family for block in content.experiments.values()}
    precision, why = arithmetic.decide(precision or content.precision, before, device, families)
    points = _named(list(_points(experiment, most, precision)))
    each = _with_seeds(points, asked, wanted, only)
    several = len({seed for _, seed in each}) > 1
    datasets = [name for name in DATASETS if any(point.dataset == name for point in points)]
    source = source or content.data.source
    try:
        source, reason = images or resolve_source(source, datasets, data_root, download)
    except DataError as error:
        raise PlanError(f"{experiment.file}: {error}") from error
    cells = tuple(_cell(*cell, several, source, content.data.limit) for cell in each)
    _check_distinct(experiment, cells)
    longest = max(cell.training["epochs"] for cell in cells)
    return Plan(
        name=experiment.name,
        title=content.title or content.name,
        author=content.author.model_dump(),
        profile=experiment.profile,
        seeds=tuple(dict.fromkeys(seed for _, seed in each)),
        data_source=source,
        data_reason=reason,
        snapshot_epochs=snapshot_epochs(content.training.snapshot_epochs, longest),
        settings=_settings(experiment) | ({"precision_reason": why} if why else {}),
        cells=cells,
    )


def _settings(experiment: Experiment) -> dict[str, Any]:
    """What a plan keeps of its file, with the user's own code."""
    content = experiment.content
    return {
        **content.model_dump(mode="json", exclude={"profiles", "code", "experiments", "cluster"}),
        "experiments": {key: each.resolved() for key, each in content.experiments.items()},
        **({"own": own_code.to_json(experiment.own)} if experiment.own else {}),
    }


def _with_seeds(
    points: Sequence[CellSpec], asked: tuple[int, ...], wanted: tuple[int, ...], only: str | None
) -> list[tuple[CellSpec, int]]:
    """Each point of the grid with each of its seeds; see `make_plan` for `only`."""
    if only is None:
        return [(point, seed) for point in points for seed in wanted]
    both = dict.fromkeys((*asked, *wanted))
    each = [(p, s) for p in points for s in both if s in asked or matches(_seeded(p, s), only)]
    if not any(matches(_seeded(*cell), only) for cell in each):
        raise PlanError(f"--only '{only}' matches no cell; there is {points[0].name}, ...")
    return each


def _seeded(point: CellSpec, seed: int) -> str:
    return f"{point.name}_seed{seed}"


def parse_seeds(text: str, first: int) -> tuple[int, ...]:
    """The seeds of ``--seeds``: a count from `first` up, or a list; else a PlanError."""
    parts = [part.strip() for part in text.split(",")]
    numbers = [part for part in parts if part]
    if not numbers or not all(re.fullmatch("[0-9]{1,10}", part) for part in numbers):
        raise PlanError(f"--seeds {text}: expected a count (3) or a list (0,1,2)")
    values = [int(part) for part in numbers]
    if len(parts) == 1:
        if not 1 <= values[0] <= MAX_CELLS:
            raise PlanError(f"--seeds {text}: a count from 1 to {MAX_CELLS:,}")
        values = list(range(first, first + values[0]))
    if max(values) >= 2**32:
        raise PlanError(f"--seeds {text}: a seed is less than {2**32:,}")
    if len(set(values)) < len(values):
        raise PlanError(f"--seeds {text}: a seed is here twice")
    return tuple(values)


def _points(experiment: Experiment, seeds: int, precision: str) -> Iterator[CellSpec]:
    """A cell without seed and data for each combination of each grid, the first axis slowest.

    Axes are in the catalog's order, levels too or by their size. Too many cells, each with so many
    seeds, are refused before they are made.
    """
    content, total = experiment.content, 0
    usual, samples = content.training, content.evaluation
    for key, block in content.experiments.items():
        family, axes, fixed = FAMILIES[block.family], block.axes(), block.settings()
        total += seeds * prod(map(len, axes.values()))
        if total > MAX_CELLS:
            message = f"{total:,} cells; at most {MAX_CELLS:,} are allowed"
            raise experiment.error(("experiments", key, "grid"), message)
        training = {"epochs": usual.epochs, "batch_size": usual.batch_size}
        training |= block.training.model_dump(exclude_none=True)
        levels = {}
        for name in (name for name in ("dataset", *family.params) if name in axes):
            choices = "datasets" if name == "dataset" else family.params[name].choices
            order = list(REGISTRIES.get(choices, ()))
            levels[name] = sorted(axes[name], key=order.index if order else None)
        for values in product(*levels.values()):
            here = fixed | dict(zip(levels, values, strict=True))
            dataset = here.pop("dataset")
            params = {name: here[name] for name in family.params}
            shown = [p for p in params if p in family.named_by or len(axes.get(p, ())) > 1]
            tags = [_tag(p, family.params[p], params[p]) for p in shown]
            yield CellSpec(
                name="_".join([dataset, family.label, *tags]),
                experiment=key,
                family=block.family,
                dataset=dataset,
                seed=0,
                params=params,
                training=training,
                data={},
                precision=precision,
                code=fingerprint.training_code(block.family, params),
                **measuring(dataset, samples.selection_samples, samples.samples),
            )


def _named(points: Sequence[CellSpec]) -> list[CellSpec]:
    """Add the experiment's name to the cells of experiments that would share a cell name."""
    owners = defaultdict(set)
    for point in points:
        owners[point.name.lower()].add(point.experiment)
    shared = {key for keys in owners.values() if len(keys) > 1 for key in keys}
    return [
        replace(p, name=f"{p.name}_{p.experiment}") if p.experiment in shared else p for p in points
    ]


def _tag(key: str, param: Param, value: Any) -> str:
    """A setting as part of a file name: ``z64``, ``lr0.0002``, ``betas0.5-0.999``."""
    values = value if isinstance(value, list) else [value]
    word = "-".join(str(each).replace("+", "").removesuffix(".0") for each in values)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", (param.tag or f"{key}{{}}").format(word))


def _cell(point: CellSpec, seed: int, several: bool, source: str, limit: int | None) -> CellSpec:
    data = {"source": source, "sha256": data_hash(point.dataset, source), "limit": limit}
    spec = replace(point, seed=seed, data=data)
    name = _seeded(point, seed) if several else point.name
    if len(name) > MAX_NAME:
        name = f"{name[: MAX_NAME - 13]}-{spec.fingerprint[:12]}"
    return replace(spec, name=name)


def measuring(dataset: str, selecting: int, evaluating: int) -> dict[str, dict[str, Any]]:
    """By how many samples a cell's best epoch is chosen and evaluated, and by what networks."""
    features, code = feature_hash(dataset), fingerprint.evaluation_code()
    selection = {"rule": "lowest proxy FID", "samples": selecting}
    selection |= {"against": "first 10,000 training images", "features": features}
    evaluation = {"samples": evaluating, "features": features, "code": code}
    return {"selection": selection, "evaluation": evaluation}


def _check_distinct(experiment: Experiment, cells: Sequence[CellSpec]) -> None:
    """Refuse two equal cells and two equal names, without regard to case."""
    first: dict[str, CellSpec] = {}
    for cell in cells:
        for key in (cell.fingerprint, cell.name.lower()):
            other = first.setdefault(key, cell)
            if other is not cell:
                why = f"its cell {cell.name} is also in '{other.experiment}'"
                raise experiment.error(("experiments", cell.experiment), why)


def differences(experiment: Experiment, plan: Plan) -> list[str]:
    """Where a plan is not what its experiment file asks for; seeds may be added.

    Which code, data and device were used is not asked of the file.
    """
    asked = make_plan(experiment, images=("bundled", ""), precision="fp32")
    if budget := plan.settings.get("within"):
        asked = asked.within(budget)
    found = []
    if plan.name != experiment.name:
        found.append(f"the plan is of {plan.name}, the file of {experiment.name}")
    wanted = _by_point(asked.cells)
    # What was trained outside of labkit no file can ask for.
    made = _by_point(cell for cell in plan.cells if cell.code != OWN_CODE)
    for key in wanted.keys() - made.keys():
        found.append(f"{wanted[key][0].name} is asked for, but not as it is in the plan")
    for key in made.keys() - wanted.keys():
        found.append(f"{made[key][0].name} in the plan is not what the file asks for")
    if own_sources(plan) != own_sources(asked):
        found.append("code: the plan has other Python files than the experiment file names")
    for name in ("data", "training", "evaluation", "threads"):
        if plan.settings.get(name) != asked.settings.get(name):
            found.append(f"{name}: the plan has other settings than the file")
    shown, wanted_epochs = set(plan.snapshot_epochs), set(asked.snapshot_epochs)
    # `labkit.cell` adds the epoch its loop was best in.
    may_add = any(cell.code == OWN_CODE for cell in plan.cells)
    if wanted_epochs - shown or (shown - wanted_epochs and not may_add):
        found.append("training.snapshot_epochs: the plan has others than the file")
    for key in wanted.keys() & made.keys():
        lacking = {c.seed for c in wanted[key]} - {c.seed for c in made[key]}
        cell, seeds = made[key][0], ", ".join(map(str, sorted(lacking)))
        if lacking and experiment.content.seeds == "student":
            whose = f"this author's is {seeds} (seeds: student)"
            found.append(f"{cell.name}: seed {cell.seed}; {whose}")
        elif lacking:
            found.append(f"{cell.name}: asked for with seed {seeds}, too, which is not in the plan")
    return sorted(found)


def own_sources(plan: Plan) -> list[tuple[str, str]]:
    """The Python files of a plan, whatever line ends they were saved with."""
    files = plan.settings.get("own", [])
    return [(each["name"], each["source"].replace("\r\n", "\n")) for each in files]


def _by_point(cells: Iterable[CellSpec]) -> dict[str, list[CellSpec]]:
    """Cells together that differ in nothing the experiment file decides but their seed."""
    found: dict[str, list[CellSpec]] = defaultdict(list)
    for cell in cells:
        name = seedless(cell.name, cell.seed)
        # A setting labkit learnt after the cell was trained has its default: what it did before.
        defaults = {name: param.default for name, param in FAMILIES[cell.family].params.items()}
        unasked = ("seed", "precision", "code")
        point = {key: value for key, value in cell.to_json().items() if key not in unasked}
        point |= {
            "name": name if len(cell.name) < 100 else "",
            "params": {**defaults, **cell.params},
            "data": cell.data["limit"],
            "selection": {k: v for k, v in cell.selection.items() if k != "features"},
            "evaluation": cell.evaluation.get("samples"),
        }
        found[canonical_json(point)].append(cell)
    return found
