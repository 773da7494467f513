"""Conditional models, which generate images of a given class: conditional GAN and VAE.

Every network gets the class as a further input, one-hot: a vector gets ten more entries, an
image ten more channels, 1 for its class and 0 for the others. The discriminator sees the class
too, so the generator must match it (Mirza & Osindero 2014, arXiv:1411.1784). The code of a
conditional VAE need not encode the class, since the decoder is given it (Sohn, Lee & Yan 2015,
"Learning Structured Output Representation using Deep Conditional Generative Models").
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from labkit.train.models.base import Context, Drawing, Family
from labkit.train.models.gan import GAN
from labkit.train.models.vae import VAE

CLASSES = 10
#: Images of each class in its row of the grid.
COLUMNS = 8


def one_hot(labels: Tensor) -> Tensor:
    """(N,) int64 classes -> (N, 10) floats, 1 at the class and 0 elsewhere."""
    # Not F.one_hot: on the CPU and on MPS it reads the largest class to check it.
    return (labels[:, None] == torch.arange(CLASSES, device=labels.device)).float()


def with_planes(images: Tensor, labels: Tensor) -> Tensor:
    """Append the one-hot class as constant channels: (N, 1, H, W) -> (N, 11, H, W)."""
    planes = one_hot(labels)[:, :, None, None].expand(-1, -1, *images.shape[2:])
    return torch.cat([images, planes], 1)


class Conditional(Family):
    """A family whose noise is a random vector with a one-hot class appended."""

    classes = CLASSES

    def random_noise(self, n: int, rng: torch.Generator) -> Tensor:
        """Draw noise (n, noise_dim) for the classes 0, 1, ..., 9, 0, 1, ... in turn."""
        z = torch.randn(n, self.noise_dim - CLASSES, generator=rng, device=rng.device)
        return torch.cat([z, one_hot(self.sample_labels(n).to(z.device))], 1).to(self.device)

    def pictures(self) -> Mapping[str, Drawing]:
        return {"classes": self._classes}

    def _classes(self, rng: torch.Generator) -> tuple[Tensor, int]:
        """A row for each class; the images of a column share their random vector."""
        size = COLUMNS, self.noise_dim - CLASSES
        z = torch.randn(size, generator=rng, device=rng.device).repeat(CLASSES, 1)
        labels = torch.arange(CLASSES, device=z.device).repeat_interleave(COLUMNS)
        return self.decode(torch.cat([z, one_hot(labels)], 1).to(self.device)), COLUMNS


class ConditionalGAN(Conditional, GAN):
    """A GAN whose generator and discriminator both get the class."""

    def _training_noise(self, n: int, context: Context) -> Tensor:
        assert context.labels is not None
        rng = context.noise
        z = torch.randn(n, self.noise_dim - CLASSES, generator=rng, device=rng.device)
        return torch.cat([z, one_hot(context.labels)], 1)

    def _judge(self, images: Tensor, labels: Tensor | None) -> Tensor:
        assert labels is not None
        return self.D(with_planes(images, labels))


class ConditionalVAE(Conditional, VAE):
    """A VAE whose encoder and decoder both get the class."""

    def _encode(self, images: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        assert labels is not None
        return self.encoder(with_planes(images, labels))

    def _with_class(self, z: Tensor, labels: Tensor | None) -> Tensor:
        assert labels is not None
        return torch.cat([z, one_hot(labels)], 1)
