"""Two results side by side: as text, or as a page of what changed in settings and numbers.

The page is a :class:`labkit.reporting.blocks.Report` of its own, so it looks like a report,
prints like one and is as self-contained.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.catalog import FAMILIES, METRICS
from labkit.reporting.blocks import Headline, Paragraph, Report
from labkit.reporting.compare import sections
from labkit.reporting.compare import table as compare
from labkit.reporting.compare.paired import measured_unlike
from labkit.reporting.compare.sections import FEW, MARKS, Two
from labkit.reporting.files import MADE_HERE, write_file
from labkit.reporting.render.files import Drawings, html
from labkit.reporting.view import View, read_view
from labkit.store.store import Store
from labkit.text.language import _, many
from labkit.text.numbers import listing

if TYPE_CHECKING:
    from labkit.claims.findings.levels import Contrast


def compare_text(roots: Sequence[Path], *, csv: bool = False) -> str:
    """The results table of one store, or those of two side by side, as text.

    Args:
        roots: one or two folders of results.
        csv: as CSV with every metric, instead of what fits a terminal.

    Raises:
        StoreError: a store has no readable plan.
    """
    a, *others = [read_view(Store(root)) for root in roots]
    if not others:
        return compare.one(a.tables.cells, csv)
    b = others[0]
    return compare.two(a.tables.cells, b.tables.cells, csv, measured_unlike(a.plan, b.plan))


def build_comparison(a: Path, b: Path, out: Path) -> Path:
    """Write two stores' newest plans side by side as one page.

    Args:
        a, b: two folders of results.
        out: the file to write.

    Raises:
        StoreError: a store has no readable plan.
        ReportError: a picture cannot be read or the file not be written.
    """
    page = comparison(read_view(Store(a)), read_view(Store(b)), named(a, b))
    write_file(out, html(page, Drawings(page, ("svg",))).encode(), MADE_HERE)
    return out


def comparison(a: View, b: View, names: tuple[str, str]) -> Report:
    """The page as a value.

    Args:
        a, b: what was found in each.
        names: what to call them, their folders' names.
    """
    two = Two(a, b, names)
    return Report(
        title=_("{a} and {b} compared", a=names[0], b=names[1]),
        byline=tuple(zip("AB", map(_who, names, (a, b)), strict=True)),
        notices=tuple(_notices(two)),
        headlines=tuple(_headlines(two)),
        glance=(),
        sections=(
            sections.settings(two),
            sections.numbers(two),
            sections.cells(two),
            *sections.pictures(two),
            sections.everything(two),
        ),
        disclosure=_(
            "Made by labkit from the two stored results; nothing in it was typed by hand."
        ),
        colours=sections.COLOURS,
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
        mine = [_called(each) for each, strength in two.together if strength == word]
        if mine:
            which = listing(mine[:FEW])
            if len(mine) > FEW:
                which = _("{names} and {n} more", names=which, n=len(mine) - FEW)
            yield Headline(f"{_(word).capitalize()}: {which}.", "#numbers")


def _called(each: Contrast) -> str:
    return _(
        "{metric} of {models} on {dataset}",
        metric=_(METRICS[each.metric].label),
        models=_(FAMILIES[each.family].label),
        dataset=each.dataset,
    )


def named(a: Path, b: Path) -> tuple[str, str]:
    """What to call two folders: their names, or as much of their paths as tells them apart."""
    first, second = a.resolve().parts, b.resolve().parts
    ends = zip_longest(reversed(first), reversed(second))
    apart = next((n for n, (u, v) in enumerate(ends, 1) if u != v), 1)
    return "/".join(first[-apart:]), "/".join(second[-apart:])
