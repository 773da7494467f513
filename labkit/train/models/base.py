"""Base classes: what training, checkpoints and evaluation need of a family of models.

A family is a kind of generative model (GAN, VAE, a hybrid): its networks, their optimisers, a
training step and a way to make samples.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

#: Images per forward pass without gradient. Random layers draw in blocks of this size, so
#: another size would give other samples.
EVAL_BATCH = 500

#: Draws a picture: a random stream -> images (N, 1, 28, 28) in [-1, 1], and columns of their grid.
Drawing = Callable[[torch.Generator], tuple[Tensor, int]]
#: Values of a setting of sampling, and what makes images (N, 1, 28, 28) of noise with each.
Sweep = Mapping[float, Callable[[Tensor], Tensor]]


@dataclass(frozen=True)
class Context:
    """What a training step gets beside its batch."""

    noise: torch.Generator
    """The epoch's random stream, on the batch's device."""
    labels: Tensor | None = None
    """(N,) int64 classes of the batch's images; None if unknown."""
    step: int = 0
    """Number of the batch in its epoch, from 0."""
    steps: int = 1
    """Batches per epoch."""
    epoch: int = 1
    """Number of the epoch, from 1."""
    epochs: int = 1
    """Total number of epochs."""

    @property
    def epochs_done(self) -> float:
        """Epochs trained before this batch, with fractions, e.g. 2.5."""
        return self.epoch - 1 + self.step / self.steps


class Family:
    """A generative model that learns from batches of images and can be sampled.

    A subclass sets `networks`, `optimisers` and `noise_dim` and defines `step` and `_decode`.
    """

    networks: dict[str, nn.Module]
    optimisers: dict[str, Optimizer]
    noise_dim: int
    """Length of the noise vectors that `_decode` takes."""
    classes = 0
    """Number of classes of a conditional family; 0: not conditional."""

    def step(self, batch: Tensor, context: Context) -> dict[str, Tensor]:
        """Update the networks on one batch.

        Args:
            batch: real images (N, 1, 28, 28) in [-1, 1].
            context: labels, random stream, place in training.

        Returns:
            Detached scalars by name: the losses first, then other records.
        """
        raise NotImplementedError

    def branch(self, context: Context) -> Hashable:
        """Which way `step` goes; what it does is the same in all steps that go one way.

        Default: None, no two steps are known to be alike, so none is recorded to be replayed
        (:mod:`labkit.train.capture`).
        """
        return None

    def _decode(self, z: Tensor) -> Tensor:
        """Noise (N, noise_dim) -> images (N, 1, 28, 28) in [-1, 1]."""
        raise NotImplementedError

    def to(self, device: torch.device) -> None:
        """Move the networks to a device, in channels-last layout (fastest for convolutions)."""
        for network in self.networks.values():
            network.to(device).to(memory_format=torch.channels_last)

    @property
    def device(self) -> torch.device:
        """The device of the networks."""
        return next(next(iter(self.networks.values())).parameters()).device

    def train(self, mode: bool = True) -> None:
        """Put the networks in training mode, or with False in evaluation mode."""
        for network in self.networks.values():
            network.train(mode)

    def random_noise(self, n: int, rng: torch.Generator) -> Tensor:
        """Draw noise (n, noise_dim) from N(0, I); returned on the family's device."""
        return torch.randn(n, self.noise_dim, generator=rng, device=rng.device).to(self.device)

    def decode(self, z: Tensor) -> Tensor:
        """Noise (N, noise_dim) -> images (N, 1, 28, 28) in [-1, 1], in evaluation mode."""
        return self.images_of(self._decode, z)

    @torch.no_grad()
    def images_of(self, make: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        """What `make` turns noise (N, ...) into, in evaluation mode, in parts of `EVAL_BATCH`."""
        self.train(False)
        images = torch.cat([make(part).float() for part in z.split(EVAL_BATCH)])
        self.train()
        return images

    @staticmethod
    def sample_labels(n: int) -> Tensor:
        """(n,) classes of the images that `sample` of a conditional family makes."""
        return torch.arange(n) % 10

    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """Draw `n` images (n, 1, 28, 28) in [-1, 1]; `rng` may be on the CPU."""
        return self.decode(self.random_noise(n, rng))

    def pictures(self) -> Mapping[str, Drawing]:
        """What a family has to show beside samples, by name; the catalog has the captions."""
        return {}

    def stages(self) -> Mapping[float, float]:
        """Places in training, 1 for its end, and the share of all steps that cost as there."""
        return {1.0: 1.0}

    def sweeps(self) -> Mapping[str, Sweep]:
        """Ways to sample the same weights by, to be compared: a setting of sampling, by name."""
        return {}

    def parameter_count(self) -> int:
        """Number of trainable weights of all networks."""
        weights = (p for net in self.networks.values() for p in net.parameters())
        return sum(p.numel() for p in weights if p.requires_grad)


class Autoencoder(Family):
    """A family with an encoder: images to latent codes and back.

    `labels` are the (N,) classes of the images, needed by conditional families only.
    """

    latent_dim: int
    """Length of a latent code."""

    def encode(self, images: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Images (N, 1, 28, 28) in [-1, 1] -> mean and log-variance, each (N, latent_dim)."""
        raise NotImplementedError

    def test_losses(
        self, images: Tensor, rng: torch.Generator, labels: Tensor | None = None
    ) -> dict[str, float]:
        """``test_total_loss``, ``test_recon_loss``, ``test_kl_loss`` per held-out image."""
        raise NotImplementedError

    def reconstruct(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Decode images' posterior means: (N, 1, 28, 28) -> (N, 1, 28, 28), both in [-1, 1]."""
        return self.decode_codes(self._with_class(self.encode(images, labels)[0], labels))

    def decode_codes(self, codes: Tensor) -> Tensor:
        """Codes, as `_with_class` returns them -> images (N, 1, 28, 28) in [-1, 1]."""
        return self.images_of(self._decode_code, codes)

    def _decode_code(self, z: Tensor) -> Tensor:
        """Decode codes; a subclass overrides it if its noise is not the code itself."""
        return self._decode(z)

    def _with_class(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Codes (N, latent_dim) with the class appended, in conditional families."""
        return z

    def interpolate(
        self, a: Tensor, b: Tensor, steps: int = 16, labels: Tensor | None = None
    ) -> Tensor:
        """Decode codes on the straight line between two images' posterior means.

        Args:
            a, b: images (1, 28, 28) in [-1, 1].
            steps: number of images, both ends included.
            labels: (2,) classes of `a` and `b`.

        Returns:
            (steps, 1, 28, 28) in [-1, 1].
        """
        ends = self._with_class(self.encode(torch.stack([a, b]), labels)[0], labels)
        t = torch.linspace(0, 1, steps, device=ends.device).unsqueeze(1)
        return self.decode_codes((1 - t) * ends[0] + t * ends[1])


def in_parts(images: Tensor, labels: Tensor | None) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Split images (N, ...) and their labels (N,) into parts of at most `EVAL_BATCH`."""
    parts = images.split(EVAL_BATCH)
    known = labels.split(EVAL_BATCH) if labels is not None else [None] * len(parts)
    yield from zip(parts, known, strict=True)


def plane(size: int) -> Tensor:
    """(size², 2) codes that cover a latent plane in proportion to the density of N(0, I).

    Each coordinate takes the quantiles (i + 1/2) / size of N(0, 1). Rows run from the top left,
    first coordinate to the right, second one up.
    """
    at = torch.special.ndtri((torch.arange(size, dtype=torch.float64) + 0.5) / size).float()
    return torch.cartesian_prod(at.flip(0), at).flip(1)


def widest(device: torch.device) -> torch.dtype:
    """The type to sum in: float64, or float32 on MPS (Apple's), which has no wider one."""
    return torch.float32 if device.type == "mps" else torch.float64


def to_uint8(images: Tensor) -> Tensor:
    """Images in [-1, 1] -> uint8 0..255, rounded."""
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def to_float(images: Tensor) -> Tensor:
    """uint8 images -> float32 in [-1, 1]."""
    return images.float().div_(127.5).sub_(1)


def gradient_norm(network: nn.Module) -> Tensor:
    """L2 norm of all of a network's gradients together, a scalar on its device."""
    norms = [p.grad.norm() for p in network.parameters() if p.grad is not None]
    return torch.stack(norms).norm()
