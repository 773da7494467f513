"""Make networks by their name in the catalog; parts that several networks share."""

from typing import Any

import torch
from torch import Tensor, nn

from labkit.catalog import GAN_NETWORKS, VAE_NETWORKS, resolve
from labkit.plugins import registry as own_code
from labkit.plugins.registry import OwnCodeError


def generator(name: str, z_dim: int) -> nn.Module:
    """Make a generator: noise (N, z_dim) -> images (N, 1, 28, 28) in [-1, 1].

    Args:
        name: a key of the catalog's ``GAN_NETWORKS``.
        z_dim: length of the noise, the one-hot class included.

    Raises:
        OwnCodeError: a user's own network has another output.
    """
    target = GAN_NETWORKS[name].generator
    made: nn.Module = resolve(target)(z_dim)
    wanted = f"noise (N, {z_dim}) -> images (N, 1, 28, 28) in [-1, 1]"
    check_own(target, made, torch.zeros(2, z_dim), ((2, 1, 28, 28),), wanted, within=1.0)
    return made


def discriminator(name: str, norm: str = "own", channels: int = 1) -> nn.Module:
    """Make a discriminator: images (N, channels, 28, 28) in [-1, 1] -> logits (N, 1).

    Args:
        name: a key of the catalog's ``GAN_NETWORKS``.
        norm: ``batch``, ``layer``, ``none``, or ``own`` for the network's default.
        channels: 1, or 11 if the image comes with its one-hot class.

    Raises:
        OwnCodeError: a user's own network has another output.
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
    """Make an encoder: images (N, channels, 28, 28) -> mean and log-variance, each (N, d).

    Args:
        name: a key of the catalog's ``VAE_NETWORKS``.
        latent_dim: d.
        channels: 1, or 11 if the image comes with its one-hot class.
        options: ``norm`` and ``dropout``; passed on only if the networks have them.

    Raises:
        OwnCodeError: a user's own network has another output.
    """
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
    """Make a decoder: codes (N, latent_dim) -> raw images, before tanh or sigmoid.

    `norm` is ``none`` or ``batch``, used only if the networks have it. Raises as `encoder`.
    """
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
    """Run a user's own network on two blank inputs and check its output.

    Restores torch's random state, so later draws are as without the check. Does nothing for
    labkit's networks.

    Args:
        target: the catalog's ``module:function``.
        network: what that function returned.
        x: a batch of two inputs.
        shapes: expected shape of each output.
        wanted: the same in words.
        within: largest absolute value allowed in the output.

    Raises:
        OwnCodeError: it is no network, raised an error or has another output; one line.
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
    """An encoder: `features` (N, width), then mean and log-variance of q(z|x), each (N, d)."""

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
        Flatten(),
    )
    return GaussianEncoder(features, 64 * 7 * 7, latent_dim)


class Flatten(nn.Flatten):
    """(N, C, H, W) -> (N, C H W), whose gradient is in channels-last layout like the input.

    The kernels of activations are many times slower where gradient and input differ in layout.
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.is_cpu and x.requires_grad:
            x.register_hook(lambda g: g.contiguous(memory_format=torch.channels_last))
        return super().forward(x)


def norm_layer(kind: str, channels: int, flat: bool = False) -> list[nn.Module]:
    """Return a list with the normalisation of `channels` maps (units, if `flat`), or empty.

    Args:
        kind: ``batch``, ``layer`` or ``none``. Batch norm mixes the images of a batch; layer
            norm does not, so it can be used in a critic with gradient penalty.
    """
    if kind == "batch":
        return [nn.BatchNorm1d(channels) if flat else nn.BatchNorm2d(channels)]
    if kind == "layer":
        return [nn.GroupNorm(1, channels)]
    return []
