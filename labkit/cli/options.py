"""Options that several verbs have, and how labkit talks to the user and leaves."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

FileArg = Annotated[Path, typer.Argument(help="The experiment file.", show_default=True)]
ProfileOpt = Annotated[str | None, typer.Option("--profile", help="A profile of the file.")]
ResultsOpt = Annotated[
    Path | None, typer.Option("--results", help="The results folder [results/<name>].")
]
DataRootOpt = Annotated[
    Path | None, typer.Option("--data-root", help="Where the full data sets are.")
]


def say(line: str) -> None:
    """Print a message to stderr, so that stdout has only data."""
    print(line, file=sys.stderr, flush=True)


def leave() -> NoReturn:
    """Exit as interrupted, not waiting for workers or threads; the store is always consistent."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(130)
