"""The training loop: epochs, shuffled batches, and the means of what a step returns.

Of the model it uses only :meth:`labkit.train.models.base.Family.step`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from labkit.train.models.base import Context, Family, to_float, widest
from labkit.train.rng import seed_all, stream

Row = dict[str, float]


class DivergedError(Exception):
    """A value returned by a step is NaN or infinite; `epoch` and `step` count from 1."""

    def __init__(self, epoch: int, step: int) -> None:
        super().__init__(f"diverged at step {step} of epoch {epoch}: a loss is not finite")
        self.epoch, self.step = epoch, step


def fit(
    family: Family,
    images: Tensor,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    done: int = 0,
    labels: Tensor | None = None,
    precision: str = "fp32",
    on_step: Callable[[int, int, int], None] = lambda epoch, i, steps: None,
) -> Iterator[tuple[int, Row]]:
    """Train for the epochs after `done`; yield (epoch, row) at the end of each.

    A row holds the epoch's means over images of each scalar a step returned, and ``seconds``.
    Every random stream is seeded anew each epoch, so the caller may sample, save or stop
    between epochs without changing what follows.

    Args:
        family: the model, on its device.
        images: uint8 (N, 28, 28) on the same device: the whole training set.
        epochs: total number of epochs, those already `done` included.
        batch_size: images per batch; the last one may be smaller, one of 1 is skipped.
        seed: seed of every random stream.
        done: epochs already trained, when resuming.
        labels: (N,) int64 classes, for conditional families.
        precision: ``fp32``, or ``bf16`` for autocast to bfloat16.
        on_step: called with (epoch, step from 0, steps per epoch) before each batch.

    Raises:
        DivergedError: a value returned by a step was NaN or infinite; raised at the epoch's end.
    """
    device = images.device
    family.train()
    for epoch in range(done + 1, epochs + 1):
        started = time.perf_counter()
        order = torch.randperm(len(images), generator=stream(seed, "order", epoch)).to(device)
        noise = stream(seed, "noise", epoch, device)
        seed_all(seed, "dropout", epoch)  # for random layers
        batches = [b for b in order.split(batch_size) if len(b) > 1]  # batch norm needs two
        means = _Means(device)
        for i, index in enumerate(batches):
            on_step(epoch, i, len(batches))
            batch = to_float(images[index]).unsqueeze(1)
            context = Context(
                noise=noise,
                labels=labels[index] if labels is not None else None,
                step=i,
                steps=len(batches),
                epoch=epoch,
                epochs=epochs,
            )
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
                stats = family.step(batch, context)
            means.add(stats, len(index), i)
        row, bad = means.read()
        if bad is not None:
            raise DivergedError(epoch, bad + 1)
        yield epoch, {**row, "seconds": time.perf_counter() - started}


class _Means:
    """Means over an epoch, weighted by batch size; summed on the device, read once.

    Reading a value makes the CPU wait for the GPU, so nothing is read before the end.
    """

    def __init__(self, device: torch.device) -> None:
        self._sums: dict[str, Tensor] = {}
        self._weights: dict[str, int] = {}
        self._bad = torch.tensor(torch.inf, device=device)

    def add(self, stats: dict[str, Tensor], n: int, i: int) -> None:
        values = torch.stack([value.float() for value in stats.values()])
        values = values.to(widest(values.device))
        self._bad = torch.where(values.isfinite().all(), self._bad, self._bad.clamp(max=i))
        for name, value in zip(stats, values.unbind(), strict=True):
            self._sums[name] = self._sums.get(name, 0) + value * n
            self._weights[name] = self._weights.get(name, 0) + n

    def read(self) -> tuple[Row, int | None]:
        """Return the means, and the first batch (from 0) with a value that was not finite."""
        names = list(self._sums)
        sums = torch.stack([self._sums[name] for name in names]).tolist()
        row = {name: total / self._weights[name] for name, total in zip(names, sums, strict=True)}
        bad = self._bad.item()
        return row, None if bad == float("inf") else int(bad)
