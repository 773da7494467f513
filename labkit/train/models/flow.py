"""Flow matching: noise carried to images along a field of velocities.

A network learns a velocity v(x, t). Samples start as noise x0 ~ N(0, I) at time 0 and follow
dx/dt = v(x, t) until time 1, where they are images. What v has to be is simple if noise and
image are joined by a straight line x_t = (1 - t) x0 + t x1 (Lipman et al. 2023,
arXiv:2210.02747; rectified flow, Liu et al. 2023, arXiv:2209.03003): on that line the velocity
is x1 - x0. Many lines cross at (x, t), and the squared error makes the network learn their
mean:

    minimise E |v(x_t, t) - (x1 - x0)|²  over images x1, noise x0 and times t ~ U(0, 1).

There is no second network and no bound, only a regression. The price is paid in sampling: the
differential equation is solved in steps, and each step is a pass of the network or two.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from labkit.catalog import SOLVERS, resolve
from labkit.train.models.base import Context, Drawing, Family, Sweep
from labkit.train.models.conditional import Conditional, one_hot
from labkit.train.models.unet import Velocity
from labkit.train.optimisers import make_optimiser
from labkit.train.options import Average

PIXELS = 28 * 28
#: Share of training images whose class is kept from a conditional network.
UNTOLD = 0.1
#: Numbers of steps, and weights of the guidance, by which samples are compared.
STEPS, GUIDANCE = (1, 2, 4, 8, 16, 32), (0.0, 1.0, 2.0, 4.0)
#: The picture of paths: images, and moments from noise to image.
PATHS, MOMENTS = 8, 9

#: The velocity (N, 1, 28, 28) of images (N, 1, 28, 28) at a time in [0, 1].
Field = Callable[[Tensor, float], Tensor]


class Flow(Family):
    """A velocity network; noise is as long as an image has pixels."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.noise_dim = PIXELS + self.classes
        self.solve = resolve(SOLVERS[params["solver"]].target)
        self.steps = params["sampling_steps"]
        self.net = Velocity(params["width"], self.classes)
        self.networks = {"velocity": self.net}
        self.optimisers = {"velocity": make_optimiser(self.net, params)}
        self.average = Average(self.net, params["ema"]) if params["ema"] else None
        if self.average:
            self.networks["average"] = self.average.network

    def step(self, batch: Tensor, context: Context) -> dict[str, Tensor]:
        rng, n = context.noise, len(batch)
        noise = torch.randn(batch.shape, generator=rng, device=rng.device)
        t = torch.rand(n, generator=rng, device=rng.device)
        between = torch.lerp(noise, batch, t[:, None, None, None])
        error = self.net(between, t, self._told(context)) - (batch - noise)
        loss = error.square().mean()
        self.optimisers["velocity"].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers["velocity"].step()
        if self.average:
            self.average.update(self.net)
        return {"flow_loss": loss.detach()}

    def _told(self, context: Context) -> Tensor | None:
        """The class as the network is told it in training, (N, 10), or None."""
        return None

    def _decode(self, z: Tensor) -> Tensor:
        return self._end(z, self.steps)

    def _end(self, z: Tensor, steps: int, **told: float) -> Tensor:
        """The images (N, 1, 28, 28) that noise (N, noise_dim) becomes, cut off at ±1."""
        *_, x = self._path(z, steps, self._field(z, **told))
        return x.clamp(-1, 1)

    def _path(self, z: Tensor, steps: int, field: Field) -> Iterator[Tensor]:
        """Solve the equation in equal steps: the noise as an image, and what follows each step."""
        x = z[:, :PIXELS].reshape(-1, 1, 28, 28)
        yield x
        for i in range(steps):
            x = self.solve(field, x, i / steps, 1 / steps)
            yield x

    def _field(self, z: Tensor) -> Field:
        """The velocities that samples of noise `z` follow."""
        return lambda x, t: self._trained(x, x.new_full((len(x),), t))

    @property
    def _trained(self) -> nn.Module:
        return self.average.network if self.average else self.net

    def pictures(self) -> Mapping[str, Drawing]:
        return {"paths": self._paths}

    def _paths(self, rng: torch.Generator) -> tuple[Tensor, int]:
        """A row for each sample: from noise to image in equal parts of the time."""
        each = max(1, self.steps // (MOMENTS - 1))

        def shown(z: Tensor) -> Tensor:
            path = self._path(z, each * (MOMENTS - 1), self._field(z))
            return torch.stack(list(path)[::each], 1).flatten(0, 1).clamp(-1, 1)

        return self.images_of(shown, self.random_noise(PATHS, rng)), MOMENTS

    def sweeps(self) -> Mapping[str, Sweep]:
        return {"sampling_steps": {n: partial(self._end, steps=n) for n in STEPS}}


class ConditionalFlow(Conditional, Flow):
    """A flow told the class, with classifier-free guidance (Ho & Salimans 2022, arXiv:2207.12598).

    In training the class of a tenth of the images is kept from the network, so that it knows the
    velocity v with and u without it. Samples follow u + w (v - u): with a weight w above 1 they
    are more typical of their class, and less varied.
    """

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.guidance = params["guidance"]

    def _told(self, context: Context) -> Tensor:
        assert context.labels is not None
        rng, n = context.noise, len(context.labels)
        kept = torch.rand(n, 1, generator=rng, device=rng.device) >= UNTOLD
        return one_hot(context.labels) * kept

    def _field(self, z: Tensor, guidance: float | None = None) -> Field:
        weight, told = self.guidance if guidance is None else guidance, z[:, PIXELS:]

        def velocity(x: Tensor, t: float) -> Tensor:
            times = x.new_full((len(x),), t)
            found: Tensor = self._trained(x, times, told)
            if weight == 1:
                return found
            plain: Tensor = self._trained(x, times, torch.zeros_like(told))
            return torch.lerp(plain, found, weight)

        return velocity

    def pictures(self) -> Mapping[str, Drawing]:
        return {**Conditional.pictures(self), **Flow.pictures(self)}

    def sweeps(self) -> Mapping[str, Sweep]:
        guided = {w: partial(self._end, steps=self.steps, guidance=w) for w in GUIDANCE}
        return {**super().sweeps(), "guidance": guided}


def euler(field: Field, x: Tensor, t: float, step: float) -> Tensor:
    """A step of Euler's method: straight on with the velocity here. One pass of the network."""
    return x + step * field(x, t)


def heun(field: Field, x: Tensor, t: float, step: float) -> Tensor:
    """A step of Heun's method: with the mean of the velocities here and there. Two passes."""
    here = field(x, t)
    there = field(x + step * here, t + step)
    return x + step / 2 * (here + there)
