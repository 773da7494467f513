"""The summary and the two parts: what was run, and a row of results for each cell."""

from __future__ import annotations

from labkit.catalog import FAMILIES, METRICS
from labkit.reporting.blocks import (
    Block,
    Column,
    Entry,
    Facts,
    Picture,
    Row,
    Section,
    Table,
)
from labkit.reporting.grids import has, picture
from labkit.reporting.numbers import capitals, duration, levels, listing, show, slug
from labkit.reporting.plots.style import level_of
from labkit.reporting.table import verdict
from labkit.reporting.view import Cell, View, all_done, plain_level
from labkit.spec import UNSTATED

#: Settings as headings: one level, several levels.
_HEADINGS = {
    "loss": ("Loss Type", "Loss Types"),
    "z_dim": ("Z Dimension", "Z Dimensions"),
    "latent_dim": ("Latent Dimension", "Latent Dimensions"),
}


def heading(family: str, name: str, many: bool = False) -> str:
    """A setting as the lab's tables call it."""
    label = capitals(FAMILIES[family].params[name].label)
    return _HEADINGS.get(name, (label, label))[many]


def anchor(run: str) -> str:
    """Where a cell's row stands."""
    return f"cell-{slug(run)}"


def collapse(cell: Cell) -> str:
    """The mode-collapse verdict in words."""
    return (verdict(cell.result.details) if cell.result else None) or show(None)


def summary(view: View) -> Section:
    """Section 2: what was run, how long, and what is missing."""
    epochs = levels(cell.spec.training["epochs"] for cell in view.cells)
    seconds = [s for c in view.cells if (s := c.metric("seconds")) is not None]
    devices = levels(
        str(cell.result.environment.get("numeric", {}).get("device", "not recorded"))
        for cell in view.cells
        if cell.result
    )
    rows = [("Datasets", listing(view.datasets))]
    rows += [
        (f"Total {FAMILIES[f].label} Experiments", str(len(view.of(f)))) for f in view.families
    ]
    rows += [
        ("Epochs per Experiment", listing(map(str, epochs))),
        ("Seeds", view.seeds_said),
        ("Device", listing(devices) or show(None)),
        (
            "Training time",
            duration(sum(seconds)) + (f", all {n} cells added up" if n > 1 else "")
            if (n := len(seconds))
            else show(None),
        ),
        ("Cells", all_done(view)),
    ]
    return Section("summary", "Experiment Summary", (Facts(tuple(rows)),))


def parts(view: View) -> tuple[Section, ...]:
    """Sections 3 and 4: a part for each family, a section for each data set."""
    return tuple(
        Section(
            f"part-{i}-{slug(dataset)}",
            f"Part {i}: {FAMILIES[family].label} Experiments - {dataset}",
            (),
            (_configurations(view, family, dataset, i), _results(view, family, dataset, i)),
        )
        for i, family in enumerate(view.families, 1)
        for dataset in view.datasets
        if view.of(family, dataset)
    )


def _configurations(view: View, family: str, dataset: str, i: int) -> Section:
    cells = view.of(family, dataset)
    about = FAMILIES[family]
    # What only went along with a factor is no column, but it is part of the experiment.
    along = [n for n in about.params if len({*view.levels(family, n, dataset)} - {UNSTATED}) > 1]
    names = dict.fromkeys((*about.named_by, *view.style.factors(family), *along))
    rows = [
        (heading(family, name, True), ", ".join(view.levels(family, name, dataset)))
        for name in names
    ]
    rows.append(("Total Experiments", str(len(cells))))
    facts: Block = Facts(tuple(rows))
    return Section(
        f"part-{i}-{slug(dataset)}-configurations", "Experiment Configurations", (facts,)
    )


def _results(view: View, family: str, dataset: str, i: int) -> Section:
    about = FAMILIES[family]
    settings = list(dict.fromkeys((*about.named_by, *view.style.factors(family))))
    columns = [
        *(Column(heading(family, name), _numeric(view, family, name)) for name in settings),
        *([Column("Seed", True)] if view.several_seeds else []),
        Column("Best Epoch", True, "the epoch of the lowest tracking FID"),
        *(
            Column(capitals(METRICS[name].label), True, METRICS[name].about, name)
            for name in about.losses
        ),
        Column("Proxy FID Score", True, METRICS["proxy_fid"].about, "proxy_fid"),
        Column(_pictures_heading(view, family)),
    ]
    rows = tuple(_row(view, cell, settings) for cell in view.of(family, dataset))
    caption = (
        f"{about.label} on {dataset}, {view.seeds_said}. Losses are means over the last epoch; "
        "the proxy FID is that of the best epoch."
    )
    return Section(
        f"part-{i}-{slug(dataset)}-results",
        "Results Summary",
        (Table(caption, tuple(columns), rows),),
    )


def _row(view: View, cell: Cell, settings: list[str]) -> Row:
    family = cell.spec.family
    names = [*FAMILIES[family].losses, "proxy_fid"]
    head = [Entry(_level(cell, name), _sort(level_of(cell.spec, name))) for name in settings]
    if view.several_seeds:
        head.append(Entry(str(cell.spec.seed), cell.spec.seed))
    if cell.result is None:
        tone = "failed" if cell.status == "failed" else "missing"
        dashes = [Entry("—", tone=tone) for _ in ("best_epoch", *names)]
        tail = [*dashes, Entry(cell.absence, tone=tone)]
    else:
        tail = [
            Entry(show(cell.best_epoch), cell.best_epoch),
            *(Entry(view.shown(cell, name), cell.metric(name)) for name in names),
            Entry("", pictures=_pictures(view, cell)),
        ]
    return Row((*head, *tail), cell.spec.name, anchor(cell.spec.name))


def _pictures(view: View, cell: Cell) -> tuple[Picture, ...]:
    last = cell.spec.training["epochs"]
    best = cell.best_epoch or last
    if view.crowded:
        wanted = [("random" if FAMILIES[cell.spec.family].reconstructs else "samples", best)]
    elif FAMILIES[cell.spec.family].reconstructs:
        wanted = [("reconstruction", last), ("random", best), ("interpolation", best)]
    else:
        wanted = [("samples", epoch) for epoch in view.plan.snapshots(cell.spec)]
    return tuple(
        picture(view, cell, what, epoch, short=True)
        for what, epoch in wanted
        if has(cell, "samples" if what == "random" else what, epoch)
    )


def _pictures_heading(view: View, family: str) -> str:
    if view.crowded:
        return "Sample Images (Best Epoch)"
    if FAMILIES[family].reconstructs:
        return "Reconstruction, Random Samples, Interpolation"
    return f"Sample Images (Epochs {', '.join(map(str, view.plan.snapshot_epochs))})"


def _level(cell: Cell, name: str) -> str:
    return plain_level(level_of(cell.spec, name))


def _numeric(view: View, family: str, name: str) -> bool:
    return all(isinstance(level_of(c.spec, name), (int, float)) for c in view.of(family))


def _sort(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
