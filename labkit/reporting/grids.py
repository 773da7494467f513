"""Pictures of a cell: which file, under which name, with which words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.reporting.blocks import Picture
from labkit.reporting.cell import Cell
from labkit.text.language import _, many
from labkit.text.numbers import show

if TYPE_CHECKING:
    from labkit.reporting.view import View

#: Folder and file name of each view in the Markdown report.
_FILES = {
    "samples": "{family}_samples/{run}_epoch{epoch}.png",
    "random": "{family}_samples/{run}_random.png",
    "reconstruction": "{family}_reconstructions/{run}_epoch{epoch}.png",
    "interpolation": "{family}_interpolations/{run}_interpolation.png",
    "classes": "{family}_samples/{run}_classes.png",
    "manifold": "{family}_samples/{run}_manifold.png",
}


def picture(view: View, cell: Cell, what: str, epoch: int | None, short: bool = False) -> Picture:
    """A cell's grid at one epoch.

    Args:
        view: the report's material.
        cell: a cell with a result.
        what: ``samples``, ``random`` (the same grid under the name of DESIGN's VAE samples),
            ``reconstruction`` or ``interpolation``.
        epoch: None for the best epoch (the last one where none was measured).
        short: whether the caption only says the epoch.
    """
    result = cell.result
    assert result is not None, "a cell without a result has no pictures"
    last = result.spec.training["epochs"]
    at = epoch or cell.best_epoch or last
    stored = _stored(what)
    run, family = cell.spec.name, cell.spec.family
    return Picture(
        source=cell.file(f"images/{stored}_epoch{at}.png"),
        file=_FILES[what].format(family=family, run=run, epoch=at),
        run=run,
        view=stored,
        epoch=at,
        alt=_alt(view, cell, stored, at),
        caption=_("epoch {epoch}", epoch=at) if short else _caption(view, cell, stored, at),
        best=at == cell.best_epoch,
    )


def has(cell: Cell, what: str, epoch: int | None = None) -> bool:
    """Whether a cell keeps such a grid, at an epoch or at its best (its last, if none was)."""
    if cell.result is None:
        return False
    at = epoch or cell.best_epoch or cell.spec.training["epochs"]
    return f"images/{_stored(what)}_epoch{at}.png" in cell.result.artifacts


def best_samples(view: View, cell: Cell) -> tuple[Picture, ...]:
    """The samples of a cell's best epoch for the first screen; none where they were not kept."""
    if not cell.best_epoch or not has(cell, "samples"):
        return ()
    about = FAMILIES[cell.spec.family]
    found = picture(view, cell, "random" if about.reconstructs else "samples", None)
    caption = f"{cell.spec.dataset} {_(about.label)}, {found.caption}"
    return (replace(found, caption=caption),)


def _stored(what: str) -> str:
    return "samples" if what == "random" else what


def epoch_note(cell: Cell, what: str, epoch: int) -> str:
    """What is known of one grid in a few words: its epoch and the number that goes with it."""
    if what == "reconstruction":
        loss = cell.at(epoch, "recon_loss")
        extra = _("training recon loss {value}", value=show(loss, 4)) if loss is not None else ""
    elif what == "samples":
        if epoch == cell.best_epoch and cell.metric("proxy_fid") is not None:
            extra = _("proxy FID {value}", value=show(cell.metric("proxy_fid")))
        else:
            fid = cell.at(epoch, "proxy_fid")
            extra = _("tracking FID {value}", value=show(fid)) if fid is not None else ""
    else:
        extra = ""
    said = _("epoch {epoch}", epoch=epoch)
    return f"{said} · {extra}" if extra else said


def _caption(view: View, cell: Cell, what: str, epoch: int) -> str:
    return f"{view.title(cell)} · {epoch_note(cell, what, epoch)}"


def _alt(view: View, cell: Cell, what: str, epoch: int) -> str:
    """An alternative text written from the numbers, not from the look.

    What is known of the epoch, and only that, stands at its end: the page's slider changes it.
    """
    things = _(DATASETS[cell.spec.dataset].noun) if cell.spec.dataset in DATASETS else _("images")
    who = f"{_(FAMILIES[cell.spec.family].label)} {view.title(cell)}"
    known = epoch_note(cell, what, epoch)
    if what == "reconstruction":
        said = _("4×4 grid: eight test images, each beside its reconstruction by {who}", who=who)
    elif what == "classes":
        said = _(
            "Grid of {things}, a row for each class that {who} was asked for",
            things=things,
            who=who,
        )
        known += _of_samples(cell, "label_accuracy", epoch)
    elif what == "manifold":
        said = _("15×15 grid: the latent plane of {who}, decoded point by point", who=who)
        known += _of_samples(cell, "proxy_fid", epoch)
    elif what == "interpolation":
        said = _(
            "4×4 grid: sixteen steps between two test images' codes, decoded by {who}", who=who
        )
        known += _of_samples(cell, "proxy_fid", epoch)
    else:
        said = _("4×4 grid of generated {things}, {who}", things=things, who=who)
        known += _classes(cell, epoch)
    return f"{said}, {known}"


def _of_samples(cell: Cell, metric: str, epoch: int) -> str:
    """A measure of the cell's samples: measured at the best epoch only."""
    value = cell.metric(metric)
    if epoch != cell.best_epoch or value is None:
        return ""
    label, shown = _(METRICS[metric].label), show(value, METRICS[metric].digits)
    return "; " + _("{measure} of its samples {value}", measure=label, value=shown)


def _classes(cell: Cell, epoch: int) -> str:
    """How many classes its samples lack: measured at the best epoch only."""
    missing = cell.metric("missing_classes")
    if epoch != cell.best_epoch or not missing:
        return ""
    found = many("{n} of ten classes missing", "{n} of ten classes missing", int(missing))
    return f", {found}"
