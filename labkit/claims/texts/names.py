"""What metrics, settings and levels are called in the middle of a sentence."""

from __future__ import annotations

from labkit.claims.cell import Level

#: One to twelve in words.
COUNTS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip

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
    "fid_final_excess": "final excess of tracking FID",
    "fid_drawdown": "drawdown of tracking FID",
    "fid_tail_spread": "late wobble of tracking FID",
    "fid_oscillation": "oscillation of tracking FID",
    "active_units": "number of active units",
    "mmd_prior": "MMD to the prior",
    "sharpness": "sample sharpness",
    "recon_sharpness": "reconstruction sharpness",
    "vendi": "diversity within classes",
    "coverage": "coverage",
    "recall": "recall",
    "seconds": "training time",
}

#: One and several.
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

LEVELS: dict[tuple[str, Level], str] = {
    ("loss", "hinge"): "hinge",
    ("loss", "wasserstein"): "Wasserstein",
    ("constraint", "none"): "no constraint",
    ("norm", "none"): "no norm",
    ("constraint", "clip"): "weight clipping",
    ("constraint", "gradient_penalty"): "gradient penalty",
    ("constraint", "spectral_norm"): "spectral norm",
    ("n_critic", 1): "one discriminator step",
    ("epochs", 1): "one epoch",
    ("norm", "batch"): "batch norm",
    ("norm", "layer"): "layer norm",
}

#: What the numbers of a claim are: the words of their names beside keys of the table.
NUMBERS = (
    "best", "blocks", "blocks where it holds", "blocks where it leads", "cells", "cells planned",
    "cells unknown", "cells used", "cells with it", "change", "claimed percent", "collapsed",
    "combination", "difference", "first", "first step", "gap", "high", "highest", "in the verdict",
    "last", "levels", "low", "lowest", "margin", "more", "next", "noise", "none", "ours", "pairs",
    "percent", "published", "rate", "rate at most", "resolution", "rest", "seed", "seeds", "share",
    "spread", "tolerance",
)  # fmt: skip
