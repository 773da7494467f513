"""The command line of ``python -m benchmarks gpu``, and the order of its parts.

Needs a checkout, torch and what labkit needs; nothing for developers. On a card it takes six
minutes at most: a part has until its deadline, and what did not fit is said to be skipped.
``--device cpu --tiny`` rehearses all of it without a card.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
#: Seconds of everything, and of the parts before the quick profile, which has what is left.
IN_ALL, CARD, STEPS, RATES = 350, 60, 100, 70
#: With fewer seconds left no part is begun.
LEAST = 15
#: Modules whose name is not their distribution's.
MODULES = {"pyyaml": "yaml"}


def main(arguments: list[str] | None = None) -> int:
    """Run all parts; the exit status: 2 where there is nothing to run on or with."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks gpu", description=__doc__)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes: a rehearsal, no result")
    parser.add_argument("--markdown", type=Path, metavar="FILE", default=Path("gpu-look.md"))
    parser.add_argument("--json", type=Path, metavar="FILE", default=Path("gpu-look.json"))
    asked = parser.parse_args(arguments)
    if lacking := missing():
        return _refuse(f"missing: {', '.join(lacking)}; install what labkit needs: pip install .")
    try:
        return _look(asked.device, asked.tiny, asked.markdown, asked.json)
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


def _look(device: str, tiny: bool, markdown: Path, data: Path) -> int:
    from benchmarks.gpu import parts
    from benchmarks.gpu.process import Deadline, Worker, WorkError
    from benchmarks.gpu.results import Results

    deadline = Deadline(IN_ALL)
    with Worker() as worker:
        try:
            card: dict[str, Any] = worker.ask(deadline.within(CARD), do="card", device=device)
        except (WorkError, TimeoutError) as error:
            return _refuse(f"the device cannot be asked: {error}")
    if "absent" in card:
        return _refuse(f"{card['absent']}; --device cpu --tiny rehearses without one")
    about: dict[str, Any] = {"device": device}
    if tiny:
        about["size"] = "tiny: a rehearsal, whose times mean nothing"
    results = Results(about, markdown, data)
    results.begin("Card and versions")
    for name, value in card.items():
        results.add(what=name, value=value)

    size = parts.TINY if tiny else parts.FULL
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        todo: list[tuple[str, float, Callable[..., None], list[Any]]] = [
            ("Training steps of every family", STEPS, parts.steps, []),
            (
                "Images a second in training, beside the script everyone writes",
                RATES,
                parts.rates,
                [],
            ),
            (
                "The quick profile of Lab 1, start to end",
                IN_ALL,
                parts.quick,
                [Path(folder, "quick")],
            ),
            ("A cell of every family, start to end", IN_ALL, parts.families, [Path(folder, "all")]),
        ]
        for title, seconds, part, more in todo:
            results.begin(title)
            if deadline.left() < LEAST:
                results.note(f"Skipped: {deadline.left():.0f} of {IN_ALL} s are left.")
                continue
            try:
                part(results, device, size, deadline.within(seconds), *more)
            except Exception as error:  # one part's mistake is not the others' end
                results.note(f"Broke off: {type(error).__name__}: {error}")
    print(f"\nwritten: {markdown} and {data}")
    return 0
