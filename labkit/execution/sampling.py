"""A cell's networks and the images they make: grids to look at, samples to measure.

Every image comes from a noise of its own, drawn from the cell's seed and what it is for, so
that it can be made again from the weights alone.
"""

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labkit.catalog import FAMILIES, resolve
from labkit.data import Images, load
from labkit.execution import image_grid
from labkit.experiment.fingerprint import own_files
from labkit.experiment.spec import CellSpec
from labkit.plugins import registry as own_code
from labkit.train.draws import drawing
from labkit.train.models.base import Autoencoder, Context, Family, plane, to_float, to_uint8
from labkit.train.rng import seed_all
from labkit.train.runtime import settings_kept

GreyImages = NDArray[np.uint8]
#: Images (N, 1, 28, 28) in [-1, 1] and their classes (N,).
Probe = tuple[Tensor, Tensor]

GRID = 16
#: Images each way of a decoded latent plane.
MANIFOLD = 15
#: A place in training is told to so many parts.
PARTS = 10_000
#: The random stream of a picture whose name is another.
PURPOSES = {"classes": "class grid"}
#: Test images shown beside their reconstructions; the first two are ends of the interpolation.
RECONSTRUCTED = 8


def build(spec: CellSpec, device: torch.device) -> Family:
    """A family with its initial weights, on its device."""
    for name in own_files(spec):
        # What a file does as it is run is the same for all cells, and no business of theirs.
        with settings_kept():
            seed_all(0, f"file/{name}")
            own_code.load(name.removesuffix(".py"))
    seed_all(spec.seed, "init")
    family: Family = resolve(FAMILIES[spec.family].target)(spec.params)
    if "context" not in inspect.signature(family.step).parameters:
        _step_as_before(family)
    family.to(device)
    return family


def _step_as_before(family: Any) -> None:
    """Serve a user's family of the first release: `step(batch, i)`, the rest as attributes."""
    learn = family.step

    def step(batch: Tensor, context: Context) -> dict[str, Tensor]:
        for name in ("noise", "labels", "epoch", "epochs", "steps"):
            setattr(family, name, getattr(context, name))
        stats: dict[str, Tensor] = learn(batch, context.step)
        return stats

    family.step = step


def learning_context(family: Family, noise: torch.Generator, n: int, epoch: int = 1) -> Context:
    """The context of a step on `n` images in which all networks learn, a generator too."""
    last = getattr(family, "n_critic", 1) - 1
    return Context(noise, torch.arange(n) % 10, step=last, steps=last + 1, epoch=epoch)


def at_place(context: Context, place: float) -> Context:
    """The context at a place in training, 0 its start and 1 its end."""
    return replace(context, epoch=max(1, round(PARTS * place)), epochs=PARTS)


def probe_images(spec: CellSpec, device: torch.device, root: Path | None = None) -> Probe:
    """The test images whose reconstructions are shown, (RECONSTRUCTED, 1, 28, 28) in [-1, 1]."""
    return probe(load_for(spec, "test", root), slice(RECONSTRUCTED), device)


def grids(family: Family, spec: CellSpec, shown: Probe) -> dict[str, GreyImages]:
    """Grids from one fixed noise, so that shapes can be followed through the epochs.

    Of the images `shown` an autoencoder makes ``reconstruction`` and ``interpolation``, beside
    the ``samples`` of any family; one with a latent plane has a ``manifold``, and a family's own
    ``pictures`` follow: one uint8 picture each.
    """
    seed = spec.seed
    with drawing(family, seed, "grid") as noise:
        found = {"samples": (family.sample(GRID, noise), 4)}
    if isinstance(family, Autoencoder):
        images, labels = shown
        with drawing(family, seed, "reconstruction"):
            both = torch.stack([images, family.reconstruct(images, labels)], 1).flatten(0, 1)
        found["reconstruction"] = (both, 4)
        with drawing(family, seed, "interpolation"):
            line = family.interpolate(images[0], images[1], GRID, labels[:2])
        found["interpolation"] = (line, 4)
        if family.latent_dim == 2 and not family.classes:
            codes = plane(MANIFOLD).to(images.device)
            with drawing(family, seed, "manifold"):
                found["manifold"] = (family.decode_codes(codes), MANIFOLD)
    for name, draw in family.pictures().items():
        with drawing(family, seed, PURPOSES.get(name, name)) as noise:
            found[name] = draw(noise)
    return {name: image_grid.tile(to_numpy(i), columns) for name, (i, columns) in found.items()}


def evaluation_samples(family: Family, spec: CellSpec) -> GreyImages:
    """The samples a cell is measured by, uint8 (N, 28, 28), from their own noise."""
    with drawing(family, spec.seed, "evaluation") as noise:
        return to_numpy(family.sample(spec.evaluation["samples"], noise))


def selection_samples(family: Family, spec: CellSpec) -> GreyImages:
    """The samples the best epoch is chosen by, from the same noise in every epoch."""
    with drawing(family, spec.seed, "selection") as noise:
        return to_numpy(family.sample(spec.selection["samples"], noise))


def own_measures(spec: CellSpec, samples: GreyImages) -> dict[str, float]:
    """The measures of a user's own, of samples uint8 (N, 28, 28)."""
    found = {}
    for name, target in own_code.own_metrics().items():
        real = load_for(spec, "test").images
        measure = resolve(target)
        seed_all(spec.seed, f"metric/{name}")
        found[name] = float(measure(samples, real))
    return found


def probe(data: Images, which: slice, device: torch.device) -> Probe:
    """Some images of a data set with their classes."""
    return to_device(data.images[which], device), labels_of(data, device)[which]


def labels_of(data: Images, device: torch.device) -> Tensor:
    """Classes (N,) as int64."""
    return torch.from_numpy(data.labels.astype(np.int64)).to(device)


def load_for(spec: CellSpec, split: str, root: Path | None = None) -> Images:
    """The images a cell trains on (``train``) or is tested with (``test``)."""
    if split == "test":
        return load(spec.dataset, "test", "bundled", None, root)  # the same in every source
    return load(spec.dataset, split, spec.data["source"], spec.data["limit"], root)


def to_device(images: GreyImages, device: torch.device) -> Tensor:
    """uint8 (N, 28, 28) -> float32 (N, 1, 28, 28) in [-1, 1]."""
    return to_float(torch.from_numpy(images.copy())).unsqueeze(1).to(device)


def to_numpy(images: Tensor) -> GreyImages:
    """(N, 1, 28, 28) in [-1, 1] -> uint8 (N, 28, 28)."""
    return to_uint8(images).squeeze(1).cpu().numpy()
