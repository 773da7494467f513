"""VAEs of linear layers: one with a single hidden layer, and a deeper one.

With two latent dimensions the latent space can be drawn: every image is a point of a plane.
The deeper VAE can be regularised, by batch norm in all hidden layers and dropout in the
encoder's. Dropout raises the training loss but is off in evaluation, so compare test losses.
"""

from torch import nn

from labkit.train.models.networks import GaussianEncoder, norm_layer

PIXELS = 28 * 28


def encoder256(latent_dim: int, channels: int = 1) -> GaussianEncoder:
    """Images (N, channels, 28, 28) -> mean and log-variance, through 256 units."""
    features = nn.Sequential(nn.Flatten(), nn.Linear(channels * PIXELS, 256), nn.ReLU(inplace=True))
    return GaussianEncoder(features, 256, latent_dim)


def decoder256(latent_dim: int) -> nn.Sequential:
    """Latents (N, latent_dim) -> raw images (N, 1, 28, 28), through 256 units."""
    return nn.Sequential(
        nn.Linear(latent_dim, 256),
        nn.ReLU(inplace=True),
        nn.Linear(256, PIXELS),
        nn.Unflatten(1, (1, 28, 28)),
    )


def encoder512(
    latent_dim: int, channels: int = 1, norm: str = "none", dropout: float = 0.0
) -> GaussianEncoder:
    """Images (N, channels, 28, 28) -> mean and log-variance, through 512 and 256 units."""
    features = nn.Sequential(
        nn.Flatten(),
        *_hidden(channels * PIXELS, 512, norm, dropout),
        *_hidden(512, 256, norm, dropout),
    )
    return GaussianEncoder(features, 256, latent_dim)


def decoder512(latent_dim: int, norm: str = "none") -> nn.Sequential:
    """Latents (N, latent_dim) -> raw images (N, 1, 28, 28), through 256 and 512 units."""
    return nn.Sequential(
        *_hidden(latent_dim, 256, norm),
        *_hidden(256, 512, norm),
        nn.Linear(512, PIXELS),
        nn.Unflatten(1, (1, 28, 28)),
    )


def _hidden(inputs: int, units: int, norm: str, dropout: float = 0.0) -> list[nn.Module]:
    """One hidden layer: linear, optional norm, leaky ReLU, optional dropout."""
    drop = [nn.Dropout(dropout)] if dropout else []
    return [
        nn.Linear(inputs, units),
        *norm_layer(norm, units, flat=True),
        nn.LeakyReLU(0.2),
        *drop,
    ]
