"""What a hand-in holds, what it says of how it was made; and what a report's ``store.zip`` holds.

data/
  submission.json     format, labkit's version, what made the report, what was left out
  experiments.yaml    answers.md, and the Python files that `code` names
  results/            plan.json, cells/ as in the store, without logs; beside a training's files
                      ``draws.safetensors`` where of its best weights only a part was handed in
  report/             report.md, report.html, their tables and pictures

Of a ``store.zip``, see :mod:`labkit.handin.store_zip`: ``store.json``, ``answers.md``, results/.
"""

import hashlib
import json
import platform
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from labkit import __version__
from labkit.calibration import feature_hash
from labkit.errors import behind
from labkit.experiment.fingerprint import evaluation_code, own_files
from labkit.experiment.plan import Plan
from labkit.experiment.reader import Experiment
from labkit.experiment.spec import CellFailure, CellSpec
from labkit.handin.bag import Bag
from labkit.handin.container import ContainerError
from labkit.plugins.registry import ABOUT
from labkit.reporting.plots.fonts import han
from labkit.reporting.render.templates import templates_folder
from labkit.store.atomic import with_unix_ends
from labkit.store.commits import COMMIT, damage, left_out, read_commit
from labkit.store.file_names import ENVIRONMENT
from labkit.store.store import Store
from labkit.text.language import SOURCE
from labkit.text.typography import UNSPACED

FORMAT = 1
SUBMISSION, EXPERIMENT, ANSWERS = "submission.json", "experiments.yaml", "answers.md"
RESULTS, REPORT = "results", "report"
STORE = "store.json"
_SMALL = 1 << 20
#: What each of them says, and of which type.
_STATED: dict[str, dict[str, Any]] = {
    SUBMISSION: {"name": str, "profile": str | None, "light": bool, "made_with": dict,
                 "report_code": str, "lang": str},
    STORE: {"name": str, "lang": str},
}  # fmt: skip
#: What a report's text depends on, below the package, beside the templates.
REPORT_CODE = (
    "calibration", "catalog", "claims", "execution/image_grid.py", "experiment/plan.py",
    "experiment/spec.py", "plugins", "reporting", "store/commits.py", "store/history.py",
    "store/layer_table.py", "store/store.py", "text",
)  # fmt: skip
#: Whether a file goes in, by its commit's kind, its name there and its path.
Wanted = Callable[[str, str, Path], bool]
#: Libraries that draw and lay out; other versions may draw other bytes.
_DRAWING = ("matplotlib", "numpy", "pandas", "pillow", "jinja2", "markdown", "scipy", "nh3")


def about(found: Bag) -> dict[str, Any]:
    """What a hand-in or ``store.zip`` says of itself; ContainerError where it is neither.

    A ``store.zip`` is ``light``: its cells are without weights, samples and most pictures.
    """
    name = STORE if STORE in found else SUBMISSION
    try:
        stated = json.loads(found.read(name, _SMALL))
    except (ValueError, RecursionError) as error:
        raise ContainerError(f"{name}: not JSON{behind('json', error)}") from error
    if name == SUBMISSION and isinstance(stated, dict):
        stated.setdefault("lang", SOURCE)  # of before reports had languages
    keys = {"format", *_STATED[name]}
    if not isinstance(stated, dict) or stated.keys() != keys or stated["format"] != FORMAT:
        raise ContainerError(f"{name}: not of format {FORMAT}")
    if not all(isinstance(stated[key], kind) for key, kind in _STATED[name].items()):
        raise ContainerError(f"{name}: not of format {FORMAT}")
    return stated if name == SUBMISSION else {**stated, "light": True}


def made_with(languages: Sequence[str]) -> dict[str, str]:
    """The versions a report's bytes depend on, and in Chinese the font of its figures."""
    found = {"labkit": __version__, "python": platform.python_version()}
    for name in _DRAWING:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a library by another name in its place
            found[name] = "unknown"
    if UNSPACED & set(languages[:1]):
        found["font"] = Path(han() or "none").name
    return found


@cache
def report_code() -> str:
    """A hash of all code, templates and calibration that a report's text depends on."""
    package = Path(__file__).resolve().parent.parent
    parts = {"templates": templates_folder()} | {name: package / name for name in REPORT_CODE}
    digest = hashlib.sha256()
    other = parts["templates"] / "grade"  # a class's page is no student's report
    for name, path in sorted(parts.items()):
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            known = file.suffix in (".py", ".j2", ".css", ".js", ".json", ".mo")
            if known and file.parent != other:
                digest.update(f"{name}/{file.relative_to(path).as_posix()}\0".encode())
                digest.update(with_unix_ends(file.read_bytes()))
    return digest.hexdigest()


def make_report(
    experiment: Experiment, results: Path, answers: Path, languages: Sequence[str]
) -> dict[str, bytes]:
    """The files of the report that is part of a hand-in, by their path in its folder."""
    from labkit.reporting.build import render_report  # with pandas: not for a file that is no bag

    made = render_report(
        results, formats=("md", "html"), answers_file=answers,
        layout=experiment.content.report.layout, overrides=experiment.overrides(),
        languages=languages,
    )  # fmt: skip
    return {**made["md"], **made["html"]}


def add_cells(
    payload: dict[str, bytes | Path], store: Store, plan: Plan, wanted: Wanted
) -> dict[str, str]:
    """Add what every committed cell of a plan has; return the cells that are damaged, and how.

    What a light cell does without does not go in.
    """
    damaged: dict[str, str] = {}
    for spec in plan.cells:
        folders = list(committed(store, plan, spec))
        wrong = [f"{f.name}/{found}" for f in folders if (found := damage(f, deep=True))]
        if wrong:
            damaged[spec.name] = wrong[0]
            continue
        for folder in folders:
            prefix = f"{RESULTS}/{folder.relative_to(store.root).as_posix()}"
            commit = read_commit(folder)
            payload[f"{prefix}/{COMMIT}"] = folder / COMMIT
            kind, without = commit["kind"], left_out(folder, commit["kind"])
            for name in commit["files"].keys() - without:
                if wanted(kind, name, folder / name):
                    payload[f"{prefix}/{name}"] = folder / name
    return damaged


def committed(store: Store, plan: Plan, spec: CellSpec) -> Iterator[Path]:
    """The folders that say how a cell ended."""
    sheet_gan = plan.sheet_gan(spec)
    if store.is_trained(spec):
        yield store.train_folder(spec)
    if store.is_evaluated(spec):
        yield store.eval_folder(spec)
    if sheet_gan is not None and not store.damage(spec, "sheet", sheet_gan):
        yield store.sheet_folder(spec, sheet_gan)
    if isinstance(store.outcome(spec), CellFailure):
        yield store.failed_folder(spec)


def own_noise(store: Store, spec: CellSpec) -> str:
    """What a cell's record says the author's networks do otherwise each time; mostly nothing."""
    if not own_files(spec):
        return ""
    path = store.train_folder(spec) / ENVIRONMENT
    stated = json.loads(path.read_bytes()).get("differs") or ()
    return "; ".join(ABOUT[what] for what in stated if what in ABOUT)


def ran_on(store: Store, spec: CellSpec) -> dict[str, Any]:
    """What decides the last bits of a training, as it was recorded.

    Libraries choose their kernels by the processor, so it counts beside the numeric
    environment; trainings of before it was recorded are of an unknown one.
    """
    stated = json.loads((store.train_folder(spec) / ENVIRONMENT).read_bytes())
    return {"numeric": stated["numeric"], "processor": stated.get("hardware", {}).get("processor")}


def measured_alike(spec: CellSpec) -> bool:
    """Whether a cell was measured by this labkit's code and feature network."""
    ours = {"code": evaluation_code(), "features": feature_hash(spec.dataset)}
    return all(spec.evaluation.get(name) == value for name, value in ours.items())
