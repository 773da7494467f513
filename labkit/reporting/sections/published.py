"""Published values beside this experiment's, a summary of training, and the author's own code."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from labkit.catalog import FAMILIES, METRICS
from labkit.claims.claim import Published
from labkit.reporting.blocks import Block, Code, Column, Entry, Paragraph, Section
from labkit.reporting.cell import Cell
from labkit.reporting.entries import Columns, cell_row, link, number, table
from labkit.reporting.plots.style import level_label
from labkit.reporting.view import View
from labkit.text.language import N_, _
from labkit.text.numbers import listing, show

#: Losses where it is said beside them of which epoch they are.
_PLAIN = {
    "Final D loss": N_("D loss"),
    "Final G loss": N_("G loss"),
    "Final total loss": N_("Total loss"),
    "Final recon loss": N_("Recon loss"),
    "Final KL loss": N_("KL loss"),
}


@dataclass(frozen=True)
class Comparison:
    """A published value held against ours: is it reproduced, and if it is not comparable, why."""

    verdict: str
    ours: float | None = None  # mean over seeds; None where there is none
    deviation: float | None = None  # (ours - published) / |published|
    why: str = ""


def compare(cells: Sequence[Cell], reference: Mapping[str, Any], source: str) -> Comparison:
    """Hold a published value against the cells it is about.

    Reproduced means ``|ours - published| <= tolerance * |published|``, ours being the mean
    over seeds. Nothing is compared that was not trained on all images for as many epochs.
    The reference is an entry of the experiment file's, the source ``full`` or ``bundled``.
    """
    values = [v for cell in cells if (v := cell.metric(reference["metric"])) is not None]
    ours = sum(values) / len(values) if values else None
    reason = _obstacle(cells, reference, source)
    if ours is None or reason:
        return Comparison(N_("not comparable"), ours, why=reason or show(None))
    published = reference["value"]
    deviation = (ours - published) / abs(published) if published else ours
    held = abs(ours - published) <= reference["tolerance"] * abs(published)
    return Comparison(N_("reproduced") if held else N_("not reproduced"), ours, deviation)


def _obstacle(cells: Sequence[Cell], reference: Mapping[str, Any], source: str) -> str:
    """Say why the numbers cannot be compared; empty if they can."""
    if not cells:
        return _("no such cell in this plan")
    if absent := next((cell for cell in cells if cell.result is None), None):
        return absent.absence
    specs = [cell.spec for cell in cells]
    if limits := {spec.data["limit"] for spec in specs} - {None}:
        return _("trained on the first {n} images", n=f"{max(limits):,}")
    if source != "full":
        return _("trained on the bundled 10,000 images, not all 60,000")
    if epochs := {spec.training["epochs"] for spec in specs} - {reference["epochs"]}:
        return _("{n} epochs, not {wanted}", n=show(max(epochs)), wanted=reference["epochs"])
    return ""


def for_claims(view: View) -> tuple[Published, ...]:
    """The published values as the claims engine takes them."""
    found = []
    for each, cells, held in _held(view):
        if not cells:
            continue
        spec, value = cells[0].spec, each["value"]
        known = {**spec.params, **spec.training}
        told = {name: known[name] for name in view.style.factors(spec.family)}
        where = {"family": spec.family, "dataset": spec.dataset, **told, **each["where"]}
        error = each["tolerance"] * abs(value)
        found.append(Published(each["metric"], value, error, each["source"], where, held.why))
    return tuple(found)


def _held(view: View) -> Iterator[tuple[Mapping[str, Any], list[Cell], Comparison]]:
    """The experiment file's published values, the cells each is about, and how they compare."""
    for each in view.plan.settings.get("references") or ():
        where, block = each["where"].items(), each["experiment"]
        cells = [c for c in view.cells if c.spec.experiment == block]
        cells = [c for c in cells if all(c.spec.params.get(k) == v for k, v in where)]
        yield each, cells, compare(cells, each, view.plan.data_source)


def references(view: View) -> Section | None:
    """A table of the experiment file's published values, or None if it states none."""
    numbers = (_("Published"), _("This run"), _("Deviation"), _("Tolerance"))
    heads = (Column(label, True) for label in numbers)
    columns: Columns = (_("Run"), _("What"), *heads, _("Verdict"), _("Source"))
    rows = []
    for each, cells, held in _held(view):
        run, name = each["experiment"], each["metric"]
        if cells:
            spec = cells[0].spec
            run = link(cells[0], f"{_(FAMILIES[spec.family].label)} {view.style.label(spec)}")
        what = _("{measure} after {n} epochs", measure=_short(name), n=each["epochs"])
        values = [number(v, METRICS[name].digits) for v in (each["value"], held.ours)]
        tolerance = f"±{show(each['tolerance'] * 100)} %"
        verdict = _(held.verdict) + (f": {held.why}" if held.why else "")
        deviation = _percent(held.deviation, 1)
        rows.append((run, what, *values, deviation, tolerance, verdict, each["source"]))
    if not rows:
        return None
    text = _(
        "Published values and this experiment's, the mean over its seeds. “Reproduced” means "
        "within the tolerance stated in the experiment file; a value from other data or another "
        "number of epochs is not compared."
    )
    found = table(_("Reference values"), columns, rows, aligned=False)  # a measure each
    return Section("references", _("Reference Values"), (Paragraph(text), found))


def _percent(share: float | None, digits: int) -> Entry:
    """A share with its sign: "−1.5 %"."""
    text = "—" if share is None else f"{100 * share:+.{digits}f} %".replace("-", "−")
    return Entry(text, share)


def _short(name: str) -> str:
    """Return a metric's label, for a final loss without "final": "D loss"."""
    label = METRICS[name].label
    return _(_PLAIN.get(label, label))


_FORMULAS = N_(
    "Initial and final: the first and the last epoch. Change: as a share of the initial's size. "
    "Lowest and highest: from the second epoch on. Losses of different kinds cannot be compared, "
    "so each kind has a table of its own."
)
_UNBOUNDED = N_(
    "Without a constraint nothing bounds the slope of a Wasserstein critic: scaling its scores up "
    "lowers its loss with no image changed, so the loss estimates no distance and its size means "
    "nothing."
)


def performance(view: View) -> Section | None:
    """Summarise each training, a table per kind of loss; None unless the file asks for it."""
    if not view.options.get("performance"):
        return None
    kinds: dict[tuple[str, str], list[Cell]] = {}
    for cell in view.cells:
        params, family = cell.spec.params, cell.spec.family
        kind = str(params.get("loss") or params.get("reconstruction") or "")
        kinds.setdefault((family, kind), []).append(cell)
    numbers = (_("Initial"), _("Final"), _("Change"), _("Lowest"), _("Highest"))
    columns: Columns = (_("Run"), _("Loss"), *(Column(label, True) for label in numbers))
    tables = []
    for (family, kind), cells in kinds.items():
        rows = []
        for cell, name in product(cells, FAMILIES[family].losses):
            first, last, *ends = loss_course(cell, name)
            if first is not None and last is not None:
                change = _percent((last - first) / abs(first) if first else None, 0)
                shown = [number(v, METRICS[name].digits) for v in (first, last, *ends)]
                rows.append(cell_row(cell, _short(name), *shown[:2], change, *shown[2:]))
        of = f" {level_label('', '', kind)}" if kind else ""
        caption = f"{_(FAMILIES[family].label)}{of}, {view.seeds_said}"
        tables.append(table(caption, columns, rows))
    settings = [(c.spec.params.get("loss"), c.spec.params.get("constraint")) for c in view.cells]
    unbounded = [Paragraph(_(_UNBOUNDED))] if ("wasserstein", "none") in settings else []
    title = _("Training Performance Summary")
    return Section("performance", title, (Paragraph(_(_FORMULAS)), *tables, *unbounded))


def loss_course(cell: Cell, name: str) -> tuple[float | None, ...]:
    """First and last epoch's mean of a loss, and the lowest and highest from epoch 2 on."""
    values = [(row["epoch"], row[name]) for row in cell.epochs if row.get(name) is not None]
    if not values:
        return None, None, None, None
    later = [loss for epoch, loss in values if epoch > 1]
    return values[0][1], values[-1][1], min(later, default=None), max(later, default=None)


def own_code(view: View) -> Section | None:
    """What the author wrote: the files, and the cells trained outside of labkit."""
    blocks: list[Block] = []
    if view.own_loops:
        text = _(
            "Trained by own code, in a loop labkit has not seen: {runs}. Measured like "
            "all others, with three exceptions: the settings are what the author stated; the "
            "samples of the best epoch are those that chose it, so the choice may flatter the "
            "proxy FID a little; and no fingerprint covers the code, so whether a second run "
            "would end in the same numbers is not known.",
            runs=listing(view.own_loops),
        )
        blocks.append(Paragraph(text, "note"))
    for each in view.plan.settings.get("own") or ():
        blocks += [Paragraph(f"{each['name']}.py"), Code(each["source"], "python")]
    return Section("own-code", _("Appendix: Own Code"), tuple(blocks)) if blocks else None
