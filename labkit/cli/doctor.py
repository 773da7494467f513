"""The verb `doctor`: what a bug report should say of a machine, on one screen.

It contains no user's name: paths are shown from the current folder, from ``~`` or by the
variable that names them, and paths in error messages are cut to their last part.
"""

import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from labkit import __version__
from labkit.catalog import DATASETS
from labkit.cli import say
from labkit.data.places import cache_dir, data_roots, find_full
from labkit.data.sources import is_bundled
from labkit.errors import reason
from labkit.execution import runner
from labkit.experiment.precision import REASONS, here

#: Seconds that the first import of torch may take, e.g. on a network drive.
PATIENCE_S = 180
#: Run in another process, since torch may fail to be imported.
_PROBE = """
import json, torch
from labkit.train import runtime
device = runtime.pick_device()
mps = getattr(torch.backends, "mps", None)
print(json.dumps({
    **runtime.numeric_environment(device), "kind": device.type, "cuda": torch.version.cuda,
    "mps": bool(mps and mps.is_available()),
    "memory": torch.cuda.get_device_properties(device).total_memory if device.type == "cuda" else 0,
}))
"""
#: Variables that change what labkit does, and those of them that hold paths.
_VARIABLES = "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "CUBLAS_WORKSPACE_CONFIG", "MPLBACKEND"
_PATHS = "LABKIT_DATA", "LABKIT_CACHE", "MATPLOTLIBRC", "MPLCONFIGDIR", "TMPDIR"
_WINDOWS = r"[A-Za-z]:\\(?:[^\\'\":;,]+\\)*"
_UNIX = r"(?<![\w.~>$])/(?:[^/\s'\":;,]+/)*"
_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@dataclass(frozen=True)
class Finding:
    """One line of the output; not `ok` if it keeps labkit from working as it should."""

    label: str
    text: str
    ok: bool = True


ResultsOpt = Annotated[Path, Option("--results", help="The folder results are to go to.")]


def doctor(results: ResultsOpt = Path("results")) -> None:
    """Look at this machine: one screen to paste in a bug report, without anybody's name."""
    findings = list(_examine(results))
    width = max(len(finding.label) for finding in findings)
    for found in findings:
        typer.echo(f"{' ' if found.ok else '!'} {found.label:<{width}}  {found.text}")
    if wrong := [finding.label for finding in findings if not finding.ok]:
        say(f"not as it should be: {', '.join(wrong)}")
        raise typer.Exit(1)


def _examine(results: Path) -> Iterator[Finding]:
    """Examine everything, the quick things first."""
    if _version("labkit") is None:
        requires, installed = [], "not installed, on the path only"
    else:
        requires = metadata.requires("labkit") or []
        installed = "from a source tree" if _PROJECT.is_file() else "installed"
    yield Finding("labkit", f"{__version__}, {installed}")
    bits = "64 bit" if sys.maxsize > 2**32 else "32 bit"
    python = f"{platform.python_version()} {platform.python_implementation()}, {bits}"
    where = "in a" if sys.prefix != sys.base_prefix else "no"
    yield Finding("Python", f"{python}, {where} virtual environment")
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    workers = runner.worker_count(runner.Options())
    cores = f"{os.cpu_count() or 1} cores, of which labkit would use {workers}"
    yield Finding("System", f"{system}; {cores}")
    yield packages(requires)
    try:
        from labkit.reporting.plots.library import mpl  # it may be missing

        font = Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
        text = "DejaVu Sans, which comes with matplotlib"  # of PNG plots; SVG has the reader's
        text = text if (ok := font.is_file()) else f"matplotlib lacks {font.name}"
    except Exception as error:  # any error at import is the finding
        text, ok = f"matplotlib cannot be imported: {nameless(error)}", False
    yield Finding("Fonts", text, ok)
    # Imports pydantic and NumPy, which may be missing.
    from labkit.reporting.render.pdf import browser

    wanted = [_name(each) for each in requires if re.search(r"extra == .pdf", each)]
    versions = [_version(name) for name in wanted]
    how = [f"{n} {v}" for n, v in zip(wanted, versions, strict=True)] if all(versions) else []
    how += [Path(program).stem] if (program := browser()) else []
    yield Finding("PDF", " and ".join(how) or "neither WeasyPrint nor a browser to print with")
    kernel = _version("ipykernel")
    yield Finding("Notebook", f"ipykernel {kernel}" if kernel else "ipykernel is not installed")
    yield from data()
    yield room(results)
    given = [f"{name}={os.environ[name]}" for name in _VARIABLES if name in os.environ]
    given += [f"{name} is set" for name in _PATHS if name in os.environ]
    yield Finding("Variables", ", ".join(given) or "none")
    yield from torch()


def packages(requires: Sequence[str]) -> Finding:
    """The versions of the required packages."""
    names = [_name(each) for each in requires if "extra ==" not in each]
    found = {name: _version(name) for name in names if name != "torch"}
    if missing := [name for name, version in found.items() if version is None]:
        return Finding("Packages", f"missing: {', '.join(missing)}", ok=False)
    text = ", ".join(f"{name} {version}" for name, version in sorted(found.items()))
    return Finding("Packages", text or "not known: what labkit needs is not written here")


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def data() -> Iterator[Finding]:
    """Which data sets were found, and where labkit looks for them."""
    names = {cache_dir(): "$LABKIT_CACHE" if "LABKIT_CACHE" in os.environ else ""}
    if named := os.environ.get("LABKIT_DATA"):
        names[Path(named)] = "$LABKIT_DATA"
    roots = {root: names.get(root) or shown(root) for root in data_roots()}
    for dataset in DATASETS:
        bundled = "bundled subset; " if is_bundled(dataset) else ""
        said = f"{bundled}no full set under {' or '.join(roots.values())}"
        if folder := find_full(dataset):
            said = f"full set under {roots[folder.parents[1]]}"
        yield Finding(dataset, said)


def room(results: Path) -> Finding:
    """Whether results can be written, and the free space."""
    whole = results.absolute()
    folder = next(each for each in (whole, *whole.parents) if each.exists())
    if not folder.is_dir():
        return Finding("Results", f"{shown(folder)} is a file, not a folder", ok=False)
    free = shutil.disk_usage(folder).free / 1e9
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Finding("Results", f"{shown(results)} cannot be written: {reason(error)}", ok=False)
    text = f"{shown(results)} can be written; {free:,.1f} GB free"
    return Finding("Results", text, ok=free >= 1.0)  # a run of Lab 1 might need this much


def torch() -> Iterator[Finding]:
    """The version of torch, the device and the precision."""
    if (installed := _version("torch")) is None:
        yield Finding("torch", "not installed", ok=False)
        return
    path = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))}
    call = [sys.executable, "-P", "-c", _PROBE]
    why = f"not imported within {PATIENCE_S} s"
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(call, env=env, capture_output=True, text=True, timeout=PATIENCE_S)
        said = done.stderr.strip().splitlines() or [f"Python ended with status {done.returncode}"]
        why = nameless(said[-1]) if done.returncode else ""
    if why:
        yield Finding("torch", f"{installed}, but it cannot be used: {why}", ok=False)
        return
    probed = json.loads(done.stdout.splitlines()[-1])
    cuda = f"for CUDA {probed['cuda']}" if probed["cuda"] else "without CUDA"
    yield Finding("torch", f"{probed['torch']}, {cuda}")
    on = probed["instructions"] if probed["kind"] == "cpu" else probed["device"]
    memory = f", {probed['memory'] / 2**30:.0f} GiB" if probed["memory"] else ""
    unlike = "; mps is there, but a training step on it does not give the CPU's numbers"
    other = unlike if probed["mps"] and probed["kind"] == "cpu" else ""
    yield Finding("Device", f"auto is {probed['kind']} ({on}{memory}){other}")
    precision, why = here()
    where = " for GANs and VAEs" if precision == "bf16" else ""
    yield Finding("Precision", f"auto is {precision}{where} ({REASONS[why]})")


def shown(path: Path) -> str:
    """A path from the current folder or ``~``; only the last part of any other path."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 (links stay as they are named)
    for base, sign in _bases():
        if whole.is_relative_to(base):
            return Path(sign, whole.relative_to(base)).as_posix()
    return f"…/{whole.name}"


def _bases() -> list[tuple[Path, str]]:
    """The folders with a short name, the innermost first."""
    found = [(Path.cwd(), "."), (Path.home(), "~")]
    known = [pair for pair in found if pair[0] != pair[0].parent]
    return sorted(known, key=lambda pair: -len(pair[0].parts))


def nameless(error: object) -> str:
    """An error's first line, with paths shortened as by :func:`shown`."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    for base, sign in _bases():
        line = line.replace(str(base), sign)
    return re.sub(f"{_WINDOWS}|{_UNIX}", "…/", line)
