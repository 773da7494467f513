"""The verbs about anyone's work: `evaluate` samples, `reflect` on a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from labkit.calibration import feature_hash
from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.claims import Answer
from labkit.claims.reflect import answers_to, read
from labkit.errors import UserError
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


def reflect(
    metrics: Annotated[Path, typer.Argument(help="A CSV of metrics, a row per run.")],
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list of claims.")] = False,
) -> None:
    """Say what a table of metrics bears, whoever made it."""
    table = read(metrics)
    answers = answers_to(table)
    if not answers:
        known = ", ".join(FAMILIES)
        raise UserError(f"{metrics}: no row of a known family; a column `family` says: {known}")
    if as_json:
        claims = [claim.to_json() for answer in answers for claim in answer.claims]
        typer.echo(json.dumps(claims, indent=1, ensure_ascii=False, allow_nan=False))
        return
    for answer in answers:
        _print(answer)
    if table.unknown:
        typer.echo(f"Columns no claim uses: {', '.join(table.unknown)}")


def _print(answer: Answer) -> None:
    typer.echo(f"{answer.heading}\n\n{answer.paragraph}\n")
    for claim in answer.claims:
        typer.echo(f"  {claim.mark} {claim.verdict}: {claim.text}")
    typer.echo("")
