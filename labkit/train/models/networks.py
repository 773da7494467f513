"""Networks by their name in the catalog, and the two small parts many of them share."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from labkit.catalog import GAN_NETWORKS, VAE_NETWORKS, resolve


def generator(name: str, z_dim: int) -> nn.Module:
    """Noise (N, z_dim) -> images (N, 1, 28, 28) in [-1, 1]."""
    made: nn.Module = resolve(GAN_NETWORKS[name].generator)(z_dim)
    return made


def discriminator(name: str, norm: str = "own", channels: int = 1) -> nn.Module:
    """Images (N, channels, 28, 28) -> logits (N, 1).

    Args:
        name: a key of the catalog's ``GAN_NETWORKS``.
        norm: ``own``, ``batch``, ``layer`` or ``none``.
        channels: 1, and one more for each class where it is told the class.
    """
    entry = GAN_NETWORKS[name]
    wanted: dict[str, Any] = {} if norm == "own" else {"norm": norm}
    if channels > 1:
        wanted["channels"] = channels
    made: nn.Module = resolve(entry.discriminator)(**wanted)
    return made


def encoder(name: str, latent_dim: int, channels: int = 1, **options: Any) -> nn.Module:
    """Images (N, channels, 28, 28) -> mean and log-variance, each (N, latent_dim)."""
    entry = VAE_NETWORKS[name]
    wanted = {key: value for key, value in options.items() if key in entry.options}
    if channels > 1:
        wanted["channels"] = channels
    made: nn.Module = resolve(entry.encoder)(latent_dim, **wanted)
    return made


def decoder(name: str, latent_dim: int, norm: str = "none") -> nn.Module:
    """Latents (N, latent_dim) -> raw images (N, 1, 28, 28), before tanh or sigmoid."""
    entry = VAE_NETWORKS[name]
    wanted = {"norm": norm} if "norm" in entry.options else {}
    made: nn.Module = resolve(entry.decoder)(latent_dim, **wanted)
    return made


class GaussianEncoder(nn.Module):
    """Features with two linear heads: mean and log-variance of q(z|x), each (N, latent_dim)."""

    def __init__(self, features: nn.Module, width: int, latent_dim: int) -> None:
        super().__init__()
        self.features = features
        self.mean = nn.Linear(width, latent_dim)
        self.log_variance = nn.Linear(width, latent_dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.features(x)
        return self.mean(h), self.log_variance(h)


def norm_layer(kind: str, channels: int, flat: bool = False) -> list[nn.Module]:
    """A normalisation of `channels` maps (or units, if `flat`), as a list of no or one layer.

    Layer norm looks at one image alone, so it may stand in a critic under gradient penalty.
    """
    if kind == "batch":
        return [nn.BatchNorm1d(channels) if flat else nn.BatchNorm2d(channels)]
    if kind == "layer":
        return [nn.GroupNorm(1, channels)]
    return []
