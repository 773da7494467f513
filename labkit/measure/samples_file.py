"""Read samples from an untrusted ``.npz`` file, and measure them."""

import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from labkit.calibration import feature_hash
from labkit.catalog import DATASETS
from labkit.data import load
from labkit.data.pictures import FEWEST, MOST, read_header, read_pictures
from labkit.errors import LabkitError, behind, reason

#: Most samples measured; of more, a fixed random choice. A proxy FID depends on N and is
#: calibrated up to this number.
MEASURED = 10_000
ENTRY = "samples.npy"


class SamplesError(LabkitError):
    """The file is not a set of samples; the message is one line: what was found and is needed."""


def read_samples(path: Path) -> NDArray[np.uint8]:
    """Read the array ``samples`` of an ``.npz`` file.

    Nothing is unpickled. The array's header is checked first, then exactly as many bytes are
    read as it announces.

    Args:
        path: a file written by ``numpy.savez`` or ``savez_compressed`` with an entry
            ``samples``: uint8 (N, 28, 28) or (N, 1, 28, 28), 100 <= N <= 100,000,
            0 is background.

    Returns:
        uint8 (N, 28, 28).

    Raises:
        SamplesError: anything else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename == ENTRY]
            if len(entries) != 1:
                found = ", ".join(sorted(archive.namelist())[:5]) or "nothing"
                raise SamplesError(f"{path}: needs one array 'samples'; found {found}")
            with archive.open(entries[0]) as stream:
                samples = _read_array(path, stream)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        hint = "needs an .npz written by numpy.savez(path, samples=...)"
        raise SamplesError(f"{path}: {hint}{behind('zipfile', error)}") from error
    except OSError as error:
        raise SamplesError(f"{path}: cannot be read: {reason(error)}") from error
    if samples.max() == 1:
        raise SamplesError(
            f"{path}: pixel values reach only 1; needs grey values 0..255 "
            "(multiply [0, 1] by 255 before converting to uint8)"
        )
    return samples


def _read_array(path: Path, stream: IO[bytes]) -> NDArray[np.uint8]:
    try:
        shape, fortran, dtype = read_header(path, "'samples'", stream)
    except LabkitError as error:
        raise SamplesError(str(error)) from error
    if dtype != np.uint8:
        raise SamplesError(f"{path}: 'samples' is {dtype}; needs uint8, 0..255")
    if shape[1:] not in ((28, 28), (1, 28, 28)):
        raise SamplesError(f"{path}: 'samples' is {shape}; needs (N, 28, 28) or (N, 1, 28, 28)")
    if not FEWEST <= shape[0] <= MOST:
        raise SamplesError(
            f"{path}: {shape[0]:,} samples; needs at least {FEWEST} and at most {MOST:,}"
        )
    expected = shape[0] * 28 * 28
    data = stream.read(expected)
    if len(data) != expected:
        raise SamplesError(f"{path}: cut short: expected {expected:,} pixels, found {len(data):,}")
    array = np.frombuffer(data, np.uint8).reshape(shape, order="F" if fortran else "C")
    return np.ascontiguousarray(array.reshape(len(array), 28, 28))


def doubt(samples: NDArray[np.uint8], dataset: str, converted: bool = True) -> str:
    """Say what gives samples away as images converted wrongly; empty if nothing does.

    Args:
        samples: uint8 (N, 28, 28), 0 is background.
        dataset: what they imitate.
        converted: whether it was not labkit that made them whole numbers.
    """
    counts = np.bincount(samples.ravel(), minlength=256)
    darkest = counts.cumsum() / samples.size
    frequent = np.sort(np.argsort(counts)[-3:])
    used = [str(value) for value in frequent if counts[value]]
    if converted and counts[0] == samples.size:
        return "every pixel is 0: if they were in [0, 1], multiply by 255 before converting"
    if converted and counts[frequent].sum() >= 0.99 * samples.size and len(used) > 1:
        why = "binarised" if used == ["0", "255"] else "[-1, 1] without (x + 1) * 127.5"
        return f"hardly any grey values but {', '.join(used)}: {why}, before converting?"
    if darkest[126] < 0.001:
        return "hardly a pixel is darker than mid-grey: were they in [0, 1], and taken for [-1, 1]?"
    if _background(samples) > 191 > _background(load(dataset, "test", "bundled", 500).images):
        return f"the background is bright, and that of {dataset} is black: inverted? (255 - x)"
    return ""


def _background(images: NDArray[np.uint8]) -> float:
    """The grey value of most pixels at the edge."""
    sides = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    return float(np.median(np.concatenate(sides, 1)))


def evaluate_file(path: Path, dataset: str) -> dict[str, Any]:
    """Measure the samples of a file or folder; a flat mapping, for ``labkit evaluate``.

    Returns:
        ``dataset``, ``samples`` (N measured), ``samples_in_file``, ``features`` (the
        network's SHA-256), every sample measure by its catalog name (None: not
        measurable), ``two_sample_interval`` (95 %), ``collapse`` (``detected``,
        ``missing_classes``, ``reasons``) and ``verdict``, ``doubt``: see :func:`doubt`; and
        ``read_as``: what was assumed of the file.

    Raises:
        LabkitError: the file does not hold samples, or the data set is unknown.
    """
    if dataset not in DATASETS:
        raise SamplesError(f"unknown data set {dataset!r}; choose from {', '.join(DATASETS)}")
    pictures = read_pictures(path)
    samples = pictures.images
    # Imports torch, which an unusable file does not need.
    from labkit.measure.evaluate import measure_samples

    chosen = np.random.default_rng(0).permutation(len(samples))[:MEASURED]
    samples_measured = samples[np.sort(chosen)]
    measured = measure_samples(samples_measured, dataset)
    return {
        "dataset": dataset,
        "samples": len(chosen),
        "samples_in_file": len(samples),
        "features": feature_hash(dataset),
        **measured.metrics,
        "two_sample_interval": measured.details["two_sample_interval"],
        "collapse": measured.details["collapse"],
        "verdict": measured.details["verdict"],
        "doubt": doubt(samples_measured, dataset, converted="float" not in pictures.note),
        "read_as": pictures.note,
    }
