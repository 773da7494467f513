"""Progressive growing: first small images, then larger ones (Karras et al. 2018, arXiv:1710.10196).

Both networks begin with 7 x 7 pixels. Once they have learnt those, a layer for 14 x 14 is put on
the generator's end and the discriminator's beginning, later one for 28 x 28. A new layer is faded
in: the image is a blend of the enlarged small one and the new one, and so are the features that
the discriminator begins with, until the blend is all new. The coarse form of an image is learnt
while that is all there is to see, and most steps work on few pixels, so they cost little.

`grown` tells how far the networks are: 0 is 7 x 7, 1 is 14 x 14, 2 is 28 x 28; 0.25 is 14 x 14,
a quarter faded in.
"""

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from math import ceil
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from labkit.train.models.base import Context, Drawing
from labkit.train.models.equalised import PixelNorm, convolution, equalised, verdict
from labkit.train.models.gan import GAN
from labkit.train.models.layers import ConvTranspose2x

#: Full size of images: `grown` of 28 x 28.
FULL = 2
#: Noise vectors in the picture of all resolutions.
COLUMNS = 8


class Progressive(GAN):
    """A GAN whose networks grow, or with ``growth: at_once`` are whole from the start."""

    G: "Generator"
    D: "Discriminator"

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        small, middle = params["stages"] if self.grows else (0.0, 0.0)
        starts = (small, small + middle)
        #: Where each new size begins, and over how much of the training it is faded in.
        self.fades = [(s, params["fade"] * (e - s)) for s, e in pairwise((*starts, 1.0))]

    def _made(self, params: Mapping[str, Any]) -> tuple[nn.Module, nn.Module]:
        self.grows = params["growth"] == "progressive"
        first = 0 if self.grows else FULL
        G = Generator(self.noise_dim, params["width"], first)
        return G, Discriminator(params["width"], first)

    def step(self, batch: Tensor, context: Context) -> dict[str, Tensor]:
        grown = self._grown(context.epochs_done / context.epochs)
        for network in (self.G, self.D):
            network.grow(grown)
        return super().step(shrunk(batch, grown), context)

    def branch(self, context: Context) -> Hashable:
        grown = self._grown(context.epochs_done / context.epochs)
        return (grown, self._turn(context)) if grown == int(grown) else None

    def _grown(self, place: float) -> float:
        """How far the networks are at a place in training, 0 its start and 1 its end."""
        if not self.grows:
            return float(FULL)
        grown = 0.0
        for start, long in self.fades:
            if place > start:
                grown += min(1.0, (place - start) / long) if long else 1.0
        return grown

    def stages(self) -> Mapping[float, float]:
        if not self.grows:
            return super().stages()
        found, before = list[tuple[float, float]](), 0.0
        for start, long in self.fades:
            found += [(start, start - before), (start + long / 2, long)]
            before = start + long
        return {place: share for place, share in (*found, (1.0, 1 - before)) if share > 0}

    def pictures(self) -> Mapping[str, Drawing]:
        return {"resolutions": self._resolutions} if self.grows else {}

    def _resolutions(self, rng: torch.Generator) -> tuple[Tensor, int]:
        """A row for each resolution, as far as the networks are; a column shares its noise."""
        z, network = self.random_noise(COLUMNS, rng), self._trained
        rows = [self.images_of(partial(network.whole, most=i), z) for i in range(FULL + 1)]
        return torch.cat(rows), COLUMNS


class Generator(nn.Module):
    """Noise (N, z_dim) -> images (N, 1, S, S) in [-1, 1].

    In training S is the size at which it is trained, else 28, whatever it has learnt: an image
    of fewer pixels is enlarged.

    Args:
        z_dim: length of the noise.
        width: maps at 28 x 28; twice as many at 14 x 14, four times at 7 x 7.
        first: the smallest size at which it can be trained, as of `grown`.
    """

    grown: Tensor

    def __init__(self, z_dim: int, width: int, first: int = 0) -> None:
        super().__init__()
        maps = (4 * width, 2 * width, width)
        self.start = nn.Sequential(
            PixelNorm(),
            # The gain is the paper's: a quarter of what its formula gives for these weights.
            equalised(nn.Linear(z_dim, maps[0] * 7 * 7), gain=2**0.5 / 4),
            nn.Unflatten(1, (maps[0], 7, 7)),
            nn.LeakyReLU(0.2),
            PixelNorm(),
            *convolution(maps[0], maps[0]),
            PixelNorm(),
        )
        self.enlarge = nn.ModuleList(
            nn.Sequential(
                equalised(ConvTranspose2x(inputs, outputs)), nn.LeakyReLU(0.2), PixelNorm()
            )
            for inputs, outputs in pairwise(maps)
        )
        self.first = first
        self.to_image = nn.ModuleList(equalised(nn.Conv2d(n, 1, 1), gain=1.0) for n in maps[first:])
        self.at = float(FULL)
        # Kept with the weights: what they can make depends on it. Nothing in training reads it.
        self.register_buffer("grown", torch.tensor(float(FULL)))

    def grow(self, grown: float) -> None:
        """Train at this size from now on."""
        self.at = grown
        self.grown.fill_(grown)

    def forward(self, z: Tensor) -> Tensor:
        if not self.training:
            return self.whole(z)
        size = ceil(self.at)
        features = self._features(z, size)
        image = self._image(features, size)
        if self.at < size:
            small = doubled(self._image(features, size - 1))
            image = torch.lerp(small, image, self.at - size + 1)
        return torch.tanh(image)

    def whole(self, z: Tensor, most: int = FULL) -> Tensor:
        """Images (N, 1, 28, 28) of all sizes up to `most`, each weighted by how far it is grown."""
        grown = self.grown.clamp(max=most)
        features = self._features(z, most)
        parts = [
            (1 - (grown - i).abs()).clamp(min=0) * doubled(self._image(features, i), FULL - i)
            for i in range(self.first, most + 1)
        ]
        return torch.tanh(torch.stack(parts).sum(0))

    def _image(self, features: Sequence[Tensor], size: int) -> Tensor:
        return self.to_image[size - self.first](features[size])

    def _features(self, z: Tensor, size: int) -> list[Tensor]:
        found = [self.start(z)]
        for block in self.enlarge[:size]:
            found.append(block(found[-1]))
        return found


class Discriminator(nn.Module):
    """Images (N, 1, S, S) in [-1, 1] of the size it is trained at -> logits (N, 1).

    Args:
        width: maps at 28 x 28; twice as many at 14 x 14, four times at 7 x 7.
        first: the smallest size at which it can be trained, as of `grown`.
    """

    def __init__(self, width: int, first: int = 0) -> None:
        super().__init__()
        maps = (4 * width, 2 * width, width)
        self.from_image = nn.ModuleList(
            nn.Sequential(equalised(nn.Conv2d(1, n, 1)), nn.LeakyReLU(0.2)) for n in maps[first:]
        )
        self.shrink = nn.ModuleList(
            nn.Sequential(
                equalised(nn.Conv2d(inputs, outputs, 4, stride=2, padding=1)), nn.LeakyReLU(0.2)
            )
            for outputs, inputs in pairwise(maps)
        )
        self.end = verdict(maps[0])
        self.first = first
        self.at = float(FULL)

    def grow(self, grown: float) -> None:
        """Judge images of this size from now on."""
        self.at = grown

    def forward(self, x: Tensor) -> Tensor:
        size = ceil(self.at)
        h = self.from_image[size - self.first](x)
        for i in range(size, 0, -1):
            h = self.shrink[i - 1](h)
            if i == size and self.at < size:
                small = self.from_image[i - 1 - self.first](F.avg_pool2d(x, 2))
                h = torch.lerp(small, h, self.at - size + 1)
        y: Tensor = self.end(h)
        return y


def shrunk(images: Tensor, grown: float) -> Tensor:
    """Real images (N, 1, 28, 28) as the discriminator sees them: (N, 1, S, S).

    While a size is faded in they are blended too, or it would tell them by their sharpness.
    """
    size = ceil(grown)
    x = F.avg_pool2d(images, 2 ** (FULL - size)) if size < FULL else images
    return x if grown == size else torch.lerp(doubled(F.avg_pool2d(x, 2)), x, grown - size + 1)


def doubled(images: Tensor, times: int = 1) -> Tensor:
    """Images (N, C, S, S) with each pixel repeated, so that their sides double so many times."""
    return F.interpolate(images, scale_factor=2**times) if times else images
