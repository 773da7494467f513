"""What networks that grow and networks that take styles are built of (Karras et al. 2018 and 2019).

Layers without batch norm: weights are scaled as they are used, feature vectors have length one,
and the discriminator is told how much the images of a batch differ.
"""

import math
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from labkit.train.models.networks import Flatten

Layer = TypeVar("Layer", nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


class Equalised(nn.Module):
    """Scales a layer's weights by a constant wherever they are used."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.scale


def equalised(layer: Layer, gain: float = math.sqrt(2), pace: float = 1.0) -> Layer:
    """Give a layer an equalised learning rate (Karras et al. 2018, arXiv:1710.10196, section 4.1).

    Its weights are drawn from N(0, 1) and used times gain / sqrt(inputs of a unit). Adam moves each
    weight by about the learning rate, whatever its gradient; so all layers now learn at one pace,
    in proportion to the range of their weights.

    Args:
        layer: its biases become 0. A transposed convolution has 4x4 weights and stride 2.
        gain: 1 for a linear output, sqrt(2) before a leaky ReLU.
        pace: a factor of the learning rate of its weights.
    """
    # Only a quarter of a transposed convolution's weights meet at a pixel.
    enlarges = isinstance(layer, nn.ConvTranspose2d)
    inputs = layer.weight[:, 0].numel() // 4 if enlarges else layer.weight[0].numel()
    nn.init.normal_(layer.weight, std=1 / pace)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    scale = Equalised(pace * gain / math.sqrt(inputs))
    parametrize.register_parametrization(layer, "weight", scale)
    return layer


def convolution(inputs: int, outputs: int) -> list[nn.Module]:
    """A 3x3 convolution and its activation: (N, inputs, H, W) -> (N, outputs, H, W)."""
    return [equalised(nn.Conv2d(inputs, outputs, 3, padding=1)), nn.LeakyReLU(0.2)]


class PixelNorm(nn.Module):
    """Divide the C numbers at each pixel, or of each vector, by their root mean square.

    (N, C, ...) -> (N, C, ...). It keeps the generator's signals from running away in its contest
    with the discriminator (arXiv:1710.10196, section 4.2).
    """

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


class Deviation(nn.Module):
    """Append how much the images of a batch differ: (N, C, H, W) -> (N, C + 1, H, W).

    The new map holds one number, the standard deviation over the batch, averaged over maps and
    pixels. By it a discriminator sees that a generator makes one image only (section 3).
    """

    def forward(self, x: Tensor) -> Tensor:
        spread = (x.var(0, correction=0) + 1e-8).sqrt().mean()
        return torch.cat([x, spread.expand(len(x), 1, *x.shape[2:])], 1)


def verdict(maps: int) -> nn.Sequential:
    """The end of a discriminator: features (N, maps, 7, 7) -> logits (N, 1)."""
    return nn.Sequential(
        Deviation(),
        *convolution(maps + 1, maps),
        Flatten(),
        equalised(nn.Linear(maps * 7 * 7, maps)),
        nn.LeakyReLU(0.2),
        equalised(nn.Linear(maps, 1), gain=1.0),
    )
