"""What training recorded by epoch. Losses of different kinds never share an axis."""

from __future__ import annotations

from labkit.catalog import LOSSES, METRICS, RECONSTRUCTIONS
from labkit.reporting.cell import Cell
from labkit.reporting.plots.chart import Chart, Lines, Reference
from labkit.reporting.plots.common import charted, curves, keys
from labkit.reporting.view import View, plain_level
from labkit.text.language import _
from labkit.text.numbers import levels


def gan_loss(view: View, family: str) -> Chart | None:
    """Discriminator and generator loss: a column for each loss kind, two rows a data set."""
    rows = [
        [
            Lines(
                f"{_titled(dataset, kind)}: {who}",
                _("epoch"),
                _("loss"),
                curves(view, of_kind(view, family, dataset, "loss", kind), name,
                       METRICS[name].digits),
                scale=f"{kind}-{name}",
            )
            for kind in _loss_kinds(view, family)
        ]
        for dataset in view.datasets
        for name, who in (("d_loss", _("discriminator")), ("g_loss", _("generator")))
    ]  # fmt: skip
    return charted(rows, 1.45)


def discriminator_accuracy(view: View, family: str) -> Chart | None:
    """Accuracy on real and fake images by epoch: a column for each loss kind that has one.

    A Wasserstein critic draws no line between real and fake, so it is never right or wrong.
    """
    rows = [
        [
            Lines(
                _titled(dataset, kind),
                _("epoch"),
                _("accuracy"),
                curves(view, of_kind(view, family, dataset, "loss", kind), "d_accuracy", 2),
                (Reference(_("guessing"), 0.5), Reference("0.95", 0.95)),
                scale="accuracy",
            )
            for kind in _loss_kinds(view, family)
            if kind not in LOSSES or LOSSES[kind].threshold
        ]
        for dataset in view.datasets
    ]
    return charted(rows, 1.6)


def vae_loss(view: View, family: str) -> Chart | None:
    """Total, reconstruction and KL loss, each on its own axis, a row for each data set."""
    per_image = _("loss per image")
    rows = []
    for dataset in view.datasets:
        for kind in reconstructions(view, family):
            groups = of_kind(view, family, dataset, "reconstruction", kind)
            unnamed = [("", cells) for __, cells in groups]
            rows.append(
                [
                    Lines(f"{dataset}: {title}", _("epoch"), unit, curves(view, unnamed, name, 4))
                    for name, title, unit in (
                        ("total_loss", f"{_('total')}, {compared_by(kind)}", per_image),
                        ("recon_loss", f"{_('reconstruction')}, {compared_by(kind)}", per_image),
                        ("kl_loss", _("KL"), _("nats per image")),
                    )
                ]
            )
    return charted(rows, 1.8, keys(view, family))


def _titled(dataset: str, kind: str | None) -> str:
    return f"{dataset}, {plain_level(kind)}" if kind else dataset


def _loss_kinds(view: View, family: str) -> list[str | None]:
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
    return [
        (view.style.label(cells[0].spec, without=[setting]), cells)
        for __, cells in view.groups(family, dataset)
        if cells[0].spec.params.get(setting) == level
    ]
