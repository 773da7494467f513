"""The command line of ``python -m benchmarks gpu``, and the order of its parts.

Needs a checkout, torch and what labkit needs; nothing for developers. On a card it takes eight
minutes at most: a part has until its deadline, and what did not fit is said to be skipped.
``--device cpu --tiny`` rehearses all of it without a card.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
#: Seconds of everything, and of finding the card; Lab 1, the last part, has what is left.
IN_ALL, CARD = 470, 60
#: Each part's title and the seconds it has at most.
PARTS = {
    "steps": ("Training steps of every family", 60),
    "promises": ("What labkit promises of a training", 55),
    "measures": ("Measures on the device", 25),
    "rates": ("Images a second of every family", 40),
    "script": ("Lab 1's models beside the script everyone writes", 50),
    "cells": ("Several cells on one device", 45),
    "families": ("A cell of every family, start to end", 50),
    "lab1": ("Lab 1, start to end", IN_ALL),
}
#: With fewer seconds left no part is begun.
LEAST = 15
#: Modules whose name is not their distribution's.
MODULES = {"pyyaml": "yaml"}


def main(arguments: list[str] | None = None) -> int:
    """Run all parts; the exit status: 2 where there is nothing to run on or with."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks gpu", description=__doc__)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes: a rehearsal, no result")
    parser.add_argument("--markdown", type=Path, metavar="FILE", default=Path("gpu.md"))
    parser.add_argument("--json", type=Path, metavar="FILE", default=Path("gpu.json"))
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    asked = parser.parse_args(arguments)
    if lacking := missing():
        return _refuse(f"missing: {', '.join(lacking)}; install what labkit needs: pip install .")
    try:
        return _look(asked)
    except OSError as error:  # a file that cannot be written, most likely
        return _refuse(str(error))
    except KeyboardInterrupt:
        print(f"stopped; {asked.markdown} and {asked.json} have what was found", file=sys.stderr)
        return 130


def missing() -> list[str]:
    """The modules labkit needs and this Python lacks, read from ``pyproject.toml``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.match(r"[\w.-]+", line) for line in project["dependencies"]]
    modules = [MODULES.get(name[0].lower(), name[0]) for name in names if name]
    return [name for name in modules if find_spec(name) is None]


def _refuse(line: str) -> int:
    print(f"python -m benchmarks gpu: {line}", file=sys.stderr)
    return 2


def _look(asked: argparse.Namespace) -> int:
    from benchmarks.gpu import lab, parts, rates, sizes
    from benchmarks.gpu.process import Deadline, Worker, WorkError
    from benchmarks.gpu.results import Results

    device, size = asked.device, sizes.TINY if asked.tiny else sizes.FULL
    in_all = IN_ALL * size.patience
    deadline = Deadline(in_all)
    with Worker() as worker:
        try:
            card: dict[str, Any] = worker.ask(deadline.within(CARD), do="card", device=device)
        except (WorkError, TimeoutError) as error:
            return _refuse(f"the device cannot be asked: {error}")
    if "absent" in card:
        return _refuse(f"{card['absent']}; --device cpu --tiny rehearses without one")
    about: dict[str, Any] = {"device": device}
    if asked.tiny:
        about["size"] = "tiny: a rehearsal, whose times mean nothing"
    results = Results(about, asked.markdown, asked.json)
    results.begin("Card and versions")
    for name, value in card.items():
        results.add(what=name, value=value)

    way = lab.Way(jobs=2, recorded=os.environ.get("LABKIT_CAPTURE") == "1")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:

        def promises(*rest: Any) -> None:
            nonlocal way
            way = replace(way, recorded=parts.promises(*rest))

        def side_by_side(*rest: Any) -> None:
            nonlocal way
            way = replace(way, jobs=rates.side_by_side(*rest) or way.jobs)

        def start_to_end(part: Callable[..., None], *rest: Any) -> None:
            part(*rest, Path(folder, part.__name__), way)

        work: dict[str, Callable[..., None]] = {
            "steps": parts.steps,
            "promises": promises,
            "measures": parts.measures,
            "rates": rates.families,
            "script": rates.beside_script,
            "cells": side_by_side,
            "families": partial(start_to_end, lab.families),
            "lab1": partial(start_to_end, lab.lab1),
        }
        for name in asked.only or PARTS:
            title, seconds = PARTS[name]
            results.begin(title)
            if deadline.left() < LEAST:
                results.note(f"Skipped: {deadline.left():.0f} of {in_all} s are left.")
                continue
            try:
                work[name](results, device, size, deadline.within(seconds * size.patience))
            except Exception as error:  # one part's mistake is not the others' end
                results.note(f"Broke off: {type(error).__name__}: {error}")
    print(f"\nwritten: {asked.markdown} and {asked.json}")
    return 0
