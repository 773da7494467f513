"""The networks of Lab 1 as its sheet describes them, with PyTorch's initialisation.

The VAE's encoder is :func:`labkit.train.models.networks.conv_encoder`. The decoder returns raw
values; the reconstruction loss has the output activation that goes with it (tanh for pixels in
[-1, 1], sigmoid for [0, 1]).
"""

from torch import nn

from labkit.train.models.layers import ConvToOne, ConvTranspose2x
from labkit.train.models.networks import Flatten, norm_layer


def generator(z_dim: int) -> nn.Sequential:
    """Noise (N, z_dim) -> images (N, 1, 28, 28) in [-1, 1], by way of 7 x 7 and 14 x 14."""
    return nn.Sequential(
        nn.Linear(z_dim, 128 * 7 * 7),
        nn.BatchNorm1d(128 * 7 * 7),
        nn.ReLU(inplace=True),
        nn.Unflatten(1, (128, 7, 7)),
        ConvTranspose2x(128, 64),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        ConvTranspose2x(64, 32),
        nn.BatchNorm2d(32),
        nn.ReLU(inplace=True),
        ConvToOne(32),
        nn.Tanh(),
    )


def discriminator(norm: str = "batch", channels: int = 1) -> nn.Sequential:
    """Images (N, channels, 28, 28) in [-1, 1] -> logits (N, 1); norm in the second block only."""
    return nn.Sequential(
        nn.Conv2d(channels, 32, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(32, 64, 4, stride=2, padding=1),
        *norm_layer(norm, 64),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(64, 128, 3, stride=2, padding=1),
        nn.LeakyReLU(0.2, inplace=True),
        Flatten(),
        nn.Linear(128 * 4 * 4, 1),
    )


def decoder(latent_dim: int) -> nn.Sequential:
    """Latents (N, latent_dim) -> raw images (N, 1, 28, 28), before tanh or sigmoid."""
    return nn.Sequential(
        nn.Linear(latent_dim, 64 * 7 * 7),  # no activation, as on the sheet
        nn.Unflatten(1, (64, 7, 7)),
        ConvTranspose2x(64, 32),
        nn.ReLU(inplace=True),
        ConvTranspose2x(32, 16),
        nn.ReLU(inplace=True),
        ConvToOne(16),
    )
