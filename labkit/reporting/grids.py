"""Pictures of a cell: which file, under which name, with which words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labkit.catalog import DATASETS, FAMILIES
from labkit.reporting.blocks import Picture
from labkit.reporting.cell import Cell
from labkit.text.language import N_, _, many
from labkit.text.numbers import show

if TYPE_CHECKING:
    from labkit.reporting.view import View


@dataclass(frozen=True)
class Grid:
    """A kind of picture that cells make."""

    heading: str
    """Of its galleries, with ``{model}``."""
    called: str
    """In a caption."""
    file: str
    """Folder and name in the Markdown report."""
    alt: str
    """What it shows, with ``{who}`` and ``{things}``."""
    stored: str = ""
    """Its name in the store, where that is another."""


_SAMPLES_ALT = N_("4×4 grid of generated {things}, {who}")
#: In the order of the galleries.
GRIDS = {
    "reconstruction": Grid(
        N_("{model} Reconstructions (Best Epoch)"),
        N_("reconstruction"),
        "{family}_reconstructions/{run}_epoch{epoch}.png",
        N_("4×4 grid: eight test images, each beside its reconstruction by {who}"),
    ),
    # The samples of a family that reconstructs, under the name the lab gives them.
    "random": Grid(
        N_("{model} Random Samples"),
        N_("random"),
        "{family}_samples/{run}_random.png",
        _SAMPLES_ALT,
        stored="samples",
    ),
    "interpolation": Grid(
        N_("{model} Latent Interpolations"),
        N_("interpolation"),
        "{family}_interpolations/{run}_interpolation.png",
        N_("4×4 grid: sixteen steps between two test images' codes, decoded by {who}"),
    ),
    "samples": Grid(
        N_("{model} Generated Samples (Best Epoch)"),
        N_("samples"),
        "{family}_samples/{run}_epoch{epoch}.png",
        _SAMPLES_ALT,
    ),
    "classes": Grid(
        N_("{model} Classes, a Row for Each"),
        N_("classes"),
        "{family}_samples/{run}_classes.png",
        N_("Grid of {things}, a row for each class that {who} was asked for"),
    ),
    "manifold": Grid(
        N_("{model} Decoded Latent Plane"),
        N_("manifold"),
        "{family}_samples/{run}_manifold.png",
        N_("15×15 grid: the latent plane of {who}, decoded point by point"),
    ),
}


def grids_of(family: str) -> Iterator[tuple[str, Grid]]:
    """The kinds of pictures that cells of a family may have."""
    about = FAMILIES[family]
    there = {
        "samples": not about.reconstructs,
        "classes": about.conditional,
    }
    return ((what, grid) for what, grid in GRIDS.items() if there.get(what, about.reconstructs))


def picture(view: View, cell: Cell, what: str, epoch: int | None, short: bool = False) -> Picture:
    """A cell's grid at one epoch.

    Args:
        view: the report's material.
        cell: a cell with a result.
        what: a key of `GRIDS`.
        epoch: None for the best epoch (the last one where none was measured).
        short: whether the caption only says the epoch.
    """
    at = _epoch(cell, epoch)
    grid, stored = GRIDS[what], stored_as(what)
    note = _("epoch {epoch}", epoch=at) if short else epoch_note(cell, stored, at)
    return Picture(
        source=cell.file(f"images/{stored}_epoch{at}.png"),
        file=grid.file.format(family=cell.spec.family, run=cell.name, epoch=at),
        run=cell.name,
        shows=stored,
        epoch=at,
        alt=_alt(view, cell, what, at),
        caption=note if short else f"{view.title(cell)} · {note}",
    )


def has(cell: Cell, what: str, epoch: int | None = None) -> bool:
    """Whether a cell keeps such a grid at an epoch; None: its best one, else its last."""
    if cell.result is None:
        return False
    return f"images/{stored_as(what)}_epoch{_epoch(cell, epoch)}.png" in cell.result.artifacts


def _epoch(cell: Cell, epoch: int | None) -> int:
    """An epoch, or the cell's best one, or its last where none was the best."""
    return epoch or cell.best_epoch or int(cell.spec.training["epochs"])


def stored_as(what: str) -> str:
    """What a kind of picture is called in the store."""
    return GRIDS[what].stored or what


def best_samples(view: View, cell: Cell) -> tuple[Picture, ...]:
    """The samples of a cell's best epoch for the first screen; none where they were not kept."""
    if not cell.best_epoch or not has(cell, "samples"):
        return ()
    about = FAMILIES[cell.spec.family]
    found = picture(view, cell, "random" if about.reconstructs else "samples", None)
    caption = f"{cell.spec.dataset} {_(about.label)}, {found.caption}"
    return (replace(found, caption=caption),)


def epoch_note(cell: Cell, stored: str, epoch: int) -> str:
    """What is known of one grid in a few words: its epoch and the number that goes with it."""
    said = _("epoch {epoch}", epoch=epoch)
    if stored == "reconstruction" and (loss := cell.at(epoch, "recon_loss")) is not None:
        return f"{said} · {_('training recon loss {value}', value=show(loss, 4))}"
    if stored != "samples":
        return said
    if epoch == cell.best_epoch and (fid := cell.metric("proxy_fid")) is not None:
        return f"{said} · {_('proxy FID {value}', value=show(fid))}"
    if (fid := cell.at(epoch, "proxy_fid")) is not None:
        return f"{said} · {_('tracking FID {value}', value=show(fid))}"
    return said


def _alt(view: View, cell: Cell, what: str, epoch: int) -> str:
    """Write a picture's alternative text from the numbers.

    What is known of the epoch, and only that, stands at its end: the page's slider changes it.
    """
    grid, dataset = GRIDS[what], cell.spec.dataset
    things = _(DATASETS[dataset].noun) if dataset in DATASETS else _("images")
    who = f"{_(FAMILIES[cell.spec.family].label)} {view.title(cell)}"
    said = f"{_(grid.alt, who=who, things=things)}, {epoch_note(cell, stored_as(what), epoch)}"
    missing = cell.metric("missing_classes")  # measured at the best epoch only
    if missing and epoch == cell.best_epoch and stored_as(what) == "samples":
        found = many("{n} of ten classes missing", "{n} of ten classes missing", int(missing))
        return f"{said}, {found}"
    return said
