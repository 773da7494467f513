"""Small tables for the tests: a Lab 1 of invented but plausible numbers, and makers of grids."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from labkit.claims import Answer, answers_of, table_of

#: Lab 1, really run on the bundled images.
REAL = Path(__file__).parents[1] / "claims" / "fixtures" / "lab1-bundled.csv"

GAN_COLUMNS = (
    "dataset", "loss", "z_dim", "best_epoch", "proxy_fid", "sharpness", "coverage", "recall",
    "fid_final_excess", "fid_drawdown", "d_dominance", "d_loss", "g_loss", "seconds",
)  # fmt: skip
#: Twelve GANs as a run on the small subset might leave them (invented).
GANS = [
    ("MNIST", "hinge", 32, 10, 148.2, 0.962, 0.583, 0.412, 0.0, 9.1, 0.031, 1.412, 0.518, 118.0),
    ("MNIST", "hinge", 64, 10, 139.7, 0.974, 0.611, 0.436, 0.0, 4.4, 0.028, 1.398, 0.541, 121.0),
    ("MNIST", "hinge", 128, 9, 151.9, 0.969, 0.574, 0.405, 6.3, 6.3, 0.036, 1.405, 0.529, 127.0),
    ("MNIST", "bce", 32, 8, 187.4, 0.941, 0.492, 0.351, 22.8, 31.5, 0.214, 0.871, 1.512, 117.0),
    ("MNIST", "bce", 64, 9, 171.3, 0.948, 0.527, 0.372, 14.1, 18.9, 0.187, 0.902, 1.447, 122.0),
    ("MNIST", "bce", 128, 10, 192.6, 0.936, 0.481, 0.344, 0.0, 26.7, 0.229, 0.853, 1.561, 126.0),
    ("FashionMNIST", "hinge", 32, 10, 262.1, 0.884, 0.371, 0.255, 0.0, 12.2, 0.052, 1.322, 0.611,
     119.0),
    ("FashionMNIST", "hinge", 64, 9, 241.5, 0.902, 0.408, 0.281, 8.7, 15.9, 0.047, 1.334, 0.598,
     122.0),
    ("FashionMNIST", "hinge", 128, 10, 247.8, 0.897, 0.397, 0.274, 0.0, 10.4, 0.049, 1.341, 0.602,
     128.0),
    ("FashionMNIST", "bce", 32, 10, 258.4, 0.876, 0.379, 0.262, 0.0, 14.8, 0.171, 0.944, 1.388,
     118.0),
    ("FashionMNIST", "bce", 64, 10, 236.9, 0.893, 0.415, 0.287, 0.0, 11.1, 0.163, 0.951, 1.371,
     123.0),
    ("FashionMNIST", "bce", 128, 7, 271.2, 0.869, 0.352, 0.243, 19.4, 24.6, 0.192, 0.918, 1.422,
     127.0),
]  # fmt: skip

VAE_COLUMNS = (
    "dataset", "latent_dim", "best_epoch", "proxy_fid", "sharpness", "recon_sharpness",
    "recon_proxy_fid", "active_units", "mmd_prior", "total_loss", "recon_loss", "kl_loss",
    "test_recon_loss", "test_kl_loss", "seconds",
)  # fmt: skip
#: Six VAEs to go with them (invented).
VAES = [
    ("MNIST", 8, 10, 312.4, 0.571, 0.682, 141.2, 8, 0.0041, 88.42, 74.31, 14.11, 74.92, 14.08,
     61.0),
    ("MNIST", 16, 10, 287.6, 0.598, 0.741, 88.5, 13, 0.0058, 79.21, 61.82, 17.39, 62.77, 17.31,
     62.0),
    ("MNIST", 32, 10, 301.8, 0.589, 0.748, 84.1, 15, 0.0049, 78.64, 60.90, 17.74, 61.98, 17.66,
     64.0),
    ("FashionMNIST", 8, 10, 401.7, 0.402, 0.455, 322.8, 8, 0.0062, 112.35, 99.86, 12.49, 100.41,
     12.44, 61.0),
    ("FashionMNIST", 16, 9, 418.2, 0.409, 0.481, 291.4, 11, 0.0077, 108.83, 94.70, 14.13, 95.62,
     14.09, 63.0),
    ("FashionMNIST", 32, 10, 423.9, 0.405, 0.486, 288.0, 12, 0.0079, 108.51, 94.19, 14.32, 95.20,
     14.27, 64.0),
]  # fmt: skip


def lab1(seeds: int = 1, noise: float = 0.04, seed: int = 0) -> pd.DataFrame:
    """The invented Lab 1; further seeds are the first one with multiplied noise."""
    rng = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for s in range(seeds):
        for columns, values, family in ((GAN_COLUMNS, GANS, "gan"), (VAE_COLUMNS, VAES, "vae")):
            for each in values:
                row = dict(zip(columns, each, strict=True))
                for name, value in row.items():
                    if s and isinstance(value, float):
                        row[name] = value * (1 + rng.gauss(0, noise))
                rows.append({**_fixed(family, row), **row, "seed": 42 + s})
    frame = pd.DataFrame(rows)
    frame["run"] = [_name(row, seeds > 1) for row in rows]
    return frame


def _fixed(family: str, row: dict[str, Any]) -> dict[str, Any]:
    common = {"family": family, "experiment": family, "epochs": 10, "batch_size": 128,
              "status": "done"}  # fmt: skip
    if family == "gan":
        return {**common, "lr": 2e-4, "betas": "[0.5, 0.999]", "n_critic": 1,
                "mode_collapse": 0, "missing_classes": 0,
                "collapse": "none detected at N=10,000"}  # fmt: skip
    return {**common, "lr": 2e-3, "betas": "[0.9, 0.999]", "reconstruction": "l1"}


def _name(row: dict[str, Any], several: bool) -> str:
    if row["family"] == "gan":
        name = f"{row['dataset']}_GAN_{row['loss']}_z{row['z_dim']}"
    else:
        name = f"{row['dataset']}_VAE_latent{row['latent_dim']}"
    return f"{name}_seed{row['seed']}" if several else name


def answer_questions(
    cells: pd.DataFrame, questions: Sequence[str] | None = None, **more: Any
) -> tuple[Answer, ...]:
    """The answers that a table gives, with what else `table_of` takes."""
    return answers_of(table_of(cells, **more), questions)
