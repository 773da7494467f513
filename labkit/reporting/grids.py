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
    """A kind of picture: heading of its galleries, file in a Markdown report, what it shows."""

    heading: str
    file: str
    alt: str


_SAMPLES_ALT = N_("4×4 grid of generated {things}, {who}")
#: In the order of the galleries, by the words of captions.
GRIDS = {
    N_("reconstruction"): Grid(
        N_("{model} Reconstructions (Best Epoch)"),
        "{family}_reconstructions/{run}_epoch{epoch}.png",
        N_("4×4 grid: eight test images, each beside its reconstruction by {who}"),
    ),
    # The samples of a family that reconstructs, under the name the lab gives them.
    N_("random"): Grid(
        N_("{model} Random Samples"), "{family}_samples/{run}_random.png", _SAMPLES_ALT
    ),
    N_("interpolation"): Grid(
        N_("{model} Latent Interpolations"),
        "{family}_interpolations/{run}_interpolation.png",
        N_("4×4 grid: sixteen steps between two test images' codes, decoded by {who}"),
    ),
    N_("samples"): Grid(
        N_("{model} Generated Samples (Best Epoch)"),
        "{family}_samples/{run}_epoch{epoch}.png",
        _SAMPLES_ALT,
    ),
    N_("classes"): Grid(
        N_("{model} Classes, a Row for Each"),
        "{family}_samples/{run}_classes.png",
        N_("Grid of {things}, a row for each class that {who} was asked for"),
    ),
    N_("manifold"): Grid(
        N_("{model} Decoded Latent Plane"),
        "{family}_samples/{run}_manifold.png",
        N_("15×15 grid: the latent plane of {who}, decoded point by point"),
    ),
}


def grids_of(family: str) -> Iterator[tuple[str, Grid]]:
    """The kinds of pictures that cells of a family may have."""
    about = FAMILIES[family]
    there = {"samples": not about.reconstructs, "classes": about.conditional}
    return ((what, grid) for what, grid in GRIDS.items() if there.get(what, about.reconstructs))


def picture(view: View, cell: Cell, what: str, epoch: int | None, short: bool = False) -> Picture:
    """A cell's grid, by a key of `GRIDS`; the cell must have a result.

    `epoch` None stands for the best one (the last where none was measured); `short` makes the
    caption say only the epoch.
    """
    grid, stored, spec = GRIDS[what], stored_as(what), cell.spec
    at = _epoch(cell, epoch)
    note, title = epoch_note(cell, stored, at), view.title(cell)
    things = _(DATASETS[spec.dataset].noun) if spec.dataset in DATASETS else _("images")
    alt = _(grid.alt, who=f"{_(FAMILIES[spec.family].label)} {title}", things=things)
    alt += f", {note}"  # what is known of the epoch stands at the end: the slider changes it
    missing = cell.metric("missing_classes")  # measured at the best epoch only
    if missing and at == cell.best_epoch and stored == "samples":
        found = many("{n} of ten classes missing", "{n} of ten classes missing", int(missing))
        alt += f", {found}"
    return Picture(
        source=cell.file(_file(cell, what, at)),
        file=grid.file.format(family=spec.family, run=cell.name, epoch=at),
        run=cell.name,
        shows=stored,
        epoch=at,
        alt=alt,
        caption=_("epoch {epoch}", epoch=at) if short else f"{title} · {note}",
    )


def has(cell: Cell, what: str, epoch: int | None = None) -> bool:
    """Whether a cell keeps such a grid at an epoch; None: its best one, else its last."""
    return cell.result is not None and _file(cell, what, epoch) in cell.result.artifacts


def _file(cell: Cell, what: str, epoch: int | None) -> str:
    return f"images/{stored_as(what)}_epoch{_epoch(cell, epoch)}.png"


def _epoch(cell: Cell, epoch: int | None) -> int:
    """An epoch, or the cell's best one, or its last where none was the best."""
    return epoch or cell.best_epoch or int(cell.spec.training["epochs"])


def stored_as(what: str) -> str:
    """What a kind of picture is called in the store."""
    return "samples" if what == "random" else what


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
    fid = cell.metric("proxy_fid") if epoch == cell.best_epoch else None
    if stored == "reconstruction" and (loss := cell.at(epoch, "recon_loss")) is not None:
        said += f" · {_('training recon loss {value}', value=show(loss, 4))}"
    elif stored == "samples" and fid is not None:
        said += f" · {_('proxy FID {value}', value=show(fid))}"
    elif stored == "samples" and (fid := cell.at(epoch, "proxy_fid")) is not None:
        said += f" · {_('tracking FID {value}', value=show(fid))}"
    return said
