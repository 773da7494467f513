"""Section 5: the best epoch's grids, cell beside cell."""

from __future__ import annotations

from dataclasses import replace

from labkit.catalog import FAMILIES
from labkit.reporting.blocks import Block, Frame, Gallery, Paragraph, Section
from labkit.reporting.grids import epoch_note, has, picture
from labkit.reporting.numbers import slug
from labkit.reporting.view import Cell, View

_READING = (
    "Every grid of a cell is made from one fixed noise, so the same place shows the same image "
    "through all epochs."
)


def generated(view: View) -> Section:
    """Grids at the best epoch: samples, reconstructions, random samples, interpolations."""
    sections = []
    for title, family, what in _kinds(view):
        galleries = []
        for dataset in view.datasets:
            pictures = tuple(
                picture(view, cell, what, None)
                for cell in view.of(family, dataset)
                if has(cell, "samples" if what == "random" else what, _best(cell))
            )
            if pictures:
                galleries.append(
                    Section(
                        f"{slug(title)}-{slug(dataset)}", dataset, (Gallery(pictures, moving=True),)
                    )
                )
        if galleries:
            sections.append(Section(slug(title), title, (), tuple(galleries)))
    if not sections:
        return Section("images", "Generated Images", (Paragraph("No cell has images yet."),))
    return Section("images", "Generated Images", (Paragraph(_READING),), tuple(sections))


def best_only(view: View) -> Section:
    """The grids of the best cell of each family and data set, for the brief layout."""
    pictures = []
    for dataset in view.datasets:
        for _, family, what in _kinds(view):
            cell = view.best(family, dataset)
            if cell and has(cell, "samples" if what == "random" else what, _best(cell)):
                found = picture(view, cell, what, None)
                label = f"{dataset} {FAMILIES[family].label} {what}"
                pictures.append(replace(found, caption=f"{label}: {found.caption}"))
    blocks: tuple[Block, ...] = (
        Paragraph("The cell of the lowest proxy FID of each model and data set."),
        Gallery(tuple(pictures)),
    )
    return Section("images", "Generated Images (Best Epoch)", blocks)


def frames(view: View, on_page: set[tuple[str, str, int]]) -> tuple[Frame, ...]:
    """Every other epoch's grids, for the slider.

    Args:
        view: the report's material.
        on_page: (run, view, epoch) of the pictures the page shows anyway.
    """
    found = []
    for cell in view.cells:
        kinds = ["samples"]
        if FAMILIES[cell.spec.family].reconstructs:
            kinds += ["reconstruction", "interpolation"]
        for what in kinds:
            for epoch in range(1, cell.spec.training["epochs"] + 1):
                if has(cell, what, epoch):
                    source = view.locate(cell.spec, f"images/{what}_epoch{epoch}.png")
                    known = (cell.spec.name, what, epoch) in on_page
                    note = epoch_note(cell, what, epoch)
                    found.append(Frame(cell.spec.name, what, epoch, source, note, known))
    return tuple(found)


def _kinds(view: View) -> list[tuple[str, str, str]]:
    """Title, family and view of each group of galleries, in the lab's order."""
    found = []
    for family in view.families:
        about = FAMILIES[family]
        if about.reconstructs:
            found += [
                (f"{about.label} Reconstructions (Best Epoch)", family, "reconstruction"),
                (f"{about.label} Random Samples", family, "random"),
                (f"{about.label} Latent Interpolations", family, "interpolation"),
            ]
        else:
            found.append((f"{about.label} Generated Samples (Best Epoch)", family, "samples"))
        if about.conditional:
            found.append((f"{about.label} Classes, a Row for Each", family, "classes"))
        if about.reconstructs:
            found.append((f"{about.label} Decoded Latent Plane", family, "manifold"))
    return found


def _best(cell: Cell) -> int:
    return cell.best_epoch or int(cell.spec.training["epochs"])
