"""Gradescope's autograder of a lab sheet: a ZIP file with labkit itself, the sheet and two scripts.

What Gradescope does with it: unpacks it to /autograder/source, runs setup.sh once, and for each
hand-in run_autograder, which finds it in /autograder/submission and writes
/autograder/results/results.json (https://gradescope-autograders.readthedocs.io, Specifications).
"""

import io
import re
import zipfile
from collections.abc import Iterator
from importlib.metadata import requires, version
from pathlib import Path

from labkit.errors import UserError
from labkit.experiment.starter import PACKAGE, recipes
from labkit.reporting.render.templates import templates_folder
from labkit.sheet.reading import Sheet
from labkit.store.atomic import replace_bytes

#: Seconds that Gradescope gives a hand-in by default, less what its start takes.
SECONDS = 580

_SETUP = """\
#!/usr/bin/env bash
# Run once, as root, when Gradescope builds the image: an environment of labkit's libraries.
# PyTorch's own site names an index of builds without CUDA, much smaller:
#   export PIP_EXTRA_INDEX_URL=...
set -euo pipefail
cd "$(dirname "$0")"
python=""
for each in python3.13 python3.12 python3.11; do
  if command -v "$each" > /dev/null; then python="$each"; break; fi
done
if [ -z "$python" ]; then python=python3.11; fi
apt-get update -q
apt-get install -qy "$python" "$python-venv"
"$python" -m venv /autograder/venv
/autograder/venv/bin/pip install -q --no-cache-dir -r requirements.txt
"""
_RUN = """\
#!/usr/bin/env bash
# Run for each hand-in; writes results/results.json, first of what is quick.
# Another root than /autograder can be named, to try it: ./run_autograder DIR
root="${{1:-/autograder}}"
export PYTHONPATH="$root/source" OMP_NUM_THREADS=1
exec timeout --signal=KILL {seconds} "${{PYTHON:-/autograder/venv/bin/python}}" \\
  -m labkit.grade.autograder "$root"
"""


def write_autograder(sheet: Sheet, out: Path) -> Path:
    """Write the autograder of a sheet; the same bytes for the same sheet and labkit.

    UserError where `out` is something else than an autograder.
    """
    if out.exists() and not _is_one(out):
        raise UserError(f"{out}: exists and is no autograder; nothing was written")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(_files(sheet)):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            script = name in ("setup.sh", "run_autograder")
            entry.create_system, entry.external_attr = 3, (0o100755 if script else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    replace_bytes(out, file.getvalue())
    return out


def _is_one(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "run_autograder" in archive.namelist()


def _files(sheet: Sheet) -> Iterator[tuple[str, bytes]]:
    """Everything that goes in, by its name: as in a wheel, templates lie in the package."""
    yield "setup.sh", _SETUP.encode()
    yield "run_autograder", _RUN.format(seconds=SECONDS).encode()
    yield "requirements.txt", _requirements().encode()
    yield "lab.yaml", sheet.text.encode()
    for name in sheet.experiment.content.code:
        yield name, (sheet.file.parent / name).read_bytes()
    templates = templates_folder()
    for folder, below in ((PACKAGE, "labkit"), (templates, "labkit/templates")):
        for path in folder.rglob("*"):
            inside = path.relative_to(folder)
            doubled = folder == PACKAGE and inside.parts[0] in ("templates", "experiments.yaml")
            if path.is_file() and "__pycache__" not in inside.parts and not doubled:
                yield f"{below}/{inside.as_posix()}", path.read_bytes()
    yield "labkit/experiments.yaml", recipes()["lab1"].path.read_bytes()


def _requirements() -> str:
    """The libraries labkit needs, in the versions that are installed here."""
    names = [
        re.split(r"[^\w.-]", line)[0] for line in requires("labkit") or () if "extra ==" not in line
    ]
    return "".join(f"{name}=={version(name).partition('+')[0]}\n" for name in sorted(names))
