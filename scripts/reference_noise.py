"""The run-to-run noise that reports with few seeds are judged by, from tables with many seeds.

Reads metrics tables of one grid with several seeds (several tables may bring different seeds)
and writes an entry a family into the file that ``labkit.claims.reference`` reads. Entries of
other names stay; one whose values have changed gets the next version.

    python scripts/reference_noise.py reports/showcase/lab1-seeds/metrics.csv \\
        --name lab1-10000 --about "Lab 1 on the first 10,000 training images" \\
        -o labkit/calibration/reference_noise.json
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from labkit import calibration
from labkit.claims import noise
from labkit.claims.cell import Cell
from labkit.claims.cells import CONDITIONS, Cells, from_frame
from labkit.claims.measure import Samples, measure
from labkit.claims.pairs import pair_up

#: Families that reports compare within, and with each other.
FAMILIES = ("gan", "vae")
#: What answers compare; of a family, those that all its cells have are kept.
KEPT = (
    "proxy_fid", "sharpness", "recall", "coverage", "fid_final_excess", "fid_drawdown",
    "fid_tail_spread", "fid_oscillation", "d_dominance", "active_units", "mmd_prior",
    "recon_sharpness", "recon_proxy_fid", "test_total_loss", "test_recon_loss", "test_kl_loss",
)  # fmt: skip
#: Significant digits of the values kept.
DIGITS = 6


def entry(
    cells: Cells, name: str, about: str, samples: Samples, collapsed: bool = False
) -> dict[str, Any]:
    """One family's repeated trainings, as :func:`labkit.claims.reference.read` reads them.

    Args:
        cells: of one family.
        name: what reports cite.
        about: what was trained, in a few words.
        samples: how many the values were measured with.
        collapsed: whether cells may stand in it that collapsed by the measure's verdict.

    Raises:
        ValueError: a cell failed, collapsed or stands there twice, a condition differs, the
            grid is not complete or there are fewer than three seeds.
    """
    _check(cells, collapsed)
    settings = {n: levels[0] for n, levels in cells.levels.items() if len(levels) == 1}
    factors = {n: levels for n, levels in cells.levels.items() if len(levels) > 1}
    metrics = [n for n in KEPT if all(n in cell.metrics for cell in cells)]
    return {
        "name": name,
        "version": 1,
        "about": about,
        "family": cells.families[0],
        "settings": settings,
        "factors": factors,
        "samples": [samples.evaluation, samples.selection],
        "features": {dataset: calibration.feature_hash(dataset) for dataset in cells.datasets},
        "metrics": metrics,
        "columns": ["dataset", *factors, "seed", *metrics],
        "cells": [
            [cell.dataset, *(cell.settings[n] for n in factors), cell.seed,
             *(float(f"{cell.metrics[n].value:.{DIGITS}g}") for n in metrics)]
            for cell in cells
        ],
    }  # fmt: skip


def _check(cells: Cells, collapsed: bool) -> None:
    bad = [f"{c.run} {c.status or 'has no status'}" for c in cells if c.status != "done"]
    bad += [f"{c.run} collapsed" for c in fallen(cells) if not collapsed]
    if bad:
        raise ValueError(f"not fit for a reference: {', '.join(bad)}")
    times = Counter(cell.where for cell in cells)
    twice = [c.run for c in cells if times[c.where] > 1]
    if twice:
        raise ValueError(f"more than one row of {', '.join(sorted(set(twice)))}")
    mixed = [name for name in CONDITIONS if len(cells.levels.get(name, ())) > 1]
    if mixed:
        raise ValueError(f"{', '.join(mixed)} must be the same in all trainings")
    if len(cells.seeds) < noise.MIN_SEEDS:
        raise ValueError(f"{len(cells.seeds)} seeds; {noise.MIN_SEEDS} are the least")
    present = {(c.dataset, *(c.settings[n] for n in cells.levels), c.seed) for c in cells}
    grid = product(cells.datasets, *cells.levels.values(), cells.seeds)
    absent = [" ".join(map(str, place)) for place in grid if place not in present]
    if absent:
        raise ValueError(f"not a complete grid, {len(absent)} missing: {'; '.join(absent[:5])}")


def fallen(cells: Cells) -> list[Cell]:
    """Those that collapsed by the measure's verdict."""
    return [cell for cell in cells if cell.collapsed == "present"]


def merged(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Old entries with new ones in their places; what has changed gets the next version."""
    found = {(each["name"], each["family"]): each for each in old}
    for each in new:
        plain = json.loads(json.dumps(each))  # tuples as lists, as they are read
        before = found.get((each["name"], each["family"]))
        if before is not None:
            same = {**before, "version": 1} == plain
            plain["version"] = before["version"] + (not same)
        found[each["name"], each["family"]] = plain
    return [found[key] for key in sorted(found)]


def text(entries: Sequence[dict[str, Any]]) -> str:
    """The file: JSON with a line a field and a line a cell, so that differences are readable."""
    blocks = []
    for each in entries:
        head = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in each.items() if k != "cells"]
        cells = ",\n".join(f"    {json.dumps(row)}" for row in each["cells"])
        blocks.append("{\n" + ",\n".join([*head, f'  "cells": [\n{cells}\n  ]']) + "\n}")
    return '{"references": [\n' + ",\n".join(blocks) + "\n]}\n"


def root_mean_squares(cells: Cells, metric: str = "proxy_fid") -> dict[str, dict[str, float]]:
    """Root mean squares of one family's noise, for single trainings.

    Returns:
        Data set to, on the measure's scale of comparison: each factor by seed, the rest that
        they leave (of two factors or more), and all settings by seed together.
    """
    found = {}
    for dataset in cells.datasets:
        here, row = cells.of(dataset=dataset), {}
        for factor in here.factors:
            pairs = pair_up(here, factor, measure(metric))
            spread, (rest, df) = noise.spread([pairs]), noise.rest([pairs])
            if spread is not None:
                row[f"{factor} x seed"] = (spread.variance * len(pairs.blocks)) ** 0.5
            if df:
                row["rest"] = rest**0.5
        left = departures(here, metric).to_numpy()
        df = (left.shape[0] - 1) * (left.shape[1] - 1)
        row["all settings x seed"] = float(np.sqrt((left**2).sum() / df))
        found[dataset] = row
    return found


def departures(cells: Cells, metric: str = "proxy_fid") -> pd.DataFrame:
    """How far each setting (row) and seed (column) of one data set departs from their sum."""
    of = measure(metric)
    values = [
        (str(c.where[:-1]), c.seed, of.scaled(c.metrics[metric].value, of.log)) for c in cells
    ]
    table = pd.DataFrame(values, columns=["setting", "seed", "value"]).pivot_table(
        index="setting", columns="seed", values="value"
    )
    across, down = table.mean(axis=1), table.mean(axis=0)
    return table.sub(across, axis=0).sub(down, axis=1) + across.mean()


def described(cells: Cells) -> list[str]:
    """The noise of one family's proxy FID in words, and where its collapsed cells stand in it."""
    squares = root_mean_squares(cells)
    lines = [
        f"  {dataset}: " + ", ".join(f"{name} {value:.3f}" for name, value in row.items())
        for dataset, row in squares.items()
    ]
    for cell in fallen(cells):
        left = departures(cells.of(dataset=cell.dataset)).at[str(cell.where[:-1]), cell.seed]
        widths = cast(float, left) / squares[cell.dataset]["all settings x seed"]
        lines.append(f"  {cell.run} collapsed; its proxy FID departs by {widths:+.1f} widths")
    return lines


def main() -> None:
    """Write the file and print what the noise is; exit with one line if the tables will not do."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tables", nargs="+", type=Path, metavar="TABLE.csv")
    parser.add_argument("--name", required=True, help="what reports cite")
    parser.add_argument("--about", required=True, help="what was trained, in a few words")
    parser.add_argument("--seeds", help="only these, with commas between them")
    parser.add_argument(
        "--collapsed", action="store_true",
        help="keep cells that collapsed; where their FIDs stand is printed",
    )  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, required=True)
    asked = parser.parse_args()
    frame = pd.concat([pd.read_csv(path) for path in asked.tables], ignore_index=True)
    if asked.seeds:
        frame = frame[frame["seed"].isin([int(seed) for seed in asked.seeds.split(",")])]
    cells = from_frame(frame)
    try:
        new = [
            entry(cells.of(family), asked.name, asked.about, Samples(), asked.collapsed)
            for family in FAMILIES if family in cells.families
        ]  # fmt: skip
    except ValueError as error:
        parser.error(str(error))
    old = json.loads(asked.output.read_text("utf-8"))["references"] if asked.output.exists() else []
    every = merged(old, new)
    asked.output.write_text(text(every), encoding="utf-8")
    for each in every:
        if each["name"] == asked.name:
            mine = cells.of(each["family"])
            title = f"{each['name']}/{each['version']}, {each['family']}"
            print(f"{title}: {len(mine.seeds)} seeds, {len(mine)} cells")
            print("\n".join(described(mine)))


if __name__ == "__main__":
    main()
