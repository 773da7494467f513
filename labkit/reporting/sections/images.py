"""Section 5: the best epoch's grids, cell beside cell."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from itertools import product

from labkit.catalog import FAMILIES
from labkit.reporting.blocks import Frame, Gallery, Paragraph, Section
from labkit.reporting.grids import epoch_note, grids_of, has, picture, stored_as
from labkit.reporting.view import View
from labkit.text.language import N_, _
from labkit.text.numbers import slug

_READING = N_(
    "A cell's samples come from one fixed noise, its reconstructions and interpolations from the "
    "same test images: every place in a grid can be followed through the epochs."
)


def generated(view: View) -> Section:
    """Grids at the best epoch: samples, reconstructions, random samples, interpolations."""
    sections = []
    for family, (what, grid) in ((f, kind) for f in view.families for kind in grids_of(f)):
        label = FAMILIES[family].label
        place = slug(grid.heading.format(model=label))  # the same in every language
        galleries = []
        for dataset in view.datasets:
            cells = [c for c in view.of(family, dataset) if c.name in view.pictured]
            if found := tuple(picture(view, c, what, None) for c in cells if has(c, what)):
                gallery = Gallery(found, True)
                galleries.append(Section(f"{place}-{slug(dataset)}", dataset, (gallery,)))
        if galleries:
            sections.append(Section(place, _(grid.heading, model=_(label)), (), tuple(galleries)))
    said = _(_READING) if sections else _("No cell has images yet.")
    if sections and len(view.pictured) < len(view.cells):
        said += " " + _(
            "Shown are the cells of one seed as far as they find room, and of the others those "
            "that stand out: the best, the worst and what collapsed. All are in the results folder."
        )
    return Section("images", _("Generated Images"), (Paragraph(said),), tuple(sections))


def best_only(view: View) -> Section:
    """The grids of the best cell of each family and data set, for the brief layout."""
    pictures = []
    for dataset, family in product(view.datasets, view.families):
        cell = view.best(family, dataset)
        for what, _grid in grids_of(family):
            if cell and has(cell, what):
                found = picture(view, cell, what, None)
                label = f"{dataset} {_(FAMILIES[family].label)} {_(what)}"
                pictures.append(replace(found, caption=f"{label}: {found.caption}"))
    text = Paragraph(_("The cell of the lowest proxy FID of each model and data set."))
    return Section("images", _("Generated Images (Best Epoch)"), (text, Gallery(tuple(pictures))))


def frames(view: View, on_page: Container[tuple[str, str, int]]) -> Iterator[Frame]:
    """The first seed's grids of all epochs, for the slider; `on_page` tells those shown anyway."""
    shown = (cell for cell in view.cells if cell.name in view.pictured)
    for cell in (c for c in shown if c.spec.seed == view.plan.seeds[0]):
        # Samples first: the page compares two cells by them.
        there = (stored_as(what) for what, _grid in grids_of(cell.spec.family))
        kinds = dict.fromkeys(("samples", *there))
        for what, epoch in product(kinds, range(1, cell.spec.training["epochs"] + 1)):
            if has(cell, what, epoch):
                source = cell.file(f"images/{what}_epoch{epoch}.png")
                known = (cell.name, what, epoch) in on_page
                yield Frame(cell.name, what, epoch, source, epoch_note(cell, what, epoch), known)
