"""The verb `evaluate`: measure the samples of any model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from labkit.calibration import feature_hash
from labkit.catalog import DATASETS, METRICS
from labkit.experiment.lookup import one_of
from labkit.measure.samples_file import evaluate_file


def evaluate(
    samples: Annotated[Path, typer.Argument(help="An .npz with `samples`: uint8 N x 28 x 28.")],
    dataset: Annotated[str, typer.Option("--dataset", help="What they imitate.")],
    as_json: Annotated[bool, typer.Option("--json", help="One flat JSON object.")] = False,
) -> None:
    """Measure any model's samples as labkit measures its own."""
    one_of("--dataset", dataset, tuple(filter(feature_hash, DATASETS)))
    measured = evaluate_file(samples, dataset)
    if as_json:
        typer.echo(json.dumps(measured, indent=1, allow_nan=False))
        return
    typer.echo(f"{samples}: {measured['samples']:,} samples against real {dataset} test images")
    for name, value in measured.items():
        if name in METRICS:
            shown = "not measured" if value is None else f"{value:.{METRICS[name].digits}g}"
            typer.echo(f"{METRICS[name].label:<28} {shown}")
    typer.echo(f"{'Verdict':<28} {measured['verdict']}")
