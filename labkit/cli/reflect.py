"""The verb `reflect`: answer the questions for any table of metrics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from labkit.catalog import FAMILIES
from labkit.claims import Answer, Claim
from labkit.claims.reflect import answers_to, read
from labkit.errors import UserError


def reflect(
    metrics: Annotated[Path, typer.Argument(help="A CSV of metrics, a row per run.")],
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list of claims.")] = False,
) -> None:
    """Print the computed answers for any metrics table."""
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
    typer.echo(f"{answer.heading}\n\n{answer.paragraph}")
    if answer.sure:
        typer.echo(f"How sure: {answer.sure}")
    lines = dict.fromkeys(_line(claim) for claim in answer.claims)
    typer.echo("\n".join(["", *(f"  {line}" for line in lines), *([""] if lines else [])]))


def _line(claim: Claim) -> str:
    """A claim with its strength, unless it only tells what these runs show."""
    return claim.text if claim.strength == "seen once" else f"{claim.strength}: {claim.text}"
