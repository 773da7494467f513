"""Training: labkit against the plain script, cell by cell and as a grid; and the roofline."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

from benchmarks.compare import Run, Spread, child, finish, interleave, ratio, start
from benchmarks.table import Row, Size
from labkit.experiment.precision import processor_multiplies_bf16

Cell = dict[str, Any]

GAN: Cell = {"family": "gan", "dataset": "MNIST", "loss": "hinge", "z_dim": 64}
VAE: Cell = {"family": "vae", "dataset": "MNIST", "latent_dim": 16}
DATASETS = ("MNIST", "FashionMNIST")
GRID: list[Cell] = [
    *({"family": "gan", "dataset": d, "loss": loss, "z_dim": z}
      for d, loss, z in product(DATASETS, ("hinge", "bce"), (32, 64, 128))),
    *({"family": "vae", "dataset": d, "latent_dim": n} for d, n in product(DATASETS, (8, 16, 32))),
]  # fmt: skip
DENSE: list[Cell] = [cell | {"networks": "dense256"} for cell in GRID if cell["family"] == "vae"]


def cells(size: Size) -> Iterator[Row]:
    """One cell of each network: one thread of ours against the script with two."""
    yield from _cell("GAN cell", GAN, size)
    yield from _cell("VAE cell, the lab's", VAE, size)
    for networks in ("dense256", "conv"):
        yield from _cell(f"VAE cell, {networks}", {**VAE, "networks": networks}, size)


def _cell(name: str, cell: Cell, size: Size) -> Iterator[Row]:
    task = {"cells": [cell], "limit": size.images, "epochs": 1}
    plain = {f"plain {n}": _job(n, do="plain", threads=n, **task) for n in (1, 2)}
    ours = {p: _job(1, do="ours", threads=1, precision=p, **task) for p in _precisions()}
    found = interleave({**ours, **plain}, size.rounds)
    seen = {key: _images_per_s(runs, size.images) for key, runs in found.items()}
    for each in ours:
        yield Row(
            f"{name}, {each}: one thread each",
            value=ratio(found["plain 1"], found[each], "cpu"), unit="×",
            note=f"{seen[each]} against {seen['plain 1']} images/s; CPU time",
        )  # fmt: skip
        yield Row(
            f"{name}, {each}: one thread against the script's two",
            value=ratio(found["plain 2"], found[each]), unit="×",
            note=f"{seen[each]} against {seen['plain 2']} images/s; wall time",
        )  # fmt: skip


def grid(size: Size) -> Iterator[Row]:
    """All cells at equal epochs: two single-thread processes against the script's one."""
    yield from _grid("the grid of 18 cells", GRID, size, {"fp32": "≥ 1.5", "bf16": "≥ 3"})
    yield from _grid("six dense VAE cells", DENSE, size, {"bf16": "≥ 3.5"})


def _grid(name: str, cells: list[Cell], size: Size, targets: dict[str, str]) -> Iterator[Row]:
    task = {"limit": size.grid_images, "epochs": 1}

    def ours(precision: str) -> Run:
        # Every second cell: the same work for both, short of what a pool would even out.
        half = {"do": "ours", "threads": 1, "precision": precision, **task}
        both = [start(1, cells=cells[i::2], **half) for i in range(2)]
        runs = [finish(process) for process in both]
        return {
            "seconds": max(run["seconds"] for run in runs),
            "cpu": sum(run["cpu"] for run in runs),
            "memory_mb": sum(run["memory_mb"] for run in runs),
        }

    contestants = {each: partial(ours, each) for each in _precisions()}
    plain = _job(2, do="plain", threads=2, cells=cells, **task)
    found = interleave({**contestants, "plain": plain}, size.rounds)
    memory = {key: max(run["memory_mb"] for run in runs) for key, runs in found.items()}
    for each in contestants:
        yield Row(
            f"{name}, {each}, two cores each",
            value=ratio(found["plain"], found[each]), unit="×", target=targets.get(each, ""),
            note=f"{size.grid_images:,} images, 1 epoch; wall time; training alone; memory of both "
            f"processes together {memory[each]:.0f} MB, of the script's one {memory['plain']:.0f}",
        )  # fmt: skip


def roofline(size: Size) -> Iterator[Row]:
    """How much training makes use of what one core does in the fastest of its convolutions."""
    for precision in _precisions():
        for name, cell in (("GAN", GAN), ("VAE", VAE)):
            arithmetic = child(do="network", cell=cell)["gflop"]
            task = {"cells": [cell], "limit": size.images, "epochs": 1, "threads": 1}
            found = interleave(
                {
                    "ours": _job(1, do="ours", precision=precision, **task),
                    "roof": _job(1, do="convolutions", cell=cell, precision=precision),
                },
                size.rounds,
            )
            roofs = {key: [run[key] for run in found["roof"]] for key in ("peak", "together")}
            rates = [size.images * arithmetic / run["cpu"] for run in found["ours"]]
            shares = [100 * rate / peak for rate, peak in zip(rates, roofs["peak"], strict=True)]
            peak = Spread.of(roofs["peak"])
            yield Row(
                f"roofline, {name}, {precision}",
                value=Spread.of(shares), unit="% of the fastest convolution",
                note=f"{Spread.of(rates)} of {peak} GFLOP/s a core; its convolutions one after "
                f"another {Spread.of(roofs['together'])}; {arithmetic:.3f} GFLOP an image: at most "
                f"{peak.median / arithmetic:,.0f} images/s a core",
            )  # fmt: skip

    if "bf16" not in _precisions():
        yield Row("roofline, bf16", skipped="this processor does not multiply bf16 itself")


def _precisions() -> tuple[str, ...]:
    return ("fp32", "bf16") if processor_multiplies_bf16() else ("fp32",)


def _job(omp: int, **task: Any) -> Any:
    return lambda: child(omp, **task)


def _images_per_s(runs: list[Run], images: int) -> str:
    return f"{Spread.of([images / run['seconds'] for run in runs]).median:,.0f}"
