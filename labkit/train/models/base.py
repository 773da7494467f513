"""What the loop, the checkpoint and the evaluation ask of a family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

#: Images per forward pass where no gradient is needed. Layers that draw by themselves draw in
#: blocks of this size: another one would be other samples.
EVAL_BATCH = 500


@dataclass(frozen=True)
class Context:
    """What a training step is told beside its batch."""

    noise: torch.Generator
    """The stream of the epoch's training noise, on the batch's device."""
    labels: Tensor | None = None
    """(N,) classes of the batch's images, where they are known."""
    step: int = 0
    """The number of the batch in its epoch, from 0."""
    steps: int = 1
    """Batches an epoch."""
    epoch: int = 1
    """The epoch, from 1."""
    epochs: int = 1
    """How many epochs training takes."""

    @property
    def epochs_done(self) -> float:
        """Epochs of training before this batch, e.g. 2.5."""
        return self.epoch - 1 + self.step / self.steps


class Family:
    """Networks and optimisers that learn from batches and can be sampled.

    A subclass fills `networks` and `optimisers` and writes `step` and `_decode`. The
    loop calls nothing else, and knows no model.
    """

    networks: dict[str, nn.Module]
    optimisers: dict[str, Optimizer]
    noise_dim: int
    """Length of the vectors `_decode` takes."""
    classes = 0
    """How many classes can be asked for; 0: none."""

    def step(self, batch: Tensor, context: Context) -> dict[str, Tensor]:
        """Learn from one batch.

        Args:
            batch: real images (N, 1, 28, 28) in [-1, 1].
            context: its labels, the stream of noise, and where training is.

        Returns:
            Scalars by name, detached: the losses first, then whatever is worth recording.
        """
        raise NotImplementedError

    def _decode(self, z: Tensor) -> Tensor:
        """Noise (N, noise_dim) -> images (N, 1, 28, 28) in [-1, 1], without gradient."""
        raise NotImplementedError

    def to(self, device: torch.device) -> None:
        """Move the networks; channels last, the layout in which convolutions are fastest."""
        for network in self.networks.values():
            network.to(device).to(memory_format=torch.channels_last)

    @property
    def device(self) -> torch.device:
        return next(next(iter(self.networks.values())).parameters()).device

    def train(self, mode: bool = True) -> None:
        for network in self.networks.values():
            network.train(mode)

    def random_noise(self, n: int, rng: torch.Generator) -> Tensor:
        """(n, noise_dim) standard normal values of a stream, on the family's device."""
        return torch.randn(n, self.noise_dim, generator=rng, device=rng.device).to(self.device)

    def decode(self, z: Tensor) -> Tensor:
        """Images (N, 1, 28, 28) in [-1, 1] of given noise; networks in evaluation mode."""
        return self._in_parts(self._decode, z)

    @torch.no_grad()
    def _in_parts(self, network: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        self.train(False)
        images = torch.cat([network(part).float() for part in z.split(EVAL_BATCH)])
        self.train()
        return images

    @staticmethod
    def sample_labels(n: int) -> Tensor:
        """(n,) the classes of the images `sample` makes, where they can be asked for."""
        return torch.arange(n) % 10

    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """`n` images (n, 1, 28, 28) in [-1, 1]; `rng` may be a stream on the CPU."""
        return self.decode(self.random_noise(n, rng))

    def parameter_count(self) -> int:
        """Trainable weights of all networks."""
        weights = (p for net in self.networks.values() for p in net.parameters())
        return sum(p.numel() for p in weights if p.requires_grad)


class Autoencoder(Family):
    """A family that also has an encoder: images to latents and back.

    `labels` are everywhere the (N,) classes of the images, for a family that is told them.
    """

    latent_dim: int
    """Length of a code."""

    def encode(self, images: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Images (N, 1, 28, 28) in [-1, 1] -> mean and log-variance, each (N, latent_dim)."""
        raise NotImplementedError

    def test_losses(
        self, images: Tensor, rng: torch.Generator, labels: Tensor | None = None
    ) -> dict[str, float]:
        """Training's losses per image on other images: ``test_total_loss``, ..."""
        raise NotImplementedError

    def reconstruct(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images decoded from their posterior means: (N, 1, 28, 28) -> the same, in [-1, 1]."""
        return self.decode_codes(self._with_class(self.encode(images, labels)[0], labels))

    def decode_codes(self, codes: Tensor) -> Tensor:
        """Images (N, 1, 28, 28) in [-1, 1] of given codes; networks in evaluation mode."""
        return self._in_parts(self._decode_code, codes)

    def _decode_code(self, z: Tensor) -> Tensor:
        """Where samples are not made straight from codes, a subclass says what is."""
        return self._decode(z)

    def _with_class(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Codes (N, latent_dim) with whatever else the decoder is told of these images."""
        return z

    def interpolate(
        self, a: Tensor, b: Tensor, steps: int = 16, labels: Tensor | None = None
    ) -> Tensor:
        """(steps, 1, 28, 28) images along the straight line between two images' means.

        Args:
            a, b: one image each, (1, 28, 28) in [-1, 1].
            steps: images along the line, both ends among them.
            labels: (2,) the classes of `a` and `b`.
        """
        ends = self._with_class(self.encode(torch.stack([a, b]), labels)[0], labels)
        t = torch.linspace(0, 1, steps, device=ends.device).unsqueeze(1)
        return self.decode_codes((1 - t) * ends[0] + t * ends[1])


def in_parts(images: Tensor, labels: Tensor | None) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Images (N, ...) and their labels (N,), in parts of a size that fits memory."""
    parts = images.split(EVAL_BATCH)
    known = labels.split(EVAL_BATCH) if labels is not None else [None] * len(parts)
    yield from zip(parts, known, strict=True)


def plane(size: int) -> Tensor:
    """(size², 2) codes that cut the plane of N(0, I) into cells of equal probability.

    Row by row from the top left, as a page is read; the second coordinate points up.
    """
    at = torch.special.ndtri((torch.arange(size, dtype=torch.float64) + 0.5) / size).float()
    return torch.cartesian_prod(at.flip(0), at).flip(1)


def to_uint8(images: Tensor) -> Tensor:
    """Images in [-1, 1] -> uint8 0..255, the one rounding both sides of a measure go through."""
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def to_float(images: Tensor) -> Tensor:
    """uint8 images -> float32 in [-1, 1]."""
    return images.float().div_(127.5).sub_(1)


def gradient_norm(network: nn.Module) -> Tensor:
    """Global L2 norm of a network's gradients, a scalar on its device."""
    norms = [p.grad.norm() for p in network.parameters() if p.grad is not None]
    return torch.stack(norms).norm()
