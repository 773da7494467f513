"""What each setting reads over its seeds, mean ± standard deviation; of one seed, its value.

The best of many trainings is flattered by its luck, so the first screen and the first table of
scores speak of settings, and a picture is that of the first seed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from labkit.catalog import FAMILIES, METRICS
from labkit.reporting.blocks import Column, Entry, Table
from labkit.reporting.cell import Cell
from labkit.reporting.entries import GAP, Columns, link, marked, measure, row, table
from labkit.reporting.view import View
from labkit.text.language import _
from labkit.text.numbers import show, spread

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

    @property
    def model(self) -> str:
        return _(FAMILIES[self.family].label)

    def values(self, metric: str) -> list[float]:
        """What was measured, a value a seed."""
        return [value for cell in self.cells if (value := cell.metric(metric)) is not None]

    def mean(self, metric: str) -> float | None:
        found = self.values(metric)
        return fmean(found) if found else None

    @property
    def first(self) -> Cell:
        """The first measured seed, so that no picture is picked by its look."""
        return next(c for c in self.cells if c.metric(SCORE) is not None)


def settings(view: View, family: str | None = None, dataset: str | None = None) -> list[Setting]:
    """All settings of the families and data sets asked for, in the report's order."""
    return [
        Setting(f, d, label, cells)
        for f in ([family] if family else view.families)
        for d in ([dataset] if dataset else view.datasets)
        for label, cells in view.groups(f, d)
    ]


def measured(view: View, names: Iterable[str]) -> list[str]:
    """The metrics among these that some cell has."""
    return [name for name in names if any(c.metric(name) is not None for c in view.cells)]


def comparable(found: Iterable[Setting]) -> list[Setting]:
    """Keep the settings measured with the most seeds: one training is no mean of three."""
    known = [(len(each.values(SCORE)), each) for each in found]
    most = max((n for n, _each in known), default=0)
    return [each for n, each in known if n == most > 0]


def winners(view: View, dataset: str) -> list[Setting]:
    """Return the settings with the lowest mean proxy FID on a data set, ties included."""
    found = comparable(settings(view, dataset=dataset))
    best = min((each.mean(SCORE) or 0.0 for each in found), default=0.0)
    digits = METRICS[SCORE].digits
    return [each for each in found if show(each.mean(SCORE), digits) == show(best, digits)]


def best_of(view: View, family: str, dataset: str) -> Setting | None:
    """The setting of the lowest mean proxy FID of a family (the first of equals), or None."""
    found = comparable(settings(view, family, dataset))
    return min(found, key=lambda each: each.mean(SCORE) or 0.0, default=None)


def score(each: Setting, name: str, best: bool = False) -> Entry:
    """A metric of a setting as an entry of a table."""
    values = each.values(name)
    if not values:
        return Entry(show(None), tone="missing") if METRICS[name].applies(each.family) else GAP
    return marked(spread(values, METRICS[name].digits), fmean(values), best)


def collapses(each: Setting) -> str:
    """The verdict of one seed; of several, how many collapsed of those that could be judged."""
    judged = each.values("mode_collapse")
    if len(each.cells) == 1 or not judged:
        return each.cells[0].collapse if len(each.cells) == 1 else show(None)
    return _("{hits} of {n}", hits=int(sum(judged)), n=len(judged))


def scores(view: View) -> Table:
    """Every setting: mean ± standard deviation of its seeds."""
    metrics = [SCORE, *measured(view, MORE)]
    heads = (_("Data set"), _("Model"), _("Setting"), Column(_("Seeds"), True))
    columns: Columns = [*heads, *map(measure, metrics), _("Seeds collapsed")]
    best = [each for dataset in view.datasets for each in winners(view, dataset)]
    rows = []
    for each in settings(view):
        cell, seeds = each.cells[0], str(len(each.values(SCORE)))
        found = (score(each, name, each in best and name == SCORE) for name in metrics)
        named = (each.dataset, each.model, link(cell, each.label))
        rows.append(row(*named, seeds, *found, collapses(each), run=cell.name))
    caption = _(
        "Every setting, {seeds}: mean ± standard deviation over the seeds. ◆ marks the lowest mean "
        "proxy FID on its data set; whether it is more than chance is said under the questions.",
        seeds=view.seeds_said,
    )
    return table(caption, columns, rows, interactive=True)
