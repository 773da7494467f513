"""The columns of tables: direction, margin, and settings within which they are compared."""

from typing import Any

from labkit.catalog.entries import Metric

#: The settings that two runs must share for their losses to be compared.
_SAME_GAN = ("family", "loss", "dataset")
_SAME_VAE = ("family", "reconstruction", "dataset")
_VAE_LOSS: dict[str, Any] = {"of": "encoding", "margin": 0.01, "log": True, "within": _SAME_VAE}
#: Rises of the FID by less than the offset hardly count against each other, larger ones by ratio.
_FID_RISE: dict[str, Any] = {"margin": 0.1, "log": True, "offset": 0.5, "whole": True}

#: What earlier versions wrote of a VAE, always without a value; ignored where it is read.
WITHDRAWN = ("elbo", "bits_per_dim", "elbo_absent")

#: The detail that names the device a cell was measured on; there is none where it was the CPU.
MEASURED_ON = "measured_on"

#: Metrics between 0 and 1 that are said in percent.
SHARES = (
    "class_imbalance", "code_accuracy", "code_purity",
    "clipped_coverage", "clipped_density", "coverage", "d_accuracy", "d_dominance",
    "label_accuracy", "memorisation", "near_duplicates", "precision", "recall",
    "two_sample_accuracy",
)  # fmt: skip

METRICS: dict[str, Metric] = {
    # --- quality of samples
    "proxy_fid": Metric(
        "Proxy FID", "lower", "quality", margin=0.05, log=True,
        about="Fréchet distance between features of samples (best epoch) and of real test images, "
        "under a small pinned classifier of the same data set",
    ),
    "proxy_fid_infinity": Metric(
        "Proxy FID∞", "lower", "quality", margin=0.05, log=True,
        about="proxy FID extrapolated to infinitely many samples",
    ),
    "kid": Metric(
        "KID", "lower", "quality", margin=0.05,
        about="unbiased squared MMD with a cubic polynomial kernel on the same features",
    ),
    "sharpness": Metric(
        "Sharpness", "", "quality", margin=0.05,
        about="gradient energy of samples relative to real images: 1 is as sharp as real, less is "
        "blurrier, more is noisier or harder-edged",
    ),
    "two_sample_accuracy": Metric(
        "Told from real", "lower", "quality", margin=0.02,
        about="accuracy of a classifier two-sample test: how often a nearest-neighbour classifier "
        "tells samples from real images; 50 % is guessing, so as good as real, 100 % always",
    ),
    "precision": Metric(
        "Precision", "higher", "quality", margin=0.05,
        about="share of samples that fall among real images in feature space: how many look real",
    ),
    "density": Metric(
        "Density", "higher", "quality", margin=0.05,
        about="like precision, but counts in how many real neighbourhoods a sample falls: 1 is as "
        "real",
    ),
    "clipped_density": Metric(
        "Clipped density", "higher", "quality", margin=0.05,
        about="share of good samples to which the samples amount in quality: like density, but no "
        "outlier's neighbourhood and no sample counts for more than its share",
    ),
    "memorisation": Metric(
        "Near-copies of training", "lower", "quality", margin=0.5,
        about="share of samples closer to a training image than 99 % of real test images are: "
        "0.01 is as real; blur raises it too",
    ),
    "label_accuracy": Metric(
        "Label accuracy", "higher", "quality", of="conditional", margin=0.02,
        about="share of samples the pinned classifier gives the class that was asked for",
    ),
    "class_proxy_fid": Metric(
        "Proxy FID per class", "lower", "quality", of="conditional", margin=0.05, log=True,
        about="proxy FID of each class's samples against that class's test images, mean over "
        "classes",
    ),
    "code_accuracy": Metric(
        "Accuracy of categories", "higher", "quality", of="coded", margin=0.02,
        about="share of samples that look like the class their category stands for, each class "
        "standing for one category: 1 if categories are classes, 0.1 if they say nothing",
    ),
    "code_purity": Metric(
        "Purity of categories", "higher", "quality", of="coded", margin=0.02,
        about="share of samples that look like the commonest class of their category; 1 also if "
        "all samples look like one class",
    ),
    "code_nmi": Metric(
        "Category and class", "higher", "quality", of="coded", margin=0.05,
        about="normalised mutual information of a sample's category and the class it looks like: "
        "1 if each tells the other, 0 if neither does",
    ),
    "enough_steps": Metric(
        "Enough steps", "lower", "quality", of="flowing",
        about="fewest sampling steps, of 1 to 32, whose proxy FID is within 10 % of the best",
    ),
    "mixed_fid": Metric(
        "Proxy FID of mixed styles", "lower", "quality", of="styled", margin=0.05, log=True,
        about="proxy FID of 500 samples whose coarse layers have the style of one image, whose "
        "fine layers that of another",
    ),
    # --- modes: is every kind of image there, and each in its variety
    "mode_collapse": Metric(
        "Mode collapse", "lower", "modes", digits=1,
        about="1 if a rule for mode collapse fired, 0 if none did; see the verdict for which",
    ),
    "missing_classes": Metric(
        "Missing classes", "lower", "modes", digits=2,
        about="classes with almost no samples, as classified and after correcting for confusions",
    ),
    "class_imbalance": Metric(
        "Class imbalance", "lower", "modes", margin=0.1,
        about="share of samples that would have to change class to match the real class shares",
    ),
    "recall": Metric(
        "Recall", "higher", "modes", margin=0.05,
        about="share of real images that fall among samples in feature space: how much is covered",
    ),
    "coverage": Metric(
        "Coverage", "higher", "modes", margin=0.05,
        about="share of real images with a sample in their own neighbourhood",
    ),
    "clipped_coverage": Metric(
        "Clipped coverage", "higher", "modes", margin=0.05,
        about="share of good samples that would fill the neighbourhoods of real images as far as "
        "the samples do; unlike coverage it does not fall with fewer samples",
    ),
    "vendi": Metric(
        "Diversity within class", "higher", "modes", margin=0.05,
        about="Vendi score of samples over that of real images, mean over classes: 1 is as varied "
        "as real",
    ),
    "near_duplicates": Metric(
        "Near-duplicates", "lower", "modes",
        about="share of samples that are all but equal to another sample",
    ),
    # --- stability, from the tracking FID of every epoch and the discriminator's records
    "fid_final_excess": Metric(
        "Final − best FID", "lower", "stability", **_FID_RISE,
        about="tracking FID of the last epoch minus that of the best",
    ),
    "fid_drawdown": Metric(
        "FID drawdown", "lower", "stability", **_FID_RISE,
        about="largest rise of the tracking FID above an earlier epoch's",
    ),
    "fid_tail_spread": Metric(
        "FID tail spread", "lower", "stability", **_FID_RISE,
        about="standard deviation of the tracking FID over the last third of the epochs (three at "
        "least)",
    ),
    "fid_oscillation": Metric(
        "FID oscillation", "lower", "stability", **_FID_RISE,
        about="sum of all rises of the tracking FID from one epoch to the next: 0 if it only fell",
    ),
    "convergence_epoch": Metric(
        "Convergence epoch", "lower", "stability", digits=4, whole=True,
        about="first epoch whose tracking FID is within 10 % of the best epoch's",
    ),
    "d_accuracy": Metric(
        "D accuracy", "", "stability", of="adversarial", margin=0.05,
        about="share of real and fake images the discriminator told apart, mean of both, last "
        "epoch: 0.5 is guessing",
    ),
    "d_dominance": Metric(
        "D dominance", "lower", "stability", of="adversarial", margin=0.1,
        about="share of all steps in which the discriminator's accuracy on its batch was above "
        "0.95",
    ),
    "d_grad_norm": Metric(
        "D gradient norm", "", "stability", of="adversarial", margin=0.1, within=_SAME_GAN,
        about="global L2 norm of the discriminator's gradient, mean over the last epoch",
    ),
    "g_grad_norm": Metric(
        "G gradient norm", "", "stability", of="adversarial", margin=0.1, within=_SAME_GAN,
        about="global L2 norm of the generator's gradient, mean over the last epoch",
    ),
    # --- what is special to a VAE, on test images with the best epoch's weights
    "active_units": Metric(
        "Active units", "higher", "vae", of="encoding", digits=4,
        about="latent dimensions whose posterior mean varies over test images (variance above "
        "0.01)",
    ),
    "posterior_collapse": Metric(
        "Posterior collapse", "lower", "vae", of="encoding", digits=1,
        about="1 if the latent code says next to nothing about the image (no active unit), else 0",
    ),
    "mmd_prior": Metric(
        "MMD to prior", "lower", "vae", of="encoding", margin=0.1, within=("dataset", "latent_dim"),
        about="squared MMD between codes of test images and the prior N(0, I): 0 if they match, "
        "so that samples start where training images lie",
    ),
    "recon_sharpness": Metric(
        "Reconstruction sharpness", "", "vae", of="encoding", margin=0.05,
        about="gradient energy of reconstructions relative to the images they reconstruct",
    ),
    "recon_proxy_fid": Metric(
        "Reconstruction proxy FID", "lower", "vae", of="encoding", margin=0.05, log=True,
        about="proxy FID of reconstructions of the test images: what the decoder alone costs",
    ),
    # --- training losses (means over the last epoch)
    "d_loss": Metric(
        "Final D loss", "", "losses", of="adversarial", within=_SAME_GAN,
        about="discriminator loss, mean over the last epoch",
    ),
    "g_loss": Metric(
        "Final G loss", "", "losses", of="adversarial", within=_SAME_GAN,
        about="generator loss, mean over the last epoch",
    ),
    "total_loss": Metric(
        "Final total loss", "lower", "losses", digits=5, **_VAE_LOSS,
        about="reconstruction plus KL per image, mean over the last epoch",
    ),
    "recon_loss": Metric(
        "Final recon loss", "lower", "losses", digits=5, **_VAE_LOSS,
        about="reconstruction loss per image, mean over the last epoch; each kind a scale of its "
        "own, and that of a VAE-GAN is in its critic's features",
    ),
    "kl_loss": Metric(
        "Final KL loss", "", "losses", unit="nats", digits=4, **_VAE_LOSS,
        about="KL divergence from posterior to prior per image, in nats, mean over the last epoch",
    ),
    "flow_loss": Metric(
        "Final flow loss", "lower", "losses", margin=0.01, log=True, digits=4, of="flowing",
        about="squared error of the velocity per pixel, mean over the last epoch; it cannot fall "
        "to 0, since many paths cross",
    ),
    "test_total_loss": Metric(
        "Test total loss", "lower", "losses", digits=5, **_VAE_LOSS,
        about="total loss on test images, best epoch's weights",
    ),
    "test_recon_loss": Metric(
        "Test recon loss", "lower", "losses", digits=5, **_VAE_LOSS,
        about="reconstruction loss on test images, best epoch's weights",
    ),
    "test_kl_loss": Metric(
        "Test KL loss", "", "losses", unit="nats", digits=4, **_VAE_LOSS,
        about="KL divergence on test images, best epoch's weights",
    ),
    # --- cost
    "seconds": Metric("Time", "lower", "cost", "training time of the cell", unit="s", within=()),
    "images_per_s": Metric(
        "Images/s", "higher", "cost", "training images seen per second of training", within=()
    ),
    "parameters": Metric("Parameters", "lower", "cost", "trainable weights", digits=9, within=()),
    "peak_memory_mb": Metric(
        "Peak memory", "lower", "cost", "largest memory of the cell's own process",
        unit="MB", within=(),
    ),
    "flops_per_image": Metric(
        "FLOPs per image", "lower", "cost", digits=4, whole=True, within=(),
        about="floating-point operations of a training step, forward and backward, per image; the "
        "mean over the steps from one generator step to the next, and over stages of growth",
    ),
    "flops_per_sample": Metric(
        "FLOPs per sample", "lower", "cost", digits=4, whole=True, within=(),
        about="floating-point operations of drawing a sample, all passes of all networks",
    ),
    # --- kept for continuity, never part of a claim
    "lab_sheet_fid": Metric(
        "Lab sheet's FID-like number", "", "appendix", within=("experiment",),
        about="Fréchet distance on features of the first GAN's discriminator: comparable only "
        "within one run",
    ),
}  # fmt: skip
