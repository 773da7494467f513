"""Networks by their name in the catalog, and the two small parts many of them share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from labkit.catalog import GAN_NETWORKS, VAE_NETWORKS, resolve
from labkit.plugins import registry as own_code
from labkit.plugins.registry import OwnCodeError


def generator(name: str, z_dim: int) -> nn.Module:
    """Noise (N, z_dim) -> images (N, 1, 28, 28) in [-1, 1]."""
    target = GAN_NETWORKS[name].generator
    made: nn.Module = resolve(target)(z_dim)
    wanted = f"noise (N, {z_dim}) -> images (N, 1, 28, 28) in [-1, 1]"
    check_own(target, made, torch.zeros(2, z_dim), ((2, 1, 28, 28),), wanted, within=1.0)
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
    shape = f"images (N, {channels}, 28, 28) -> logits (N, 1), without a sigmoid"
    check_own(entry.discriminator, made, torch.zeros(2, channels, 28, 28), ((2, 1),), shape)
    return made


def encoder(name: str, latent_dim: int, channels: int = 1, **options: Any) -> nn.Module:
    """Images (N, channels, 28, 28) -> mean and log-variance, each (N, latent_dim)."""
    entry = VAE_NETWORKS[name]
    wanted = {key: value for key, value in options.items() if key in entry.options}
    if channels > 1:
        wanted["channels"] = channels
    made: nn.Module = resolve(entry.encoder)(latent_dim, **wanted)
    shape = f"images (N, {channels}, 28, 28) -> mean and log-variance, each (N, {latent_dim})"
    code = (2, latent_dim)
    check_own(entry.encoder, made, torch.zeros(2, channels, 28, 28), (code, code), shape)
    return made


def decoder(name: str, latent_dim: int, norm: str = "none") -> nn.Module:
    """Latents (N, latent_dim) -> raw images (N, 1, 28, 28), before tanh or sigmoid."""
    entry = VAE_NETWORKS[name]
    wanted = {"norm": norm} if "norm" in entry.options else {}
    made: nn.Module = resolve(entry.decoder)(latent_dim, **wanted)
    shape = f"codes (N, {latent_dim}) -> raw images (N, 1, 28, 28), before tanh or sigmoid"
    check_own(entry.decoder, made, torch.zeros(2, latent_dim), ((2, 1, 28, 28),), shape)
    return made


def check_own(
    target: str,
    network: object,
    x: Tensor,
    shapes: tuple[tuple[int, ...], ...],
    wanted: str,
    within: float | None = None,
) -> None:
    """Try a user's own network on two blank inputs; labkit's own are taken as they are.

    Draws no random number, so that the weights are those of any other run.

    Args:
        target: the catalog's name of it.
        network: what it made.
        x: a batch of two inputs.
        shapes: the shape of each output.
        wanted: the same in words.
        within: largest absolute value of the output.

    Raises:
        OwnCodeError: the network does not do what is wanted of it; one line.
    """
    if not target.startswith(own_code.PREFIX):
        return
    who = target.removeprefix(own_code.PREFIX).replace(":", ".py: ")
    if not isinstance(network, nn.Module):
        raise OwnCodeError(f"{who}: expected a torch.nn.Module, got {type(network).__name__}")
    try:
        with torch.no_grad(), torch.random.fork_rng():
            network.eval()
            out = network(x)
            network.train()
    except Exception as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise OwnCodeError(f"{who}: expected {wanted}; it raised {first}") from error
    given = out if isinstance(out, tuple) else (out,)
    found = tuple(tuple(each.shape) for each in given if isinstance(each, Tensor))
    if found != shapes:
        shown = " and ".join(map(str, found)) or type(out).__name__
        raise OwnCodeError(f"{who}: expected {wanted}; for N = 2 it gave {shown}")
    if within is not None and given[0].abs().max() > within:
        raise OwnCodeError(f"{who}: expected {wanted}; it gave {given[0].abs().max():.3g}")


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


def conv_encoder(latent_dim: int, channels: int = 1) -> GaussianEncoder:
    """Images (N, channels, 28, 28) -> mean and log-variance, each (N, latent_dim).

    Two convolutions halve height and width, 28, 14, 7, while the number of maps doubles.
    """
    features = nn.Sequential(
        nn.Conv2d(channels, 32, 4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(32, 64, 4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Flatten(),
    )
    return GaussianEncoder(features, 64 * 7 * 7, latent_dim)


def norm_layer(kind: str, channels: int, flat: bool = False) -> list[nn.Module]:
    """A normalisation of `channels` maps (or units, if `flat`), as a list of no or one layer.

    Layer norm looks at one image alone, so it may stand in a critic under gradient penalty.
    """
    if kind == "batch":
        return [nn.BatchNorm1d(channels) if flat else nn.BatchNorm2d(channels)]
    if kind == "layer":
        return [nn.GroupNorm(1, channels)]
    return []
