"""What the measures read on real images and on nonsense: ``python -m scripts.calibrate_measures``.

Writes ``labkit/calibration/<dataset>.json``, which reports, plots and claims read without
torch, and the calibration table of ``docs/measures.md``. Needs the full data sets
(``LABKIT_DATA``): the honest samples are training images 10,001 to 30,000, which are
neither in the reference (test images) nor among those copies are looked for in (the first
10,000 training images).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import labkit.calibration
from labkit.calibration import feature_hash
from labkit.catalog import DATASETS, METRICS
from labkit.data import load
from labkit.measure.evaluate import measure_samples
from labkit.measure.features import extract
from labkit.measure.frechet import Gaussian, fid, frechet_distance
from labkit.measure.reference import real_features, real_set
from labkit.measure.sharpness import relative_sharpness
from scripts.prove_measures import write_between_marks

Matrix = NDArray[np.float64]

SIZES = (1_000, 2_000, 5_000, 10_000)
DRAWS, WHOLE_DRAWS = 50, 2
BLURS = (0.5, 0.7, 1.0, 1.5, 2.0)
DOCUMENT = Path(__file__).parent.parent / "docs" / "measures.md"


def spread(values: list[float]) -> dict[str, float]:
    """Mean, standard deviation and number of values."""
    return {
        "mean": float(np.mean(values)),
        "sd": float(np.std(values, ddof=1)),
        "draws": len(values),
    }


def repeated_fid(
    features: Matrix, reference: Matrix, size: int, rng: np.random.Generator
) -> dict[str, float]:
    """Fréchet distance of random draws of one size to a fixed reference."""
    fixed = Gaussian.of(reference)
    return spread(
        [
            frechet_distance(Gaussian.of(features[rng.permutation(len(features))[:size]]), fixed)
            for _ in range(DRAWS)
        ]
    )


def halves(features: Matrix, rng: np.random.Generator) -> dict[str, float]:
    """Fréchet distance between disjoint random halves."""
    values = []
    for _ in range(DRAWS):
        one, other = np.split(rng.permutation(len(features)), 2)
        values.append(fid(features[one], features[other]))
    return {"samples": len(features) // 2, **spread(values)}


def calibrate(dataset: str) -> dict[str, Any]:
    """All that is known about the measures of a data set."""
    rng = np.random.default_rng(2)
    honest = load(dataset, "train", "full").images[10_000:30_000]
    test, training = real_features(dataset, "test").features, real_set(dataset).training
    seen = extract(honest, dataset).features
    count = SIZES[-1]

    def of(images: NDArray[np.uint8]) -> float:
        return fid(extract(images, dataset).features, test)

    def blurred(sigma: float) -> NDArray[np.uint8]:
        return np.asarray(ndimage.gaussian_filter(honest[:count], (0, sigma, sigma)))

    whole = [
        measure_samples(honest[rng.permutation(len(honest))[:count]], dataset).metrics
        for _ in range(WHOLE_DRAWS)
    ]
    soft = extract(blurred(1.0), dataset).features
    return {
        "features": feature_hash(dataset),
        "proxy_fid": {
            "real": {str(n): repeated_fid(seen, test, n, rng) for n in SIZES},
            "real_halves": halves(test, rng),
            "train_vs_test": fid(training, test),
            "real_tracking": {str(n): repeated_fid(test, training, n, rng) for n in SIZES[:3]},
            "blurred_by_1_pixel": {str(n): repeated_fid(soft, test, n, rng) for n in SIZES[:3]},
            "ceiling": {
                "noise": of(rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)),
                "black images": of(np.zeros((count, 28, 28), np.uint8)),
            },
        },
        "real": {
            name: {
                "mean": float(np.mean([draw[name] for draw in whole])),
                "low": float(np.min([draw[name] for draw in whole])),
                "high": float(np.max([draw[name] for draw in whole])),
                "samples": count,
            }
            for name in whole[0]
            if name != "proxy_fid"
        },
        "blur": {
            str(sigma): {
                "sharpness": relative_sharpness(blurred(sigma), honest[:count]),
                "proxy_fid": of(blurred(sigma)),
            }
            for sigma in BLURS
        },
    }


def tables(found: dict[str, dict[str, Any]]) -> str:
    """Markdown tables of the calibration, a column a data set."""
    entries = list(found.values())
    rule = "|---" * (len(found) + 1) + "|"

    def row(*cells: str) -> str:
        return "| " + " | ".join(cells) + " |"

    def about(entry: dict[str, float]) -> str:
        return f"{entry['mean']:.3g} ± {entry['sd']:.1g}"

    labels = [DATASETS[name].label for name in found]
    fids = [entry["proxy_fid"] for entry in entries]
    lines = [row("proxy FID of", *labels), rule]
    for n in map(str, SIZES):
        label = f"{int(n):,} real images, against the test images"
        lines.append(row(label, *(about(each["real"][n]) for each in fids)))
    lines += [
        row("5,000 test images against the other 5,000", *(about(e["real_halves"]) for e in fids)),
        row(
            "first 10,000 training images against the test images",
            *(f"{each['train_vs_test']:.3g}" for each in fids),
        ),
        row(
            "5,000 test images against the first 10,000 training images (tracking)",
            *(about(each["real_tracking"]["5000"]) for each in fids),
        ),
    ]
    for sigma in map(str, BLURS):
        blurred = [entry["blur"][sigma] for entry in entries]
        lines.append(
            row(
                f"real images blurred by σ = {sigma} pixels (their sharpness)",
                *(f"{each['proxy_fid']:.3g} ({each['sharpness']:.2f})" for each in blurred),
            )
        )
    for kind in ("black images", "noise"):
        lines.append(row(kind, *(f"{each['ceiling'][kind]:.3g}" for each in fids)))
    lines += ["", row("10,000 real images read", *labels), rule]
    for name in entries[0]["real"]:
        values = [entry["real"][name]["mean"] for entry in entries]
        lines.append(row(METRICS[name].label, *(f"{value:.3g}" for value in values)))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="*", help="those to calibrate; all if none is named")
    named = parser.parse_args().datasets
    found = {}
    for dataset in filter(feature_hash, DATASETS):
        path = Path(labkit.calibration.__file__).parent / f"{dataset}.json"
        if not named or dataset in named:
            path.write_text(json.dumps(calibrate(dataset), indent=1) + "\n", "utf-8")
            print(f"{path.name} written", flush=True)
        found[dataset] = json.loads(path.read_text("utf-8"))
    print(tables(found))
    write_between_marks(DOCUMENT, "calibration", tables(found))


if __name__ == "__main__":
    main()
