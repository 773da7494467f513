"""The first screen: title, who, what to know before reading, one table, the best grids.

And what each setting reads over its seeds, mean ± standard deviation; of one seed, its value. The
best of many trainings is flattered by its luck, so the first screen and the first table of scores
speak of settings, and a picture is that of the first seed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from statistics import fmean
from typing import Any

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.experiment.spec import UNSTATED
from labkit.reporting.blocks import Block, Column, Entry, Gallery, Paragraph, Picture, Row, Table
from labkit.reporting.cell import Cell
from labkit.reporting.entries import GAP, Columns, link, marked, measure, number, row, table
from labkit.reporting.sections.images import best_samples
from labkit.reporting.view import View
from labkit.text.language import N_, _, many
from labkit.text.numbers import duration, listing, show, spread

SCORE = "proxy_fid"
#: Shown beside it where measured.
MORE = ("two_sample_accuracy", "sharpness", "coverage")
_PART = N_(
    "Trained on a part of the training images: the first {n} of 60,000. With all of them, results "
    "are expected to be different."
)
_PROFILE = N_("This is the profile “{profile}” of the experiment, not the full experiment.")
_INCOMPLETE = N_("Incomplete: {cells}. Every comparison below is about the cells that are done.")
_ENVIRONMENTS = N_(
    "The cells were trained in more than one numeric environment (see “How these numbers were "
    "made”): small differences between them may come from that."
)
_MEASURES = N_(
    "The cells were measured by more than one version of labkit's measures: small differences "
    "between them may come from that."
)
_DEVICES = N_(
    "The cells were trained on {devices}, and not all on the same (see “How these numbers were "
    "made”): small differences between them may come from that."
)
_OWN_LOOPS = N_(
    "Cells trained by own code: {own} of {n}. What that means for their numbers stands in the "
    "appendix."
)


def byline(view: View) -> tuple[tuple[str, str], ...]:
    """Who, when and on what: only what is known."""
    author, committed = view.plan.author, view.committed
    time = f"{datetime.fromisoformat(committed):%Y-%m-%d, %H:%M} UTC" if committed else ""
    facts = (
        (_("Author"), author.get("name")),
        (_("ID"), author.get("id")),
        (_("Group"), author.get("group")),
        (_("Course"), author.get("course")),
        (_("Results of"), time),
        (_("Data"), data(view)),
        (_("Cells"), view.all_done),
    )
    return tuple((label, text) for label, text in facts if text)


def data(view: View) -> str:
    """What the cells were trained on."""
    names, source = listing(_(DATASETS[d].label) for d in view.datasets), view.plan.data_source
    if first := _first_images(view):
        return _("{datasets}, the first {n} training images", datasets=names, n=first)
    if source == "full":
        return _("{datasets}, all 60,000 training images", datasets=names)
    if source == "bundled":
        return _("{datasets}, the bundled 10,000 training images", datasets=names)
    return f"{names}, {source}"


def _first_images(view: View) -> str:
    """How many images training data was cut to, as text; empty if it was not."""
    limits = {spec.data["limit"] for spec in view.plan.cells} - {None}
    return listing(f"{limit:,}" for limit in sorted(limits))


def notices(view: View) -> Iterator[Paragraph]:
    """Warn of what a reader needs to know before the first number."""
    if view.plan.data_source == "bundled":
        yield Paragraph(_(_PART, n=_first_images(view) or "10,000"), "warning")
    if profile := view.plan.profile:
        yield Paragraph(_(_PROFILE, profile=profile), "warning")
    if budget := view.plan.settings.get("within"):
        yield Paragraph(_budget(budget), "warning")
    if view.trouble:
        yield Paragraph(_(_INCOMPLETE, cells=view.all_done), "warning")
    if sum(UNSTATED not in text for text in view.environments) > 1:
        several = len(view.devices) > 1
        text = _(_DEVICES, devices=listing(view.devices)) if several else _(_ENVIRONMENTS)
        yield Paragraph(text, "warning")
    if len({spec.evaluation.get("code") for spec in view.plan.cells if spec.evaluation}) > 1:
        yield Paragraph(_(_MEASURES), "warning")
    if own := len(view.own_loops):
        yield Paragraph(_(_OWN_LOOPS, own=own, n=len(view.cells)), "note")


def _budget(budget: Mapping[str, Any]) -> str:
    """What was left out to stay within a time."""
    time = duration(budget["seconds"])
    if n := budget.get("cells"):
        return many(
            "A time budget of {time} was set: only {n} cell was to be trained in this time.",
            "A time budget of {time} was set: only {n} cells were to be trained in this time.",
            n, time=time,
        )  # fmt: skip
    if n := budget.get("images"):
        return _(
            "A time budget of {time} was set: every cell was trained on the first {n} images only.",
            time=time, n=f"{n:,}",
        )  # fmt: skip
    return many(
        "A time budget of {time} was set: every cell was trained for {n} epoch at most.",
        "A time budget of {time} was set: every cell was trained for {n} epochs at most.",
        budget["epochs"], time=time,
    )  # fmt: skip


def headline(view: View) -> tuple[Entry, ...]:
    """One line: the lowest proxy FID on each data set, ties named together."""
    said = []
    for dataset in view.datasets:
        label = _(DATASETS[dataset].label)
        best = winners(view, dataset)
        found = listing(f"{score(each, SCORE).text} ({each.model} {each.label})" for each in best)
        said.append(f"{label} {found}" if best else _("not measured on {dataset}", dataset=label))
    line = _("Lowest proxy FID, {seeds}: {found}.", seeds=view.seeds_said, found="; ".join(said))
    return (Entry(line, href="#scores"),)


def glance(view: View) -> tuple[Block, ...]:
    """One table and one row of grids: the best setting of each family on each data set."""
    judged = any(cell.detail("verdict") for cell in view.cells)
    columns: Columns = (
        _("Data set"),
        _("Model"),
        _("Best by proxy FID"),
        measure(SCORE, _("Proxy FID")),
        Column(_("Of real images"), True, _("the proxy FID of real images: the floor")),
        *([_("Seeds collapsed") if view.several_seeds else _("Mode collapse")] if judged else []),
        Column(_("Training time"), True),
    )
    rows: list[Row] = []
    pictures: list[Picture] = []
    for dataset, family in product(view.datasets, view.families):
        cells, best = view.of(family, dataset), best_of(view, family, dataset)
        head = (dataset, _(FAMILIES[family].label))
        if best:
            seconds = best.mean("seconds")
            time = Entry(show(None) if seconds is None else duration(seconds), seconds)
            floor = number(view.fid_scale(dataset).floor)
            entries = [link(best.first, best.label), score(best, SCORE), floor]
            entries += [Entry(collapses(best))] if judged else []
            rows.append(row(*head, *entries, time, run=best.first.name))
            pictures += best_samples(view, best.first)
        elif cells:
            untouched = all(c.outcome is None for c in cells)
            why = Entry(cells[0].absence if untouched else show(None), tone="missing")
            rows.append(row(*head, why, *[GAP] * len(columns[3:])))
    caption = _("The best of each model by proxy FID; {seeds}.", seeds=view.seeds_said)
    if view.several_seeds:
        caption += " " + _("Means ± standard deviation; the grids are of the first seed.")
    found = table(caption, columns, rows)
    return (found, Gallery(tuple(pictures))) if pictures else (found,)


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
