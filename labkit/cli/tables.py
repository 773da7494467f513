"""The verbs that compare and judge: `compare`, `index`, `evaluate`, `reflect`, `check`."""

import json
import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from labkit.calibration import feature_hash
from labkit.catalog import DATASETS, FAMILIES, METRICS, dataset_key
from labkit.claims.reflect import Metrics, answers_to, read
from labkit.cli import ProfileOpt, say
from labkit.errors import PlanError, UserError
from labkit.execution.recorder.finished import read_history, settings
from labkit.execution.recorder.recorder import cell
from labkit.experiment.lookup import DEFAULT_FILE, default_results, one_of, stored
from labkit.experiment.reader import read_experiment
from labkit.measure.samples_file import evaluate_file
from labkit.reporting.index import write_index
from labkit.reporting.student.answers import check as held_against
from labkit.reporting.student.answers import read_words
from labkit.text.language import SOURCE, _, catalogue, using
from labkit.text.language import languages as known_languages
from labkit.text.numbers import joined

LangOpt = Annotated[str, Option("--lang", help="The language of its words: en or zh.")]


def speaking(lang: str) -> AbstractContextManager[None]:
    """Say what follows in a language by its code; a UserError where there is no such language."""
    one_of("--lang", lang, known_languages())
    return using(catalogue(lang))


def compare(
    a: Annotated[Path | None, Argument(help="A results folder or experiment file.")] = None,
    b: Annotated[Path | None, Argument(help="Another, to compare with.")] = None,
    csv: Annotated[bool, Option("--csv", help="As CSV.")] = False,
    out: Annotated[
        Path | None, Option("-o", "--out", help="Write two results as a page to this file.")
    ] = None,
    profile: ProfileOpt = None,
    lang: LangOpt = SOURCE,
) -> None:
    """The results table; or two results side by side, as text or as a page."""
    from labkit.reporting.compare import page  # with pandas, which other verbs do without

    if out and (csv or not b):
        raise UserError("compare -o: two results are needed, and no --csv")
    if lang != SOURCE and not out:
        raise UserError("compare --lang: only a page has a language; -o names its file")
    spoken = speaking(lang)
    given = [path for path in (a or DEFAULT_FILE, b) if path]
    roots = [stored(default_results(path, profile)).root for path in given]
    if out:
        with spoken:
            typer.echo(page.build_comparison(roots[0], roots[1], out))
    else:
        typer.echo(page.compare_text(roots, csv=csv), nl=False)


def index(
    folder: Annotated[Path, Argument(help="The folder that the reports lie in.")] = Path("reports"),
    lang: LangOpt = SOURCE,
) -> None:
    """Write index.html: the reports of a folder, with pictures and headline numbers."""
    with speaking(lang):
        typer.echo(write_index(folder))


def evaluate(
    samples: Annotated[Path, Argument(help="An .npz or .npy of images, or a folder of PNG files.")],
    dataset: Annotated[str, Option(help="What they imitate.")],
    as_json: Annotated[bool, Option("--json", help="One flat JSON object.")] = False,
) -> None:
    """Measure any model's samples as labkit measures its own."""
    dataset, measurable = dataset_key(dataset), list(filter(feature_hash, DATASETS))
    if dataset not in measurable:  # no nearest name: KMNIST is none of them
        raise UserError(f"--dataset {dataset}: allowed: {', '.join(measurable)}")
    measured = evaluate_file(samples, dataset)
    if measured["read_as"]:
        say(f"{samples}: read as {measured['read_as']}")
    if measured["doubt"]:
        say(f"{samples}: {measured['doubt']}")
    if as_json:
        typer.echo(json.dumps(measured, indent=1, allow_nan=False))
        return
    typer.echo(f"{samples}: {measured['samples']:,} samples against real {dataset} test images")
    for name, value in measured.items():
        if name in METRICS:
            shown = "not measured" if value is None else f"{value:.{METRICS[name].digits}g}"
            typer.echo(f"{METRICS[name].label:<28} {shown}")
    typer.echo(f"{'Verdict':<28} {measured['verdict']}")


def import_(
    history: Annotated[Path, Argument(help="A CSV with a row an epoch, or several.")],
    name: Annotated[str, Option("--as", help="What it is called in the report.")],
    family: Annotated[str, Option(help="Which losses are meant: gan, vae, ...")],
    dataset: Annotated[str, Option(help="What it was trained on.")],
    stated: Annotated[
        list[str] | None, Option("--set", help="A setting: loss=bce. May be repeated.")
    ] = None,
    where: Annotated[
        list[str] | None, Option(help="Of several trainings in the file: column=value.")
    ] = None,
    seed: Annotated[int, Option(help="The seed it was trained with.")] = 42,
    batch_size: Annotated[int | None, Option(help="Images a step.")] = None,
    results: Annotated[Path, Option(help="The results folder that it joins.")] = Path(
        "results/own"
    ),
) -> None:
    """Take in a finished training of somewhere else by its history."""
    found, given = read_history(history, family, where or ()), settings(stated or (), family)
    try:
        with cell(
            name, dataset=dataset_key(dataset), family=family, results=results, seed=seed,
            epochs=len(found.rows), batch_size=batch_size, **given,
        ) as record:  # fmt: skip
            record.elsewhere = True
            for epoch, values in enumerate(found.rows, 1):
                record.take(epoch, values)
    except PlanError as error:
        said = str(error).removeprefix("labkit.cell: ")
        raise UserError(re.sub(r"^state (\w+)=", r"--set \1=", said)) from error
    many = f"{len(found.rows)} epoch{'s' if len(found.rows) > 1 else ''}"
    for line in (f"{name}: {many} of {history.name}; a cell of {results}", *found.notes):
        say(line)


def reflect(
    metrics: Annotated[Path, Argument(help="A CSV of metrics, a row per run.")],
    as_json: Annotated[bool, Option("--json", help="A JSON list of claims.")] = False,
    lang: LangOpt = SOURCE,
) -> None:
    """Print the computed answers for any metrics table."""
    with speaking(lang):
        _reflect(metrics, read(metrics), as_json)


def _reflect(metrics: Path, table: Metrics, as_json: bool) -> None:
    answers = answers_to(table)
    if not answers:
        known = ", ".join(FAMILIES)
        raise UserError(f"{metrics}: no row of a known family; a column `family` says: {known}")
    if as_json:
        claims = [claim.to_json() for answer in answers for claim in answer.claims]
        typer.echo(json.dumps(claims, indent=1, ensure_ascii=False, allow_nan=False))
        return
    for answer in answers:
        typer.echo(f"{answer.heading}\n\n{answer.paragraph}")
        if answer.sure:
            typer.echo(joined([_("How sure:"), answer.sure]))
        typer.echo()
        # A claim with its strength, unless it only tells what these runs show.
        for line in dict.fromkeys(
            claim.text
            if claim.strength == "seen once"
            else joined([_(claim.strength) + _(":"), claim.text])
            for claim in answer.claims
        ):
            typer.echo(f"  {line}")
        if answer.claims:
            typer.echo()
    if table.unknown:
        typer.echo(_("Columns no claim uses: {names}", names=_(", ").join(table.unknown)))


def check(
    answers: Annotated[Path, Argument(help="The answers to look at.")] = Path("answers.md"),
    results: Annotated[
        Path | None, Option(help="The results folder [that of experiments.yaml beside it].")
    ] = None,
    profile: ProfileOpt = None,
) -> None:
    """Hold a student's own words against the table, line by line."""
    from labkit.reporting.build import computed  # with pandas, too
    from labkit.reporting.view import read_view

    text = read_words(answers)
    options = {}
    if results is None:
        experiment = read_experiment(answers.parent / "experiments.yaml", profile)
        results = answers.parent / "results" / experiment.name
        options = experiment.content.report.model_dump()
    found = computed(read_view(stored(results), options=options))
    claims = [claim for answer in found.answers for claim in answer.claims]
    held = held_against(text, found.table, claims, [a.question for a in found.answers])
    for finding in held.findings:
        where = f"{'  ' if finding.ok else '! '}{answers}:{finding.line}:"
        if finding.kind == "claim":  # the verdict, then what the table says
            typer.echo(f"{where} {finding.note}\n    {finding.text}")
        else:
            typer.echo(f"{where} {finding.text}: {finding.note}")
    for answer in found.answers:
        words = held.words.get(answer.question, 0)
        typer.echo(f"{'  ' if words else '! '}{words:4d} words  {answer.heading}")
    if not held.ok:
        raise typer.Exit(1)
