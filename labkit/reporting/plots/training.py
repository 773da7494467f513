"""What the discriminator knew: its accuracy through training."""

from __future__ import annotations

from labkit.catalog import DATASETS, LOSSES
from labkit.reporting.plots.chart import Chart, Lines, Reference
from labkit.reporting.plots.common import Plotted, curves, extremes, left_out, means, stacked
from labkit.reporting.plots.losses import loss_kinds, of_kind
from labkit.reporting.view import View, plain_level
from labkit.text.language import _


def discriminator_accuracy(view: View, family: str = "gan") -> Plotted | None:
    """Accuracy on real and fake images by epoch: a column for each loss kind that has one.

    A Wasserstein critic draws no line between real and fake, so it is never right or wrong.
    """
    kinds = [
        kind for kind in loss_kinds(view, family) if kind not in LOSSES or LOSSES[kind].threshold
    ]
    rows, said = [], []
    for dataset in view.datasets:
        row = [
            Lines(
                f"{dataset}, {plain_level(kind)}" if kind else dataset,
                _("epoch"),
                _("accuracy"),
                curves(view, of_kind(view, family, dataset, "loss", kind), "d_accuracy", 2),
                (Reference(_("guessing"), 0.5), Reference("0.95", 0.95)),
                scale="accuracy",
            )
            for kind in kinds
        ]
        if any(panel.series for panel in row):
            rows.append(row)
            most = extremes(means(view.groups(family, dataset), "d_accuracy"), 2)
            said.append(
                _(
                    "{dataset}, last epoch: {values}.",
                    dataset=DATASETS[dataset].label,
                    values=most,
                )
            )
    if not rows:
        return None
    return Plotted(
        Chart(stacked(rows), row_height=1.4),
        " ".join(said) + left_out(view.of(family)),
        _("Line plots of discriminator accuracy by epoch.") + " " + " ".join(said),
    )
