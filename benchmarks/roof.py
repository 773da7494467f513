"""The roof of training: how fast one core does the very convolutions that a cell is made of.

They are most of a step's arithmetic, and no kernel for other networks' shapes, nor a product of
large matrices, says how fast these could be.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import torch
from torch import nn

from benchmarks import ours
from labkit.train.models.base import Context

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
KINDS = (nn.Conv2d, nn.ConvTranspose2d)


class Convolution(NamedTuple):
    """A convolution as a training step calls it; shapes as torch has them."""

    images: tuple[int, ...]
    weight: tuple[int, ...]
    stride: int
    padding: int
    transposed: bool


def convolutions(cell: dict[str, Any], batch: int) -> list[Convolution]:
    """Those of the cell's networks for a batch of so many images, each once."""
    family = ours.build(cell)
    found: dict[Convolution, None] = {}

    def note(layer: Any, given: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
        shapes = tuple(given[0].shape), tuple(layer.weight.shape)
        transposed = isinstance(layer, nn.ConvTranspose2d)
        found[Convolution(*shapes, layer.stride[0], layer.padding[0], transposed)] = None

    for network in family.networks.values():
        for layer in network.modules():
            if isinstance(layer, KINDS):
                layer.register_forward_hook(note)
    family.step(torch.zeros(batch, 1, 28, 28), Context(torch.Generator()))
    return list(found)


def passes(conv: Convolution, precision: str) -> dict[str, Callable[[], object]]:
    """Its forward pass and its two gradients, without bias, in channels-last layout."""
    dtype, layout = TYPES[precision], torch.channels_last
    x, w = (torch.randn(s).to(dtype, memory_format=layout) for s in (conv.images, conv.weight))
    how: list[Any] = [[conv.stride] * 2, [conv.padding] * 2, [1, 1], conv.transposed, [0, 0], 1]
    g = torch.randn_like(torch.convolution(x, w, None, *how))

    def gradient(*wanted: bool) -> Callable[[], object]:
        return lambda: torch.ops.aten.convolution_backward(g, x, w, None, *how, [*wanted, False])

    return {
        "forward": lambda: torch.convolution(x, w, None, *how),
        "data gradient": gradient(True, False),
        "weight gradient": gradient(False, True),
    }


def operations(conv: Convolution) -> int:
    """Floating-point operations of one pass, a multiply-add as two."""
    n, _, height, width = conv.images
    if not conv.transposed:  # each weight is used once a place of the output, not of the input
        tall, wide = conv.weight[2:]
        height = (height + 2 * conv.padding - tall) // conv.stride + 1
        width = (width + 2 * conv.padding - wide) // conv.stride + 1
    return 2 * n * height * width * prod(conv.weight)


def measure(cell: dict[str, Any], precision: str, batch: int, repeats: int) -> dict[str, float]:
    """GFLOP/s of one thread: the highest of any pass, and of all passes one after another."""
    torch.set_num_threads(1)
    rates, work, seconds = [], 0, 0.0
    found = convolutions(cell, batch)
    with torch.no_grad():
        for conv in found:
            for run in passes(conv, precision).values():
                run()
                took = min(_seconds(run) for _ in range(repeats))
                rates.append(operations(conv) / took / 1e9)
                work, seconds = work + operations(conv), seconds + took
    return {"peak": max(rates), "together": work / seconds / 1e9}


def _seconds(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started
