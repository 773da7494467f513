"""The verbs about anyone's work: `evaluate` samples, `reflect` on a table, `check` answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labkit.experiment.lookup import UserError, one_of, stored

if TYPE_CHECKING:
    from labkit.claims import Answer


def evaluate(
    samples: Annotated[Path, typer.Argument(help="An .npz with `samples`: uint8 N x 28 x 28.")],
    dataset: Annotated[str, typer.Option("--dataset", help="What they imitate.")],
    as_json: Annotated[bool, typer.Option("--json", help="One flat JSON object.")] = False,
) -> None:
    """Measure any model's samples as labkit measures its own."""
    from labkit.calibration import feature_hash
    from labkit.catalog import DATASETS, METRICS
    from labkit.measure.samples_file import evaluate_file

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
    from labkit.catalog import FAMILIES
    from labkit.claims.reflect import answers_to, read

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


def check(
    answers: Annotated[Path, typer.Argument(help="The answers to look at.")] = Path("answers.md"),
    results: Annotated[
        Path | None,
        typer.Option("--results", help="The results folder [that of experiments.yaml beside it]."),
    ] = None,
) -> None:
    """Hold a student's own words against the table, line by line."""
    from labkit.experiment.grid import read_experiment
    from labkit.reporting.computed import computed, for_claims
    from labkit.reporting.student.answers import check as held_against
    from labkit.reporting.student.reflections import read_words
    from labkit.reporting.view import read_view

    text = read_words(answers)
    options = {}
    if results is None:
        experiment = read_experiment(answers.parent / "experiments.yaml")
        results = answers.parent / "results" / experiment.name
        options = experiment.content.report.model_dump()
    view = read_view(stored(results), options=options)
    computed_answers = computed(view)
    claims = [claim for answer in computed_answers for claim in answer.claims]
    asked = [answer.question for answer in computed_answers]
    held = held_against(text, for_claims(view.tables), claims, asked)
    for finding in held.findings:
        sign = "  " if finding.ok else "! "
        where = f"{sign}{answers}:{finding.line}:"
        if finding.kind == "claim":  # the verdict, then what the table says
            typer.echo(f"{where} {finding.note}\n    {finding.text}")
        else:
            typer.echo(f"{where} {finding.text}: {finding.note}")
    for answer in computed_answers:
        words = held.words.get(answer.question, 0)
        typer.echo(f"{'  ' if words else '! '}{words:4d} words  {answer.heading}")
    if not held.ok:
        raise typer.Exit(1)
