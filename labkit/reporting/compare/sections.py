"""The sections of a comparison: settings, numbers, cell by cell, samples, every difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.reporting.blocks import (
    Block,
    Column,
    Entry,
    Facts,
    Figure,
    Fold,
    Listing,
    Paragraph,
    Picture,
    Row,
    Section,
    Table,
)
from labkit.reporting.cell import STATUSES, Cell
from labkit.reporting.compare.changes import Change, environments
from labkit.reporting.compare.paired import Contrast, Key, Pair, key, same
from labkit.reporting.grids import has, picture
from labkit.reporting.plots import chart
from labkit.reporting.view import View
from labkit.text.language import N_, _, many
from labkit.text.numbers import is_missing, listing, setting, show

if TYPE_CHECKING:
    import pandas as pd

COLOURS = (("side-a", "#b35900", "#f2a65c"), ("side-b", "#2464b4", "#72b9f2"))
#: Every verdict, and the sign it is found by in a long table.
MARKS = {
    N_("beyond noise"): "✓",
    N_("within noise"): "=",
    N_("noise not known"): "?",
    N_("the same"): "=",
}
#: Names said before a list is folded away.
FEW = 6
#: Columns of the table of cells that are neither settings nor metrics.
_RESULTS = (N_("best_epoch"), N_("collapse"), N_("status"))
#: Rows of the table of all differences.
_MOST = 600


@dataclass(frozen=True)
class Two:
    """The two results, and the cells that belong together."""

    a: View
    b: View
    names: tuple[str, str]
    """Of their folders."""
    pairs: tuple[Pair, ...]
    unlike: frozenset[Key]

    @property
    def both(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.a and pair.b]


# --------------------------------------------------------------------- settings


def settings(two: Two, found: Sequence[Change]) -> Section:
    """What differs between the plans, the cells of one name, and the machines."""
    blocks: list[Block] = [Facts(_plans(two))]
    if found:
        total = len({pair.key[0] for pair in two.both})
        rows = [
            Row((Entry(c.name), Entry(c.a), Entry(c.b), Entry(_which(c.cells, total))))
            for c in found
        ]
        blocks.append(_three(_("What differs between cells of one name"), _("Setting"), rows))
    elif two.both:
        blocks.append(Paragraph(_("The cells that are in both have the same settings and code.")))
    machines = environments(two.a.in_order, two.b.in_order)
    if machines:
        rows = [Row((Entry(name), Entry(u), Entry(v))) for name, u, v in machines]
        blocks.append(_three(_("What differs between the machines"), _("Environment"), rows))
    for side, alone in (
        ("A", [pair.either["run"] for pair in two.pairs if not pair.b]),
        ("B", [pair.either["run"] for pair in two.pairs if not pair.a]),
    ):
        if alone:
            names = Listing(tuple(alone))
            only = many(
                "{n} cell only in {side}", "{n} cells only in {side}", len(alone), side=side
            )
            blocks.append(Fold(only, (names,)))
    return Section("settings", _("What changed in the experiment"), tuple(blocks))


def _three(caption: str, first: str, rows: Sequence[Row]) -> Table:
    """A thing, its value in A, its value in B, and where there is a fourth entry, which cells."""
    names = (first, "A", "B", _("Cells"))[: len(rows[0].entries)]
    return Table(caption, tuple(Column(name) for name in names), tuple(rows))


def _plans(two: Two) -> tuple[tuple[str, str], ...]:
    rows = (
        (_("Cells"), str(len(two.a.plan.cells)), str(len(two.b.plan.cells))),
        (_("Seeds"), *(listing(map(str, view.plan.seeds)) for view in (two.a, two.b))),
        (_("Data"), two.a.plan.data_source, two.b.plan.data_source),
        (_("Profile"), *(setting(view.plan.profile or None) for view in (two.a, two.b))),
    )
    return tuple((name, u if u == v else f"A: {u} · B: {v}") for name, u, v in rows)


def _which(cells: Sequence[str], total: int) -> str:
    if len(cells) == total:
        return _("all {n}", n=total) if total > 1 else cells[0]
    if len(cells) <= FEW:
        return listing(cells)
    return _("{n} of {total}", n=len(cells), total=total)


# --------------------------------------------------------------------- numbers

_HOW = N_(
    "B − A is averaged over the settings of a model within each seed, so that what a seed brings "
    "to both cancels. The interval is Student's, 95 %, over the seeds. A difference is called "
    "beyond noise from three seeds on, if it stays so after Holm's correction for all rows of the "
    "table; that does not say what caused it."
)
_HOW_ONE = N_("B − A, averaged over the settings of a model. With one seed there is no interval.")


def numbers(together: Sequence[Contrast]) -> Section:
    """B against A by model and data set, over the seeds."""
    if not together:
        text = _("Nothing was measured on both sides that may be compared.")
        return Section("numbers", _("What changed in the numbers"), (Paragraph(text),))
    rows = []
    for contrast in together:
        assert isinstance(contrast.group, tuple)
        family, dataset = contrast.group
        head = (
            Entry(f"{_(FAMILIES[family].label)}, {_(DATASETS[dataset].label)}"),
            Entry(_(METRICS[contrast.metric].label)),
            Entry(str(contrast.settings), contrast.settings),
        )
        rows.append(Row((*head, *_judged(contrast, _several(together)))))
    columns = (
        Column(_("Model")),
        Column(_("Measure")),
        Column(_("Settings"), numeric=True, about=_("how many settings the means are over")),
        *_columns(together),
    )
    caption = _("B against A, by model and data set")
    table = Table(caption, columns, tuple(rows), interactive=True)
    return Section(
        "numbers",
        _("What changed in the numbers"),
        (Paragraph(_(_HOW) if _several(together) else _(_HOW_ONE)), table),
    )


def _columns(some: Sequence[Contrast]) -> tuple[Column, ...]:
    """With one seed, that noise is not known is said once, above, and not in every row."""
    values = (*(Column(name, numeric=True) for name in ("A", "B", "B − A")), Column(_("Ahead")))
    if not _several(some):
        return values
    return (
        *values,
        Column(_("95 % interval"), numeric=True, about=_("of B − A, over the seeds in both")),
        Column(_("Seeds"), numeric=True),
        Column(_("Beyond noise?")),
    )


def _several(some: Sequence[Contrast]) -> bool:
    return any(len(contrast.seeds) > 1 for contrast in some)


def _judged(contrast: Contrast, several: bool) -> tuple[Entry, ...]:
    about, delta = METRICS[contrast.metric], contrast.difference
    values = (
        Entry(show(contrast.a, about.digits), contrast.a),
        Entry(show(contrast.b, about.digits), contrast.b),
        Entry(_signed(delta), delta),
        Entry(_ahead(about.better, delta)),
    )
    if not several:
        return values
    interval = Entry("–", tone="missing")
    if contrast.interval:
        low, high = (_signed(end) for end in contrast.interval)
        interval = Entry(_("{low}\u00a0to\u00a0{high}", low=low, high=high))
    note = f" ({contrast.note})" if contrast.note else ""
    return (
        *values,
        interval,
        Entry(str(len(contrast.seeds)), len(contrast.seeds)),
        Entry(f"{MARKS[contrast.verdict]} {_(contrast.verdict)}{note}"),
    )


def _ahead(direction: str, delta: float) -> str:
    if not delta or not direction:
        return "–"
    return "B" if (delta < 0) == (direction == "lower") else "A"


def _signed(value: float) -> str:
    text = show(float(value), 2)
    return text if value <= 0 else f"+{text}"


def cells(two: Two, one_by_one: Sequence[Contrast]) -> Section:
    """Every setting's proxy FID in both."""
    blocks: list[Block] = []
    figure = _figure(two)
    if figure:
        blocks.append(figure)
    if one_by_one:
        several = _several(one_by_one)
        rows = [Row((Entry(str(c.group)), *_judged(c, several))) for c in one_by_one]
        columns = (Column(_("Cell")), *_columns(one_by_one))
        caption = _("{measure} of each setting", measure=_(METRICS["proxy_fid"].label))
        blocks.append(Table(caption, columns, tuple(rows), interactive=True))
    if not blocks:
        label = _(METRICS["proxy_fid"].label)
        blocks.append(Paragraph(_("{measure}: not measured in both.", measure=label)))
    return Section("cells", _("Cell by cell"), tuple(blocks))


def _figure(two: Two) -> Figure | None:
    """Every setting's proxy FID in both, a panel for each data set."""
    panels = []
    for dataset in DATASETS:
        known: dict[str, tuple[list[float], list[float]]] = {}
        for pair in two.both:
            if pair.either["dataset"] == dataset and pair.number("proxy_fid") is not None:
                if pair.key in two.unlike:
                    continue
                sides = known.setdefault(_label(two, pair), ([], []))
                sides[0].append(float(pair.a["proxy_fid"]))
                sides[1].append(float(pair.b["proxy_fid"]))
        if not known:
            continue
        series, labels = [], []
        for i, sides in enumerate(known.values()):
            for values, (colour, *_both), marker in zip(sides, COLOURS, "os", strict=True):
                y = (float(i),) * len(values)
                series.append(
                    chart.Series("", tuple(values), y, colour, "none", marker, marker == "o")
                )
            means = [sum(values) / len(values) for values in sides]
            labels.append(_share(*means))
        panels.append(
            chart.Dots(
                _(DATASETS[dataset].label),
                _("Proxy FID; B against A at the right"),
                tuple(known),
                tuple(series),
                tuple(labels),
                log=True,
            )
        )
    if not panels:
        return None
    keys = (
        chart.Key("A", "side-a", "none", "o", hollow=True),
        chart.Key("B", "side-b", "none", "s"),
    )
    return Figure(
        name="both",
        title=_("Proxy FID in A and B"),
        chart=chart.Chart((tuple(panels),), keys),
        reading=_(
            "A row for each setting, a point for each seed: hollow circles are A, squares are B; "
            "further left is better. At the right, how much B's mean is above or below A's."
        ),
        finding="",
        alt=_("Proxy FID of each setting in A and in B, as in the table below."),
        file="plots/both.png",
    )


def _share(a: float, b: float) -> str:
    """How far B's mean is from A's, as a share of A's."""
    if not a:
        return "–"
    text = f"{100 * (b - a) / a:+.0f} %"
    return "0 %" if text[1:] == "0 %" else text.replace("-", "−")


def _label(two: Two, pair: Pair) -> str:
    cell = _of(two.a, pair.key)
    assert cell is not None
    return f"{_(FAMILIES[cell.spec.family].label)} {two.a.style.label(cell.spec)}"


def _of(view: View, wanted: Key) -> Cell | None:
    return next((c for c in view.cells if key(c.spec.name, c.spec.seed) == wanted), None)


# --------------------------------------------------------------------- images


def pictures(two: Two) -> tuple[Section, ...]:
    """The samples of A's best cell of each model and data set, beside B's of that cell."""
    rows = []
    for family in two.a.families:
        for dataset in two.a.datasets:
            best = two.a.best(family, dataset)
            other = best and _of(two.b, key(best.spec.name, best.spec.seed))
            if not best or not other:
                continue
            sides = _side(two.a, best, "A"), _side(two.b, other, "B")
            if sides[0] and sides[1]:
                who = f"{_(FAMILIES[family].label)}, {_(DATASETS[dataset].label)}"
                cell = f"{two.a.title(best)}"
                rows.append(
                    Row((Entry(who), Entry(cell), Entry("", pictures=(sides[0], sides[1]))))
                )
    if not rows:
        return ()
    names = (_("Model"), _("Best cell of A"), _("Samples of their best epochs"))
    columns = tuple(Column(name) for name in names)
    caption = _("The cell with the lowest proxy FID in A of each model and data set; the same in B")
    return (Section("images", _("Samples side by side"), (Table(caption, columns, tuple(rows)),)),)


def _side(view: View, cell: Cell, side: str) -> Picture | None:
    epoch = cell.best_epoch
    if epoch is None or not has(cell, "samples", epoch):
        return None
    made = picture(view, cell, "samples", epoch)
    fid = show(cell.metric("proxy_fid"))
    return replace(
        made,
        run=f"{side}: {made.run}",
        caption=" · ".join(
            (side, _("epoch {epoch}", epoch=epoch), _("proxy FID {value}", value=fid))
        ),
        alt=f"{side}: {made.alt}",
    )


# --------------------------------------------------------------------- all of it


def everything(frame: pd.DataFrame) -> Section:
    """Every value that differs, folded away: it can be long."""
    rows = [
        Row(
            (
                Entry(str(row["run"])),
                Entry(_called(row["name"])),
                Entry(_value(row["name"], row["a"])),
                Entry(_value(row["name"], row["b"])),
                Entry("" if is_missing(row["difference"]) else _signed(row["difference"])),
                Entry(row["note"]),
            ),
            run=str(row["run"]),
        )
        for row in frame.to_dict("records")
        if not same(row["a"], row["b"])
    ]
    blocks: list[Block] = [Paragraph(_("`labkit compare A B --csv` writes these as a table."))]
    if rows:
        columns = (
            Column(_("Cell")),
            Column(_("Value")),
            *(Column(name, numeric=True) for name in ("A", "B", "B − A")),
            Column(_("Remark")),
        )
        caption = _("Values that differ")
        if len(rows) > _MOST:
            caption = _("Values that differ, the first {n} of {total}", n=_MOST, total=len(rows))
        table = Table(caption, columns, tuple(rows[:_MOST]))
        differ = many("{n} value differ", "{n} values differ", len(rows))
        blocks.append(Fold(differ, (table,)))
    else:
        blocks = [Paragraph(_("No value of any cell differs."))]
    return Section("everything", _("Every difference"), tuple(blocks))


def _called(name: str) -> str:
    """A column of the table of cells; a setting by its own name."""
    if name in METRICS:
        return _(METRICS[name].label)
    return _(name) if name in _RESULTS else name


def _value(name: str, value: Any) -> str:
    if name == "status" and value in STATUSES:
        return _(value)
    return show(value, METRICS[name].digits if name in METRICS else 3, "–")
