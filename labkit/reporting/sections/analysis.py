"""Sections 6 and 7: the plots, and every cell's scores in one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labkit.catalog import DATASETS, FAMILIES, METRICS, PLOTS, resolve
from labkit.reporting.blocks import (
    Block,
    Column,
    Entry,
    Figure,
    Fold,
    Paragraph,
    Row,
    Section,
    Table,
)
from labkit.reporting.cell import Cell, anchor
from labkit.reporting.entries import (
    GAP,
    Columns,
    cell_row,
    marked,
    measure,
    number,
    real_images,
    row,
    table,
)
from labkit.reporting.plots.chart import described
from labkit.reporting.plots.style import metric_label
from labkit.reporting.sections import over_seeds
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


#: Measures kept beside the table, as label and meaning; on real test images each is 1.
_DETAILS = {
    "quality": {
        "nearest_training": (
            N_("Distance to training"),
            N_(
                "median distance of a sample to its nearest training image in feature space, over "
                "that of real test images: far below 1 the samples are near-copies"
            ),
        )
    }
}

#: How the shares of the classes were found, in the order of the table.
_HOW = {
    "class_shares_predicted": N_("classified"),
    "class_shares": N_("corrected"),
}

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


def plots(view: View) -> Section:
    """Section 6: every plot of the catalog that has its cells and its data."""
    figures = []
    for key, entry in PLOTS.items():
        draw = resolve(entry.target)
        wanted = [(key, _(entry.label), entry.families)] * all(map(view.of, entry.families))
        for family in filter(view.of, entry.also):
            wanted.append((f"{family}_{key}", _label_of(entry.label, family), (family,)))
        for name, label, families in wanted:
            if chart := draw(view, *families):
                label = chart.title or label
                alt, file = f"{label}: {described(chart)}.", f"plots/{name}.png"
                figure = Figure(name, label, chart, _(entry.about), alt, file)
                figures.append(Section(f"plot-{name.replace('_', '-')}", label, (figure,)))
    said = [] if figures else [_("No cell has results yet.")]
    if figures and view.trouble:
        said.append(_("Missing from some or all of these plots: {cells}.", cells=view.trouble))
    return Section("plots", _("Analysis Plots"), tuple(map(Paragraph, said)), tuple(figures))


def _label_of(label: str, family: str) -> str:
    """A figure's label for another family: "GAN Loss Comparison" is a "cGAN Loss Comparison"."""
    first, title, name = label.split()[0], _(label), _(FAMILIES[family].label)
    if first in ("GAN", "VAE") and first in title:
        return title.replace(first, name, 1)
    return f"{title}: {name}"


def scores(view: View) -> Section:
    """Section 7: the proxy FID of every cell, and every other measure folded away."""
    intro = _(
        "The proxy FID is the Fréchet distance between features of generated and of real test "
        "images under a small classifier made for the data set. Lower is better."
    )
    if len(view.datasets) > 1:
        intro += " " + _("Scores are not comparable between data sets.")
    blocks: list[Block] = [Paragraph(intro), *_main_tables(view)]
    for group in _GROUPS:
        folds = (_group_table(view, group), _class_shares(view) if group == "modes" else None)
        blocks += filter(None, folds)
    return Section("scores", _("Proxy FID Scores Summary"), tuple(blocks))


def scores_brief(view: View) -> Section:
    """The one table of the brief layout."""
    return Section("scores", _("Proxy FID Scores Summary"), _main_tables(view, brief=True))


def _main_tables(view: View, brief: bool = False) -> tuple[Table, ...]:
    """Every cell; with several seeds, first every setting over its seeds."""
    cells = _main_table(view, brief)
    return (over_seeds.scores(view), cells) if view.several_seeds else (cells,)


def _main_table(view: View, brief: bool) -> Table:
    judged = any(cell.detail("verdict") for cell in view.cells)
    extra = () if brief else ("kid", "sharpness")
    names = ["proxy_fid", *_measured(view, extra)]
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
    best = {s.first.name for d in view.datasets for s in over_seeds.winners(view, d) if alone}
    rows = []
    for cell in view.cells:
        entries: dict[str, Entry | str] = {
            "dataset": cell.spec.dataset,
            "seed": Entry(str(cell.spec.seed), cell.spec.seed),
            "collapse": cell.collapse,
            "status": Entry(
                cell.absence or _(cell.status), tone="failed" if cell.status == "failed" else ""
            ),
        }
        told: list[Entry | str] = [
            entries.get(name) or _entry(view, cell, name, cell.name in best and name == "proxy_fid")
            for name in list(columns)[1:]
        ]
        if brief:
            rows.append(row(cell.name, *told, run=cell.name, anchor=anchor(cell.name)))
        else:
            rows.append(cell_row(cell, *told))
    real = [] if brief else _real_rows(view, names, columns)
    caption = [_("Every cell of the plan, {seeds}.", seeds=view.seeds_said)]
    if real:
        caption.append(_("Real images: as many of them, measured like samples."))
    if best:
        caption.append(_("◆ marks the lowest proxy FID on its data set."))
    return table(" ".join(caption), [*columns.values()], rows + real, interactive=True)


def _measured(view: View, names: Iterable[str]) -> list[str]:
    """The metrics among these that some cell has."""
    return [name for name in names if any(c.metric(name) is not None for c in view.cells)]


def _group_table(view: View, group: str) -> Fold | None:
    """All measured metrics of one group, and what each of them means."""
    names = _measured(view, (name for name, metric in METRICS.items() if metric.group == group))
    if not names:
        return None
    cells = [c for c in view.cells if any(METRICS[n].applies(c.spec.family) for n in names)]
    beside = _DETAILS.get(group, {})
    details = [n for n in beside if any(c.detail(n) is not None for c in cells)]
    extra = [beside[n] for n in details]
    columns: Columns = (
        _("Run"),
        *(measure(n, metric_label(n)) for n in names),
        *(Column(_(label), True, _(about)) for label, about in extra),
    )
    rows = [
        row(*real.entries, *(Entry("1", 1.0) for _each in details))
        for real in _real_rows(view, names, ["run", *names])
    ]
    for cell in cells:
        more = (GAP if (value := cell.detail(n)) is None else number(value) for n in details)
        rows.append(cell_row(cell, *(_entry(view, cell, n) for n in names), *more))
    meant = [(METRICS[n].label, METRICS[n].about) for n in names]
    said = [f"{_(label)}: {_(about)}." for label, about in (*meant, *extra)]
    if group == "appendix":
        said.append(_(_WRONG_WITH_IT))
    title = _(_GROUPS[group])
    return Fold(title, (table(title, columns, rows, True), Paragraph(" ".join(said), "note")))


def _real_rows(view: View, names: Iterable[str], columns: Iterable[str]) -> list[Row]:
    """What the measures read on as many real images: a row for each data set.

    Args:
        view: the report's material.
        names: the measures wanted.
        columns: the names of the table's; the first is the row's own, and one that is neither
            the data set nor among `names` stays empty.
    """
    rows = []
    for dataset in view.datasets:
        values = {name: view.real(dataset, name) for name in names}
        if any(value is not None for value in values.values()):
            cells = (
                dataset if name == "dataset" else _real(name, values.get(name))
                for name in list(columns)[1:]
            )
            rows.append(row(real_images(dataset), *cells))
    return rows


def _real(name: str, value: float | None) -> Entry:
    return GAP if value is None else number(value, METRICS[name].digits)


def _class_shares(view: View) -> Fold | None:
    """How samples spread over the classes: as classified, and with confusions corrected."""
    tables = []
    for dataset in view.datasets:
        cells = view.of(None, dataset)
        rows = [
            cell_row(cell, _(how), *_percents(shares))
            for cell in cells
            for key, how in _HOW.items()
            if (shares := cell.detail(key))
        ]
        if not rows:
            continue
        real = next((r for c in cells if (r := c.detail("class_shares_real"))), ())
        if real:
            rows.insert(0, row(real_images(dataset), _("labelled"), *_percents(real)))
        classes = (Column(name, True) for name in DATASETS[dataset].classes)
        columns: Columns = (_("Run"), _("Share"), *classes)
        caption = _(
            "{dataset}: share of samples in each class, best epoch, in percent",
            dataset=dataset,
        )
        tables.append(table(caption, columns, rows, True))
    if not tables:
        return None
    return Fold(_("Class shares of the samples"), (*tables, Paragraph(_(_SHARES), "note")))


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
