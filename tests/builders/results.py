"""What a finished cell holds: real images, invented numbers that follow its settings.

The numbers follow simple formulas of the settings, so that tests know what a report of
them must say. Nothing is random but the noise over early pictures, which has a seed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from labkit.catalog import FAMILIES
from labkit.data import load
from labkit.execution import image_grid
from labkit.experiment.spec import CellSpec
from labkit.store import layer_table
from tests.builders.cells import spec_of


def _size(spec: CellSpec) -> int:
    """The setting that says how large a model is."""
    named = ("z_dim", "latent_dim", "width")
    return next(int(spec.params[name]) for name in named if name in spec.params)


def history(spec: CellSpec) -> list[dict[str, Any]]:
    """An epoch's row: losses that settle, a tracking FID that falls and then wavers."""
    wobble = (spec.seed % 7) / 20 + (spec.dataset == "FashionMNIST") * 0.5
    losses = FAMILIES[spec.family].losses
    rows = []
    for k in range(1, spec.training["epochs"] + 1):
        fade = math.exp(-k / 2.2)
        size = _size(spec)
        fid = 9 + wobble * 8 + 1200 * fade + 60 / size + 1.5 * math.sin(2.1 * k + size)
        row: dict[str, Any] = {"epoch": k, "seconds": 3.0 + wobble}
        if "d_loss" in losses:
            hinge = spec.params["loss"] == "hinge"
            fid *= 1.0 if hinge else 1.25
            accuracy = 0.72 + 0.1 * (1 - fade) + size / 2500 - wobble / 9 + 0.02 * hinge
            row |= {
                "d_loss": (1.2 if hinge else 0.9) - 0.3 * (1 - fade) - size / 1500 + wobble / 3,
                "g_loss": (0.4 if hinge else 1.1) + 0.6 * (1 - fade) + size / 900 - wobble / 4,
                "d_grad_norm": 1.2 + fade, "g_grad_norm": 0.6 + fade,
            }  # fmt: skip
            if spec.params["loss"] != "wasserstein":
                row |= {
                    "d_accuracy": accuracy, "d_accuracy_real": accuracy + 0.02,
                    "d_accuracy_fake": accuracy - 0.02, "d_dominance": 0.1 * (1 - fade),
                }  # fmt: skip
        if FAMILIES[spec.family].is_a("coded"):
            row |= {"info_category": 2.2 - 2 * fade, "info_numbers": 1 - fade}
        if "flow_loss" in losses:
            row |= {"flow_loss": 0.2 + fade}
        if "total_loss" in losses:
            fid = 2.2 * fid
            recon = 60 + 60 * wobble + 500 / size + 90 * fade
            kl = 9 + 6 * math.log2(size) - 8 * fade - 4 * wobble
            row |= {"total_loss": recon + kl, "recon_loss": recon, "kl_loss": kl}
        rows.append({**row, "proxy_fid": fid})
    return rows


def measures(spec: CellSpec, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What an evaluation commits."""
    best = min(rows, key=lambda row: row["proxy_fid"])
    last = rows[-1]
    thin = spec.params.get("z_dim") == 32 and spec.dataset == "FashionMNIST"
    metrics: dict[str, Any] = {
        "proxy_fid": best["proxy_fid"] * 1.03,
        "proxy_fid_infinity": best["proxy_fid"] * 0.98,
        "kid": best["proxy_fid"] / 9000,
        "sharpness": 1.04 if spec.family == "gan" else 0.61,
        "precision": 0.81, "density": 0.93, "memorisation": 0.012,
        "mode_collapse": int(thin), "missing_classes": int(thin),
        "class_imbalance": 0.14 if thin else 0.05, "recall": 0.62, "coverage": 0.84,
        "vendi": 0.88, "near_duplicates": 0.0,
        "two_sample_accuracy": 0.74 if spec.family == "gan" else 0.91,
        "clipped_density": 0.58, "clipped_coverage": 0.47,
        "fid_final_excess": last["proxy_fid"] - best["proxy_fid"], "fid_drawdown": 2.4,
        "fid_tail_spread": 1.1, "fid_oscillation": 3.3, "convergence_epoch": 7,
    }  # fmt: skip
    coverage = [0.72 + 0.02 * k for k in range(10)]
    shares = [0.1 + (k - 4.5) / 150 for k in range(10)]
    details: dict[str, Any] = {
        "samples": 10_000, "class_coverage": coverage, "nearest_training": 1.31,
        "class_shares": shares, "class_shares_predicted": [0.9 * s + 0.01 for s in shares],
        "class_shares_real": [0.1] * 10, "two_sample_interval": [0.729, 0.748],
    }  # fmt: skip
    if not FAMILIES[spec.family].reconstructs:
        metrics |= {name: last.get(name) for name in ("d_accuracy", "d_dominance")}
        details["class_coverage"] = [0.01 if thin and k == 6 else c for k, c in enumerate(coverage)]
        details["collapse"] = {
            "detected": thin, "missing_classes": [6] if thin else [], "reasons": [],
        }  # fmt: skip
        details["verdict"] = "classes missing: Shirt" if thin else "none detected at N=10,000"
    else:
        n = spec.params["latent_dim"]
        per_dim = [last.get("kl_loss", 9.0) * 2 ** (-k / (n / 3)) / n for k in range(n)]
        metrics |= {f"test_{name}": last[name] * 1.02
                    for name in ("total_loss", "recon_loss", "kl_loss")
                    if name in last}  # fmt: skip
        metrics |= {"active_units": n, "posterior_collapse": 0, "mmd_prior": 0.004}
        details["kl_per_dimension"] = per_dim
        details["verdict"] = "none detected at N=10,000"
        if n == 2:
            details["latent_plane"] = [[math.cos(i), math.sin(i)] for i in range(40)]
            details["latent_plane_classes"] = [i % 10 for i in range(40)]
    if FAMILIES[spec.family].conditional:
        metrics |= {"label_accuracy": 0.91, "class_proxy_fid": best["proxy_fid"] * 1.4}
        details |= {
            "class_label_accuracy": [0.91] * 9 + [0.8765], "label_accuracy_real": 0.997,
            "class_proxy_fids": [*(float(k) for k in range(50, 59)), None],
        }  # fmt: skip
    if FAMILIES[spec.family].is_a("coded"):
        metrics |= {"code_accuracy": 0.31 + 0.5 * spec.params["info_weight"]}
        metrics |= {"code_purity": 0.84, "code_nmi": 0.77}
    details["few_fid"] = metrics["proxy_fid"] + 3
    if FAMILIES[spec.family].is_a("flowing"):
        metrics |= {"enough_steps": 8.0}
    if FAMILIES[spec.family].is_a("styled"):
        metrics |= {"mixed_fid": 14.0 - 5 * spec.params["mixing"]}
    if FAMILIES[spec.family].is_a("swept"):
        details["sweeps"] = {
            name: [
                {"value": v, "proxy_fid": 9 + 30 / (v + 1), "precision": 0.8, "recall": 0.6}
                for v in (1, 2, 4, 8)
            ]
            for name in FAMILIES[spec.family].sweeps
        }
    return {"metrics": metrics, "details": details}


def images(spec: CellSpec, epoch: int) -> dict[str, bytes]:
    """Real images, the noisier (GAN) or blurrier (VAE) the earlier the epoch."""
    real = load(spec.dataset, "test", "bundled").images
    tag = _size(spec)
    rng = np.random.default_rng([spec.seed, tag, epoch])
    fade = math.exp(-epoch / 2.5)

    def spoiled(some: np.ndarray) -> np.ndarray:
        noise = rng.normal(0, 90 if spec.family == "gan" else 12, some.shape)
        return np.clip(some * (1 - fade) + noise * fade, 0, 255).astype(np.uint8)

    first = 16 * (tag % 13)
    found = {f"samples_epoch{epoch}": spoiled(real[first : first + 16])}
    if FAMILIES[spec.family].reconstructs:
        probe = real[:8]
        found[f"reconstruction_epoch{epoch}"] = np.stack([probe, spoiled(probe)], 1).reshape(
            16, 28, 28
        )
        t = np.linspace(0, 1, 16)[:, None, None]
        found[f"interpolation_epoch{epoch}"] = spoiled((1 - t) * real[0] + t * real[1])
        if spec.params["latent_dim"] == 2:
            found[f"manifold_epoch{epoch}"] = spoiled(real[:225])
    for name in FAMILIES[spec.family].pictures:
        found[f"{name}_epoch{epoch}"] = spoiled(real[:80])
    columns = {"manifold": 15, **dict.fromkeys(FAMILIES[spec.family].pictures, 8)}
    return {
        f"images/{name}.png": image_grid.png(
            image_grid.tile(some, columns.get(name.partition("_")[0], 4))
        )
        for name, some in found.items()
    }


ENVIRONMENT = {
    "numeric": {"torch": "2.6.0", "device": "cpu", "instructions": "AVX512", "machine": "x86_64",
                "threads": 1, "cudnn": None, "tf32": False},
    "packages": {"labkit": "0.1.0", "torch": "2.6.0", "numpy": "2.1.0"},
}  # fmt: skip


@cache
def networks(family: str, params: str) -> bytes:
    """The record of the layers that training cells of these settings leaves."""
    from labkit.execution.trials import trace

    spec = spec_of(family, "MNIST", json.loads(params), 42, False, 1)
    return json.dumps(layer_table.to_json(trace(spec))).encode()
