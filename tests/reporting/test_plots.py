"""Plots: their values say what was measured; their files are exact, themed and the same twice."""

from __future__ import annotations

import html
import io
import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labkit.catalog import FAMILIES, PLOTS, resolve
from labkit.reporting.blocks import Paragraph, walk
from labkit.reporting.build import read_report
from labkit.reporting.cell import cells_of
from labkit.reporting.plots.chart import (
    Chart,
    Dots,
    Heat,
    Lines,
    Look,
    Reference,
    Series,
    described,
)
from labkit.reporting.plots.draw import render
from labkit.reporting.plots.style import PAGE, Style
from labkit.reporting.view import FidScale, View
from labkit.store.store import Store
from labkit.text.numbers import show
from tests.builders.plans import LAB1, fake_plan
from tests.builders.stores import write_store


def view_of(store: Store) -> View:
    plan = store.plan()
    return View(plan, cells_of(store, plan))


def drawn(name: str, view: View) -> Chart | None:
    """A plot of the catalog, as the report asks for it."""
    chart: Chart | None = resolve(PLOTS[name].target)(view, *PLOTS[name].families)
    return chart


def panels(chart: Chart) -> list:  # type: ignore[type-arg]
    return [panel for row in chart.panels for panel in row if panel is not None]


@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_of_the_catalog_is_drawn_in_both_formats(
    lab1: Store, tmp_path: Path, name: str
) -> None:
    store = lab1
    if name == "latent_plane":  # only where the latent space is a plane
        store = write_store(tmp_path, fake_plan([("vae", "MNIST", {"latent_dim": 2})]))
    elif name == "sample_cost":  # only beside a family that is sampled in steps
        store = write_store(tmp_path, fake_plan([(f, "MNIST", {}) for f in ("vae", "flow")]))
    elif own := set(PLOTS[name].families) - {"gan", "vae"}:  # plots of one family alone
        store = write_store(tmp_path, fake_plan([(family, "MNIST", {}) for family in own]))
    view = view_of(store)
    chart = drawn(name, view)
    assert chart is not None
    files = render(chart, view.style.palette, ("svg", "png"))
    assert files == render(chart, view.style.palette, ("png", "svg"))
    svg = files["svg"].decode()
    assert not re.search(r"#[0-9a-f]{6}", svg)  # every colour follows the theme
    assert "nan" not in svg
    known = {*PAGE, *view.style.palette}
    assert set(re.findall(r"var\(--([\w-]+)\)", svg)) <= known
    image = np.asarray(Image.open(io.BytesIO(files["png"])))
    assert image.std() > 5


@pytest.mark.parametrize("datasets", [["MNIST"], ["MNIST", "FashionMNIST"]])
def test_a_latent_plane_is_about_as_wide_as_high(tmp_path: Path, datasets: list[str]) -> None:
    """The prior is round, so a plane that is drawn flat would say otherwise."""
    plan = fake_plan([("vae", name, {"latent_dim": 2}) for name in datasets])
    chart = drawn("latent_plane", view_of(write_store(tmp_path, plan)))
    assert [len(row) for row in chart.panels] == [2]


def test_losses_of_different_kinds_never_share_an_axis(lab1: Store) -> None:
    chart = drawn("gan_loss_comparison", view_of(lab1))
    scales: dict[str, set[str]] = {}
    for panel in panels(chart):
        kind = re.search(r", (\w+): (\w+)", panel.title)
        assert kind
        assert panel.scale  # shared only with the same loss of the other data set
        scales.setdefault(panel.scale, set()).add(kind.group())
        assert {s.look.line for s in panel.series} == {"solid" if kind[1] == "Hinge" else "dashed"}
    assert all(len(kinds) == 1 for kinds in scales.values())
    assert len(scales) == 4


def test_curves_are_the_history_and_dots_the_proxy_fid(lab1: Store) -> None:
    view = view_of(lab1)
    chart = drawn("gan_fid_comparison", view)
    lines, dots = (chart.panels[0][k] for k in (0, 1))
    assert isinstance(lines, Lines)
    assert isinstance(dots, Dots)
    cell = view.of("gan", "MNIST")[0]
    assert lines.series[0].y == tuple(row["proxy_fid"] for row in cell.result.history)  # type: ignore[union-attr]
    assert dots.series[0].x == (cell.metric("proxy_fid"),)
    assert dots.rows[:3] == ("Hinge z 32", "Hinge z 64", "Hinge z 128")


def test_a_level_has_one_look_in_every_plot(lab1: Store) -> None:
    view = view_of(lab1)
    looks: dict[str, set[tuple[str, str]]] = {}
    for name in ("gan_loss_comparison", "gan_fid_comparison", "discriminator_accuracy"):
        for panel in panels(drawn(name, view)):
            for series in getattr(panel, "series", ()):
                level = re.search(r"z \d+", series.label)
                if level:
                    looks.setdefault(level.group(), set()).add(
                        (series.look.colour, series.look.marker)
                    )
    assert len(looks) == 3
    assert all(len(found) == 1 for found in looks.values())


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(a: str, b: str) -> float:
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("levels", [1, 2, 3, 5, 8])
def test_colours_stand_out_from_both_pages_and_grow_in_one_direction(levels: int) -> None:
    points = [
        *(("gan", "MNIST", {"z_dim": 8 * 2**k}) for k in range(levels)),
        *(("vae", "MNIST", {"latent_dim": 8 * 2**k}) for k in range(levels)),
    ]
    palette = Style(fake_plan(points).cells).palette
    assert len(palette) == 2 * levels
    for family in ("gan", "vae"):
        pairs = [palette[f"{family}-{k + 1}"] for k in range(levels)]
        assert all(_contrast(light, "#fefefe") >= 3 for light, _ in pairs)
        assert all(_contrast(dark, "#14171b") >= 3 for _, dark in pairs)
        greys = [_luminance(light) for light, _ in pairs]
        assert greys == sorted(greys, reverse=True)


def test_the_ends_of_the_scale_are_drawn_where_they_are_known(
    lab1: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dots(known: FidScale) -> Dots:
        monkeypatch.setattr(View, "fid_scale", lambda *which: known)
        chart = drawn("fid_gan_vs_vae", view_of(lab1))
        found = chart.panels[0][0]
        assert isinstance(found, Dots)
        return found

    assert dots(FidScale()).references == ()
    known = dots(FidScale(4.6, 5.0, 9000.0)).references
    assert known == (
        Reference("real images 4.6", 4.6, inside=False),
        Reference("noise 9000", 9000.0, inside=False),
    )


def test_several_seeds_are_points_and_bands(troubled: Store) -> None:
    view = view_of(troubled)
    chart = drawn("gan_fid_comparison", view)
    lines, dots = chart.panels[0]
    hinge, _ = lines.series
    assert len(hinge.low) == len(hinge.y) == 3
    assert all(a <= m <= b for a, m, b in zip(hinge.low, hinge.y, hinge.high, strict=True))
    assert [len(series.x) for series in dots.series] == [2, 2]  # one failed, one missing


def test_every_seed_is_a_point_of_rate_and_distortion(tmp_path: Path) -> None:
    points = [("vae", "MNIST", {"latent_dim": n}) for n in (8, 16)]
    plan = fake_plan(points, seeds=(42, 43, 44), epochs=1)
    view = view_of(write_store(tmp_path, plan, missing=[plan.cells[0].name]))
    chart = drawn("rate_distortion", view)
    eight, sixteen = chart.panels[0][0].series
    assert [len(eight.x), len(sixteen.x)] == [2, 3]
    assert sixteen.y == tuple(c.metric("test_recon_loss") for c in view.of("vae", "MNIST")[3:])


def test_models_lie_by_the_cost_of_a_sample_and_steps_along_a_curve(tmp_path: Path) -> None:
    points = [(family, "MNIST", {}) for family in ("vae", "flow")]
    chart = drawn("sample_cost", view_of(write_store(tmp_path / "both", fake_plan(points))))
    vae, flow = chart.panels[0][0].series
    assert vae.x == (3.0,)
    assert flow.x == (3.0, 6.0, 12.0, 24.0)  # million operations of 1, 2, 4 and 8 steps
    assert flow.y[0] == 24.0
    for some in (points[:1], points[1:]):  # nothing to compare, and no steps to follow
        assert (
            drawn("sample_cost", view_of(write_store(tmp_path / some[0][0], fake_plan(some))))
            is None
        )


def test_what_cannot_be_shown_is_said_once(troubled: Store) -> None:
    report = read_report(troubled, None, "full", {})
    (section,) = [s for s in report.sections if s.anchor == "plots"]
    cells = "1 failed, 1 missing and 1 trained but not measured"
    assert section.blocks == (Paragraph(f"Not all cells are in all of these plots: {cells}."),)


def test_axes_without_a_line_are_not_drawn(tmp_path: Path) -> None:
    """A loss that was not run yet has no column; one data set's two rows stand side by side."""
    plan = fake_plan()
    missing = [c.name for c in plan.cells if "bce" in c.name or c.dataset == "FashionMNIST"]
    view = view_of(write_store(tmp_path, plan, missing=missing))
    ((discriminator, generator),) = drawn("gan_loss_comparison", view).panels
    assert (discriminator.title, generator.title) == (
        "MNIST, Hinge: discriminator",
        "MNIST, Hinge: generator",
    )
    ((only,),) = drawn("discriminator_accuracy", view).panels
    assert only.title == "MNIST, Hinge"


def test_coverage_names_the_class_that_is_missing(lab1: Store) -> None:
    chart = drawn("class_coverage", view_of(lab1))
    heat = chart.panels[0][1]
    assert isinstance(heat, Heat)
    assert heat.values[0][6] == 0.01
    assert "GAN Hinge z 32: 1–" in described(chart)


def test_nothing_measured_means_no_plot(lab1: Store) -> None:
    view = view_of(lab1)
    empty = replace(view, in_order=tuple(replace(c, outcome=None) for c in view.in_order))
    assert all(drawn(name, empty) is None for name in PLOTS)
    bare = (replace(c, outcome=replace(c.result, metrics={}, details={})) for c in view.in_order)  # type: ignore[type-var]
    assert drawn("class_coverage", replace(view, in_order=tuple(bare))) is None


# ------------------------------------------------------------------ drawing


def words(panel: Lines | Dots) -> list[str]:
    """The texts of a chart of one panel."""
    svg = render(Chart(((panel,),)), {"gan-1": ("#2464b4", "#72b9f2")}, ("svg",))["svg"].decode()
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def dots_of(*values: float, reference: Reference | None = None) -> Dots:
    rows = tuple(f"row {i}" for i in range(len(values)))
    points = Series("", Look("gan-1", "none"), values, tuple(map(float, range(len(values)))))
    labels = tuple(f"{value:g} at the right" for value in values)
    return Dots("t", "FID", rows, (points,), labels, (reference,) if reference else ())


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ((3.12, 7.52), "linear"),
        ((5.8, 6.6), "linear"),
        ((4.0, 39.0), "linear"),
        ((3.0, 250.0), "log"),
        ((0.04, 9000.0), "log"),
    ],
)
def test_an_axis_has_plain_numbers_and_is_logarithmic_over_more_than_a_decade(
    values: tuple[float, ...], scale: str
) -> None:
    numbers = [float(t) for t in words(dots_of(*values)) if re.fullmatch(r"[\d.]+", t)]
    assert 3 <= len(numbers) <= 10
    steps = [b - a for a, b in pairwise(numbers)]
    assert (max(steps) == pytest.approx(min(steps))) == (scale == "linear")
    assert all(min(values) * 0.4 < number < max(values) * 1.1 for number in numbers)


def test_text_is_text_in_the_font_of_the_page_and_never_a_formula() -> None:
    curve = Series("a < b & $x^2$ 汉", Look("gan-1"), (1.0, 2.0), (1.0, 2.0))
    panel = Lines("costs $5 or $6", "epoch", "loss", (curve,))
    assert {"a < b & $x^2$ 汉", "costs $5 or $6", "epoch", "loss"} <= set(words(panel))
    svg = render(Chart(((panel,),)), {"gan-1": ("#2464b4", "#72b9f2")}, ("svg",))["svg"].decode()
    assert "font-family" not in svg
    assert "clip-path" not in svg


def test_what_is_not_finite_is_left_out() -> None:
    curve = Series("", Look("gan-1"), (1.0, 2.0, 3.0), (1.0, math.inf, math.nan))
    said = words(Lines("t", "epoch", "loss", (curve,), log=True))
    assert "loss" in said
    assert not any("nan" in text or "inf" in text for text in said)


def test_too_many_curves_have_no_legend() -> None:
    def panel(n: int) -> Lines:
        look = Look("gan-1")
        curves = tuple(Series(f"z {i}", look, (1.0, 2.0), (1.0, i)) for i in range(n))
        return Lines("t", "epoch", "loss", curves)

    assert {"z 0", "z 15"} <= set(words(panel(16)))
    assert "z 0" not in words(panel(17))


def test_figures_of_one_page_share_no_id(lab1: Store) -> None:
    view = view_of(lab1)
    ids: list[str] = []
    for name in PLOTS:
        if chart := drawn(name, view):
            svg = render(chart, view.style.palette, ("svg",))["svg"].decode()
            own = re.findall(r' id="([^"]*)"', svg)
            assert set(re.findall(r'href="#([^"]*)"', svg)) <= set(own)
            ids += own
    assert len(ids) == len(set(ids))


def test_every_figure_of_a_report_has_its_words(lab1: Store) -> None:
    report = read_report(lab1, None, "full", {})
    figures = [b for b in walk(report.sections) if b.kind == "figure"]
    assert [f.file for f in figures][:5] == [
        "plots/gan_loss_comparison.png", "plots/gan_fid_comparison.png",
        "plots/vae_loss_comparison.png", "plots/vae_fid_comparison.png",
        "plots/fid_gan_vs_vae.png",
    ]  # fmt: skip
    assert all(f.alt and f.reading for f in figures)
    best = min(c.metric("proxy_fid") for c in cells_of(lab1, lab1.plan()) if c.spec.family == "vae")
    assert show(best) in figures[3].alt  # who cannot see a figure reads its values
    assert len(LAB1) == 18


def test_what_lies_beyond_the_axis_is_an_arrow_at_its_edge() -> None:
    """Families are compared closely; the ends of the scale are far away, and said to be."""

    def said(reference: Reference) -> str:
        return " ".join(words(dots_of(20.0, 30.0, reference=reference)))

    assert "← real images" in said(Reference("real images", 0.05, inside=False))
    assert "noise 228 →" in said(Reference("noise 228", 228.0, inside=False))
    assert "← real" not in said(Reference("real images", 0.05))
    assert "real images" in said(Reference("real images", 0.05))


def test_the_scale_is_that_of_the_network_the_cells_were_measured_with(lab1: Store) -> None:
    view = view_of(lab1)
    known = view.fid_scale("MNIST")
    assert known.floor is not None
    assert known.ceiling is not None
    assert 0 < known.floor < 1 < known.ceiling
    other = tuple(
        replace(s, evaluation={**s.evaluation, "features": "00" * 32}) for s in view.plan.cells
    )
    assert replace(view, plan=replace(view.plan, cells=other)).fid_scale("MNIST") == FidScale()


def test_a_family_without_a_hue_has_one_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where another of the report states the same; those that state one first keep it."""
    for name, hue in (("new", ""), ("newer", ""), ("twin", "blue")):
        monkeypatch.setitem(FAMILIES, name, replace(FAMILIES["gan"], hue=hue))
    points = [(name, "MNIST", {}) for name in ("gan", "vae", "new", "newer", "twin")]
    palette = Style(fake_plan(points).cells).palette
    assert palette["gan-1"] == ("#2464b4", "#72b9f2")
    assert palette["vae-1"] == ("#a8420c", "#f2a65c")
    assert len(set(palette.values())) == 5
