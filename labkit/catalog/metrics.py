"""The columns of tables: direction, margin, and settings within which they are compared."""

from __future__ import annotations

from labkit.catalog.entries import Metric

#: The settings that two runs must share for their losses to be compared.
_SAME_GAN = ("family", "loss", "dataset")
_SAME_VAE = ("family", "reconstruction", "dataset")
_SAME_DATA = ("dataset",)
#: Rises of the FID by less than this hardly count against each other; larger ones by their ratio.
_FID_POINT = 0.5

#: What earlier versions wrote of a VAE, always without a value; ignored where it is read.
WITHDRAWN = ("elbo", "bits_per_dim", "elbo_absent")

#: Metrics between 0 and 1 that are said in percent.
SHARES = (
    "class_imbalance", "coverage", "d_accuracy", "d_dominance", "label_accuracy", "memorisation",
    "near_duplicates", "precision", "recall",
)  # fmt: skip

METRICS: dict[str, Metric] = {
    # --- quality of samples
    "proxy_fid": Metric(
        "Proxy FID", "lower", "quality",
        "Fréchet distance between features of samples (best epoch) and of real test images, "
        "under a small pinned classifier of the same data set",
        margin=0.05, log=True, within=_SAME_DATA,
    ),
    "proxy_fid_infinity": Metric(
        "Proxy FID∞", "lower", "quality",
        "proxy FID extrapolated to infinitely many samples",
        margin=0.05, log=True, within=_SAME_DATA,
    ),
    "kid": Metric(
        "KID", "lower", "quality",
        "unbiased squared MMD with a cubic polynomial kernel on the same features",
        margin=0.05, within=_SAME_DATA,
    ),
    "sharpness": Metric(
        "Sharpness", "", "quality",
        "gradient energy of samples relative to real images: 1 is as sharp as real, less is "
        "blurrier, more is noisier or harder-edged",
        margin=0.05, within=_SAME_DATA,
    ),
    "precision": Metric(
        "Precision", "higher", "quality",
        "share of samples that fall among real images in feature space: how many look real",
        margin=0.05, within=_SAME_DATA,
    ),
    "density": Metric(
        "Density", "higher", "quality",
        "like precision, but counts in how many real neighbourhoods a sample falls: 1 is as real",
        margin=0.05, within=_SAME_DATA,
    ),
    "memorisation": Metric(
        "Near-copies of training", "lower", "quality",
        "share of samples closer to a training image than 99 % of real test images are: 0.01 is "
        "as real; blur raises it too",
        margin=0.5, within=_SAME_DATA,
    ),
    "label_accuracy": Metric(
        "Label accuracy", "higher", "quality",
        "share of samples the pinned classifier gives the class that was asked for",
        of="conditional", margin=0.02, within=_SAME_DATA,
    ),
    "class_proxy_fid": Metric(
        "Proxy FID per class", "lower", "quality",
        "proxy FID of each class's samples against that class's test images, mean over classes",
        of="conditional", margin=0.05, log=True, within=_SAME_DATA,
    ),
    # --- modes: is every kind of image there, and each in its variety
    "mode_collapse": Metric(
        "Mode collapse", "lower", "modes",
        "1 if a rule for mode collapse fired, 0 if none did; see the verdict for which",
        digits=1, within=_SAME_DATA,
    ),
    "missing_classes": Metric(
        "Missing classes", "lower", "modes",
        "classes with almost no samples, as classified and after correcting for confusions",
        digits=2, within=_SAME_DATA,
    ),
    "class_imbalance": Metric(
        "Class imbalance", "lower", "modes",
        "share of samples that would have to change class to match the real class shares",
        margin=0.1, within=_SAME_DATA,
    ),
    "recall": Metric(
        "Recall", "higher", "modes",
        "share of real images that fall among samples in feature space: how much is covered",
        margin=0.05, within=_SAME_DATA,
    ),
    "coverage": Metric(
        "Coverage", "higher", "modes",
        "share of real images with a sample in their own neighbourhood", margin=0.05,
        within=_SAME_DATA,
    ),
    "vendi": Metric(
        "Diversity within class", "higher", "modes",
        "Vendi score of samples over that of real images, mean over classes: 1 is as varied as "
        "real", margin=0.05, within=_SAME_DATA,
    ),
    "near_duplicates": Metric(
        "Near-duplicates", "lower", "modes",
        "share of samples that are all but equal to another sample", within=_SAME_DATA,
    ),
    # --- stability, from the tracking FID of every epoch and the discriminator's records
    "fid_final_excess": Metric(
        "Final − best FID", "lower", "stability",
        "tracking FID of the last epoch minus that of the best", margin=0.1,
        log=True, offset=_FID_POINT, within=_SAME_DATA, whole=True,
    ),
    "fid_drawdown": Metric(
        "FID drawdown", "lower", "stability",
        "largest rise of the tracking FID above an earlier epoch's", margin=0.1,
        log=True, offset=_FID_POINT, within=_SAME_DATA, whole=True,
    ),
    "fid_tail_spread": Metric(
        "FID tail spread", "lower", "stability",
        "standard deviation of the tracking FID over the last third of the epochs (three at "
        "least)", margin=0.1, log=True, offset=_FID_POINT, within=_SAME_DATA, whole=True,
    ),
    "fid_oscillation": Metric(
        "FID oscillation", "lower", "stability",
        "sum of all rises of the tracking FID from one epoch to the next: 0 if it only fell",
        margin=0.1, log=True, offset=_FID_POINT, within=_SAME_DATA, whole=True,
    ),
    "convergence_epoch": Metric(
        "Convergence epoch", "lower", "stability",
        "first epoch whose tracking FID is within 10 % of the best epoch's", digits=4,
        within=_SAME_DATA, whole=True,
    ),
    "d_accuracy": Metric(
        "D accuracy", "", "stability",
        "share of real and fake images the discriminator told apart, mean of both, last epoch: "
        "0.5 is guessing", of="adversarial", margin=0.05, within=_SAME_DATA,
    ),
    "d_dominance": Metric(
        "D dominance", "lower", "stability",
        "share of all steps in which the discriminator's accuracy on its batch was above 0.95",
        of="adversarial", margin=0.1, within=_SAME_DATA,
    ),
    "d_grad_norm": Metric(
        "D gradient norm", "", "stability",
        "global L2 norm of the discriminator's gradient, mean over the last epoch",
        of="adversarial", margin=0.1, within=_SAME_GAN,
    ),
    "g_grad_norm": Metric(
        "G gradient norm", "", "stability",
        "global L2 norm of the generator's gradient, mean over the last epoch",
        of="adversarial", margin=0.1, within=_SAME_GAN,
    ),
    # --- what is special to a VAE, on test images with the best epoch's weights
    "active_units": Metric(
        "Active units", "higher", "vae",
        "latent dimensions whose posterior mean varies over test images (variance above 0.01)",
        of="encoding", digits=4, within=_SAME_DATA,
    ),
    "posterior_collapse": Metric(
        "Posterior collapse", "lower", "vae",
        "1 if the latent code says next to nothing about the image (no active unit), else 0",
        of="encoding", digits=1, within=_SAME_DATA,
    ),
    "mmd_prior": Metric(
        "MMD to prior", "lower", "vae",
        "squared MMD between codes of test images and the prior N(0, I): 0 if they match, so "
        "that samples start where training images lie",
        of="encoding", margin=0.1, within=("dataset", "latent_dim"),
    ),
    "recon_sharpness": Metric(
        "Reconstruction sharpness", "", "vae",
        "gradient energy of reconstructions relative to the images they reconstruct",
        of="encoding", margin=0.05, within=_SAME_DATA,
    ),
    "recon_proxy_fid": Metric(
        "Reconstruction proxy FID", "lower", "vae",
        "proxy FID of reconstructions of the test images: what the decoder alone costs",
        of="encoding", margin=0.05, log=True, within=_SAME_DATA,
    ),
    # --- training losses (means over the last epoch)
    "d_loss": Metric(
        "Final D loss", "", "losses", "discriminator loss, mean over the last epoch",
        of="adversarial", within=_SAME_GAN,
    ),
    "g_loss": Metric(
        "Final G loss", "", "losses", "generator loss, mean over the last epoch",
        of="adversarial", within=_SAME_GAN,
    ),
    "total_loss": Metric(
        "Final total loss", "lower", "losses",
        "reconstruction plus KL per image, mean over the last epoch",
        of="encoding", digits=5, margin=0.01, log=True, within=_SAME_VAE,
    ),
    "recon_loss": Metric(
        "Final recon loss", "lower", "losses",
        "reconstruction loss per image, mean over the last epoch; each kind a scale of its own, "
        "and that of a VAE-GAN is in its critic's features",
        of="encoding", digits=5, margin=0.01, log=True, within=_SAME_VAE,
    ),
    "kl_loss": Metric(
        "Final KL loss", "", "losses",
        "KL divergence from posterior to prior per image, in nats, mean over the last epoch",
        unit="nats", of="encoding", digits=4, margin=0.01, log=True, within=_SAME_VAE,
    ),
    "test_total_loss": Metric(
        "Test total loss", "lower", "losses", "total loss on test images, best epoch's weights",
        of="encoding", digits=5, margin=0.01, log=True, within=_SAME_VAE,
    ),
    "test_recon_loss": Metric(
        "Test recon loss", "lower", "losses",
        "reconstruction loss on test images, best epoch's weights",
        of="encoding", digits=5, margin=0.01, log=True, within=_SAME_VAE,
    ),
    "test_kl_loss": Metric(
        "Test KL loss", "", "losses", "KL divergence on test images, best epoch's weights",
        unit="nats", of="encoding", digits=4, margin=0.01, log=True, within=_SAME_VAE,
    ),
    # --- cost
    "seconds": Metric("Time", "lower", "cost", "training time of the cell", unit="s"),
    "images_per_s": Metric(
        "Images/s", "higher", "cost", "training images seen per second of training"
    ),
    "parameters": Metric("Parameters", "lower", "cost", "trainable weights", digits=9),
    "peak_memory_mb": Metric(
        "Peak memory", "lower", "cost", "largest memory of the cell's own process", unit="MB"
    ),
    "flops_per_image": Metric(
        "FLOPs per image", "lower", "cost",
        "floating-point operations of a training step, forward and backward, per image; the mean "
        "over the steps from one generator step to the next",
        digits=4, whole=True,
    ),
    # --- kept for continuity, never part of a claim
    "lab_sheet_fid": Metric(
        "Lab sheet's FID-like number", "", "appendix",
        "Fréchet distance on features of the first GAN's discriminator: comparable only within "
        "one run", within=("experiment",),
    ),
}  # fmt: skip
