"""The numbers in the running text of ``docs/measures.md``: ``python -m scripts.measure_asides``.

What a threshold was set by or a correction is worth, on real images of the full set
(``LABKIT_DATA``). The table goes into the document, which quotes it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.catalog import DATASETS
from labkit.data import load
from labkit.measure.classes import Classifier, class_shares
from labkit.measure.diversity import vendi_score
from labkit.measure.evaluate import measure_samples
from labkit.measure.features import Features, extract
from labkit.measure.manifold import K, compare
from labkit.measure.modes import VENDI_MOST, measure_modes
from labkit.measure.neighbours import COPY_DISTANCE, within
from labkit.measure.reference import real_features, real_set
from labkit.measure.sharpness import gradient_energy
from scripts.prove_measures import DOCUMENT, Pool, blurred, noisy, shifted, write_between_marks

Pixels = NDArray[np.uint8]
Rows = Iterator[tuple[str, str]]

SPLITS, REPEATED = 40, 100
STYLE, STYLES = 0.02, 6


def alike(
    dataset: str, real: Pixels, labels: NDArray[np.integer], rng: np.random.Generator
) -> Rows:
    """What the Vendi score of 300 samples reads, with the length of all classes."""
    length = real_set(dataset).reference.length

    def score(pixels: Pixels) -> float:
        return vendi_score(extract(pixels[:VENDI_MOST], dataset).features, length)

    yield "Vendi score of 300 real images", f"{score(real):.3g}"
    one = [
        score(noisy(10)(np.repeat(real[i : i + 1], VENDI_MOST, 0), rng)) for i in range(REPEATED)
    ]
    said = f"300 times one image under noise of 10 grey levels, {REPEATED} images"
    yield said, f"{min(one):.2f} to {max(one):.2f}"
    classes = [score(real[labels == name]) for name in range(10)]
    yield "300 images of one class, least and most", f"{min(classes):.2g} to {max(classes):.2g}"
    noise = rng.integers(0, 256, (VENDI_MOST, 28, 28), dtype=np.uint8)
    spoilt = [blurred(2)(real, rng), blurred(3)(real, rng), noisy(100)(real, rng), noise]
    read = [score(each) for each in spoilt]
    yield (
        "300 images blurred by 2 or 3 pixels, under noise of 100, nothing but noise",
        (f"{min(read):.2g} to {max(read):.2g}"),
    )


def copies(dataset: str) -> Rows:
    """How many bundled images are near-copies of another."""
    both = [real_features(dataset, split).features for split in ("train", "test")]
    near = within(np.concatenate(both), K).copies
    said = f"pairs nearer than {COPY_DISTANCE:g} among the 20,000 bundled images"
    yield said, f"{near.sum() // 2}"


def dropped(dataset: str, name: int, rng: np.random.Generator) -> Rows:
    """What is said of a class that is not there, in halves of the test set."""
    test = real_set(dataset).reference
    counted, inverted, likely = [], [], []
    for _ in range(SPLITS):
        known, seen = np.split(rng.permutation(len(test.labels)), 2)
        seen = seen[test.labels[seen] != name]
        classifier = Classifier(test.probabilities[known], test.labels[known])
        shares = class_shares(test.probabilities[seen], classifier)
        said = test.probabilities[known].argmax(axis=1)
        confusion = np.zeros((10, 10))
        np.add.at(confusion, (said, test.labels[known]), 1)
        confusion /= confusion.sum(axis=0)
        counted.append(shares.predicted[name])
        inverted.append(np.linalg.solve(confusion, shares.predicted)[name])
        likely.append(shares.estimate[name])
    halves = f"samples without class {name}, in {SPLITS} random halves of the test set"
    low, high = 100 * min(counted), 100 * max(counted)
    yield f"{halves}: its share as classified", f"{low:.1f} to {high:.1f} %"
    for how, found in (("confusion matrix inverted", inverted), ("most likely shares", likely)):
        mean, sd = 100 * np.mean(found), 100 * np.std(found, ddof=1)
        yield f"{how}, mean ± sd", f"{mean:.2f} ± {sd:.2f} %"


def varied(
    dataset: str, pool: Pool, real: Pixels, found: Features, rng: np.random.Generator
) -> Rows:
    """Vendi ratios and densities of classes: of honest draws, and of shifted images."""
    reference, names = real_set(dataset).reference, DATASETS[dataset].classes

    def lowest(pixels: Pixels, seen: Features) -> tuple[float, float]:
        """The lowest Vendi ratio of a class, and the density of that class's samples."""
        own = within(seen.features, K)
        among = compare(seen.features, own, reference.features, reference.neighbours)
        energies = gradient_energy(pixels)
        modes = measure_modes(
            seen.features, seen.probabilities, energies, own, among, reference, names
        )
        ratios = [r if r is not None else np.inf for r in modes.vendi_ratio]
        least = int(np.argmin(ratios))
        return float(ratios[least]), float(among.balls[seen.predicted == least].mean() / K)

    honest = []
    for _ in range(5):
        chosen = pool.honest(rng, 2_000)
        part = Features(found.features[chosen], found.probabilities[chosen])
        honest.append(lowest(real[chosen], part))
    ratios, densities = zip(*honest, strict=True)
    yield "lowest Vendi ratio of a class in five honest draws of 2,000", f"{min(ratios):.2f}"
    yield "density of that class's samples, the least", f"{min(densities):.2f}"
    moved = shifted(2)(real[pool.honest(rng, 2_000)], rng)
    ratio, density = lowest(moved, extract(moved, dataset))
    yield (
        "lowest Vendi ratio of 2,000 images shifted by 2 pixels (density)",
        f"{ratio:.2f} ({density:.2f})",
    )


def styles(dataset: str, pool: Pool, rng: np.random.Generator) -> Rows:
    """How often rule 3 finds the 2 % of a class that are most alike."""
    names, hits, tried = DATASETS[dataset].classes, 0, 0
    for n in (10_000, 2_000):
        for name in np.repeat(np.arange(10), STYLES):
            modes = pool.verdict(pool.one_style(rng, n, [int(name)], STYLE), names)
            hits, tried = hits + bool(modes.detected), tried + 1
    yield "a style of 2 % within one class: collapse reported", f"{hits} of {tried}"


def devices(dataset: str, real: Pixels, rng: np.random.Generator) -> Rows:
    """The measures as a card computes them, by torch's CPU in its place, beside NumPy's."""
    there, off, apart = torch.device("cpu"), [], []
    for n in (300, 1_000):
        for change in (lambda x, rng: x, blurred(0.7), noisy(10)):
            some = change(real[:n], rng)
            ours, theirs = (extract(some, dataset, d).features for d in (there, None))
            off.append(np.abs(ours - theirs).max())
            read, known = (measure_samples(some, dataset, d).metrics for d in (there, None))
            pairs = ((value, known[name]) for name, value in read.items())
            apart += [abs(a - b) / abs(b) for a, b in pairs if a is not None and b]
    yield f"features on another device, {len(off)} sets: largest difference", f"{max(off):.1e} sd"
    yield "measures there: largest difference, of their value", f"{max(apart):.1e}"


def asides(dataset: str) -> Rows:
    """Every row of a data set."""
    rng, images = np.random.default_rng(4), load(dataset, "train", "full", 20_000)
    found = extract(images.images, dataset)
    pool = Pool(images, found, real_set(dataset).reference)
    yield from alike(dataset, images.images, images.labels, rng)
    yield from copies(dataset)
    yield from dropped(dataset, 6, rng)
    yield from varied(dataset, pool, images.images, found, rng)
    yield from styles(dataset, pool, rng)
    yield from devices(dataset, images.images, rng)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print, leave the document alone")
    dry, columns = parser.parse_args().dry, dict[str, list[tuple[str, str]]]()
    for dataset in DATASETS:
        columns[dataset] = []
        for row in asides(dataset):
            columns[dataset].append(row)
            print(dataset, *row, flush=True)
    lines = [f"| | {' | '.join(DATASETS[d].label for d in columns)} |", "|---|---|---|"]
    for rows in zip(*columns.values(), strict=True):
        lines.append(f"| {rows[0][0]} | {' | '.join(value for _, value in rows)} |")
    if not dry:
        write_between_marks(DOCUMENT, "asides", "\n".join(lines))


if __name__ == "__main__":
    main()
