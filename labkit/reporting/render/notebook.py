"""Results as a notebook shows them: a few lines of HTML, everything in them escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from labkit.catalog import METRICS
from labkit.reporting.files import png_uri
from labkit.reporting.render.templates import environment
from labkit.text.language import _, many
from labkit.text.numbers import is_missing, setting, show

if TYPE_CHECKING:
    from labkit.reporting.cell import Cell, Image

#: Rows of a table and images that a notebook shows before it says how many more there are.
ROWS, IMAGES = 40, 4


def results_html(
    title: str, summary: str, rows: Sequence[Sequence[str]], best: Iterable[Cell]
) -> str:
    """All results: how far they are, the table (headings first), the samples of the best cells."""
    more = ""
    if (hidden := len(rows) - 1 - ROWS) > 0:
        more = many("… and {n} more cell: see .table", "… and {n} more cells: see .table", hidden)
    images = [image for cell in best for image in cell.best if image.shows == "samples"]
    shown = rows[: ROWS + 1]
    return _page("results", images, title=title, summary=summary, rows=shown, more=more)


def cell_html(cell: Cell) -> str:
    """A cell: its settings, what was measured, its images of the best epoch."""
    chosen = ((name, setting(value)) for name, value in cell.settings.items())
    known = {n: v for n, v in cell.metrics.items() if n in METRICS and not is_missing(v)}
    measured = ((_(METRICS[n].label), show(v, METRICS[n].digits)) for n, v in known.items())
    state = f"{_(cell.status)}: {cell.error}" if cell.error else _(cell.status)
    settings = [(_("setting"), _("value")), *chosen]
    measures = [(_("measure"), _("value")), *measured]
    said = {"name": cell.name, "state": state, "settings": settings, "measured": measures}
    return _page("cell", cell.best, **said)


def _page(macro: str, images: Sequence[Image], **said: Any) -> str:
    """Render a macro of the template to a plain string, as notebooks expect."""
    best = [(image, png_uri(image.path)) for image in images[:IMAGES]]
    module = environment().get_template("notebook.html.j2").module
    return str(getattr(module, macro)(best=best, **said))
