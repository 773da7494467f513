"""Two results side by side: as text, or as a page of what changed in settings and numbers.

The page is a report of its own, so it looks and prints like one and is as self-contained.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product, zip_longest
from pathlib import Path

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.claims.findings.levels import Contrast
from labkit.reporting import blocks as say
from labkit.reporting.blocks import Block, Column, Entry, Paragraph, Report, Section
from labkit.reporting.compare import table as compare
from labkit.reporting.compare.table import SCORE, Judged, Two
from labkit.reporting.entries import GAP, Columns, number, row, table
from labkit.reporting.files import MADE_HERE, write_file
from labkit.reporting.languages import labelled, typeset
from labkit.reporting.plots.chart import Chart, Dots, Look, Series
from labkit.reporting.render.files import Drawings, html
from labkit.reporting.sections.images import has, picture
from labkit.reporting.view import View, read_view
from labkit.store.store import Store
from labkit.text.language import N_, _, code, many
from labkit.text.numbers import listing, show

COLOURS = (("side-a", "#b35900", "#f2a65c"), ("side-b", "#2464b4", "#72b9f2"))
_KEYS = (Series("A", Look("side-a", "none", "o", True)), Series("B", Look("side-b", "none", "s")))
#: Every strength, and the sign it is found by in a long table.
MARKS = {N_("clear"): "✓", N_("within noise"): "=", N_("level"): "=", N_("seen once"): "?"}
#: Names said before a list is folded away; rows of the table of all differences.
FEW, _MOST = 6, 600


def compare_text(roots: Sequence[Path], *, csv: bool = False) -> str:
    """The table of one results folder, or of two side by side; as CSV with every metric."""
    first, *more = (read_view(Store(root)) for root in roots)
    if not more:
        return compare.one(first.tables.cells, csv)
    unlike = compare.measured_unlike(first.plan, more[0].plan)
    return compare.two(first.tables.cells, more[0].tables.cells, csv, unlike)


def build_comparison(a: Path, b: Path, out: Path) -> Path:
    """Write the newest plans of two results folders side by side as the page `out`.

    A StoreError where a plan, a ReportError where a picture cannot be read or `out` be written.
    """
    page = typeset(comparison(read_view(Store(a)), read_view(Store(b)), named(a, b)))
    page = labelled(page, code())
    write_file(out, html(page, Drawings(page, ("svg",))).encode(), MADE_HERE)
    return out


def comparison(a: View, b: View, names: tuple[str, str]) -> Report:
    """The page of two results as a value; `names`: what to call them."""
    two = Two(a, b)
    sections = settings(two), numbers(two), cells(two), pictures(two), everything(two)
    return Report(
        title=_("{a} and {b} compared", a=names[0], b=names[1]),
        byline=tuple(zip("AB", map(_who, names, (a, b)), strict=True)),
        notices=tuple(_notices(two)),
        headlines=tuple(_headlines(two)),
        glance=(),
        sections=tuple(filter(None, sections)),
        disclosure=_(
            "Made by labkit from the two stored results; nothing in it was typed by hand."
        ),
        colours=COLOURS,
    )


def _who(name: str, view: View) -> str:
    data = _("full data") if view.plan.data_source == "full" else _("bundled data")
    profile = [_("profile {name}", name=view.plan.profile)] if view.plan.profile else []
    return f"{name}: {view.plan.title} ({', '.join([data, *profile, view.seeds_said])})"


def _notices(two: Two) -> Iterator[Paragraph]:
    if not two.both:
        text = _("No cell of one has the name and seed of a cell of the other.")
        yield Paragraph(text, "warning")
    for side, view in (("A", two.a), ("B", two.b)):
        if view.trouble:
            text = _("{side} is incomplete: {cells}.", side=side, cells=view.all_done)
            yield Paragraph(text, "warning")
    if two.unlike:
        text = many(
            "{n} cell measured with another number of samples or another feature "
            "network: their measures are not compared.",
            "{n} cells measured with another number of samples or another feature "
            "network: their measures are not compared.",
            len(two.unlike),
        )
        yield Paragraph(text, "warning")
    seeds = {seed for _name, seed in two.both}
    if len(seeds) == 1:
        text = _(
            "They share one seed ({seed}): run-to-run noise is not known, and any difference below "
            "may be noise alone. Three seeds of both could tell.",
            seed=min(seeds),
        )
        yield Paragraph(text, "note")


def _headlines(two: Two) -> Iterator[Entry]:
    text = many(
        "{n} cell in both, {a} only in A, {b} only in B.",
        "{n} cells in both, {a} only in A, {b} only in B.",
        len(two.both),
        a=len(two.alone("A")),
        b=len(two.alone("B")),
    )
    yield Entry(text)
    if two.both:
        names = listing(dict.fromkeys(name for name, *_rest in two.settings))
        text = _("Changed in the settings: {names}.", names=names)
        yield Entry(text if names else _("The settings are the same."), href="#settings")
    for word in MARKS:
        if mine := [_called(each) for each, strength in two.together if strength == word]:
            which = listing(mine[:FEW])
            if len(mine) > FEW:
                which = _("{names} and {n} more", names=which, n=len(mine) - FEW)
            yield Entry(f"{_(word).capitalize()}: {which}.", href="#numbers")


def _called(each: Contrast) -> str:
    metric, models = _(METRICS[each.metric].label), _(FAMILIES[each.family].label)
    on = each.dataset
    return _("{metric} of {models} on {dataset}", metric=metric, models=models, dataset=on)


def named(a: Path, b: Path) -> tuple[str, str]:
    """What to call two folders: their names, or as much of their paths as tells them apart."""
    first, second = a.resolve().parts, b.resolve().parts
    ends = zip_longest(reversed(first), reversed(second))
    apart = next((n for n, (u, v) in enumerate(ends, 1) if u != v), 1)
    return "/".join(first[-apart:]), "/".join(second[-apart:])


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
        if n := len(alone := two.alone(side)):
            only = many("{n} cell only in {side}", "{n} cells only in {side}", n, side=side)
            blocks.append(say.Fold(only, (say.Listing(tuple(alone)),)))
    return Section("settings", _("What changed in the experiment"), tuple(blocks))


def _which(cells: Sequence[str], total: int) -> str:
    if len(cells) == total > 1:
        return _("all {n}", n=total)
    return listing(cells) if len(cells) <= FEW else _("{n} of {total}", n=len(cells), total=total)


_HOW = N_(
    "B − A is averaged over the settings of a model within each seed, so that what a seed brings "
    "to both cancels. The interval is Student's, 95 %, over the seeds. A difference is called "
    "clear from three seeds on, if it stays beyond their variation after Holm's correction for all "
    "rows of the table; that does not say what caused it."
)
_HOW_ONE = N_("B − A, averaged over the settings of a model. With one seed there is no interval.")


def numbers(two: Two) -> Section:
    """B against A by model and data set, over the seeds."""
    found = two.together
    blocks: list[Block] = [Paragraph(_("Nothing was measured on both sides that may be compared."))]
    if found:
        names = [_whose(each.family, each.dataset) for each, _strength in found]
        judged = _judged(_("B against A, by model and data set"), _("Model"), names, found)
        blocks = [Paragraph(_(_HOW) if _several(found) else _(_HOW_ONE)), judged]
    return Section("numbers", _("What changed in the numbers"), tuple(blocks))


def _whose(family: str, dataset: str) -> str:
    return _("{a}, {b}", a=_(FAMILIES[family].label), b=_(DATASETS[dataset].label))


def _judged(caption: str, first: str, names: Sequence[str], found: Sequence[Judged]) -> say.Table:
    """A row for each difference; with one seed, without what only several can tell."""
    columns: Columns = (
        first,
        _("Measure"),
        Column(_("Settings"), True, _("how many settings the means are over")),
        *(Column(name, True) for name in ("A", "B", "B − A")),
        _("Ahead"),
        Column(_("95 % interval"), True, _("of B − A, over the seeds in both")),
        Column(_("Seeds"), True),
        _("Strength"),
    )
    shown, rows = len(columns) if _several(found) else -3, []
    for name, (each, strength) in zip(names, found, strict=True):
        about, delta = METRICS[each.metric], each.mean_b - each.mean_a
        ahead = ("B" if (delta < 0) == (about.better == "lower") else "A") if about.better else ""
        interval = GAP
        if ends := each.interval():
            low, high = (compare.signed(each.shown(-end), 2) for end in reversed(ends))
            unit = " %" if each.log else ""
            interval = Entry(_("{low}\u00a0to\u00a0{high}", low=low, high=high) + unit)
        means = (number(mean, about.digits) for mean in (each.mean_a, each.mean_b))
        over, seeds = (Entry(str(n), n) for n in (each.n_blocks, each.n_seeds))
        side = ahead if delta and ahead else GAP
        said = f"{MARKS[strength]} {_(strength)}"
        change = Entry(compare.signed(delta, 2), delta)
        entries = name, _(about.label), over, *means, change, side, interval, seeds, said
        rows.append(entries[:shown])
    return table(caption, columns[:shown], rows, interactive=True, aligned=False)


def _several(found: Sequence[Judged]) -> bool:
    return any(each.n_seeds > 1 for each, _strength in found)


def cells(two: Two) -> Section:
    """Every setting's proxy FID in both."""
    label, found = _(METRICS[SCORE].label), two.one_by_one
    blocks: list[Block] = [Paragraph(_("{measure}: not measured in both.", measure=label))]
    if found:
        caption = _("{measure} of each setting", measure=label)
        names = [each.cells[0].run for each, _strength in found]
        blocks = [_figure(two), _judged(caption, _("Cell"), names, found)]
    return Section("cells", _("Cell by cell"), tuple(blocks))


def _figure(two: Two) -> say.Figure:
    """Every setting's proxy FID in both, a panel for each data set."""
    called = {
        name: f"{_(FAMILIES[cell.spec.family].label)} {two.a.style.label(cell.spec)}"
        for (name, _seed), (cell, _b) in two.both.items()
    }
    panels = []
    for dataset in DATASETS:
        found = [each for each, _strength in two.one_by_one if each.dataset == dataset]
        series = [
            replace(look, label="", x=tuple(values), y=(float(i),) * len(values))
            for i, each in enumerate(found)
            for k, look in enumerate(_KEYS)
            if (values := [cell.metrics[SCORE].value for cell in each.cells[k::2]])
        ]
        if found:
            title, measure = _(DATASETS[dataset].label), _("Proxy FID; B against A at the right")
            rows = tuple(called[each.cells[0].run] for each in found)
            shares = tuple(_share(each.mean_a, each.mean_b) for each in found)
            panels.append(Dots(title, measure, rows, tuple(series), shares))
    chart = Chart((tuple(panels),), _KEYS)
    reading = _(
        "A row for each setting, a point for each seed: hollow circles are A, squares are B; "
        "further left is better. At the right, how much B's mean is above or below A's."
    )
    alt = _("Proxy FID of each setting in A and in B, as in the table below.")
    return say.Figure("both", chart, reading, alt, "plots/both.png")


def _share(a: float, b: float) -> str:
    """How far B's mean is from A's, as a share of A's."""
    text = f"{100 * (b - a) / a:+.0f} %" if a else "–"
    return "0 %" if text[1:] == "0 %" else text.replace("-", "−")


def pictures(two: Two) -> Section | None:
    """The samples of A's best cell of each model and data set, beside B's of that cell."""
    rows = []
    for family, dataset in product(two.a.families, two.a.datasets):
        best = two.a.best(family, dataset)
        both = two.both.get(compare.key(best.name, best.spec.seed), ()) if best else ()
        shown = []
        for side, view, cell in zip("AB", (two.a, two.b), both, strict=False):
            if cell.best_epoch and has(cell, "samples"):
                made, fid = picture(view, cell, "samples", None), show(cell.metric(SCORE))
                said = _("epoch {epoch}", epoch=cell.best_epoch), _("proxy FID {value}", value=fid)
                run, alt = f"{side}: {made.run}", f"{side}: {made.alt}"
                shown.append(replace(made, run=run, caption=" · ".join((side, *said)), alt=alt))
        if best and len(shown) == 2:
            grids = Entry("", pictures=tuple(shown))
            rows.append((_whose(family, dataset), two.a.title(best), grids))
    columns = (_("Model"), _("Best cell of A"), _("Samples of their best epochs"))
    caption = _("The cell with the lowest proxy FID in A of each model and data set; the same in B")
    blocks = (table(caption, columns, rows),)
    return Section("images", _("Samples side by side"), blocks) if rows else None


def everything(two: Two) -> Section:
    """Every value that differs, folded away: it can be long."""
    said = compare.in_words(compare.differences(two.a.tables.cells, two.b.tables.cells, two.unlike))
    blocks: list[Block] = [Paragraph(_("No value of any cell differs."))]
    if said:
        caption = _("Values that differ")
        if len(said) > _MOST:
            caption = _("Values that differ, the first {n} of {total}", n=_MOST, total=len(said))
        values = (Column(name, True) for name in ("A", "B", "B − A"))
        columns: Columns = (_("Cell"), _("Value"), *values, _("Remark"))
        rows = (row(*texts, run=texts[0]) for texts in said[:_MOST])
        differ = many("{n} value differ", "{n} values differ", len(said))
        fold = say.Fold(differ, (table(caption, columns, rows, aligned=False),))
        blocks = [Paragraph(_("`labkit compare A B --csv` writes these as a table.")), fold]
    return Section("everything", _("Every difference"), tuple(blocks))
