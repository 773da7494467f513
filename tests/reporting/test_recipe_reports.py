"""Every recipe's report, of invented numbers: it is written, and says what its recipe is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.catalog import FAMILIES, QUESTIONS
from labkit.experiment.grid import make_plan, read_experiment
from labkit.experiment.starter import recipes
from tests.builders.reports import build_report
from tests.builders.stores import write_store

#: What each recipe's report must contain besides its cells.
SAYS = {
    "beta-vae": ("Rate and Distortion", "β"),
    "conditional": (
        "cGAN Classes, a Row for Each", "class, noise", "Label accuracy on Fashion-MNIST",
        "0.876", "0.997",
    ),
    "constraints": ("Spectral norm", "Gradient penalty", "What keeps the discriminator smooth"),
    "flow-matching": ("Flow Paths from Noise to Image", "Quality by Way of Sampling", "dx/dt = v"),
    "gan-losses": ("Training Performance Summary", "E[D(G(z))] − E[D(x)]"),
    "gan-vae-flow": (
        "Quality against Cost of Sampling", "million operations", "Quality by Way of Sampling",
    ),
    "hybrids": ("VAE-GAN", "AdvVAE", "LatentGAN"),
    "infogan": (
        "InfoGAN Categories, a Row for Each", "Information in the Code", "recognition head",
    ),
    "lab1": ("Part 2: VAE Experiments - FashionMNIST",),
    "progressive": ("ProGAN Samples by Resolution", "Was it worth growing", "equalised"),
    "style": (
        "StyleGAN Mixed Styles", "StyleGAN from Coarse to Fine", "truncation ψ", "learnt constant",
    ),
    "stabilisation": ("Reference Values", "64.98", "not comparable"),
    "vae-basics": ("Latent Plane", "Decoded Latent Plane", "150.4"),
    "vae-dcgan-wgan": (
        "Training Performance Summary", "240.98", "varied together with Loss", "Clipping",
    ),
    "vae-vs-gan": ("GAN vs VAE Overall Comparison",),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", recipes())
def test_every_recipe_has_its_report(name: str, tmp_path: Path) -> None:
    plan = make_plan(read_experiment(recipes()[name].path, "quick"), source="bundled")
    write_store(tmp_path / "results", plan)
    markdown, page = build_report(
        tmp_path / "results", out=tmp_path / "report", formats=["md", "html"]
    )
    text = page.read_text("utf-8")
    for phrase in SAYS[name]:
        assert phrase in text, phrase
    for cell in plan.cells:
        assert cell.name in text
    for i, key in enumerate(plan.settings["report"]["questions"], 1):
        assert f"{i}. {QUESTIONS[key].text}" in text
    for family in {cell.family for cell in plan.cells}:
        assert f"{FAMILIES[family].label} Experiments - " in text
    assert "not stated" not in text
    assert len(markdown.read_text("utf-8")) > 2000
