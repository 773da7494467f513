"""Results as a notebook shows them: a few lines of HTML, everything in them escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from labkit.catalog import METRICS
from labkit.text.language import _, many
from labkit.text.numbers import is_missing, setting, show

if TYPE_CHECKING:
    from labkit.reporting.cell import Cell, Image

#: Rows of a table and images that a notebook shows before it says how many more there are.
ROWS, IMAGES = 40, 4


def results_html(
    title: str, summary: str, rows: Sequence[Sequence[str]], cells: Iterable[Cell]
) -> str:
    """All results: how far they are, the table, and the best samples.

    Args:
        title: what the plan is called.
        summary: how far it is.
        rows: the table as text, the headings first.
        cells: those of the plan, in its order.
    """
    hidden = len(rows) - 1 - ROWS
    more = ""
    if hidden > 0:
        more = many("… and {n} more cell: see .table", "… and {n} more cells: see .table", hidden)
    page = Markup("<div><p><b>{}</b><br>{}</p>{}<p>{}</p>{}</div>").format(
        title, summary, _table(rows[: ROWS + 1]), more, _images(best_images(cells))
    )
    return str(page)  # a notebook joins it to HTML of its own


def best_images(cells: Iterable[Cell]) -> list[Image]:
    """The samples of the best cell of each family and data set: the lowest proxy FID."""
    best: dict[tuple[str, str], tuple[float, Image]] = {}
    for cell in cells:
        fid = cell.metric("proxy_fid")
        found = [image for image in cell.best if image.view == "samples"]
        key = cell.spec.family, cell.spec.dataset
        if found and fid is not None and (key not in best or fid < best[key][0]):
            best[key] = fid, found[0]
    return [image for __, image in best.values()]


def cell_html(cell: Cell) -> str:
    """A cell: its settings, what was measured, its images of the best epoch."""
    chosen = [[name, setting(value)] for name, value in cell.settings.items()]
    measured = [
        [_(METRICS[name].label), show(value, METRICS[name].digits)]
        for name, value in cell.metrics.items()
        if name in METRICS and not is_missing(value)
    ]
    status = _(cell.status)
    state = f"{status}: {cell.error}" if cell.error else status
    page = Markup(
        "<div><p><b>{}</b> ({})</p>{}"
        "<details><summary>{}</summary>{}</details>"
        "<details><summary>{}</summary>{}</details></div>"
    ).format(
        cell.name,
        state,
        _images(cell.best),
        _("Settings"),
        _table([[_("setting"), _("value")], *chosen]),
        _("Measured"),
        _table([[_("measure"), _("value")], *measured]),
    )
    return str(page)


def _table(rows: Sequence[Sequence[str]]) -> Markup:
    head = Markup("").join(Markup("<th>{}</th>").format(text) for text in rows[0])
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(text) for text in row)
        )
        for row in rows[1:]
    )
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


def _images(images: Sequence[Image]) -> Markup:
    return Markup("").join(_image(image) for image in images[:IMAGES])


def _image(image: Image) -> Markup:
    data = base64.b64encode(image.path.read_bytes()).decode()
    said = _("{run}, {view}, epoch {epoch}", run=image.run, view=image.view, epoch=image.epoch)
    return Markup(
        '<figure style="display:inline-block;margin:0 1em 1em 0">'
        '<img src="data:image/png;base64,{}" alt="{}" width="200" '
        'style="image-rendering:pixelated"><figcaption>{}</figcaption></figure>'
    ).format(data, said, said)
