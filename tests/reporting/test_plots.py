"""Plots: their values say what was measured; their files are exact, themed and the same twice."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labkit.catalog import FAMILIES, PLOTS, resolve
from labkit.reporting.blocks import walk
from labkit.reporting.build import read_report
from labkit.reporting.calibrated import FidScale
from labkit.reporting.cell import cells_of
from labkit.reporting.plots.canvas import MARKERS, PAGE, Canvas
from labkit.reporting.plots.chart import Chart, Dots, Heat, Lines, Reference, Series
from labkit.reporting.plots.draw import render
from labkit.reporting.plots.png import to_png
from labkit.reporting.plots.scales import Scale, limits, spread
from labkit.reporting.plots.style import Style
from labkit.reporting.plots.svg import to_svg
from labkit.reporting.view import View
from labkit.store.store import Store
from tests.builders.plans import LAB1, fake_plan
from tests.builders.stores import write_store


def view_of(store: Store) -> View:
    plan = store.plan()
    return View(plan, cells_of(store, plan))


def panels(chart: Chart) -> list:  # type: ignore[type-arg]
    return [panel for row in chart.panels for panel in row if panel is not None]


@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_of_the_catalog_is_drawn_in_both_formats(
    lab1: Store, tmp_path: Path, name: str
) -> None:
    store = lab1
    if name == "latent_plane":  # only where the latent space is a plane
        store = write_store(tmp_path, fake_plan([("vae", "MNIST", {"latent_dim": 2})]))
    view = view_of(store)
    plotted = resolve(PLOTS[name].target)(view)
    assert plotted is not None
    assert plotted.finding
    drawn = render(plotted.chart, view.style.palette, ("svg", "png"))
    again = render(plotted.chart, view.style.palette, ("svg", "png"))
    assert drawn == again
    svg = drawn["svg"].decode()
    assert not re.search(r"#[0-9a-f]{6}", svg)  # every colour follows the theme
    assert "nan" not in svg
    known = {*PAGE, *view.style.palette}
    assert set(re.findall(r"var\(--([\w-]+)\)", svg)) <= known
    image = np.asarray(Image.open(io.BytesIO(drawn["png"])))
    assert image.std() > 5


@pytest.mark.parametrize("datasets", [["MNIST"], ["MNIST", "FashionMNIST"]])
def test_a_latent_plane_is_about_as_wide_as_high(tmp_path: Path, datasets: list[str]) -> None:
    """The prior is round, so a plane that is drawn flat would say otherwise."""
    plan = fake_plan([("vae", name, {"latent_dim": 2}) for name in datasets])
    plotted = resolve(PLOTS["latent_plane"].target)(view_of(write_store(tmp_path, plan)))
    assert [len(row) for row in plotted.chart.panels] == [2]


def test_losses_of_different_kinds_never_share_an_axis(lab1: Store) -> None:
    plotted = resolve(PLOTS["gan_loss_comparison"].target)(view_of(lab1))
    scales: dict[str, set[str]] = {}
    for panel in panels(plotted.chart):
        kind = re.search(r", (\w+): (\w+)", panel.title)
        assert kind
        assert panel.scale  # shared only with the same loss of the other data set
        scales.setdefault(panel.scale, set()).add(kind.group())
        assert {s.line for s in panel.series} == {"solid" if kind[1] == "Hinge" else "dashed"}
    assert all(len(kinds) == 1 for kinds in scales.values())
    assert len(scales) == 4


def test_curves_are_the_history_and_dots_the_proxy_fid(lab1: Store) -> None:
    view = view_of(lab1)
    chart = resolve(PLOTS["gan_fid_comparison"].target)(view).chart
    lines, dots = (chart.panels[0][k] for k in (0, 1))
    assert isinstance(lines, Lines)
    assert isinstance(dots, Dots)
    cell = view.of("gan", "MNIST")[0]
    assert lines.series[0].y == tuple(row["proxy_fid"] for row in cell.result.history)  # type: ignore[union-attr]
    assert dots.series[0].x == (cell.metric("proxy_fid"),)
    assert dots.rows[:3] == ("Hinge z 32", "Hinge z 64", "Hinge z 128")


def test_a_level_has_one_look_in_every_plot(lab1: Store) -> None:
    view = view_of(lab1)
    looks: dict[str, set[tuple[str, str, str]]] = {}
    for name in ("gan_loss_comparison", "gan_fid_comparison", "discriminator_accuracy"):
        for panel in panels(resolve(PLOTS[name].target)(view).chart):
            for series in getattr(panel, "series", ()):
                level = re.search(r"z \d+", series.label)
                if level:
                    looks.setdefault(level.group(), set()).add((series.colour, series.marker, ""))
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
        monkeypatch.setattr("labkit.reporting.view.fid_scale", lambda *which: known)
        chart = resolve(PLOTS["fid_gan_vs_vae"].target)(view_of(lab1)).chart
        found = chart.panels[0][0]
        assert isinstance(found, Dots)
        return found

    assert dots(FidScale()).references == ()
    known = dots(FidScale(4.6, 5.0, 9000.0, "noise")).references
    assert known == (Reference("real images 4.6", 4.6), Reference("noise 9000", 9000.0))


def test_several_seeds_are_points_and_bands(troubled: Store) -> None:
    view = view_of(troubled)
    chart = resolve(PLOTS["gan_fid_comparison"].target)(view).chart
    lines, dots = chart.panels[0]
    hinge, _ = lines.series
    assert len(hinge.low) == len(hinge.y) == 3
    assert all(a <= m <= b for a, m, b in zip(hinge.low, hinge.y, hinge.high, strict=True))
    assert [len(series.x) for series in dots.series] == [2, 2]  # one failed, one missing


def test_every_seed_is_a_point_of_rate_and_distortion(tmp_path: Path) -> None:
    points = [("vae", "MNIST", {"latent_dim": n}) for n in (8, 16)]
    plan = fake_plan(points, seeds=(42, 43, 44), epochs=1)
    view = view_of(write_store(tmp_path, plan, missing=[plan.cells[0].name]))
    plotted = resolve(PLOTS["rate_distortion"].target)(view)
    eight, sixteen = plotted.chart.panels[0][0].series
    assert [len(eight.x), len(sixteen.x)] == [2, 3]
    assert sixteen.y == tuple(c.metric("test_recon_loss") for c in view.of("vae", "MNIST")[3:])
    assert "means of the seeds" in plotted.finding


def test_what_cannot_be_shown_is_said(troubled: Store) -> None:
    finding = resolve(PLOTS["gan_fid_comparison"].target)(view_of(troubled)).finding
    assert "MNIST_GAN_hinge_z64_seed43 (failed)" in finding
    assert "MNIST_GAN_bce_z64_seed42 (missing)" in finding


def test_many_that_cannot_be_shown_are_counted(tmp_path: Path) -> None:
    plan = fake_plan()
    missing = [cell.name for cell in plan.cells if cell.family == "gan"][1:]
    store = write_store(tmp_path, plan, missing=missing, failed=["MNIST_VAE_latent8"])
    finding = resolve(PLOTS["fid_gan_vs_vae"].target)(view_of(store)).finding
    assert finding.endswith("Not shown: 11 cells (missing) and MNIST_VAE_latent8 (failed).")


def test_axes_without_a_line_are_not_drawn(tmp_path: Path) -> None:
    """A loss that was not run yet has no column; one data set's two rows stand side by side."""
    plan = fake_plan()
    missing = [c.name for c in plan.cells if "bce" in c.name or c.dataset == "FashionMNIST"]
    view = view_of(write_store(tmp_path, plan, missing=missing))
    ((discriminator, generator),) = resolve(PLOTS["gan_loss_comparison"].target)(view).chart.panels
    assert (discriminator.title, generator.title) == (
        "MNIST, Hinge: discriminator",
        "MNIST, Hinge: generator",
    )
    ((only,),) = resolve(PLOTS["discriminator_accuracy"].target)(view).chart.panels
    assert only.title == "MNIST, Hinge"


def test_coverage_names_the_class_that_is_missing(lab1: Store) -> None:
    plotted = resolve(PLOTS["class_coverage"].target)(view_of(lab1))
    heat = plotted.chart.panels[0][1]
    assert isinstance(heat, Heat)
    assert heat.values[0][6] == 0.01
    assert "lowest coverage 1 %, class Shirt (GAN Hinge z 32 and GAN BCE z 32)" in plotted.finding
    # Nine cells share MNIST's lowest: they are counted, not one of them named.
    assert "class 0 (9 cells)" in plotted.finding


def test_nothing_measured_means_no_plot(lab1: Store) -> None:
    view = view_of(lab1)
    empty = replace(view, in_order=tuple(replace(c, outcome=None) for c in view.in_order))
    assert all(resolve(plot.target)(empty) is None for plot in PLOTS.values())
    bare = (replace(c, outcome=replace(c.result, metrics={}, details={})) for c in view.in_order)  # type: ignore[type-var]
    assert resolve(PLOTS["class_coverage"].target)(replace(view, in_order=tuple(bare))) is None


# ------------------------------------------------------------------ drawing


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.001, 0.08))
def test_labels_are_apart_in_order_and_within(at: list[float], gap: float) -> None:
    placed = spread(at, gap)
    order = sorted(range(len(at)), key=lambda i: at[i])
    ordered = [placed[i] for i in order]
    for a, b in pairwise(ordered):
        assert b - a >= gap * (1 - 1e-6)
    assert all(-1e-9 <= p <= 1 + 1e-9 for p in placed)


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([0.2, 0.9, 0.5], 0.1) == [0.2, 0.9, 0.5]


@settings(deadline=None)
@given(st.floats(1e-4, 1e6), st.floats(1e-3, 1e5), st.booleans(), st.integers(2, 8), st.booleans())
def test_ticks_lie_within_the_axis(
    low: float, span: float, log: bool, most: int, whole: bool
) -> None:
    scale = Scale(*limits([low, low + span], log), 0, 1, log)
    ticks = scale.ticks(most, whole)
    assert all(scale.low <= v * (1 + 1e-9) and v <= scale.high * (1 + 1e-9) for v, _ in ticks)
    assert len(ticks) <= most + 2
    texts = [text for _, text in ticks]
    assert len(set(texts)) == len(texts)


def test_scales_map_ends_to_ends() -> None:
    assert Scale(1, 100, 5, 1, log=True)(10) == pytest.approx(3)
    assert Scale(0, 10, 0, 1)(2.5) == 0.25
    assert limits([math.nan, 3.0, math.inf], log=False) == pytest.approx((2.7, 3.3))


@pytest.mark.parametrize("marker", MARKERS)
def test_page_and_file_show_the_same_marker(marker: str) -> None:
    canvas = Canvas(1, 1)
    canvas.curve([(0.5, 0.5)], "x", "none", marker, size=14)
    image = np.asarray(Image.open(io.BytesIO(to_png(canvas, {"x": "#ff0000"}))))
    red = (image[..., 0] > 200) & (image[..., 1] < 60)
    rows, columns = np.where(red)
    assert abs(rows.mean() - 72) < 8
    assert abs(columns.mean() - 72) < 1.5
    # 14 points at 144 dots an inch: a radius of about 28 pixels.
    assert 18 < (columns.max() - columns.min()) / 2 < 42
    assert ("circle" in to_svg(canvas)) == (marker == "o")


def test_text_is_text_on_the_page_and_ink_in_the_file() -> None:
    canvas = Canvas(2, 0.5)
    canvas.text((1.0, 0.25), "a < b & 汉", align="center", bold=True)
    svg = to_svg(canvas)
    assert "a &lt; b &amp; 汉</text>" in svg
    assert 'text-anchor="middle"' in svg
    dark = np.asarray(Image.open(io.BytesIO(to_png(canvas, {}))))[..., 0] < 128
    rows, columns = np.where(dark)
    assert abs((columns.min() + columns.max()) / 2 - 144) < 4
    assert abs((rows.min() + rows.max()) / 2 - 36) < 6


def test_every_figure_of_a_report_has_its_words(lab1: Store) -> None:
    report = read_report(lab1, None, "full", {})
    figures = [b for b in walk(report.sections) if b.kind == "figure"]
    assert [f.file for f in figures][:5] == [
        "plots/gan_loss_comparison.png", "plots/gan_fid_comparison.png",
        "plots/vae_loss_comparison.png", "plots/vae_fid_comparison.png",
        "plots/fid_gan_vs_vae.png",
    ]  # fmt: skip
    assert all(f.alt and f.reading for f in figures)
    assert len(LAB1) == 18


def test_what_lies_beyond_the_axis_is_an_arrow_at_its_edge() -> None:
    """Families are compared closely; the ends of the scale are far away, and said to be."""

    def words(reference: Reference) -> str:
        series = Series("", (20.0, 30.0), (0.0, 1.0), "gan-1", "none")
        panel = Dots("t", "x", ("a", "b"), (series,), ("20", "30"), (reference,), log=True)
        return render(Chart(((panel,),)), {"gan-1": ("#000000", "#ffffff")}, ("svg",))[
            "svg"
        ].decode()

    assert "← real images" in words(Reference("real images", 0.05, inside=False))
    assert "noise →" in words(Reference("noise", 228.0, inside=False))
    assert "← real" not in words(Reference("real images", 0.05))
    assert "real images" in words(Reference("real images", 0.05))


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
