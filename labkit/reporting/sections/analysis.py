"""Sections 6 and 7: the plots, and every cell's scores in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
from labkit.reporting.sections import over_seeds
from labkit.reporting.view import View
from labkit.text.language import N_, _
from labkit.text.numbers import is_missing, show

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
        wanted: list[tuple[str, str, tuple[str, ...]]] = []
        if all(map(view.of, entry.families)):
            wanted.append((key, _(entry.label), ()))
        for family in entry.also:
            if view.of(family):
                wanted.append((f"{family}_{key}", _label_of(entry.label, family), (family,)))
        for name, label, arguments in wanted:
            plotted = draw(view, *arguments)
            if plotted is None:
                continue
            label = plotted.title or label
            figure = Figure(
                name, label, plotted.chart, _(entry.about), plotted.finding, plotted.alt,
                f"plots/{name}.png",
            )  # fmt: skip
            figures.append(Section(f"plot-{name.replace('_', '-')}", label, (figure,)))
    if not figures:
        return Section("plots", _("Analysis Plots"), (Paragraph(_("No cell has results yet.")),))
    return Section("plots", _("Analysis Plots"), (), tuple(figures))


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
        blocks += [fold for fold in (_group_table(view, group),) if fold]
        if group == "modes":
            blocks += [fold for fold in (_class_shares(view),) if fold]
    return Section("scores", _("Proxy FID Scores Summary"), tuple(blocks))


def scores_brief(view: View) -> Section:
    """The one table of the brief layout."""
    return Section("scores", _("Proxy FID Scores Summary"), _main_tables(view, brief=True))


def _main_tables(view: View, brief: bool = False) -> tuple[Table, ...]:
    """Every cell; with several seeds, first every setting over its seeds."""
    cells = _main_table(view, brief)
    return (over_seeds.table(view), cells) if view.several_seeds else (cells,)


def _main_table(view: View, brief: bool = False) -> Table:
    measured = {name for name in METRICS if any(c.metric(name) is not None for c in view.cells)}
    judged = any(cell.detail("verdict") for cell in view.cells)
    extra = () if brief else ("kid", "sharpness")
    names = ["proxy_fid", *(n for n in extra if n in measured)]
    columns = [
        Column(_("Run"), name="run"),
        Column(_("Data set"), name="dataset"),
        *([Column(_("Seed"), True, name="seed")] if view.several_seeds else []),
        Column(_("Best epoch"), True, name="best_epoch"),
        *(Column(_(METRICS[n].label), True, _(METRICS[n].about), n) for n in names),
        *([Column(_("Mode collapse"), name="collapse")] if judged else []),
        Column(_("Time (s)"), True, _(METRICS["seconds"].about), "seconds"),
        Column(_("Status"), name="status"),
    ]
    winners = _winners(view)
    rows = []
    for cell in view.cells:
        spec = cell.spec
        best = spec.name in winners
        entries = [
            Entry(spec.name, href="" if brief else f"#{anchor(spec.name)}"),
            Entry(spec.dataset),
            *([Entry(str(spec.seed), spec.seed)] if view.several_seeds else []),
            _entry(view, cell, "best_epoch"),
            *(_entry(view, cell, name, best and name == "proxy_fid") for name in names),
            *([Entry(cell.collapse)] if judged else []),
            _entry(view, cell, "seconds"),
            Entry(cell.absence or _(cell.status), tone="failed" if cell.status == "failed" else ""),
        ]
        rows.append(Row(tuple(entries), spec.name, anchor(spec.name) if brief else ""))
    real = [] if brief else _real_rows(view, names, [c.name for c in columns])
    rows += real
    caption = [_("Every cell of the plan, {seeds}.", seeds=view.seeds_said)]
    if real:
        caption.append(_("Real images: as many of them, measured like samples."))
    caption.append(_("◆ marks the lowest proxy FID on its data set."))
    return Table(" ".join(caption), tuple(columns), tuple(rows), interactive=True)


def _group_table(view: View, group: str) -> Fold | None:
    """All measured metrics of one group, and what each of them means."""
    names = [
        name
        for name, metric in METRICS.items()
        if metric.group == group and any(c.metric(name) is not None for c in view.cells)
    ]
    if not names:
        return None
    cells = [c for c in view.cells if any(_applies(n, c.spec.family) for n in names)]
    columns = (
        Column(_("Run"), name="run"),
        *(Column(_with_unit(n), True, _(METRICS[n].about), n) for n in names),
    )
    details = [n for n in _DETAILS.get(group, {}) if any(c.detail(n) is not None for c in cells)]
    extra = [_DETAILS[group][n] for n in details]
    columns += tuple(Column(_(label), True, _(about)) for label, about in extra)
    rows = []
    for row in _real_rows(view, names, ["run", *names]):
        rows.append(replace(row, entries=(*row.entries, *(Entry("1", 1.0) for _ in details))))
    for cell in cells:
        name = Entry(cell.spec.name, href=f"#{anchor(cell.spec.name)}")
        more = [_detail(cell, n) for n in details]
        rows.append(Row((name, *(_entry(view, cell, n) for n in names), *more), cell.spec.name))
    meant = [(METRICS[n].label, METRICS[n].about) for n in names]
    said = [f"{_(label)}: {_(about)}." for label, about in (*meant, *extra)]
    if group == "appendix":
        said.append(_(_WRONG_WITH_IT))
    title, meaning = _(_GROUPS[group]), Paragraph(" ".join(said), "note")
    return Fold(title, (Table(title, columns, tuple(rows), True), meaning))


def _real_rows(view: View, names: Sequence[str], columns: Sequence[str]) -> list[Row]:
    """What the measures read on as many real images: a row for each data set.

    Args:
        view: the report's material.
        names: the measures wanted.
        columns: of the table; the first is the row's name, others than `names` stay empty.
    """
    rows = []
    for dataset in view.datasets:
        values = {name: view.real(dataset, name) for name in names}
        if any(value is not None for value in values.values()):
            cells = [
                Entry(dataset)
                if name == "dataset"
                else Entry("—", tone="missing")
                if (value := values.get(name)) is None
                else Entry(show(value, METRICS[name].digits), value)
                for name in columns[1:]
            ]
            rows.append(Row((Entry(_("Real images of {dataset}", dataset=dataset)), *cells)))
    return rows


def _detail(cell: Cell, name: str) -> Entry:
    value = cell.detail(name)
    return Entry(show(value), value) if value is not None else Entry("—", tone="missing")


def _class_shares(view: View) -> Fold | None:
    """How samples spread over the classes: as classified, and with confusions corrected."""
    tables = []
    for dataset in view.datasets:
        rows = []
        for cell in view.of(None, dataset):
            named = [(_(how), shares) for key, how in _HOW.items() if (shares := cell.detail(key))]
            for how, shares in named:
                name = Entry(cell.spec.name, href=f"#{anchor(cell.spec.name)}")
                entries = (Entry(f"{100 * s:.1f}", 100 * s) for s in shares)
                rows.append(Row((name, Entry(how), *entries), cell.spec.name))
        real = next((r for c in view.of(None, dataset) if (r := c.detail("class_shares_real"))), ())
        if rows and real:
            entries = (Entry(f"{100 * s:.1f}", 100 * s) for s in real)
            name = Entry(_("Real images of {dataset}", dataset=dataset))
            rows.insert(0, Row((name, Entry(_("labelled")), *entries)))
        if rows:
            names = DATASETS[dataset].classes
            columns = (Column(_("Run")), Column(_("Share")), *(Column(n, True) for n in names))
            caption = _(
                "{dataset}: share of samples in each class, best epoch, in percent",
                dataset=dataset,
            )
            tables.append(Table(caption, columns, tuple(rows), True))
    if not tables:
        return None
    return Fold(_("Class shares of the samples"), (*tables, Paragraph(_(_SHARES), "note")))


def _with_unit(name: str) -> str:
    metric = METRICS[name]
    return f"{_(metric.label)} ({_(metric.unit)})" if metric.unit else _(metric.label)


def _entry(view: View, cell: Cell, name: str, best: bool = False) -> Entry:
    if name in METRICS and not _applies(name, cell.spec.family):
        return Entry("—", tone="missing")
    if cell.result is None:
        return Entry("—", tone=cell.status)
    value = cell.metric(name)
    if value is None:
        return Entry(show(None), tone="missing")
    text = view.shown(cell, name) if name in METRICS else show(value)
    return Entry(f"◆ {text}" if best else text, value, tone="best" if best else "")


def _applies(name: str, family: str) -> bool:
    return METRICS[name].applies(family)


def _winners(view: View) -> set[str]:
    """The runs with the lowest proxy FID on their data set; all that tie as shown."""
    found: set[str] = set()
    for dataset in view.datasets:
        cells = [c for c in view.of(None, dataset) if not is_missing(c.metric("proxy_fid"))]
        if len(cells) > 1:
            least = min(c.metric("proxy_fid") or 0.0 for c in cells)
            found |= {c.spec.name for c in cells if show(c.metric("proxy_fid")) == show(least)}
    return found
