"""A whole report: what it says, in which order, and that it cannot do harm."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from labkit.catalog import FORMATS, resolve
from labkit.execution.image_grid import enlarged
from labkit.reporting.blocks import pictures, walk
from labkit.reporting.build import compose, computed, read_report
from labkit.reporting.cell import cells_of
from labkit.reporting.files import ReportError
from labkit.reporting.render.files import Drawings, thinned
from labkit.reporting.render.templates import templates_folder
from labkit.reporting.view import View
from labkit.store import commits
from labkit.store.file_names import NETWORKS
from labkit.store.store import Store
from tests.builders.plans import SMALL, fake_plan
from tests.builders.reports import build_report
from tests.builders.stores import write_store

HEADINGS = [
    "# Lab 1 — Generative Models: GAN vs VAE",
    "## Experiment Summary",
    "## Part 1: GAN Experiments - MNIST",
    "### Experiment Configurations",
    "### Results Summary",
    "## Part 1: GAN Experiments - FashionMNIST",
    "## Part 2: VAE Experiments - MNIST",
    "## Part 2: VAE Experiments - FashionMNIST",
    "## Generated Images",
    "### GAN Generated Samples (Best Epoch)",
    "### VAE Reconstructions (Best Epoch)",
    "### VAE Random Samples",
    "### VAE Latent Interpolations",
    "## Analysis Plots",
    "### GAN Loss Comparison",
    "### GAN FID Scores Comparison",
    "### VAE Loss Analysis",
    "### VAE FID Scores Comparison",
    "### GAN vs VAE Overall Comparison",
    "## Proxy FID Scores Summary",
    "## Reflection Questions & Data-Driven Answers",
    "### 1. What hyperparameters most influenced GAN stability in your runs?",
    "### 2. Evidence of mode collapse (if any)? What helped?",
    "### 3. How did latent dim affect VAE reconstructions and samples?",
    "### 4. One idea to combine benefits of both models (e.g., VAE-GAN)",
    "## Method and limitations",
    "## How these numbers were made",
    "## Conclusion",
]


@pytest.fixture(scope="module")
def built(lab1: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    build_report(lab1.root, out=out, formats=["md", "html"])
    return out


class Page(HTMLParser):
    """What a browser would make of a page, as far as the tests ask."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if found.get("id"):
            self.ids[str(found["id"])] += 1


def test_the_headings_are_the_labs_in_its_order(built: Path) -> None:
    lines = (built / "report.md").read_text("utf-8").splitlines()
    at = [lines.index(heading) for heading in HEADINGS]
    assert at == sorted(at)
    page = (built / "report.html").read_text("utf-8")
    titles = re.findall(r"<h\d>(?:<a [^>]*>)?(.*?)(?:</a>)?</h\d>", page)
    places = [titles.index(h.lstrip("# ").replace("&", "&amp;")) for h in HEADINGS]
    assert places == sorted(places)


def test_the_tables_have_the_labs_columns(built: Path) -> None:
    text = (built / "report.md").read_text("utf-8")
    assert (
        "| Loss Type | Z Dimension | Best Epoch | Final D Loss | Final G Loss | Proxy FID Score | "
        "Sample Images (Epochs 1, 5, 10) |" in text
    )
    assert (
        "| Latent Dimension | Best Epoch | Final Total Loss | Final Recon Loss | Final KL Loss | "
        "Proxy FID Score | Reconstruction, Random Samples, Interpolation |" in text
    )
    for fact in ("Loss Types:** Hinge, BCE", "Z Dimensions:** 32, 64, 128",
                 "Latent Dimensions:** 8, 16, 32", "Total GAN Experiments:** 12",
                 "Total VAE Experiments:** 6", "Epochs per Experiment:** 10"):  # fmt: skip
        assert fact in text


def test_markdown_links_every_file_and_every_file_is_linked(built: Path) -> None:
    text = (built / "report.md").read_text("utf-8")
    linked = set(re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text))
    written = {p.relative_to(built).as_posix() for p in built.rglob("*.png")}
    assert linked == written
    for name in ("gan_samples/MNIST_GAN_hinge_z64_epoch1.png",
                 "gan_samples/MNIST_GAN_hinge_z64_epoch10.png",
                 "vae_reconstructions/MNIST_VAE_latent16_epoch10.png",
                 "vae_samples/MNIST_VAE_latent16_random.png",
                 "vae_interpolations/MNIST_VAE_latent16_interpolation.png",
                 "plots/fid_gan_vs_vae.png"):  # fmt: skip
        assert name in written
    assert (built / "metrics.csv").is_file()


def test_every_row_of_a_markdown_table_has_as_many_cells_as_its_head(built: Path) -> None:
    lines = (built / "report.md").read_text("utf-8").splitlines()
    wide = 0
    rows = 0
    for line in lines:
        if line.startswith("|"):
            cells = len(re.findall(r"(?<!\\)\|", line))
            wide = wide or cells
            rows += 1
            assert cells == wide, line[:200]
        else:
            wide = 0
    assert rows > 100


def test_the_page_needs_nothing_and_forbids_the_network(built: Path) -> None:
    text = (built / "report.html").read_text("utf-8")
    assert "default-src 'none'" in text
    page = Page(text)
    for tag, attrs in page.tags:
        for name in ("src", "href", "action", "srcset"):
            value = attrs.get(name)
            if value is not None:
                assert value.startswith(("#", "data:image/png;base64,")), (tag, value[:80])
        assert not any(name.startswith("on") for name in attrs)
    assert not re.search(r"url\((?!data:)", text)
    assert len(text.encode()) < 4_500_000


def test_ids_are_unique_and_every_link_arrives(built: Path) -> None:
    page = Page((built / "report.html").read_text("utf-8"))
    assert [name for name, n in page.ids.items() if n > 1] == []
    hrefs = {a["href"] for tag, a in page.tags if tag == "a" and a.get("href")}
    assert {h for h in hrefs if h and h[1:] not in page.ids} == set()


def test_every_picture_has_words_and_every_table_a_caption(built: Path) -> None:
    page = Page((built / "report.html").read_text("utf-8"))
    pictures = [a for tag, a in page.tags if tag == "img"]
    assert len(pictures) > 80
    assert all(a.get("alt") for a in pictures)
    tags = Counter(tag for tag, _ in page.tags)
    assert tags["table"] == tags["caption"] > 5
    assert all(a.get("scope") for tag, a in page.tags if tag == "th")
    assert tags["h1"] == 1


def test_alternative_texts_come_from_the_numbers(lab1: Store) -> None:
    report = read_report(lab1, None, "full", {})
    alts = {(p.run, p.shows, p.epoch): p.alt for p in pictures(report.sections)}
    assert alts["MNIST_GAN_hinge_z64", "samples", 10] == (
        "4×4 grid of generated digits, GAN Hinge z 64, epoch 10 · proxy FID 23.1"
    )
    assert "1 of ten classes missing" in alts["FashionMNIST_GAN_hinge_z32", "samples", 10]
    # Classes are counted at the best epoch only; nothing is said of the others.
    assert "classes" not in alts["MNIST_GAN_hinge_z64", "samples", 1]


def test_the_first_lines_say_bundled_data_and_one_seed(built: Path) -> None:
    head = (built / "report.md").read_text("utf-8")[:1200]
    assert "Trained on a part of the training images: the first 10,000 of 60,000" in head
    assert "one seed (42)" in (built / "report.md").read_text("utf-8").split("## Experiment")[0]


def test_failed_missing_and_unmeasured_cells_are_said_to_be_so(
    troubled: Store, tmp_path: Path
) -> None:
    build_report(troubled.root, out=tmp_path, formats=["md", "html"])
    text = (tmp_path / "report.md").read_text("utf-8")
    assert (
        "Incomplete: 6 of 9 cells done; 1 failed, 1 missing and 1 trained but not measured" in text
    )
    assert "failed: DivergedError: diverged at step 7 of epoch 2" in text
    assert "not run yet" in text
    assert "bundled" not in text[:1500]
    assert "profile “quick”" in text
    assert "3 seeds (42, 43 and 44)" in text
    row = next(li for li in text.splitlines() if li.startswith("| 8 | 44 |"))
    assert "not measured" in row


def test_one_seed_is_never_called_more(lab1: Store) -> None:
    """Without other seeds and without a reference nothing is said to be beyond noise."""
    report = read_report(lab1, None, "full", {"report": {"reference": False}})
    asked = [b.answer for b in walk(report.sections) if b.kind == "reflection" and b.answer]
    assert {claim.strength for a in asked for claim in a.claims} <= {"seen once", "not measured"}
    said = " ".join([*(a.paragraph for a in asked), *(line.text for line in report.headlines)])
    assert not re.search(r"\bclearly\b|run-to-run variation", said, re.IGNORECASE)
    assert any("chance is not ruled out" in a.sure for a in asked)


def test_the_same_store_gives_the_same_bytes(small: Store, tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        out = tmp_path / name
        build_report(small.root, out=out, formats=["md", "html"])
        found.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()})
    assert found[0] == found[1]
    assert len(found[0]) >= 20


def test_the_time_is_the_newest_commits(built: Path) -> None:
    assert "2025-11-21, 22:00 UTC" in (built / "report.md").read_text("utf-8")


def test_the_students_words_come_first_and_cannot_do_harm(
    small: Store, answers: Path, tmp_path: Path
) -> None:
    before = answers.read_bytes()
    build_report(small.root, out=tmp_path, formats=["md", "html"], answers_file=answers)
    assert answers.read_bytes() == before
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<strong>words</strong>" in page
    assert "&lt;img src=x onerror=a()&gt;" in page
    assert "javascript:" not in page
    assert "example.org" not in page
    assert '<b class="value">' in page
    assert page.index("<strong>words</strong>") < page.index("Computed from your table by labkit")
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "&lt;img src=x" in text
    assert "javascript:" not in text
    assert "A remark." in text  # what belongs to no question is not lost
    assert "Something of my own" in page


@pytest.mark.parametrize(
    ("wanted", "prose", "claims"),
    [("prose", True, True), ("evidence", False, True), ("off", False, False)],
)
def test_how_much_is_computed_is_the_courses_choice(
    small: Store, tmp_path: Path, wanted: str, prose: bool, claims: bool
) -> None:
    options = {"report": {"answers": wanted, "layout": "full"}}
    build_report(small.root, out=tmp_path, formats=["html"], overrides=options)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert ('<p class="prose">' in page) is prose
    assert ('<p class="point">' in page) is prose
    assert ('<table class="findings">' in page) is claims
    assert "1. What hyperparameters most influenced" in page
    assert "were made by labkit" in page  # the disclosure stands in every case


def test_title_and_author_are_those_of_the_file_as_it_is_now(small: Store, tmp_path: Path) -> None:
    overrides = {
        "title": "<i>Über</i> & 汉字 🎉 | *x*",
        "author": {"name": "<b>O'Neil</b> | _me_", "id": "", "group": "", "course": ""},
    }
    build_report(small.root, out=tmp_path, formats=["md", "html"], overrides=overrides)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<title>&lt;i&gt;Über&lt;/i&gt; &amp; 汉字 🎉 | *x*</title>" in page
    assert "<i>" not in page
    assert "<b>O" not in page
    assert (
        (tmp_path / "report.md")
        .read_text("utf-8")
        .startswith(r"# \<i\>Über\</i\> & 汉字 🎉 \| \*x\*")
    )


@pytest.mark.parametrize("layout", ["full", "brief"])
@pytest.mark.parametrize("points", [SMALL[:1], SMALL[2:], SMALL])
def test_any_grid_makes_a_report(tmp_path: Path, points: tuple, layout: str) -> None:  # type: ignore[type-arg]
    store = write_store(tmp_path / "s", fake_plan(points, epochs=1))
    out = tmp_path / "r"
    build_report(store.root, out=out, formats=["md", "html"], layout=layout)
    page = Page((out / "report.html").read_text("utf-8"))
    assert [name for name, n in page.ids.items() if n > 1] == []
    hrefs = {a["href"] for tag, a in page.tags if tag == "a" and a.get("href")}
    assert {h for h in hrefs if h and h[1:] not in page.ids} == set()
    text = (out / "report.md").read_text("utf-8")
    families = {family for family, _, _ in points}
    assert ("VAE Random Samples" in text) == ("vae" in families and layout == "full")
    assert ("GAN vs VAE Overall Comparison" in text) == (len(families) == 2 and layout == "full")


def test_a_store_with_nothing_done_yet_has_a_report_too(tmp_path: Path) -> None:
    plan = fake_plan(SMALL)
    store = write_store(tmp_path / "s", plan, missing=[spec.name for spec in plan.cells])
    build_report(store.root, out=tmp_path / "r", formats=["md", "html"])
    text = (tmp_path / "r" / "report.md").read_text("utf-8")
    assert "0 of 3 cells done; 3 missing" in text
    assert "No cell has images yet." in text


def test_rows_come_in_numeric_order_whatever_the_plans_order(lab1: Store) -> None:
    plan = lab1.plan()
    mixed = replace(plan, cells=tuple(reversed(plan.cells)))
    view = View(mixed, cells_of(lab1, mixed))
    sizes = [c.spec.params["latent_dim"] for c in view.of("vae", "MNIST")]
    assert sizes == [8, 16, 32]
    assert compose(view, computed(view)).sections[1].title == "Part 1: GAN Experiments - MNIST"


def test_formats_of_the_catalog_are_what_it_says(small: Store) -> None:
    report = read_report(small, None, "brief", {})
    drawings = Drawings(report, ("png", "svg"))
    for name in ("md", "html"):
        files = resolve(FORMATS[name].target)(report, drawings)
        assert files.keys() >= {FORMATS[name].suffix, "metrics.csv", "history.csv"}


def test_a_picture_that_is_gone_is_one_clear_line(tmp_path: Path) -> None:
    plan = fake_plan(SMALL[:1], epochs=1)
    store = write_store(tmp_path / "s", plan)
    report = read_report(store, None, "full", {})
    path = store.train_folder(plan.cells[0]) / "images/samples_epoch1.png"
    path.unlink()
    with pytest.raises(ReportError, match=re.escape(str(path))):
        resolve(FORMATS["html"].target)(report, Drawings(report, ("svg",)))


def test_the_slider_has_every_epoch_once_and_keeps_within_its_budget(lab1: Store) -> None:
    report = read_report(lab1, None, "full", {})
    keys = [(f.run, f.shows, f.epoch) for f in report.frames]
    assert len(keys) == len(set(keys)) == 12 * 10 + 6 * 3 * 10
    shown = {(p.run, p.shows, p.epoch) for p in pictures(report.sections)}
    assert {k for k, f in zip(keys, report.frames, strict=True) if f.on_page} == shown
    every, step = thinned(report.frames, 10**9)
    assert (len(every), step) == (len(keys), 1)
    some, step = thinned(report.frames, 400_000)
    assert step > 1
    assert sum(f.source.stat().st_size for f in some if not f.on_page) <= 400_000
    assert {f.epoch for f in some} >= {1, 5, 10}


def test_enlarging_repeats_pixels(small: Store) -> None:
    import io

    import numpy as np
    from PIL import Image

    path = next(small.root.rglob("samples_epoch2.png"))
    small = np.asarray(Image.open(path))
    large = np.asarray(Image.open(io.BytesIO(enlarged(path.read_bytes(), 3))))
    assert large.shape == (354, 354)
    assert (large[::3, ::3] == small).all()
    assert (large[1::3, 2::3] == small).all()


def test_the_layers_are_those_that_were_recorded(small: Store) -> None:
    """Lab 1's networks as its sheet has them, with the weights of each row."""
    report = read_report(small, None, "full", {})
    section = next(s for s in report.sections if s.anchor == "method")
    folds = [block for part in section.sections for block in part.blocks if block.kind == "fold"]
    tables = {(fold.title, table.caption): table for fold in folds for table in fold.blocks}
    rows = {key: [[e.text for e in row.entries] for row in t.rows] for key, t in tables.items()}
    up, down = "transposed convolution 4×4", "convolution 4×4"
    assert rows == {
        ("Layers of Hinge z 64", "Generator: 584,641 parameters"): [
            ["noise z ~ N(0, I)", "64", ""],
            ["linear; batch norm, ReLU", "128 × 7 × 7", "420,224"],
            [f"{up}, stride 2, padding 1; batch norm, ReLU", "64 × 14 × 14", "131,264"],
            [f"{up}, stride 2, padding 1; batch norm, ReLU", "32 × 28 × 28", "32,864"],
            ["convolution 3×3, padding 1; tanh", "1 × 28 × 28", "289"],
        ],
        ("Layers of Hinge z 64", "Discriminator: 109,409 parameters"): [
            ["input", "1 × 28 × 28", ""],
            [f"{down}, stride 2, padding 1; leaky ReLU 0.2", "32 × 14 × 14", "544"],
            [f"{down}, stride 2, padding 1; batch norm, leaky ReLU 0.2", "64 × 7 × 7", "32,960"],
            ["convolution 3×3, stride 2, padding 1; leaky ReLU 0.2", "128 × 4 × 4", "73,856"],
            ["linear", "1", "2,049"],
        ],
        ("Layers of latent 8", "Encoder: 83,568 parameters"): [
            ["image", "1 × 28 × 28", ""],
            [f"{down}, stride 2, padding 1; ReLU", "32 × 14 × 14", "544"],
            [f"{down}, stride 2, padding 1; ReLU", "64 × 7 × 7", "32,832"],
            ["two linear heads: mean μ and log-variance log σ²", "8 + 8", "50,192"],
        ],
        ("Layers of latent 8", "Decoder: 69,377 parameters"): [
            ["latent z = μ + σ·ε, ε ~ N(0, I)", "8", ""],
            ["linear", "64 × 7 × 7", "28,224"],
            [f"{up}, stride 2, padding 1; ReLU", "32 × 14 × 14", "32,800"],
            [f"{up}, stride 2, padding 1; ReLU", "16 × 28 × 28", "8,208"],
            ["convolution 3×3, padding 1; tanh", "1 × 28 × 28", "145"],
        ],
    }


def test_layers_that_were_not_recorded_are_said_to_be_so(small: Store, tmp_path: Path) -> None:
    """All of a family, some of it, or a record that is none: one line, and no table."""
    store = Store(shutil.copytree(small.root, tmp_path / "store"))
    specs = {spec.name: spec for spec in store.plan().cells}
    for name in ("MNIST_GAN_bce_z64", "FashionMNIST_VAE_latent8"):
        folder = store.train_folder(specs[name])
        record = folder / NETWORKS
        if "VAE" in name:
            record.write_text('{"networks": [{"name": 7}]}')
        else:
            record.unlink()
        commits.seal(folder, "train", specs[name].fingerprint)
    build_report(store.root, out=tmp_path / "out", formats=["md"])
    text = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert text.count("The layers of some networks were not recorded when they were trained.") == 2
    assert "Layers of Hinge z 64" in text
    assert "Layers of latent 8" not in text


def test_a_report_imports_no_torch(small: Store) -> None:
    code = (
        "import sys; from pathlib import Path; from labkit.reporting.build import render_report; "
        f"render_report(Path({str(small.root)!r}), "
        "formats=['md', 'html']); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_first_report_writes_the_headings_to_answer_under(small: Store, tmp_path: Path) -> None:
    path = tmp_path / "answers.md"
    read_report(small, path, "full", {})
    first = path.read_text("utf-8")
    assert "## 1. What hyperparameters most influenced GAN stability in your runs?" in first
    path.write_text("mine", "utf-8")
    read_report(small, path, "full", {})
    assert path.read_text("utf-8") == "mine"


def test_settings_of_any_kind_can_be_varied(tmp_path: Path) -> None:
    """Lists, switches and settings that are off are levels like any other."""
    points = [
        *(("gan", "MNIST", {"betas": betas}) for betas in ((0.5, 0.999), (0.0, 0.9))),
        *(("gan", "MNIST", {"n_critic": n}) for n in (5,)),
    ]
    plan = fake_plan(points, epochs=1)
    off = replace(plan.cells[0], name="off", params={**plan.cells[0].params, "loss": None})
    store = write_store(tmp_path / "s", replace(plan, cells=(*plan.cells, off)), missing=["off"])
    report = read_report(store, None, "full", {})
    table = next(t for t in report.sections[1].sections[1].blocks if t.kind == "table")
    assert [c.label for c in table.columns][:4] == [
        "Loss Type", "Z Dimension", "Discriminator Steps", "Adam Betas"]  # fmt: skip
    assert sorted(row.entries[3].text for row in table.rows) == [
        "(0, 0.9)", "(0.5, 0.999)", "(0.5, 0.999)", "(0.5, 0.999)"]  # fmt: skip


def test_templates_are_found() -> None:
    assert (templates_folder() / "report.md.j2").is_file()


def test_class_shares_are_shown_as_classified_and_as_corrected(lab1: Store) -> None:
    report = read_report(lab1, None, "full", {})
    tables = [b for b in walk(report.sections) if b.kind == "table" and "share of" in b.caption]
    assert [t.caption.partition(":")[0] for t in tables] == ["MNIST", "FashionMNIST"]
    real, classified, corrected = tables[1].rows[:3]
    assert [r.entries[1].text for r in (real, classified, corrected)] == [
        "labelled", "classified", "corrected"]  # fmt: skip
    details = lab1.outcome(lab1.plan().cells[6]).details  # type: ignore[union-attr]
    assert classified.run == corrected.run == lab1.plan().cells[6].name
    assert [e.sort for e in corrected.entries[2:]] == [100 * s for s in details["class_shares"]]
    assert [e.sort for e in classified.entries[2:]] == [
        100 * s for s in details["class_shares_predicted"]]  # fmt: skip


def test_what_was_not_stored_of_shares_and_distances_is_left_out(lab1: Store) -> None:
    plan = lab1.plan()
    bare = (replace(c, outcome=replace(c.result, details={})) for c in cells_of(lab1, plan))  # type: ignore[type-var]
    view = View(plan, tuple(bare))
    text = repr(compose(view, computed(view)).sections)
    assert "share of samples in each class" not in text
    assert "Distance to training" not in text


def test_measures_stand_beside_what_real_images_read(lab1: Store) -> None:
    report = read_report(lab1, None, "full", {})
    found = {
        (column.label, row.entries[0].text): entry.sort
        for block in walk(report.sections)
        if block.kind == "table"
        for row in block.rows
        for column, entry in zip(block.columns, row.entries, strict=True)
    }
    assert found["Sharpness", "Real images of MNIST"] == pytest.approx(1, abs=0.05)
    assert found["Diversity within class", "Real images of MNIST"] == pytest.approx(1, abs=0.1)
    assert found["Distance to training", "Real images of FashionMNIST"] == 1.0
    assert found["Distance to training", "MNIST_GAN_hinge_z64"] == 1.31


def test_real_images_are_only_shown_at_the_number_they_were_measured_at(lab1: Store) -> None:
    def real(samples: int, metric: str) -> float | None:
        plan = lab1.plan()
        few = [replace(s, evaluation={**s.evaluation, "samples": samples}) for s in plan.cells]
        return View(replace(plan, cells=tuple(few)), cells_of(lab1, plan)).real("MNIST", metric)

    assert real(10_000, "recall") is not None
    assert real(2_000, "recall") is None  # coverage and the like depend on N
    full, few = real(10_000, "proxy_fid"), real(2_000, "proxy_fid")
    assert full
    assert few
    assert few > 2 * full  # the floor of 2,000 images, not that of 10,000


def test_how_to_verify_names_the_verbs(built: Path) -> None:
    text = (built / "report.md").read_text("utf-8").split("### How to verify")[1]
    assert "labkit submit -o hand-in.zip\nlabkit verify hand-in.zip --rerun 1" in text
    page = (built / "report.html").read_text("utf-8")
    assert "<code>labkit verify</code> checks without trust" in page


def test_every_family_has_figures_of_its_own(tmp_path: Path) -> None:
    points = [
        *(("cgan", d, {}) for d in ("MNIST", "FashionMNIST")),
        ("cvae", "MNIST", {"latent_dim": 8}), ("cvae", "MNIST", {"latent_dim": 16}),
        ("vae_gan", "MNIST", {"latent_dim": 8}), ("latent_gan", "MNIST", {"latent_dim": 8}),
    ]  # fmt: skip
    store = write_store(tmp_path / "s", fake_plan(points, epochs=2))
    report = read_report(store, None, "full", {})
    figures = {b.name: b for b in walk(report.sections) if b.kind == "figure"}
    titles = {part.title for s in report.sections if s.anchor == "plots" for part in s.sections}
    assert {
        "cGAN Loss Comparison",
        "cGAN FID Scores Comparison",
        "cVAE Loss Analysis",
        "VAE-GAN Loss Comparison",
        "VAE-GAN Loss Analysis",
        "LatentGAN Loss Comparison",
        "Overall Comparison",
        "Rate and Distortion: cVAE",
        "Discriminator Accuracy: LatentGAN",
        "KL per Latent Dimension: VAE-GAN",
    } <= titles
    # One cell has no trade-off to show, and a critic's feature distance is no pixel loss.
    assert "Rate and Distortion: VAE-GAN" not in titles
    analysis = figures["vae_gan_vae_loss_comparison"].chart.panels[0]
    assert [p.title for p in analysis] == [
        "MNIST: total, critic's features", "MNIST: reconstruction, critic's features", "MNIST: KL",
    ]  # fmt: skip
    kept = {(f.run, f.shows) for f in report.frames}
    assert {view for run, view in kept if "cVAE" in run} == {
        "samples", "reconstruction", "interpolation", "classes"}  # fmt: skip


def test_very_many_cells_share_the_page(lab1: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read_report(lab1, None, "full", {})
    monkeypatch.setattr("labkit.reporting.view.MANY", 17)
    monkeypatch.setattr("labkit.reporting.view.MOST", 2)
    crowded = read_report(lab1, None, "full", {})
    assert len(list(pictures(whole.sections))) == 18 * 3 + 12 + 3 * 6
    gallery = next(b for b in walk(crowded.sections) if b.kind == "gallery")
    best = sorted(
        (c for c in lab1.plan().cells if c.family == "gan" and c.dataset == "MNIST"),
        key=lambda c: lab1.outcome(c).metrics["proxy_fid"],  # type: ignore[union-attr]
    )
    standing_out = {c.name for c in (*best[:2], best[-1])}
    assert standing_out <= {p.run for p in gallery.pictures} < {c.name for c in best}
    assert "those that stand out" in repr(crowded.sections)


def test_an_answer_begins_with_its_point_and_ends_with_its_evidence(built: Path) -> None:
    text = (built / "report.md").read_text("utf-8").split("## Reflection")[1]
    text = text.split("\n## ")[0]
    page = (built / "report.html").read_text("utf-8")
    for part in text.split("\n### ")[1:]:
        _heading, first, *_rest = [line for line in part.splitlines() if line]
        point = re.match(r"\*\*(?!\*)(.+?[.!])\*\* ", first)
        assert point, first
        assert len(point[1].split()) <= 25
        assert "How sure:" in part
        rows = re.findall(r"^\| (?!Finding|---).+ cells? \|$", part, re.MULTILINE)
        assert f"Evidence ({len(rows)})" in part
        assert len(rows) > 3
    for answer in page.split('<div class="computed">')[1:]:
        order = [answer.index(f'class="{name}"') for name in ("point", "prose", "evidence")]
        assert order == sorted(order)


def test_a_sentence_names_the_cells_its_evidence_rests_on(lab1: Store) -> None:
    """The rows below an answer hold every finding that its sentences rest on."""
    report = read_report(lab1, None, "full", {})
    for block in walk(report.sections):
        if block.kind != "reflection" or block.answer is None:
            continue
        rows = {claim.finding.id for claim in block.answer.claims}
        for sentence in block.answer.sentences:
            assert set(sentence.findings) <= rows, sentence.text


def test_a_headline_leads_to_its_answer(lab1: Store, built: Path) -> None:
    report = read_report(lab1, None, "full", {})
    page = Page((built / "report.html").read_text("utf-8"))
    assert 3 <= len(report.headlines) <= 6
    targets = [line.href for line in report.headlines]
    assert all(target.removeprefix("#") in page.ids for target in targets)
    assert sum(target.startswith("#question-") for target in targets) >= 2


def test_no_box_stands_empty_where_the_author_said_nothing(
    small: Store, built: Path, answers: Path, tmp_path: Path
) -> None:
    page = (built / "report.html").read_text("utf-8")
    assert '<div class="own">' not in page
    assert page.count("there are none yet") == 1
    build_report(small.root, out=tmp_path, formats=["md", "html"], answers_file=answers)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count('<div class="own">') == 2  # an answer, and a remark
    assert "there are none yet" not in page
    text = (tmp_path / "report.md").read_text("utf-8")
    assert text.index("**words**") < text.index("**Computed from your table by labkit:**")


def test_the_conclusion_sets_the_best_cells_side_by_side(built: Path) -> None:
    text = (built / "report.md").read_text("utf-8")
    part = text.split("\n## Conclusion\n")[1].split("\n## ")[0]
    assert part.count("\n- ") >= 3
    assert "What to try next: three seeds may tell GANs from VAEs on Fashion-MNIST" in part
    row = next(line for line in part.splitlines() if line.startswith("| Proxy FID"))
    assert row.count("◆") == 2
