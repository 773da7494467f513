"""English names of levels, factors, metrics and verdicts."""

from __future__ import annotations

COUNTS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
)  # fmt: skip
LINKS = {"and": "and", "or": "or"}

METRIC_NAMES = {
    "proxy_fid": "proxy FID",
    "recon_loss": "training reconstruction loss",
    "test_recon_loss": "test reconstruction loss",
    "total_loss": "training loss",
    "test_total_loss": "test loss",
    "kl_loss": "KL term",
    "test_kl_loss": "test KL term",
    "d_loss": "discriminator loss",
    "g_loss": "generator loss",
    "d_accuracy": "discriminator accuracy",
    "d_dominance": "discriminator dominance",
    "d_grad_norm": "discriminator gradient norm",
    "g_grad_norm": "generator gradient norm",
    "fid_final_excess": "final excess of proxy FID",
    "fid_drawdown": "drawdown of proxy FID",
    "fid_tail_spread": "late wobble of proxy FID",
    "fid_oscillation": "oscillation of proxy FID",
    "active_units": "number of active units",
    "mmd_prior": "MMD to the prior",
    "sharpness": "sample sharpness",
    "recon_sharpness": "reconstruction sharpness",
    "vendi": "diversity within classes",
    "coverage": "coverage",
    "recall": "recall",
    "seconds": "training time",
}

FACTOR_NAMES = {
    "loss": ("loss", "losses"),
    "z_dim": ("z dimension", "z dimensions"),
    "latent_dim": ("latent dimension", "latent dimensions"),
    "lr": ("learning rate", "learning rates"),
    "betas": ("Adam betas", "Adam betas"),
    "n_critic": ("number of discriminator steps", "numbers of discriminator steps"),
    "batch_size": ("batch size", "batch sizes"),
    "epochs": ("number of epochs", "numbers of epochs"),
    "reconstruction": ("reconstruction loss kind", "reconstruction loss kinds"),
    "constraint": ("constraint", "constraints"),
    "network": ("network", "networks"),
    "regularised": ("regularisation", "regularisations"),
    "beta": ("β", "values of β"),
    "dataset": ("data set", "data sets"),
    "seed": ("seed", "seeds"),
    "family": ("model family", "model families"),
    "optimizer": ("optimiser", "optimisers"),
}

LEVEL_TEMPLATES = {
    "z_dim": "z {level}",
    "latent_dim": "latent {level}",
    "lr": "learning rate {level}",
    "beta": "β {level}",
    "n_critic": "{level} discriminator steps",
    "batch_size": "batch size {level}",
    "epochs": "{level} epochs",
}

LEVEL_NAMES = {
    ("loss", "hinge"): "hinge",
    ("loss", "wasserstein"): "Wasserstein",
    ("constraint", "none"): "no constraint",
    ("constraint", "clip"): "weight clipping",
    ("constraint", "gradient_penalty"): "gradient penalty",
    ("constraint", "spectral_norm"): "spectral norm",
}

VERDICT_WORDS = {
    "supported": "supported",
    "not supported": "not supported",
    "inconclusive": "inconclusive",
    "not measured": "not measured",
}


def plural(word: str) -> str:
    """An English plural good enough for labels: GANs, losses, epochs."""
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def duration(seconds: float) -> str:
    """Seconds as people say them: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
