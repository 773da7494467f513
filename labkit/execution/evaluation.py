"""A committed training measured: at its best epoch, by samples of their own noise."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from labkit.catalog import FAMILIES, METRICS, resolve
from labkit.catalog.metrics import MEASURED_ON
from labkit.data.sources import is_bundled
from labkit.execution.sampling import GreyImages, load_for, own_measures, probe, to_device, to_numpy
from labkit.experiment.spec import CellSpec
from labkit.measure.evaluate import Measures, measure_history, measure_samples, measure_vae
from labkit.measure.frechet import lab_sheet_fid
from labkit.measure.on_device import measured_on
from labkit.measure.stability import discriminator_records
from labkit.measure.sweep import SAMPLES, enough, measure_point
from labkit.measure.vae import latent_plane
from labkit.train import runtime
from labkit.train.draws import drawing
from labkit.train.models.base import Autoencoder, Family, Sweep


def measures(
    spec: CellSpec,
    family: Family,
    samples: GreyImages,
    history: Sequence[Mapping[str, Any]],
    data_root: Path | None = None,
) -> dict[str, dict[str, Any]]:
    """What ``metrics.json`` holds: ``metrics`` and ``details`` of samples, uint8 (N, 28, 28).

    The family has the weights of its best epoch, the history a row an epoch.
    """
    device = measured_on(family.device)
    parts = of_samples(spec, samples, history, device, data_root)
    parts += of_weights(spec, family, device, data_root)
    parts.append(Measures(own_measures(spec, samples)))
    if device is not None:
        parts.append(Measures({}, {MEASURED_ON: runtime.device_name(device)}))
    return together(parts)


def of_samples(
    spec: CellSpec,
    samples: GreyImages,
    history: Sequence[Mapping[str, Any]] | None,
    device: torch.device | None = None,
    data_root: Path | None = None,
) -> list[Measures]:
    """What samples and history alone tell of a cell; computed on `device`, or on the CPU.

    Without `history`, what needs it is left out.
    """
    if not is_bundled(spec.dataset):
        load_for(spec, "test", data_root)  # whoever measures asks for these images without a folder
    parts = [measure_samples(samples, spec.dataset, device)] if spec.has_features else []
    if history is not None and spec.has_features:
        parts.append(measure_history(history, spec.family))
    elif history is not None:
        records = discriminator_records(history).items()
        parts.append(Measures({k: v for k, v in records if METRICS[k].applies(spec.family)}))
    asked = np.arange(len(samples), dtype=np.int64) % 10
    for target in FAMILIES[spec.family].measures if spec.has_features else ():
        parts.append(resolve(target)(samples, asked, spec.dataset, device))
    return parts


def of_weights(
    spec: CellSpec,
    family: Family,
    device: torch.device | None = None,
    data_root: Path | None = None,
) -> list[Measures]:
    """What a cell's weights tell beside its samples; computed on `device`, or on the CPU."""
    parts = _coded(spec, family, device, data_root) if isinstance(family, Autoencoder) else []
    if spec.has_features and (sweeps := family.sweeps()):
        parts.append(_swept(spec, family, sweeps, device))
    return parts


def _coded(
    spec: CellSpec, family: Autoencoder, device: torch.device | None, data_root: Path | None
) -> list[Measures]:
    """What an autoencoder does with the test images."""
    test = load_for(spec, "test", data_root)
    images, labels = probe(test, slice(None), family.device)
    with drawing(family, spec.seed, "codes"):
        mean, log_variance = family.encode(images, labels)
    with drawing(family, spec.seed, "rebuilt"):
        rebuilt = to_numpy(family.reconstruct(images, labels))
    with drawing(family, spec.seed, "test") as noise:
        losses = family.test_losses(images, noise, labels)
    found = measure_vae(
        reconstructions=rebuilt,
        originals=test.images,
        mean=mean.cpu().numpy(),
        log_variance=log_variance.cpu().numpy(),
        losses=losses,
        dataset=spec.dataset if spec.has_features else None,
        device=device,
    )
    if mean.shape[1] != 2:
        return [found]
    return [found, Measures({}, latent_plane(mean.cpu().double().numpy(), test.labels))]


def _swept(
    spec: CellSpec, family: Family, sweeps: Mapping[str, Sweep], device: torch.device | None
) -> Measures:
    """In the details, for each setting of sampling that the family compares: points by value."""
    found: dict[str, list[dict[str, float]]] = {}
    for name, points in sweeps.items():
        for value, make in points.items():
            with drawing(family, spec.seed, "sweep") as noise:  # the same noise for all
                images = family.images_of(make, family.random_noise(SAMPLES, noise))
            point = measure_point(to_numpy(images), spec.dataset, device)
            found.setdefault(name, []).append({"value": value, **point})
    metrics: dict[str, float | None] = {}
    if steps := found.get("sampling_steps"):
        metrics["enough_steps"] = enough(steps)
    if mixed := found.get("mixed"):
        metrics["mixed_fid"] = next(p["proxy_fid"] for p in mixed if p["value"] == 2)
    return Measures(metrics, {"sweeps": found})


def together(parts: Sequence[Measures]) -> dict[str, dict[str, Any]]:
    """Several measures as ``metrics.json`` holds them."""
    return {
        "metrics": {name: value for part in parts for name, value in part.metrics.items()},
        "details": {name: value for part in parts for name, value in part.details.items()},
    }


def sheet_measures(
    spec: CellSpec, gan: Any, samples: GreyImages, data_root: Path | None = None
) -> dict[str, float]:
    """``lab_sheet_fid`` of a cell's samples, uint8 (N, 28, 28), by a GAN's discriminator."""
    test = load_for(spec, "test", data_root)
    found = []
    for images in (test.images, samples):
        with drawing(gan, spec.seed, "features"):
            found.append(gan.discriminator_features(to_device(images, gan.device)).cpu().numpy())
    real, fake = found
    return {"lab_sheet_fid": lab_sheet_fid(real, fake)}
