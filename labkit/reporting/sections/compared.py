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
from labkit.reporting.changes import Change, environments
from labkit.reporting.grids import has, picture
from labkit.reporting.numbers import NOT_MEASURED, count, is_missing, listing, show
from labkit.reporting.paired import (
    Contrast,
    Key,
    Pair,
    key,
    same,
)
from labkit.reporting.plots import chart
from labkit.reporting.view import Cell, View

if TYPE_CHECKING:
    import pandas as pd

COLOURS = (("side-a", "#b35900", "#f2a65c"), ("side-b", "#2464b4", "#72b9f2"))
#: Every verdict, and the sign it is found by in a long table.
MARKS = {"beyond noise": "✓", "within noise": "=", "noise not known": "?", "the same": "="}
#: Names said before a list is folded away.
FEW = 6
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
        blocks.append(_three("What differs between cells of one name", "Setting", rows))
    elif two.both:
        blocks.append(Paragraph("The cells that are in both have the same settings and code."))
    machines = environments(two.a.outcomes, two.b.outcomes)
    if machines:
        rows = [Row((Entry(name), Entry(u), Entry(v))) for name, u, v in machines]
        blocks.append(_three("What differs between the machines", "Environment", rows))
    for side, alone in (
        ("A", [pair.either["run"] for pair in two.pairs if not pair.b]),
        ("B", [pair.either["run"] for pair in two.pairs if not pair.a]),
    ):
        if alone:
            names = Listing(tuple(alone))
            blocks.append(Fold(f"{count(len(alone), 'cell')} only in {side}", (names,)))
    return Section("settings", "What changed in the experiment", tuple(blocks))


def _three(caption: str, first: str, rows: Sequence[Row]) -> Table:
    """A thing, its value in A, its value in B, and where there is a fourth entry, which cells."""
    names = (first, "A", "B", "Cells")[: len(rows[0].entries)]
    return Table(caption, tuple(Column(name) for name in names), tuple(rows))


def _plans(two: Two) -> tuple[tuple[str, str], ...]:
    rows = (
        ("Cells", str(len(two.a.plan.cells)), str(len(two.b.plan.cells))),
        ("Seeds", *(listing(map(str, view.plan.seeds)) for view in (two.a, two.b))),
        ("Data", two.a.plan.data_source, two.b.plan.data_source),
        ("Profile", two.a.plan.profile or "none", two.b.plan.profile or "none"),
    )
    return tuple((name, u if u == v else f"A: {u} · B: {v}") for name, u, v in rows)


def _which(cells: Sequence[str], total: int) -> str:
    if len(cells) == total:
        return f"all {total}" if total > 1 else cells[0]
    return listing(cells) if len(cells) <= FEW else f"{len(cells)} of {total}"


# --------------------------------------------------------------------- numbers

_HOW = (
    "B − A is averaged over the settings of a model within each seed, so that what a seed brings "
    "to both cancels. The interval is Student's, 95 %, over the seeds. A difference is called "
    "beyond noise from three seeds on, if it stays so after Holm's correction for all rows of the "
    "table; that does not say what caused it."
)
_HOW_ONE = "B − A, averaged over the settings of a model. With one seed there is no interval."


def numbers(two: Two, together: Sequence[Contrast]) -> Section:
    """B against A by model and data set, over the seeds."""
    if not together:
        text = "Nothing was measured on both sides that may be compared."
        return Section("numbers", "What changed in the numbers", (Paragraph(text),))
    rows = []
    for contrast in together:
        assert isinstance(contrast.group, tuple)
        family, dataset = contrast.group
        head = (
            Entry(f"{FAMILIES[family].label}, {DATASETS[dataset].label}"),
            Entry(METRICS[contrast.metric].label),
            Entry(str(contrast.settings), contrast.settings),
        )
        rows.append(Row((*head, *_judged(contrast, _several(together)))))
    columns = (
        Column("Model"),
        Column("Measure"),
        Column("Settings", numeric=True, about="how many settings the means are over"),
        *_columns(together),
    )
    table = Table("B against A, by model and data set", columns, tuple(rows), interactive=True)
    return Section(
        "numbers",
        "What changed in the numbers",
        (Paragraph(_HOW if _several(together) else _HOW_ONE), table),
    )


_VALUES = (
    Column("A", numeric=True),
    Column("B", numeric=True),
    Column("B − A", numeric=True),
    Column("Ahead"),
)
_NOISE = (
    Column("95 % interval", numeric=True, about="of B − A, over the seeds in both"),
    Column("Seeds", numeric=True),
    Column("Beyond noise?"),
)


def _columns(some: Sequence[Contrast]) -> tuple[Column, ...]:
    """With one seed, that noise is not known is said once, above, and not in every row."""
    return (*_VALUES, *_NOISE) if _several(some) else _VALUES


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
    ends = contrast.interval and [_signed(end) for end in contrast.interval]
    note = f" ({contrast.note})" if contrast.note else ""
    return (
        *values,
        Entry(f"{ends[0]}\u00a0to\u00a0{ends[1]}" if ends else "–", tone="" if ends else "missing"),
        Entry(str(len(contrast.seeds)), len(contrast.seeds)),
        Entry(f"{MARKS[contrast.verdict]} {contrast.verdict}{note}"),
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
        columns = (Column("Cell"), *_columns(one_by_one))
        caption = f"{METRICS['proxy_fid'].label} of each setting"
        blocks.append(Table(caption, columns, tuple(rows), interactive=True))
    if not blocks:
        blocks.append(Paragraph(f"{METRICS['proxy_fid'].label}: {NOT_MEASURED} in both."))
    return Section("cells", "Cell by cell", tuple(blocks))


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
            for values, (colour, _, _), marker in zip(sides, COLOURS, "os", strict=True):
                y = (float(i),) * len(values)
                series.append(
                    chart.Series("", tuple(values), y, colour, "none", marker, marker == "o")
                )
            means = [sum(values) / len(values) for values in sides]
            labels.append(_share(*means))
        panels.append(
            chart.Dots(
                DATASETS[dataset].label,
                "Proxy FID; B against A at the right",
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
        title="Proxy FID in A and B",
        chart=chart.Chart((tuple(panels),), keys),
        reading=(
            "A row for each setting, a point for each seed: hollow circles are A, squares are B; "
            "further left is better. At the right, how much B's mean is above or below A's."
        ),
        finding="",
        alt="Proxy FID of each setting in A and in B, as in the table below.",
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
    return f"{FAMILIES[cell.spec.family].label} {two.a.style.label(cell.spec)}"


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
                who = f"{FAMILIES[family].label}, {DATASETS[dataset].label}"
                cell = f"{two.a.title(best)}"
                rows.append(
                    Row((Entry(who), Entry(cell), Entry("", pictures=(sides[0], sides[1]))))
                )
    if not rows:
        return ()
    columns = (Column("Model"), Column("Best cell of A"), Column("Samples of their best epochs"))
    caption = "The cell with the lowest proxy FID in A of each model and data set; the same in B"
    return (Section("images", "Samples side by side", (Table(caption, columns, tuple(rows)),)),)


def _side(view: View, cell: Cell, side: str) -> Picture | None:
    epoch = cell.best_epoch
    if epoch is None or not has(cell, "samples", epoch):
        return None
    made = picture(view, cell, "samples", epoch)
    fid = show(cell.metric("proxy_fid"))
    return replace(
        made,
        run=f"{side}: {made.run}",
        caption=f"{side} · epoch {epoch} · proxy FID {fid}",
        alt=f"{side}: {made.alt}",
    )


# --------------------------------------------------------------------- all of it


def everything(frame: pd.DataFrame) -> Section:
    """Every value that differs, folded away: it can be long."""
    rows = [
        Row(
            (
                Entry(str(row["run"])),
                Entry(METRICS[row["name"]].label if row["name"] in METRICS else row["name"]),
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
    blocks: list[Block] = [Paragraph("`labkit compare A B --csv` writes these as a table.")]
    if rows:
        columns = (
            Column("Cell"),
            Column("Value"),
            *(Column(name, numeric=True) for name in ("A", "B", "B − A")),
            Column("Remark"),
        )
        cut = f", the first {_MOST} of {len(rows)}" if len(rows) > _MOST else ""
        table = Table(f"Values that differ{cut}", columns, tuple(rows[:_MOST]))
        blocks.append(Fold(f"{count(len(rows), 'value')} differ", (table,)))
    else:
        blocks = [Paragraph("No value of any cell differs.")]
    return Section("everything", "Every difference", tuple(blocks))


def _value(name: str, value: Any) -> str:
    return show(value, METRICS[name].digits if name in METRICS else 3, "–")
