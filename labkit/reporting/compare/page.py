"""Two results side by side: as text, or as a page of what changed in settings and numbers.

The page is a :class:`labkit.reporting.blocks.Report` of its own, so it looks like a report,
prints like one and is as self-contained.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path

from labkit.catalog import METRICS
from labkit.claims.texts import Words, capitalised
from labkit.reporting.blocks import Headline, Paragraph, Report
from labkit.reporting.cell import all_done
from labkit.reporting.compare import table as compare
from labkit.reporting.compare.changes import Change, changes
from labkit.reporting.compare.paired import Contrast, Pair, contrasts, measured_unlike, pairs
from labkit.reporting.compare.sections import (
    COLOURS,
    FEW,
    MARKS,
    Two,
    cells,
    everything,
    numbers,
    pictures,
    settings,
)
from labkit.reporting.files import MADE_HERE, write_file
from labkit.reporting.render.files import Drawings, html
from labkit.reporting.view import View, read_view
from labkit.store.store import Store
from labkit.text.language import _, many
from labkit.text.numbers import listing

#: Metrics the two are contrasted in; every other is in the table of all differences.
_MAIN = ("proxy_fid", "precision", "recall", "sharpness", "test_recon_loss", "test_kl_loss")


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
    frame = compare.differences(a.tables.cells, b.tables.cells, two.unlike)
    return Report(
        title=_("{a} and {b} compared", a=names[0], b=names[1]),
        byline=_byline(two),
        notices=_notices(two),
        headlines=_headlines(two, found, together),
        glance=(),
        sections=(
            settings(two, found),
            numbers(together),
            cells(two, one_by_one),
            *pictures(two),
            everything(frame),
        ),
        disclosure=_(
            "Made by labkit from the two stored results; nothing in it was typed by hand."
        ),
        colours=COLOURS,
    )


def _family(pair: Pair) -> Hashable:
    return pair.either["family"], pair.either["dataset"]


def _byline(two: Two) -> tuple[tuple[str, str], ...]:
    return tuple(
        (side, f"{name}: {view.plan.title} ({_source(view)}, {view.seeds_said})")
        for side, name, view in zip("AB", two.names, (two.a, two.b), strict=True)
    )


def _source(view: View) -> str:
    return _("full data") if view.plan.data_source == "full" else _("bundled data")


def _notices(two: Two) -> tuple[Paragraph, ...]:
    found = []
    if not two.both:
        found.append(
            Paragraph(_("No cell of one has the name and seed of a cell of the other."), "warning")
        )
    for side, view in (("A", two.a), ("B", two.b)):
        if view.trouble:
            text = _("{side} is incomplete: {cells}.", side=side, cells=all_done(view.cells))
            found.append(Paragraph(text, "warning"))
    if two.unlike:
        found.append(
            Paragraph(
                many(
                    "{n} cell measured with another number of samples or another feature "
                    "network: their measures are not compared.",
                    "{n} cells measured with another number of samples or another feature "
                    "network: their measures are not compared.",
                    len(two.unlike),
                ),
                "warning",
            )
        )
    seeds = {pair.key[1] for pair in two.both}
    if len(seeds) == 1:
        found.append(
            Paragraph(
                _(
                    "They share one seed ({seed}): run-to-run noise is not known, and any "
                    "difference below may be noise alone. Three seeds of both could tell.",
                    seed=min(seeds),
                ),
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
    said = [
        Headline(
            many(
                "{n} cell in both, {a} only in A, {b} only in B.",
                "{n} cells in both, {a} only in A, {b} only in B.",
                shared,
                a=only_a,
                b=only_b,
            )
        )
    ]
    if shared:
        names = listing(dict.fromkeys(change.name for change in found))
        text = _("Changed in the settings: {names}.", names=names)
        said.append(Headline(text if found else _("The settings are the same."), "#settings"))
    for verdict in MARKS:
        mine = [c for c in together if c.verdict == verdict]
        if mine:
            which = listing(_contrast_name(c) for c in mine[:FEW])
            if len(mine) > FEW:
                which = _("{names} and {n} more", names=which, n=len(mine) - FEW)
            said.append(Headline(f"{capitalised(_(verdict))}: {which}.", "#numbers"))
    return tuple(said[:5])


def _contrast_name(contrast: Contrast) -> str:
    assert isinstance(contrast.group, tuple)
    family, dataset = contrast.group
    return _(
        "{metric} of {models} on {dataset}",
        metric=_(METRICS[contrast.metric].label),
        models=Words().family(family, several=True),
        dataset=dataset,
    )


def named(a: Path, b: Path) -> tuple[str, str]:
    """What to call two folders: their names, or as much of their paths as tells them apart."""
    first, second = a.resolve().parts, b.resolve().parts
    for n in range(1, 1 + max(len(first), len(second)) * (first != second)):
        pair = "/".join(first[-n:]), "/".join(second[-n:])
        if pair[0] != pair[1]:
            return pair
    return a.resolve().name, b.resolve().name
