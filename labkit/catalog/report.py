"""What a report can hold: questions, plots and formats."""

from __future__ import annotations

from labkit.catalog.entries import Format, Plot, Question

_ANSWERS = "labkit.claims.questions."

QUESTIONS: dict[str, Question] = {
    "stability": Question(
        "What hyperparameters most influenced GAN stability in your runs?", ("gan",),
        target=_ANSWERS + "stability:answer",
    ),
    "mode_collapse": Question(
        "Evidence of mode collapse (if any)? What helped?", ("gan",),
        target=_ANSWERS + "mode_collapse:answer",
    ),
    "latent_dim": Question(
        "How did latent dim affect VAE reconstructions and samples?", ("vae",), ("latent_dim",),
        target=_ANSWERS + "latent_dim:answer",
    ),
    "combining": Question(
        "One idea to combine benefits of both models (e.g., VAE-GAN)", ("gan", "vae"),
        target=_ANSWERS + "combining:answer", every_family=True,
    ),
    # --- questions of other grids
    "loss_kind": Question(
        "What did the Wasserstein loss change?", ("gan",), ("loss",),
        target=_ANSWERS + "setting:answer", levels=2, among=("wasserstein",),
    ),
    "constraint": Question(
        "What did constraining the discriminator change (clipping, penalty, spectral norm)?",
        ("gan",), ("constraint",), target=_ANSWERS + "setting:answer", levels=2,
    ),
    "regularisation": Question(
        "What did regularisation change?", ("vae",),
        ("regularised", "norm", "dropout"),
        target=_ANSWERS + "setting:answer", levels=2,
    ),
    "beta": Question(
        "What did β trade between reconstructions and samples?", ("vae",), ("beta",),
        target=_ANSWERS + "setting:answer", levels=2,
    ),
    "training": Question(
        "What changed between the first and the last epoch?", (),
        target=_ANSWERS + "training:answer", needs="first_values",
    ),
    "published": Question(
        "Do these runs reproduce the published values?", (),
        target=_ANSWERS + "published:answer", needs="references",
    ),
}  # fmt: skip

_FID = (
    "Left: the tracking FID of every epoch against training images, which chooses the best "
    "epoch. Right: the proxy FID of that epoch against test images. Lower is better; both "
    "axes are logarithmic, so equal steps are equal ratios. Data sets are not comparable."
)

PLOTS: dict[str, Plot] = {
    "gan_loss_comparison": Plot(
        "GAN Loss Comparison", "labkit.reporting.plots.losses:gan_loss", ("gan",),
        "Discriminator and generator loss, mean over each epoch. Each kind of loss has a column "
        "of its own, because values of different kinds cannot be compared; a low loss is not a "
        "good image, since each network's loss depends on the other network.",
        of="adversarial",
    ),
    "gan_fid_comparison": Plot(
        "GAN FID Scores Comparison", "labkit.reporting.plots.fid:gan_fid", ("gan",),
        _FID,
        of="any", but=("vae",),
    ),
    "vae_loss_comparison": Plot(
        "VAE Loss Analysis", "labkit.reporting.plots.losses:vae_loss", ("vae",),
        "Total loss is reconstruction plus KL, each a mean over images. Lower reconstruction is "
        "a more faithful copy by the loss it is trained on; KL is what the code says about the "
        "image beyond the prior. The number at each curve's end is the last epoch's value.",
        of="encoding",
    ),
    "vae_fid_comparison": Plot(
        "VAE FID Scores Comparison", "labkit.reporting.plots.fid:vae_fid", ("vae",),
        _FID,
    ),
    "fid_gan_vs_vae": Plot(
        "GAN vs VAE Overall Comparison", "labkit.reporting.plots.fid:gan_vs_vae", (),
        "The proxy FID of every cell at its best epoch, lower (further left) is better, on a "
        "logarithmic axis. Compare within a panel only: data sets have scales of their own.",
    ),
    "discriminator_accuracy": Plot(
        "Discriminator Accuracy", "labkit.reporting.plots.training:discriminator_accuracy",
        ("gan",),
        "Share of real and generated images the discriminator told apart, mean over each epoch. "
        "0.5 is guessing; close to 1 the generator learns little from it.",
        of="adversarial",
    ),
    "class_coverage": Plot(
        "Class Coverage", "labkit.reporting.plots.modes:class_coverage", (),
        "Percent of each class's real test images that have a generated image nearby in feature "
        "space. A pale tile: few of them have, for lack of samples or of their quality.",
    ),
    "kl_per_dimension": Plot(
        "KL per Latent Dimension", "labkit.reporting.plots.latent:kl_per_dimension", ("vae",),
        "What each latent dimension says about test images, in nats, largest first: near zero, "
        "next to nothing. A unit counts as active if its mean varies over images by more than a "
        "variance of 0.01.",
        of="encoding",
    ),
    "latent_plane": Plot(
        "Latent Plane", "labkit.reporting.plots.latent:latent_plane", (),
        "The posterior mean of each test image, coloured by class. Where colours mix, the code "
        "cannot tell the classes apart; where nothing lies, samples of the prior are decoded "
        "from nowhere.",
    ),
    "rate_distortion": Plot(
        "Rate and Distortion", "labkit.reporting.plots.latent:rate_distortion", ("vae",),
        "Test KL (how much the code says) against test reconstruction loss (how much is lost "
        "all the same). Down and to the left is better in both.",
        of="encoding",
    ),
}  # fmt: skip

FORMATS: dict[str, Format] = {
    "md": Format("labkit.reporting.render.files:markdown", "report.md"),
    "html": Format("labkit.reporting.render.files:page", "report.html"),
    "pdf": Format("labkit.reporting.render.pdf:pdf", "report.pdf", "weasyprint"),
}
