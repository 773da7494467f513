"""What a report can hold: questions, plots and formats."""

import re
from typing import Any

from labkit.catalog.entries import Format, Plot, Question

_ANSWERS = "labkit.claims.answers."
#: What questions about the levels of one setting have in common.
_SETTING: dict[str, Any] = {"target": _ANSWERS + "setting:answer", "levels": 2}

QUESTIONS: dict[str, Question] = {
    "stability": Question(
        "What hyperparameters most influenced GAN stability in your runs?", ("gan",),
        topic="Stability", target=_ANSWERS + "stability:answer", primary="fid_drawdown",
    ),
    "mode_collapse": Question(
        "Evidence of mode collapse (if any)? What helped?", ("gan",),
        topic="Mode collapse", target=_ANSWERS + "mode_collapse:answer",
    ),
    "latent_dim": Question(
        "How did latent dim affect VAE reconstructions and samples?", ("vae",), ("latent_dim",),
        topic="Latent dimension", target=_ANSWERS + "latent_dim:answer", primary="test_recon_loss",
    ),
    "combining": Question(
        "One idea to combine benefits of both models (e.g., VAE-GAN)", ("gan", "vae"),
        topic="Combining both models", target=_ANSWERS + "combining:answer", every_family=True,
        primary="proxy_fid",
    ),
    # --- questions of other grids
    "loss_kind": Question(
        "What did the Wasserstein loss change?", ("gan",), ("loss",), topic="Wasserstein loss",
        among=("wasserstein",), primary="proxy_fid", **_SETTING,
    ),
    "constraint": Question(
        "What did constraining the discriminator change (clipping, penalty, spectral norm)?",
        ("gan",), ("constraint",), topic="Constraint", primary="proxy_fid", **_SETTING,
    ),
    "regularisation": Question(
        "What did regularisation change?", ("vae",), ("regularised", "norm", "dropout"),
        topic="Regularisation", primary="proxy_fid", **_SETTING,
    ),
    "beta": Question(
        "What did β trade between reconstructions and samples?", ("vae",), ("beta",),
        topic="β", primary="test_recon_loss", **_SETTING,
    ),
    "codes": Question(
        "What did the codes learn?", ("infogan",), ("info_weight",),
        topic="Codes", target=_ANSWERS + "codes:answer", primary="code_accuracy",
    ),
    "sampling": Question(
        "How many steps does a sample need?", ("flow", "cflow"),
        topic="Sampling", target=_ANSWERS + "sampling:answer", primary="enough_steps",
    ),
    "sample_cost": Question(
        "What does a sample cost, and how good is it?", ("flow", "cflow"),
        topic="Cost of a sample", target=_ANSWERS + "sample_cost:answer",
        primary="flops_per_sample",
    ),
    "growing": Question(
        "Was it worth growing the networks?", ("progressive",), ("growth",),
        topic="Growing", target=_ANSWERS + "growing:answer", primary="proxy_fid",
    ),
    "styles": Question(
        "What did mixing styles in training buy?", ("style",), ("mixing",),
        topic="Styles", primary="mixed_fid", **_SETTING,
    ),
    "training": Question(
        "What changed between the first and the last epoch?", (),
        topic="Training", target=_ANSWERS + "training:answer", needs="first_values",
    ),
    "published": Question(
        "Do these runs reproduce the published values?", (),
        topic="Published values", target=_ANSWERS + "published:answer", needs="references",
    ),
}  # fmt: skip


def own_question(key: str) -> bool:
    """Whether an entry of a report's questions is a course's own: words, nothing like a key."""
    like_a_key = re.fullmatch(r"[\w-]*", key, re.ASCII)
    return key not in QUESTIONS and not like_a_key and bool(re.search(r"\w", key))


def words_of(key: str) -> str:
    """The words of a question by its key; one of a course's own is its own key."""
    return QUESTIONS[key].text if key in QUESTIONS else key


_FID = (
    "Left: the tracking FID of every epoch, which chooses the best one. Right: the proxy FID of "
    "that epoch. Lower is better; compare within a data set only."
)
_PLOTS = "labkit.reporting.plots."

PLOTS: dict[str, Plot] = {
    "gan_loss_comparison": Plot(
        "GAN Loss Comparison", _PLOTS + "figures:gan_loss", ("gan",),
        "Compare within a column only: losses of different kinds have different scales. A low "
        "loss is not a good image, since each network's loss depends on the other network.",
        of="adversarial",
    ),
    "gan_fid_comparison": Plot(
        "GAN FID Scores Comparison", _PLOTS + "figures:one_family", ("gan",), _FID,
        of="any", but=("vae",),
    ),
    "vae_loss_comparison": Plot(
        "VAE Loss Analysis", _PLOTS + "figures:vae_loss", ("vae",),
        "Total loss is reconstruction plus KL; KL is what the code says about the image beyond "
        "the prior. The number beside each panel's marks is the last epoch's value.",
        of="encoding",
    ),
    "vae_fid_comparison": Plot(
        "VAE FID Scores Comparison", _PLOTS + "figures:one_family", ("vae",), _FID,
    ),
    "fid_gan_vs_vae": Plot(
        "GAN vs VAE Overall Comparison", _PLOTS + "figures:all_families", (),
        "Further left is better. Compare within a panel only: data sets have scales of their own.",
    ),
    "discriminator_accuracy": Plot(
        "Discriminator Accuracy", _PLOTS + "figures:discriminator_accuracy", ("gan",),
        "Share of real and generated images the discriminator told apart: 0.5 is guessing; close "
        "to 1 the generator learns little from it.",
        of="adversarial",
    ),
    "code_information": Plot(
        "Information in the Code", _PLOTS + "figures:code_information", ("infogan",),
        "Lower bounds on what an image tells about the code it was made from, in nats: of the "
        "category at most log 10 = 2.30.",
    ),
    "sampling": Plot(
        "Quality by Way of Sampling", _PLOTS + "figures:sampling", ("flow",),
        "The same weights, sampled in other ways: the proxy FID of 500 samples each, and the "
        "share of them that look real (precision) and of real images that they cover (recall). "
        "Compare within a panel; fewer samples read higher than the tables' 10,000.",
        of="swept",
    ),
    "sample_cost": Plot(
        "Quality against Cost of Sampling", _PLOTS + "figures:sample_cost", (),
        "Further left is cheaper, further down is better. Along a curve the same weights take "
        "more steps a sample. Fewer samples read higher than the tables' FID.",
    ),
    "class_coverage": Plot(
        "Class Coverage", _PLOTS + "figures:class_coverage", (),
        "Percent of each class's real test images that have a generated image nearby in feature "
        "space. A pale tile: few of them have, for lack of samples or of their quality.",
    ),
    "kl_per_dimension": Plot(
        "KL per Latent Dimension", _PLOTS + "figures:kl_per_dimension", ("vae",),
        "What each latent dimension says about test images, of the first seed: near zero, next "
        "to nothing.",
        of="encoding",
    ),
    "latent_plane": Plot(
        "Latent Plane", _PLOTS + "figures:latent_plane", (),
        "The posterior mean of each test image, coloured by class. Where colours mix, the code "
        "cannot tell the classes apart; where nothing lies, samples of the prior are decoded "
        "from nowhere.",
    ),
    "rate_distortion": Plot(
        "Rate and Distortion", _PLOTS + "figures:rate_distortion", ("vae",),
        "How much the code says against how much is lost all the same. Down and to the left is "
        "better in both.",
        of="encoding",
    ),
}  # fmt: skip

FORMATS: dict[str, Format] = {
    "md": Format("labkit.reporting.render.files:markdown", "report.md"),
    "html": Format("labkit.reporting.render.files:page", "report.html"),
    "pdf": Format("labkit.reporting.render.pdf:pdf", "report.pdf", "weasyprint"),
}
