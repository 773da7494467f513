"""The training loop: epochs, shuffled batches, and the means of what a step returns.

Of the model it uses only :meth:`labkit.train.models.base.Family.step`. Within an epoch nothing
is read from the device: reading makes the CPU wait for it.
"""

import math
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from labkit.train.models.base import Context, Family, to_float
from labkit.train.rng import seed_all, stream

Row = dict[str, float]
Step = Callable[[Tensor, Context], dict[str, Tensor]]


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
    step: Step | None = None,
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
        step: what to call instead of `family.step`, such as :mod:`labkit.train.capture`.
        on_step: called with (epoch, step from 0, steps per epoch) before each batch.

    Raises:
        DivergedError: a value returned by a step was NaN or infinite; raised at the epoch's end.
    """
    device, step = images.device, step or family.step
    family.train()
    for epoch in range(done + 1, epochs + 1):
        started = time.perf_counter()
        order = torch.randperm(len(images), generator=stream(seed, "order", epoch)).to(device)
        noise = stream(seed, "noise", epoch, device)
        seed_all(seed, "dropout", epoch)  # for random layers
        batches = [b for b in order.split(batch_size) if len(b) > 1]  # batch norm needs two
        means = _Means()
        for i, index in enumerate(batches):
            on_step(epoch, i, len(batches))
            batch = to_float(images[index]).unsqueeze(1)
            classes = labels[index] if labels is not None else None
            context = Context(
                noise, classes, step=i, steps=len(batches), epoch=epoch, epochs=epochs
            )
            # Uncached: a weight cast under no_grad, as in a GAN's step of D, would get no gradient
            # in older torch, and one changed within a step would be used as it was.
            bf16 = precision == "bf16"
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16, cache_enabled=False):
                stats = step(batch, context)
            means.add(stats, len(index))
        row, bad = means.read()
        if bad is not None:
            raise DivergedError(epoch, bad + 1)
        yield epoch, {**row, "seconds": time.perf_counter() - started}


class _Means:
    """Means over an epoch, weighted by batch size; what they are of is read once, at its end."""

    def __init__(self) -> None:
        self._seen: list[tuple[list[str], int, Tensor]] = []

    def add(self, stats: dict[str, Tensor], n: int) -> None:
        # A copy: the next step may write its values in the same place.
        values = torch.stack([value.float() for value in stats.values()])
        self._seen.append((list(stats), n, values))

    def read(self) -> tuple[Row, int | None]:
        """Return the means, and the first batch (from 0) with a value that was not finite."""
        sums: Row = {}
        weights: dict[str, int] = {}
        bad = None
        read = iter(torch.cat([values for *_, values in self._seen]).tolist())
        for i, (names, n, _) in enumerate(self._seen):
            for name, value in zip(names, read, strict=False):  # as many as there are names
                sums[name] = sums.get(name, 0.0) + value * n
                weights[name] = weights.get(name, 0) + n
                if bad is None and not math.isfinite(value):
                    bad = i
        return {name: total / weights[name] for name, total in sums.items()}, bad
