"""The command line: parse, call, exit code. What a verb does is written elsewhere.

Exit status: 0 all well; 1 some cells failed or a check did not hold; 2 bad input, with
one line on stderr; 130 interrupted. Data goes to stdout, talk to stderr. Heavy
libraries are imported inside the verbs, so that ``--help`` is immediate.

One module a group of verbs: ``run``, ``report``, ``words``, ``handin``, ``setup``.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from typing import Annotated

import typer

from labkit.cli import handin, leave, report, run, setup, words
from labkit.cli.options import say
from labkit.errors import FULL, LabkitError, reason

app = typer.Typer(
    name="labkit",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From one YAML file to a lab report that can be defended.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

for verb in (
    run.run,
    report.report,
    report.status,
    report.compare,
    report.index,
    words.evaluate,
    handin.submit,
    handin.verify,
    words.reflect,
    words.check,
    setup.init,
    setup.recipes,
    setup.data,
    setup.doctor,
):
    app.command()(verb)


def _version(wanted: bool) -> None:
    if wanted:
        from labkit import __version__

        typer.echo(f"labkit {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    pass


def main() -> None:
    """The console script. Every mistake of the user's ends here as one line."""
    for stream in (sys.stdout, sys.stderr):
        # ✓, − and names of people: a terminal that lacks them shows "?", and nothing is lost.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except KeyboardInterrupt:
        leave.at_once(130)
    except BrokenPipeError:  # `labkit compare --csv | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except (LabkitError, OSError) as error:
        say(f"labkit: {_line(error)}")
        raise SystemExit(2) from None


def _line(error: LabkitError | OSError) -> str:
    """What is wrong, and where: ``hand-in.zip: no such file or folder``."""
    if isinstance(error, OSError) and error.errno in FULL and not error.filename:
        return f"{tempfile.gettempdir()} (TMPDIR) or where it writes to: {reason(error)}"
    if isinstance(error, OSError) and error.errno:
        return f"{error.filename}: {reason(error)}" if error.filename else reason(error)
    return str(error) or type(error).__name__
