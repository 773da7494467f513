"""What the plots show: from the report's view of its cells to a chart, a function a figure.

A figure that would have nothing to show is None.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import log
from statistics import fmean

from labkit.catalog import DATASETS, FAMILIES, LOSSES, METRICS, RECONSTRUCTIONS
from labkit.reporting.cell import Cell
from labkit.reporting.plots.chart import Bars, Chart, Dots, Heat, Lines, Look, Reference, Series
from labkit.reporting.plots.style import MARKERS
from labkit.reporting.view import View, plain_level
from labkit.text.language import _
from labkit.text.numbers import levels, show

#: Label and cells of each setting.
Groups = Sequence[tuple[str, tuple[Cell, ...]]]


def one_family(view: View, family: str) -> Chart | None:
    """The tracking FID of a family's cells by epoch, and their proxy FID at the best epoch."""
    rows: list[list[Lines | Dots]] = []
    for dataset in view.datasets:
        groups = view.groups(family, dataset)
        if any(cell.result for __, cells in groups for cell in cells):
            title = _("{dataset}: tracking FID by epoch", dataset=dataset)
            course, ends = _curves(view, groups, "proxy_fid"), _ends(view, dataset, tracking=True)
            left = Lines(title, _("epoch"), _("tracking FID"), course, ends, log=True)
            title = _("{dataset}: proxy FID, best epoch", dataset=dataset)
            rows.append([left, _dots(view, groups, title, dataset)])
    return Chart.of(rows, 2.05)


def all_families(view: View) -> Chart | None:
    """Proxy FID of every cell at its best epoch, one panel for each data set.

    None where there is only one family: its own figure shows the same.
    """
    row: list[Dots] = []
    for dataset in view.datasets if len(view.families) > 1 else ():
        groups = [
            (f"{_(FAMILIES[family].label)} {label}", cells)
            for family in view.families
            for label, cells in view.groups(family, dataset)
        ]
        if any(cell.metric("proxy_fid") for __, cells in groups for cell in cells):
            row.append(_dots(view, groups, dataset, dataset))
    title = "" if {"gan", "vae"} <= set(view.families) else _("Overall Comparison")
    return Chart((tuple(row),), title=title) if row else None


def _dots(view: View, groups: Groups, title: str, dataset: str) -> Dots:
    """A row for each setting with a point for each seed; what is missing keeps its row."""
    series, labels = [], []
    for i, (__, cells) in enumerate(groups):
        values = [v for cell in cells if (v := cell.metric("proxy_fid")) is not None]
        look = replace(view.style.look(cells[0].spec), line="none")
        series.append(Series("", look, tuple(values), (float(i),) * len(values)))
        mean = sum(values) / len(values) if values else None
        absent = _("failed") if any(c.status == "failed" for c in cells) else "—"
        labels.append(show(mean, METRICS["proxy_fid"].digits, absent))
    measure = _(METRICS["proxy_fid"].label)
    if view.several_seeds:
        measure = _("{measure}, mean of seeds at the right", measure=measure)
    rows = tuple(label for label, __ in groups)
    return Dots(title, measure, rows, tuple(series), tuple(labels), _ends(view, dataset))


def _ends(view: View, dataset: str, tracking: bool = False) -> tuple[Reference, ...]:
    """What real images and noise read, where known; `tracking`: against training images."""
    known = view.fid_scale(dataset)
    floor = known.tracking_floor if tracking else known.floor
    ends = ((_("real images"), floor), (_("noise"), known.ceiling))
    found = [(label, value) for label, value in ends if value is not None]
    return tuple(Reference(f"{label} {show(v, 2)}", v, inside=False) for label, v in found)


def gan_loss(view: View, family: str) -> Chart | None:
    """Discriminator and generator loss: a column for each loss kind, two rows a data set."""
    rows = []
    who = {"d_loss": _("discriminator"), "g_loss": _("generator")}
    for dataset, name in product(view.datasets, who):
        row = []
        for kind, groups in _by_kind(view, family, dataset, "loss"):
            found = _curves(view, groups, name, METRICS[name].digits)
            title = f"{_titled(dataset, kind)}: {who[name]}"
            row.append(Lines(title, _("epoch"), _("loss"), found, scale=f"{kind}-{name}"))
        rows.append(row)
    return Chart.of(rows, 1.45)


def discriminator_accuracy(view: View, family: str) -> Chart | None:
    """Accuracy on real and fake images by epoch: a column for each loss kind that has one.

    A Wasserstein critic draws no line between real and fake, so it is never right or wrong.
    """
    ends = (Reference(_("guessing"), 0.5), Reference("0.95", 0.95))
    rows = []
    for dataset in view.datasets:
        row = []
        for kind, groups in _by_kind(view, family, dataset, "loss"):
            if kind not in LOSSES or LOSSES[kind].threshold:
                title, found = _titled(dataset, kind), _curves(view, groups, "d_accuracy", 2)
                row.append(Lines(title, _("epoch"), _("accuracy"), found, ends, scale="accuracy"))
        rows.append(row)
    return Chart.of(rows, 1.6)


def code_information(view: View, family: str) -> Chart | None:
    """What images tell about category and numbers of their code: a row for each data set."""
    kinds = {"info_category": _("category"), "info_numbers": _("numbers")}
    most = (Reference(_("at most"), log(10)),)
    rows = []
    for dataset in view.datasets:
        groups, row = view.groups(family, dataset), list[Lines]()
        for name, what in kinds.items():
            ends = most if name == "info_category" else ()
            title, found = f"{dataset}: {what}", _curves(view, groups, name, 3)
            row.append(Lines(title, _("epoch"), _("nats per image"), found, ends))
        rows.append(row)
    return Chart.of(rows, 1.6)


def sampling(view: View, family: str) -> Chart | None:
    """Proxy FID, precision and recall by each setting of sampling, of each setting's first seed."""
    rows = []
    for dataset, (name, label) in product(view.datasets, FAMILIES[family].sweeps.items()):
        row = []
        for measure in ("proxy_fid", "precision", "recall"):
            found = []
            for title, cells in view.groups(family, dataset):
                if points := (cells[0].detail("sweeps") or {}).get(name):
                    x, y = (tuple(float(p[k]) for p in points) for k in ("value", measure))
                    found.append(Series(title, view.style.look(cells[0].spec), x, y))
            title, log = f"{dataset}: {_(METRICS[measure].label)}", measure == "proxy_fid"
            row.append(Lines(title, _(label), "", tuple(found), log=log, whole_x=False))
        if any(lines.series for lines in row):
            rows.append(row)
    return Chart.of(rows, 1.7)


def sample_cost(view: View) -> Chart | None:
    """Proxy FID of 500 samples of each setting by the arithmetic of one, a panel a data set.

    A family that is sampled in steps has a curve, along which the steps double; None without
    such a family and another.
    """
    row = []
    swept = [FAMILIES[family].is_a("swept") for family in view.families]
    for dataset in view.datasets if any(swept) and not all(swept) else ():
        found = []
        for family in view.families:
            for label, cells in view.groups(family, dataset):
                if points := _by_cost(cells[0]):
                    x, y = zip(*points, strict=True)
                    title = f"{_(FAMILIES[family].label)} {label}".strip()
                    found.append(Series(title, view.style.look(cells[0].spec), x, y))
        if len(found) > 1:
            cost, quality = _("million operations a sample"), _("proxy FID of 500 samples")
            panel = Lines(dataset, cost, quality, tuple(found), log=True, whole_x=False, log_x=True)
            row.append(panel)
    return Chart.of([row])


def _by_cost(cell: Cell) -> list[tuple[float, float]]:
    """Million operations a sample and proxy FID: of the samples, or of each number of steps."""
    cost, quality = cell.metric("flops_per_sample"), cell.detail("few_fid")
    if not cost or quality is None:
        return []
    taken = cell.spec.params.get("sampling_steps")
    sweep = (cell.detail("sweeps") or {}).get("sampling_steps")
    if taken and sweep:
        return [(cost * p["value"] / taken / 1e6, float(p["proxy_fid"])) for p in sweep]
    return [(cost / 1e6, float(quality))]


def vae_loss(view: View, family: str) -> Chart | None:
    """Total, reconstruction and KL loss, each on its own axis, a row for each data set."""
    rows = []
    for dataset in view.datasets:
        for kind, groups in _by_kind(view, family, dataset, "reconstruction"):
            unnamed = [("", cells) for __, cells in groups]
            row = []
            for name, title, unit in (
                ("total_loss", f"{_('total')}, {_compared_by(kind)}", _("loss per image")),
                ("recon_loss", f"{_('reconstruction')}, {_compared_by(kind)}", _("loss per image")),
                ("kl_loss", _("KL"), _("nats per image")),
            ):
                found = _curves(view, unnamed, name, 4)
                row.append(Lines(f"{dataset}: {title}", _("epoch"), unit, found))
            rows.append(row)
    return Chart.of(rows, 1.8, _keys(view, family))


def _curves(view: View, groups: Groups, column: str, digits: int = 0) -> tuple[Series, ...]:
    """A curve of a history column for each setting: the mean over seeds, and their range.

    After the label stands the last value to so many `digits`; 0 leaves it out.
    """
    found = []
    for label, cells in groups:
        by_epoch: dict[int, list[float]] = {}
        for row in (row for cell in cells if cell.result for row in cell.result.history):
            if row.get(column) is not None:
                by_epoch.setdefault(int(row["epoch"]), []).append(float(row[column]))
        if by_epoch:
            epochs, values = zip(*sorted(by_epoch.items()), strict=True)
            means = tuple(sum(each) / len(each) for each in values)
            said = f"{label} {show(means[-1], digits)}".strip() if digits else label
            several = max(map(len, values)) > 1
            band = [tuple(map(end, values)) if several else () for end in (min, max)]
            look = view.style.look(cells[0].spec)
            found.append(Series(said, look, tuple(map(float, epochs)), means, *band))
    return tuple(found)


def _keys(view: View, family: str) -> tuple[Series, ...]:
    """What each colour, marker and line means: one entry for a level of the first two factors."""
    found: dict[str, Series] = {}
    factors = view.style.factors(family)
    every = {*FAMILIES[family].named_by, *factors}
    for i, factor in enumerate(factors[:2]):
        for cell in view.of(family):
            look = view.style.look(cell.spec)
            label = view.style.label(cell.spec, without=every - {factor})
            main = Look(look.colour, "none", look.marker)
            second = Look("muted", look.line, "o", look.hollow)
            found.setdefault(label, Series(label, second if i else main))
    return tuple(found.values())


def _titled(dataset: str, kind: str | None) -> str:
    return _("{a}, {b}", a=dataset, b=plain_level(kind)) if kind else dataset


def _compared_by(kind: str | None) -> str:
    """A way of comparing output and input as titles say it."""
    return _(RECONSTRUCTIONS[kind].label) if kind else _("critic's features")


def _by_kind(
    view: View, family: str, dataset: str, setting: str
) -> Iterator[tuple[str | None, Groups]]:
    """Each kind of loss of a family (None: one of its own), with the settings named without it."""
    found = [cells for __, cells in view.groups(family, dataset)]
    for kind in levels(cell.spec.params.get(setting) for cell in view.of(family)) or [None]:
        mine = [cells for cells in found if cells[0].spec.params.get(setting) == kind]
        yield kind, [(view.style.label(cells[0].spec, without=[setting]), cells) for cells in mine]


def kl_per_dimension(view: View, family: str) -> Chart | None:
    """A bar for each latent dimension, largest first; a panel for each setting's first seed."""
    rows: list[list[Bars]] = []
    for dataset in view.datasets:
        row = []
        for label, cells in view.groups(family, dataset):
            if values := next(filter(None, (c.detail("kl_per_dimension") for c in cells)), None):
                title, x, y = f"{dataset}: {label}", _("dimension, by KL"), _("KL (nats)")
                high = tuple(sorted(map(float, values), reverse=True))
                colour = view.style.look(cells[0].spec).colour
                row.append(Bars(title, x, y, high, colour, scale=f"kl-{dataset}"))
        rows += [row[k : k + 3] for k in range(0, len(row), 3)]  # more would be too narrow
    return Chart.of(rows, 1.45)


def latent_plane(view: View) -> Chart | None:
    """Where two-dimensional VAEs put test images: a panel for each, a colour for each class."""
    panels: list[Lines | None] = []
    names: tuple[str, ...] = ()
    for cell in view.cells:
        points, classes = cell.detail("latent_plane"), cell.detail("latent_plane_classes")
        if not points or not classes:
            continue
        names = names or DATASETS[cell.spec.dataset].classes
        series = []
        for i in range(len(names)):
            if mine := [p for p, label in zip(points, classes, strict=True) if label == i]:
                series.append(Series("", _class_look(i), *zip(*mine, strict=True)))
        title = f"{cell.spec.dataset}: {view.title(cell)}"
        panels.append(Lines(title, "z₁", "z₂", tuple(series), whole_x=False))
    # Two to a row, so that a panel is about as wide as high.
    rows = [(*panels[i : i + 2], None)[:2] for i in range(0, len(panels), 2)]
    keys = tuple(Series(name, _class_look(i)) for i, name in enumerate(names))
    return Chart(tuple(rows), keys, row_height=4.2) if panels else None


def _class_look(i: int) -> Look:
    return Look(f"class-{i}", "none", MARKERS[i % len(MARKERS)], i >= len(MARKERS))


def rate_distortion(view: View, family: str) -> Chart | None:
    """Test reconstruction loss against test KL: each cell a point, a panel a data set.

    Where β is varied, a line joins the points in its order. A panel has two points to compare.
    """
    rows: dict[str | None, list[Lines]] = {}
    for dataset in view.datasets:
        for kind, groups in _by_kind(view, family, dataset, "reconstruction"):
            row, points = rows.setdefault(kind, []), _points(view, family, groups)
            if sum(bool(series.label) for series in points) > 1:
                title = _("{a}, {b}", a=dataset, b=_compared_by(kind))
                x = _("test KL (nats per image)")
                y = _(METRICS["test_recon_loss"].label)
                row.append(Lines(title, x, y, tuple(points), whole_x=False))
    return Chart.of(list(rows.values()), 1.8)


def _points(view: View, family: str, groups: Groups) -> list[Series]:
    """A point for each seed of each setting; where β is varied, first the curves it runs along."""
    points = []
    curve: dict[str, list[tuple[float, float]]] = {}
    for label, cells in groups:
        seeds = [(c.metric("test_kl_loss"), c.metric("test_recon_loss")) for c in cells]
        known = [(a, b) for a, b in seeds if a is not None and b is not None]
        if known:
            x, y = zip(*known, strict=True)
            look = replace(view.style.look(cells[0].spec), line="none")
            points.append(Series(label, look, x, y))
            other = view.style.label(cells[0].spec, without=["reconstruction", "beta"])
            curve.setdefault(other, []).append((fmean(x), fmean(y)))
    if "beta" not in view.style.factors(family):
        return points
    muted = Look("muted", "dotted", "")
    return [Series("", muted, *zip(*way, strict=True)) for way in curve.values()] + points


def class_coverage(view: View) -> Chart | None:
    """Share of each class's real images that have a sample nearby, a row for each cell."""
    row = []
    for dataset in view.datasets:
        if cells := [c for c in view.of(None, dataset) if c.detail("class_coverage")]:
            labels = tuple(f"{_(FAMILIES[c.spec.family].label)} {view.title(c)}" for c in cells)
            values = tuple(tuple(c.detail("class_coverage")) for c in cells)
            row.append(Heat(dataset, labels, DATASETS[dataset].classes, values))
    return Chart.of([row])
