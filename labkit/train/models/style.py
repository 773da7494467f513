"""A style-based generator in small (Karras et al. 2019, arXiv:1812.04948; 2020, arXiv:1912.04958).

The noise z does not enter where the image begins, but all along. A mapping network turns it into
a vector w, the style. The image begins as a constant of 7 x 7 pixels; in each convolution, from
coarse to fine, w says how strongly each map counts. Beside it each convolution gets noise of its
own, a number a pixel, for what is chance: the grain of a stroke, not its course.

So layers can be given the styles of two images, one the coarse layers, the other the fine ones
(style mixing). In training that is done to a share of the images, so that no layer relies on the
style of another. And styles can be drawn towards their mean (truncation): images become more
typical and less varied.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor, nn

from labkit.train.models.base import Context, Drawing, Sweep
from labkit.train.models.equalised import PixelNorm, equalised
from labkit.train.models.gan import GAN
from labkit.train.models.progressive import FULL, Discriminator, doubled

#: Pixels across in each convolution of the generator, from coarse to fine.
SIZES = (7, 14, 14, 28, 28)
#: The last layer of each size: what it adds to the image follows.
ENDS = (0, 2, 4)
#: Layers of the mapping network, the pace at which it learns, and at which the mean style follows.
MAPPINGS, MAPPING_PACE, MEAN_PACE = 3, 0.1, 0.01
#: Truncations, and numbers of images whose styles are mixed, by which samples are compared.
TRUNCATIONS, MIXED = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2), (1, 2, 3)
#: Images of the pictures across and, in that of mixed styles, down; layers that are coarse there.
ACROSS, DOWN, COARSE = 8, 6, 2


class Style(GAN):
    """A GAN with a style-based generator; its noise is the vector z and each layer's own."""

    G: "Generator"

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.z_dim = params["z_dim"]
        super().__init__(params)
        self.noise_dim = self.z_dim + sum(size**2 for size in SIZES)
        self.mixing, self.truncation = params["mixing"], params["truncation"]

    def _made(self, params: Mapping[str, Any]) -> tuple[nn.Module, nn.Module]:
        G = Generator(self.z_dim, params["width"])
        return G, Discriminator(params["width"], first=FULL)

    def _fake(self, n: int, context: Context) -> Tensor:
        rng = context.noise
        z, own = self._parts(self.random_noise(n, rng))
        other = torch.randn(z.shape, generator=rng, device=rng.device)
        styles = self.G.mapping(torch.cat([z, other]))
        self.G.follow(styles)
        # The other style takes over at one of the layers after the first.
        mixed, layer = torch.rand(2, n, 1, generator=rng, device=rng.device)
        first = 1 + (layer * (len(SIZES) - 1)).floor()
        taken = (mixed < self.mixing) & (torch.arange(len(SIZES), device=rng.device) >= first)
        one, two = styles[:, None].chunk(2)
        images: Tensor = self.G.image(torch.where(taken[:, :, None], two, one), own)
        return images

    def _decode(self, z: Tensor) -> Tensor:
        return self._drawn(z)

    def _drawn(self, noise: Tensor, truncation: float | None = None, mixed: int = 1) -> Tensor:
        """Images of noise (N, noise_dim); from coarse to fine each has the styles of `mixed`."""
        style, own = self._styles(noise, truncation)
        parts = [style.roll(-(i * mixed // len(SIZES)), 0) for i in range(len(SIZES))]
        images: Tensor = self._trained.image(torch.stack(parts, 1), own)
        return images

    def _styles(
        self, noise: Tensor, truncation: float | None = None
    ) -> tuple[Tensor, Sequence[Tensor]]:
        """Styles (N, w), drawn towards their mean, and the layers' own noise."""
        (z, own), network = self._parts(noise), self._trained
        weight: float = self.truncation if truncation is None else truncation
        return torch.lerp(network.mean_style, network.mapping(z), weight), own

    def _parts(self, noise: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        """Noise (N, noise_dim) as vectors z and maps (N, 1, S, S), one for each layer."""
        z, *maps = noise.split((self.z_dim, *(size**2 for size in SIZES)), 1)
        return z, [m.unflatten(1, (1, s, s)) for m, s in zip(maps, SIZES, strict=True)]

    def pictures(self) -> Mapping[str, Drawing]:
        return {"styles": self._mixed, "truncation": self._truncated, "layers": self._layers}

    def _mixed(self, rng: torch.Generator) -> tuple[Tensor, int]:
        """Coarse layers with the style of the image at the left, fine ones with that at the top."""

        def shown(noise: Tensor) -> Tensor:
            styles, own = self._styles(noise)
            columns, rows = 1 + ACROSS, 1 + DOWN
            # The top row and the left column show the images whose styles are mixed.
            top, left = styles[:columns], styles[ACROSS:]
            fine = top.repeat(rows, 1).unflatten(0, (rows, columns))
            coarse = left.repeat_interleave(columns, 0).unflatten(0, (rows, columns))
            coarse[0], fine[:, 0] = fine[0], coarse[:, 0]
            each = [coarse] * COARSE + [fine] * (len(SIZES) - COARSE)
            same = [m[:1].expand(rows * columns, -1, -1, -1) for m in own]
            images: Tensor = self._trained.image(torch.stack(each, 2).flatten(0, 1), same)
            images[0] = -1.0  # the corner is nobody's
            return images

        return self.images_of(shown, self.random_noise(1 + ACROSS + DOWN, rng)), 1 + ACROSS

    def _truncated(self, rng: torch.Generator) -> tuple[Tensor, int]:
        """A row for each truncation; a column shares its noise."""
        noise = self.random_noise(ACROSS, rng)
        rows = [self.images_of(partial(self._drawn, truncation=t), noise) for t in TRUNCATIONS]
        return torch.cat(rows), ACROSS

    def _layers(self, rng: torch.Generator) -> tuple[Tensor, int]:
        """A row for what the layers of each size have added up to, from coarse to fine."""

        def shown(noise: Tensor) -> Tensor:
            style, own = self._styles(noise)
            every = style[:, None].expand(-1, len(SIZES), -1)
            return torch.cat(self._trained.images(every, own))

        return self.images_of(shown, self.random_noise(ACROSS, rng)), ACROSS

    def sweeps(self) -> Mapping[str, Sweep]:
        return {
            "truncation": {t: partial(self._drawn, truncation=t) for t in TRUNCATIONS},
            "mixed": {n: partial(self._drawn, mixed=n) for n in MIXED},
        }


class Generator(nn.Module):
    """Noise (N, z_dim) -> styles (N, 4 width); those and noise for each layer -> images.

    Args:
        z_dim: length of the noise.
        width: maps at 28 x 28; twice as many at 14 x 14, four times at 7 x 7.
    """

    mean_style: Tensor

    def __init__(self, z_dim: int, width: int) -> None:
        super().__init__()
        long = 4 * width
        self.mapping = nn.Sequential(PixelNorm())
        for a, b in pairwise((z_dim, *[long] * MAPPINGS)):
            self.mapping.extend([equalised(nn.Linear(a, b), pace=MAPPING_PACE), nn.LeakyReLU(0.2)])
        self.constant = Constant(long)
        maps = [width * 28 // size for size in SIZES]
        self.layers = nn.ModuleList(
            Modulated(long, a, b, enlarges=a > b) for a, b in pairwise((long, *maps))
        )
        self.to_image = nn.ModuleList(equalised(nn.Conv2d(maps[i], 1, 1), 1.0) for i in ENDS)
        self.register_buffer("mean_style", torch.zeros(long))

    @torch.no_grad()
    def follow(self, styles: Tensor) -> None:
        """Let the mean style follow those of a batch, (N, 4 width)."""
        self.mean_style.lerp_(styles.float().mean(0), MEAN_PACE)

    def image(self, styles: Tensor, own: Sequence[Tensor]) -> Tensor:
        """Images (N, 1, 28, 28) in [-1, 1], see `images`."""
        return self.images(styles, own)[-1]

    def images(self, styles: Tensor, own: Sequence[Tensor]) -> list[Tensor]:
        """What the layers up to 7, 14 and 28 pixels add up to, each (N, 1, 28, 28) in [-1, 1].

        Args:
            styles: (N, 5, 4 width), one for each layer.
            own: noise (N, 1, S, S) of each layer.
        """
        x = self.constant(styles)
        found: list[Tensor] = []
        for i, layer in enumerate(self.layers):
            x = layer(x, styles[:, i], own[i])
            if i in ENDS:
                more = self.to_image[len(found)](x)
                found.append(doubled(found[-1]) + more if found else more)
        return [torch.tanh(doubled(x, i)) for x, i in zip(found, (2, 1, 0), strict=True)]


class Constant(nn.Module):
    """What every image begins with, which is learnt: (N, ...) -> (N, maps, 7, 7)."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.randn(1, maps, 7, 7))

    def forward(self, styles: Tensor) -> Tensor:
        return self.value.expand(len(styles), -1, -1, -1)


class Noise(nn.Module):
    """Add noise (N, 1, S, S) to all maps alike, at a strength that is learnt, and a bias a map."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(maps, 1, 1))

    def forward(self, x: Tensor, own: Tensor) -> Tensor:
        return x + self.strength * own + self.bias


class Modulated(nn.Module):
    """A convolution under a style: (N, inputs, S, S) -> (N, outputs, S, S), or of sides 2 S.

    The style scales each input map, and each output map is divided by the size it would then have
    for inputs of variance 1, so that a style in one layer is not felt as loudness in all that
    follow (arXiv:1912.04958, eq. 1-3). To scale maps before and after a convolution is the same as
    to scale its weights. Noise and the activation follow.
    """

    def __init__(self, style: int, inputs: int, outputs: int, enlarges: bool) -> None:
        super().__init__()
        self.scale = equalised(nn.Linear(style, inputs), gain=1.0)
        nn.init.ones_(self.scale.bias)
        self.convolution: nn.Module
        if enlarges:
            larger = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
            self.convolution = equalised(larger)
        else:
            self.convolution = equalised(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False))
        self.enlarges = enlarges
        self.noise = Noise(outputs)
        self.activation = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor, style: Tensor, own: Tensor) -> Tensor:
        scale = self.scale(style)
        y = self.convolution(x * scale[:, :, None, None])
        y = self.noise(y / self._size(scale)[:, :, None, None], own)
        return 2**0.5 * cast(Tensor, self.activation(y))  # the activation halves the variance

    def _size(self, scale: Tensor) -> Tensor:
        """Root mean square (N, outputs) of the outputs for inputs of variance 1 scaled so."""
        weight = cast(Tensor, self.convolution.weight)
        squares = weight.square().sum((2, 3))  # (outputs, inputs)
        if self.enlarges:
            squares = squares.T / 4  # a quarter of the weights meet at a pixel
        return (scale.square() @ squares.T + 1e-8).sqrt()
