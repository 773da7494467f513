"""The summary and the two parts: what was run, and a row of results for each cell."""

from __future__ import annotations

from labkit.catalog import FAMILIES, METRICS
from labkit.experiment.spec import UNSTATED
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
from labkit.reporting.cell import Cell, all_done, anchor
from labkit.reporting.grids import has, picture
from labkit.reporting.plots.style import TRAINING, level_of, setting_name
from labkit.reporting.view import View, plain_level
from labkit.text.language import N_, _, many
from labkit.text.numbers import capitals, duration, levels, listing, show, slug

#: Settings as headings: one level, several levels.
_HEADINGS = {
    "loss": (N_("Loss Type"), N_("Loss Types")),
    "z_dim": (N_("Z Dimension"), N_("Z Dimensions")),
    "latent_dim": (N_("Latent Dimension"), N_("Latent Dimensions")),
}


def heading(family: str, name: str, several: bool = False) -> str:
    """A setting as the lab's tables call it."""
    if name in _HEADINGS:
        return _(_HEADINGS[name][several])
    return capitals(setting_name(family, name))


def summary(view: View) -> Section:
    """Section 2: what was run, how long, and what is missing."""
    epochs = levels(cell.spec.training["epochs"] for cell in view.cells)
    seconds = [s for c in view.cells if (s := c.metric("seconds")) is not None]
    devices = levels(
        str(cell.result.environment.get("numeric", {}).get("device", _("not recorded")))
        for cell in view.cells
        if cell.result
    )
    rows = [(_("Datasets"), listing(view.datasets))]
    rows += [
        (_("Total {model} Experiments", model=_(FAMILIES[f].label)), str(len(view.of(f))))
        for f in view.families
    ]
    rows += [
        (_("Epochs per Experiment"), listing(map(str, epochs))),
        (_("Seeds"), view.seeds_said),
        (_("Device"), listing(devices) or show(None)),
        (_("Training time"), _whole_time(seconds)),
        (_("Cells"), all_done(view.cells)),
    ]
    return Section("summary", _("Experiment Summary"), (Facts(tuple(rows)),))


def _whole_time(seconds: list[float]) -> str:
    """What the trainings took one after another."""
    time = duration(sum(seconds)) if seconds else show(None)
    if len(seconds) < 2:
        return time
    return many(
        "{time}, all {n} cells added up", "{time}, all {n} cells added up", len(seconds), time=time
    )


def parts(view: View) -> tuple[Section, ...]:
    """Sections 3 and 4: a part for each family, a section for each data set."""
    return tuple(
        Section(
            f"part-{i}-{slug(dataset)}",
            _(
                "Part {i}: {model} Experiments - {dataset}",
                i=i,
                model=_(FAMILIES[family].label),
                dataset=dataset,
            ),
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
    along = [
        name
        for name in (*about.params, *TRAINING)
        if len({level_of(c.spec, name) for c in cells} - {UNSTATED}) > 1
    ]
    names = dict.fromkeys((*about.named_by, *view.style.factors(family), *along))
    rows = [
        (heading(family, name, True), ", ".join(view.levels(family, name, dataset)))
        for name in names
    ]
    rows.append((_("Total Experiments"), str(len(cells))))
    facts: Block = Facts(tuple(rows))
    return Section(
        f"part-{i}-{slug(dataset)}-configurations", _("Experiment Configurations"), (facts,)
    )


def _results(view: View, family: str, dataset: str, i: int) -> Section:
    about = FAMILIES[family]
    settings = list(dict.fromkeys((*about.named_by, *view.style.factors(family))))
    columns = [
        *(Column(heading(family, name), _numeric(view, family, name)) for name in settings),
        *([Column(_("Seed"), True)] if view.several_seeds else []),
        Column(_("Best Epoch"), True, _("the epoch of the lowest tracking FID")),
        *(
            Column(capitals(_(METRICS[name].label)), True, _(METRICS[name].about), name)
            for name in about.losses
        ),
        Column(_("Proxy FID Score"), True, _(METRICS["proxy_fid"].about), "proxy_fid"),
        Column(_pictures_heading(view, family)),
    ]
    rows = tuple(_row(view, cell, settings) for cell in view.of(family, dataset))
    caption = _(
        "{model} on {dataset}, {seeds}. Losses are means over the last epoch; "
        "the proxy FID is that of the best epoch.",
        model=_(about.label),
        dataset=dataset,
        seeds=view.seeds_said,
    )
    return Section(
        f"part-{i}-{slug(dataset)}-results",
        _("Results Summary"),
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
        dashes = [Entry("—", tone=tone)] * len(("best_epoch", *names))
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
        if has(cell, what, epoch)
    )


def _pictures_heading(view: View, family: str) -> str:
    if view.crowded:
        return _("Sample Images (Best Epoch)")
    if FAMILIES[family].reconstructs:
        return _("Reconstruction, Random Samples, Interpolation")
    epochs = ", ".join(map(str, view.plan.snapshot_epochs))
    return _("Sample Images (Epochs {epochs})", epochs=epochs)


def _level(cell: Cell, name: str) -> str:
    return plain_level(level_of(cell.spec, name))


def _numeric(view: View, family: str, name: str) -> bool:
    return all(isinstance(level_of(c.spec, name), (int, float)) for c in view.of(family))


def _sort(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
