"""A GAN of linear layers: the smallest here, and the quickest to train.

Every unit is connected with every pixel, so the networks have no built-in notion of which
pixels are neighbours. The discriminator has no batch norm by default, so it can be a critic
with gradient penalty.
"""

from torch import nn

from labkit.train.models.networks import norm_layer

PIXELS = 28 * 28


def generator(z_dim: int) -> nn.Sequential:
    """Noise (N, z_dim) -> images (N, 1, 28, 28) in [-1, 1]: 256, 512, 1024 units."""
    return nn.Sequential(
        nn.Linear(z_dim, 256),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(256, 512),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(512, 1024),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(1024, PIXELS),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )


def discriminator(norm: str = "none", channels: int = 1) -> nn.Sequential:
    """Images (N, channels, 28, 28) in [-1, 1] -> logits (N, 1): 512, 256 units."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * PIXELS, 512),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(512, 256),
        *norm_layer(norm, 256, flat=True),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(256, 1),
    )
