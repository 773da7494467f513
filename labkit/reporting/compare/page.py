"""Two results side by side: as text, or as a page of what changed in settings and numbers.

The page is a report of its own, so it looks and prints like one and is as self-contained.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from labkit.catalog import FAMILIES, METRICS
from labkit.claims.findings.levels import Contrast
from labkit.reporting.blocks import Headline, Paragraph, Report
from labkit.reporting.compare import table as compare
from labkit.reporting.compare.paired import Two
from labkit.reporting.compare.sections import COLOURS, FEW, MARKS, SECTIONS
from labkit.reporting.files import MADE_HERE, write_file
from labkit.reporting.render.files import Drawings, html
from labkit.reporting.view import View, read_view
from labkit.store.store import Store
from labkit.text.language import _, many
from labkit.text.numbers import listing


def compare_text(roots: Sequence[Path], *, csv: bool = False) -> str:
    """The table of one results folder, or of two side by side; as CSV with every metric.

    Raises:
        StoreError: a store has no readable plan.
    """
    a, *others = [read_view(Store(root)) for root in roots]
    if not others:
        return compare.one(a.tables.cells, csv)
    b = others[0]
    return compare.two(a.tables.cells, b.tables.cells, csv, compare.measured_unlike(a.plan, b.plan))


def build_comparison(a: Path, b: Path, out: Path) -> Path:
    """Write the newest plans of two results folders side by side as the page `out`.

    Raises:
        StoreError: a store has no readable plan.
        ReportError: a picture cannot be read or the file not be written.
    """
    page = comparison(read_view(Store(a)), read_view(Store(b)), named(a, b))
    write_file(out, html(page, Drawings(page, ("svg",))).encode(), MADE_HERE)
    return out


def comparison(a: View, b: View, names: tuple[str, str]) -> Report:
    """The page of two results as a value; `names`: what to call them."""
    two = Two(a, b)
    disclosure = _("Made by labkit from the two stored results; nothing in it was typed by hand.")
    return Report(
        title=_("{a} and {b} compared", a=names[0], b=names[1]),
        byline=tuple(zip("AB", map(_who, names, (a, b)), strict=True)),
        notices=tuple(_notices(two)),
        headlines=tuple(_headlines(two)),
        glance=(),
        sections=tuple(filter(None, (section(two) for section in SECTIONS))),
        disclosure=disclosure,
        colours=COLOURS,
    )


def _who(name: str, view: View) -> str:
    data = _("full data") if view.plan.data_source == "full" else _("bundled data")
    profile = [_("profile {name}", name=view.plan.profile)] if view.plan.profile else []
    return f"{name}: {view.plan.title} ({', '.join([data, *profile, view.seeds_said])})"


def _notices(two: Two) -> Iterator[Paragraph]:
    warnings = []
    if not two.both:
        warnings.append(_("No cell of one has the name and seed of a cell of the other."))
    for side, view in (("A", two.a), ("B", two.b)):
        if view.trouble:
            text = _("{side} is incomplete: {cells}.", side=side, cells=view.all_done)
            warnings.append(text)
    if two.unlike:
        text = many(
            "{n} cell measured with another number of samples or another feature "
            "network: their measures are not compared.",
            "{n} cells measured with another number of samples or another feature "
            "network: their measures are not compared.",
            len(two.unlike),
        )
        warnings.append(text)
    yield from (Paragraph(text, "warning") for text in warnings)
    seeds = {seed for _name, seed in two.both}
    if len(seeds) == 1:
        text = _(
            "They share one seed ({seed}): run-to-run noise is not known, and any "
            "difference below may be noise alone. Three seeds of both could tell.",
            seed=min(seeds),
        )
        yield Paragraph(text, "note")


def _headlines(two: Two) -> Iterator[Headline]:
    text = many(
        "{n} cell in both, {a} only in A, {b} only in B.",
        "{n} cells in both, {a} only in A, {b} only in B.",
        len(two.both),
        a=len(two.alone("A")),
        b=len(two.alone("B")),
    )
    yield Headline(text)
    if two.both:
        names = listing(dict.fromkeys(name for name, *_rest in two.settings))
        text = _("Changed in the settings: {names}.", names=names)
        yield Headline(text if names else _("The settings are the same."), "#settings")
    for word in MARKS:
        if mine := [_called(each) for each, strength in two.together if strength == word]:
            which = listing(mine[:FEW])
            if len(mine) > FEW:
                which = _("{names} and {n} more", names=which, n=len(mine) - FEW)
            yield Headline(f"{_(word).capitalize()}: {which}.", "#numbers")


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
