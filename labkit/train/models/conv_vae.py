"""The decoder of a convolutional VAE, which mirrors its encoder's layers: 7, 14, 28 pixels.

The encoder is :func:`labkit.train.models.networks.conv_encoder`.
"""

from torch import nn


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
