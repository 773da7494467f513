"""Training losses by epoch. Losses of different kinds never share an axis."""

from __future__ import annotations

from labkit.catalog import DATASETS, METRICS, RECONSTRUCTIONS
from labkit.reporting.cell import Cell
from labkit.reporting.plots.chart import Chart, Lines
from labkit.reporting.plots.common import Plotted, curves, extremes, keys, left_out, means, stacked
from labkit.reporting.view import View, plain_level
from labkit.text.language import N_, _
from labkit.text.numbers import levels

#: Losses within a sentence.
_SPOKEN = {
    "d_loss": N_("final D loss"),
    "g_loss": N_("final G loss"),
    "recon_loss": N_("final recon loss"),
    "kl_loss": N_("final KL loss"),
}


def gan_loss(view: View, family: str = "gan") -> Plotted | None:
    """Discriminator and generator loss: a column for each loss kind, two rows a data set."""
    kinds = loss_kinds(view, family)
    rows, said = [], []
    for dataset in view.datasets:
        for name, who in (("d_loss", _("discriminator")), ("g_loss", _("generator"))):
            row = []
            for kind in kinds:
                groups = of_kind(view, family, dataset, "loss", kind)
                row.append(
                    Lines(
                        f"{dataset}, {plain_level(kind)}: {who}" if kind else f"{dataset}: {who}",
                        _("epoch"),
                        _("loss"),
                        curves(view, groups, name, METRICS[name].digits),
                        scale=f"{kind}-{name}",
                    )
                )
            if any(panel.series for panel in row):
                rows.append(row)
    if not rows:
        return None
    several = len(view.datasets) > 1
    for kind in kinds:
        for name in ("d_loss", "g_loss"):
            named = [
                (_("{cell} on {dataset}", cell=label, dataset=dataset) if several else label, value)
                for dataset in view.datasets
                for label, value in means(of_kind(view, family, dataset, "loss", kind), name)
            ]
            what = f"{plain_level(kind)}, {_(_SPOKEN[name])}" if kind else _(_SPOKEN[name])
            said.append(f"{what[:1].upper()}{what[1:]}: {extremes(named)}.")
    return Plotted(
        Chart(stacked(rows), row_height=1.45),
        " ".join(said) + left_out(view.of(family)),
        _("Line plots of discriminator and generator loss by epoch, one column for each loss kind.")
        + " "
        + " ".join(said),
    )


def vae_loss(view: View, family: str = "vae") -> Plotted | None:
    """Total, reconstruction and KL loss, each on its own axis, a row for each data set."""
    names = ("total_loss", "recon_loss", "kl_loss")
    titles = (_("total"), _("reconstruction"), _("KL"))
    kinds = reconstructions(view, family)
    rows, said = [], []
    for dataset in view.datasets:
        for kind in kinds:
            groups = of_kind(view, family, dataset, "reconstruction", kind)
            row = [
                Lines(
                    f"{dataset}: {title}" + (f", {compared_by(kind)}" * (i < 2)),
                    _("epoch"),
                    _("nats per image") if name == "kl_loss" else _("loss per image"),
                    curves(view, [("", cells) for __, cells in groups], name, 4),
                )
                for i, (name, title) in enumerate(zip(names, titles, strict=True))
            ]
            if any(panel.series for panel in row):
                rows.append(row)
                where = DATASETS[dataset].label
                for name in names[1:]:
                    named = means(groups, name)
                    if any(value is not None for __, value in named):
                        found = extremes(named, METRICS[name].digits)
                        said.append(f"{where}, {_(_SPOKEN[name])}: {found}.")
                if not any(text.startswith(where) for text in said):
                    last = max(x for panel in row for series in panel.series for x in series.x)
                    said.append(
                        _(
                            "{dataset}: recorded up to epoch {epoch} only.",
                            dataset=where,
                            epoch=f"{last:.0f}",
                        )
                    )
    if not rows:
        return None
    return Plotted(
        Chart(stacked(rows), keys(view, [family]), row_height=1.8),
        " ".join(said) + left_out(view.of(family)),
        _("Line plots of total, reconstruction and KL loss by epoch.") + " " + " ".join(said),
    )


def loss_kinds(view: View, family: str) -> list[str | None]:
    """The adversarial losses of a family's cells; None: the family has one of its own."""
    return levels(cell.spec.params.get("loss") for cell in view.of(family)) or [None]


def reconstructions(view: View, family: str) -> list[str | None]:
    """How a family's cells compare output and input; None: by a critic's features."""
    kinds = levels(cell.spec.params.get("reconstruction") for cell in view.of(family))
    return kinds or [None]


def compared_by(kind: str | None) -> str:
    """A way of comparing output and input as titles say it."""
    return _(RECONSTRUCTIONS[kind].label) if kind else _("critic's features")


def of_kind(
    view: View, family: str, dataset: str, setting: str, level: str | None
) -> list[tuple[str, tuple[Cell, ...]]]:
    """The settings of one data set and one kind of loss, named without that kind."""
    found = []
    for __, cells in view.groups(family, dataset):
        if cells[0].spec.params.get(setting) == level:
            found.append((view.style.label(cells[0].spec, without=[setting]), cells))
    return found
