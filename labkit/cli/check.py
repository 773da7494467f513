"""The verb `check`: compare a student's answers with the table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labkit.experiment.grid import read_experiment
from labkit.experiment.lookup import stored
from labkit.reporting.computed import computed
from labkit.reporting.student.answers import check as held_against
from labkit.reporting.student.answers import read_words
from labkit.reporting.view import read_view


def check(
    answers: Annotated[Path, typer.Argument(help="The answers to look at.")] = Path("answers.md"),
    results: Annotated[
        Path | None,
        typer.Option("--results", help="The results folder [that of experiments.yaml beside it]."),
    ] = None,
) -> None:
    """Hold a student's own words against the table, line by line."""
    text = read_words(answers)
    options = {}
    if results is None:
        experiment = read_experiment(answers.parent / "experiments.yaml")
        results = answers.parent / "results" / experiment.name
        options = experiment.content.report.model_dump()
    view = read_view(stored(results), options=options)
    computed_answers = (found := computed(view)).answers
    claims = [claim for answer in computed_answers for claim in answer.claims]
    asked = [answer.question for answer in computed_answers]
    held = held_against(text, found.table, claims, asked)
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
