"""The verb of who gives a lab: `sheet`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from labkit.catalog import resolve
from labkit.cli import SHEET
from labkit.errors import UserError
from labkit.experiment.lookup import one_of
from labkit.text.numbers import setting

if TYPE_CHECKING:
    from labkit.sheet.reading import Sheet

#: Loaded when they are asked for.
STARTING = "labkit.sheet.starting:write_sheet"
AUTOGRADER = "labkit.sheet.gradescope:write_autograder"


def sheet(
    what: Annotated[str, Argument(help="init, check or gradescope.")] = "check",
    file: Annotated[Path, Argument(help="The lab sheet.")] = Path("lab.yaml"),
    recipe: Annotated[
        str | None, Option(help="What `init` starts from; see `labkit recipes` [lab1].")
    ] = None,
    out: Annotated[
        Path | None, Option("-o", "--out", help="What `gradescope` writes [autograder.zip].")
    ] = None,
) -> None:
    """Write a lab sheet, say what one asks for, or make Gradescope's autograder of it."""
    one_of("sheet", what, ("init", "check", "gradescope"))
    for option, given, verb in (("--recipe", recipe, "init"), ("--out", out, "gradescope")):
        if given is not None and what != verb:
            raise UserError(f"{option}: is for `labkit sheet {verb}`")
    if what == "init":
        typer.echo(resolve(STARTING)(file, recipe or "lab1"))
        return
    found: Sheet = resolve(SHEET)(file)
    if what == "check":
        typer.echo("\n".join(_about(found)))
    else:
        typer.echo(resolve(AUTOGRADER)(found, out or Path("autograder.zip")))


def _about(found: "Sheet") -> list[str]:
    """What a sheet asks for, a line each."""
    content, cells = found.content, len(found.plan.cells)
    seeds = "by student" if found.experiment.content.seeds == "student" else "the same for all"
    due = f"due {content.deadline}" if content.deadline else "no deadline"
    lines = [found.title, f"{cells} cells, seeds {seeds}; {due}"]
    for key, words in found.questions.items():
        most = found.max_points.get(key)
        lines.append(f"question: {words}{f' ({most:g} points)' if most else ''}")
    for name, most in content.points.model_dump().items():
        lines += [f"points by a check: {name.replace('_', ' ')}, {most:g}"] if most else []
    free = [f"{n} ({_rule(rule)})" for n, rule in content.vary.items()]
    return [*lines, f"students choose: {', '.join(free) or 'nothing'}"]


def _rule(rule: object) -> str:
    if isinstance(rule, list):
        return f"one of {', '.join(map(setting, rule))}"
    low, high = getattr(rule, "at_least", None), getattr(rule, "at_most", None)
    parts = [f"{word} {n:g}" for word, n in (("from", low), ("to", high)) if n is not None]
    return " ".join(parts) or "any"
