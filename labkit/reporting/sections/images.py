"""Section 5: the best epoch's grids, cell beside cell."""

from __future__ import annotations

from dataclasses import replace

from labkit.catalog import FAMILIES
from labkit.reporting.blocks import Block, Frame, Gallery, Paragraph, Section
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
    kinds = ((family, *kind) for family in view.families for kind in grids_of(family))
    for family, what, grid in kinds:
        label = FAMILIES[family].label
        # An anchor is the same in every language.
        anchor, title = slug(grid.heading.format(model=label)), _(grid.heading, model=_(label))
        galleries = []
        for dataset in view.datasets:
            pictures = tuple(
                picture(view, cell, what, None)
                for cell in view.of(family, dataset)
                if cell.name in view.pictured and has(cell, what)
            )
            if pictures:
                galleries.append(
                    Section(f"{anchor}-{slug(dataset)}", dataset, (Gallery(pictures, True),))
                )
        if galleries:
            sections.append(Section(anchor, title, (), tuple(galleries)))
    if not sections:
        return Section("images", _("Generated Images"), (Paragraph(_("No cell has images yet.")),))
    said = _(_READING)
    if len(view.pictured) < len(view.cells):
        said += " " + _(
            "Shown are the cells of one seed as far as they find room, and of the others those "
            "that stand out: the best, the worst and what collapsed. All are in the results folder."
        )
    return Section("images", _("Generated Images"), (Paragraph(said),), tuple(sections))


def best_only(view: View) -> Section:
    """The grids of the best cell of each family and data set, for the brief layout."""
    pictures = []
    for dataset in view.datasets:
        for cell in filter(None, (view.best(family, dataset) for family in view.families)):
            for what, _grid in grids_of(cell.spec.family):
                if has(cell, what):
                    found = picture(view, cell, what, None)
                    label = f"{dataset} {_(FAMILIES[cell.spec.family].label)} {_(what)}"
                    pictures.append(replace(found, caption=f"{label}: {found.caption}"))
    blocks: tuple[Block, ...] = (
        Paragraph(_("The cell of the lowest proxy FID of each model and data set.")),
        Gallery(tuple(pictures)),
    )
    return Section("images", _("Generated Images (Best Epoch)"), blocks)


def frames(view: View, on_page: set[tuple[str, str, int]]) -> tuple[Frame, ...]:
    """Every other epoch's grids of the first seed's cells, for the slider.

    Args:
        view: the report's material.
        on_page: run, kind and epoch of the pictures the page shows anyway.
    """
    found = []
    shown = (cell for cell in view.cells if cell.name in view.pictured)
    for cell in (c for c in shown if c.spec.seed == view.plan.seeds[0]):
        # Samples first: the page compares two cells by them.
        there = (stored_as(what) for what, _grid in grids_of(cell.spec.family))
        kinds = dict.fromkeys(("samples", *there))
        for what in kinds:
            for epoch in range(1, cell.spec.training["epochs"] + 1):
                if has(cell, what, epoch):
                    source = cell.file(f"images/{what}_epoch{epoch}.png")
                    known = (cell.name, what, epoch) in on_page
                    note = epoch_note(cell, what, epoch)
                    found.append(Frame(cell.name, what, epoch, source, note, known))
    return tuple(found)
