"""Several seeds: what each setting reads over them, mean ± standard deviation.

The best of many trainings is flattered by its luck, so with several seeds the first screen
and the first table of scores speak of settings, and a picture is that of the first seed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.reporting.blocks import Block, Column, Entry, Gallery, Headline, Picture, Row, Table
from labkit.reporting.cell import Cell, anchor
from labkit.reporting.grids import best_samples
from labkit.reporting.view import View
from labkit.text.language import _
from labkit.text.numbers import duration, listing, lowest, show, spread

SCORE = "proxy_fid"
#: Shown beside it where measured.
MORE = ("sharpness", "coverage")


@dataclass(frozen=True)
class Setting:
    """Cells that differ only in their seed."""

    family: str
    dataset: str
    label: str
    cells: tuple[Cell, ...]

    def values(self, metric: str) -> list[float]:
        """What was measured, a value a seed."""
        return [value for cell in self.cells if (value := cell.metric(metric)) is not None]

    def mean(self, metric: str) -> float | None:
        found = self.values(metric)
        return fmean(found) if found else None

    @property
    def first(self) -> Cell:
        """The first seed that was measured: a picture chosen without looking."""
        return next(c for c in self.cells if c.metric(SCORE) is not None)


def settings(view: View, family: str | None = None, dataset: str | None = None) -> list[Setting]:
    """All settings of the families and data sets asked for, in the report's order."""
    return [
        Setting(f, d, label, cells)
        for f in ([family] if family else view.families)
        for d in ([dataset] if dataset else view.datasets)
        for label, cells in view.groups(f, d)
    ]


def comparable(found: Iterable[Setting]) -> list[Setting]:
    """Those measured with the most seeds: one lucky training is no mean of three."""
    known = [(len(each.values(SCORE)), each) for each in found]
    most = max((n for n, _each in known), default=0)
    return [each for n, each in known if n == most > 0]


def winners(view: View, dataset: str) -> list[Setting]:
    """Those with the lowest mean proxy FID on a data set; all that tie as shown."""
    found = comparable(settings(view, dataset=dataset))
    means = [(str(i), each.mean(SCORE) or 0.0) for i, each in enumerate(found)]
    best = lowest(means, METRICS[SCORE].digits)
    return [found[int(i)] for i in best[0]] if best else []


def headline(view: View) -> tuple[Headline, ...]:
    """One line: the lowest mean proxy FID on each data set, with every setting that has it."""
    said = []
    for dataset in view.datasets:
        label = _(DATASETS[dataset].label)
        best = listing(
            f"{spread(s.values(SCORE), METRICS[SCORE].digits)} "
            f"({_(FAMILIES[s.family].label)} {s.label})"
            for s in winners(view, dataset)
        )
        said.append(f"{label} {best}" if best else _("not measured on {dataset}", dataset=label))
    line = _("Lowest mean proxy FID, {seeds}: {found}.", seeds=view.seeds_said,
             found="; ".join(said))  # fmt: skip
    return (Headline(line, "#scores"),)


def glance(view: View) -> tuple[Block, ...]:
    """One table and one row of grids: the best setting of each family on each data set."""
    columns = (
        Column(_("Data set")),
        Column(_("Model")),
        Column(_("Best setting by mean proxy FID")),
        Column(_("Seeds"), numeric=True),
        Column(_("Proxy FID"), numeric=True, about=_(METRICS[SCORE].about)),
        Column(_("Of real images"), True, _("the proxy FID of real images: the floor")),
        Column(_("Seeds collapsed")),
        Column(_("Training time")),
    )
    rows: list[Row] = []
    pictures: list[Picture] = []
    for dataset in view.datasets:
        for family in view.families:
            every = settings(view, family, dataset)
            if not every:
                continue
            label, found = _(FAMILIES[family].label), comparable(every)
            head = (Entry(dataset), Entry(label))
            if not found:
                gaps = [Entry("—", tone="missing")] * 5
                rows.append(Row((*head, Entry(show(None), tone="missing"), *gaps)))
                continue
            best = min(found, key=lambda each: each.mean(SCORE) or 0.0)
            floor, cell = view.fid_scale(dataset).floor, best.first
            entries = (
                Entry(best.label, href=f"#{anchor(cell.spec.name)}"),
                Entry(str(len(best.values(SCORE)))),
                _entry(best, SCORE),
                Entry(show(floor), floor),
                Entry(_collapses(best)),
                Entry(_("{time} each", time=duration(best.mean("seconds") or 0.0))),
            )
            rows.append(Row((*head, *entries), run=cell.spec.name))
            pictures += best_samples(view, cell)
    caption = _(
        "The best setting of each model by mean proxy FID ± standard deviation; {seeds}. The grids "
        "are those of its first seed.",
        seeds=view.seeds_said,
    )
    table = Table(caption, columns, tuple(rows))
    return (table, Gallery(tuple(pictures))) if pictures else (table,)


def table(view: View) -> Table:
    """Every setting: mean ± standard deviation of its seeds."""
    metrics = [SCORE, *(n for n in MORE if any(c.metric(n) is not None for c in view.cells))]
    columns = (
        Column(_("Data set"), name="dataset"),
        Column(_("Model")),
        Column(_("Setting")),
        Column(_("Seeds"), True),
        *(Column(_(METRICS[n].label), True, _(METRICS[n].about), n) for n in metrics),
        Column(_("Seeds collapsed")),
    )
    best = [each for dataset in view.datasets for each in winners(view, dataset)]
    rows = []
    for each in settings(view):
        wins = each in best
        entries = (
            Entry(each.dataset),
            Entry(_(FAMILIES[each.family].label)),
            Entry(each.label, href=f"#{anchor(each.cells[0].spec.name)}"),
            Entry(str(len(each.values(SCORE)))),
            *(_entry(each, name, wins and name == SCORE) for name in metrics),
            Entry(_collapses(each)),
        )
        rows.append(Row(entries, each.cells[0].spec.name))
    caption = _(
        "Every setting, {seeds}: mean ± standard deviation over the seeds. ◆ marks the lowest mean "
        "proxy FID on its data set; whether it is more than chance is said under the questions.",
        seeds=view.seeds_said,
    )
    return Table(caption, columns, tuple(rows), interactive=True)


def _entry(each: Setting, name: str, best: bool = False) -> Entry:
    applies = METRICS[name].applies(each.family)
    values = each.values(name)
    if not values:
        return Entry(show(None) if applies else "—", tone="missing")
    text = spread(values, METRICS[name].digits)
    return Entry(f"◆ {text}" if best else text, fmean(values), tone="best" if best else "")


def _collapses(each: Setting) -> str:
    """How many seeds collapsed, of those that could be judged."""
    judged = each.values("mode_collapse")
    if not judged:
        return show(None)
    return _("{hits} of {n}", hits=int(sum(judged)), n=len(judged))
