"""Sections 6 and 7: the plots, every cell's scores in one table, and those of each class."""

from collections.abc import Iterable, Iterator, Sequence

from labkit.catalog import DATASETS, FAMILIES, METRICS, PLOTS, resolve
from labkit.reporting.blocks import Column, Entry, Figure, Fold, Paragraph, Row, Section, Table
from labkit.reporting.cell import Cell, anchor
from labkit.reporting.entries import GAP, cell_row, marked, measure, number, real_images, row, table
from labkit.reporting.entries import value as metric
from labkit.reporting.plots.chart import described
from labkit.reporting.plots.fonts import labels
from labkit.reporting.sections import opening
from labkit.reporting.view import View
from labkit.text.language import N_, _
from labkit.text.numbers import show

#: Metric groups in the order of the folded tables.
_GROUPS = {
    "quality": N_("Quality of samples"),
    "modes": N_("Modes: is every kind of image there"),
    "stability": N_("Stability of training"),
    "losses": N_("Losses"),
    "vae": N_("Latent space"),
    "cost": N_("Cost"),
    "appendix": N_("Appendix: the lab sheet's own number"),
}

#: Measures of quality shown in the table of all cells where measured, beside the proxy FID.
_MAIN = ("two_sample_accuracy", "kid", "sharpness")
#: Details shown beside the measures of quality, as label and meaning.
_BESIDE = {
    "two_sample_interval": (
        N_("Told from real, 95 %"),
        N_("where it may lie, were other samples set against other real images"),
    ),
    "nearest_training": (
        N_("Distance to training"),
        N_(
            "median distance of a sample to its nearest training image in feature space, over "
            "that of real test images: far below 1 the samples are near-copies"
        ),
    ),
}

#: How the shares of the classes were found, in the order of the table.
_HOW = {"class_shares_predicted": N_("classified"), "class_shares": N_("corrected")}

_SPREAD = N_("{dataset}: share of samples in each class, best epoch, in percent")
_SHARES = N_(
    "Classified: what the pinned classifier takes the samples for. It confuses some classes, so "
    "these shares are biased even for real images; corrected: the shares that explain what it "
    "saw, given its confusions on real test images. Samples that leave the classifier undecided "
    "push the correction too far, so a class counts as missing only if both shares are far below "
    "the real one."
)

_WRONG_WITH_IT = N_(
    "It is here for continuity with older hand-ins and enters no answer: its features are those "
    "of one discriminator of this very run, so the yardstick moves with every training and its "
    "values mean nothing outside one run."
)

_ASKED = N_(
    "Every sample was made for a class that was asked for. Label accuracy: the share of a class's "
    "samples that the pinned classifier gives that class. It errs on real images too; their row "
    "is the best to be hoped for. Proxy FID of a class: its samples against that class's test "
    "images; it rests on a tenth of the images, so it is not comparable with that of the whole."
)


#: Measures of samples made for a class: a value for each class, and its table's caption.
_OF_CLASSES = {
    "label_accuracy": ("class_label_accuracy", N_("Label accuracy on {dataset}, {seeds}")),
    "class_proxy_fid": ("class_proxy_fids", N_("Proxy FID of each class on {dataset}, {seeds}")),
}


def plots(view: View) -> Section:
    """Section 6: every plot of the catalog that has its cells and its data."""
    figures = []
    for key, entry in PLOTS.items():
        draw = resolve(entry.target)
        fits = all(map(view.of, entry.families)) and (entry.families or not entry.of)
        wanted = [(key, _(entry.label), entry.families)] if fits else []
        for family in filter(view.of, entry.also):
            wanted.append((f"{family}_{key}", _label_of(entry.label, family), (family,)))
        for name, label, families in wanted:
            with labels():
                chart = draw(view, *families)
            if chart:
                label = chart.title or label
                alt, file = f"{label}: {described(chart)}.", f"plots/{name}.png"
                figure = Figure(name, chart, _(entry.about), alt, file)
                figures.append(Section(f"plot-{name.replace('_', '-')}", label, (figure,)))
    said = "" if figures else _("No cell has results yet.")
    if figures and view.trouble:
        said = _("Not all cells are in all of these plots: {cells}.", cells=view.trouble)
    blocks = (Paragraph(said),) if said else ()
    return Section("plots", _("Analysis Plots"), blocks, tuple(figures))


def _label_of(label: str, family: str) -> str:
    """A figure's label for another family: "GAN Loss Comparison" is a "cGAN Loss Comparison"."""
    first, title, name = label.split()[0], _(label), _(FAMILIES[family].label)
    if first in ("GAN", "VAE") and first in title:
        return title.replace(first, name, 1)
    return f"{title}: {name}"


def scores(view: View, brief: bool = False) -> Section:
    """Section 7: the proxy FID of every cell; not `brief`, every other measure folded away."""
    title, tables = _("Proxy FID Scores Summary"), _main_tables(view, brief)
    if brief:
        return Section("scores", title, tables)
    intro = _(
        "The proxy FID is the Fréchet distance between features of generated and of real test "
        "images under a small classifier made for the data set. Lower is better."
    )
    if len(view.datasets) > 1:
        intro += " " + _("Scores are not comparable between data sets.")
    folds: list[Fold | None] = []
    for group in _GROUPS:
        folds += [_group_table(view, group), _class_shares(view) if group == "modes" else None]
    return Section("scores", title, (Paragraph(intro), *tables, *filter(None, folds)))


def _main_tables(view: View, brief: bool) -> tuple[Table, ...]:
    """Every cell; with several seeds, first every setting over its seeds."""
    judged = any(cell.detail("verdict") for cell in view.cells)
    names = ["proxy_fid", *opening.measured(view, () if brief else _MAIN)]
    columns: dict[str, Column | str] = {
        "run": _("Run"),
        "dataset": _("Data set"),
        **({"seed": Column(_("Seed"), True)} if view.several_seeds else {}),
        "best_epoch": Column(_("Best epoch"), True),
        **{name: measure(name) for name in names},
        **({"collapse": _("Mode collapse")} if judged else {}),
        "seconds": measure("seconds", _("Time (s)")),
        "status": _("Status"),
    }
    alone = not view.several_seeds and len(view.cells) > 1  # else settings have the mark
    best = {s.first.name for d in view.datasets for s in opening.winners(view, d) if alone}
    rows = []
    for cell in view.cells:
        tone = "failed" if cell.status == "failed" else ""
        entries: dict[str, Entry | str] = {
            "dataset": cell.spec.dataset,
            "seed": Entry(str(cell.spec.seed), cell.spec.seed),
            "collapse": cell.collapse,
            "status": Entry(cell.absence or _(cell.status), tone=tone),
        }
        told: list[Entry | str] = [
            entries.get(name) or _entry(view, cell, name, cell.name in best and name == "proxy_fid")
            for name in list(columns)[1:]
        ]
        plain = row(cell.name, *told, run=cell.name, anchor=anchor(cell.name))
        rows.append(plain if brief else cell_row(cell, *told))
    real = [] if brief else _real_rows(view, names, columns)
    caption = [_("Every cell of the plan, {seeds}.", seeds=view.seeds_said)]
    if real:
        caption.append(_("Real images: as many of them, measured like samples."))
    if best:
        caption.append(_("◆ marks the lowest proxy FID on its data set."))
    cells = table(" ".join(caption), [*columns.values()], rows + real, interactive=True)
    return (opening.scores(view), cells) if view.several_seeds else (cells,)


def _group_table(view: View, group: str) -> Fold | None:
    """All measured metrics of one group, and what each of them means."""
    names = opening.measured(view, (n for n, about in METRICS.items() if about.group == group))
    if not names:
        return None
    cells = [c for c in view.cells if any(METRICS[n].applies(c.spec.family) for n in names)]
    beside = _BESIDE if group == "quality" else {}
    extra = {k: v for k, v in beside.items() if any(c.detail(k) is not None for c in cells)}
    units = {n: f" ({_(METRICS[n].unit)})" if METRICS[n].unit else "" for n in names}
    columns = [measure(n, _(METRICS[n].label) + units[n]) for n in names]
    columns += [Column(_(label), True, _(about)) for label, about in extra.values()]
    real = _real_rows(view, names, ["run", *names])
    of_real = [Entry("1", 1.0) if detail == "nearest_training" else GAP for detail in extra]
    rows = [row(*each.entries, *of_real) for each in real]
    for cell in cells:
        more = [_detail(cell.detail(name)) for name in extra]
        rows.append(cell_row(cell, *(_entry(view, cell, n) for n in names), *more))
    meant = [(METRICS[n].label, METRICS[n].about) for n in names]
    said = [f"{_(label)}: {_(about)}{_('.')}" for label, about in (*meant, *extra.values())]
    if group == "appendix":
        said.append(_(_WRONG_WITH_IT))
    title = _(_GROUPS[group])
    found = table(title, [_("Run"), *columns], rows, True)
    return Fold(title, (found, Paragraph(" ".join(said), "note")))


def _detail(value: float | Sequence[float] | None) -> Entry:
    """A number, an interval by its ends, or a gap."""
    if isinstance(value, Sequence):  # of a share
        low, high = (f"{100 * end:.1f} %" for end in value)
        return Entry(_("{low}\u00a0to\u00a0{high}", low=low, high=high), value[0])
    return GAP if value is None else number(value)


def _real_rows(view: View, names: Iterable[str], columns: Iterable[str]) -> list[Row]:
    """What the measures `names` read on as many real images: a row for each data set.

    The first of `columns` is the row's own; one that is no such measure stays empty.
    """
    rows = []
    for dataset in view.datasets:
        values = ((name, view.real(dataset, name)) for name in names)
        known = {name: Entry(view.say(name, v), v) for name, v in values if v is not None}
        if known:
            told = (dataset if n == "dataset" else known.get(n, GAP) for n in list(columns)[1:])
            rows.append(row(real_images(dataset), *told))
    return rows


def _class_shares(view: View) -> Fold | None:
    """How samples spread over the classes: as classified, and with confusions corrected."""
    tables = []
    for dataset in view.datasets:
        cells = view.of(None, dataset)
        found = ((cell, how, cell.detail(key)) for cell in cells for key, how in _HOW.items())
        rows = [cell_row(cell, _(how), *_percents(shares)) for cell, how, shares in found if shares]
        if not rows:
            continue
        if real := next((r for c in cells if (r := c.detail("class_shares_real"))), ()):
            rows.insert(0, row(real_images(dataset), _("labelled"), *_percents(real)))
        caption = _(_SPREAD, dataset=dataset)
        tables.append(table(caption, [_("Run"), _("Share"), *_classes(dataset)], rows, True))
    if not tables:
        return None
    return Fold(_("Class shares of the samples"), (*tables, Paragraph(_(_SHARES), "note")))


def _classes(dataset: str) -> list[Column | str]:
    return [Column(name, True) for name in DATASETS[dataset].classes]


def _percents(shares: Iterable[float]) -> Iterator[Entry]:
    return (Entry(f"{100 * share:.1f}", 100 * share) for share in shares)


def _entry(view: View, cell: Cell, name: str, best: bool = False) -> Entry:
    if name in METRICS and not METRICS[name].applies(cell.spec.family):
        return GAP
    if cell.result is None:
        return Entry("—", tone=cell.status)
    value = cell.metric(name)
    if value is None:
        return Entry(show(None), tone="missing")
    return marked(view.shown(cell, name) if name in METRICS else show(value), value, best)


def conditional(view: View) -> Section | None:
    """Label accuracy and proxy FID of each class, a table of each a data set; None without any."""
    tables: list[Table] = []
    for dataset in view.datasets:
        cells = [c for c in view.of(None, dataset) if c.detail("class_label_accuracy")]
        if not cells:
            continue
        label, classes = _(DATASETS[dataset].label), _classes(dataset)
        for name, (key, text) in _OF_CLASSES.items():
            rows = []
            for cell in cells:
                values = (Entry(show(v, missing="—"), v) for v in cell.detail(key) or ())
                run = f"{_(FAMILIES[cell.spec.family].label)} {view.title(cell)}"
                rows.append(cell_row(cell, metric(view, cell, name), *values, text=run))
            if real := next((v for c in cells if (v := c.detail(f"{name}_real"))), None):
                rows.append(row(real_images(label), number(real), *["—"] * len(classes)))
            caption = _(text, dataset=label, seeds=view.seeds_said)
            tables.append(table(caption, [_("Run"), Column(_("Mean"), True), *classes], rows))
    if not tables:
        return None
    return Section("conditional", _("Classes Asked For"), (Paragraph(_(_ASKED)), *tables))
