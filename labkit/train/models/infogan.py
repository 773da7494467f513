"""InfoGAN: a GAN whose noise has a part that one can read (Chen et al. 2016, arXiv:1606.03657).

The generator gets, beside its noise z, a code c: a category, one of ten, and two numbers between
-1 and 1. Nothing makes a plain GAN use such a code. InfoGAN asks for it: a recognition head Q
on the discriminator's features guesses the code from the generated image, and the generator is
paid for images from which Q can. No label is ever seen; what the categories come to mean is the
networks' own choice, often the class.

What Q gets right bounds the mutual information of code and image from below (section 5),

    I(c; G(z, c)) >= H(c) + E[log Q(c | G(z, c))],

so G and Q maximise the right-hand side; with a weight of 0 only Q does, and shows what a generator
puts into its images unpaid. Here Q learns on features that the discriminator learns
for its own task; in the paper the shared layers learn from both.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from labkit.plugins.registry import OwnCodeError
from labkit.train.models.base import Context, Drawing, gradient_norm
from labkit.train.models.conditional import CLASSES, one_hot
from labkit.train.models.gan import GAN
from labkit.train.optimisers import make_optimiser

#: Numbers in the code beside the category, each uniform in [-1, 1].
NUMBERS = 2
HIDDEN = 128
#: Weight of the numbers' part of the bound beside the category's (appendix C.1).
OF_NUMBERS = 0.1
#: Values of a number across a row of its grid: a little beyond those seen in training.
WALK = 2.0
COLUMNS = 8


class Code(NamedTuple):
    """The readable part of the noise of N images."""

    category: Tensor
    """(N,) int64, 0..9."""
    numbers: Tensor
    """(N, 2) in [-1, 1] in training."""


class InfoGAN(GAN):
    """A GAN with a code in its noise and a head that recognises it."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__({**params, "z_dim": params["z_dim"] + CLASSES + NUMBERS})
        self.weight = params["info_weight"]
        self.trunk, self.judge = split(self.D)
        self.head = recognition_head(self.trunk)
        self.networks["recognition"] = self.head
        self.optimisers["recognition"] = make_optimiser(self.head, params)

    def _generator_step(self, n: int, context: Context) -> dict[str, Tensor]:
        code = self._draw_code(n, context.noise)
        with self.adversary.frozen():
            features = self.trunk(self.G(self._noise(code, context.noise)))
            loss = self.adversary.loss.generator(self.judge(features))
            # The same values; of their gradient the generator gets the weight's share.
            paid = self.weight * features + (1 - self.weight) * features.detach()
            of_category, of_numbers = bounds(self.head(paid.flatten(1)), code)
            information = of_category + OF_NUMBERS * of_numbers
            both = [self.optimisers[name] for name in ("generator", "recognition")]
            for optimiser in both:
                optimiser.zero_grad(set_to_none=True)
            (loss - information).backward()
            for optimiser in both:
                optimiser.step()
        if self.average:
            self.average.update(self.G)
        found = {"info_category": of_category.detach(), "info_numbers": of_numbers.detach()}
        return {"g_loss": loss.detach(), "g_grad_norm": gradient_norm(self.G), **found}

    def _training_noise(self, n: int, context: Context) -> Tensor:
        return self._noise(self._draw_code(n, context.noise), context.noise)

    @staticmethod
    def _draw_code(n: int, rng: torch.Generator) -> Code:
        category = torch.rand(n, generator=rng, device=rng.device).mul_(CLASSES).long()
        return Code(category, _uniform(n, rng))

    def _noise(self, code: Code, rng: torch.Generator) -> Tensor:
        return _joined(self._random_vectors(len(code.category), rng), code)

    def random_noise(self, n: int, rng: torch.Generator) -> Tensor:
        """Draw noise (n, noise_dim) with the categories 0, 1, ..., 9, 0, 1, ... in turn."""
        code = Code(self.sample_labels(n).to(rng.device), _uniform(n, rng))
        return self._noise(code, rng).to(self.device)

    def pictures(self) -> Mapping[str, Drawing]:
        return {"categories": self._categories, "codes": self._codes}

    def _categories(self, rng: torch.Generator) -> tuple[Tensor, int]:
        """A row for each category; the images of a column share the rest of their noise."""
        z, numbers = self._random_vectors(COLUMNS, rng), _uniform(COLUMNS, rng)
        category = torch.arange(CLASSES, device=rng.device).repeat_interleave(COLUMNS)
        code = Code(category, numbers.repeat(CLASSES, 1))
        return self._decode_code(z.repeat(CLASSES, 1), code), COLUMNS

    def _codes(self, rng: torch.Generator) -> tuple[Tensor, int]:
        """A row for each category: the first number from -2 to 2, then the second, the other 0.

        All images share their random vector.
        """
        z = self._random_vectors(1, rng).repeat(CLASSES * NUMBERS * COLUMNS, 1)
        walk = torch.linspace(-WALK, WALK, COLUMNS, device=rng.device)
        numbers = torch.block_diag(*[walk[:, None]] * NUMBERS)
        category = torch.arange(CLASSES, device=rng.device).repeat_interleave(len(numbers))
        code = Code(category, numbers.repeat(CLASSES, 1))
        return self._decode_code(z, code), NUMBERS * COLUMNS

    def _decode_code(self, z: Tensor, code: Code) -> Tensor:
        return self.decode(_joined(z, code).to(self.device))

    def _random_vectors(self, n: int, rng: torch.Generator) -> Tensor:
        """The part of the noise that is no code, (n, z_dim)."""
        size = n, self.noise_dim - CLASSES - NUMBERS
        return torch.randn(size, generator=rng, device=rng.device)


def split(D: nn.Module) -> tuple[nn.Sequential, nn.Sequential]:
    """A discriminator as its features and its last layer with weights, which judges by them.

    Raises:
        OwnCodeError: it is not an `nn.Sequential`, so that its features cannot be told.
    """
    if not isinstance(D, nn.Sequential):
        raise OwnCodeError(
            f"family: infogan needs a discriminator that is an nn.Sequential: {type(D).__name__} "
            "does not say which layer comes before the last"
        )
    last = max(i for i, layer in enumerate(D) if next(layer.parameters(), None) is not None)
    return D[:last], D[last:]


def recognition_head(trunk: nn.Module) -> nn.Sequential:
    """A head that maps the features of `trunk` to (N, 14): logits, means and log-variances."""
    with torch.no_grad():
        width = trunk.eval()(torch.zeros(2, 1, 28, 28)).flatten(1).shape[1]
    trunk.train()
    return nn.Sequential(
        nn.Linear(width, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, CLASSES + 2 * NUMBERS)
    )


def bounds(found: Tensor, code: Code) -> tuple[Tensor, Tensor]:
    """Lower bounds on the information of image and code, in nats, means over the batch.

    Args:
        found: (N, 14) of the recognition head: ten logits, two means, two log-variances.
        code: what the images were made from.

    Returns:
        Of the category, at most log 10 = 2.30; of the two numbers together, for which Q is a
        Gaussian and the entropy H(c) is 2 log 2.
    """
    logits, means, log_variances = found.split((CLASSES, NUMBERS, NUMBERS), 1)
    of_category = math.log(CLASSES) - F.cross_entropy(logits, code.category)
    squares = (code.numbers - means).square() * torch.exp(-log_variances)
    surprise = (squares + log_variances + math.log(2 * math.pi)).mean() / 2  # -log Q of a number
    return of_category, NUMBERS * (math.log(2.0) - surprise)


def _joined(z: Tensor, code: Code) -> Tensor:
    """What the generator gets, (N, noise_dim): the random vector, category one-hot, numbers.

    Each entry of the code has the variance of one of z, or the generator would hardly see it
    at first and make all variety of z.
    """
    category = (one_hot(code.category) - 1 / CLASSES) * CLASSES / math.sqrt(CLASSES - 1)
    return torch.cat([z, category, code.numbers * math.sqrt(3)], 1)


def _uniform(n: int, rng: torch.Generator) -> Tensor:
    return torch.rand(n, NUMBERS, generator=rng, device=rng.device) * 2 - 1
