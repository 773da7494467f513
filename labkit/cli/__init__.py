"""The command line: parse the arguments, call, set the exit status.

Exit status: 0 all well; 1 some cells failed or a check did not hold; 2 bad input, with
one line on stderr; 130 interrupted. Data goes to stdout, messages to stderr.

A verb's module is imported when the verb is called, so that ``labkit --help`` is fast. What
several verbs take, and how they talk and leave, stands here.
"""

import io
import os
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from typer import Argument, Option
from typer.core import TyperGroup

from labkit import __version__
from labkit.errors import FULL, LabkitError, reason

FileArg = Annotated[Path, Argument(help="The experiment file.", show_default=True)]
ProfileOpt = Annotated[str | None, Option("--profile", help="A profile of the file.")]
ResultsOpt = Annotated[
    Path | None, Option("--results", help="The results folder [results/<name>].")
]
DataRootOpt = Annotated[Path | None, Option("--data-root", help="Where the full data sets are.")]

#: What reads a lab sheet, and holds a plan against it; loaded where one is given.
SHEET, AGAINST = "labkit.sheet.reading:read_sheet", "labkit.sheet.against:against"

#: Each verb: the module of its function, and the function's docstring.
VERBS = {
    "run": ("run", "Train and measure every cell that is not done yet."),
    "report": ("run", "Write the report of the newest plan."),
    "status": ("run", "What is done, running, failed or missing, and why."),
    "compare": ("tables", "The results table; or two results side by side, as text or as a page."),
    "index": (
        "tables",
        "Write index.html: the reports of a folder, with pictures and headline numbers.",
    ),
    "evaluate": ("tables", "Measure any model's samples as labkit measures its own."),
    "import": ("tables", "Take in a finished training of somewhere else by its history."),
    "submit": ("handin", "Pack what is handed in, and say what of the lab is missing."),
    "join": ("handin", "Put the cells of several stores, light ones too, into one."),
    "verify": (
        "handin",
        "Check a hand-in: container, report, measures and, with --rerun, training itself.",
    ),
    "grade": (
        "grade",
        "Look at a class of hand-ins, and write a page, a table and what platforms import.",
    ),
    "reflect": ("tables", "Print the computed answers for any metrics table."),
    "check": ("tables", "Hold a student's own words against the table, line by line."),
    "init": ("setup", "Write a commented experiment file, and its schema for editors."),
    "sheet": (
        "sheet",
        "Write a lab sheet, say what one asks for, or make Gradescope's autograder of it.",
    ),
    "recipes": ("setup", "The experiment files that come with labkit."),
    "data": ("setup", "Fetch the full data sets, or check what is there by SHA-256."),
    "doctor": (
        "doctor",
        "Look at this machine: one screen to paste in a bug report, without anybody's name.",
    ),
}


def function(verb: str) -> Callable[..., None]:
    """Import the function of a verb."""
    name = f"{verb}_" if iskeyword(verb) else verb
    return cast(Callable[..., None], getattr(import_module(f"labkit.cli.{VERBS[verb][0]}"), name))


class _Verbs(TyperGroup):
    """The verbs; only the one that is called is imported, with its options."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Replace the verb that is called by its function."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None:
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command(name)(function(name))
            command = typer.main.get_command(alone)
        return name, command, rest


app = typer.Typer(
    name="labkit",
    cls=_Verbs,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From one YAML file to a lab report that can be defended.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _verb, (_, _about) in VERBS.items():
    app.command(_verb, help=_about)(lambda: None)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"labkit {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[bool, Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    pass


def say(line: str) -> None:
    """Print a message to stderr, so that stdout has only data."""
    print(line, file=sys.stderr, flush=True)


def leave() -> NoReturn:
    """Exit as interrupted, not waiting for workers or threads; the store is always consistent."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(130)


def main() -> None:
    """Run the console script; print a user's mistake as one line."""
    for stream in (sys.stdout, sys.stderr):
        # Show "?" for characters that the terminal lacks, such as ✓, − and letters of names.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except KeyboardInterrupt:
        leave()
    except BrokenPipeError:  # `labkit compare --csv | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except (LabkitError, OSError) as error:
        line = str(error) or type(error).__name__
        if isinstance(error, OSError) and error.errno:  # hand-in.zip: no such file or folder
            full = f"{tempfile.gettempdir()} (TMPDIR) or where it writes to"
            where = error.filename or (full if error.errno in FULL else "")
            line = f"{where}: {reason(error)}" if where else reason(error)
        say(f"labkit: {line}")
        raise SystemExit(2) from None
