"""A small U-Net that maps an image and a time to an image, for flow matching.

Images are folded to 14 x 14 with four channels, halved once to 7 x 7, and doubled again; what
was seen before the halving is handed across (Ronneberger et al. 2015, arXiv:1505.04597). The
time, and the class if there is one, shift and scale the maps of every block (Perez et al. 2018,
arXiv:1709.07871).
"""

import math

import torch
from torch import Tensor, nn

#: Sine waves by which a time is told.
WAVES = 16
#: Groups of maps that are normalised together.
GROUPS = 8


class Velocity(nn.Module):
    """Images (N, 1, 28, 28), times (N,) and classes (N, classes) -> (N, 1, 28, 28).

    Args:
        width: maps at 14 x 14, a multiple of 8; twice as many at 7 x 7. 32 makes 0.5 M weights.
        classes: length of the one-hot class; 0: none is taken. All zeros stand for no class.
    """

    def __init__(self, width: int, classes: int = 0) -> None:
        super().__init__()
        self.fold, self.unfold = nn.PixelUnshuffle(2), nn.PixelShuffle(2)
        self.told = nn.Sequential(
            nn.Linear(2 * WAVES + classes, 4 * width), nn.SiLU(), nn.Linear(4 * width, 4 * width)
        )
        self.enter = nn.Conv2d(4, width, 3, padding=1)
        self.before = Block(width, width, 4 * width)
        self.down = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.middle = nn.ModuleList(Block(2 * width, 2 * width, 4 * width) for _ in range(2))
        self.up = nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1)
        self.after = Block(2 * width, width, 4 * width)
        self.leave = nn.Sequential(
            nn.GroupNorm(GROUPS, width), nn.SiLU(), nn.Conv2d(width, 4, 3, padding=1)
        )

    def forward(self, x: Tensor, t: Tensor, label: Tensor | None = None) -> Tensor:
        told = waves(t) if label is None else torch.cat([waves(t), label], 1)
        told = self.told(told)
        across = self.before(self.enter(self.fold(x)), told)
        h = self.down(across)
        for block in self.middle:
            h = block(h, told)
        h = self.after(torch.cat([self.up(h), across], 1), told)
        y: Tensor = self.unfold(self.leave(h))
        return y


class Block(nn.Module):
    """Two convolutions beside a shortcut: (N, inputs, H, W) -> (N, outputs, H, W)."""

    def __init__(self, inputs: int, outputs: int, told: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.GroupNorm(GROUPS, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1)
        )
        self.norm = nn.GroupNorm(GROUPS, outputs)
        self.shift = nn.Linear(told, 2 * outputs)
        self.second = nn.Sequential(nn.SiLU(), nn.Conv2d(outputs, outputs, 3, padding=1))
        same = inputs == outputs
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.shift(told)[:, :, None, None].chunk(2, 1)
        h = self.norm(self.first(x)) * (1 + scale) + shift
        y: Tensor = self.shortcut(x) + self.second(h)
        return y


def waves(t: Tensor) -> Tensor:
    """Times (N,) in [0, 1] -> (N, 32): sines and cosines, from half a turn to 1,000 turns."""
    steps = torch.arange(WAVES, device=t.device) / (WAVES - 1)
    angles = math.pi * t[:, None] * 2000**steps
    return torch.cat([angles.sin(), angles.cos()], 1)
