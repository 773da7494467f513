"""The sections of a comparison: settings, numbers, cell by cell, samples, every difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.reporting.blocks import (
    Block,
    Column,
    Entry,
    Figure,
    Fold,
    Listing,
    Paragraph,
    Picture,
    Section,
    Table,
)
from labkit.reporting.compare.changes import Change, changes
from labkit.reporting.compare.contrasts import Judged, contrasts
from labkit.reporting.compare.paired import Key, Pair, key, measured_unlike, pairs
from labkit.reporting.compare.table import differences, in_words, signed
from labkit.reporting.entries import GAP, number, row, table
from labkit.reporting.grids import has, picture
from labkit.reporting.plots import chart
from labkit.text.language import N_, _, many
from labkit.text.numbers import listing, show

if TYPE_CHECKING:
    from labkit.claims.findings.levels import Contrast
    from labkit.reporting.cell import Cell
    from labkit.reporting.view import View

COLOURS = (("side-a", "#b35900", "#f2a65c"), ("side-b", "#2464b4", "#72b9f2"))
_KEYS = (
    chart.Series("A", chart.Look("side-a", "none", "o", hollow=True)),
    chart.Series("B", chart.Look("side-b", "none", "s")),
)
#: Every strength, and the sign it is found by in a long table.
MARKS = {
    N_("clear"): "✓",
    N_("within noise"): "=",
    N_("level"): "=",
    N_("seen once"): "?",
}
#: Names said before a list is folded away.
FEW = 6
_SCORE = "proxy_fid"
#: Metrics the two are contrasted in; every other is in the table of all differences.
_MAIN = (_SCORE, "precision", "recall", "sharpness", "test_recon_loss", "test_kl_loss")
#: Rows of the table of all differences.
_MOST = 600


@dataclass(frozen=True)
class Two:
    """The two results, and the cells that belong together."""

    a: View
    b: View
    names: tuple[str, str]
    """Of their folders."""

    @cached_property
    def pairs(self) -> list[Pair]:
        return pairs(self.a.tables.cells, self.b.tables.cells)

    @cached_property
    def unlike(self) -> frozenset[Key]:
        return measured_unlike(self.a.plan, self.b.plan)

    @cached_property
    def both(self) -> dict[Key, tuple[Cell, Cell]]:
        """The cells that are in both, as A orders them."""
        first, second = (
            {key(c.name, c.spec.seed): c for c in v.in_order} for v in (self.a, self.b)
        )
        return {k: (cell, second[k]) for k, cell in first.items() if k in second}

    def alone(self, side: str) -> list[str]:
        """The runs that only A or only B has."""
        return [p.either["run"] for p in self.pairs if not (p.b if side == "A" else p.a)]

    @cached_property
    def settings(self) -> list[Change]:
        """What differs between cells of one name."""
        return changes(
            (k[0], a.spec.to_json(), b.spec.to_json()) for k, (a, b) in self.both.items()
        )

    @cached_property
    def machines(self) -> list[Change]:
        """What differs between the machines that trained them."""
        return changes(
            (k[0], *(side.result.environment.get("numeric", {}) for side in (a, b) if side.result))
            for k, (a, b) in self.both.items()
            if a.result and b.result
        )

    @cached_property
    def together(self) -> list[Judged]:
        """B against A by model and data set."""

        def group(pair: Pair) -> tuple[str, str]:
            return pair.either["family"], pair.either["dataset"]

        return contrasts(self.pairs, _MAIN, group, self.unlike)

    @cached_property
    def one_by_one(self) -> list[Judged]:
        """B against A in the proxy FID of each setting."""
        return contrasts(self.pairs, (_SCORE,), lambda pair: pair.key[0], self.unlike)


def settings(two: Two) -> Section:
    """What differs between the plans, the cells of one name, and the machines."""
    blocks: list[Block] = []
    if two.both and not two.settings:
        blocks.append(Paragraph(_("The cells that are in both have the same settings and code.")))
    total = len({name for name, _seed in two.both})
    for caption, found in (
        (_("What differs between cells of one name"), two.settings),
        (_("What differs between the machines"), two.machines),
    ):
        if found:
            rows = [row(*values, _which(names, total)) for *values, names in found]
            blocks.append(table(caption, (_("Setting"), "A", "B", _("Cells")), rows))
    for side in "AB":
        if alone := two.alone(side):
            only = many(
                "{n} cell only in {side}", "{n} cells only in {side}", len(alone), side=side
            )
            blocks.append(Fold(only, (Listing(tuple(alone)),)))
    return Section("settings", _("What changed in the experiment"), tuple(blocks))


def _which(cells: Sequence[str], total: int) -> str:
    if len(cells) == total > 1:
        return _("all {n}", n=total)
    if len(cells) <= FEW:
        return listing(cells)
    return _("{n} of {total}", n=len(cells), total=total)


_HOW = N_(
    "B − A is averaged over the settings of a model within each seed, so that what a seed brings "
    "to both cancels. The interval is Student's, 95 %, over the seeds. A difference is called "
    "clear from three seeds on, if it stays beyond their variation after Holm's correction for all "
    "rows of the table; that does not say what caused it."
)
_HOW_ONE = N_("B − A, averaged over the settings of a model. With one seed there is no interval.")


def numbers(two: Two) -> Section:
    """B against A by model and data set, over the seeds."""
    title, found = _("What changed in the numbers"), two.together
    if not found:
        text = _("Nothing was measured on both sides that may be compared.")
        return Section("numbers", title, (Paragraph(text),))
    names = [f"{_(FAMILIES[c.family].label)}, {_(DATASETS[c.dataset].label)}" for c, _s in found]
    judged = _judged(_("B against A, by model and data set"), _("Model"), names, found)
    return Section(
        "numbers", title, (Paragraph(_(_HOW) if _several(found) else _(_HOW_ONE)), judged)
    )


def _judged(caption: str, first: str, names: Sequence[str], found: Sequence[Judged]) -> Table:
    """A row for each difference; with one seed, without what only several can tell."""
    columns = (
        Column(first),
        Column(_("Measure")),
        Column(_("Settings"), numeric=True, about=_("how many settings the means are over")),
        *(Column(name, numeric=True) for name in ("A", "B", "B − A")),
        Column(_("Ahead")),
        Column(_("95 % interval"), numeric=True, about=_("of B − A, over the seeds in both")),
        Column(_("Seeds"), numeric=True),
        Column(_("Strength")),
    )
    shown = len(columns) if _several(found) else -3
    rows = (
        row(*(name, *_entries(each, strength))[:shown])
        for name, (each, strength) in zip(names, found, strict=True)
    )
    return Table(caption, columns[:shown], tuple(rows), interactive=True)


def _several(found: Sequence[Judged]) -> bool:
    return any(each.n_seeds > 1 for each, _strength in found)


def _entries(each: Contrast, strength: str) -> tuple[Entry | str, ...]:
    about, delta = METRICS[each.metric], each.mean_b - each.mean_a
    ahead = ("B" if (delta < 0) == (about.better == "lower") else "A") if about.better else ""
    interval = GAP
    if ends := each.interval():
        low, high = (signed(each.shown(-end), 2) for end in reversed(ends))
        unit = " %" if each.log else ""
        interval = Entry(_("{low}\u00a0to\u00a0{high}", low=low, high=high) + unit)
    return (
        _(about.label),
        Entry(str(each.n_blocks), each.n_blocks),
        number(each.mean_a, about.digits),
        number(each.mean_b, about.digits),
        Entry(signed(delta, 2), delta),
        ahead if delta and ahead else GAP,
        interval,
        Entry(str(each.n_seeds), each.n_seeds),
        f"{MARKS[strength]} {_(strength)}",
    )


def cells(two: Two) -> Section:
    """Every setting's proxy FID in both."""
    label, found = _(METRICS[_SCORE].label), two.one_by_one
    blocks: tuple[Block, ...] = (Paragraph(_("{measure}: not measured in both.", measure=label)),)
    if found:
        caption = _("{measure} of each setting", measure=label)
        names = [each.cells[0].run for each, _strength in found]
        blocks = (_figure(two), _judged(caption, _("Cell"), names, found))
    return Section("cells", _("Cell by cell"), blocks)


def _figure(two: Two) -> Figure:
    """Every setting's proxy FID in both, a panel for each data set."""
    called = {name: _label(two.a, cell) for (name, _seed), (cell, _b) in two.both.items()}
    panels = []
    for dataset in DATASETS:
        found = [each for each, _strength in two.one_by_one if each.dataset == dataset]
        series = [
            replace(look, label="", x=tuple(values), y=(float(i),) * len(values))
            for i, each in enumerate(found)
            for k, look in enumerate(_KEYS)
            if (values := [cell.metrics[_SCORE].value for cell in each.cells[k::2]])
        ]
        if found:
            panels.append(
                chart.Dots(
                    _(DATASETS[dataset].label),
                    _("Proxy FID; B against A at the right"),
                    tuple(called[each.cells[0].run] for each in found),
                    tuple(series),
                    tuple(_share(each.mean_a, each.mean_b) for each in found),
                )
            )
    return Figure(
        name="both",
        chart=chart.Chart((tuple(panels),), _KEYS),
        reading=_(
            "A row for each setting, a point for each seed: hollow circles are A, squares are B; "
            "further left is better. At the right, how much B's mean is above or below A's."
        ),
        alt=_("Proxy FID of each setting in A and in B, as in the table below."),
        file="plots/both.png",
    )


def _share(a: float, b: float) -> str:
    """How far B's mean is from A's, as a share of A's."""
    text = f"{100 * (b - a) / a:+.0f} %" if a else "–"
    return "0 %" if text[1:] == "0 %" else text.replace("-", "−")


def _label(view: View, cell: Cell) -> str:
    return f"{_(FAMILIES[cell.spec.family].label)} {view.style.label(cell.spec)}"


def pictures(two: Two) -> tuple[Section, ...]:
    """The samples of A's best cell of each model and data set, beside B's of that cell."""
    rows = []
    for family in two.a.families:
        for dataset in two.a.datasets:
            best = two.a.best(family, dataset)
            both = two.both.get(key(best.name, best.spec.seed)) if best else None
            if best is None or both is None:
                continue
            shown = tuple(_sides(two, both))
            if len(shown) == 2:
                who = f"{_(FAMILIES[family].label)}, {_(DATASETS[dataset].label)}"
                rows.append(row(who, two.a.title(best), Entry("", pictures=shown)))
    if not rows:
        return ()
    columns = (_("Model"), _("Best cell of A"), _("Samples of their best epochs"))
    caption = _("The cell with the lowest proxy FID in A of each model and data set; the same in B")
    grids = table(caption, columns, rows)
    return (Section("images", _("Samples side by side"), (grids,)),)


def _sides(two: Two, both: tuple[Cell, Cell]) -> Iterator[Picture]:
    """A cell's samples at its best epoch in A and in B, where they were kept."""
    for side, view, cell in zip("AB", (two.a, two.b), both, strict=True):
        epoch = cell.best_epoch
        if epoch is not None and has(cell, "samples", epoch):
            made = picture(view, cell, "samples", epoch)
            fid = _("proxy FID {value}", value=show(cell.metric(_SCORE)))
            caption = f"{side} · {_('epoch {epoch}', epoch=epoch)} · {fid}"
            run, alt = f"{side}: {made.run}", f"{side}: {made.alt}"
            yield replace(made, run=run, caption=caption, alt=alt)


def everything(two: Two) -> Section:
    """Every value that differs, folded away: it can be long."""
    title = _("Every difference")
    said = in_words(differences(two.a.tables.cells, two.b.tables.cells, two.unlike))
    if not said:
        text = _("No value of any cell differs.")
        return Section("everything", title, (Paragraph(text),))
    caption = _("Values that differ")
    if len(said) > _MOST:
        caption = _("Values that differ, the first {n} of {total}", n=_MOST, total=len(said))
    values = (Column(name, numeric=True) for name in ("A", "B", "B − A"))
    columns = (Column(_("Cell")), Column(_("Value")), *values, Column(_("Remark")))
    rows = tuple(row(*texts, run=texts[0]) for texts in said[:_MOST])
    differ = many("{n} value differ", "{n} values differ", len(said))
    fold = Fold(differ, (Table(caption, columns, rows),))
    about = Paragraph(_("`labkit compare A B --csv` writes these as a table."))
    return Section("everything", title, (about, fold))
