"""Section 5, the best epoch's grids, cell beside cell; and a cell's pictures for all sections."""

from collections.abc import Container, Iterator
from dataclasses import replace
from itertools import product

from labkit.catalog import DATASETS, FAMILIES
from labkit.reporting.blocks import Frame, Gallery, Paragraph, Picture, Section
from labkit.reporting.cell import Cell
from labkit.reporting.view import View
from labkit.text.language import N_, _, many
from labkit.text.numbers import show, slug

_SAMPLES_ALT = N_("4×4 grid of generated {things}, {who}")
#: Kinds of pictures by the words of captions, in the order of the galleries: the heading of a
#: kind's galleries, and what it shows. A family that reconstructs has "random" samples.
GRIDS = {
    N_("reconstruction"): (
        N_("{model} Reconstructions (Best Epoch)"),
        N_("4×4 grid: eight test images, each beside its reconstruction by {who}"),
    ),
    N_("random"): (N_("{model} Random Samples"), _SAMPLES_ALT),
    N_("interpolation"): (
        N_("{model} Latent Interpolations"),
        N_("4×4 grid: sixteen steps between two test images' codes, decoded by {who}"),
    ),
    N_("samples"): (N_("{model} Generated Samples (Best Epoch)"), _SAMPLES_ALT),
    N_("manifold"): (
        N_("{model} Decoded Latent Plane"),
        N_("15×15 grid: the latent plane of {who}, decoded point by point"),
    ),
    **{
        name: (shown.heading, shown.alt)
        for family in FAMILIES.values()
        for name, shown in family.pictures.items()
    },
}


def grids_of(family: str) -> list[str]:
    """The kinds of pictures that cells of a family may have."""
    about = FAMILIES[family]
    kinds = ("reconstruction", "random", "interpolation", "manifold")
    return [*(kinds if about.reconstructs else ("samples",)), *about.pictures]


def picture(view: View, cell: Cell, what: str, epoch: int | None, short: bool = False) -> Picture:
    """A cell's grid, by a key of `GRIDS`; the cell must have a result.

    `epoch` None stands for the best one (the last where none was measured); `short` makes the
    caption say only the epoch.
    """
    stored, spec, (at, path) = stored_as(what), cell.spec, _grid(cell, what, epoch)
    folder = f"{what}s" if what in ("reconstruction", "interpolation") else "samples"
    name = f"epoch{at}" if what in ("reconstruction", "samples") else what
    note, title = epoch_note(cell, stored, at), view.title(cell)
    things = _(DATASETS[spec.dataset].noun) if spec.dataset in DATASETS else _("images")
    alt = _(GRIDS[what][1], who=f"{_(FAMILIES[spec.family].label)} {title}", things=things)
    alt += f", {note}"  # what is known of the epoch stands at the end: the slider changes it
    missing = cell.metric("missing_classes")  # measured at the best epoch only
    if missing and at == cell.best_epoch and stored == "samples":
        found = many("{n} of ten classes missing", "{n} of ten classes missing", int(missing))
        alt += f", {found}"
    return Picture(
        source=cell.file(path),
        file=f"{spec.family}_{folder}/{cell.name}_{name}.png",
        run=cell.name,
        shows=stored,
        epoch=at,
        alt=alt,
        caption=_("epoch {epoch}", epoch=at) if short else f"{title} · {note}",
    )


def has(cell: Cell, what: str, epoch: int | None = None) -> bool:
    """Whether a cell keeps such a grid at an epoch; None: its best one, else its last."""
    return cell.result is not None and _grid(cell, what, epoch)[1] in cell.result.artifacts


def _grid(cell: Cell, what: str, epoch: int | None) -> tuple[int, str]:
    """A grid's epoch, else the cell's best one, else its last, and its file."""
    at = epoch or cell.best_epoch or int(cell.spec.training["epochs"])
    return at, f"images/{stored_as(what)}_epoch{at}.png"


def stored_as(what: str) -> str:
    """What a kind of picture is called in the store."""
    return "samples" if what == "random" else what


def best_samples(view: View, cell: Cell) -> tuple[Picture, ...]:
    """The samples of a cell's best epoch for the first screen; none where they were not kept."""
    if not cell.best_epoch or not has(cell, "samples"):
        return ()
    about = FAMILIES[cell.spec.family]
    found = picture(view, cell, "random" if about.reconstructs else "samples", None)
    model = f"{cell.spec.dataset} {_(about.label)}"
    return (replace(found, caption=_("{a}, {b}", a=model, b=found.caption)),)


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


_READING = N_(
    "A cell's samples come from one fixed noise, its reconstructions and interpolations from the "
    "same test images: every place in a grid can be followed through the epochs."
)


def generated(view: View) -> Section:
    """Grids at the best epoch: samples, reconstructions, random samples, interpolations."""
    sections = []
    for family, what in ((f, what) for f in view.families for what in grids_of(f)):
        label, (heading, _alt) = FAMILIES[family].label, GRIDS[what]
        place = slug(heading.format(model=label))  # the same in every language
        galleries = []
        for dataset in view.datasets:
            cells = [c for c in view.of(family, dataset) if c.name in view.pictured]
            if found := tuple(picture(view, c, what, None) for c in cells if has(c, what)):
                gallery = Gallery(found, True)
                galleries.append(Section(f"{place}-{slug(dataset)}", dataset, (gallery,)))
        if galleries:
            sections.append(Section(place, _(heading, model=_(label)), (), tuple(galleries)))
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
        for what in grids_of(family):
            if cell and has(cell, what):
                found = picture(view, cell, what, None)
                label = f"{dataset} {_(FAMILIES[family].label)} {_(what)}"
                pictures.append(replace(found, caption=f"{label}: {found.caption}"))
    text = Paragraph(_("The cell of the lowest proxy FID of each model and data set."))
    return Section("images", _("Generated Images (Best Epoch)"), (text, Gallery(tuple(pictures))))


def frames(view: View, on_page: Container[tuple[str, str, int]]) -> Iterator[Frame]:
    """The first seed's grids of all epochs, for the slider; `on_page` tells those shown anyway.

    Those that a light cell does without are among them, so that the same epochs are chosen.
    """
    shown = (cell for cell in view.cells if cell.name in view.pictured)
    for cell in (c for c in shown if c.spec.seed == view.plan.seeds[0]):
        # Samples first: the page compares two cells by them.
        kinds = dict.fromkeys(("samples", *map(stored_as, grids_of(cell.spec.family))))
        for what, epoch in product(kinds, range(1, cell.spec.training["epochs"] + 1)):
            name = f"images/{what}_epoch{epoch}.png"
            if cell.result and (size := cell.result.grids.get(name)):
                source, note = cell.file(name), epoch_note(cell, what, epoch)
                known, there = (cell.name, what, epoch) in on_page, name in cell.result.artifacts
                yield Frame(cell.name, what, epoch, source, note, size, known, there)
