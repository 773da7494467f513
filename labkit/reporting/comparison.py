"""Two results side by side as a page: what changed in the settings, what in the numbers.

The page is a :class:`labkit.reporting.blocks.Report` of its own, so it looks like a report,
prints like one and is as self-contained.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.reporting.blocks import (
    Block,
    Column,
    Entry,
    Facts,
    Figure,
    Fold,
    Headline,
    Listing,
    Paragraph,
    Picture,
    Report,
    Row,
    Section,
    Table,
)
from labkit.reporting.changes import Change, changes, environments
from labkit.reporting.compare import differences
from labkit.reporting.grids import has, picture
from labkit.reporting.numbers import NOT_MEASURED, count, is_missing, listing, show
from labkit.reporting.paired import (
    Contrast,
    Key,
    Pair,
    contrasts,
    key,
    measured_unlike,
    pairs,
    same,
)
from labkit.reporting.plots import chart
from labkit.reporting.view import Cell, View, all_done

if TYPE_CHECKING:
    import pandas as pd

#: Metrics the two are contrasted in; every other is in the table of all differences.
_MAIN = ("proxy_fid", "precision", "recall", "sharpness", "test_recon_loss", "test_kl_loss")
_COLOURS = (("side-a", "#b35900", "#f2a65c"), ("side-b", "#2464b4", "#72b9f2"))
_MARKS = {"beyond noise": "✓", "within noise": "=", "noise not known": "?", "the same": "="}
#: Names said before a list is folded away.
_FEW = 6
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


def comparison(a: View, b: View, names: tuple[str, str]) -> Report:
    """The page as a value.

    Args:
        a, b: what was found in each.
        names: what to call them, their folders' names.
    """
    two = Two(
        a,
        b,
        names,
        tuple(pairs(a.tables.cells, b.tables.cells)),
        measured_unlike(a.plan, b.plan),
    )
    found = changes(a.plan, b.plan)
    together = contrasts(two.pairs, _MAIN, _family, two.unlike)
    one_by_one = contrasts(two.pairs, ("proxy_fid",), lambda pair: pair.key[0], two.unlike)
    frame = differences(a.tables.cells, b.tables.cells, two.unlike)
    return Report(
        title=f"{names[0]} and {names[1]} compared",
        byline=_byline(two),
        notices=_notices(two),
        headlines=_headlines(two, found, together),
        glance=(),
        sections=(
            _settings(two, found),
            _numbers(two, together),
            _cells(two, one_by_one),
            *_pictures(two),
            _everything(frame),
        ),
        disclosure="Made by labkit from the two stored results; nothing in it was typed by hand.",
        colours=_COLOURS,
    )


def _family(pair: Pair) -> Hashable:
    return pair.either["family"], pair.either["dataset"]


# --------------------------------------------------------------------- first screen


def _byline(two: Two) -> tuple[tuple[str, str], ...]:
    return tuple(
        (side, f"{name}: {view.plan.title} ({view.plan.data_source} data, {view.seeds_said})")
        for side, name, view in zip("AB", two.names, (two.a, two.b), strict=True)
    )


def _notices(two: Two) -> tuple[Paragraph, ...]:
    found = []
    if not two.both:
        found.append(
            Paragraph("No cell of one has the name and seed of a cell of the other.", "warning")
        )
    for side, view in (("A", two.a), ("B", two.b)):
        if view.trouble:
            found.append(Paragraph(f"{side} is incomplete: {all_done(view)}.", "warning"))
    if two.unlike:
        found.append(
            Paragraph(
                f"{count(len(two.unlike), 'cell')} measured with another number of samples or "
                "another feature network: their measures are not compared.",
                "warning",
            )
        )
    seeds = {pair.key[1] for pair in two.both}
    if len(seeds) == 1:
        found.append(
            Paragraph(
                f"They share one seed ({min(seeds)}): run-to-run noise is not known, and any "
                "difference below may be noise alone. Three seeds of both could tell.",
                "note",
            )
        )
    return tuple(found)


def _headlines(
    two: Two, found: Sequence[Change], together: Sequence[Contrast]
) -> tuple[Headline, ...]:
    shared = len(two.both)
    only_a = sum(not pair.b for pair in two.pairs)
    only_b = sum(not pair.a for pair in two.pairs)
    said = [Headline(f"{count(shared, 'cell')} in both, {only_a} only in A, {only_b} only in B.")]
    if shared:
        names = listing(dict.fromkeys(change.name for change in found))
        said.append(
            Headline(
                f"Changed in the settings: {names}." if found else "The settings are the same.",
                "#settings",
            )
        )
    for verdict in _MARKS:
        mine = [c for c in together if c.verdict == verdict]
        if mine:
            which = listing(_contrast_name(c) for c in mine[:_FEW])
            more = f" and {len(mine) - _FEW} more" if len(mine) > _FEW else ""
            said.append(Headline(f"{verdict.capitalize()}: {which}{more}.", "#numbers"))
    return tuple(said[:5])


def _contrast_name(contrast: Contrast) -> str:
    assert isinstance(contrast.group, tuple)
    family, dataset = contrast.group
    return f"{METRICS[contrast.metric].label} of {FAMILIES[family].label}s on {dataset}"


# --------------------------------------------------------------------- settings


def _settings(two: Two, found: Sequence[Change]) -> Section:
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
    return listing(cells) if len(cells) <= _FEW else f"{len(cells)} of {total}"


# --------------------------------------------------------------------- numbers

_HOW = (
    "B − A is averaged over the settings of a model within each seed, so that what a seed brings "
    "to both cancels. The interval is Student's, 95 %, over the seeds. A difference is called "
    "beyond noise from three seeds on, if it stays so after Holm's correction for all rows of the "
    "table; that does not say what caused it."
)
_HOW_ONE = "B − A, averaged over the settings of a model. With one seed there is no interval."


def _numbers(two: Two, together: Sequence[Contrast]) -> Section:
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
        Entry(f"{_MARKS[contrast.verdict]} {contrast.verdict}{note}"),
    )


def _ahead(direction: str, delta: float) -> str:
    if not delta or not direction:
        return "–"
    return "B" if (delta < 0) == (direction == "lower") else "A"


def _signed(value: float) -> str:
    text = show(float(value), 2)
    return text if value <= 0 else f"+{text}"


def _cells(two: Two, one_by_one: Sequence[Contrast]) -> Section:
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
            for values, (colour, _, _), marker in zip(sides, _COLOURS, "os", strict=True):
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


def _pictures(two: Two) -> tuple[Section, ...]:
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


def _everything(frame: pd.DataFrame) -> Section:
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


def named(a: Path, b: Path) -> tuple[str, str]:
    """What to call two folders: their names, or as much of their paths as tells them apart."""
    first, second = a.resolve().parts, b.resolve().parts
    for n in range(1, 1 + max(len(first), len(second)) * (first != second)):
        pair = "/".join(first[-n:]), "/".join(second[-n:])
        if pair[0] != pair[1]:
            return pair
    return a.resolve().name, b.resolve().name
