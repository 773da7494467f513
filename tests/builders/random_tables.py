"""Random tables of metrics: any grid, any gaps, any rounding, from one whole number."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product
from typing import Any

import pandas as pd

#: Settings a family may vary, with levels to choose from.
FACTORS: dict[str, dict[str, list[Any]]] = {
    "gan": {
        "loss": ["hinge", "bce", "wasserstein"],
        "z_dim": [8, 16, 32, 64, 128, 256],
        "lr": [0.0001, 0.0002, 0.001, 0.004],
        "constraint": ["none", "clip", "gradient_penalty", "spectral_norm"],
        "n_critic": [1, 2, 5],
        "batch_size": [32, 64, 128, 256],
        "d_norm": ["batch", "layer", "none"],
        "ema": [0.0, 0.99, 0.999],
    },
    "vae": {
        "latent_dim": [2, 4, 8, 16, 32, 64],
        "beta": [0.5, 1, 2, 4],
        "reconstruction": ["l1", "l2", "bce"],
        "lr": [0.0005, 0.001, 0.002],
        "batch_size": [64, 128],
    },
    "vae_gan": {"latent_dim": [8, 16, 32]},
}
#: What each family reports: name to a usual value; shares end at 1.
METRICS: dict[str, dict[str, float]] = {
    "gan": {"proxy_fid": 12.0, "sharpness": 0.95, "coverage": 0.4, "recall": 0.7,
            "fid_drawdown": 2.0,
            "fid_final_excess": 0.4, "d_dominance": 0.1, "class_imbalance": 0.08, "d_loss": 1.2,
            "g_loss": 0.6},
    "vae": {"proxy_fid": 16.0, "sharpness": 0.6, "coverage": 0.3, "recon_proxy_fid": 5.0,
            "test_recon_loss": 70.0, "test_total_loss": 95.0, "recon_loss": 69.0, "kl_loss": 24.0,
            "total_loss": 93.0},
    "vae_gan": {"proxy_fid": 10.0, "coverage": 0.35, "sharpness": 0.8},
}  # fmt: skip
SHARES = ("coverage", "recall", "d_dominance", "class_imbalance")
COLLAPSED = ("classes missing: 4, 9; under-represented: 1 (0.9 %)",
             "near-duplicates: 31 % of samples",
             "classes missing: 0, 1, 2, 3, 5, 6")  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A table: cells, epochs where there are any, and how many decimals it was typed with."""

    cells: pd.DataFrame
    epochs: pd.DataFrame | None
    decimals: int | None

    def csv(self) -> str:
        """Return the table rounded to a few decimals, as in one typed by hand."""
        reals = {n for each in METRICS.values() for n in each} & set(self.cells)
        typed = self.cells.astype(object).where(self.cells.notna(), "")
        for name in reals:
            typed[name] = [v if v == "" else f"{v:.{self.decimals}f}" for v in typed[name]]
        return str(typed.to_csv(index=False))


def made(number: int) -> Made:
    """The table of a number: always the same."""
    draw = random.Random(number)
    families = draw.choice(
        [
            ["gan"],
            ["vae"],
            ["gan", "vae"],
            ["gan", "vae"],
            ["gan", "vae"],
            ["gan", "vae", "vae_gan"],
        ]
    )
    datasets = draw.choice([[""], ["MNIST"], ["MNIST", "FashionMNIST"], ["MNIST", "FashionMNIST"],
                            ["blobs"], ["MNIST", "circles_2"]])  # fmt: skip
    rows = [
        row
        for family in families
        for row in _family(draw, family, datasets, draw.choice([1, 1, 1, 2, 3, 3, 4, 5]))
    ]
    rows = _spoiled(draw, rows)
    frame = pd.DataFrame(rows)
    absent = [c for c in {n for f in families for n in METRICS[f]} if c in frame]
    for name in sorted(absent):
        if draw.random() < 0.15 and len(absent) > 2:
            frame = frame.drop(columns=name)
    if not {n for f in families for n in METRICS[f]} & set(frame):
        frame["proxy_fid"] = 10.0
    if datasets == [""]:
        frame = frame.drop(columns="dataset")
    decimals = draw.choice([None, None, None, 0, 1, 2, 2])
    if decimals is not None:
        for name in sorted({n for f in families for n in METRICS[f]} & set(frame)):
            frame[name] = frame[name].astype(float).round(decimals)
    epochs = _epochs(draw, frame) if draw.random() < 0.3 else None
    return Made(frame, epochs, decimals)


def _family(
    draw: random.Random, family: str, datasets: list[str], seeds: int
) -> list[dict[str, Any]]:
    names = draw.sample(
        list(FACTORS[family]), min(draw.choice([1, 1, 2, 2, 3, 4, 5]), len(FACTORS[family]))
    )
    most = 6 if len(names) == 1 else 4 if len(names) == 2 else 3 if len(names) == 3 else 2
    grid = {
        n: draw.sample(FACTORS[family][n], draw.randint(2, min(most, len(FACTORS[family][n]))))
        for n in names
    }
    size = draw.choice([0.0, 0.02, 0.1, 0.4])
    noise = draw.choice([0.0, 0.02, 0.05, 0.2])
    effects = {
        (metric, d, n, level): draw.gauss(0, size)
        for metric in METRICS[family]
        for d in datasets
        for n, levels in grid.items()
        for level in levels
    }
    steady = draw.random() < 0.3
    rows = []
    for d, seed, levels in product(datasets, range(seeds), product(*grid.values())):
        settings = dict(zip(names, levels, strict=True))
        row: dict[str, Any] = {"family": family, "dataset": d, "seed": 40 + seed, **settings,
                               "epochs": 10, "status": "done", "seconds": draw.uniform(30, 3000),
        }  # fmt: skip
        row["run"] = "_".join([d or "run", family, *(str(v) for v in levels), f"seed{40 + seed}"])
        if family == "gan":
            row["collapse"] = "none detected at N=10,000"
        row["best_epoch"] = draw.choice([8, 9, 10, 10])
        for metric, usual in METRICS[family].items():
            moved = sum(effects[metric, d, n, level] for n, level in settings.items())
            value = usual * (1 + moved + draw.gauss(0, noise))
            row[metric] = min(max(value, 0.0), 1.0) if metric in SHARES else max(value, 0.01)
        if steady and "fid_drawdown" in row:
            row["fid_drawdown"] = 0.0 if draw.random() < 0.7 else 0.1
        rows.append(row)
    return rows


def _spoiled(draw: random.Random, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with failures, gaps, collapses and ties, or none of them."""
    failing, missing, collapsing = (draw.choice([0, 0, 0, 0.05, 0.3]) for _ in range(3))
    for row in rows:
        if draw.random() < failing:
            row["status"] = "failed"
        elif draw.random() < missing:
            row["status"] = "missing"
        if row["status"] != "done":
            for name in METRICS[row["family"]]:
                row[name] = None
            row["collapse"] = None
        elif row["family"] == "gan" and draw.random() < collapsing:
            row["collapse"] = draw.choice(COLLAPSED)
    if draw.random() < 0.1:
        for row in rows:
            if row["family"] == "gan":
                row["collapse"] = draw.choice([None, "not measurable at N=2,000: too noisy"])
    if draw.random() < 0.2 and len(rows) > 3:
        rows = [row for row in rows if draw.random() < 0.8] or rows
    draw.shuffle(rows)
    return rows


def _epochs(draw: random.Random, frame: pd.DataFrame) -> pd.DataFrame | None:
    losses = [n for n in ("d_loss", "g_loss", "recon_loss", "kl_loss") if n in frame]
    rows = [
        {"run": run, "epoch": epoch, **{n: draw.gauss(1, 0.5) / epoch for n in losses}}
        for run in frame["run"]
        for epoch in (1, 10)
    ]
    return pd.DataFrame(rows) if losses else None
