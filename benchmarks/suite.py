"""``python -m benchmarks``: everything in one go, as ratios with their spread.

Prints a line per measurement as it comes; ``--json FILE`` keeps all of them, ``--markdown
FILE`` the table for docs/performance.md, ``--plot FILE`` how time and memory grow. ``--quick``
takes minutes and says little more than that everything works. ``python -m benchmarks gpu`` is
another thing: a first look at a card (:mod:`benchmarks.gpu`).
"""

from __future__ import annotations

import argparse
import json
from fnmatch import fnmatchcase
from pathlib import Path

from benchmarks import growth, machine, plot, training, upkeep
from benchmarks.table import FULL, QUICK, Row, line, markdown

BENCHMARKS = {
    "start_up": upkeep.start_up,
    "nothing_to_do": upkeep.nothing_to_do,
    "reports": upkeep.reports,
    "cells": training.cells,
    "grid": training.grid,
    "roofline": training.roofline,
    "evaluation": upkeep.evaluation,
    "overhead": upkeep.overhead,
    "growth": growth.cells,
}


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmarks that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, three rounds")
    parser.add_argument("--only", metavar="GLOB", default="*", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    asked = parser.parse_args(arguments)

    here, size = machine.describe(), QUICK if asked.quick else FULL
    print(json.dumps(here), flush=True)
    rows: list[Row] = []
    for name, benchmark in BENCHMARKS.items():
        if fnmatchcase(name, asked.only):
            for row in benchmark(size):
                print(line(row), flush=True)
                rows.append(row)
    here["load_after"] = machine.load()
    if asked.json:
        content = {"machine": here, "quick": asked.quick, "rows": [row.to_json() for row in rows]}
        asked.json.write_text(json.dumps(content, indent=1) + "\n")
    if asked.markdown:
        asked.markdown.write_text(markdown(rows, here))
    if asked.plot:
        plot.growth([row.facts for row in rows], asked.plot)
