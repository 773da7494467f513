"""A convolutional VAE and its mirror image: down 28, 14, 7 and up again.

The encoder halves height and width twice while the maps double; the decoder takes the
same steps backwards. What the stride throws away, the latent vector has to remember.
"""

from __future__ import annotations

from torch import nn

from labkit.train.models.networks import GaussianEncoder


def encoder(latent_dim: int, channels: int = 1) -> GaussianEncoder:
    """Images (N, channels, 28, 28) -> mean and log-variance, each (N, latent_dim)."""
    features = nn.Sequential(
        nn.Conv2d(channels, 32, 4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(32, 64, 4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Flatten(),
    )
    return GaussianEncoder(features, 64 * 7 * 7, latent_dim)


def decoder(latent_dim: int) -> nn.Sequential:
    """Latents (N, latent_dim) -> raw images (N, 1, 28, 28), before tanh or sigmoid."""
    return nn.Sequential(
        nn.Linear(latent_dim, 64 * 7 * 7),
        nn.ReLU(inplace=True),
        nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
    )
