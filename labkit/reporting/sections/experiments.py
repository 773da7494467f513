"""The summary and the two parts: what was run, and a row of results for each cell."""

from collections.abc import Iterator, Sequence
from itertools import product

from labkit.catalog import FAMILIES, METRICS
from labkit.experiment.spec import UNSTATED
from labkit.reporting.blocks import Column, Entry, Facts, Picture, Section, Table
from labkit.reporting.cell import Cell, anchor
from labkit.reporting.entries import measure, number, row, table, value
from labkit.reporting.plots.style import TRAINING, level_of, setting_name
from labkit.reporting.sections.images import has, picture
from labkit.reporting.view import View, plain_level
from labkit.text.language import N_, _
from labkit.text.numbers import capitals, duration, levels, listing, show, slug

#: Settings as headings: one level, several levels.
_HEADINGS = {
    "loss": (N_("Loss Type"), N_("Loss Types")),
    "z_dim": (N_("Z Dimension"), N_("Z Dimensions")),
    "latent_dim": (N_("Latent Dimension"), N_("Latent Dimensions")),
}

_CAPTION = N_(
    "{model} on {dataset}, {seeds}. Losses are means over the last epoch; the proxy FID is that of "
    "the best epoch."
)
#: How many times as long as another a training of the same setting takes on a busy machine.
UNEVEN = 1.5


def _heading(family: str, name: str, several: bool = False) -> str:
    """A setting as the lab's tables call it."""
    known = _HEADINGS.get(name)
    return _(known[several]) if known else capitals(setting_name(family, name))


def summary(view: View) -> Section:
    """Section 2: what was run, how long, and what is missing."""
    epochs = levels(cell.spec.training["epochs"] for cell in view.cells)
    numeric = (c.result.environment.get("numeric", {}) for c in view.cells if c.result)
    devices = levels(str(each.get("device", _("not recorded"))) for each in numeric)
    totals = ((_(FAMILIES[family].label), str(len(view.of(family)))) for family in view.families)
    rows = (
        (_("Datasets"), listing(view.datasets)),
        *((_("Total {model} Experiments", model=model), n) for model, n in totals),
        (_("Epochs per Experiment"), listing(map(str, epochs))),
        (_("Seeds"), view.seeds_said),
        (_("Device"), listing(devices) or show(None)),
        (_("Training time"), _whole_time(view)),
        (_("Cells"), view.all_done),
    )
    return Section("summary", _("Experiment Summary"), (Facts(rows),))


def _whole_time(view: View) -> str:
    """What the trainings took one after another, and whether the machine had other work."""
    like: dict[tuple[str, str], list[float]] = {}
    for cell in view.cells:
        if seconds := cell.metric("seconds"):
            like.setdefault((cell.spec.family, view.style.label(cell.spec)), []).append(seconds)
    if not like:
        return show(None)
    said = _("{time}, all cells added up", time=duration(sum(map(sum, like.values()))))
    factor = max(max(each) / min(each) for each in like.values())
    if factor >= UNEVEN:
        said += "; " + _(
            "trainings of one setting differ by up to {n} times: the machine had other work at "
            "times",
            n=f"{factor:.1f}",
        )
    return said


def parts(view: View) -> Iterator[Section]:
    """Sections 3 and 4: a part for each family, a section for each data set."""
    for (i, family), dataset in product(enumerate(view.families, 1), view.datasets):
        if not (cells := view.of(family, dataset)):
            continue
        place, model = f"part-{i}-{slug(dataset)}", _(FAMILIES[family].label)
        title = _("Part {i}: {model} Experiments - {dataset}", i=i, model=model, dataset=dataset)
        settings = tuple(dict.fromkeys((*FAMILIES[family].named_by, *view.style.factors(family))))
        # What only went along with a factor is no column, but it is part of the experiment.
        every = (*FAMILIES[family].params, *TRAINING)
        along = [n for n in every if len({level_of(c.spec, n) for c in cells} - {UNSTATED}) > 1]
        rows = []
        for name in dict.fromkeys((*settings, *along)):
            found = map(plain_level, levels(level_of(c.spec, name) for c in cells))
            rows.append((_heading(family, name, True), _(", ").join(found)))
        facts = Facts((*rows, (_("Total Experiments"), str(len(cells)))))
        results = _results(view, family, dataset, settings)
        inner = (
            Section(f"{place}-configurations", _("Experiment Configurations"), (facts,)),
            Section(f"{place}-results", _("Results Summary"), (results,)),
        )
        yield Section(place, title, (), inner)


def _results(view: View, family: str, dataset: str, settings: Sequence[str]) -> Table:
    about = FAMILIES[family]
    pictures = _("Reconstruction, Random Samples, Interpolation")
    if not about.reconstructs:
        epochs = _(", ").join(map(str, view.plan.snapshot_epochs))
        pictures = _("Sample Images (Epochs {epochs})", epochs=epochs)
    cells = view.of(family)
    sized = {n for n in settings if all(_sort(level_of(c.spec, n)) is not None for c in cells)}
    columns = [
        *(Column(_heading(family, name), name in sized) for name in settings),
        *([Column(_("Seed"), True)] if view.several_seeds else []),
        Column(_("Best Epoch"), True, _("the epoch of the lowest tracking FID")),
        *(measure(name, capitals(_(METRICS[name].label))) for name in about.losses),
        measure("proxy_fid", _("Proxy FID Score")),
        Column(pictures),
    ]
    caption = _(_CAPTION, model=_(about.label), dataset=dataset, seeds=view.seeds_said)
    rows, names = [], (*about.losses, "proxy_fid")
    for cell in view.of(family, dataset):
        found = [level_of(cell.spec, name) for name in settings]
        entries = [Entry(plain_level(level), _sort(level)) for level in found]
        if view.several_seeds:
            entries.append(Entry(str(cell.spec.seed), cell.spec.seed))
        if cell.result:
            values, shown = (value(view, cell, n) for n in names), _pictures(view, cell)
            entries += [number(cell.best_epoch), *values, Entry("", pictures=shown)]
        else:
            gaps = [Entry("—", tone=cell.status)] * len(("best_epoch", *names))
            entries += [*gaps, Entry(cell.absence, tone=cell.status)]
        rows.append(row(*entries, run=cell.name, anchor=anchor(cell.name)))
    return table(caption, columns, rows)


def _pictures(view: View, cell: Cell) -> tuple[Picture, ...]:
    if cell.name not in view.pictured:
        return ()
    if FAMILIES[cell.spec.family].reconstructs:
        last = cell.spec.training["epochs"]
        wanted = [("reconstruction", last), ("random", None), ("interpolation", None)]
    else:
        wanted = [("samples", epoch) for epoch in view.plan.snapshots(cell.spec)]
    return tuple(picture(view, cell, *each, short=True) for each in wanted if has(cell, *each))


def _sort(level: object) -> float | None:
    return float(level) if isinstance(level, (int, float)) else None
