"""Asking for a class: the conditional GAN and the conditional VAE.

The class is one more input of every network. A vector gets ten more entries, all 0 but
that of the class; an image gets ten more channels, all 0 but that of the class. Since the
discriminator sees the class too, a good image of the wrong class is a bad fake (Mirza &
Osindero 2014, arXiv:1411.1784). For the VAE the code need not say what the label says
already (Sohn, Lee & Yan 2015, "Learning structured output representation").
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from labkit.train.models.base import Context, Family
from labkit.train.models.gan import GAN
from labkit.train.models.vae import VAE

CLASSES = 10


def one_hot(labels: Tensor) -> Tensor:
    """(N,) classes -> (N, 10), 1 at the class and 0 elsewhere."""
    return F.one_hot(labels, CLASSES).float()


def with_planes(images: Tensor, labels: Tensor) -> Tensor:
    """(N, 1, H, W) -> (N, 11, H, W): the class as a plane of ones among planes of zeros."""
    planes = one_hot(labels)[:, :, None, None].expand(-1, -1, *images.shape[2:])
    return torch.cat([images, planes], 1)


class Conditional(Family):
    """What both share: noise is a random vector and the class it stands for."""

    classes = CLASSES

    def random_noise(self, n: int, rng: torch.Generator) -> Tensor:
        """(n, noise_dim) noise for the classes 0, 1, ..., 9, 0, 1, ... in turn."""
        z = torch.randn(n, self.noise_dim - CLASSES, generator=rng, device=rng.device)
        return torch.cat([z, one_hot(self.sample_labels(n).to(z.device))], 1).to(self.device)

    def class_grid(self, columns: int, rng: torch.Generator) -> Tensor:
        """(10 * columns, 1, 28, 28): a row for each class, the same noise down each column."""
        size = columns, self.noise_dim - CLASSES
        z = torch.randn(size, generator=rng, device=rng.device).repeat(CLASSES, 1)
        labels = torch.arange(CLASSES, device=z.device).repeat_interleave(columns)
        return self.decode(torch.cat([z, one_hot(labels)], 1).to(self.device))


class ConditionalGAN(Conditional, GAN):
    """A GAN both of whose networks are told the class."""

    def _training_noise(self, n: int, context: Context) -> Tensor:
        assert context.labels is not None
        rng = context.noise
        z = torch.randn(n, self.noise_dim - CLASSES, generator=rng, device=rng.device)
        return torch.cat([z, one_hot(context.labels)], 1)

    def _judge(self, images: Tensor, labels: Tensor | None) -> Tensor:
        assert labels is not None
        return self.D(with_planes(images, labels))


class ConditionalVAE(Conditional, VAE):
    """A VAE both of whose networks are told the class."""

    def _encode(self, images: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        assert labels is not None
        return self.encoder(with_planes(images, labels))

    def _with_class(self, z: Tensor, labels: Tensor | None) -> Tensor:
        assert labels is not None
        return torch.cat([z, one_hot(labels)], 1)
